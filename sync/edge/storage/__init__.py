"""Where rosters are kept and nudges are left: a folder on this machine, or Azure Storage.

`opening` picks by the settings; `store.Store` and `queues.Nudges` say what each promises. Its law:
a blob is written once, whole or not at all, and never changes; Azure's packages are imported where
they are used, because a cold start pays for each.
"""
