"""The doctor of a deployment: tries everything that a night needs, a thing at a time.

SDS is sent nothing, iSAMS is only read, and storage keeps a small probe. Its words name
settings, roles, methods, fields and keys of ours: nobody, no secret and no address. The terminal
and the web show what comes of it. What may take longest, iSAMS, comes last.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from sync.edge.clock import Budget, Clock
from sync.settings import Settings
from sync.steps.doctor import handed, isams, keys, landed, profiles, sds, storage, unmoved, years
from sync.steps.doctor.checks import Check, Note, Visit

type Json = dict[str, object]

_SETTINGS = "settings"
_REST = (
    "storage",
    "queues",
    "profiles",
    "academic years",
    "changes",
    "clock",
    "sign-in and roles",
    "SDS",
    "last hand-over",
    "iSAMS",
)


def examine(
    load: Callable[[], Settings],
    clock: Clock,
    *,
    within_s: float,
    tell: Callable[[str], None] = lambda _: None,
) -> list[Check]:
    """Try everything with the settings that *load* gives; *tell* hears what is tried next.

    A try may take a minute, in storage a little longer. What has not begun a minute before
    *within_s* is over is not tried.
    """
    visit = Visit(clock, Budget.of(clock, within_s), tell)
    loaded = visit.examine(_SETTINGS, load, _loaded)
    return [loaded.check, *_others(loaded.value, visit)]


def document(checks: Iterable[Check]) -> Json:
    """Return *checks* as JSON values: the same document from the terminal and over HTTP."""
    listed = list(checks)
    return {
        "ok": not any(check.error for check in listed),
        "checks": [check.value() for check in listed],
    }


def _others(settings: Settings | None, visit: Visit) -> Iterator[Check]:
    if settings is None:
        yield from visit.skipped(_REST, _SETTINGS)
        return
    yield from storage.check_storage(settings, visit)
    yield from keys.check_keys(settings)
    yield from profiles.check_profiles(settings, visit)
    yield from years.check_years(settings, visit)
    yield from unmoved.check_changes(settings, visit)
    yield from sds.check_sds(settings, visit)
    yield from landed.check_read_back(settings.sds, visit)
    yield from handed.check_hand_overs(settings, visit)
    yield from isams.check_isams(settings, visit)


def _loaded(settings: Settings) -> Note:
    schools, chosen = ", ".join(settings.schools), ", ".join(settings.profiles)
    shared = [f"; {first} and {second} read one iSAMS" for first, second in settings.of_one_isams()]
    return Note(
        f"schools: {schools}; profiles: {chosen}{''.join(shared)}", "; ".join(settings.doubts())
    )
