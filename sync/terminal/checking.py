"""`check`: tries everything that a night's run needs, one thing at a time; SDS is sent nothing."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Literal

from rich.console import RenderableType

from sync.edge import graph, identity
from sync.edge.blobs import Store, open_store
from sync.edge.clock import Budget, Clock
from sync.edge.isams import METHODS, Isams
from sync.errors import ConfigError, SourceRefused, StoreConflict, SyncError, TargetRefused
from sync.isams.datasets import BY_METHOD
from sync.report import fault
from sync.settings import SdsSettings, Settings
from sync.terminal import exits
from sync.terminal.around import Surroundings, Told, doing
from sync.terminal.exits import Exit
from sync.terminal.tables import WHO, table

EACH_S = 60.0  # one try, with its own retries

_PROBE = "checks/"
_NEEDED = (graph.CONNECTORS, graph.UPLOAD, graph.OPERATION, graph.RUNS)


@dataclass(frozen=True, slots=True)
class Tried:
    """One thing that was tried: `told` is what was found, `error` what is wrong and where."""

    what: str
    told: str = ""
    error: SyncError | None = None

    @property
    def state(self) -> Literal["ok", "wrong"]:
        return "wrong" if self.error else "ok"

    def value(self) -> dict[str, object]:
        """Return it as JSON values."""
        told: dict[str, object] = {"check": self.what, "state": self.state, "told": self.told}
        return told | {"error": fault(self.error).model_dump() if self.error else None}


def check(around: Surroundings) -> Told:
    """Try settings, iSAMS, storage, sign-in, roles, connectors and flows; tell of each."""
    try:
        settings = around.settings()
    except ConfigError as error:
        return _told([Tried("settings", error=error)])
    keys = f"schools: {', '.join(settings.schools)}; profiles: {', '.join(settings.profiles)}"
    return _told([Tried("settings", keys), *_tries(settings, around.clock)])


def _told(tried: list[Tried]) -> Told:
    wrong = [one.error for one in tried if one.error]
    code = exits.worst(exits.of_error(error) for error in wrong)
    rows = [(one.state, one.what, one.told or _mend(one)) for one in tried]
    end = "All is well." if code is Exit.DONE else f"{len(wrong)} of {len(tried)} are wrong."
    shown: list[RenderableType] = [table("Checks", ("", "what", "found"), rows), end]
    return Told(code, {"ok": not wrong, "checks": [one.value() for one in tried]}, shown)


def _mend(one: Tried) -> str:
    return f"{one.error}\nWho must act: {WHO[one.error.who]}" if one.error else ""


def _tries(settings: Settings, clock: Clock) -> Iterator[Tried]:
    for school, place in settings.schools.items():
        yield from _isams(school, Isams(place, clock), clock)
    yield _attempt("storage: create, read, list, delete", partial(_storage, settings))
    yield from _sds(settings, clock)


def _attempt(what: str, work: Callable[[], str]) -> Tried:
    with doing(f"Checking {what}"):
        try:
            return Tried(what, work())
        except SyncError as error:
            return Tried(what, error=error)


def _isams(school: str, isams: Isams, clock: Clock) -> Iterator[Tried]:
    """Ask for each dataset alone, so that each method which the key lacks is told.

    A host that is away, or a key that is refused as such, is told once.
    """
    for method in METHODS:
        what = f"iSAMS of {school}: {BY_METHOD[method].ui_name}"
        one = _attempt(what, partial(_count, isams, method, clock))
        yield one
        if one.error and (one.error.retry or _is_about_the_key(one.error)):
            return


def _count(isams: Isams, method: str, clock: Clock) -> str:
    return f"{isams.try_method(method, Budget.of(clock, EACH_S)):,} records"


def _is_about_the_key(error: SyncError) -> bool:
    return isinstance(error, SourceRefused) and "methods" not in error.facts


def _storage(settings: Settings) -> str:
    store = open_store(settings.storage)
    name, body = f"{_PROBE}{uuid.uuid4().hex}.txt", b"a probe of `check`, which deletes it\n"
    store.create(name, body)
    try:
        _read_back(store, name, body)
    finally:
        store.delete(name)
    return "works"


def _read_back(store: Store, name: str, body: bytes) -> None:
    listed = [blob.name for blob in store.blobs(_PROBE)]
    if store.read(name) != body or name not in listed:
        raise StoreConflict("storage does not give back what was written", blob=name)


def _sds(settings: Settings, clock: Clock) -> Iterator[Tried]:
    tokens = identity.graph_tokens(settings.sds, clock)
    signed_in = _attempt("sign-in to Microsoft Graph", partial(_sign_in, tokens))
    yield signed_in
    if signed_in.error:
        return
    yield _attempt("roles of the app in the tenant", partial(_roles, tokens, settings.sds))
    target = graph.SdsTarget(settings.sds, tokens, clock)
    for name, profiles in settings.connectors().items():
        what = f"SDS connector of {', '.join(profiles)}"
        yield _attempt(what, partial(_connector, target, name, clock))


def _connector(target: graph.SdsTarget, name: str, clock: Clock) -> str:
    """Find a connector, its format and its flow, by reading alone."""
    one = target.connector(name, Budget.of(clock, EACH_S))
    flow = target.flow_state(one.id, Budget.of(clock, EACH_S))
    taken = f"found, takes {one.format or 'a format that SDS does not tell'}"
    if flow is None:
        return f"{taken}; its inbound flow cannot be seen"
    if not flow.ready:
        raise TargetRefused(
            "no inbound flow of this connector is ready: look at it in School Data Sync, and after"
            " the turn of the year make a new one and set its connector",
            states=" ".join(flow.states) or "none",
        )
    until = f" until {flow.ends_at:%d %B %Y}" if flow.ends_at else ""
    return f"{taken}; its inbound flow is ready{until}"


def _sign_in(tokens: identity.Tokens) -> str:
    tokens.token()
    return "signed in"


def _roles(tokens: identity.Tokens, settings: SdsSettings) -> str:
    held = identity.roles_in(tokens.token())
    needed = [errand.role for errand in _NEEDED]
    needed += [graph.START.role] if settings.start_run else []
    if missing := sorted(set(needed) - held):
        raise TargetRefused(
            f"the app lacks the application role {' and '.join(missing)}: grant it in Entra, with"
            " admin consent",
            missing=len(missing),
        )
    without = "" if graph.FLOWS.role in held else f"; without {graph.FLOWS.role}, flows stay unseen"
    return f"all {len(set(needed))} that are needed{without}"
