"""Rows as CSV bytes and back."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.errors import StoreConflict
from sync.sds import csvtext
from sync.sds.tables import WIDEST, columns

HEADER = ("sourcedId", "name", "type")
CELLS = st.text(st.characters(exclude_characters="\r\n", codec="utf-8"))
ROWS = st.lists(st.tuples(CELLS, CELLS, CELLS))


@given(ROWS)
def test_what_was_written_is_read_back(rows: list[tuple[str, ...]]) -> None:
    """Quotes, commas, blanks, any letter: every cell comes back as it was."""
    body = csvtext.encode(HEADER, rows)

    assert list(csvtext.decode("orgs.csv", body, HEADER)) == rows


RISKY = st.text(',"\r\n ab', max_size=3)


@given(st.lists(st.tuples(RISKY, RISKY, RISKY), max_size=4))
def test_a_file_is_what_the_csv_module_would_write(rows: list[tuple[str, ...]]) -> None:
    """Joining is only a shorter way where nothing needs a quote: to the byte the same."""
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows([HEADER, *rows])

    assert csvtext.encode(HEADER, rows) == text.getvalue().encode()


@given(st.lists(st.lists(st.tuples(RISKY, RISKY, RISKY), max_size=3), max_size=4))
def test_rows_that_come_a_few_at_a_time_make_the_same_file(
    runs: list[list[tuple[str, ...]]],
) -> None:
    """To the byte: what was written before decides nothing."""
    file = csvtext.Growing(HEADER)
    for run in runs:
        file.add(run)

    assert file.body() == csvtext.encode(HEADER, [row for run in runs for row in run])


@given(ROWS)
def test_every_row_is_one_line(rows: list[tuple[str, ...]]) -> None:
    """Manifests count rows by their ends, and SDS takes no line break inside a cell."""
    assert csvtext.encode(HEADER, rows).count(b"\r\n") == len(rows) + 1


def test_a_file_is_utf_8_without_a_mark_and_quoted_only_where_needed() -> None:
    """As in Microsoft's samples: CRLF, no byte order mark, minimal quotes, doubled inside."""
    body = csvtext.encode(("a", "b"), [("Zoë", ""), ("x,y", 'say "hi"')])

    assert body == 'a,b\r\nZoë,\r\n"x,y","say ""hi"""\r\n'.encode()


@pytest.mark.parametrize(
    ("asked", "cells"),
    [
        ((), ("c1", "1", "8A", "", "")),
        (("academicSessions.csv",), ("c1", "1", "8A", "fourth", "")),
        (("courses.csv",), ("c1", "1", "8A", "", "fourth")),
        (("academicSessions.csv", "courses.csv"), ("c1", "1", "8A", "fourth", "fifth")),
    ],
)
def test_rows_are_as_wide_as_they_can_be(asked: tuple[str, ...], cells: tuple[str, ...]) -> None:
    """Which other files a set has says which columns classes have; the rest are blank."""
    made = columns(asked)
    row = ("c1", "1", "8A", "fourth", "fifth")[: len(made["classes.csv"])]
    files = {name: csvtext.encode(header, ()) for name, header in made.items()}
    files["classes.csv"] = csvtext.encode(made["classes.csv"], [row])

    assert list(csvtext.widest_rows("classes.csv", files)) == [cells]
    assert all(
        list(csvtext.widest_rows(name, files)) == [] for name in files if name != "classes.csv"
    )
    assert len(cells) == len(WIDEST["classes.csv"])


def test_a_column_that_the_set_has_no_file_for_is_not_ours() -> None:
    """Classes refer to courses if, and only if, the courses are there."""
    body = csvtext.encode(WIDEST["classes.csv"], ())

    with pytest.raises(StoreConflict):
        list(csvtext.widest_rows("classes.csv", {"classes.csv": body, "courses.csv": b""}))


@pytest.mark.parametrize("count", [0, 1, 1_999, 2_000, 2_001, 4_500])
def test_no_row_is_lost_where_writing_pauses(count: int) -> None:
    """Rows are written in pieces, to keep little in memory; none falls between two."""
    rows = [(str(number), "n", "t") for number in range(count)]

    assert list(csvtext.decode("orgs.csv", csvtext.encode(HEADER, rows), HEADER)) == rows


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "a sealed file has other columns than ours"),
        (b"\xef\xbb\xbfsourcedId,name,type\r\n", "a sealed file has other columns than ours"),
        (b"sourcedId,type,name\r\n", "a sealed file has other columns than ours"),
        (b"sourcedId,name\r\n", "a sealed file has other columns than ours"),
        (b"sourcedId,name,type\r\nSam,Osei\r\n", "a sealed file has a row of another length"),
        (b"sourcedId,name,type\r\nSam,O,s,e\r\n", "a sealed file has a row of another length"),
        (b"sourcedId,name,type\r\n\r\n", "a sealed file has a row of another length"),
        (b"sourcedId,name,type\r\nSam,Osei\xff,a\r\n", "a sealed file is not the CSV we wrote"),
        (b'sourcedId,name,type\r\nSam,"Osei', "a sealed file is not the CSV we wrote"),
        (b'sourcedId,name,type\r\n"Sam"Osei,a,b\r\n', "a sealed file is not the CSV we wrote"),
    ],
)
def test_a_file_that_we_did_not_write_is_refused(body: bytes, message: str) -> None:
    """It was sealed under a digest: other bytes are somebody's change. Cells stay untold."""
    with pytest.raises(StoreConflict) as caught:
        list(csvtext.decode("orgs.csv", body, HEADER))

    assert str(caught.value) == message
    assert caught.value.facts == {"file": "orgs.csv"}
