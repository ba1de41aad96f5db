"""What became of a set of files, as SDS says it: an operation, and where it may be asked for.

Errors decide: `succeeded` beside errors is a rejection, as SDS documents, and without any word of
errors it is no answer yet.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Literal
from urllib.parse import urlsplit

from sync.edge.graph.answers import Json, has_id, is_usable_id, safe_code, text_of, utc_moment
from sync.edge.graph.values import FileFault, HandedOver, Operation, Whereabouts
from sync.errors import TargetMalformed

MARGIN = timedelta(minutes=1)  # Graph's clock may be that much behind ours

_FILE = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,39}\.(?:csv|zip)", re.IGNORECASE)
_QUOTED = re.compile(r"operations\('([^']*)'\)")
_NAMES = (
    *("id", "status", "errors", "warnings", "validatedFiles", "createdDateTime"),
    *("lastActionDateTime", "resourceLocation", "code", "target"),
)
_SPELT = {name.lower(): name for name in _NAMES}


def handed_over(location: str | None) -> HandedOver:
    """Read the `Location` of `validate`: its last segment is the id, whatever its host."""
    try:
        last = urlsplit(location or "").path.rstrip("/").rpartition("/")[2]
    except ValueError:
        last = ""
    quoted = _QUOTED.fullmatch(last)
    operation_id = quoted[1] if quoted else last
    if operation_id.lower() in {"operations", "validate"} or not is_usable_id(operation_id):
        return HandedOver("", "")
    return HandedOver(operation_id, location or "")


def operation(item: Json) -> Operation:
    """Read a poll. A status that nobody knows is waiting, and never acceptance.

    See docs/reference/sds.md#succeeded-with-errors, docs/reference/sds.md#operation,
    docs/reference/sds.md#enums.

    Raises:
        TargetMalformed: errors or warnings are something else than a list.
    """
    errors, warnings = _faults(item, "errors"), _faults(item, "warnings")
    status = text_of(item, "status").lower()
    state: Literal["waiting", "accepted", "rejected"] = "waiting"
    if status in {"failed", "skipped"} or (status == "succeeded" and errors):
        state = "rejected"
    elif status == "succeeded" and not lacks_errors(item):
        state = "accepted"
    files = item.get("validatedFiles")  # docs/reference/sds.md#validated-files
    return Operation(
        state,
        errors,
        warnings,
        tuple(sorted(filter(None, map(_file, files)))) if isinstance(files, list) else None,
        utc_moment(item.get("lastActionDateTime")),
        text_of(item, "id") if has_id(item) else "",
    )


def lacks_errors(item: Json) -> bool:
    """Say whether an answer is only half: it has ended, and does not say with which errors.

    The list of operations need not show what only operations of `validate` have.
    """
    return text_of(item, "status").lower() == "succeeded" and "errors" not in item


def matches(item: Json, operation_id: str, *, at_graph: bool) -> bool:
    """Say whether *item* is the operation of that id; elsewhere than at Graph it may have none."""
    if not at_graph and item.get("id") is None:
        return bool(text_of(item, "status"))
    return text_of(item, "id").lower() == operation_id.lower()


def candidates(items: Sequence[Json], wanted: Whereabouts) -> list[Json]:
    """Return what in the list of operations may be what is wanted.

    Without its id: each that was made for our connector since the claim, by Graph's clock.
    """
    usable = [item for item in items if has_id(item)]
    if wanted.operation_id:
        same = [item for item in usable if matches(item, wanted.operation_id, at_graph=True)]
        return same[-1:]  # a record may be on two pages; the later reading counts
    ours = [item for item in usable if _is_of(wanted.connector_id.lower(), item)]
    since = wanted.since - MARGIN
    recent = {text_of(item, "id").lower(): item for item in ours if _made_since(since, item)}
    return list(recent.values())


def as_graph_writes(item: Json) -> Json:
    """Return *item* with the names of its properties in Graph's spelling: case may differ.

    Raises:
        TargetMalformed: two names differ in nothing but case.
    """
    named = dict(_respelt(item))
    for name in ("errors", "warnings"):
        faults = named.get(name)
        if isinstance(faults, list):
            named[name] = [
                _respelt(fault) if isinstance(fault, Mapping) else fault for fault in faults
            ]
    return named


def _respelt(item: Json) -> Json:
    named = {_SPELT.get(name.lower(), name): value for name, value in item.items()}
    if len(named) != len(item):
        raise TargetMalformed("SDS gave an operation that says something twice")
    return named


def _is_of(connector_id: str, item: Json) -> bool:
    """Say whether an operation is of the connector: its `resourceLocation` ends in its id."""
    location = text_of(item, "resourceLocation").lower().rstrip("/")
    return bool(connector_id) and location.endswith((f"/{connector_id}", f"('{connector_id}')"))


def _made_since(since: datetime, item: Json) -> bool:
    made_at = utc_moment(item.get("createdDateTime"))
    return made_at is not None and made_at >= since


def _faults(item: Json, name: str) -> tuple[FileFault, ...]:
    value = item.get(name)
    if value is not None and not isinstance(value, list):
        raise TargetMalformed(f"SDS gave {name} that are not a list")
    faults = []
    for record in value or ():
        fields: Json = record if isinstance(record, Mapping) else {}
        code = safe_code(text_of(fields, "code")) or ""
        faults.append(FileFault(code, _file(fields.get("target"))))
    return tuple(faults)


def _file(value: object) -> str:
    """Return the name of a file without its folders, "" if it is unfit to show."""
    name = re.split(r"[/\\]", value)[-1] if isinstance(value, str) else ""
    return name if _FILE.fullmatch(name) else ""
