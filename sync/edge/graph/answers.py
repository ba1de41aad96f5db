"""What Graph's answers about SDS mean: JSON in, frozen values out; nothing here waits.

What an operation says is read in `operations`.

SDS is a beta and its answers drift, so what is only counted is read leniently. What decides whether
a delivery may go is not: an answer without it is `TargetMalformed`, never a guess.

Of all texts in the answers only ids, codes and file names get out, each by its shape: the rest is
the vendor's prose and may name anybody.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TypeGuard

from pydantic import SecretStr

from sync.edge.graph.locations import Address, address_of
from sync.edge.graph.values import (
    Connector,
    Counts,
    Flow,
    FlowState,
    Run,
    Statistics,
    UploadSession,
)
from sync.errors import TargetMalformed
from sync.settings.text import is_loopback

type Json = Mapping[str, object]

DATA_LAKE = "azureDataLakeConnector"  # docs/reference/sds.md#connectors
# docs/reference/sds.md#file-format
FORMAT = "schoolDataSyncV2Rev1"  # what Graph calls CSV v2.1; `schoolDataSyncV2.1` is a known slip

_ID = re.compile(r"[A-Za-z0-9-]{1,64}")
_CODE = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,63}")
# The address is a key to that folder, so no other host may have it:
# docs/reference/sds.md#session-url
_LAKE_HOST = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)*\.dfs\.core\.windows\.net")

# Graph gives plain numbers here and objects there: docs/reference/sds.md#statistics
ENTITIES = ("organizations", "people", "groups", "memberships")


def connector(item: Json) -> Connector:
    kind = text_of(item, "@odata.type").rpartition(".")[2]
    described = item.get("fileFormat")
    code = text_of(described, "code") if isinstance(described, Mapping) else ""
    return Connector(
        demand_id(item.get("id")),
        text_of(item, "displayName"),
        kind,
        safe_code(code),
        linked_id(item, "sourceSystem"),
    )


def flows(items: Sequence[Json]) -> tuple[Flow, ...] | None:
    """Read the flows of the tenant; None if not one of them says what it is and where it leads."""
    read = tuple(map(flow, items))
    if items and all(flow.connector_id is None for flow in read):
        return None
    return read


def leading_to(flows: Sequence[Flow], connector_id: str) -> tuple[Flow, ...] | None:
    """Return the flows that lead to *connector_id*.

    None if no flow says that it does, and there is one that does not say where it leads: it may.
    """
    ours = tuple(flow for flow in flows if flow.connector_id == connector_id.lower())
    if not ours and any(flow.connector_id is None for flow in flows):
        return None
    return ours


def flow_state(ours: Sequence[Flow]) -> FlowState:
    """Sum up the flows that lead to a connector."""
    ends = [flow.ends_at for flow in ours if flow.ends_at and flow.state != "expired"]
    states = sorted(flow.state or "unknown" for flow in ours)
    return FlowState(tuple(states), max(ends, default=None))


def upload_session(item: Json, *, on_loopback: bool) -> UploadSession:
    """Read an upload session; its storage must be Azure's, or *on_loopback* this machine's."""
    url = text_of(item, "sessionUrl")
    address = address_of(url)
    if address is None:
        raise TargetMalformed("the upload session has no address that can be read in one way only")
    if not (_is_data_lake(address) or (on_loopback and is_loopback(url))):
        raise TargetMalformed("the upload session is on a host that is not Azure Data Lake Storage")
    if not address.query.strip("?") or not address.path.strip("/"):
        raise TargetMalformed("the upload session has no signature or no directory")
    # docs/reference/sds.md#session-life
    return UploadSession(SecretStr(url), utc_moment(item.get("sessionExpirationDateTime")))


def _is_data_lake(address: Address) -> bool:
    named = _LAKE_HOST.fullmatch(address.host)
    return address.scheme == "https" and address.port == 443 and named is not None


def run(item: Json) -> Run:
    blocking = item.get("blockingError")
    blocked_by = None
    if isinstance(blocking, Mapping):
        blocked_by = safe_code(text_of(blocking, "code")) or "unknown"
    return Run(
        id=demand_id(item.get("id")),
        status=(safe_code(text_of(item, "status")) or "unknown").lower(),
        started_at=utc_moment(item.get("startDateTime")),
        ended_at=utc_moment(item.get("endDateTime")),
        blocked_by=blocked_by,
    )


def statistics(item: Json) -> Statistics:
    """Read a run's counts: totals are numbers, those of a flow are `active`/`inactive` records."""
    # These are of all flows of the tenant: docs/reference/sds.md#totals-of-the-tenant
    totals, given = item.get("inboundTotals"), item.get("activityStatistics")
    activities = None
    if isinstance(given, list):
        ours = [record for record in objects(given) if has_id(record, "activityId")]
        activities = {text_of(each, "activityId").lower(): _counts(each) for each in ours}
    whole = dict(totals) if isinstance(totals, Mapping) else {}
    return Statistics(_counts(whole | {"status": item.get("status")}), activities)


def _counts(item: Json) -> Counts:
    retired = {name: _number(item.get(name), "inactive", in_record=True) for name in ENTITIES}
    return Counts(
        status=(safe_code(text_of(item, "status")) or "unknown").lower(),
        errors=_number(item.get("errors")),
        warnings=_number(item.get("warnings")),
        organizations=_number(item.get("organizations")),
        people=_number(item.get("people")),
        groups=_number(item.get("groups")),
        memberships=_number(item.get("memberships")),
        # docs/reference/sds.md#matched
        matched=_by_role(matched := item.get("matchedPeopleByRole")),
        unmatched=_by_role(unmatched := item.get("unmatchedPeopleByRole")),
        matched_students=_by_role(matched, _is_students),
        unmatched_students=_by_role(unmatched, _is_students),
        matched_staff=_by_role(matched, _is_staffs),
        unmatched_staff=_by_role(unmatched, _is_staffs),
        inactive={name: count for name, count in retired.items() if count is not None},
    )


def has_id(item: Json, name: str = "id") -> bool:
    """Say whether *item* has a usable id under *name*."""
    return is_usable_id(item.get(name))


def is_usable_id(value: object) -> TypeGuard[str]:
    """Say whether *value* is a text that may stand in a path and be compared."""
    return isinstance(value, str) and bool(_ID.fullmatch(value))


def demand_id(value: object) -> str:
    """Return an id that may stand in a path; raise `TargetMalformed` for anything else."""
    if not is_usable_id(value):
        raise TargetMalformed("SDS gave a record without a usable id")
    return value


def safe_code(code: str) -> str | None:
    """Return *code* if it has the shape of a code: a short word."""
    return code if _CODE.fullmatch(code) else None


def linked_id(item: Json, name: str) -> str | None:
    """Return the id, in small letters, of the record that *item* leads to; None if not told."""
    linked = item.get(name)
    return text_of(linked, "id").lower() if isinstance(linked, Mapping) and has_id(linked) else None


def text_of(item: Json, name: str) -> str:
    """Return a text, "" for anything else."""
    value = item.get(name)
    return value if isinstance(value, str) else ""


def utc_moment(value: object) -> datetime | None:
    """Return a moment in UTC, None for anything else. .NET writes seven digits of a second."""
    try:
        at = datetime.fromisoformat(value) if isinstance(value, str) else None
        return at and (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):  # a day that is none, or none in UTC
        return None


def objects(value: object) -> list[Json]:
    """Return the records in a list."""
    if not isinstance(value, list):
        return []
    return [record for record in value if isinstance(record, Mapping)]


def _number(value: object, name: str = "active", *, in_record: bool = False) -> int | None:
    """Return a count, or that of *name* in a record; None for anything else, null among it.

    With *in_record* a bare number will not do.
    """
    if isinstance(value, Mapping):
        value = value.get(name)
    elif in_record:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        return None
    return value


def _by_role(value: object, is_meant: Callable[[str], bool] = lambda _: True) -> int | None:
    """Return the sum over the roles that are meant, None if any of those is not known."""
    if not isinstance(value, list):
        return None
    named = [role for role in value if not isinstance(role, Mapping) or is_meant(_role(role))]
    counts = [_number(role, "count", in_record=True) for role in named]
    known = [count for count in counts if count is not None]
    return sum(known) if len(known) == len(counts) else None


def _role(item: Json) -> str:
    return text_of(item, "role").lower()


def _is_students(role: str) -> bool:
    return role == "student"


def _is_staffs(role: str) -> bool:
    return role != "student"


def _connector_of(item: Json) -> str | None:
    """Return the id of a flow's connector, "" for none; None if that, or the flow, is strange."""
    source = item.get("dataConnector", "")
    if source is None and has_id(item):
        return ""
    if isinstance(source, Mapping) and has_id(source) and has_id(item):
        return text_of(source, "id").lower()
    return None


def flow(item: Json) -> Flow:
    """Read an inbound flow, as much as it says."""
    return Flow(
        id=text_of(item, "id").lower() if has_id(item) else "",
        connector_id=_connector_of(item),
        # docs/reference/sds.md#flow-state, docs/reference/sds.md#enums
        state=(safe_code(text_of(item, "readinessStatus")) or "").lower(),
        ends_at=utc_moment(item.get("expirationDateTime")),
        name=text_of(item, "displayName"),
        year_id=linked_id(item, "year"),
    )
