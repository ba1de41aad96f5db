"""The Batch API's XML document becomes a `School` as it streams through expat.

It knows where each dataset's collection stands and what to take of its records. Its law: nothing is
kept but what a roster needs, because a large school's document is hundreds of megabytes; what is
called for each record is a closure and does least (measured). `reader` is its face.
"""
