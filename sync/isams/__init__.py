"""What iSAMS says: the answers of either API become a `School`, whole or not at all.

This room knows iSAMS's datasets, the shapes of its records and errors, and nothing of what a roster
is. Its law: a failure is never an empty school. What was not asked for is None, what iSAMS should
give and did not is an error that says what to tick or grant, and no free text of iSAMS's is ever
repeated. It is pure: bytes and parsed answers come in, nothing waits here. Other rooms import
`school` and `datasets`, and the edge `batch.reader` and `rest.reader`; the two readers do not know
each other.
"""
