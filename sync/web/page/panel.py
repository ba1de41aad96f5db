"""How a school stands, in one panel; and what else somebody should see. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from sync.ledger.marks import Excess, Fault, Hold
from sync.ledger.offers import ANSWERABLE, BECAUSE, Why
from sync.ledger.states import State
from sync.sds.guard import limit_words
from sync.sds.guard.doubts import EXCHANGED, NOBODY_LEFT, TAKEN_OVER
from sync.steps.status_values import SchoolState, SchoolStatus
from sync.steps.told.counts import numbers
from sync.steps.told.holds import sentences
from sync.steps.told.states import WHO
from sync.web.page import tags
from sync.web.page.morning import Morning
from sync.web.page.tags import Tag
from sync.web.page.words import sentence, where_to_read


class Way(NamedTuple):
    """The one way on: a link, and its words."""

    address: str
    words: str


class Panel(NamedTuple):
    """How it stands: a word, a sentence with numbers about people, what follows, one way on."""

    tag: Tag
    headline: str
    told: str
    way: Way | None = None


def panel(morning: Morning) -> Panel:
    """Return how a school stands, by what matters most of all that can be said."""
    shown = morning.shown
    if shown and shown.state == "held":
        return _held(shown)
    if failed := _not_read(morning) or _not_built(morning):
        return failed
    if shown is None or morning.pull is None:
        told = "It is read at its hour; or read it now, below. Nothing is sent before you approve."
        return Panel(Tag("none", "Waiting"), f"{morning.name} has never been read", told)
    return _PANELS[shown.state](shown)


# -- what failed -----------------------------------------------------------------------------------


def _not_read(morning: Morning) -> Panel | None:
    pull = morning.pull
    if not (pull and pull.state == "failed" and pull.error):
        return None
    told = f"{_said(pull.error)} SDS keeps what it has."
    return Panel(tags.of_fault(pull.error), "iSAMS did not give us the school", told)


def _not_built(morning: Morning) -> Panel | None:
    sealed = morning.pull.sealed if morning.pull else None
    for profile, fault in sealed.faults.items() if sealed else ():
        told = f"{_said(fault)} SDS keeps what it has of {profile}."
        return Panel(tags.of_fault(fault), f"{profile} could not be built", told)
    return None


def _said(fault: Fault) -> str:
    return f"{sentence(fault.message)} {where_to_read(fault.error)}"


# -- what is held ----------------------------------------------------------------------------------


def _held(shown: SchoolStatus) -> Panel:
    said = "SDS keeps what it has until you answer."
    if shown.why not in {*ANSWERABLE, Why.WHOLE}:
        told = f"It is held because {BECAUSE[Why(shown.why)]}. {said}"
        return Panel(tags.of_school(shown), "Held, and an answer alone does not help", told)
    way = Way(f"/page/held/{shown.offer}", "See whom it is about, and answer")
    return Panel(tags.of_school(shown), held_headline(shown.why, shown.hold), said, way)


def held_headline(why: str, hold: Hold | None) -> str:
    """Return in one sentence what is held: what could harm people most comes first."""
    if why == Why.LEFT:
        return "All classes of this school would end: the settings do not name it any more"
    if hold is None or hold.first or why == Why.FIRST:
        return "The first delivery of this school waits: there is nothing to compare it with"
    said = [text for each in _worst_first(hold) if (text := limit_words.what_would(each))]
    if not said:
        return next(sentences(hold), "It waits for a person").rstrip(".")
    return ", and ".join(said[:2])


_HARMS = (EXCHANGED, TAKEN_OVER, "crossed", "passed", NOBODY_LEFT, "other-teachers")


def _worst_first(hold: Hold) -> list[Excess]:
    """Return what is held, the worst first; classes that exchange pupils are not told twice."""
    order = {what: at for at, what in enumerate(_HARMS)}
    crossed = 2 * sum(each.rows for each in hold.excesses if each.what == EXCHANGED)
    told = [each for each in hold.excesses if (each.what, each.rows) != (TAKEN_OVER, crossed)]
    return sorted(told, key=lambda each: order.get(each.what, len(order)))


# -- what stands -----------------------------------------------------------------------------------


def _delivered(shown: SchoolStatus) -> Panel:
    return Panel(tags.of_school(shown), "SDS has what iSAMS has", "Nobody has to do anything.")


def _next(shown: SchoolStatus) -> Panel:
    told = "It is compared with what SDS has, and goes by itself if no limit is met."
    return Panel(tags.of_school(shown), "What was read is on its way", told)


def _rejected(shown: SchoolStatus) -> Panel:
    by = f"{shown.answer.word} " if shown.answer else "rejected "
    told = f"It was {by}and nothing of it went. Mend it in iSAMS or in the settings."
    return Panel(
        tags.of_school(shown),
        "A person said no to what was read, so SDS keeps what it has",
        f"{told} Then read iSAMS again.",
    )


def _because(shown: SchoolStatus) -> Panel:
    because = BECAUSE[Why(shown.why)] if shown.why else "it waits"
    return Panel(tags.of_school(shown), "SDS keeps what it has of this school", f"{because}.")


_PANELS: Mapping[SchoolState, Callable[[SchoolStatus], Panel]] = {
    "delivered": _delivered,
    "next": _next,
    "rejected": _rejected,
    "failed": _because,
    "carried": _because,
    "waiting": _because,
}


# -- what else somebody should see -----------------------------------------------------------------


def notices(morning: Morning) -> Iterator[Panel]:
    """Yield what else somebody should see, whatever the panel says."""
    for notice in _NOTICES:
        yield from notice(morning)


def _paused(morning: Morning) -> Iterator[Panel]:
    if morning.connector and morning.connector.paused:
        told = (
            "A former delivery was sent again. Until the pause is ended at a terminal, with"
            " `isams-sync resume`, nothing newer goes."
        )
        yield Panel(Tag("held", "Paused", WHO["operator"]), "Nothing newer is sent", told)


def _unproven(morning: Morning) -> Iterator[Panel]:
    for delivery in morning.connector.deliveries if morning.connector else ():
        if delivery.state is State.UNPROVEN:
            yield Panel(
                tags.OF_DELIVERY[State.UNPROVEN],
                "SDS has the files, and in two hours did not say what it made of them",
                "Look at Sync health in School Data Sync. If it shows them, approve the delivery.",
                Way(f"/page/run/{delivery.id}", "What SDS was asked"),
            )


def _lacking(morning: Morning) -> Iterator[Panel]:
    for profile, newest in morning.sets.items():
        if newest and newest.manifest.lacking:
            yield Panel(
                _warning("operator"),
                f"{profile} has no {' and no '.join(newest.manifest.lacking)}",
                "Look at its YEAR_GROUPS, subjects and CLASSES.",
                Way("/page/what-if", "Try other settings"),
            )


def _unmoved(morning: Morning) -> Iterator[Panel]:
    if days := morning.status.unmoved.get(morning.school):
        yield Panel(
            _warning("school"),
            f"iSAMS has given exactly the same for {days} school days",
            f"Is it the live system? {where_to_read('unmoved')}",
        )


def _poisoned(morning: Morning) -> Iterator[Panel]:
    if failed := sum(map(len, morning.status.failed_messages.values())):
        yield Panel(
            _warning("operator"),
            f"{numbers({'messages': failed})} could not be worked on",
            f"The next tick asks again for what they were about. {where_to_read('poisoned')}",
        )


def _warning(who: str) -> Tag:
    return Tag("warn", "Warning", WHO[who])


_NOTICES: tuple[Callable[[Morning], Iterator[Panel]], ...] = (
    _paused,
    _unproven,
    _lacking,
    _unmoved,
    _poisoned,
)
