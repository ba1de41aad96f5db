"""How we use Azure's storage SDK: how long we wait, and whose fault a failure is."""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from threading import Event, local
from typing import TYPE_CHECKING, Any

from azure.core.exceptions import (
    AzureError,
    ClientAuthenticationError,
    HttpResponseError,
    ServiceResponseError,
)

from sync.edge.http import retry_after_s
from sync.edge.unreachable import Peer
from sync.errors import (
    StoreError,
    StoreMissing,
    StoreRefused,
    StoreUnavailable,
    StoreUnreachable,
)

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential
    from azure.core.pipeline import PipelineResponse
    from azure.core.pipeline.transport import HttpRequest, HttpResponse

    type Answer = PipelineResponse[HttpRequest, HttpResponse]

# Short faults are the SDK's to retry: three tries, 2 to 6 s apart, each at most 5 s to connect
# and 15 s for every read. The SDK's defaults would let a single call take over six minutes, and an
# invocation has 200 s. Its policy retries neither 429 nor what `Retry-After` asks for: the next
# nudge does. A redirect would carry the request to a host that nobody configured.
# docs/reference/functions.md#sdk-patience
_PATIENCE: Mapping[str, float | bool] = {
    "retry_total": 2,
    "initial_backoff": 1,
    "increment_base": 2,
    "random_jitter_range": 1,
    "connection_timeout": 5,
    "read_timeout": 15,
    "permit_redirects": False,
}

# docs/reference/functions.md#storage-codes
_GOING = frozenset({"ContainerBeingDeleted", "QueueBeingDeleted", "AccountBeingCreated"})
_MISSING = frozenset({"BlobNotFound", "QueueNotFound"})
_CODE = re.compile(r"[A-Za-z]{1,64}")

# What the SDK raises, besides its errors, at a body that it cannot make sense of.
_UNREADABLE = (ValueError, AttributeError, TypeError, KeyError)


def sdk_options(
    transport: object = None,
) -> dict[str, Any]:  # Any: the SDK's constructors take these as untyped keywords
    """Return the keywords with which every storage client is built."""
    options = dict(_PATIENCE) | {"raw_response_hook": _heard}
    return options | ({"transport": transport} if transport else {})


def _heard(answer: Answer) -> None:
    """Refuse a page that a proxy put in storage's place: the SDK reads some as empty.

    Otherwise note when storage answered, for who wants to know: `moments`.
    """
    response = answer.http_response
    if response.status_code >= 300:
        return
    # Storage always has it: this is the page of a proxy:
    # docs/reference/functions.md#storage-request-id
    if "x-ms-request-id" not in response.headers:
        raise ServiceResponseError("not an answer of Azure Storage")
    if _listening.dates is not None:
        _listening.dates.append(response.headers.get("Date", ""))


class _Listening(local):
    """What this thread has heard of storage's clock while it listens."""

    dates: list[str] | None = None


_listening = _Listening()


@contextmanager
def moments() -> Generator[Callable[[], datetime]]:
    """Listen to storage's clock; what is given returns when it first answered in this thread.

    The SDK can tell that of a call by itself, but forgets whom to tell when it tries again.

    Raises, when it is called:
        StoreUnavailable: storage did not answer, or did not say when.
    """
    dates: list[str] = []

    def first() -> datetime:
        try:
            return parsedate_to_datetime(dates[0]).astimezone(UTC)
        except (IndexError, ValueError):
            raise StoreUnavailable("storage did not tell its time") from None

    _listening.dates = dates
    try:
        yield first
    finally:
        _listening.dates = None


def default_credential() -> TokenCredential:
    """Return the identity of this app; see `sync.edge.graph.identity.credential`."""
    from sync.edge.graph.identity import credential

    return credential()


def code_of(error: AzureError) -> str:
    """Return storage's word for what went wrong, or an empty text."""
    code = str(getattr(getattr(error, "error_code", ""), "value", getattr(error, "error_code", "")))
    return code if _CODE.fullmatch(code) else ""


@dataclass(frozen=True, slots=True)
class Service:
    """A storage service at *url*: the role that it wants of us, and the settings that name it."""

    url: str
    role: str
    settings: str
    _answered: Event = field(default_factory=Event)

    def ask[T](self, call: Callable[[], T], **facts: str) -> T:
        """Return what *call*, which does nothing but use the SDK, returns; errors tell *facts*.

        Its exceptions become ours. Theirs hold the request, its address and its signature, so ours
        are raised outside the handler and carry no link to them.
        """
        try:
            answer = call()
        except AzureError as error:
            ours: StoreError = self._meaning(error)
        except _UNREADABLE as error:
            ours = StoreUnavailable("storage's answer makes no sense", fault=type(error).__name__)
        else:
            self._answered.set()
            return answer
        ours.facts.update(facts)
        raise ours

    def _meaning(self, error: AzureError) -> StoreError:
        response = error.response if isinstance(error, HttpResponseError) else None
        if response is None:
            return self._unanswered(error)
        status, code = response.status_code or 0, code_of(error)
        if status in {408, 429} or status >= 500 or code in _GOING:
            headers: Mapping[str, str] = getattr(response, "headers", {})
            wish_s = retry_after_s(headers, datetime.now(UTC))
            return StoreUnavailable(
                "storage is busy", retry_after_s=wish_s, status=status, code=code
            )
        if status < 300:
            return StoreUnavailable("storage's answer was cut short", status=status)
        if code in _MISSING:
            return StoreMissing("storage has nothing of that name", code=code)
        return StoreRefused(self._advice(status), status=status, code=code)

    def _unanswered(self, error: AzureError) -> StoreError:
        fault = type(error).__name__
        if isinstance(error, ClientAuthenticationError):
            return StoreRefused(
                f"no sign-in for storage: check the app's managed identity, or {self.settings}",
                fault=fault,
            )
        peer = Peer[StoreError](
            "storage", self.settings, StoreUnavailable, StoreUnreachable, StoreUnreachable
        )
        ours = peer.fault(error, self.url, answered=self._answered.is_set())
        ours.facts["fault"] = fault
        return ours

    def _advice(self, status: int) -> str:
        if status in {401, 403}:
            return (
                f"storage refuses us: give the app's identity the role {self.role} there, let it"
                f" through the account's firewall, and check {self.settings}"
            )
        if status == 404:
            return f"there is no such place in storage: check {self.settings}"
        return f"storage does not take the request: check {self.settings}"
