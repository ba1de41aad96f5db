"""When schools that share a connector are merged and handed over: moments in, a moment out, pure.

SDS takes few uploads a day (docs/reference/sds.md#run-limit), and a hundred schools are read within
half an hour. So whoever comes first waits for the others: the timer's sets for the pulls that are
being tried, and then for hours; what people asked for waits minutes for what people ask for next.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from sync.ledger import states
from sync.ledger.claims import Claimed
from sync.ledger.folders import Folder
from sync.ledger.holdings import by_moment
from sync.ledger.manifests import SetManifest
from sync.ledger.marks import AttemptBegun

SPACING = timedelta(hours=4)
"""Between two hand-overs of the timer."""

TIMER_A_DAY = states.SUBMISSIONS_A_DAY - 1
"""Hand-overs of the timer in 24 hours: the last of the day is for people."""

QUIET = timedelta(minutes=10)
"""What a person asked for waits so long for what is asked for next."""

_DAY = timedelta(days=1)


class Act(NamedTuple):
    """What a person did since SDS was given anything: answered an offer, or had a school read.

    Of `is_whole` no more is to come: whoever runs this at a terminal waits for all that they asked.
    """

    at: datetime
    is_whole: bool = False


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits to be merged, and since when.

    `moment` is that of the look, by storage's clock. `handed` are those of hand-overs, and
    `unsent_since` is when the first set was sealed that no delivery has; None: there is none.
    `settle` is how long it waits for pulls. `is_first`: SDS may hold nothing of this connector.
    """

    moment: datetime
    handed: Sequence[datetime]
    unsent_since: datetime | None
    acts: Sequence[Act]
    settle: timedelta
    is_first: bool = False


def settles_at(waiting: Waiting, *, is_pulling: bool) -> datetime | None:
    """Return until when pulls that are being tried are waited for; None: not any longer."""
    since = _since(waiting)
    if since is None or not is_pulling:
        return None
    return _later(since + waiting.settle, waiting.moment)


def may_go_at(waiting: Waiting) -> datetime | None:
    """Return when it may be merged if nothing else happens; None: now.

    A person's way is open to all that is there by then, after their last act and ten minutes. The
    timer's way is open four hours after the last hand-over; for people's next act it waits as long
    as it would for pulls, for there may always be a next.
    """
    recent = sorted(at for at in waiting.handed if waiting.moment - _DAY < at <= waiting.moment)
    quiet = max((act.at for act in waiting.acts if not act.is_whole), default=None)
    quiet_at = quiet + QUIET if quiet else waiting.moment
    last_by = (_since(waiting) or waiting.moment) + max(waiting.settle, QUIET)
    timer = [min(quiet_at, last_by), _free_at(waiting, recent, TIMER_A_DAY)]
    if recent:
        timer.append(recent[-1] + SPACING)
    ways = [max(timer)]
    if waiting.acts or waiting.is_first:
        ways.append(max(quiet_at, _free_at(waiting, recent, states.SUBMISSIONS_A_DAY)))
    return _later(min(ways), waiting.moment)


def _since(waiting: Waiting) -> datetime | None:
    """Return since when the first thing waits of all that do."""
    moments = [act.at for act in waiting.acts]
    if waiting.unsent_since:
        moments.append(waiting.unsent_since)
    return min(moments, default=None)


def _free_at(waiting: Waiting, recent: Sequence[datetime], a_day: int) -> datetime:
    """Return from when on one more hand-over is not over so many *a_day*."""
    return recent[-a_day] + _DAY if len(recent) >= a_day else waiting.moment


def _later(moment: datetime, now: datetime) -> datetime | None:
    return moment if moment > now else None


# -- SDS's runs ----------------------------------------------------------------------------------

# A run takes an hour or more, of the whole tenant, and SDS begins one every twelve hours, or after
# an upload: docs/reference/sds.md#run-length, docs/reference/sds.md#runs. So the first can have
# ended an hour after the files were accepted; when a later one has, is less and less sure.
FIRST_RUN = timedelta(hours=1)
BETWEEN_LOOKS = timedelta(minutes=30)


def look_at_run_at(accepted_at: datetime, looked_at: datetime | None) -> datetime:
    """Return when SDS's runs are worth a look, for files that it has had since *accepted_at*.

    At once for the first time: then SDS is asked for a run, where settings say so. Later after a
    quarter of the time that has passed, so at most a dozen times a day.
    """
    if looked_at is None:
        return accepted_at
    pause = max(BETWEEN_LOOKS, (looked_at - accepted_at) / 4)
    return max(accepted_at + FIRST_RUN, looked_at + pause)


# -- read from what is listed --------------------------------------------------------------------


def handed(deliveries: Iterable[Folder], claims: Sequence[Claimed]) -> list[datetime]:
    """Return when SDS was given anything, or may have been, oldest first.

    One of which nobody knows whether it came through counts.
    """
    moments = {at for at, _ in by_moment(deliveries, claims)}
    return sorted(moments | {claim.at for claim in claims if not claim.done})


def is_tried(pull: Folder, now: datetime, settle: timedelta) -> bool:
    """Say whether *pull*, a school's newest, is read now or soon.

    Not one in the pause after a failure, or whose reader died: nobody knows when they come. Nor one
    that was asked for so long ago that nobody seems to see to it.
    """
    if states.pull_is_over(pull):
        return False
    if pull.numbers(AttemptBegun):
        return states.pull_is_running(pull, now)
    return now - pull.last_made_at < max(settle, states.STANDSTILL)


def first_unsent(
    sets: Sequence[Folder], seen: str | None, looked_at: datetime | None
) -> datetime | None:
    """Return when the first of a profile's *sets*, oldest first, was sealed that no delivery saw.

    *seen* is the one that the newest delivery saw, which looked at *looked_at*; None: there is
    none. Return None if it saw the last.
    """
    if not sets or sets[-1].id == seen:
        return None
    later = [each.made_at[SetManifest.file_name] for each in sets if each.id > (seen or "")]
    since = [at for at in later if looked_at is None or at > looked_at]
    return min(since, default=sets[-1].made_at[SetManifest.file_name])
