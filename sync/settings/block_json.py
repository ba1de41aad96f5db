"""`SCHOOLS_JSON` and `PROFILES_JSON`: all schools, or all profiles, in a single value."""

from __future__ import annotations

from collections.abc import Mapping

from sync.errors import ConfigError
from sync.settings import faults, names
from sync.settings.draft import Draft
from sync.settings.faults import KEY_FORM, printable
from sync.settings.local_file import read_object
from sync.settings.names import Path
from sync.settings.references import unresolved

_SUCH = {"schools": '{"NAME": "Northbank School"}', "profiles": '{"YEAR_GROUPS": "7-13"}'}
# Profiles have no secrets.
_ONE_WAY = {
    "schools": "give the schools in one way, not two; beside the JSON stand their secrets alone",
    "profiles": "give the profiles in one way, not two",
}


def read_json(block: str, present: Mapping[str, str], draft: Draft) -> None:
    """Take what the JSON of *block* says; of what stands apart beside it, secrets alone may."""
    spellings = [name for name in present if name.upper() == names.JSON[block]]
    if not spellings:
        return
    name = spellings[0]
    apart = draft.of(block)
    rivals = [draft.given[path].name for path in apart if not _is_secret(path)]
    draft.reported.add((block,))
    whole = dict[str, object]()
    if others := spellings[1:] + rivals:
        draft.faults.append(f"{name} and {printable(others[0])}: {_ONE_WAY[block]}")
    else:
        whole = _object(name, block, present[name], draft)
    for key, values in whole.items():
        _take_one(f"{name} {key}", (block, key.lower()), values, draft)
    _leave_apart(name, apart, whole, draft)


def _is_secret(path: Path) -> bool:
    declared = names.field_of(path)
    return declared is not None and names.is_secret(declared)


def _object(source: str, block: str, text: str, draft: Draft) -> dict[str, object]:
    """Return what the JSON holds by key, nothing where that is told to be a fault."""
    if not text.lstrip().startswith("{") and (fault := unresolved(text)):
        draft.faults.append(f"{source}: {fault}")
        return {}
    try:
        read = read_object(text, source)
    except ConfigError as error:
        draft.faults.extend(str(error).split("\n"))
        return {}
    draft.faults.extend(read.faults)
    if not read.whole:
        draft.reported.discard((block,))  # so that the lack of any is told
    return read.whole


def _leave_apart(source: str, apart: list[Path], whole: Mapping[str, object], draft: Draft) -> None:
    """Drop what was set apart of a key that the JSON has not, or not soundly: it has no school."""
    keys = {key.lower() for key in whole}
    for path in apart:
        if path[:2] in draft.places:
            continue
        name = printable(draft.given.pop(path).name)
        sound = sorted(key for block, key in draft.places if block == path[0])
        if sound and path[1] not in keys:
            expected = " or ".join(map(printable, sound))
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
        fault = f"there is no such setting; {faults.hint(_near(usual))}"
    elif fault := _unfit(path, usual, value):
        draft.reported.add(path)
    else:
        draft.take(path, written, str(value))
        return
    draft.faults.append(f"{printable(written)}: {fault}")


def _near(usual: str) -> str:
    """Return the nearest name of the same block as it stands in JSON, "" if none is near."""
    block, _, name = usual.split("__", 2)
    near = names.nearest(name if name.startswith(f"{block}__") else usual)
    return near.rpartition("__")[2] if near.startswith(f"{block}__") else ""


def _unfit(path: Path, usual: str, value: object) -> str:
    """Say why *value* may not stand in JSON for the setting at *path*, "" if it may."""
    declared = names.DECLARED[path[0], names.KEY, *path[2:]]
    if names.is_secret(declared):
        own = printable(usual)
        return f"a secret is a setting of its own, {own}: on Azure a Key Vault reference"
    if not isinstance(value, bool | int | str):
        return "expected a text; several values stand in one text, with commas"
    if isinstance(value, bool) and names.is_free_text(declared):
        return "expected a text"
    if isinstance(value, str) and unresolved(value):
        return "Azure follows no reference inside JSON: write the value itself"
    return ""
