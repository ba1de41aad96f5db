"""Saying which Team is whose: `swap`, `new` and `move`, for a school whose classes were mixed up.

A word is about ids as they stand at that moment (`sync.steps.classes`). It is written down, by
number, and a pull of the school is asked for, whose sets have folded it in. Two people at once each
get a number of their own, and whoever is second is judged by what the first has said.

Said again before a reading has taken it up, a word is the same word: its answer may have been lost,
and a second exchange would undo the first. Messages tell ids and no titles, which may name people.
"""

from __future__ import annotations

import uuid
from typing import NamedTuple

from sync.edge.world import World
from sync.errors import WordRefused, concerning
from sync.ledger import callers, words
from sync.ledger.offers import ANSWERABLE
from sync.ledger.words import Kind, Word
from sync.report import Outcome, Step
from sync.roster.identifiers import lineage, next_generation
from sync.steps import schedule
from sync.steps.classes import ClassesNow, classes_of, unknown
from sync.steps.connector import newest_sets
from sync.steps.offers import offer_of
from sync.steps.words import words_of


class WordSaid(NamedTuple):
    """A word that was said: of which school, its number, and the pull that was asked for.

    `ends` are Teams that SDS may hold and that no class would have any more.
    """

    school: str
    number: int
    word: Word
    ends: tuple[str, ...]
    pull: str

    def document(self) -> dict[str, object]:
        """Return what a program is told of it."""
        return {
            "school": self.school,
            "number": self.number,
            "word": self.word.kind,
            "classes": list(self.word.classes),
            "ends": list(self.ends),
            "undo": self.word.undo,
            "asked": {self.school: self.pull},
        }


def swap(world: World, first: str, second: str, school: str | None = None) -> WordSaid:
    """Have two classes exchange their Teams: each of these follows its pupils.

    *school* is a key of the settings; left out, it is whichever has the class. So of all words.

    Raises:
        WordRefused: one of them is no class now, or a Team cannot pass between the two.
    """
    return _say(world, "swap", (first, second), classes_of(world, first, school))


def new(world: World, class_id: str, school: str | None = None) -> WordSaid:
    """Have a class get a new Team; that which it has ends.

    Raises:
        WordRefused: there is no such class now.
    """
    return _say(world, "new", (class_id,), classes_of(world, class_id, school))


def move(world: World, old: str, now: str, school: str | None = None) -> WordSaid:
    """Have the Team *old*, whose class is gone, go on as that of the class *now*.

    Raises:
        WordRefused: *old* still has a class, or was never sent; or there is no class *now*; or a
            Team cannot pass between the two.
    """
    return _say(world, "move", (old, now), classes_of(world, now, school))


def said(world: World, school: str) -> list[tuple[int, Word]]:
    """Return every word of *school* with its number, in the order in which they were said."""
    return list(enumerate(words_of(world.store, school), start=1))


def _say(world: World, kind: Kind, typed: tuple[str, ...], classes: ClassesNow) -> WordSaid:
    school = classes.school
    with concerning(school=school):
        while True:
            number = len(classes.words)
            if number > classes.folded and _is_repeated(classes.words[-1], kind, typed):
                word = classes.words[-1]
                break
            number, word = number + 1, _word(world, classes, kind, _ids(classes, kind, typed))
            if world.store.claim(words.name_of(school, number), word.to_json()):
                facts = {"word": number, "kind": kind, **callers.facts(world.caller)}
                world.tell(Step("identity", Outcome.ASKED, school, facts=facts))
                break
            classes = classes_of(world, typed[0], school)  # somebody was quicker
        # Should the process die before, the next night's pull folds the word in as well.
        pull = schedule.ask(world, school, "identity").pull
        return WordSaid(school, number, word, classes.ended_by(word), pull)


def _is_repeated(last: Word, kind: Kind, typed: tuple[str, ...]) -> bool:
    given = last.classes[: len(typed)]
    return last.kind == kind and (given == typed or (kind == "swap" and given[::-1] == typed))


def _word(world: World, classes: ClassesNow, kind: Kind, ids: tuple[str, str]) -> Word:
    return Word(
        kind=kind,
        classes=ids,
        academic_year=classes.academic_year,
        at=world.store.now(),
        by=uuid.uuid4().hex,
        caller=world.caller,
        offer=_waiting(world, classes),
    )


def _waiting(world: World, classes: ClassesNow) -> str:
    """Return the offer of the school that waits for a person, and that a word answers; else ""."""
    for connector, listing in classes.listings.items():
        offer = offer_of(world, listing, newest_sets(world, connector), classes.school)
        if offer and offer.why in ANSWERABLE:
            return offer.name.id
    return ""


# -- what may be said ------------------------------------------------------------------------------


def _ids(classes: ClassesNow, kind: Kind, typed: tuple[str, ...]) -> tuple[str, str]:
    """Return the two ids that a word exchanges; raise `WordRefused` if it may not be said."""
    if kind == "new":
        class_id = classes.of(typed[0])
        return class_id, _unused(classes, class_id)
    first, second = typed
    if kind == "swap":
        first, second = classes.of(first), classes.of(second)
    else:
        second = classes.of(second)
        _demand_gone(classes, first, second)
    _demand_alike(first, second)
    by = classes.on[first] if kind == "swap" else classes.sent_by(first)
    if not (by >= classes.on[second] if kind == "move" else by == classes.on[second]):
        raise _refused("they go to SDS by two connectors, and a Team cannot pass between these")
    return first, second


def _unused(classes: ClassesNow, class_id: str) -> str:
    """Return the id of a Team of the class that there never was."""
    used = {
        *classes.titles,
        *classes.held,
        *(each for word in classes.words for each in word.classes),
    }
    team = next_generation(class_id)
    while team in used:
        team = next_generation(team)
    return team


def _demand_gone(classes: ClassesNow, old: str, now: str) -> None:
    """Refuse to move a Team that a class has, or that nobody knows."""
    if classes.has(old):
        raise _refused(
            "the first id still has a class, whose Team it is: to exchange the two, say"
            f" `identity swap {old} {now}`"
        )
    if not classes.sent_by(old):
        raise unknown([classes], old, "no Team of the first id was sent that is still known")


def _demand_alike(first: str, second: str) -> None:
    """Refuse two ids between which no Team can pass: its id says of which school and kind it is."""
    if first == second:
        raise _refused("both ids are the same")
    one, other = lineage(first), lineage(second)
    if one == other:
        return
    if one and other and one[0] != other[0]:
        raise _refused("they are of two schools, and a Team cannot pass between these")
    raise _refused("they are not of one academic year and kind, such as sets or forms")


def _refused(why: str) -> WordRefused:
    return WordRefused(f"{why}: nothing was changed")
