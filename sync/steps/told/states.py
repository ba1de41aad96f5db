"""What became of a delivery, and who must act, in words."""

from __future__ import annotations

from collections.abc import Mapping

from sync.ledger.fates import Fate

WHO: Mapping[str, str] = {
    "operator": "whoever runs this app",
    "school": "the school",
    "developer": "the developers of this app: please report it",
    "nobody": "nobody: try again later",
    "caller": "you",
}

_NO_RUN = (
    "no run of SDS took it in 26 hours: look at Sync health in School Data Sync. The same files go"
    " on three nights in all"
)

BECAME: Mapping[Fate, str] = {
    Fate.DONE: "SDS holds it, and its run has taken it; nothing to do",
    Fate.TAKEN: "SDS holds it; nothing to do",
    Fate.FAULTY: "SDS holds it, but left records out: Sync health in School Data Sync names them",
    Fate.ENDED: "a run of SDS has ended, and whose files it took is not told: grant this app"
    " IndustryData-InboundFlow.Read.All, unless it has it",
    Fate.NOT_TAKEN: _NO_RUN,
    Fate.UNSEEN: _NO_RUN,
    Fate.REPLACED: "a newer delivery took its place before SDS's run; nothing to do",
    Fate.REFUSED: "SDS took nothing of it and keeps what it had",
    Fate.INCOMPLETE: "SDS did not see all files: look at Sync health in School Data Sync before its"
    " next run",
    Fate.NO_ANSWER: "SDS's answer never reached us: is port 8698 open for this app? The same files"
    " go on three nights in all",
    Fate.GAVE_UP: "it was sent three times, and the answer was lost each time: look at Sync health"
    " in School Data Sync",
}
"""Every fate with a receipt: what it means, and what to do."""
