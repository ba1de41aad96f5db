"""`local.settings.json`, and JSON in settings: an object in which no name comes twice."""

from __future__ import annotations

import json
from collections.abc import Mapping

from sync.errors import ConfigError
from sync.settings.faults import printable

LOCAL_FILE = "local.settings.json"


def with_local_file(env: Mapping[str, str], text: str | None) -> dict[str, str]:
    """Return *env* with the `Values` of *text*, a local.settings.json, for what it does not set.

    None means that there is no such file. A blank value in *env* is not set.

    Raises:
        ConfigError: the file is not what the Functions tools write; it names the file.
    """
    if text is None:
        return dict(env)
    merged = {name: value for name, value in env.items() if value.strip()}
    set_already = {name.lower() for name in merged}
    for name, value in _values(text).items():
        if not isinstance(value, str):
            fault = "expected a text in quotation marks"
            raise ConfigError(f"{LOCAL_FILE}: {printable(name)}: {fault}")
        if name.lower() not in set_already:
            merged[name] = value
    return merged


def _values(text: str) -> dict[str, object]:
    """Return what the file holds as `Values`; Windows puts a byte order mark before it."""
    whole = json_object(text.removeprefix("\ufeff"), LOCAL_FILE)
    if whole.get("IsEncrypted"):  # docs/reference/functions.md#local-settings
        raise ConfigError(f"{LOCAL_FILE}: is encrypted. Run `func settings decrypt` first")
    values = whole.get("Values")
    if not isinstance(values, dict):
        raise ConfigError(f'{LOCAL_FILE}: expected an object "Values" with a text for each name')
    return values


def json_object(text: str, source: str) -> dict[str, object]:
    """Return the object that *text* holds. A name that comes twice is refused, not overwritten.

    Raises:
        ConfigError: it is no such object; the message begins with *source*.
    """

    def once(pairs: list[tuple[str, object]]) -> dict[str, object]:
        seen = set[str]()
        for name, _ in pairs:
            if name.lower() in seen:
                raise ConfigError(f"{source}: {printable(name)}: the same name twice")
            seen.add(name.lower())
        return dict(pairs)

    try:
        whole: object = json.loads(text, object_pairs_hook=once)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise ConfigError(f"{source}: is not JSON: {error.msg}, {where}") from None
    except (ValueError, RecursionError):  # a number of thousands of digits; endless brackets
        raise ConfigError(f"{source}: is not JSON that can be read") from None
    if not isinstance(whole, dict):
        raise ConfigError(f"{source}: expected a JSON object, in curly brackets")
    return whole
