"""What the settings of each profile chose when its school was last read: is anything in it?"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from functools import partial

from sync.edge.storage.queues import Unqueued
from sync.edge.world import opened
from sync.roster.finding_codes import OF_SETTINGS, FindingCode
from sync.sds.titles import MEND, called_apart, titles
from sync.settings import Settings
from sync.steps.connector import newest_sets
from sync.steps.delivery import SealedSet, in_order, list_sets
from sync.steps.doctor.checks import Check, Note, Visit

_COUNTED = {"students": "pupils", "classes": "classes"}
_EMPTY = frozenset({FindingCode.PROFILE_WITHOUT_CLASSES, FindingCode.PROFILE_WITHOUT_PUPILS})
_OF_ADDRESSES = {FindingCode.EXTRA_TEACHER_UNKNOWN, FindingCode.SERVICE_ACCOUNT_IS_PERSON}
_DO = "correct the settings of this profile: `build` tries them, `subjects` lists what iSAMS has"


def check_profiles(settings: Settings, visit: Visit) -> Iterator[Check]:
    """Look at each profile's newest set: iSAMS is not asked."""
    waiting = {f"profile {profile}: what it chooses": profile for profile in settings.profiles}
    for name in sorted(waiting):
        ask = partial(_newest, settings, waiting.pop(name), visit)
        check = visit.examine(name, ask, _note).check
        yield check
        if check.error:  # storage, which the others need as well
            yield from visit.skipped(sorted(waiting), name)
            return
    for connector, profiles in settings.connectors().items():
        if len(profiles) > 1:
            yield _titles(settings, connector, profiles, visit)


def _titles(settings: Settings, connector: str, profiles: Sequence[str], visit: Visit) -> Check:
    """Compare what the newest sets of a connector's *profiles* call their classes."""

    def ask() -> list[str] | None:
        world = opened(settings, lambda _: None, nudges=Unqueued(), clock=visit.clock)
        sets = in_order(sealed for sealed in newest_sets(world, connector).values() if sealed)
        if len(sets) < 2:
            return None
        return list(
            called_apart({s.profile: titles(s.read_files(s.manifest().files)) for s in sets})
        )

    def note(apart: list[str] | None) -> Note:
        if apart is None:
            return Note("nothing to compare yet")
        return Note("; ".join(apart) or "no class has two titles", MEND if apart else "")

    return visit.examine(f"profiles {', '.join(profiles)}: titles", ask, note).check


def _newest(settings: Settings, profile: str, visit: Visit) -> SealedSet | None:
    world = opened(settings, lambda _: None, nudges=Unqueued(), clock=visit.clock)
    return next(reversed(list_sets(world.store, profile)), None)


def _note(newest: SealedSet | None) -> Note:
    if newest is None:
        return Note("nothing was read for it yet")
    manifest = newest.manifest()
    counts = ", ".join(f"{manifest.counts.get(n, 0):,} {word}" for n, word in _COUNTED.items())
    text = f"{counts}, read {manifest.pulled_at:%d %B %Y %H:%M} UTC"
    nothing = sorted(_matching_nothing(newest)) if OF_SETTINGS & manifest.findings.keys() else []
    if years := manifest.findings.get(FindingCode.YEAR_OF_NO_PROFILE):
        text += f"; NC years with pupils that no profile has: {years}"
    if nothing:
        text += f"; these match nothing: {', '.join(nothing)}"
    return Note(text, _DO if nothing or manifest.lacking else "")


def _matching_nothing(newest: SealedSet) -> Iterator[str]:
    """Yield what of the settings matches nothing; an address stays untold."""
    for row in json.loads(newest.findings()):
        if row["code"] in OF_SETTINGS - _EMPTY:
            hidden = row["code"] in _OF_ADDRESSES
            yield f"one of {row['record']}" if hidden else f"{row['record']} {row['name']}"
