"""What marks are called in storage, written out by hand: the version before looks for these names.

`tests/unit/test_marks.py` holds that they are the names of all marks there are.
"""

from __future__ import annotations

MANIFEST = "manifest.json"
FAILED = "failed.json"
SWEPT = "swept.json"
SWEEP_DONE = "done.json"

# of a pull
ASKED = "asked.json"
TRIED = "tried-*.json"
ENDED = "ended-*.json"
SEALED = "sealed.json"

# of a plan of addresses
PLANNED = "planned.json"
BEGUN = "begun-*.json"
WRITTEN = "written-*.json"
UNWRITTEN = "unwritten-*.json"
PASSED = "passed-*.json"
UNDONE = "undone-*.json"
OVER = "over.json"

# of a delivery; and of a school's offer held, approved, rejected
SCHOOLS = "schools.json"
UNCHANGED = "unchanged.json"
PLAN = "plan.json"
AGAINST = "against.json"
HELD = "held.json"
APPROVED = "approved.json"
REJECTED = "rejected.json"
SUBMITTED = "submitted.json"
UNPROVEN = "unproven.json"
VOUCHED = "vouched.json"
ACCEPTED = "accepted.json"
RUN_ASKED = "run-asked.json"
RECEIPT = "receipt.json"

# of a read-back
READ_BACK = "read-back.json"
READ_BACK_ENDED = "read-back-ended.json"
