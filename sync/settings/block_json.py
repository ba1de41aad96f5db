"""`SCHOOLS_JSON` and `PROFILES_JSON`: all schools, or all profiles, in a single value."""

from __future__ import annotations

from collections.abc import Mapping

from sync.errors import ConfigError
from sync.settings import faults, names
from sync.settings.draft import Draft
from sync.settings.faults import KEY_FORM, printable
from sync.settings.local_file import json_object
from sync.settings.names import Path
from sync.settings.references import unresolved

_SUCH = {"schools": '{"NAME": "Northbank School"}', "profiles": '{"YEAR_GROUPS": "7-13"}'}


def read_json(block: str, present: Mapping[str, str], draft: Draft) -> None:
    """Take what the JSON of *block* says; of what stands apart beside it, secrets alone may."""
    known = names.JSON[block]
    spellings = [name for name in present if name.upper() == known]
    if not spellings:
        return
    name = spellings[0]
    draft.reported.add((block,))
    rivals = [draft.given[path].name for path in draft.of(block) if not _is_secret(path)]
    whole = None
    if others := spellings[1:] + rivals[:1]:
        way = f"give the {block} in one way, not two"
        draft.faults.append(f"{name} and {printable(others[0])}: {way}")
    elif not present[name].lstrip().startswith("{") and (fault := unresolved(present[name])):
        draft.faults.append(f"{name}: {fault}")
    else:
        whole = _object(name, present[name], draft)
    apart = draft.of(block)  # before any of the JSON is taken
    for key, values in (whole or {}).items():
        _take_one(f"{name} {key}", (block, key.lower()), values, draft)
    if whole == {}:
        draft.reported.discard((block,))  # so that the lack of any is told
    _leave_apart(name, apart, whole or {}, draft)


def _is_secret(path: Path) -> bool:
    declared = names.field_of(path)
    return declared is not None and names.is_secret(declared)


def _object(source: str, text: str, draft: Draft) -> dict[str, object] | None:
    try:
        return json_object(text, source)
    except ConfigError as error:
        draft.faults.extend(str(error).split("\n"))
        return None


def _leave_apart(source: str, apart: list[Path], whole: Mapping[str, object], draft: Draft) -> None:
    """Drop what was set apart of a key that the JSON has not, or not soundly: it has no school."""
    keys = {key.lower() for key in whole}
    for path in apart:
        if path[:2] in draft.places:
            continue
        name = printable(draft.given.pop(path).name)
        if keys and path[1] not in keys:
            expected = " or ".join(sorted(printable(key) for key in keys))
            draft.faults.append(f"{name}: {source} has no such school: expected {expected}")


def _take_one(source: str, place: Path, values: object, draft: Draft) -> None:
    block, key = place
    if not names.is_key(key):
        draft.faults.append(f"{printable(source)}: {KEY_FORM}")
        return
    if not isinstance(values, dict):
        draft.faults.append(f"{printable(source)}: expected an object such as {_SUCH[block]}")
        return
    draft.places[place] = source
    for name, value in values.items():
        # A blank is not set, as everywhere; what is neither text nor number may be blank no more.
        if value is not None and (not isinstance(value, str) or value.strip()):
            _take_setting(f"{source}.{name}", f"{block}__{key}__{name}".upper(), value, draft)


def _take_setting(written: str, usual: str, value: object, draft: Draft) -> None:
    path = names.path_of(usual)
    if not path:
        near = names.nearest(usual).rpartition("__")[2]
        fault = f"there is no such setting; {faults.hint(near)}"
    elif _is_secret(path):
        draft.reported.add(path)
        fault = (
            f"a secret is a setting of its own, {printable(usual)}: on Azure a Key Vault reference"
        )
    elif not isinstance(value, bool | int | str):
        fault = "expected a text; several values stand in one text, with commas"
    else:
        draft.take(path, written, str(value))
        return
    draft.faults.append(f"{printable(written)}: {fault}")
