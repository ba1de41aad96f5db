"""Sets that do not know yet what a person has said of which Team is whose.

A word asks for a reading, whose sets fold it in. What was read before would have the Teams as they
were: nothing of it may go any more, whoever has approved it, and nobody may answer it.
"""

from __future__ import annotations

from collections.abc import Mapping

from sync.edge.world import World
from sync.errors import AnswerRefused
from sync.ledger import claims, words
from sync.steps.offers import set_manifest


def school_of_word(world: World, sources: Mapping[str, str]) -> str:
    """Return a school of which a word was said that its set of *sources* has not folded in; or "".

    *sources* are set ids by profile. A set that nobody can read any more is passed over: what was
    merged from it is judged by its files.
    """
    said = _said(world)
    for profile, set_id in sources.items():
        if profile not in world.settings.profiles:
            continue
        school = world.settings.school_of(profile)
        manifest = set_manifest(world.store, profile, set_id) if school in said else None
        if manifest and manifest.words < said[school]:
            return school
    return ""


def demand_folded(world: World, sources: Mapping[str, str]) -> None:
    """Return if everything that was said is folded in; raise `AnswerRefused` if not."""
    if school := school_of_word(world, sources):
        raise AnswerRefused(
            "a person has said which Team is whose since this was read, so nothing was changed:"
            f" {world.settings.called(school)} is read again, and what is left of it is offered"
            " then",
            state="word",
        )


def _said(world: World) -> Mapping[str, int]:
    """Return how many words were said of each school of which any was."""
    said: dict[str, int] = {}
    for blob in world.store.blobs(words.WORDS):
        school, _, name = blob.name.removeprefix(words.WORDS).partition("/")
        said[school] = max(said.get(school, 0), claims.number(name) or 0)
    return said
