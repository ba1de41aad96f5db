"""The way in on Azure: the page is there only where the platform signs its visitors in."""

from __future__ import annotations

import os
from dataclasses import replace

from sync.edge.world import World
from sync.errors import CallerRefused, RequestRefused
from sync.report import Outcome, Step
from sync.web import access
from sync.web.access import IS_ON
from sync.web.exchange import Request, Response
from sync.web.logs import tell
from sync.web.opening import world
from sync.web.page import trouble
from sync.web.page.screens import respond as shown
from sync.web.page.visit import AsGiven, PageRequest, Served, Visitor

_OFF = (
    "the page is there only where Azure signs its visitors in, and for this app it does not. To"
    " switch it on, give the template the app registration (authClientId), as docs/deploying.md,"
    f" Callers who sign in, says; Azure then sets {IS_ON}. The addresses below /api/ are there all"
    " the same"
)


def respond(request: Request) -> Response:
    """Return what a visitor gets whom the platform signed in; 404 where it signs in nobody."""
    asked, env = _asked(request), os.environ
    if not access.is_on(env):
        return trouble.page(asked, 404, RequestRefused(_OFF, status=404))
    try:
        caller = access.caller(request.headers, env)
    except CallerRefused as error:
        tell(Step("page", Outcome.FAILED, error=error))
        return trouble.page(asked, 403, error)
    roles = frozenset(access.roles_of(request.headers))
    visitor = Visitor(access.called(request.headers), roles)

    def acting() -> World:
        return replace(world(), caller=caller)

    return shown(asked, visitor, Served(acting, AsGiven(env), tell))


def _asked(request: Request) -> PageRequest:
    screen = (request.route_params.get("screen") or "").strip("/")
    return PageRequest(
        method=request.method.upper(),
        path=f"page/{screen}" if screen else "",
        query=request.params,
        headers={name.lower(): text for name, text in request.headers.items()},
        body=request.get_body(),
    )
