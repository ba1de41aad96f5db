"""A school as bytes and back: nothing of it is lost, and nothing else is taken for one."""

from __future__ import annotations

import gzip
import json
from dataclasses import fields, replace
from typing import get_type_hints

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync.errors import SourceRefused, SourceUnavailable, SyncError
from sync.isams.kept import kept_school, school_of
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
        gzip.compress(b""),
        gzip.compress(b"[]"),
        gzip.compress(b"\xff"),
        gzip.compress(b"[" * 9_999),
        gzip.compress(b"\n".join(lines(school())[1:])),
        gzip.compress(b"\n".join([*lines(school()), b'{"corridors": []}'])),
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
