"""The only code that waits for the outside: clock, network, storage, sign-in.

It knows how to ask iSAMS, Microsoft Graph and storage, whose fault a no is, and how long to wait;
it knows no roster, no file of SDS's and no ledger, and carries what it is given. Its law: every
call ends within its budget and raises only errors of ours, which carry no address with a query, no
key and no token; and a failure never looks like an empty answer. `world.World` is its face to the
steps: the settings and the outside in a single value, real or simulated.
"""
