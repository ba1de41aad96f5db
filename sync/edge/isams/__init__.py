"""The way to a school's iSAMS: `batch.Isams` and `rest.RestIsams` are its faces.

It knows both APIs' sign-in, addresses and patience; what the answers mean is said by `sync.isams`.
Its law: the key stands in every URL of the Batch API, so no error of httpx leaves this room, and a
school is read whole, from the start, or not at all.
"""
