"""Reading what a person has said of which Team is whose; `sync.steps.identity` writes it."""

from __future__ import annotations

from sync.edge.storage.store import Store
from sync.ledger import words
from sync.ledger.words import Word
from sync.steps.delivery import read_record


def words_of(store: Store, school: str) -> tuple[Word, ...]:
    """Return the words of *school*, in the order in which they were said.

    Raises:
        StoreMissing: one of them is gone.
        StoreConflict: nobody can read one of them.
    """
    names = words.names(school, store.blobs(words.folder_of(school)))
    return tuple(read_record(store, Word, name) for name in names)
