"""Carry a school's people and classes from iSAMS to School Data Sync.

A run has two halves. `pull` reads the whole school once, shapes it by each of the school's
profiles and seals a set of files for each profile in storage. `send` merges the newest sets of all
profiles of an SDS connector into a delivery, compares it with each delivery that SDS may hold,
keeps it for a person if the difference is large, and moves it step by step: upload, validation,
run, receipt. Either half may be killed at any line: the next tick looks at what exists and goes on.

SDS takes the whole truth each time, and what is missing becomes inactive. So a failed or short
read is an error, never an empty list, and when in doubt nothing is sent: SDS keeps yesterday.

Nothing is remembered between two steps but which names exist in storage. Every room is a pure
function of its arguments, except `sync.edge`, which alone waits for the outside, `sync.steps`,
which say in what order, and `sync.web` and `sync.terminal`, by which people ask.
"""

__version__ = "0.1.0"
