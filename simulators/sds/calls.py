"""One call as its handler sees it, and how a service says no."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol
from urllib.parse import urlencode

from werkzeug.wrappers import Request

from simulators.sds.facts import TYPES
from simulators.sds.tenant import Json, Tenant

GRAPH_PATH = "/beta/external/industryData"
BACKEND_PATH = "/api/industryData/v0.4-beta/industryData"


# A complex property that is on the way to a link is named as well.
LINKS = {"userMatchingSettings"} | {
    name
    for properties in TYPES.values()
    for name, written in properties.items()
    if written.startswith("->")
}
_WORD = re.compile(r"(?<!\$)\b\w+")


class Held(Protocol):
    """Anything that a list holds."""

    @property
    def id(self) -> str: ...


class RefusalError(Exception):
    """A refusal in the words of the service that was asked."""

    def __init__(
        self, status: int, code: str, message: str, *, retry_after_s: int | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.retry_after_s = retry_after_s


@dataclass(frozen=True, slots=True)
class Reply:
    status: int = 200
    body: Json | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Call:
    tenant: Tenant
    request: Request
    values: Mapping[str, str]
    request_id: str

    @property
    def here(self) -> str:
        return self.request.host_url.rstrip("/")

    @property
    def graph_url(self) -> str:
        return (self.tenant.base_url or self.here) + GRAPH_PATH

    @property
    def login_url(self) -> str:
        return self.tenant.login_url or self.tenant.base_url or self.here

    @property
    def storage_url(self) -> str:
        return self.tenant.storage_url or self.tenant.base_url or self.here

    def expands(self, link: str) -> bool:
        """Whether the call asks for *link*, at whatever depth: `a($expand=b)` and `a/b` alike."""
        left_out = link in self.tenant.knobs.links_left_out
        return not left_out and link in _WORD.findall(self.request.args.get("$expand", ""))


def demand_known_links(call: Call) -> None:
    """Refuse an `$expand` with a name that is in no type: Graph ignores none."""
    for name in _WORD.findall(call.request.args.get("$expand", "")):
        if name not in LINKS:
            raise RefusalError(400, "BadRequest", f"Could not find a property named '{name}'")


def not_found(what: str) -> RefusalError:
    return RefusalError(404, "ResourceNotFound", f"no such {what}")


def shown[T: Held](call: Call, held: Iterable[T]) -> list[T]:
    """Return what of *held* Graph shows by now; a page that is not a list's first is no new read.

    What was made a moment ago may be known to SDS and not yet be shown: `list_lag_reads`.
    """
    held, unseen = list(held), call.tenant.unseen
    if "$skiptoken" not in call.request.args:
        for made_id in [one.id for one in held if one.id in unseen]:
            unseen[made_id] -= 1
            if unseen[made_id] < 0:
                del unseen[made_id]
    return [one for one in held if one.id not in unseen]


def by_id[T: Held](held: Iterable[T], wanted_id: str, what: str) -> T:
    for one in held:
        if one.id == wanted_id:
            return one
    raise not_found(what)


def prefers(call: Call, preference: str) -> bool:
    return preference in call.request.headers.get("Prefer", "").replace(" ", "").split(",")


def stamp(moment: datetime | None) -> str | None:
    return None if moment is None else moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def exactly(moment: datetime | None) -> str | None:
    """Write *moment* with its microseconds, if it has any, as Graph gives back what it was sent."""
    return None if moment is None else moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def collection(call: Call, entity_set: str, items: list[Json]) -> Json:
    """One page of *items*, with `@odata.nextLink` if the knob `page_size` leaves more."""
    token = call.request.args.get("$skiptoken", "0")
    if not token.isdecimal():
        raise RefusalError(400, "BadRequest", "$skiptoken is not one of ours")
    start = int(token)
    size = call.tenant.knobs.page_size or max(len(items), 1)
    metadata = call.graph_url.removesuffix("/external/industryData") + "/$metadata"
    page: Json = {
        "@odata.context": f"{metadata}#external/industryData/{entity_set}",
        "value": items[start : start + size],
    }
    if start + size < len(items):
        origin = call.tenant.base_url or call.here
        query = {**call.request.args, "$skiptoken": str(start + size)}
        page["@odata.nextLink"] = f"{origin}{call.request.path}?{urlencode(query)}"
    return page
