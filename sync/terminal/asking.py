"""A question to who sits at the terminal, before something that nobody can take back."""

from __future__ import annotations

import sys

import click

from sync.edge.world import World
from sync.steps import approval
from sync.steps.meant import Answer


def exactly(world: World, answered_id: str, answer: Answer, word: str) -> str | None:
    """Return the digest that was typed for what *answered_id* stands for now.

    None where nobody can be asked: a script's input is no terminal, and what it answers is the id.

    Raises:
        AnswerRefused: there is nothing to answer.
    """
    if not sys.stdin.isatty():
        return None
    digest = approval.digest_of(world, answered_id, answer)
    asked = f"What waits is {digest}. Have you looked at it? Type these digits to {word} it"
    typed: str = click.prompt(asked, err=True)
    return typed.strip().lower()
