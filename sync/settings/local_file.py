"""`local.settings.json`, and JSON in settings: an object in which no name comes twice."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping

from sync.errors import ConfigError
from sync.settings.typed_json import QUOTED, TWICE, Flaw, Typed, literal, place, read_typed

LOCAL_FILE = "local.settings.json"


def with_local_file(env: Mapping[str, str], text: str | None) -> dict[str, str]:
    """Return *env* with the `Values` of *text*, a local.settings.json, for what it does not set.

    None means that there is no such file. A blank value in *env* is not set.

    Raises:
        ConfigError: the file is not what the Functions tools write. The message has a line for
            each fault, with the name of the file and the place in it.
    """
    if text is None:
        return dict(env)
    merged = {name: value for name, value in env.items() if value.strip()}
    set_already = {name.lower() for name in merged}
    values = _values(text).items()
    return merged | {name: value for name, value in values if name.lower() not in set_already}


def _values(text: str) -> dict[str, str]:
    """Return what the file holds as `Values`; Windows puts a byte order mark before it."""
    whole = json_object(text.removeprefix("\ufeff"), LOCAL_FILE, _no_texts)
    if whole.get("IsEncrypted"):  # docs/reference/functions.md#local-settings
        raise ConfigError(f"{LOCAL_FILE}: is encrypted. Run `func settings decrypt` first")
    values = whole.get("Values")
    if not isinstance(values, dict):
        raise ConfigError(f'{LOCAL_FILE}: expected an object "Values" with a text for each name')
    return {name: value for name, value in values.items() if isinstance(value, str)}


def _no_texts(typed: Typed) -> Iterator[Flaw]:
    """Yield which of the `Values` are no texts, or texts that a single backslash has changed."""
    for path, entry in typed.entries.items():
        if len(path) != 2 or path[0] != "Values":
            continue
        if entry.kind in {"bare", "mark"}:
            such = literal(entry.text)
            yield Flaw(entry.at, f"{path[1]}: {QUOTED}" + (f", such as {such}" if such else ""))
        elif not _may_have_lines(entry.text) and any(c < " " for c in entry.text):
            yield Flaw(entry.at, f"{path[1]}: {TWICE}")


def _may_have_lines(text: str) -> bool:
    """Say whether *text* is JSON itself, or a certificate; before that may stand whose it is."""
    return text.lstrip().startswith("{") or "-----BEGIN" in text


def json_object(
    text: str, source: str, also: Callable[[Typed], Iterable[Flaw]] = lambda _: ()
) -> dict[str, object]:
    """Return the object that *text* holds. A name that comes twice is refused, not overwritten.

    *also* says what else is a fault here.

    Raises:
        ConfigError: it is no such object. The message has a line for each fault, which begins with
            *source* and the place in it.
    """
    whole: object = None
    sound = True
    try:
        whole = json.loads(text)
    except (ValueError, RecursionError):  # a number of thousands of digits; endless brackets
        sound = False
    typed = read_typed(text)
    faults = [*([] if sound else typed.faults), *typed.twice, *also(typed)]
    if faults:
        # Two ways to see the same fault are one fault.
        first = {fault.at: fault for fault in reversed(faults)}
        lines = [f"{source}, {place(text, at)}: {first[at].text}" for at in sorted(first)]
        raise ConfigError("\n".join(lines), faults=len(lines))
    if not sound:
        raise ConfigError(f"{source}: is not JSON that can be read")
    if not isinstance(whole, dict):
        raise ConfigError(f"{source}: expected a JSON object, in curly brackets")
    return whole
