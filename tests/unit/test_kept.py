"""A school as bytes and back: nothing of it is lost, and nothing else is taken for one."""

from __future__ import annotations

import gzip
import json
from dataclasses import fields, replace
from typing import Any, get_type_hints

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync.errors import SourceRefused, SourceUnavailable, SyncError
from sync.isams import datasets
from sync.isams.datasets import Wanted
from sync.isams.kept import kept_school, lacking, school_of
from sync.isams.school import School
from tests.unit.schools import school

HINTS = {name: kind for name, kind in get_type_hints(School).items() if name != "untold"}
# REST is JSON, which can hold half a character; so can what hypothesis makes of `str`.
TEXTS = st.text(max_size=4) | st.sampled_from(["", "007", "8A\x00", "Zoë", "\ud800", "\U0001f600"])


@st.composite
def schools(draw: st.DrawFn) -> School:
    """Return any school at all, most of whose datasets may not have been read."""
    st.register_type_strategy(str, TEXTS)
    return School(**{name: draw(st.from_type(kind)) for name, kind in HINTS.items()})


@settings(max_examples=60)
@given(schools())
def test_what_was_kept_is_the_same_school(read: School) -> None:
    """Whatever it holds: what was not read stays unknown, and is never empty."""
    again = school_of(kept_school(read))

    assert again == read
    assert [getattr(again, name) is None for name in HINTS] == [
        getattr(read, name) is None for name in HINTS
    ]


@settings(max_examples=20)
@given(schools())
def test_equal_schools_give_equal_bytes(read: School) -> None:
    """Whenever they are written."""
    assert kept_school(replace(read)) == kept_school(read)


@pytest.mark.parametrize(
    "error", [SourceRefused("no", status=403), SourceUnavailable("later", dataset="School Terms")]
)
def test_why_a_dataset_was_not_told_is_kept(error: SyncError) -> None:
    """Titles that call the year wait for terms that may still come, and for no others."""
    read = replace(school(), untold={"School Terms": error})

    again = school_of(kept_school(read)).untold["School Terms"]

    assert type(again) is type(error)
    assert (str(again), again.facts, again.retry) == (str(error), error.facts, error.retry)


def test_an_error_of_another_version_is_not_expected() -> None:
    """It is no reason not to read the school."""
    body = gzip.decompress(kept_school(replace(school(), untold={"Terms": SourceRefused("no")})))
    of_another = gzip.compress(body.replace(b"SourceRefused", b"SourceStrange"))

    assert school_of(of_another).untold["Terms"].code == "UnexpectedError"


def lines(read: School) -> list[bytes]:
    return gzip.decompress(kept_school(read)).splitlines()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not compressed",
        kept_school(school())[:-9],
        gzip.compress(b"", mtime=0),
        gzip.compress(b"[]", mtime=0),
        gzip.compress(b"\xff", mtime=0),
        gzip.compress(b"[" * 9_999, mtime=0),
        gzip.compress(b"\n".join(lines(school())[1:]), mtime=0),
        gzip.compress(b"\n".join([*lines(school()), b'{"corridors": []}']), mtime=0),
        gzip.compress(kept_school(school()).replace(b"x", b"y")),
        gzip.compress(json.dumps({field.name: 7 for field in fields(School)}).encode()),
        gzip.compress(
            b"\n".join(lines(school())).replace(b'"untold":{}', b'"untold":{"a":{"error":1}}')
        ),
    ],
)
def test_anything_else_is_no_school(body: bytes) -> None:
    """Cut, of another version, or somebody else's: it is refused, and never an empty school."""
    with pytest.raises(ValueError, match=r".") as refused:
        school_of(body)

    assert "Sam" not in str(refused.value)


def test_of_every_dataset_that_may_be_read_it_is_known_where_a_school_holds_it() -> None:
    """What was never asked for is lacking, and nothing else is."""
    everything = Wanted(besides=frozenset(datasets.EXTRAS))
    unread = School({}, {}, {}, {}, {}, {})
    empty: dict[str, Any] = {name: {} for name in HINTS if getattr(unread, name) is None}
    told = replace(unread, **empty | {"lessons": ()})

    assert lacking(unread, everything) == tuple(each.ui_name for each in datasets.EXTRAS)
    assert lacking(told, everything) == ()
    assert lacking(told, Wanted(needed=frozenset({datasets.FORMS}))) == ("Forms",)


def test_what_was_asked_for_and_could_not_be_read_is_not_lacking() -> None:
    """A night goes on without it, and so does a trial; but not where classes are made of it."""
    read = replace(school(), untold={datasets.TERMS.ui_name: SourceRefused("no")})
    terms = frozenset({datasets.TERMS})

    assert lacking(read, Wanted(besides=terms)) == ()
    assert lacking(read, Wanted(needed=terms)) == ("School Terms",)


def test_tutors_lack_where_nobody_has_one() -> None:
    """They are read for few: then nobody can say whose tutor group would be empty."""
    tutored = {"1": replace(school().pupils["1"], tutor_id="41")}

    assert lacking(school(), Wanted(tutors=True)) == ("Current Pupils, with tutors",)
    assert lacking(replace(school(), pupils=tutored), Wanted(tutors=True)) == ()
