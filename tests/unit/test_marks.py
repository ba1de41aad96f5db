"""What is a mark and what is not: it decides what is deleted after a week."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from sync.ledger import record, retention
from sync.ledger.folders import Folder
from sync.ledger.marks import AttemptBegun, AttemptFailed, Checked, Receipt, Tracking
from sync.ledger.record import Mark, is_mark, mark_names
from tests import mark_names as stored
from tests.unit.listings import DAY, NOW, Seen

SYNC = Path(__file__).parents[2] / "sync"
DELIVERY = "20261101T220000Z-0000000a"
TAKEN = ("manifest.json", "plan.json", "submitted.json", "accepted.json", "receipt.json")


@pytest.fixture
def new_mark() -> Iterator[str]:
    """A mark that somebody has just thought of, and written nowhere but where its class is."""

    class Weighed(Mark, name="weighed.json"):
        """A mark of the next version."""

    yield Weighed.file_name
    del record._patterns[Weighed.file_name]


def swept(*names: str) -> set[str]:
    """Return what goes, by last name, of an old delivery of *names* that nothing needs any more."""
    blobs = [
        Seen(f"connectors/feed/{folder}/{name}", NOW - age)
        for folder, age, of in (
            (DELIVERY, 20 * DAY, (*TAKEN, *names)),
            ("20261110T220000Z-0000000b", 10 * DAY, TAKEN),
        )
        for name in of
    ]
    sweeps = retention.of_deliveries("connectors/feed/", blobs, NOW, known=True)
    return {name.rpartition("/")[2] for sweep in sweeps for name in sweep.names}


def test_marks_keep_the_names_that_are_stored() -> None:
    """The version before looks for these: none is renamed, and a new one is added on purpose."""
    by_hand = {name for key, name in vars(stored).items() if key.isupper()}

    assert mark_names() == by_hand


def test_a_new_mark_is_never_deleted_as_a_roster(new_mark: str) -> None:
    """Its class alone makes it known: after a week the roster beside it goes, and it stays."""
    assert swept(new_mark, "users.csv") == {"users.csv"}


@pytest.mark.parametrize(
    "name",
    [
        "place-000123.json",
        "checked.json",
        "counted-r1.json",
        "findings.json",
        "people.json",
        "datasets-1/plan.json",
    ],
)
def test_what_is_no_mark_goes_with_the_rosters(name: str) -> None:
    """It may name people; so may what a later version writes, until its mark is known here."""
    assert swept(name) == {name.rpartition("/")[2]}


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("tried-1.json", 1),
        ("tried-10.json", 10),
        ("tried-.json", None),
        ("tried-x.json", None),
        ("tried-1.json.csv", None),
        ("untried-1.json", None),
        ("ended-1.json", None),
    ],
)
def test_a_mark_with_a_number_is_known_by_it(name: str, number: int | None) -> None:
    """Only digits stand where its class has a star."""
    assert Folder(DELIVERY, {name: NOW}).numbers(AttemptBegun) == ([number] if number else [])
    assert is_mark(name) is (number is not None or name == "ended-1.json")


def test_a_folder_knows_its_marks_by_their_class() -> None:
    """With the number, where they have one."""
    names = ("tried-2.json", "tried-1.json", "ended-1.json", "place-000007.json", "checked.json")
    folder = Folder(DELIVERY, dict.fromkeys(names, NOW))

    assert folder.numbers(AttemptBegun) == [1, 2]
    assert folder.has(AttemptFailed, 1)
    assert not folder.has(AttemptFailed, 2)
    assert folder.has(Tracking, "000007")

    assert folder.keys(Tracking) == ["000007"]
    assert folder.when(Checked) == NOW
    assert folder.when(Receipt) is None


def test_what_sweeps_knows_every_mark_there_is() -> None:
    """Their classes are written in the ledger, in modules that `retention` imports.

    What is no mark may have its name elsewhere: it goes when it is a week old, or as it is told.
    Those of addresses are swept by their own module, and lie nowhere else.
    """
    named = {
        path.relative_to(SYNC).as_posix()
        for path in SYNC.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.ClassDef) and "name" in {each.arg for each in node.keywords}
        if [ast.unparse(base) for base in node.bases] != ["NamedRecord"]
    }

    # Notes on the set-up of SDS are no marks: they lie where nothing is ever swept.
    apart = {"steps/setup/notes.py", "ledger/address_plans.py"}
    assert named - apart == {"ledger/marks.py", "ledger/manifests.py", "ledger/offers.py"}
    source = (SYNC / "ledger" / "retention.py").read_text("utf-8")
    assert {"sync.ledger.marks", "sync.ledger.manifests"} <= {
        node.module for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ImportFrom)
    }
