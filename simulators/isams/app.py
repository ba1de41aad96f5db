"""The simulator itself: a WSGI application, and what tests may ask of it and do to it."""

from __future__ import annotations

import json
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from threading import Lock
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import urlsplit
from uuid import UUID

from werkzeug.http import http_date
from werkzeug.wrappers import Request, Response

from simulators.isams import filters, messages, oauth, rest_faults
from simulators.isams.documents import batch_xml
from simulators.isams.faults import DroppedError, Faults, page
from simulators.isams.filters import NotXmlError
from simulators.isams.keys import BatchKey, Choices, bare
from simulators.isams.messages import Message
from simulators.isams.rest import RestDesk
from simulators.isams.rest_clients import RestClient
from simulators.isams.turnstile import Turnstile
from simulators.school import InventedSchool

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

BATCH = "/api/batch/1.0/xml.ashx"
DISCOVERY = "/auth/.well-known/openid-configuration"
TOKEN = "/auth/connect/token"
_ROUTES = {BATCH: "batch", DISCOVERY: "discovery", TOKEN: "token"}


@dataclass(frozen=True, slots=True)
class Seen:
    """A request: no query, no secret. *methods* is what it asked for, None if all of the key's.

    *status* is 0 where the answer was a dropped connection.
    """

    method: str
    path: str
    methods: tuple[str, ...] | None
    had_token: bool
    status: int


class IsamsSimulator:
    """iSAMS over an invented school.

    Assign `school` to change what the database holds: a Production key goes on answering from its
    cache until that expires, by *clock*, or is flushed. Assign `faults` to spoil every answer (the
    token desk's too), or call `script` to spoil the next of a route, or `spoil` to spoil those
    of a path. `requests` is every request so far, oldest first.

    *keys* are batch keys and REST clients. `rest.choices` switch what REST does where nobody
    knows. `puts` counts every PUT to any iSAMS of this process: tests/conftest.py looks at it.
    """

    puts: ClassVar[int] = 0

    def __init__(
        self,
        school: InventedSchool,
        *,
        keys: Iterable[BatchKey | RestClient] = (BatchKey(), RestClient()),
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        sleep: Callable[[float], None] = time.sleep,
        faults: Faults | None = None,
        choices: Choices | None = None,
    ) -> None:
        self.school = school
        keys = tuple(keys)
        clients = [client for client in keys if isinstance(client, RestClient)]
        self.keys = {bare(key.guid): key for key in keys if isinstance(key, BatchKey)}
        self.faults = faults or Faults()
        self.choices = choices or Choices()
        self.requests: list[Seen] = []
        self.tokens = oauth.TokenDesk({k.guid: k.secret for k in self.keys.values()}, clock)
        for client in clients:
            self.tokens.admit(client.id, client.secret, client.token_lifetime_s)
        self.rest = RestDesk(clients, clock)
        self._clock = clock
        self._sleep = sleep
        self._lock = Lock()
        self._scripts: defaultdict[str, deque[Faults | None]] = defaultdict(deque)
        self._spoilt: dict[str, Faults] = {}
        self._cache: dict[tuple[str, frozenset[str] | None], tuple[datetime, InventedSchool]] = {}
        self._turnstile = Turnstile(clock)

    def script(self, answers: Iterable[Faults | None], *, route: str = "batch") -> None:
        """Spoil the next answers of *route* (batch, token, discovery or rest), in turn.

        A route may also be a path, such as `/api/students`. None is an answer as it should be.
        After the last `faults` holds again.
        """
        self._scripts[route.lower()].extend(answers)

    def spoil(self, pattern: str, faults: Faults) -> None:
        """Spoil every answer from now on whose path, in any case, fits *pattern* (`*` is anything).

        Of several patterns that fit, the first that was given counts.
        """
        self._spoilt[pattern.lower()] = faults

    def flush(self, guid: str | None = None) -> None:
        """Empty the cache of a key, or of all: what *Save & Close* on a key does."""
        self._cache = {
            at: entry for at, entry in self._cache.items() if guid and at[0] != bare(guid)
        }

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        request = Request(environ)
        route = _route(request.path.lower())
        faults = rest_faults.applying(self._faults_of(request.path.lower(), route), request)
        asked = _asked(request) if route == "batch" else None
        if delay_s := faults.delay_s + (self.rest.delay_s if route == "rest" else 0):
            self._sleep(delay_s)
        IsamsSimulator.puts += request.method == "PUT"
        had_token = request.authorization is not None
        try:
            answer = faults.spoil(faults.instead() or self._answer(request, route, faults))
        except DroppedError:
            self._note(Seen(request.method, request.path, asked, had_token, 0))
            raise
        status = 0 if faults.drop_at is not None else answer.status_code
        self._note(Seen(request.method, request.path, asked, had_token, status))
        if faults.drop_at == 0:
            raise DroppedError("the connection was closed without an answer")
        return answer(environ, start_response)

    def _note(self, seen: Seen) -> None:
        with self._lock:
            self.requests.append(seen)

    def _faults_of(self, path: str, route: str | None) -> Faults:
        with self._lock:
            for name in (path, route or ""):
                if script := self._scripts.get(name):
                    return script.popleft() or Faults()
            fitting = (f for pattern, f in self._spoilt.items() if fnmatchcase(path, pattern))
            return next(fitting, self.faults)

    def _answer(self, request: Request, route: str | None, faults: Faults) -> Response:
        if route == "discovery":
            return _json(oauth.discovery(request), 200)
        if route == "token":
            return _json(*self.tokens.issue(request))
        if route == "rest":
            school, spoilt = faults.stale or self.school, rest_faults.of_rest(faults)
            return self.rest.answer(request, school, self.tokens, spoilt)
        if route is None:
            return page(404)
        if request.method not in {"GET", "POST"}:
            return page(405)
        answer = self._batch(request, faults)
        if isinstance(answer, Message):
            headers = self._headers(answer)
            return Response(answer.body, answer.status, headers, content_type=messages.XML)
        return answer

    def _headers(self, message: Message) -> dict[str, str]:
        after_s = self.choices.retry_after_s
        return {"Retry-After": str(after_s)} if message.status == 429 and after_s else {}

    def _batch(self, request: Request, faults: Faults) -> Message | Response:
        key = self._key(request)
        if not isinstance(key, BatchKey):
            return key
        if refusal := self._refusal(request, key):
            return refusal
        try:
            wanted = _filters(request)
        except NotXmlError:
            return messages.NOT_XML
        asked = wanted.methods if wanted.methods is not None else tuple(key.methods)
        allotted = {method: key.allotted(method) for method in asked}
        if missing := [method for method, spelling in allotted.items() if spelling is None]:
            return messages.not_allotted(missing)
        if unfiltered := next(filter(wanted.lacks, asked), None):
            return messages.filters_required(unfiltered, self.choices.filters_required_status)
        methods = frozenset(filter(None, allotted.values()))
        return self._document(key, methods, faults, narrowed=wanted.methods is not None)

    def _key(self, request: Request) -> BatchKey | Message:
        given = next((v for name, v in request.args.items() if name.lower() == "apikey"), "")
        try:
            UUID(bare(given))
        except ValueError:
            return messages.missing_key(self.choices.missing_key_status)
        key = self.keys.get(bare(given))
        return key if key and key.active else messages.INVALID_KEY

    def _refusal(self, request: Request, key: BatchKey) -> Message | Response | None:
        origin = urlsplit(request.headers.get("Origin") or request.headers.get("Referer", ""))
        if key.needs_https and request.scheme != "https":
            return page(self.choices.http_status)
        if not key.admits(request.remote_addr or "", origin.hostname or ""):
            return page(self.choices.blocked_status)
        if key.needs_token and not self.tokens.allows(request, key.guid, "apiv1"):
            return page(401, {"WWW-Authenticate": "Bearer"})
        if self._turnstile.refuses(key.guid, key.throttle):
            return messages.throttled()
        return None

    def _document(
        self, key: BatchKey, methods: frozenset[str], faults: Faults, *, narrowed: bool
    ) -> Response:
        apart = narrowed and not self.choices.filtered_requests_share_the_cache
        made, snapshot = self._snapshot(key, methods if apart else None)
        school = faults.stale or snapshot
        shape = replace(
            faults.shape,
            drops_empty=faults.shape.drops_empty or self.choices.drops_empty_collections,
            declared=faults.shape.declared or self.choices.declared_encoding,
        )
        document = batch_xml(school, methods, legacy=faults.legacy, shape=shape)
        return Response(document, headers=self._age(made), content_type=messages.XML)

    def _age(self, made: datetime) -> dict[str, str]:
        """Return what tells the age of data that are of *made*, if anything."""
        now = self._clock()
        match self.choices.tells_age:
            case "Age":
                return {"Age": str(int((now - made).total_seconds()))}
            case "Last-Modified":
                return {"Last-Modified": http_date(made), "Date": http_date(now)}
            case _:
                return {}

    def _snapshot(
        self, key: BatchKey, methods: frozenset[str] | None
    ) -> tuple[datetime, InventedSchool]:
        """Return what a key answers from, and of when that is."""
        if not key.production:
            return self._clock(), self.school
        now, at = self._clock(), (bare(key.guid), methods)
        with self._lock:
            cached = self._cache.get(at)
            if cached is None or now - cached[0] >= timedelta(hours=key.cache_h):
                cached = self._cache[at] = (now, self.school)
        return cached


def _route(path: str) -> str | None:
    if route := _ROUTES.get(path):
        return route
    if path.startswith("/api/batch/"):
        return None
    return "rest" if path.startswith(("/api/", "/main/api/")) else None


def _filters(request: Request) -> filters.Filters:
    """Read what a POST filters; raises `NotXmlError`."""
    return filters.parse(request.get_data() if request.method == "POST" else b"")


def _asked(request: Request) -> tuple[str, ...] | None:
    try:
        return filters.parse(request.get_data()).methods
    except NotXmlError:
        return None


def _json(body: object, status: int) -> Response:
    return Response(json.dumps(body), status, mimetype="application/json")
