"""The doctor of a deployment: tries everything that a night needs, one thing at a time.

SDS is sent nothing, iSAMS is only read, and storage keeps one small probe. What is told names
settings, roles, methods, fields and keys of ours: nobody, no secret and no address. The terminal
and the web show what is found here. What may take longest, iSAMS, comes last.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from sync.edge.clock import Budget, Clock
from sync.settings import Settings
from sync.steps.doctor import handed, isams, sds, storage
from sync.steps.doctor.attempts import Note, Row, Visit

type Json = dict[str, object]

_SETTINGS = "settings"
_REST = ("storage", "queues", "clock", "sign-in and roles", "SDS", "last hand-over", "iSAMS")


def check(
    load: Callable[[], Settings],
    clock: Clock,
    *,
    within_s: float,
    tell: Callable[[str], None] = lambda _: None,
) -> list[Row]:
    """Try everything with the settings that *load* gives; *tell* hears what is tried next.

    A try may take a minute, one of storage a little more. What has not begun a minute before
    *within_s* is over is not tried.
    """
    visit = Visit(clock, Budget.of(clock, within_s), tell)
    loaded = visit.attempt(_SETTINGS, load, _loaded)
    return [loaded.row, *_others(loaded.value, visit)]


def document(rows: Iterable[Row]) -> Json:
    """Return *rows* as JSON values: the same document from the terminal and over HTTP."""
    told = list(rows)
    return {"ok": not any(row.error for row in told), "checks": [row.value() for row in told]}


def _others(settings: Settings | None, visit: Visit) -> Iterator[Row]:
    if settings is None:
        yield from visit.skipped(_REST, _SETTINGS)
        return
    yield from storage.rows(settings, visit)
    yield from sds.rows(settings.sds, settings.connectors(), visit)
    yield from handed.rows(settings, visit)
    yield from isams.rows(settings, visit)


def _loaded(settings: Settings) -> Note:
    schools, profiles = ", ".join(settings.schools), ", ".join(settings.profiles)
    return Note(f"schools: {schools}; profiles: {profiles}")
