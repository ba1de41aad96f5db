"""What went wrong, as a page: what happened, that nothing is lost, who acts, and the next step."""

from __future__ import annotations

from typing import NamedTuple

from sync.errors import ConfigError, SyncError, WordRefused
from sync.steps.told.states import WHO
from sync.web.exchange import Response
from sync.web.page.drawing import html
from sync.web.page.tags import Kind
from sync.web.page.visit import PageRequest
from sync.web.page.words import sentence, where_to_read


class Trouble(NamedTuple):
    """What went wrong: how it is drawn, who acts, what to do, and by what name it is reported."""

    state: Kind
    word: str
    headline: str
    told: str
    data: str
    acts: str
    next: str
    code: str
    concerns: str


_HEADLINES = {
    400: "That could not be read",
    403: "You may not do that here",
    404: "There is no such page",
    409: "There is nothing to answer any more",
    412: "What you answered is not what waits now",
    413: "That is too large",
    415: "That is no form of this page",
    428: "It was not said what was answered",
    503: "Something is busy or away",
}
_OF_KIND = {
    ConfigError: "A setting is wrong",
    WordRefused: "Their Teams cannot be exchanged so",
}
_NOTHING = "Nothing was changed, and nothing was sent."
_UNKNOWN = "What you clicked may be done all the same: look at Home before you click again."


def page(asked: PageRequest, status: int, error: SyncError) -> Response:
    """Return the page of *error*. It asks storage nothing, which may be what is away."""
    told = trouble(error, status, is_click=asked.method == "POST")
    values = {
        "trouble": told,
        "frame": False,
        "back": f"/{asked.path}" if asked.method == "GET" and status == 503 else "/",
    }
    return html(status, "trouble", values)


def trouble(error: SyncError, status: int, *, is_click: bool = False) -> Trouble:
    """Return *error* as whoever met it is told of it; *is_click* if it may have done something."""
    is_own = error.who == "caller"
    whom = {key: error.facts[key] for key in _WHOM if key in error.facts}
    return Trouble(
        state="warn" if is_own or status in {403, 503} else "failed",
        word="Refused" if is_own or status == 403 else "Failed",
        headline=_headline(error, status),
        told=sentence(str(error)),
        data=_UNKNOWN if is_click and status >= 500 else _NOTHING,
        acts=WHO.get(error.who, error.who),
        next=_next(error, status),
        code=error.code,
        concerns=", ".join(f"{key} {value}" for key, value in whom.items()),
    )


def _headline(error: SyncError, status: int) -> str:
    said = (words for kind, words in _OF_KIND.items() if isinstance(error, kind))
    return next(said, _HEADLINES.get(status, "Something went wrong"))


_WHOM = ("school", "profile", "connector", "delivery", "role")


def _next(error: SyncError, status: int) -> str:
    if status == 403 and "role" in error.facts:
        return "Whoever looks after Entra gives you the role; then sign in again."
    if status in {409, 412}:
        return "Go to Held: it shows what waits now, and what was answered."
    if error.retry:
        return "Wait some minutes, and reload."
    if error.who == "developer":
        return "Report it with the name below; it names nobody."
    if error.who == "caller":
        return "Go back, and on from there."
    return f"Mend it as it says. {where_to_read(error.code)}"
