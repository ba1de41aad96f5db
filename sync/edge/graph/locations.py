"""What our token may reach beside Graph: the address in the `Location` of `validate`, by a rule.

SDS answers there what became of the files, on a host and port that Graph alone names: seen as
`https://<host>:8698/api/industryData/v0.4-beta/industryData/operations/{id}`. The collection and
the connector of Microsoft fetch it as it came, with the Graph token. An address may be asked if it
is

    where Graph is the public Graph
        https, a named host under microsoft.com, office.com, office365.com or cloud.microsoft,
        on the default port or 8698; or a host under trafficmanager.net or cloudapp.azure.com, on
        8698, with a path that ends in /industryData/operations/{id}
    where Graph is another cloud's     https, on the host of Graph
    where Graph is on this machine     on this machine, on any port, http too
    everywhere                         as `SDS__OPERATIONS_URL` begins

Anybody can have a name under the two suffixes in the middle. What protects the token there is that
Graph gave the address over TLS. What could be read in two ways is refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote, urljoin, urlsplit

from sync.errors import TargetRefused
from sync.settings.text import is_loopback, is_named

# Beta: it may change without notice: docs/reference/sds.md#base, docs/reference/sds.md#beta
BASE = "/beta/external/industryData/"
PORT = 8698  # of SDS; section 11 of the reference, not tried live

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
_SHOWN = re.compile(r"[a-z0-9.-]{1,253}|\[[0-9a-f:.]{1,45}\]")
_VISIBLE = re.compile(r"[!-\[\]-~]+")  # ASCII without blanks, controls and the backslash


@dataclass(frozen=True, slots=True)
class Address:
    """An address that can be read in a single way only. `host` is in small letters."""

    url: str
    scheme: str
    host: str
    port: int
    path: str
    query: str

    @property
    def authority(self) -> str:
        """Host and port: what may be shown of an address."""
        return f"{self.host}:{self.port}"

    @property
    def origin(self) -> str:
        return f"{self.scheme}://{self.authority}"


def allowed(
    location: str, operation_id: str, graph_url: str, operations_url: str | None = None
) -> Address:
    """Return where *location* leads, if our token may go there.

    A relative address is resolved against Graph. *graph_url* and *operations_url* are settings.

    Raises:
        TargetRefused: it may not. Shown are host and port at most, never the query.
    """
    address = resolved(location, graph_url)
    if address is None or not _may_be_asked(address, operation_id, graph_url, operations_url):
        has_host = _ABSOLUTE.match(location) or location.startswith("//")
        raise _refusal(authority_of(_whole(location, graph_url)) if has_host else "")
    return address


def resolved(location: str, graph_url: str) -> Address | None:
    """Return the whole address of *location*, None if it could be read in two ways."""
    # `urljoin` drops line ends and tabs without a word, so they are looked for first.
    return address_of(_whole(location, graph_url)) if _VISIBLE.fullmatch(location) else None


def _whole(location: str, graph_url: str) -> str:
    if _ABSOLUTE.match(location):
        return location
    try:
        return urljoin(graph_url + BASE, location)
    except ValueError:  # brackets that do not match
        return ""


def address_of(url: str) -> Address | None:
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
    """Say whether *address* is Graph's `operations/{id}`, which is asked anyway."""
    graph = address_of(graph_url + BASE)
    at_graph = graph is not None and address.origin == graph.origin and not address.query
    return at_graph and _ends_in(address.path, f"{BASE}operations", operation_id, whole=True)


def authority_of(url: str) -> str:
    """Return host and port of *url*, "" if it has none that can be shown."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or _DEFAULT.get(parts.scheme)
    except ValueError:
        return ""
    shown = f"[{host}]" if ":" in host else host
    return f"{shown}:{port}" if port and _SHOWN.fullmatch(shown) else ""


def _may_be_asked(
    address: Address, operation_id: str, graph_url: str, operations_url: str | None
) -> bool:
    graph = address_of(graph_url + BASE)
    if _is_as_set(address, operations_url):
        return True
    if graph is None:
        return False
    if is_loopback(graph_url):
        return is_loopback(address.url)
    if address.scheme != "https" or not is_named(address.host):
        return False
    if graph.host != _PUBLIC:
        return address.host == graph.host and address.port in {graph.port, 443, PORT}
    return _is_microsofts(address, operation_id)


def _is_as_set(address: Address, operations_url: str | None) -> bool:
    """Say whether *address* begins as the setting says."""
    start = address_of(f"{operations_url or ''}/")
    if start is None:
        return False
    return address.origin == start.origin and address.path.startswith(start.path)


def _is_microsofts(address: Address, operation_id: str) -> bool:
    """Say whether *address*, over https, is under a suffix at which SDS may answer."""
    if address.host.endswith(_MICROSOFT):
        return address.port in {443, PORT}
    of_operation = _ends_in(address.path, "/industryData/operations", operation_id)
    return address.host.endswith(_ANYBODY) and address.port == PORT and of_operation


def _ends_in(path: str, stem: str, operation_id: str, *, whole: bool = False) -> bool:
    """Say whether *path* ends in, or *whole* is, *stem* and the id, in either spelling."""
    either = re.escape(operation_id)
    # docs/reference/sds.md#paths-know-no-case
    ending = re.compile(rf"(?i:{'' if whole else '.*'}{stem}(?:/{either}|\('{either}'\)))")
    return bool(operation_id) and bool(ending.fullmatch(path))


def _leads_astray(path: str) -> bool:
    """Say whether some reader could take *path* for another: by dots, or by encoded marks."""
    decoded = unquote(path)
    segments = re.split(r"[/\\]", decoded)
    dots = any(segment.partition(";")[0] in {".", ".."} for segment in segments)
    visible = decoded.isascii() and decoded.isprintable()
    return dots or "%" in decoded or "\\" in decoded or not visible


def _refusal(authority: str) -> TargetRefused:
    if not authority:
        return TargetRefused(
            "SDS gave an address for its answer that this app cannot read, so it was not asked:"
            " look at the delivery in School Data Sync, under Sync health"
        )
    host, _, port = authority.rpartition(":")
    return TargetRefused(
        f"SDS answers on {authority}, where this app does not send its token: not asked. If"
        " Microsoft or whoever runs your network says it is right, set SDS__OPERATIONS_URL to how"
        " such addresses begin",
        host=host,
        port=int(port),
    )
