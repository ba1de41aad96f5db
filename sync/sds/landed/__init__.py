"""What reached Teams, beside what was sent: how each place stands there, and since when not.

`expected` is what a delivery has, `matching` says whose a class or a person of Graph's is, `found`
what a read-back saw, `differences` compares them. Its law: what was not read is never told as
missing, and what cannot be told apart is said to be unclear.
"""
