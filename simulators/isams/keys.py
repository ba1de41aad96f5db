"""API keys as an administrator sets them, and our answers where nobody knows iSAMS's."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_address, ip_network
from typing import Literal

from simulators.isams.documents import METHODS

DEMO_KEY = "5eed0000-0000-4000-8000-000000000001"


def bare(key: str) -> str:
    """Return a key as it is compared: without its braces, in lower case."""
    return key.strip().removeprefix("{").removesuffix("}").lower()


@dataclass(frozen=True, slots=True)
class Throttle:
    """At most *requests* in any *per* of time."""

    requests: int
    per: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchKey:
    """A batch API key.

    *production* answers from a cache that lives *cache_h* hours; Development never caches.
    *secret*: the key is also an OAuth client, with its GUID as the client id.
    *needs_token*: `apiKey` alone is not enough, a bearer token of that client must come too.
    *networks* and *domains* limit who may ask; empty is everyone. A request's domain is that of
    its Origin or Referer: our choice, as nobody says what iSAMS looks at.
    """

    guid: str = DEMO_KEY
    methods: Collection[str] = METHODS
    active: bool = True
    production: bool = True
    cache_h: float = 24
    secret: str = ""
    needs_token: bool = False
    needs_https: bool = False
    networks: Collection[str] = ()
    domains: Collection[str] = ()
    throttle: Throttle | None = None

    def allotted(self, method: str) -> str | None:
        """Return the key's spelling of *method*, or None where the key does not have it."""
        return next((name for name in self.methods if name.lower() == method.lower()), None)

    def admits(self, address: str, domain: str) -> bool:
        if self.networks and not any(
            ip_address(address) in ip_network(network) for network in self.networks
        ):
            return False
        return not self.domains or domain in self.domains


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What this simulator does where the behaviour of the real iSAMS is not known."""

    missing_key_status: int = 400
    filters_required_status: int = 400
    blocked_status: int = 403  # with an HTML page: the address or domain may not ask
    http_status: int = 403  # with an HTML page: the key wants https
    retry_after_s: int | None = None  # sent with a throttled answer, if at all
    filtered_requests_share_the_cache: bool = True
    drops_empty_collections: bool = False
    tells_age: Literal["", "Age", "Last-Modified"] = ""  # of a copy from the cache, by which header
    declared_encoding: str = ""  # of a document with data; "" sends no declaration
