"""The set-up of SDS: shown against the settings, planned, and its inbound half made once.

`wanted` is what shall be there, `matches` decides what of it is there already, `notes` holds what
was begun, `make` walks; `shown` tells what does not fit. Its law: nothing that is there is ever
changed or deleted, and nothing is made that might be there.
"""
