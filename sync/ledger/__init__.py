"""What exists, read from names alone: the book of what was pulled, sealed, sent and taken.

Every step leaves a blob that is written once. Which names a listing holds is therefore the whole
state, and this room reads it: how far a pull or a delivery has come, what SDS may hold, who may
talk to SDS now, what is past its time. Its law: nothing here waits, remembers or writes. It is
given a listing and a moment, and returns values; `sync.steps` fetches and stores.
A name and a word that were stored once keep their meaning, because the version before must read
them.
"""
