"""Where the Functions host comes in: settings are read, the world opened, every step logged.

Nothing leaves here unlogged, and nothing that nobody foresaw leaves with its text: the host would
write it to Application Insights, and it may quote a record.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache, partial
from typing import Protocol

from sync.edge.clock import SystemClock
from sync.edge.quiet import quieten
from sync.edge.storage.queues import ABOUT, Queue, named_in
from sync.edge.world import World, opened
from sync.errors import SyncError, concerning
from sync.report import Outcome, Step, unexpected
from sync.settings.load import load
from sync.steps import identity, pull, send, tick
from sync.web import responses
from sync.web.access import admit, caller
from sync.web.logs import in_invocation, tell
from sync.web.responses import Response
from sync.web.routes import ROUTES

quieten()


class Request(Protocol):
    """What the app looks at in an HTTP request: none has a body."""

    @property
    def headers(self) -> Mapping[str, str]: ...
    @property
    def params(self) -> Mapping[str, str]: ...
    @property
    def route_params(self) -> Mapping[str, str]: ...


@cache
def world() -> World:
    """Return the world of this process: settings are read once, as the host restarts on change."""
    return opened(load(os.environ), tell)


def acting(request: Request) -> World:
    """Return the world of this process for *request*, in which its caller is known."""
    return replace(world(), caller=caller(request.headers, os.environ))


def on_timer(invocation: str) -> None:
    """Tick."""
    _guarded(lambda: tick.tick(world()), invocation)


def on_pull(message: bytes, invocation: str) -> None:
    """Pull the school that *message* names."""
    _guarded(lambda: _about("pull", message, world().settings.schools, pull.pull), invocation)


def on_send(message: bytes, invocation: str) -> None:
    """Move the delivery of the connector that *message* names."""
    _guarded(lambda: _about("send", message, world().settings.connectors(), send.send), invocation)


def on_request(function: str, request: Request) -> Response:
    """Respond to *request* of a route's *function*, if its caller has the roles for it."""

    def admitted() -> Response:
        route = ROUTES[function]
        admit(request.headers, os.environ, route.roles)
        return responses.unread(route, request.params) or RESPONSES[function](request)

    with in_invocation():
        return responses.responded(admitted, tell)


# What a request to each route calls. The world is opened only once the caller is admitted; the
# check opens none, because settings that cannot be read are among what it tells. What is kept with
# who asked for it goes by `acting`.
RESPONSES: Mapping[str, Callable[[Request], Response]] = {
    "resync": lambda request: responses.to_resync(
        acting(request), request.params.get("profile"), request.params.get("school")
    ),
    "status": lambda _: responses.to_status(world()),
    "trust": lambda request: responses.to_trust(world(), request.headers.get("Accept", "")),
    "subjects": lambda request: responses.to_subjects(
        world(), request.params.get("school"), request.headers.get("Accept", "")
    ),
    "findings": lambda request: responses.to_findings(
        world(), request.params.get("profile"), request.headers.get("Accept", "")
    ),
    "check": lambda _: responses.to_check(partial(load, os.environ), SystemClock()),
    "plan": lambda request: responses.to_plan(
        world(), request.route_params["id"], request.headers.get("Accept", "")
    ),
    "approve": lambda request: responses.to_approve(
        acting(request), request.route_params["id"], request.headers.get("If-Match", "")
    ),
    "reject": lambda request: responses.to_reject(
        acting(request), request.route_params["id"], request.headers.get("If-Match", "")
    ),
    "restore": lambda request: responses.to_restore(
        acting(request), request.route_params["id"], request.params.get("school")
    ),
    "identity_swap": lambda request: responses.to_identity(
        acting(request), identity.swap, ("first", "second"), request.params
    ),
    "identity_new": lambda request: responses.to_identity(
        acting(request), identity.new, ("class",), request.params
    ),
    "identity_move": lambda request: responses.to_identity(
        acting(request), identity.move, ("old", "new"), request.params
    ),
    "resume": lambda request: responses.to_resume(acting(request), request.params.get("connector")),
}


def _about(
    queue: Queue, message: bytes, known: Mapping[str, object], work: Callable[[World, str], Step]
) -> None:
    """Do *work* for the school or connector that *message* names.

    One that settings do not know is dropped, and told: either settings named it before, or another
    app's message came to us. Put back, the former would go round for ever; the other app's next
    tick says the latter again.

    See docs/reference/functions.md#useless-messages, #shared-account.
    """
    name = named_in(queue, message)
    if name in known:
        with concerning(**{ABOUT[queue]: name}):
            work(world(), name)
    else:
        tell(Step("message", Outcome.FOREIGN, facts={"unknown": ABOUT[queue]}))


def _guarded(work: Callable[[], object], invocation: str = "") -> None:
    """Run *work*. What goes wrong is logged, and raised anew without its text and context.

    The host then tries the message again, and after five times moves it to the poison queue.

    See docs/reference/functions.md#poison.
    """
    with in_invocation(invocation):
        try:
            work()
        except SyncError as foreseen:
            error = foreseen
        except Exception as unforeseen:  # noqa: BLE001  # its text may quote a record
            error = unexpected(unforeseen)
        else:
            return
        tell(Step("function", Outcome.FAILED, error=error))
    raise error from None
