"""A store beside another: a night can be tried on what is stored, and nothing of it is stored."""

from __future__ import annotations

import pytest

from sync.edge.storage.apart import ApartStore
from sync.errors import StoreConflict, StoreMissing, StoreRefused
from tests.clocks import FakeClock
from tests.memory_store import MemoryStore


@pytest.fixture
def beneath() -> MemoryStore:
    store = MemoryStore(FakeClock())
    store.create("profiles/prep/one", b"old")
    return store


def test_what_is_beneath_is_read_and_listed_with_what_was_written(beneath: MemoryStore) -> None:
    """Sorted by name, as if it were one store."""
    store = ApartStore(beneath)
    beneath_it = list(store.blobs(""))
    assert store.create("profiles/alpha/two", b"new!")

    assert beneath_it == list(beneath.blobs(""))
    assert [(blob.name, blob.size_bytes) for blob in store.blobs("profiles/")] == [
        ("profiles/alpha/two", 4),
        ("profiles/prep/one", 3),
    ]
    assert store.folders("profiles/") == ["alpha", "prep"]
    assert store.folders("profiles/alpha/") == []
    assert [store.read(blob.name) for blob in store.blobs("")] == [b"new!", b"old"]
    assert store.blobs("connectors/") == []
    assert store.blobs("")[0].created_at == store.now() == beneath.now()


def test_nothing_that_is_written_is_there_beneath(beneath: MemoryStore) -> None:
    """Nor in another store beside it."""
    before = dict(beneath.held)
    ApartStore(beneath).create("profiles/prep/two", b"new")

    assert beneath.held == before
    with pytest.raises(StoreMissing):
        ApartStore(beneath).read("profiles/prep/two")


def test_a_name_keeps_its_bytes_wherever_they_are(beneath: MemoryStore) -> None:
    """What is beneath is no more written over than what was written here."""
    store = ApartStore(beneath)
    store.create("profiles/prep/two", b"new")

    assert not store.create("profiles/prep/one", b"old")
    assert not store.claim("profiles/prep/two", b"other")
    for name in ("profiles/prep/one", "profiles/prep/two"):
        with pytest.raises(StoreConflict):
            store.create(name, b"other")
    with pytest.raises(StoreRefused):
        store.create("../two", b"")


def test_nothing_can_be_deleted(beneath: MemoryStore) -> None:
    """Whoever would try a sweep must not believe that it has swept."""
    with pytest.raises(StoreRefused):
        ApartStore(beneath).delete("profiles/prep/one")
