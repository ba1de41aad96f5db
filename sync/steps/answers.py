"""What a person has said to an offer or a delivery already, and who: what a refusal tells."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

from sync.edge.world import World
from sync.errors import StoreConflict, StoreMissing
from sync.ledger import callers
from sync.ledger.marks import Approved, Asked, Pulled, Rejected
from sync.steps.delivery import StoredFolder, list_pulls
from sync.steps.offers import Offer
from sync.steps.status_values import Said, seconds


def words(said: Said) -> str:
    """Return an answer that was given as part of a sentence."""
    return f"{said.word} at {seconds(said.at)} {callers.in_words(said.caller)}"


def facts(said: Said) -> dict[str, str]:
    """Return an answer that was given as facts of an error, without what is not known."""
    return {
        "answer": said.word,
        "answered_at": seconds(said.at),
        **callers.facts(said.caller),
    }


def said_of(folders: Iterable[StoredFolder]) -> Said | None:
    """Return what a person said to any of *folders*: of several the last, but a no stands.

    Storage is asked, since it may have been said after *folders* were listed. What nobody can read
    is not told.
    """
    said = [each for folder in folders for each in _said(folder)]
    return max(said, key=lambda each: (each.word == _NO, each.at), default=None)


def said_as_listed(folders: Iterable[StoredFolder]) -> Said | None:
    """Return as `said_of` does what was said to *folders* by the time when they were listed."""
    return said_of(each for each in folders if each.has(Approved) or each.has(Rejected))


_YES, _NO = "approved", "rejected"


def _said(folder: StoredFolder) -> Iterable[Said]:
    for kind, word in ((Approved, _YES), (Rejected, _NO)):
        with suppress(StoreMissing, StoreConflict):
            answer = folder.read(kind)
            yield Said(word, answer.at, callers.told(answer.caller))


def replaced_by(world: World, offer: Offer) -> dict[str, str]:
    """Return, as facts, which *offer* took another's place, since when, and who had it read.

    `replaced_by` is `timer` where nobody asked for the reading, and left out where it is unknown.
    """
    shown = {"newest": offer.name.id}
    newest = max(offer.sources.values(), default="")
    for pull in reversed(list_pulls(world.store, offer.school) if newest else []):
        with suppress(StoreMissing, StoreConflict):
            pulled = pull.read_if_listed(Pulled)
            if pulled and newest in pulled.sets.values():
                asked = pull.read(Asked)
                who = "timer" if asked.by_timer else callers.told(asked.caller)
                shown |= {"replaced_at": seconds(pulled.at)} | ({"replaced_by": who} if who else {})
                break
    return shown
