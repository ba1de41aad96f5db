"""What the folder store promises beyond the contract: privacy, and death at any moment."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from datetime import timedelta
from pathlib import Path

import pytest

from sync.edge.storage.folder import FolderStore
from sync.edge.storage.opening import open_store
from sync.errors import ConfigError, StoreRefused
from sync.settings import StorageSettings
from tests.clocks import START, FakeClock

BODY = b"everything" * 100_000

# A run that the system ends when it first calls one function. The folders are there already, so
# that the first flush is the file's own.
DYING = """
import os, sys
from sync.edge.storage.folder import FolderStore
store = FolderStore(sys.argv[1])
os.makedirs(os.path.join(sys.argv[1], "profiles", "seniors", "set"))
setattr(os, sys.argv[2], lambda *_, **__: os._exit(9))
store.create("profiles/seniors/set/users.csv", b"everything" * 100_000)
"""

CLAIMING = """
import sys, threading
from sync.edge.storage.folder import FolderStore
store, racer = FolderStore(sys.argv[1]), sys.argv[2]
print("ready", flush=True)
sys.stdin.readline()
def claim(thread):
    if store.claim("claims/000001.json", f"{racer}-{thread}".encode()):
        print(f"{racer}-{thread}", flush=True)
threads = [threading.Thread(target=claim, args=(n,)) for n in range(5)]
for thread in threads: thread.start()
for thread in threads: thread.join()
"""

posix = pytest.mark.skipif(os.name == "nt", reason="modes and owners are POSIX")


def test_settings_open_the_folder_they_name(tmp_path: Path) -> None:
    """`STORAGE__FOLDER` alone gives a store there, and what was kept is found again."""
    settings = StorageSettings(folder=str(tmp_path / "rosters"))
    open_store(settings).create("manifest.json", b"{}")

    assert open_store(settings).read("manifest.json") == b"{}"


@posix
def test_rosters_are_for_their_user_alone(tmp_path: Path) -> None:
    """Whatever the umask, other users of the machine can neither read nor list a roster."""
    before = os.umask(0)
    try:
        FolderStore(tmp_path / "rosters").create("profiles/seniors/users.csv", b"")
    finally:
        os.umask(before)
    paths = [tmp_path / "rosters", *(tmp_path / "rosters").rglob("*")]

    assert {path.stat().st_mode & 0o777 for path in paths if path.is_dir()} == {0o700}
    assert {path.stat().st_mode & 0o777 for path in paths if path.is_file()} == {0o600}


@posix
@pytest.mark.parametrize("mode", [0o720, 0o702, 0o777])
def test_a_folder_that_others_write_to_is_refused(tmp_path: Path, mode: int) -> None:
    """Whoever may write there could slip in a roster; the message says how to mend it."""
    (tmp_path / "rosters").mkdir()
    (tmp_path / "rosters").chmod(mode)

    with pytest.raises(StoreRefused, match="chmod 700"):
        FolderStore(tmp_path / "rosters")


@posix
def test_somebody_elses_folder_is_refused() -> None:
    """A folder of another user is not ours to trust, and nothing is put into it."""
    theirs = Path("/")
    if theirs.stat().st_uid == os.geteuid():
        pytest.skip("this user owns everything")

    with pytest.raises(StoreRefused, match="another user"):
        FolderStore(theirs)


@pytest.mark.parametrize("target", ["folder", "file", "nothing"])
def test_a_link_is_refused(tmp_path: Path, target: str) -> None:
    """A link may point elsewhere tomorrow, so the setting must name the folder itself."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_bytes(b"")
    (tmp_path / "rosters").symlink_to(tmp_path / target)

    with pytest.raises(ConfigError, match="a file or a link"):
        FolderStore(tmp_path / "rosters")
    assert not (tmp_path / "nothing").exists()


def test_a_file_is_refused(tmp_path: Path) -> None:
    """A file in the folder's place is a mistake in the settings, told without its path."""
    (tmp_path / "canary-rosters").write_bytes(b"")

    with pytest.raises(ConfigError, match=r"^STORAGE__FOLDER: is a file") as caught:
        FolderStore(tmp_path / "canary-rosters")
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize(
    ("dies_at", "written"), [("fsync", False), ("link", False), ("unlink", True)]
)
def test_a_writer_that_dies_leaves_all_or_nothing(
    tmp_path: Path, dies_at: str, *, written: bool
) -> None:
    """Killed before the link nothing is to be seen, after it all is; the next run goes on."""
    folder = tmp_path / "rosters"
    ended = subprocess.run([sys.executable, "-c", DYING, str(folder), dies_at], check=False)
    store = FolderStore(folder)

    assert ended.returncode == 9
    assert [blob.size_bytes for blob in store.blobs("")] == ([len(BODY)] if written else [])
    assert store.create("profiles/seniors/set/users.csv", BODY) is not written
    assert store.read("profiles/seniors/set/users.csv") == BODY


def test_what_a_dead_writer_left_is_swept_after_an_hour(tmp_path: Path) -> None:
    """Opening the store removes old leftovers, and not the file of a writer that still writes."""
    clock = FakeClock()
    FolderStore(tmp_path, clock=clock)
    for name, age in {"old": timedelta(minutes=61), "new": timedelta(minutes=59)}.items():
        path = tmp_path / ".partial" / name
        path.write_bytes(b"half")
        moment_s = (START - age).timestamp()
        os.utime(path, (moment_s, moment_s))

    store = FolderStore(tmp_path, clock=clock)

    assert [path.name for path in (tmp_path / ".partial").iterdir()] == ["new"]
    assert store.blobs("") == []
    assert store.folders("") == []


def test_no_leftovers_after_writes_and_lost_races(tmp_path: Path) -> None:
    """A write cleans up behind itself, whether it won or found the name taken."""
    store = FolderStore(tmp_path)
    store.create("a/b", b"1")
    store.create("a/b", b"1")
    store.claim("a/b", b"2")

    assert list((tmp_path / ".partial").iterdir()) == []


def test_one_of_twenty_claimers_in_four_processes_wins(tmp_path: Path) -> None:
    """The file system decides between processes as well as between threads."""
    folder = tmp_path / "rosters"
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", CLAIMING, str(folder), str(racer)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for racer in range(4)
    ]
    for racer in racers:
        assert racer.stdout
        assert racer.stdout.readline() == "ready\n"
    for racer in racers:
        assert racer.stdin
        racer.stdin.write("go\n")
        racer.stdin.flush()
    winners = "".join(racer.communicate(timeout=60)[0] for racer in racers).split()

    assert [racer.returncode for racer in racers] == [0, 0, 0, 0]
    assert len(winners) == 1
    assert FolderStore(folder).read("claims/000001.json").decode() == winners[0]


def test_a_folder_goes_with_its_last_blob(tmp_path: Path) -> None:
    """And no other: what holds a blob stays, and the store's own folder whatever it holds."""
    folder = tmp_path / "rosters"
    store = FolderStore(folder)
    for name in ("a/b/c/1", "a/b/2", "d/3"):
        store.create(name, b"")

    store.delete("a/b/c/1")
    assert not (folder / "a" / "b" / "c").exists()
    assert (folder / "a" / "b").exists()
    store.delete("a/b/2")
    store.delete("a/b/2")
    store.delete("d/3")

    assert [path.name for path in folder.iterdir()] == [".partial"]
    assert store.create("a/b/2", b"again")


def test_a_writer_whose_folder_goes_makes_it_again(tmp_path: Path) -> None:
    """Deletes of the last blob beside it, at the same moment, cost no write and no blob."""
    store = FolderStore(tmp_path / "rosters")
    stop = threading.Event()

    def coming_and_going() -> None:
        while not stop.is_set():
            store.create("a/b/other", b"")
            store.delete("a/b/other")

    other = threading.Thread(target=coming_and_going)
    other.start()
    try:
        for number in range(300):
            assert store.create(f"a/b/{number}", b"")
            assert store.read(f"a/b/{number}") == b""
            store.delete(f"a/b/{number}")
    finally:
        stop.set()
        other.join()


def test_the_clock_that_was_handed_in_stamps_the_blobs(tmp_path: Path) -> None:
    """`created_at` and `now()` are one clock, to the microsecond."""
    clock = FakeClock()
    store = FolderStore(tmp_path, clock=clock)
    clock.advance(0.123456)
    store.create("a/b", b"")
    clock.advance(3600)

    [blob] = store.blobs("a/")
    assert blob.created_at == START + timedelta(seconds=0.123456)
    assert store.now() - blob.created_at == timedelta(hours=1)


@posix
@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="root may do anything")
def test_a_folder_that_cannot_be_read_is_never_empty(tmp_path: Path) -> None:
    """A right that is missing somewhere below raises; the rest is not taken for the whole."""
    store = FolderStore(tmp_path)
    store.create("a/b/c", b"")
    (tmp_path / "a" / "b").chmod(0)
    try:
        with pytest.raises(StoreRefused, match="file system refuses"):
            store.blobs("")
    finally:
        (tmp_path / "a" / "b").chmod(0o700)


@pytest.mark.parametrize("folder", ["file/rosters", "file/rosters/deeper"])
def test_a_folder_that_cannot_be_made_is_for_the_operator(tmp_path: Path, folder: str) -> None:
    """A wrong path stays wrong: nobody is told to try again later."""
    (tmp_path / "file").write_text("not a folder")

    with pytest.raises(ConfigError, match=r"^STORAGE__FOLDER: .* below a file"):
        FolderStore(tmp_path / folder)


def test_a_refusal_of_the_file_system_names_no_path(tmp_path: Path) -> None:
    """A blob where a folder is needed is refused, and neither text nor context shows where."""
    store = FolderStore(tmp_path)
    store.create("a", b"")

    with pytest.raises(StoreRefused) as caught:
        store.create("a/b", b"")
    assert str(tmp_path) not in str(caught.value)
    assert caught.value.__context__ is None
