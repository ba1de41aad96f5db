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
from sync.edge.isams_rest import PLACES, RestIsams
from sync.errors import ConfigError, SourceRefused, StoreConflict, SyncError, TargetRefused
from sync.isams.datasets import BY_METHOD
from sync.report import fault
from sync.settings import SdsSettings, Settings
from sync.terminal import exits
from sync.terminal.around import Surroundings, Told, doing
from sync.terminal.tables import WHO, table

EACH_S = 60.0  # one try, with its own retries

_PROBE = "checks/"
_NEEDED = (graph.CONNECTORS, graph.UPLOAD, graph.OPERATION, graph.RUNS)


@dataclass(frozen=True, slots=True)
class Tried:
    """One thing that was tried: `told` is what was found, `error` what is wrong and where.

    `skipped` was not tried, because an earlier try has failed.
    """

    what: str
    told: str = ""
    error: SyncError | None = None
    skipped: bool = False

    @property
    def state(self) -> Literal["ok", "wrong", "not tried"]:
        if self.skipped:
            return "not tried"
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
        rest = "iSAMS, storage, sign-in and SDS"
        return _told([Tried("settings", error=error), Tried(rest, skipped=True)])
    keys = f"schools: {', '.join(settings.schools)}; profiles: {', '.join(settings.profiles)}"
    return _told([Tried("settings", keys), *_tries(settings, around.clock)])


def _told(tried: list[Tried]) -> Told:
    wrong = [one.error for one in tried if one.error]
    code = exits.worst(exits.of_error(error) for error in wrong)
    rows = [(one.state, one.what, one.told or _mend(one)) for one in tried]
    shown: list[RenderableType] = [table("Checks", ("", "what", "found"), rows), _sum(tried)]
    return Told(code, {"ok": not wrong, "checks": [one.value() for one in tried]}, shown)


def _sum(tried: list[Tried]) -> str:
    wrong = sum(one.error is not None for one in tried)
    skipped = sum(one.skipped for one in tried)
    if not wrong:
        return "All is well."
    told = f"{wrong} of {len(tried)} {'is' if wrong == 1 else 'are'} wrong"
    if skipped:
        told += f", {skipped} {'was' if skipped == 1 else 'were'} not tried"
    return f"{told}."


def _mend(one: Tried) -> str:
    return f"{one.error}\nWho must act: {WHO[one.error.who]}" if one.error else ""


def _tries(settings: Settings, clock: Clock) -> Iterator[Tried]:
    for school, place in settings.schools.items():
        if place.isams_api == "rest":
            yield from _rest(school, RestIsams(place, clock), clock)
        else:
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
    ended = False
    for method in METHODS:
        what = f"iSAMS of {school}: {_on_screen(method)}"
        if ended:
            yield Tried(what, skipped=True)
            continue
        one = _attempt(what, partial(_count, isams, method, clock))
        yield one
        ended = one.error is not None and (one.error.retry or _is_about_the_key(one.error))


def _on_screen(method: str) -> str:
    """Return what iSAMS's screen calls *method*: newer ones speak of students."""
    name = BY_METHOD[method].ui_name
    return name.replace("Current Pupils", "Current Pupils (or Current Students)")


def _count(isams: Isams, method: str, clock: Clock) -> str:
    return f"{isams.try_method(method, Budget.of(clock, EACH_S)):,} records"


def _rest(school: str, isams: RestIsams, clock: Clock) -> Iterator[Tried]:
    """Ask each endpoint alone, and tell what its records call their fields: never a value.

    A host that is away, or a client that is refused as such, is told once.
    """
    for place in PLACES:
        what = f"iSAMS of {school}: {place}"
        one = _attempt(what, partial(_fields, isams, place, clock))
        yield one
        if one.error and (one.error.retry or _is_about_the_client(one.error)):
            return


def _fields(isams: RestIsams, place: str, clock: Clock) -> str:
    found = isams.try_place(place, Budget.of(clock, EACH_S))
    if found is None:
        return "not needed: sets name their teachers"
    rows, names = found
    return f"200, {rows:,} records with {', '.join(names) or 'no fields'}"


def _is_about_the_client(error: SyncError) -> bool:
    return isinstance(error, SourceRefused) and not {"module", "place"} & error.facts.keys()


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
    target = graph.SdsTarget(settings.sds, tokens, clock)
    tries: dict[str, Callable[[], str]] = {
        "roles of the app in the tenant": partial(_roles, tokens, settings.sds)
    }
    for name, profiles in settings.connectors().items():
        what = f"SDS connector of {', '.join(profiles)}"
        tries[what] = partial(_connector, target, name, clock)
    for what, work in tries.items():
        yield Tried(what, skipped=True) if signed_in.error else _attempt(what, work)


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
