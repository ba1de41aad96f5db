"""Carry a school's people and classes from iSAMS to School Data Sync.

A run has two halves. `pull` reads the whole school once, shapes it by each of the school's
profiles and seals one set of files per profile in storage. `send` merges the newest sets of all
profiles of one SDS connector into a delivery, compares it with what SDS last accepted, holds it
for a person if the difference is large, and moves it one step at a time: upload, validation, run,
receipt. Either half may be killed at any line: the next tick looks at what exists and goes on.

SDS takes the whole truth each time, and what is missing becomes inactive. So a failed or short
read is an error, never an empty list, and when in doubt nothing is sent: SDS keeps yesterday.

The modules, in the order of a pupil's way: `errors`, `settings` (from `setting_text`,
`setting_names`, `setting_faults` and `environment`), `wanted` (what to read), `school` (what iSAMS
says, read by `isams`), `terms`, `names` and `selection`, `groups` (what becomes a class), `people`
(who becomes a user), `profile` (who is covered), `sessions`, `roster` (what SDS shall hold),
`findings` (what to mend), `sds` (files), `exports` (files for other programs), `delivery` (sealed
sets), `state` and `numbered` (what exists), `plan` (what would change), `retention` (what may go),
`records` (marks), `calendar` (what is due), `report` (what happened), `rehearsal` (what another day
would send). All of these are pure. `edge` talks to the outside. In what order: `run` (tick and
pull) and `sealing`, `view`, `sending`, `handover` and `afterwards` (send), `restoring`, `sweeping`,
`asking` (status, findings, a person's answer), `doctor` (what is wrong with a deployment). `web`,
`cli` and `terminal` are how people ask.
"""

__version__ = "0.1.0"
