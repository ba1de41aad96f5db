"""`local.settings.json`, and JSON in settings: an object in which no name comes twice."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple

from sync.errors import ConfigError
from sync.settings.faults import printable
from sync.settings.typed_json import (
    QUOTED,
    TWICE,
    Flaw,
    Typed,
    literal,
    place,
    read_typed,
    without_controls,
)

LOCAL_FILE = "local.settings.json"


class TypedObject(NamedTuple):
    """What a text was meant to be, by name, and what is wrong with it, a line each."""

    whole: dict[str, object]
    faults: list[str]


def with_local_file(env: Mapping[str, str], text: str | None) -> tuple[dict[str, str], list[str]]:
    """Return *env* with the `Values` of *text*, a local.settings.json, for what it does not set.

    None means that there is no such file. A blank value in *env* is not set. Beside it stand the
    faults of a file whose `Values` are plain all the same, a line each, which must be told.

    Raises:
        ConfigError: the file is not what the Functions tools write, and what was meant is not
            plain. The message has a line for each fault, with the name of the file and the place.
    """
    if text is None:
        return dict(env), []
    merged = {name: value for name, value in env.items() if value.strip()}
    set_already = {name.lower() for name in merged}
    values, faults = _values(text)
    new = {name: value for name, value in values.items() if name.lower() not in set_already}
    return merged | new, faults


def _values(text: str) -> tuple[dict[str, str], list[str]]:
    whole, faults = read_object(text, LOCAL_FILE, _no_texts)
    if str(whole.get("IsEncrypted")).lower() == "true":
        # docs/reference/functions.md#local-settings
        raise ConfigError(f"{LOCAL_FILE}: is encrypted. Run `func settings decrypt` first")
    values = whole.get("Values")
    if not isinstance(values, dict):
        fault = f'{LOCAL_FILE}: expected an object "Values" with a text for each name'
        raise _refused([*faults, fault])
    plain = {
        name: _unchanged(str(value))
        for name, value in values.items()
        if isinstance(value, str | int)
    }
    if len(plain) < len(values):
        raise _refused(faults)
    return plain, faults


def _no_texts(typed: Typed) -> Iterator[Flaw]:
    """Yield which of the `Values` are no texts, or texts that a single backslash has changed."""
    for path, entry in typed.entries.items():
        if len(path) != 2 or path[0] != "Values":
            continue
        if entry.kind in {"bare", "mark"}:
            such = literal(entry.text)
            told = f"{QUOTED}, such as {such}" if such else QUOTED
            yield Flaw(entry.at, f"{printable(path[1])}: {told}")
        elif _unchanged(entry.text) != entry.text:
            yield Flaw(entry.at, f"{printable(path[1])}: {TWICE}")


def _unchanged(text: str) -> str:
    """Return *text* without what a single backslash made of the letter behind it, such as a tab.

    That is told by its line, and is no fault of the setting's as well. JSON and certificates may
    have lines; before a certificate may stand whose it is.
    """
    if text.lstrip().startswith("{") or "-----BEGIN" in text:
        return text
    return without_controls(text)


def read_object(
    text: str, source: str, also: Callable[[Typed], Iterable[Flaw]] = lambda _: ()
) -> TypedObject:
    """Return the object that *text* holds; Windows may put a byte order mark before it.

    What is no JSON and yet plain, as with a comma too many, is returned beside its faults. A name
    that comes twice is refused, not overwritten. *also* says what else is a fault here. A fault
    begins with *source* and the place in it.

    Raises:
        ConfigError: what was meant is not plain. The message has a line for each fault.
    """
    text = text.removeprefix("\ufeff")
    typed = read_typed(text)
    sound, whole = _parsed(text)
    flaws = [*([] if sound else typed.faults), *typed.twice, *also(typed)]
    # Two ways to see the same fault are one fault.
    first = {flaw.at: flaw for flaw in reversed(flaws)}
    faults = [f"{source}, {place(text, at)}: {first[at].text}" for at in sorted(first)]
    if not sound:
        whole = typed.meant()
    if typed.twice or not isinstance(whole, dict):
        expected = "expected a JSON object, in curly brackets"
        no_more = expected if sound else "is not JSON that can be read"
        raise _refused(faults or [f"{source}: {no_more}"])
    return TypedObject(whole, faults)


def _parsed(text: str) -> tuple[bool, object]:
    """Return whether *text* is JSON, and what it holds."""
    try:
        return True, json.loads(text)
    except (ValueError, RecursionError):  # a number of thousands of digits; endless brackets
        return False, None


def _refused(faults: list[str]) -> ConfigError:
    return ConfigError("\n".join(faults), faults=len(faults))
