"""What our token may reach beside Graph: the address in the `Location` of `validate`, by one rule.

SDS answers there what became of the files, on a host and port that Graph alone names: seen as
`https://<host>:8698/api/industryData/v0.4-beta/industryData/operations/{id}`. Microsoft's own
collection and connector fetch it as it came, with the Graph token. An address may be asked if it is

    where Graph is Microsoft's public one
        https, a named host under microsoft.com, office.com, office365.com or cloud.microsoft,
        on the default port or 8698; or one under trafficmanager.net or cloudapp.azure.com, on
        8698, with a path that ends in /industryData/operations/{id}
    where Graph is another cloud's     https, on Graph's own host
    where Graph is on this machine     on this machine, on any port, http too
    everywhere                         as `SDS__OPERATIONS_URL` begins

Anybody can have a name under the two suffixes in the middle. What protects the token there is that
Graph gave the address over TLS. What cannot be read in one way only is refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote, urljoin, urlsplit

from sync.errors import TargetRefused
from sync.settings.text import is_loopback, is_named

BASE = "/beta/external/industryData/"
PORT = 8698  # SDS's own; section 11 of the reference, not tried live

_PUBLIC = "graph.microsoft.com"
_MICROSOFT = (".microsoft.com", ".office.com", ".office365.com", ".cloud.microsoft")
_ANYBODY = (".trafficmanager.net", ".cloudapp.azure.com")
_DEFAULT = {"https": 443, "http": 80}
_LONGEST = 16_384

# Host and path as RFC 3986 allows them, so without user name, blank and backslash; no fragment, and
# nothing but ASCII. httpx sends such a host and path as they stand.
_ADDRESS = re.compile(
    r"(?P<scheme>[Hh][Tt][Tt][Pp][Ss]?)://(?P<host>[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])"
    r"(?::(?P<port>[0-9]{1,5}))?"
    r"(?P<path>/(?:[A-Za-z0-9._~!$&'()*+,;=:@/-]|%[0-9A-Fa-f]{2})*)"
    r"(?P<query>\?[!\"$-~]*)?"
)
_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_TOLD = re.compile(r"[a-z0-9.-]{1,253}|\[[0-9a-f:.]{1,45}\]")
_VISIBLE = re.compile(r"[!-\[\]-~]+")  # ASCII without blanks, controls and the backslash


@dataclass(frozen=True, slots=True)
class Address:
    """An address that can be read in one way only. `host` is in small letters."""

    url: str
    scheme: str
    host: str
    port: int
    path: str
    query: str

    @property
    def place(self) -> str:
        """Host and port: what may be told of an address."""
        return f"{self.host}:{self.port}"

    @property
    def origin(self) -> str:
        return f"{self.scheme}://{self.place}"


def allowed(
    location: str, operation_id: str, graph_url: str, operations_url: str | None = None
) -> Address:
    """Return where *location* leads, if our token may go there.

    A relative one is resolved against Graph. *graph_url* and *operations_url* are settings.

    Raises:
        TargetRefused: it may not. Told are host and port at most, never the query.
    """
    address = resolved(location, graph_url)
    if address is None or not _may_be_asked(address, operation_id, graph_url, operations_url):
        has_host = _ABSOLUTE.match(location) or location.startswith("//")
        raise _refusal(place_of(_whole(location, graph_url)) if has_host else "")
    return address


def resolved(location: str, graph_url: str) -> Address | None:
    """Return the whole address of *location*, None if it cannot be read in one way only."""
    # `urljoin` drops line ends and tabs without a word, so they are looked for first.
    return read(_whole(location, graph_url)) if _VISIBLE.fullmatch(location) else None


def _whole(location: str, graph_url: str) -> str:
    if _ABSOLUTE.match(location):
        return location
    try:
        return urljoin(graph_url + BASE, location)
    except ValueError:  # brackets that do not match
        return ""


def read(url: str) -> Address | None:
    """Return the parts of an absolute http address, None if it could be read in two ways."""
    match = _ADDRESS.fullmatch(url) if len(url) <= _LONGEST else None
    if match is None or _leads_astray(match["path"]):
        return None
    scheme = match["scheme"].lower()
    port = int(match["port"] or _DEFAULT[scheme])
    if not 0 < port < 65536:
        return None
    host, query = match["host"].lower(), match["query"] or ""
    return Address(url, scheme, host, port, match["path"], query)


def is_graphs_first_place(address: Address, operation_id: str, graph_url: str) -> bool:
    """Say whether *address* is Graph's own `operations/{id}`, which is asked anyway."""
    graph = read(graph_url + BASE)
    at_graph = graph is not None and address.origin == graph.origin and not address.query
    return at_graph and _ends_in(address.path, f"{BASE}operations", operation_id, whole=True)


def place_of(url: str) -> str:
    """Return host and port of *url*, "" if it has none that can be told."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or _DEFAULT.get(parts.scheme)
    except ValueError:
        return ""
    told = f"[{host}]" if ":" in host else host
    return f"{told}:{port}" if port and _TOLD.fullmatch(told) else ""


def _may_be_asked(
    address: Address, operation_id: str, graph_url: str, operations_url: str | None
) -> bool:
    graph, more = read(graph_url + BASE), read(f"{operations_url or ''}/")
    if more is not None and address.origin == more.origin and address.path.startswith(more.path):
        return True
    if graph is None or is_loopback(graph_url):
        return graph is not None and is_loopback(address.url)
    if address.scheme != "https" or not is_named(address.host):
        return False
    if graph.host != _PUBLIC:
        return address.host == graph.host and address.port in {graph.port, 443, PORT}
    if address.host.endswith(_MICROSOFT):
        return address.port in {443, PORT}
    ours = _ends_in(address.path, "/industryData/operations", operation_id)
    return address.host.endswith(_ANYBODY) and address.port == PORT and ours


def _ends_in(path: str, stem: str, operation_id: str, *, whole: bool = False) -> bool:
    """Say whether *path* ends in, or *whole* is, *stem* and the id, in either spelling."""
    either = re.escape(operation_id)
    ending = re.compile(rf"{'' if whole else '.*'}{stem}(?:/(?i:{either})|\('(?i:{either})'\))")
    return bool(operation_id) and bool(ending.fullmatch(path))


def _leads_astray(path: str) -> bool:
    """Say whether some reader could take *path* for another one: by dots, or by encoded marks."""
    plain = unquote(path)
    segments = re.split(r"[/\\]", plain)
    dots = any(segment.partition(";")[0] in {".", ".."} for segment in segments)
    return dots or "%" in plain or "\\" in plain or not (plain.isascii() and plain.isprintable())


def _refusal(place: str) -> TargetRefused:
    if not place:
        return TargetRefused(
            "SDS gave an address for its answer that this app cannot read, so it was not asked:"
            " look at the delivery in School Data Sync, under Sync health"
        )
    host, _, port = place.rpartition(":")
    return TargetRefused(
        f"SDS answers on {place}, where this app does not send its token: not asked. If Microsoft"
        " or whoever runs your network says it is right, set SDS__OPERATIONS_URL to how such"
        " addresses begin",
        host=host,
        port=int(port),
    )
