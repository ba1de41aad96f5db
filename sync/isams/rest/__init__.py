"""The REST API's answers become a `School`, a collection or an object at a time.

It knows the endpoints, the spellings of fields, and when the pages of a collection add up. Its law:
iSAMS's Swagger is not public, so what does not fit the tables is refused with the names of the
fields that were seen, and never guessed. `reader` is its face; the edge, which asks the questions,
also uses `answers`, `endpoints` and `paging`.
"""
