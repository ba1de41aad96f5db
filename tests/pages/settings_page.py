"""The tables of docs/settings.md, made from the declaration."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import time
from pathlib import Path
from zoneinfo import ZoneInfo

from pydantic.fields import FieldInfo

from sync.settings import names
from sync.settings.text import Allowance
from tests.pages.tables import row, table

PAGE = Path("docs/settings.md")
COLUMNS = ("name", "what it does", "allowed", "left out", "example")

# What the host reads and we do not, and what we read by two of the host's names.
HOST_ABOUT = {
    "AzureWebJobsDisableHomepage": "Takes away the front page that the host shows under the app's"
    " address, where the app has one of its own.",
    "AzureWebJobsStorage__accountName": "The host's storage account by name, reached by managed"
    " identity.",
    "TICK_SCHEDULE": "How often the app looks for what is due, as six fields: second, minute, hour,"
    " day, month, weekday. The host counts in UTC. It starts no timer without it.",
    "FUNCTIONS_WORKER_RUNTIME": "For the Functions tools on your own machine. On Flex Consumption"
    " the runtime is part of the app, and this is not set.",
}
HOST_EXAMPLES = {
    "AzureWebJobsDisableHomepage": "true",
    "AzureWebJobsStorage__accountName": "northbankhost",
    "TICK_SCHEDULE": "0 */5 * * * *",
    "FUNCTIONS_WORKER_RUNTIME": "python",
}


def tables() -> dict[str, str]:
    """Return the tables by their names in the page."""
    groups: dict[str, list[str]] = {}
    for path, declared in names.DECLARED.items():
        groups.setdefault(_group(path), []).append(_row_of(path, declared))
    return {group: table(COLUMNS, rows) for group, rows in groups.items()} | {"host": _host()}


def _group(path: tuple[str, ...]) -> str:
    if "limits" in path:
        return "limits" if path[0] == "sds" else "school-limits"
    return path[0]


def _row_of(path: tuple[str, ...], declared: FieldInfo) -> str:
    if _group(path) != "school-limits":
        return _row(names.written(path), declared)
    # What it does stands in the row of the same name for all schools.
    of_all = f"`{names.written(('sds', *path[2:]))}`"
    example = f"`{names.example(declared)}`"
    return row(f"`{names.written(path)}`", "The same at this school.", "", of_all, example)


def host_names() -> set[str]:
    """Return the host's names that the page explains."""
    return set(names.HOST) | set(HOST_ABOUT)


def _host() -> str:
    ours = {name: path for name, path in names.HOST.items() if name not in HOST_ABOUT}
    rows = [_row(name, _declared(path)) for name, path in ours.items()]
    for name, about in HOST_ABOUT.items():
        rows.append(row(f"`{name}`", about, "", "-", f"`{HOST_EXAMPLES[name]}`"))
    return table(COLUMNS, rows)


def _declared(path: tuple[str, ...]) -> FieldInfo:
    declared = names.field_of(path)
    assert declared is not None
    return declared


def _row(name: str, declared: FieldInfo) -> str:
    allowed = names.bounds(declared)
    if names.is_secret(declared):
        allowed = f"secret; {allowed}" if allowed else "secret"
    cells = (
        f"`{name}`",
        declared.description or "",
        allowed,
        "required" if declared.is_required() else _default(declared.default),
        f"`{names.example(declared)}`",
    )
    return row(*cells)


def _default(value: object) -> str:
    if value in (None, "", (), {}, frozenset()):
        return "-"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Allowance):
        return f"`{value}`"
    return f"`{','.join(_texts(value))}`"


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, frozenset):
        yield f"{min(value)}-{max(value)}"
    elif isinstance(value, Mapping):
        yield from (name if name == text else f"{name}={text}" for name, text in value.items())
    elif isinstance(value, tuple):
        for part in value:
            yield from _texts(part)
    elif isinstance(value, time):
        yield f"{value:%H:%M}"
    else:
        yield value.key if isinstance(value, ZoneInfo) else str(value)
