"""What app settings would be with other values of a profile, and the lines that would make it so.

Pure. Nothing is judged here: `sync.settings.load` reads what comes out, and tells every fault in
the words of settings.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from sync.errors import ConfigError
from sync.settings import ProfileSettings, names
from sync.settings.faults import printable
from sync.settings.local_file import read_object, with_local_file

CHANGEABLE: tuple[str, ...] = tuple(
    name.upper() for name in ProfileSettings.model_fields if name not in ProfileSettings.OWN
)
"""What may be tried of a profile, by the last part of its name. Not whose profile it is, and where
it goes: that would be another delivery."""

_BLOCK = "profiles"
_JSON = names.JSON[_BLOCK]


class SettingLine(NamedTuple):
    """An app setting as it would have to be; a blank value takes it away."""

    name: str
    value: str


class Changed(NamedTuple):
    """All app settings by name, with the changes, and the lines that differ."""

    values: Mapping[str, str]
    lines: tuple[SettingLine, ...]


def with_changes(
    env: Mapping[str, str], local: str | None, profile: str, changes: Mapping[str, str]
) -> Changed:
    """Return *env* and *local*, as `load` takes them, with other values of *profile*.

    *changes* are texts by the last part of a setting's name, of `CHANGEABLE`; a blank one takes the
    setting away, so that the default counts. What is set already as it should be is no line. If the
    profiles are one JSON value, that is the line, with all that it held.

    Raises:
        ConfigError: one of *changes* is not of `CHANGEABLE`, or the local file is none. The
            message has a line for each fault.
    """
    if faults := [
        f"{printable(name)}: cannot be tried; expected one of {', '.join(CHANGEABLE)}"
        for name in changes
        if name not in CHANGEABLE
    ]:
        raise ConfigError("\n".join(faults), faults=len(faults))
    values, _ = with_local_file(env, local)
    name = _json_name(values)
    if name:
        return _changed_in_json(values, name, profile, changes)
    lines = tuple(_apart(values, profile, changes))
    return Changed(values | {line.name: line.value for line in lines}, lines)


def written(env: Mapping[str, str], local: str | None, profile: str) -> dict[str, str]:
    """Return what is written of *profile* itself, for each of `CHANGEABLE`; "" where nothing is.

    Raises:
        ConfigError: the local file, or the JSON of profiles, is none.
    """
    values, _ = with_local_file(env, local)
    if name := _json_name(values):
        own = _own(read_object(values[name], name).whole, profile)
        texts = {spelt.upper(): _as_text(value) for spelt, value in own.items()}
    else:
        texts = {short: values[spelt] for spelt in values for short in _short_of(spelt, profile)}
    return {name: texts.get(name, "") for name in CHANGEABLE}


def _json_name(values: Mapping[str, str]) -> str:
    """Return the name under which all profiles stand in one value; "" if they do not."""
    return next((name for name in values if name.upper() == _JSON and values[name].strip()), "")


# -- each setting apart --------------------------------------------------------------------------


def _apart(
    values: Mapping[str, str], profile: str, changes: Mapping[str, str]
) -> Iterator[SettingLine]:
    """Yield a line for each change, under the name by which the setting is written already."""
    spelt = {short: name for name in values for short in _short_of(name, profile)}
    above = next((name[: -len(short)] for short, name in spelt.items()), "")
    above = above or f"{_BLOCK}__{profile}__".upper()
    for short, value in changes.items():
        name = spelt.get(short, above + short)
        if values.get(name, "").strip() != value.strip():
            yield SettingLine(name, value.strip())


def _short_of(name: str, profile: str) -> Iterator[str]:
    """Yield the last part of a setting's *name*, if it is one of *profile*."""
    path = names.path_of(name)
    if path and path[:2] == (_BLOCK, profile):
        yield path[2].upper()


# -- all profiles in one value -------------------------------------------------------------------


def _changed_in_json(
    values: Mapping[str, str], name: str, profile: str, changes: Mapping[str, str]
) -> Changed:
    whole = read_object(values[name], name).whole
    own = _own(whole, profile)
    spelt = {known.upper(): known for known in own}
    was = dict(own)
    for short, value in changes.items():
        known = spelt.get(short, short)
        if _as_text(own.get(known)).strip() == value.strip():
            continue
        own.pop(known, None)
        if value.strip():
            own[known] = value
    if own == was:
        return Changed(values, ())
    line = SettingLine(name, json.dumps(whole, ensure_ascii=False))
    return Changed({**values, name: line.value}, (line,))


def _own(whole: Mapping[str, object], profile: str) -> dict[str, object]:
    """Return what the JSON holds of *profile*, itself and no copy; nothing if it has none."""
    own = next((value for key, value in whole.items() if key.lower() == profile), None)
    return own if isinstance(own, dict) else {}


def _as_text(value: object) -> str:
    """Return a value of JSON as it would be written apart; what is no text or number is told."""
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)
