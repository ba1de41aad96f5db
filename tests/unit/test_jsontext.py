"""JSON that ended too early is told from what is no JSON."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync import jsontext

ANSWER = {"employees": [{"id": 41, "name": 'Zoë "}{][" \\ Vale', "gone": None}], "totalCount": 1}
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=9,
)


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf", b" \r\n"])
def test_an_answer_that_ends_anywhere_before_its_end_is_cut(mark: bytes) -> None:
    """In a name, in a text, in half a letter, between two records: always."""
    body = json.dumps(ANSWER, ensure_ascii=False).encode()

    assert all(jsontext.is_cut(mark + body[:size_bytes]) for size_bytes in range(len(body)))
    assert not jsontext.is_cut(mark + body)


@given(st.dictionaries(st.text(), VALUES))
def test_nothing_whole_is_cut_and_every_part_is(value: object) -> None:
    """Whatever the texts hold."""
    body = json.dumps(value, ensure_ascii=False).encode()

    assert not jsontext.is_cut(body)
    assert all(jsontext.is_cut(body[:size_bytes]) for size_bytes in range(len(body)))


@pytest.mark.parametrize(
    "body", [b"Service unavailable", b'it"s', b"<html>", b"{oops}", b"{'a': 1}", b"7", b"\xff\xfe{"]
)
def test_what_is_no_json_is_not_cut(body: bytes) -> None:
    """To ask again would not help: somebody must look at it."""
    assert jsontext.parse(body) in {None, 7}
    assert not jsontext.is_cut(body)
