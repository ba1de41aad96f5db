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
from sync.sds.diff import Baseline, Former
from sync.sds.guard.limit_words import COUNTED, DRIFTS
from sync.sds.tables import WIDEST, Row
from sync.settings import Limits
from sync.steps.told.states import BECAME, WHO
from sync.terminal.status import NEXT
from tests.infra.asked import ALERTS
from tests.judging import compare, judge
from tests.unit import test_guard as guard

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
        "crossed",
        "doubled",
        "drift-unknown",
        "drifted",
        "emptied",
        "empty",
        "exchanged",
        "first",
        "joined",
        "many",
        "moved",
        "new-ids",
        "nobody-left",
        "of-no-school",
        "other-people",
        "other-teachers",
        "passed",
        "removed",
        "renamed",
        "replaced",
        "same-letters",
        "taken-over",
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
    decision = compare(
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
    decision = judge(
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
    decision = compare(
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
    decision = compare(
        "digest", old, new, against="20261120T220000Z-00000000", limits=Limits(), hold_first=True
    )
    return set(decision.hold.excesses) if decision.hold else set()


def other_teams() -> set[Excess]:
    """Return why a delivery is held in which every class of a school is another."""
    decision = compare(
        "digest",
        files({}),
        files({}) | {"classes.csv": encode(WIDEST["classes.csv"], [("k", "0", "8A", "", "")])},
        against="20261120T220000Z-00000000",
        limits=Limits(),
        hold_first=True,
    )
    return set(decision.hold.excesses) if decision.hold else set()


def of_two_schools() -> set[Excess]:
    """Return why a delivery of two schools is held whose people have other ids, or no role."""
    orgs = [("0", "Northbank", "school"), ("1", "Southbank", "school")]
    ids = range(11)
    old, new = (
        {
            "orgs.csv": encode(WIDEST["orgs.csv"], orgs),
            "users.csv": encode(
                WIDEST["users.csv"], [(f"{letter}{n}", f"{n}@x.example", "", "") for n in ids]
            ),
        }
        for letter in "ab"
    )
    decision = compare("digest", old, new, against="d", limits=Limits(), hold_first=True)
    return set(decision.hold.excesses) if decision.hold else set()


def files(sizes: Mapping[str, int]) -> dict[str, bytes]:
    """Return every table there can be, each with as many rows as *sizes* says, one if nothing."""
    return {
        name: encode(header, table(name, sizes.get(name, 1))) for name, header in WIDEST.items()
    }


def table(name: str, size: int) -> Iterator[Row]:
    """Yield rows that differ in every column."""
    rows = (tuple(f"{number:03}" for _ in WIDEST[name]) for number in range(size))
    return ((*row[:-1], "teacher") for row in rows) if name == "enrollments.csv" else rows


def of_people_and_classes() -> set[tuple[str, str]]:
    """Return each kind of hold of people, classes and places, where nothing at all may change."""
    six, others = guard.ids(0, 6), guard.ids(10, 6)
    before = guard.school(six, others, guard.ids(20, 2), more=20)
    key = min(before.pupils)
    after = [
        guard.School(),
        guard.school(six, others, guard.ids(20, 2), guard.ids(30, 6)),
        guard.with_pupils(before, others, six),
        guard.with_pupils(before, six | others, others, guard.ids(500, 2)),
    ]
    new_teacher = guard.with_pupils(before)
    new_teacher.classes[f"{guard.YEAR}-k0"] = (six, guard.ids(2, 1, "T"))
    passed = guard.with_pupils(before)
    passed.addresses = {key: f"{max(before.pupils)}@x.example", max(before.pupils): "new@x"}
    met = [guard.told(before, each) for each in (*after, new_teacher, passed)]
    met += [guard.told(guard.forms(form_8A=six), guard.forms(form_8Z=six))]
    sam, kim = (
        guard.School(dict.fromkeys(six, "08"), names=dict.fromkeys(six, name), addresses=at)
        for name, at in (("Sam", {}), ("Kim", {each: f"{each}@new" for each in six}))
    )
    met += [guard.told(sam, kim)]
    met += [{(each.table, each.what): (1, 0) for each in guard.of_a_group()}]
    kinds = {kind for each in met for kind in each}
    return {(what, name) for name, what in kinds if not name.startswith("enrollments.csv")}


def of_a_week() -> set[Excess]:
    """Return why a delivery is held for what was lost since a week ago, or cannot be read."""
    schools = [
        guard.school(*(guard.ids(20 * n, 20) for n in range(count)), more=more)
        for count, more in ((30, 400), (12, 0))
    ]
    was, now = (school.files() for school in schools)
    half = guard.with_pupils(schools[1], *(guard.ids(20 * n, 2) for n in range(12)))
    half.classes = {key: (pupils, set()) for key, (pupils, _) in half.classes.items()}
    met: set[Excess] = set()
    for before, after in ((was, now), (now, half.files())):
        formers = [Former("w", frozenset({guard.ORG}), before), Former("w", frozenset(), None)]
        met |= set(
            diff.judge(
                [Baseline("d", after, unreadable=("people.json", "away.json"))],
                after,
                limits=Limits(removed_rows=0),
                formers=formers,
            ).excesses
        )
    before, after = guard.in_steps()
    met |= set(
        diff.judge(
            [Baseline("d", after)],
            after,
            limits=Limits(),
            formers=[Former("w", frozenset({guard.ORG}), before)],
        ).excesses
    )
    return met


def every_hold() -> set[tuple[str, str]]:
    """Return each kind of hold that `decide` knows, with the table that it can be about."""
    found = held({}, {}, gone=1) | of_a_week()
    for name in WIDEST:
        found |= held(None, {name: 0}) | held({name: 100}, {}) | held({}, {name: 0})
    found |= against(None) | against(*({"users.csv": number} for number in range(1, 7)))
    found |= of_every_class() | other_teams() | of_two_schools()
    found |= of_another_id("8A.", legacy_class_id("8A."))
    found |= of_another_id("1-2026-form-8.2F.A", "1-2026-form-8.2D.A")
    found |= of_years()
    return {(excess.what, excess.table) for excess in found} | of_people_and_classes()


def of_years() -> set[Excess]:
    """Return why a delivery is held whose year group loses most of its places, or has twice."""
    before = guard.school(guard.ids(0, 20), more=300)
    met: set[Excess] = set()
    for roster in (guard.ids(0, 2), guard.ids(0, 20) | guard.ids(500, 45)):
        after = guard.with_pupils(before, roster).files()
        made = diff.judge([Baseline("d", before.files())], after, limits=Limits())
        met |= set(made.excesses)
    return met


def test_every_hold_has_its_row() -> None:
    """What `decide` can say of a table stands on the page under that word, and nothing else."""
    told = {(entry.word, name) for entry in entries("Holds") for name in rows(entry.text)}

    assert told == every_hold()


def test_every_limit_has_its_sentence() -> None:
    """What is counted is told in words, and no word is for what is not counted."""
    of_others = {("removed", "service accounts"), ("removed", "extra teachers")}
    assert {(what, name) for name, what in COUNTED} == of_people_and_classes() - of_others
    drifted = {excess.table for excess in of_a_week() if excess.what == "drifted"}
    assert set(DRIFTS) == drifted


def test_the_kinds_of_hold_are_those_that_are_told() -> None:
    """A kind that `decide` cannot give is not on the page, and the reverse."""
    kinds = {what for what, _ in every_hold()}

    assert kinds | {"first"} == set(WORDS["Holds"])
