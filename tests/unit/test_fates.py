"""What became of a hand-over, from its marks and receipt; the one table, and its page."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sync.ledger import fates
from sync.ledger.fates import TABLE, Fate
from sync.ledger.folders import Folder
from sync.ledger.marks import Receipt
from tests.mark_names import ACCEPTED, RECEIPT, SUBMITTED, UNPROVEN
from tests.unit.listings import NOW

PAGE = Path("docs/troubleshooting.md").read_text(encoding="utf-8")


def folder(*marks: str) -> Folder:
    """Return a delivery with *marks*."""
    return Folder("20261121T220000Z-0000000b", dict.fromkeys(marks, NOW))


def receipt(outcome: str, counts: dict[str, int] | None = None, **run: str) -> Receipt:
    """Return a receipt as it is read from storage."""
    return Receipt.model_validate(
        {"outcome": outcome, "at": NOW, "run": run, "counts": counts or {}}
    )


@pytest.mark.parametrize(
    ("marks", "fate"),
    [
        ((), Fate.LOST),
        ((SUBMITTED,), Fate.CHECKING),
        ((SUBMITTED, UNPROVEN), Fate.UNPROVEN),
        ((SUBMITTED, UNPROVEN, ACCEPTED), Fate.ACCEPTED),
        ((SUBMITTED, ACCEPTED), Fate.ACCEPTED),
    ],
)
def test_marks_say_how_a_hand_over_stands(marks: tuple[str, ...], fate: Fate) -> None:
    """While there is no receipt, the furthest mark counts."""
    assert fates.fate_of(folder(*marks), None) is fate


@pytest.mark.parametrize(
    ("written", "fate"),
    [
        (receipt("refused"), Fate.REFUSED),
        (receipt("incomplete"), Fate.INCOMPLETE),
        (receipt("gave-up"), Fate.GAVE_UP),
        (receipt("no-answer"), Fate.NO_ANSWER),
        (receipt("completed", status="completed"), Fate.DONE),
        (receipt("completed", {"errors": 0}, status="completed", whose="ours"), Fate.DONE),
        (receipt("completed", {"errors": 2}, status="completed"), Fate.FAULTY),
        (receipt("completed", status="completedwitherrors"), Fate.FAULTY),
        # another flow's errors are not ours
        (receipt("completed", status="completedwitherrors", ours="completed"), Fate.DONE),
        (receipt("completed", status="completed", ours="completedwitherrors"), Fate.FAULTY),
        (receipt("completed", status="completed", whose="not-known"), Fate.ENDED),
        (receipt("completed", known_by="counts"), Fate.TAKEN),
        (receipt("completed", known_by="person"), Fate.TAKEN),
        (receipt("run-failed", status="failed"), Fate.NOT_TAKEN),
        (receipt("run-unseen"), Fate.UNSEEN),
        (receipt("run-unseen", replaced_by="x"), Fate.REPLACED),
    ],
)
def test_a_receipt_says_how_a_hand_over_ended(written: Receipt, fate: Fate) -> None:
    """Those of the version before, which knew the run alone, are read as well."""
    assert fates.fate_of(folder(SUBMITTED, RECEIPT), written) is fate


def test_every_fate_has_its_row() -> None:
    """None can be forgotten, and each receipt's word is one that the version before knows."""
    assert set(TABLE) == set(Fate)
    known = {"", "completed", "run-failed", "run-unseen", "refused", "incomplete"}
    assert {row.outcome for row in TABLE.values()} == known | {"no-answer", "gave-up"}


def test_what_sds_holds_alone_is_not_sent_again() -> None:
    """What a run took is unchanged next night; what SDS refused or may not hold goes again."""
    for fate, row in TABLE.items():
        if row.holds == "alone":
            assert row.tomorrow == "unchanged", fate
        if row.holds == "no":
            assert row.tomorrow == "again", fate


def test_the_page_shows_the_table_as_it_is() -> None:
    """An administrator reads the very rows by which the app decides."""
    shown = re.findall(
        r"^\| `([^`]+)` \| (\S*) \| (no|yes|alone) \| (again|unchanged|-) \| ([^|]+) \|$",
        PAGE,
        re.MULTILINE,
    )
    rows = [(row.word, row.outcome, row.holds, row.tomorrow, row.who) for row in TABLE.values()]

    assert [(word, outcome.strip("`-"), *rest) for word, outcome, *rest in shown] == [
        (word, outcome.strip("-"), *rest) for word, outcome, *rest in rows
    ]
