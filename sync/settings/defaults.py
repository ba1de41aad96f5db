"""`DEFAULTS__SCHOOL__…` and `DEFAULTS__PROFILE__…`: what each takes that says nothing of it itself.

A setting of one's own beats a default of the same, of its rival, and of what belongs to it: a
school with YEAR_STARTS of its own takes no default SCHOOL_YEAR, a profile with KEEP_TEAMS of its
own no default KEEP_TEAMS_FROM, which was meant for other years.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pydantic import ValidationError

from sync.settings import faults, names
from sync.settings.draft import Draft
from sync.settings.faults import Given, printable
from sync.settings.names import DEFAULTS, KEY

_CLIENTS = {"isams_client_id", "write_client_id"}  # each goes with its secret


def hand_out(draft: Draft) -> None:
    """Check the defaults of *draft* by themselves, then give them to whoever says nothing."""
    for kind, block in DEFAULTS.items():
        given = {path[2]: draft.given[path] for path in draft.of("defaults") if path[1] == kind}
        if given:
            draft.faults.extend(_faults_of(kind, given, draft))
            for key in sorted(draft.keys(block)):
                _give(kind, key, given, draft)


def _give(kind: str, key: str, given: Mapping[str, Given], draft: Draft) -> None:
    """Give the school or profile *key* each default that nothing of its own beats."""
    block = DEFAULTS[kind]
    own = {path[2] for path in draft.of(block) if path[1] == key}
    for name, default in given.items():
        if _is_beaten(block, name, own):
            continue
        path = (block, key, name)
        draft.given[path] = Given(default.name, default.value, f"{kind} {printable(key)}")
        if ("defaults", kind, name) in draft.reported:
            draft.reported.add(path)


def _is_beaten(block: str, name: str, own: set[str]) -> bool:
    """Say whether what a school or profile says itself, *own*, leaves a default *name* aside."""
    declared = names.BLOCKS[block, KEY]
    rivals = {other for pair in declared.RIVALS if name in pair for other in pair}
    return not own.isdisjoint({name, *rivals, declared.COMPANIONS.get(name, name)})


def _faults_of(kind: str, given: Mapping[str, Given], draft: Draft) -> Iterator[str]:
    """Yield what is wrong with the defaults of a kind, whether or not anybody takes them."""
    block = names.BLOCKS[DEFAULTS[kind], KEY]
    for name, companion in block.COMPANIONS.items():
        if name in given and companion not in given:
            goes_with = names.written(("defaults", kind, companion))
            yield f"{printable(given[name].name)}: goes with {goes_with}, which is not set"
    stand_ins = {
        name: names.example(declared)
        for name, declared in block.model_fields.items()
        if declared.is_required() or names.is_secret(declared) or name in _CLIENTS
    }
    above = ("defaults", kind)
    try:
        block.model_validate(stand_ins | {name: one.value for name, one in given.items()})
    except ValidationError as error:
        yield from faults.lines(error, draft.given, draft.places, draft.reported, above)
