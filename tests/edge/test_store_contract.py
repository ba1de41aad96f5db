"""What every store promises, whether it is a folder or Azure: one set of sentences for both."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, timedelta
from pathlib import Path

import pytest
from azure.storage.blob import ContainerClient
from hypothesis import given
from hypothesis import strategies as st

from simulators.azurite import Azurite
from sync.edge.storage.azure_blobs import BlobStore
from sync.edge.storage.folder import FolderStore
from sync.edge.storage.store import Store, check_name
from sync.errors import ConfigError, StoreConflict, StoreMissing, StoreRefused
from sync.settings.load import load
from sync.settings.names import is_key
from tests.conftest import FreshNames

RACERS = 20
# Microsoft: naming files, reserved names
DEVICES = ("con", "prn", "aux", "nul", *(f"com{n}" for n in range(10)), "lpt0", "lpt9")
BAD_NAMES = [
    *("", "/", "/etc/passwd", "a/", "/a", "a//b", ".", "..", "../a", "a/../b", "a/./b", ".hidden"),
    *("a/.partial", "a b", "a\\b", "a:b", "a\n", "a\0b", "é", "ａ", "%2e%2e/a", "a.", "a/b./c"),  # noqa: RUF001 - a full-width letter is the point
    *("con", "NUL.txt", "a/com1", "lpt9.csv", "x" * 201, "/".join(["x" * 99] * 10)),
]


@dataclass(frozen=True, slots=True)
class Place:
    """A fresh store, and how to take away the folder or the container under it."""

    store: Store
    remove: Callable[[], None]


@pytest.fixture(params=["folder", "azure"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    if request.param == "folder":
        folder = tmp_path / "rosters"
        yield Place(FolderStore(folder), lambda: shutil.rmtree(folder))
        return
    azurite: Azurite = request.getfixturevalue("azurite")
    names: FreshNames = request.getfixturevalue("azurite_names")
    store = BlobStore.by_connection(azurite.connection, names.container, page=7)
    with ContainerClient.from_connection_string(azurite.connection, names.container) as client:
        yield Place(store, client.delete_container)


@pytest.fixture
def store(place: Place) -> Store:
    return place.store


@pytest.mark.parametrize("size_bytes", [0, 1, 1_000_000])
def test_what_was_written_is_read_back(store: Store, size_bytes: int) -> None:
    """All the bytes come back, none of them changed, also when there are none."""
    body = bytes(range(256)) * (size_bytes // 256) + bytes(size_bytes % 256)

    assert store.create("profiles/seniors/20261121T220000Z-0a1b2c3d/users.csv", body)
    assert store.read("profiles/seniors/20261121T220000Z-0a1b2c3d/users.csv") == body


def test_the_same_bytes_twice_is_no_fault(store: Store) -> None:
    """A step that is repeated after its answer was lost finds its own work and goes on."""
    assert store.create("manifest.json", b"{}") is True

    assert store.create("manifest.json", b"{}") is False


def test_a_written_blob_never_changes(store: Store) -> None:
    """Other bytes under a name that is taken raise, and what was there stays."""
    store.create("manifest.json", b"first")

    with pytest.raises(StoreConflict):
        store.create("manifest.json", b"second")
    assert store.read("manifest.json") == b"first"


def test_a_claim_is_its_makers_alone(store: Store) -> None:
    """Whoever came first holds it, also when asking again; everybody else is told no."""
    assert store.claim("claims/000001.json", b"mine") is True

    assert store.claim("claims/000001.json", b"theirs") is False
    assert store.claim("claims/000001.json", b"mine") is True
    assert store.read("claims/000001.json") == b"mine"


def test_one_of_twenty_claimers_wins(store: Store) -> None:
    """However many ask at the same moment, exactly one is told yes, and it is the one written."""
    answers = _race(lambda racer: store.claim("claims/000001.json", b"racer %d" % racer))

    assert sum(answers) == 1
    assert store.read("claims/000001.json") == b"racer %d" % answers.index(True)


def test_one_of_twenty_writers_writes(store: Store) -> None:
    """Writers of the same bytes all succeed, and one of them learns that it was the first."""
    answers = _race(lambda _: store.create("profiles/prep/set/users.csv", b"same" * 100_000))

    assert sum(answers) == 1


def test_writers_of_different_bytes_do_not_mix(store: Store) -> None:
    """One of twenty is written whole; the other nineteen raise."""
    bodies = [b"%02d" % racer * 100_000 for racer in range(RACERS)]

    def write(racer: int) -> bool:
        try:
            return store.create("profiles/prep/set/users.csv", bodies[racer])
        except StoreConflict:
            return False

    answers = _race(write)

    assert sum(answers) == 1
    assert store.read("profiles/prep/set/users.csv") == bodies[answers.index(True)]


def test_a_missing_blob_is_an_error_of_its_own(store: Store) -> None:
    """Not there is neither empty nor refused."""
    store.create("a/b", b"")

    for name in ("a/c", "c", "a/b/c"):
        with pytest.raises(StoreMissing):
            store.read(name)


def test_a_deleted_blob_is_gone_and_may_be_deleted_again(store: Store) -> None:
    """A sweep that is repeated does no harm; the name is free again."""
    store.create("a/b", b"old")
    store.delete("a/b")
    store.delete("a/b")

    assert store.blobs("") == []
    assert store.folders("") == []
    assert store.create("a/b", b"new") is True


def test_a_listing_is_read_to_its_last_page(store: Store) -> None:
    """Every blob under the prefix is listed once, sorted by name, however many pages it takes."""
    names = [f"connectors/nightly/claims/{number:06}.json" for number in range(23)]
    for name in reversed(names):
        store.create(name, b"1234")
    store.create("connectors/other/claims/000001.json", b"")

    found = store.blobs("connectors/nightly/")

    assert [blob.name for blob in found] == names
    assert {blob.size_bytes for blob in found} == {4}


def test_folders_are_read_to_their_last_page(store: Store) -> None:
    """Every next segment is listed once, however many pages the names below take."""
    for number in range(23):
        store.create(f"profiles/seniors/set-{number:02}/users.csv", b"")
        store.create(f"profiles/seniors/set-{number:02}/parts/1", b"")
    store.create("profiles/seniors/note", b"")

    assert store.folders("profiles/seniors/") == [f"set-{number:02}" for number in range(23)]
    assert store.folders("profiles/") == ["seniors"]
    assert store.folders("") == ["profiles"]
    assert store.folders("nobody/") == []


def test_a_prefix_may_end_in_the_middle_of_a_name(store: Store) -> None:
    """`a/b` finds `a/b`, `a/bc` and `a/b.d/e`, and nothing that merely holds it elsewhere."""
    for name in ("a/b", "a/bc", "a/b.d/e", "a/c", "ab", "x/a/b"):
        store.create(name, b"")

    assert [blob.name for blob in store.blobs("a/b")] == ["a/b", "a/b.d/e", "a/bc"]
    assert [blob.name for blob in store.blobs("a")] == ["a/b", "a/b.d/e", "a/bc", "a/c", "ab"]
    assert store.blobs("a/b/") == []


def test_blobs_are_dated_by_the_clock_that_now_reads(store: Store) -> None:
    """A claim's age is `now() - created_at`: one clock, in UTC, to the second."""
    before = store.now()
    store.create("claims/000001.json", b"")
    [blob] = store.blobs("claims/")
    second = timedelta(seconds=1)

    assert before.tzinfo == blob.created_at.tzinfo == UTC
    assert before - second <= blob.created_at <= store.now() + second


@pytest.mark.parametrize("name", BAD_NAMES)
def test_a_name_that_is_not_ours_is_refused(store: Store, name: str) -> None:
    """Nothing is read, written or deleted under a name that could mean another place."""
    for call in (
        lambda: store.create(name, b""),
        lambda: store.claim(name, b""),
        lambda: store.read(name),
        lambda: store.delete(name),
    ):
        with pytest.raises(StoreRefused, match="not a name"):
            call()


@given(st.from_regex(r"[a-z0-9-]{1,31}", fullmatch=True) | st.sampled_from(DEVICES))
def test_a_key_that_settings_take_is_a_name_in_every_store(key: str) -> None:
    """What a store would refuse at night is refused when settings are read."""
    if is_key(key):
        assert check_name(f"profiles/{key}/manifest.json")


@pytest.mark.parametrize("device", DEVICES)
def test_the_name_of_a_device_of_windows_is_refused_where_settings_are_read(device: str) -> None:
    """Of a school and of a profile, in either way to write one; the setting is named."""
    for name in (f"PROFILES__{device.upper()}__YEAR_GROUPS", f"SCHOOLS__{device.upper()}__NAME"):
        with pytest.raises(ConfigError, match=f"{name}: in the middle expected a key"):
            load({name: "7-13"})
    with pytest.raises(ConfigError, match=f"PROFILES_JSON {device}: expected a key"):
        load({"PROFILES_JSON": json.dumps({device: {"YEAR_GROUPS": "7-13"}})})


@pytest.mark.parametrize("prefix", ["/", "..", "../", "a/../", "a//", ".partial/", "a b", "a\\"])
def test_a_prefix_that_is_not_ours_is_refused(store: Store, prefix: str) -> None:
    """Nothing outside the store, and nothing of its own housekeeping, can be listed."""
    with pytest.raises(StoreRefused):
        store.blobs(prefix)
    with pytest.raises(StoreRefused):
        store.folders(prefix)


def test_folders_are_asked_for_with_a_slash(store: Store) -> None:
    """`a` could mean `a/` or `ab/`: it is refused rather than guessed."""
    with pytest.raises(StoreRefused, match="ends with /"):
        store.folders("a")


def test_a_store_that_is_gone_is_never_an_empty_one(place: Place) -> None:
    """Without its folder or container every call raises; none says that there is nothing."""
    place.store.create("a/b", b"")
    place.remove()

    for call in (
        lambda: place.store.blobs("a/"),
        lambda: place.store.blobs(""),
        lambda: place.store.folders(""),
        lambda: place.store.read("a/b"),
        lambda: place.store.delete("a/b"),
        lambda: place.store.create("a/b", b""),
        lambda: place.store.claim("a/b", b""),
    ):
        with pytest.raises(StoreRefused, match="STORAGE__"):
            call()


def _race(step: Callable[[int], bool]) -> list[bool]:
    """Let every racer take its step at the same moment; return their answers in racer order."""
    start = threading.Barrier(RACERS)

    def run(racer: int) -> bool:
        start.wait(timeout=30)
        return step(racer)

    with ThreadPoolExecutor(RACERS) as pool:
        return list(pool.map(run, range(RACERS)))
