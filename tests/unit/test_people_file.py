"""The file of names: what was written is read, one at a time; what is damaged is told."""

from __future__ import annotations

import pytest

from sync.errors import StoreConflict
from sync.sds.people_file import NamedPerson, people_json, people_of

ANNA = NamedPerson("9301-P-7", "Anna\u2028", 'O"Neil', "7B", 7, "anna@northbank.example", "student")
HEAD = NamedPerson("9301-T-1", "Zoë", "Head", "", None, "head@northbank.example", "extra")


def test_what_was_written_is_read_in_order_of_ids() -> None:
    """Whatever signs a name has: each person is on a line."""
    body = people_json([HEAD, ANNA])

    assert list(people_of(body)) == [ANNA, HEAD]
    assert body == people_json([ANNA, HEAD])
    assert body.count(b"\n") == 4


def test_only_those_who_are_asked_for_are_given() -> None:
    """So that naming ten people of 60,000 keeps ten."""
    assert list(people_of(people_json([ANNA, HEAD]), {"9301-T-1"})) == [HEAD]


def test_nobody_is_a_file_as_well() -> None:
    """A profile without people is sealed like any other."""
    assert list(people_of(people_json([]))) == []


@pytest.mark.parametrize("body", [b"{}", b'[\n{"id": "P-1"}\n]', b"[\nAnna\n]", b"\xff"])
def test_a_damaged_file_is_told_without_what_it_says(body: bytes) -> None:
    """A name never stands in a message."""
    with pytest.raises(StoreConflict) as caught:
        list(people_of(body))

    assert "Anna" not in str(caught.value)
    assert caught.value.__cause__ is None
