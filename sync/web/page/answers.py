"""The buttons: what a person's click does, and where the browser goes from there."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sync.errors import AnswerInexact, RequestRefused
from sync.ledger import callers
from sync.report import Step
from sync.steps import approval, checked, identity, schedule
from sync.steps.approval import Answered
from sync.web.exchange import Response
from sync.web.page.drawing import see
from sync.web.page.forms import form_of
from sync.web.page.visit import PageVisit

CHECK_S = 200.0
"""docs/reference/functions.md#http-230s: the platform ends a response at 230 s."""


def approve(visit: PageVisit) -> Response:
    """Let exactly what was looked at go, and show what came of it."""
    return _answer(visit, approval.approve, "approve")


def reject(visit: PageVisit) -> Response:
    """End exactly what was looked at, and show what came of it."""
    return _answer(visit, approval.reject, "reject")


def _answer(visit: PageVisit, say: Callable[..., Answered], word: str) -> Response:
    (held_id,), form = visit.parts, form_of(visit.asked)
    digest = _digest(form, word)
    if word == "approve" and form.get("seen") != "yes":
        raise AnswerInexact(
            "nobody has said that they have looked at whom it is about. Nothing was sent: go back,"
            " look, and tick that you have"
        )
    answered = say(visit.world, held_id, digest)
    facts = callers.facts(visit.world.caller)
    outcome, about = answered.outcome, answered.connector
    visit.world.tell(Step("answer", outcome, about, held_id, facts))
    return see(f"/page/held/{held_id}")


def _digest(form: Mapping[str, str], word: str) -> str:
    """Return the digest of what was looked at, as the plan's own forms send it."""
    if digest := form.get("digest", "").lower():
        return digest
    raise AnswerInexact(
        f"it was not said what to {word}. Nothing was changed: open the plan, and use its own"
        " button"
    )


def swap(visit: PageVisit) -> Response:
    """Have two classes exchange their Teams, so that pupils stay where they are."""
    (held_id,), form = visit.parts, form_of(visit.asked)
    first, second, school = (form.get(name, "") for name in ("first", "second", "school"))
    if not (first and second) or (school and school not in visit.world.settings.schools):
        raise RequestRefused(
            "it was not said which classes exchange their Teams. Nothing was done: use the page's"
            " own button",
            status=400,
        )
    # Said again once it was read, it would undo what it did: then this plan waits no more.
    approval.demand(visit.world, held_id, _digest(form, "exchange"))
    identity.swap(visit.world, first, second, school or None)
    return see(f"/page/held/{held_id}")


def sync(visit: PageVisit) -> Response:
    """Ask for a reading of a school, or of all, now."""
    school = form_of(visit.asked).get("school", "")
    known = visit.world.settings.schools
    if school and school not in known:
        raise RequestRefused(
            "there is no such school in the settings. Nothing was done: go to Home", status=404
        )
    for key in [school] if school else known:
        schedule.ask(visit.world, key, "page")
    return see(f"/page/home/{school}?asked=1" if school else "/?asked=1")


def check(visit: PageVisit) -> Response:
    """Try everything now, keep what came of it, and show it."""
    form_of(visit.asked)
    checked.check(visit.world, within_s=CHECK_S)
    return see("/page/health")
