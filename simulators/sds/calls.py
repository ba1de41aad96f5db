"""One call as its handler sees it, and how a service says no."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlencode

from werkzeug.wrappers import Request

from simulators.sds.tenant import Json, Tenant

GRAPH_PATH = "/beta/external/industryData"
BACKEND_PATH = "/api/industryData/v0.4-beta/industryData"


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

    def expands(self, name: str) -> bool:
        return name in self.request.args.get("$expand", "").replace("(", ",").split(",")


def not_found(what: str) -> RefusalError:
    return RefusalError(404, "ResourceNotFound", f"no such {what}")


def prefers(call: Call, preference: str) -> bool:
    return preference in call.request.headers.get("Prefer", "").replace(" ", "").split(",")


def stamp(moment: datetime | None) -> str | None:
    return None if moment is None else moment.strftime("%Y-%m-%dT%H:%M:%SZ")


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
