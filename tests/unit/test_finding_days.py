"""Since when there is something to mend, night after night."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.roster import finding_days
from sync.roster.finding_codes import FindingCode
from sync.roster.finding_days import MANY_NEW, Dated, kinds, remembered
from sync.roster.findings import Finding, harm

MONDAY = date(2026, 11, 23)
TUESDAY = MONDAY + timedelta(days=1)
NAMELESS = Finding(FindingCode.PUPIL_WITHOUT_EMAIL, "Pupil 2", "Wren Applethwaite")
EMPTY_SET = Finding(FindingCode.SET_WITHOUT_PUPILS, "Set 301", "8A/Ph1")
WORDS = st.sampled_from(("", "21", "Ma", "Zoë"))
ANY_FINDING = st.builds(Finding, st.sampled_from(list(FindingCode)), WORDS, WORDS, WORDS)
DAYS = st.dates(MONDAY, MONDAY + timedelta(days=30))
ANY_DATED = st.builds(Dated, ANY_FINDING, DAYS, st.booleans(), st.none() | DAYS)


def nights(*found: list[Finding], first: date = MONDAY) -> tuple[Dated, ...]:
    """Return what is known after a night of each of *found*, a day apart."""
    known: tuple[Dated, ...] | None = None
    for number, findings in enumerate(found):
        known = remembered(findings, first + timedelta(days=number), known)
    assert known is not None
    return known


def told(known: tuple[Dated, ...]) -> list[tuple[str, str]]:
    return [(each.finding.record, each.told) for each in known]


# -- new, open, mended ---------------------------------------------------------------------------


def test_of_a_first_set_nothing_is_new() -> None:
    """Nobody knows since when it is there: it is open since the first look."""
    assert told(nights([NAMELESS])) == [("Pupil 2", "open since 2026-11-23")]


def test_what_was_not_there_the_night_before_is_new_for_a_day() -> None:
    """The night after it is open since that day, and stays so."""
    assert told(nights([], [NAMELESS])) == [("Pupil 2", "new")]
    assert told(nights([], [NAMELESS], [NAMELESS])) == [("Pupil 2", "open since 2026-11-24")]
    assert told(nights([], *[[NAMELESS]] * 9)) == [("Pupil 2", "open since 2026-11-24")]


def test_what_is_there_no_more_is_mended_for_seven_days() -> None:
    """From the day of the first reading without it; then it is forgotten."""
    seven = nights([NAMELESS], *[[]] * 7)

    assert told(nights([NAMELESS], [])) == [("Pupil 2", "mended 2026-11-24")]
    assert told(seven) == [("Pupil 2", "mended 2026-11-24")]
    assert nights([NAMELESS], *[[]] * 8) == ()


def test_two_readings_of_a_day_are_one_night() -> None:
    """What was new at noon is new at night; what the first of all sets had is not."""
    noon = remembered([NAMELESS], TUESDAY, nights([]))

    assert told(remembered([NAMELESS], TUESDAY, noon)) == [("Pupil 2", "new")]
    assert told(remembered([NAMELESS], MONDAY, nights([NAMELESS]))) == [
        ("Pupil 2", "open since 2026-11-23")
    ]


def test_what_comes_back_within_a_week_was_never_mended() -> None:
    """It is open since it was first seen, and not new: a list was not read for a night."""
    assert told(nights([NAMELESS], [], [NAMELESS])) == [("Pupil 2", "open since 2026-11-23")]
    assert told(nights([NAMELESS], *[[]] * 8, [NAMELESS])) == [("Pupil 2", "new")]


def test_a_day_that_is_to_come_is_believed_of_nobody() -> None:
    """A clock that once ran ahead leaves no finding that is open since tomorrow."""
    ahead = remembered([NAMELESS], TUESDAY, None)

    assert told(remembered([NAMELESS], MONDAY, ahead)) == [("Pupil 2", "open since 2026-11-23")]


# -- which is the same ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("yesterday", "today"),
    [
        (NAMELESS, replace(NAMELESS, name="Wren Applethwaite-Vale")),
        (
            Finding(FindingCode.CLASS_TOO_LARGE_FOR_NOTEBOOK, "Set 301", "8A", "310 members"),
            Finding(FindingCode.CLASS_TOO_LARGE_FOR_NOTEBOOK, "Set 301", "8A", "312 members"),
        ),
        (
            Finding(FindingCode.YEAR_OF_NO_PROFILE, "Year 3", "pupils: 30, sets: 3"),
            Finding(FindingCode.YEAR_OF_NO_PROFILE, "Year 3", "pupils: 31, sets: 3"),
        ),
        (
            Finding(FindingCode.MEMBER_HAS_LEFT, "Set 301", "8A", "Pupil 9"),
            Finding(FindingCode.MEMBER_HAS_LEFT, "Set 301", "8A/Ph", "Pupil 9"),
        ),
    ],
)
def test_another_name_or_count_makes_no_finding_new(yesterday: Finding, today: Finding) -> None:
    """It is the same fault of the same record, told in today's words."""
    (only,) = nights([yesterday], [today])

    assert (only.finding, only.told) == (today, "open since 2026-11-23")


@pytest.mark.parametrize(
    ("yesterday", "today"),
    [
        (NAMELESS, replace(NAMELESS, code=FindingCode.PUPIL_BAD_EMAIL)),
        (NAMELESS, replace(NAMELESS, record="Pupil 3")),
        (
            Finding(FindingCode.MEMBER_HAS_LEFT, "Set 301", "8A", "Pupil 9"),
            Finding(FindingCode.MEMBER_HAS_LEFT, "Set 301", "8A", "Pupil 10"),
        ),
        (
            Finding(FindingCode.SUBJECT_UNKNOWN, "INCLUDED_SUBJECTS", "Ma"),
            Finding(FindingCode.SUBJECT_UNKNOWN, "INCLUDED_SUBJECTS", "Mx"),
        ),
    ],
)
def test_another_fault_record_or_member_is_another_finding(
    yesterday: Finding, today: Finding
) -> None:
    """The one is mended, and the other is new."""
    known = nights([yesterday], [today])

    assert [(each.finding, each.state) for each in known] == [
        (today, "new"),
        (yesterday, "mended"),
    ]


@given(st.lists(ANY_FINDING, unique=True), st.lists(ANY_DATED))
def test_every_finding_of_a_reading_is_told_once_and_as_there(
    findings: list[Finding], former: list[Dated]
) -> None:
    """Whatever was known before: nothing of it is lost, doubled or taken for mended."""
    known = remembered(findings, MONDAY, former)

    there = [each.finding for each in known if each.mended_on is None]
    assert sorted(there, key=repr) == sorted(findings, key=repr)


# -- the files -----------------------------------------------------------------------------------


@given(st.lists(ANY_DATED))
def test_what_is_written_is_read_again(known: list[Dated]) -> None:
    """New, open and mended, with their days."""
    there = [each for each in known if each.mended_on is None]
    gone = [replace(each, is_new=False) for each in known if each.mended_on]

    for listed in (there, gone):
        read = finding_days.from_json(finding_days.to_json(listed), MONDAY)
        assert sorted(read, key=repr) == sorted(listed, key=repr)


@given(
    listed=st.lists(ANY_DATED, unique_by=lambda each: each.finding),
    random=st.randoms(use_true_random=False),
)
def test_equal_findings_give_equal_bytes(listed: list[Dated], random: Random) -> None:
    """In whatever order they were listed."""
    shuffled = random.sample(listed, len(listed))

    assert finding_days.to_json(shuffled) == finding_days.to_json(listed)


def test_findings_say_what_to_mend_and_since_when() -> None:
    """Each carries its advice, in plain letters; an older reader finds what it knew."""
    gone = Finding(FindingCode.MEMBER_HAS_LEFT, "Set 1", "8A", "Zoë")
    body = finding_days.to_json(nights([gone]))

    assert json.loads(body) == [
        {
            "code": "member-has-left",
            "record": "Set 1",
            "name": "8A",
            "detail": "Zoë",
            "advice": FindingCode.MEMBER_HAS_LEFT.advice,
            "state": "open",
            "first_seen": "2026-11-23",
        }
    ]
    assert "Zoë".encode() in body
    assert body.endswith(b"]\n")


def test_what_an_older_version_wrote_is_open_since_its_reading() -> None:
    """It knew no days, so nothing that it had is told as new."""
    body = b'[{"code": "pupil-without-email", "record": "Pupil 2", "name": "", "detail": ""}]'
    former = finding_days.from_json(body, MONDAY)

    assert told(remembered([NAMELESS, EMPTY_SET], TUESDAY, former)) == [
        ("Pupil 2", "open since 2026-11-23"),
        ("Set 301", "new"),
    ]


# -- by kind -------------------------------------------------------------------------------------


def test_a_kind_counts_what_is_new_open_and_mended() -> None:
    """With the oldest day of those that are there, and the new ones first."""
    others = [replace(NAMELESS, record=f"Pupil {number}") for number in (3, 4, 5)]
    (kind,) = kinds(nights([NAMELESS, others[0]], [NAMELESS, others[1]], [NAMELESS, *others[1:]]))

    assert (kind.new, kind.older, kind.mended, kind.since) == (1, 2, 1, MONDAY)
    assert [each.state for each in kind.findings] == ["new", "open", "open", "mended"]


def test_the_worst_kind_comes_first_and_what_is_mended_last() -> None:
    """Nobody looks for what is to be done below what is done."""
    known = nights([EMPTY_SET, NAMELESS], [NAMELESS])

    assert harm(EMPTY_SET.code) < harm(NAMELESS.code)
    assert [kind.code for kind in kinds(known)] == [NAMELESS.code, EMPTY_SET.code]
    assert [kind.since for kind in kinds(known)] == [MONDAY, None]


@pytest.mark.parametrize(("count", "many"), [(MANY_NEW, False), (MANY_NEW + 1, True)])
def test_more_than_fifty_new_ones_of_a_kind_are_probably_a_filter(
    count: int,
    many: bool,  # noqa: FBT001
) -> None:
    """What is told of them is one sentence, which says what to look for."""
    found = [replace(NAMELESS, record=f"Pupil {number}") for number in range(count)]
    (kind,) = kinds(nights([], found))

    assert bool(kind.many_new) is many
    assert not many or "filter in iSAMS" in kind.many_new


def test_a_first_set_of_many_findings_is_no_filter() -> None:
    """They may be there for years."""
    found = [replace(NAMELESS, record=f"Pupil {number}") for number in range(MANY_NEW + 1)]

    assert [kind.many_new for kind in kinds(nights(found))] == [""]


def test_each_kind_is_called_by_its_word_and_says_who_mends_it() -> None:
    """What the counts say of a kind, without anybody's name."""
    (kind,) = kinds(nights([NAMELESS]))

    assert kind.document() == {
        "code": "pupil-without-email",
        "told": "Pupil without e-mail",
        "became": FindingCode.PUPIL_WITHOUT_EMAIL.advice,
        "who": "the school",
        "new": 0,
        "open": 1,
        "mended": 0,
        "since": "2026-11-23",
        "many_new": "",
    }


def test_who_mends_is_one_of_few() -> None:
    """Of each kind, in words that a page can show as they are."""
    assert {code.mends for code in FindingCode} == {
        "the school",
        "whoever runs this app",
        "whoever makes accounts in Entra",
        "nobody",
    }
