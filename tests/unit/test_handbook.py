"""docs/troubleshooting.md against the code: what can happen has its entry, and nothing else has."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Literal, NamedTuple, get_args

import pytest

from sync import errors
from sync.errors import SyncError
from sync.ledger.fates import TABLE
from sync.ledger.marks import Excess, Receipt
from sync.ledger.states import State
from sync.report import Outcome
from sync.roster.finding_codes import FindingCode
from sync.roster.identifiers import legacy_class_id
from sync.sds import diff
from sync.sds.csvtext import encode
from sync.sds.diff import Baseline
from sync.sds.tables import WIDEST, Row
from sync.settings import Limits
from sync.terminal.status import BECAME, NEXT
from sync.terminal.tables import WHO
from tests.infra.asked import ALERTS

PAGE = Path("docs/troubleshooting.md").read_text(encoding="utf-8")
LABELS = ("Data", "Who", "Next")

type Section = Literal["Errors", "Findings", "Holds", "States", "Receipts", "Mails"]


class Entry(NamedTuple):
    """One entry of the page: the word in its heading, and what stands under it."""

    word: str
    text: str

    def said(self, label: str) -> str:
        """Return what the entry says under *label*, as one line."""
        found = re.search(
            rf"^- \*\*{label}:\*\* (.+?)(?=\n- \*\*|\n\n|\Z)", self.text, re.MULTILINE | re.DOTALL
        )
        return " ".join(found[1].split()) if found else ""


def section(title: Section) -> str:
    """Return what stands under the page's heading *title*."""
    (found,) = re.findall(rf"^## {title}\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    return str(found)


def entries(title: Section) -> list[Entry]:
    """Return the entries of a section, in the page's order."""
    parts = re.split(r"^### ", section(title), flags=re.MULTILINE)[1:]
    heads = (re.match(r"(?:Mail |Receipt )?`([^`]+)`\n", part) for part in parts)
    return [Entry(head[1] if head else "", part) for head, part in zip(heads, parts, strict=True)]


def rows(text: str) -> list[str]:
    """Return the word in the first cell of each row of the tables in *text*."""
    return re.findall(r"^\| `([^`]+)` \|", text, re.MULTILINE)


def leaves(of: type[SyncError]) -> Iterator[type[SyncError]]:
    """Yield every error that can be raised."""
    for error in of.__subclasses__():
        if error.who:
            yield error
        yield from leaves(error)


ERRORS = {leaf.__name__: leaf for leaf in leaves(SyncError) if leaf.__module__ == errors.__name__}
WORDS: Mapping[Section, list[str]] = {
    "Errors": sorted(ERRORS),
    "Findings": sorted(code.value for code in FindingCode),
    "Holds": [
        "added",
        "emptied",
        "empty",
        "first",
        "many",
        "new-ids",
        "removed",
        "replaced",
        "same-letters",
        "unknown",
    ],
    "Receipts": sorted(get_args(Receipt.model_fields["outcome"].annotation)),
    "Mails": sorted(ALERTS),
}


@pytest.mark.parametrize("title", sorted(WORDS))
def test_what_can_happen_has_one_entry_and_nothing_else_has(title: Section) -> None:
    """A code that is new, renamed or gone fails here until the page knows it."""
    assert sorted(entry.word for entry in entries(title)) == WORDS[title]


def test_every_state_and_outcome_is_told_once() -> None:
    """Those that need a person have an entry, the others a row."""
    told = [entry.word for entry in entries("States")] + rows(section("States"))

    assert sorted(told) == sorted(
        {state.value for state in State} | {outcome.value for outcome in Outcome}
    )


def test_every_state_and_fate_says_at_the_terminal_what_is_next() -> None:
    """Held says why instead, done what became of it, and that every fate with a receipt says."""
    with_receipt = {fate for fate, row in TABLE.items() if row.outcome}

    assert NEXT.keys() == set(State) - {State.HELD, State.DONE}
    assert BECAME.keys() == with_receipt


@pytest.mark.parametrize("title", ["Errors", "Holds", "States", "Receipts", "Mails"])
def test_every_entry_says_what_became_of_the_data_who_acts_and_what_is_next(title: Section) -> None:
    """Nobody who looks something up is left without a next step."""
    assert [
        (entry.word, label) for entry in entries(title) for label in LABELS if not entry.said(label)
    ] == []


@pytest.mark.parametrize("name", sorted(ERRORS))
def test_the_page_sends_the_reader_to_whom_the_error_names(name: str) -> None:
    """Who must act is the same on the page, in the status and on the screen."""
    (entry,) = (entry for entry in entries("Errors") if entry.word == name)
    who, _, _ = WHO[ERRORS[name].who].partition(":")

    assert entry.said("Who").startswith(who)


@pytest.mark.parametrize("code", list(FindingCode))
def test_a_finding_is_advised_in_the_words_of_findings_json(code: FindingCode) -> None:
    """Who has read one knows the other again; and the page adds who acts and why it happens."""
    (entry,) = (entry for entry in entries("Findings") if entry.word == code.value)
    quoted = " ".join(
        line.removeprefix("> ") for line in entry.text.splitlines() if line[:1] == ">"
    )

    assert quoted == code.advice
    assert entry.said("Why") == code.why
    assert entry.said("Who") == code.who


def held(before: Mapping[str, int] | None, after: Mapping[str, int], gone: int = 0) -> set[Excess]:
    """Return why a delivery with *after* rows in its tables is held."""
    decision = diff.compare(
        "digest",
        None if before is None else files(before),
        files(after),
        against=None if before is None else "20261120T220000Z-00000000",
        limits=Limits(),
        hold_first=True,
        meant=diff.Meant(profiles_gone=gone),
    )
    return set(decision.hold.excesses) if decision.hold else set()


def against(*baselines: Mapping[str, int] | None) -> set[Excess]:
    """Return why a delivery is held where SDS may hold any of *baselines*; None: unreadable."""
    decision = diff.judge(
        "digest",
        (Baseline("d", None if sizes is None else files(sizes)) for sizes in baselines),
        files({}),
        limits=Limits(),
        hold_first=True,
    )
    return set(decision.hold.excesses) if decision.hold else set()


def of_every_class() -> set[Excess]:
    """Return why a delivery is held from which a service account and an extra teacher go."""
    users = [("a@x", "a@x", "", ""), ("T1", "t@x", "", "")]
    decision = diff.compare(
        "digest",
        files({}) | {"users.csv": encode(WIDEST["users.csv"], users)},
        files({}),
        against="20261120T220000Z-00000000",
        limits=Limits(),
        hold_first=True,
        meant=diff.Meant(extra_left_out=frozenset({"T1"})),
    )
    return set(decision.hold.excesses) if decision.hold else set()


def of_another_id(before: str, now: str) -> set[Excess]:
    """Return why a delivery is held in which a class has the id *now*, and had that of *before*."""
    old, new = (
        files({}) | {"classes.csv": encode(WIDEST["classes.csv"], [(key, "1", "8A", "", "")])}
        for key in (before, now)
    )
    decision = diff.compare(
        "digest", old, new, against="20261120T220000Z-00000000", limits=Limits(), hold_first=True
    )
    return set(decision.hold.excesses) if decision.hold else set()


def other_teams() -> set[Excess]:
    """Return why a delivery is held in which every class of a school is another."""
    decision = diff.compare(
        "digest",
        files({}),
        files({}) | {"classes.csv": encode(WIDEST["classes.csv"], [("k", "0", "8A", "", "")])},
        against="20261120T220000Z-00000000",
        limits=Limits(),
        hold_first=True,
    )
    return set(decision.hold.excesses) if decision.hold else set()


def files(sizes: Mapping[str, int]) -> dict[str, bytes]:
    """Return every table there can be, each with as many rows as *sizes* says, one if nothing."""
    return {
        name: encode(header, table(name, sizes.get(name, 1))) for name, header in WIDEST.items()
    }


def table(name: str, size: int) -> Iterator[Row]:
    """Yield rows that differ in every column."""
    return (tuple(f"{number}" for _ in WIDEST[name]) for number in range(size))


def every_hold() -> set[tuple[str, str]]:
    """Return each kind of hold that `decide` knows, with the table that it can be about."""
    found = held({}, {}, gone=1) | held({}, {"users.csv": 100})
    for name in WIDEST:
        found |= held(None, {name: 0}) | held({name: 100}, {}) | held({}, {name: 0})
    found |= against(None) | against(*({"users.csv": number} for number in range(1, 7)))
    found |= of_every_class() | other_teams()
    found |= of_another_id("8A.", legacy_class_id("8A."))
    found |= of_another_id("1-2026-form-8.2F.A", "1-2026-form-8.2D.A")
    return {(excess.what, excess.table) for excess in found}


def test_every_hold_has_its_row() -> None:
    """What `decide` can say of a table stands on the page under that word, and nothing else."""
    told = {(entry.word, name) for entry in entries("Holds") for name in rows(entry.text)}

    assert told == every_hold()


def test_the_kinds_of_hold_are_those_that_are_told() -> None:
    """A kind that `decide` cannot give is not on the page, and the reverse."""
    kinds = {what for what, _ in every_hold()}

    assert kinds | {"first"} == set(WORDS["Holds"])
