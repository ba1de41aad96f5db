"""The list as a file, and what has arrived of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sync.isams.addresses.arrivals import Arrival, arrivals
from sync.isams.addresses.kinds import PeopleKind
from sync.isams.addresses.list_file import ListFault, asked_in, left_out_csv, names, proposed_csv
from sync.isams.addresses.matching import LeftOut, Proposal
from sync.isams.addresses.reasons import Reason
from sync.isams.school import Employee
from tests.unit.test_address_matching import PUPIL, school

PUPILS = PeopleKind.PUPILS
LINES = proposed_csv(PUPILS, [Proposal(PUPIL, "aashdown@northbank.example")])


def test_a_list_says_whose_address_it_is_and_can_be_read_again() -> None:
    """With the headings that REST has for these fields."""
    assert LINES.decode().splitlines() == [
        "schoolId,schoolCode,forename,surname,formGroup,schoolEmailAddress",
        "S1,A1,Ada,Ashdown,,aashdown@northbank.example",
    ]
    assert asked_in(PUPILS, LINES) == {"S1": "aashdown@northbank.example"}


def test_a_cell_that_a_spreadsheet_would_run_is_quoted_and_still_known() -> None:
    """An apostrophe goes before it, and away again."""
    odd = replace(PUPIL, id="=1+1", surname="@SUM(A1)")
    lines = proposed_csv(PUPILS, [Proposal(odd, "a@northbank.example")])

    assert b"'=1+1," in lines
    assert b"'@SUM(A1)," in lines
    assert set(asked_in(PUPILS, lines)) == {"=1+1"}


def test_a_list_that_a_spreadsheet_has_saved_is_known() -> None:
    """With a mark at its start, semicolons, and a line of nothing at its end."""
    saved = b"\xef\xbb\xbf" + LINES.replace(b",", b";") + b"\r\n"

    assert asked_in(PUPILS, saved) == {"S1": "aashdown@northbank.example"}


def test_who_is_left_out_stands_with_code_and_sentence() -> None:
    """So that somebody can mend it."""
    lines = left_out_csv(
        PeopleKind.STAFF, [LeftOut(Employee("41", "", "Bo", "Bell"), Reason.GUEST)]
    )
    heading, line = lines.decode().splitlines()

    assert heading == "id,schoolInitials,forename,surname,reason,why"
    assert line.startswith("41,,Bo,Bell,guest,")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "this is no list of pupils"),
        (b"a,b\r\n1,2\r\n", "this is no list of pupils"),
        (proposed_csv(PeopleKind.STAFF, []), "this is no list of pupils"),
        (b"\xff\xfea", "no CSV in UTF-8"),
        (LINES + b"S2,A2,B,C,\r\n", "line 3 is no line of the list"),
        (LINES + b"S2,A2,B,C,,no address\r\n", "line 3 is no line of the list"),
        (LINES + LINES.splitlines()[1], "line 3 is no line of the list"),
    ],
)
def test_what_is_no_list_is_refused_in_a_sentence(body: bytes, words: str) -> None:
    """With the number of the line, and nothing that stands in it."""
    with pytest.raises(ListFault, match=words) as caught:
        asked_in(PUPILS, body)

    assert "Ashdown" not in str(caught.value)


def test_the_files_are_called_after_the_kind() -> None:
    """So that both kinds may lie in one folder's neighbours."""
    assert names(PUPILS) == ("pupils-addresses.csv", "pupils-left-out.csv")


def test_what_was_asked_for_has_arrived_or_not() -> None:
    """Every code, and how many: nobody is named."""
    of = school(
        replace(PUPIL, id="S1", email="P1@northbank.example"),
        replace(PUPIL, id="S2", email="other@northbank.example"),
        replace(PUPIL, id="S3", email=" "),
        replace(PUPIL, id="S5", email="nonsense"),
    )
    asked = {f"S{n}": f"p{n}@northbank.example" for n in (1, 2, 3, 4, 5)}

    assert arrivals(PUPILS, asked, of) == {
        Arrival.ARRIVED: 1,
        Arrival.OTHERWISE: 2,
        Arrival.BLANK: 1,
        Arrival.GONE: 1,
    }
