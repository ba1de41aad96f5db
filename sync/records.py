"""What the small JSON blobs hold that mark how far a pull or a delivery has come."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from sync.delivery import Record
from sync.report import Fault


class Attempt(Record):
    """`asked.json`, `tried-N.json`: when, and by whom or by which invocation."""

    at: datetime
    by: str


class Pulled(Record):
    """`sealed.json`: the set that each profile got, or why it got none."""

    at: datetime
    sets: Mapping[str, str]
    faults: Mapping[str, Fault]


class Unchanged(Record):
    """`unchanged.json`: these sets merge to what SDS holds already."""

    sources: Mapping[str, str]
    digest: str
    accepted: str


class Claim(Record):
    """`claims/000123.json`: who talks to SDS, about which delivery. `by` is one invocation's."""

    delivery: str
    at: datetime
    by: str


class ClaimDone(Record):
    """`claims/000123.done`: whether SDS was given the files.

    There is none where that is unknown: the request may still be on its way, and would validate
    whatever the next holder had uploaded by then. So such a claim ends by its age.
    """

    delivery: str
    submitted: Literal["yes", "no"]
    fault: Fault | None = None


class Approved(Record):
    """`approved.json` or `rejected.json`: a person's answer, for exactly this digest.

    `by` is the answer's own mark: of two equal answers at one moment only one is the first.
    """

    digest: str
    at: datetime
    by: str


class Submitted(Record):
    """`submitted.json`: SDS took the upload, and checks it under this operation; "": not told."""

    operation: str
    digest: str
    claim: str
    at: datetime


class Place(Record):
    """`place-000123.json`: where to ask after one hand-over, and which flows were ours then.

    It lies with the files and goes with them. `address` is SDS's own, as it came. `connector` is
    SDS's id. `flows` are the ids of those that could take the files; None: they could not be read.
    """

    address: str
    connector: str
    flows: tuple[str, ...] | None
    since: datetime


class Checked(Record):
    """`checked.json`: when SDS's check of the files ended, by its own clock; it goes with them."""

    ended_at: datetime | None


class FlowCounts(Record):
    """What a run made of the rows of one flow, or of all: see `sync.edge.graph_values.Counts`."""

    status: str
    errors: int | None = None
    warnings: int | None = None
    organizations: int | None = None
    people: int | None = None
    groups: int | None = None
    memberships: int | None = None
    matched: int | None = None
    unmatched: int | None = None
    inactive: Mapping[str, int] = {}


class Counted(Record):
    """`counted-<run>.json`: a run's statistics, as SDS gave them; no `totals`: it gives none.

    It lies with the files and goes with them, so that no other process asks for them again.
    """

    totals: FlowCounts | None
    activities: Mapping[str, FlowCounts] | None


class Unproven(Record):
    """`unproven.json`: no answer in time. `heard`: what each place gave, in one word."""

    at: datetime
    heard: Mapping[str, str]


class Vouched(Record):
    """`vouched.json`: a person has seen in SDS that it holds these files."""

    at: datetime
    by: str


class Against(Record):
    """`against.json`: the ids of all deliveries that SDS may have held when this was compared."""

    deliveries: tuple[str, ...]


class Accepted(Record):
    """`accepted.json`: SDS found no fault in names and headers. It holds these files now."""

    operation: str
    at: datetime
    warnings: int


class RunAsked(Record):
    """`run-asked.json`: we asked SDS to run; it may have refused, and then runs on its own."""

    at: datetime
    started: bool


class Receipt(Record):
    """`receipt.json`: how it ended. Counts and codes only.

    `refused`: SDS took nothing. `incomplete`: it took the files, but says it did not find them all.
    What `run` and `counts` hold beyond that is read by `sync.fates`.
    """

    outcome: Literal[
        "completed", "run-failed", "run-unseen", "refused", "incomplete", "no-answer", "gave-up"
    ]
    at: datetime
    faults: tuple[Mapping[str, str], ...] = ()
    run: Mapping[str, str] = {}
    counts: Mapping[str, int] = {}


class Paused(Record):
    """`pauses/000001.json`: nothing is merged or sent for this connector but one delivery.

    `delivery` is that one, to be made of the files of `restores`, which SDS accepted before.
    """

    restores: str
    delivery: str
    at: datetime
    by: str


class Resumed(Record):
    """`pauses/000001.done`: from then on the newest sets are merged and sent again."""

    at: datetime
    by: str


class Swept(Record):
    """`swept.json`: from then on the files of this set, delivery or pull go, or are gone."""

    at: datetime
    by: str
