"""How people and programs ask over HTTP, and how the Functions host wakes the app.

The room knows requests, callers, roles, status codes and log lines, and no type of the host's: what
a trigger gives is turned into a call of a step, and what a step gives into a response. Who may ask
what stands once, in `routes`. Its law: nothing leaves here that nobody foresaw with its text, since
that may quote a record; and nobody is named but in findings and plans, which want the admin key.
"""
