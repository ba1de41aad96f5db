"""What a request to each route calls, once its caller is admitted."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import partial

from sync.edge.clock import SystemClock
from sync.settings.load import load
from sync.steps import identity
from sync.web import responses
from sync.web.access import admit
from sync.web.exchange import Request, Response
from sync.web.logs import tell
from sync.web.opening import acting, world
from sync.web.routes import ROUTES


def respond(function: str, request: Request) -> Response:
    """Respond to *request* of a route's *function*, if its caller has the roles for it."""

    def admitted() -> Response:
        route = ROUTES[function]
        admit(request.headers, os.environ, route.roles)
        return responses.unread(route, request.params) or RESPONSES[function](request)

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
    "landed": lambda _: responses.to_landed(world()),
    "landed_rows": lambda request: responses.to_landed_rows(
        world(), request.headers.get("Accept", "")
    ),
    "check": lambda _: responses.to_check(partial(load, os.environ), SystemClock()),
    "plan": lambda request: responses.to_plan(
        world(), request.route_params["id"], request.headers.get("Accept", "")
    ),
    "explain": lambda request: responses.to_explain(
        world(), request.headers.get("Content-Type", ""), request.get_body()
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
