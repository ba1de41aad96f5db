"""What Graph's answers about SDS mean: JSON in, frozen values out; nothing here waits.

SDS is a beta and its answers drift, so what is only counted is read leniently. What decides whether
a delivery may go is not: an answer without it is `TargetMalformed`, never a guess.

Of all texts in the answers only ids, codes and file names get out, each by its shape: the rest is
the vendor's prose and may name anybody.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Literal
from urllib.parse import urlsplit

from pydantic import SecretStr

from sync.edge.graph_values import Connector, Fault, FlowState, Operation, Run, Session, Statistics
from sync.errors import TargetMalformed
from sync.setting_text import is_loopback

type Json = Mapping[str, object]

DATA_LAKE = "azureDataLakeConnector"
FORMAT = "schoolDataSyncV2Rev1"  # what Graph calls CSV v2.1; `schoolDataSyncV2.1` is a known slip

_ID = re.compile(r"[A-Za-z0-9-]{1,64}")
_CODE = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,63}")
_FILE = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,39}\.(?:csv|zip)")
_LAKE_HOST = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)*\.dfs\.core\.windows\.net")


ENTITIES = ("organizations", "people", "groups", "memberships")


def connector(item: Json) -> Connector:
    kind = _text(item, "@odata.type").rpartition(".")[2]
    described = item.get("fileFormat")
    code = _text(described, "code") if isinstance(described, Mapping) else ""
    return Connector(ident(item.get("id")), _text(item, "displayName"), kind, safe_code(code))


def flow_state(items: Sequence[Json], connector_id: str) -> FlowState | None:
    """Read the flows that lead to *connector_id*; None if one does not say where it leads."""
    if not all("dataConnector" in item for item in items):
        return None
    ours = []
    for item in items:
        source = item.get("dataConnector")
        if isinstance(source, Mapping) and source.get("id") == connector_id:
            ours.append((_text(item, "readinessStatus").lower(), item))
    ends = [_moment(item.get("expirationDateTime")) for state, item in ours if state != "expired"]
    known = [end for end in ends if end]
    states = sorted(safe_code(state) or "unknown" for state, _ in ours)
    return FlowState(tuple(states), max(known, default=None))


def session(item: Json, *, on_loopback: bool) -> Session:
    """Read an upload session; its storage must be Azure's, or *on_loopback* this machine's."""
    url = _text(item, "sessionUrl")
    try:
        parts = urlsplit(url)
        plain = not (parts.username or parts.password or parts.fragment)
        azure = parts.scheme == "https" and parts.port in {None, 443}
        azure = azure and bool(_LAKE_HOST.fullmatch(parts.hostname or ""))
    except ValueError:
        raise TargetMalformed("the upload session has no address") from None
    if not plain or not (azure or (on_loopback and is_loopback(url))):
        raise TargetMalformed("the upload session is on a host that is not Azure Data Lake Storage")
    if not parts.query or not parts.path.strip("/"):
        raise TargetMalformed("the upload session has no signature or no directory")
    return Session(SecretStr(url), _moment(item.get("sessionExpirationDateTime")))


def operation_id(location: str | None) -> str:
    """Return the last path segment of a `Location`, whatever its host: that is never spoken to."""
    try:
        last = urlsplit(location or "").path.rstrip("/").rpartition("/")[2]
    except ValueError:
        last = ""
    quoted = re.fullmatch(r"operations\('([^']*)'\)", last)
    last = quoted[1] if quoted else last
    if last.lower() in {"operations", "validate"} or not _ID.fullmatch(last):
        # The files may be SDS's by now; only the way to ask after them is lost.
        raise TargetMalformed("SDS gave no operation to follow", outcome="unknown")
    return last


def operation(item: Json) -> Operation:
    """Read one poll. `succeeded` with errors is a rejection: SDS documents just that.

    A status that nobody knows is waiting, and never acceptance.
    """
    errors, warnings = _faults(item, "errors"), _faults(item, "warnings")
    status = _text(item, "status").lower()
    state: Literal["waiting", "accepted", "rejected"] = "waiting"
    if status == "failed" or (status == "succeeded" and errors):
        state = "rejected"
    elif status == "succeeded":
        state = "accepted"
    files = item.get("validatedFiles")
    names = files if isinstance(files, list) else []
    return Operation(state, errors, warnings, tuple(sorted(filter(None, map(_file, names)))))


def run(item: Json) -> Run:
    blocking = item.get("blockingError")
    blocked_by = None
    if isinstance(blocking, Mapping):
        blocked_by = safe_code(_text(blocking, "code")) or "unknown"
    return Run(
        id=ident(item.get("id")),
        status=(safe_code(_text(item, "status")) or "unknown").lower(),
        started_at=_moment(item.get("startDateTime")),
        ended_at=_moment(item.get("endDateTime")),
        blocked_by=blocked_by,
    )


def statistics(item: Json) -> Statistics:
    """Read a run's counts, each a number or an `active`/`inactive`/`total` record."""
    found = item.get("inboundTotals")
    totals: Json = found if isinstance(found, Mapping) else {}
    flows = _objects(item.get("activityStatistics"))
    return Statistics(
        status=(safe_code(_text(item, "status")) or "unknown").lower(),
        errors=_count(totals.get("errors")),
        warnings=_count(totals.get("warnings")),
        organizations=_count(totals.get("organizations")),
        people=_count(totals.get("people")),
        groups=_count(totals.get("groups")),
        memberships=_count(totals.get("memberships")),
        matched=_by_role(totals.get("matchedPeopleByRole")),
        unmatched=_by_role(totals.get("unmatchedPeopleByRole")),
        inactive={
            name: sum(_count(flow.get(name), "inactive", plain=0) for flow in flows)
            for name in ENTITIES
        },
    )


def ident(value: object) -> str:
    """Return an id that may stand in a path; raise `TargetMalformed` for anything else."""
    if not isinstance(value, str) or not _ID.fullmatch(value):
        raise TargetMalformed("SDS gave a record without a usable id")
    return value


def safe_code(text: str) -> str | None:
    """Return *text* if it has the shape of a code: one short word."""
    return text if _CODE.fullmatch(text) else None


def _text(item: Json, name: str) -> str:
    value = item.get(name)
    return value if isinstance(value, str) else ""


def _moment(value: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return moment and (moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def _objects(value: object) -> list[Json]:
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []


def _faults(item: Json, name: str) -> tuple[Fault, ...]:
    value = item.get(name)
    if value is not None and not isinstance(value, list):
        raise TargetMalformed(f"SDS gave {name} that are not a list")
    found = []
    for one in value or ():
        fields: Json = one if isinstance(one, Mapping) else {}
        found.append(Fault(safe_code(_text(fields, "code")) or "", _file(fields.get("target"))))
    return tuple(found)


def _file(value: object) -> str:
    return value if isinstance(value, str) and _FILE.fullmatch(value) else ""


def _count(value: object, name: str = "total", *, plain: int | None = None) -> int:
    if isinstance(value, Mapping):
        value = value.get(name)
    elif plain is not None:
        return plain
    return value if isinstance(value, int) else 0


def _by_role(value: object) -> int:
    return sum(_count(one.get("count")) for one in _objects(value))
