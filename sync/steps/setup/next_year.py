"""What is to be done in SDS before a school year ends, in which order and by when. Pure.

It only tells: whether Graph may stand for the portal's transition is not known.

See docs/reference/sds.md#flow-expiry.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sync.steps.setup.shown import ConnectorLine
from sync.texts import as_day

TOLD_FROM = timedelta(days=60)
"""How long before a flow ends what is to be done is told."""


@dataclass(frozen=True, slots=True)
class NextYear:
    """A connector whose flow ends `ends`, None if SDS does not tell; `steps` in their order.

    No steps: it is too early, they are told from `told_from` on.
    """

    connector: str
    year: str
    ends: date | None
    told_from: date | None
    steps: Sequence[str]


def next_years(lines: Sequence[ConnectorLine], turn: date | None, now: datetime) -> list[NextYear]:
    """Say for each connector of ours what is to be done; the school's own year ends at *turn*."""
    return [_of(line, turn, now) for line in lines if line.ours]


def _of(line: ConnectorLine, turn: date | None, now: datetime) -> NextYear:
    ends = line.ends_at.date() if line.ends_at else None
    told_from = ends - TOLD_FROM if ends else None
    due = told_from is None or now.date() >= told_from
    steps = list(_steps(line, ends, turn, now)) if due else []
    return NextYear(line.name, line.year, ends, told_from, steps)


def _steps(
    line: ConnectorLine, ends: date | None, turn: date | None, now: datetime
) -> Iterator[str]:
    over = ends is not None and ends <= now.date()
    by = "now: the flow is over" if over else f"by {as_day(ends)}" if ends else "before it ends"
    rolled = f", and its year turns on {as_day(turn)}" if turn else ""
    yield f"Decide and rehearse next year's settings: docs/operations.md, Year-end{rolled}."
    yield "Stop the app, then roll iSAMS over and set what was decided."
    yield (
        "In School Data Sync, tidy last year's groups up (mark as expired, archive), before the"
        " new flow: a class id that comes again would bring last year's Team."
    )
    yield (
        f"In School Data Sync, press Start transition and make the new year's inbound flow, {by};"
        " its end is the new year's last day."
    )
    yield (
        f'See whether the connector is still called "{line.name}": its new name, or its id where'
        " two have the same, goes into CONNECTOR, everywhere in the same way."
    )
    yield "`isams-sync check`: connector, format, flow and its end must be ok."
    yield "Start the app. Its next delivery is held: compare it with the rehearsal, then answer."
