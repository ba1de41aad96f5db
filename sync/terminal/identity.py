"""`identity …`: which Team is whose, where iSAMS has mixed up classes or called one otherwise."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import click

from sync.edge.world import World
from sync.ledger import callers
from sync.ledger.words import Word
from sync.report import Exit
from sync.steps import identity as saying
from sync.steps.identity import WordSaid
from sync.steps.status_values import seconds
from sync.terminal import options, scope
from sync.terminal.command import command
from sync.terminal.context import Result, Terminal


@click.group("identity")
def identity() -> None:
    """Say which Team is whose, by the ids of classes; each word is undone by another."""


@command("swap", group="identity")
@click.argument("first", metavar="CLASS")
@click.argument("second", metavar="CLASS")
@options.school
def swap_teams(terminal: Terminal, first: str, second: str, school: str | None) -> Result:
    """Have two classes exchange their Teams, so that each Team follows its pupils.

    Said again once a reading has taken it up, it is undone.
    """
    return _said(terminal, school, partial(saying.swap, first=first, second=second))


@command("new", group="identity")
@click.argument("class_id", metavar="CLASS")
@options.school
def give_new_team(terminal: Terminal, class_id: str, school: str | None) -> Result:
    """Give a class a new Team; that which it has ends."""
    return _said(terminal, school, partial(saying.new, class_id=class_id))


@command("move", group="identity")
@click.argument("old", metavar="OLD")
@click.argument("now", metavar="NEW")
@options.school
def move_team(terminal: Terminal, old: str, now: str, school: str | None) -> Result:
    """Have the Team OLD, whose class is gone, go on as that of the class NEW."""
    return _said(terminal, school, partial(saying.move, old=old, now=now))


@command("list", group="identity")
@options.school
def list_words(terminal: Terminal, school: str | None) -> Result:
    """List what was said of the school's Teams, when, by whom, and what undoes it."""
    settings = terminal.settings()
    key = scope.only_school(settings, school)
    world = terminal.opened(settings, lambda _: None)
    listed = saying.said(world, key)
    document = {"school": key, "words": [_document(number, word) for number, word in listed]}
    lines = [
        f"{number}. {_typed(word)}: {seconds(word.at)}, {callers.in_words(word.caller)}; undone by"
        f" `isams-sync identity {word.undo}`"
        for number, word in listed
    ]
    return Result(Exit.DONE, document, lines or [f"{key}: nothing was said"])


def _document(number: int, word: Word) -> dict[str, object]:
    return {
        "number": number,
        "word": word.kind,
        "classes": list(word.classes),
        "academic_year": word.academic_year,
        "at": seconds(word.at),
        "caller": callers.told(word.caller),
        "offer": word.offer,
        "undo": word.undo,
    }


def _typed(word: Word) -> str:
    return f"{word.kind} {' '.join(word.classes[: 1 if word.kind == 'new' else 2])}"


def _said(terminal: Terminal, school: str | None, say: Callable[..., WordSaid]) -> Result:
    settings = terminal.settings()
    key = options.known_key("--school", school, settings.schools) if school else None
    world: World = terminal.opened(settings, lambda _: None)
    said = say(world, school=key)
    return Result(Exit.DONE, said.document(), list(_lines(said)))


def _lines(said: WordSaid) -> list[str]:
    first, second = said.word.classes
    what = {
        "swap": f"{first} and {second} exchange their Teams",
        "new": f"{first} gets a new Team, {second}",
        "move": f"the Team {first} goes on as that of {second}",
    }[said.word.kind]
    return [
        f"{said.school}: {what} (word {said.number}).",
        *(f"The Team {team} ends, unless a later word gives it a class." for team in said.ends),
        f"`isams-sync run --school {said.school}` reads and sends it; the app does so by itself.",
        f"This is undone by `isams-sync identity {said.word.undo}`.",
    ]


for _command in (swap_teams, give_new_team, move_team, list_words):
    identity.add_command(_command)
