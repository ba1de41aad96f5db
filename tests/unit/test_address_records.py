"""A record as text: it goes back as it came, and two are compared by what they say."""

from __future__ import annotations

import json

import pytest

from sync.isams.addresses import fitness
from sync.isams.addresses.record_text import (
    body_of,
    differing,
    is_blank_address,
    members_of,
    says_something,
    text_in,
    to_put,
)
from sync.isams.addresses.swagger import Contract

RECORD = b"""{"schoolId": "S1", "surname":"N\\u00fa\\u00f1ez", "enrolmentYear": 2.50E3,
 "nationalities": [""], "homeAddresses": [{"id": 1, "town": "Northbank"}],
 "schoolEmailAddress": null, "lastUpdated": "t0", "isVisaRequired" : false}"""
ADDRESS = '"p1@northbank.example"'
TAKES = frozenset({"surname", "enrolmentYear", "nationalities", "schoolEmailAddress"})


def test_what_is_put_is_what_came_with_one_value_changed() -> None:
    """Every text as it was written: the number too, and nothing that PUT does not take."""
    body = body_of(to_put(members_of(RECORD), TAKES, ADDRESS))

    assert body == (
        b'{"surname":"N\\u00fa\\u00f1ez","enrolmentYear":2.50E3,'
        b'"schoolEmailAddress":"p1@northbank.example"}'
    )
    assert json.loads(body)["enrolmentYear"] == 2500


@pytest.mark.parametrize("value", ['[""]', "[]", "null", "[ ]"])
def test_nationalities_of_nobody_are_left_out(value: str) -> None:
    """They are refused if they are put back; any other goes."""
    record = {"nationalities": value, "schoolEmailAddress": "null"}

    assert "nationalities" not in to_put(record, TAKES, ADDRESS)
    british = to_put({"nationalities": '["British"]'}, TAKES, ADDRESS)
    assert british["nationalities"] == '["British"]'


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b'"x"',
        b"{",
        b'{"a"',
        b'{"a":1,}',
        b'{"a":1} {"b":2}',
        b'{"a":1,"a":2}',
        b'{"a":1,"A":2}',
        b'{1:"a"}',
        b'{"a":NaN}',
        b'{"a":}',
        b'{"a" 1}',
        b"\xff\xfe{}",
        b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    ],
)
def test_what_is_no_record_is_refused(body: bytes) -> None:
    """A name that comes twice has two values, and nobody knows which one is meant."""
    with pytest.raises(ValueError, match=r"."):
        members_of(body)


def test_an_empty_record_and_a_mark_at_the_start_are_read() -> None:
    """The byte order mark is no part of it."""
    assert members_of(b"\xef\xbb\xbf{ }") == {}


AFTER = {
    "as it was, but for the address": ({"schoolEmailAddress": ADDRESS}, ()),
    "last changed later": ({"schoolEmailAddress": ADDRESS, "lastUpdated": '"t1"'}, ()),
    "another text of one number": ({"schoolEmailAddress": ADDRESS, "enrolmentYear": "2500.0"}, ()),
    "another way to say nobody": ({"schoolEmailAddress": ADDRESS, "nationalities": "null"}, ()),
    "members in another order": (
        {
            "schoolEmailAddress": ADDRESS,
            "homeAddresses": '[{"town":"Northbank","id":1}]',
        },
        (),
    ),
    "no address": ({}, ("schoolEmailAddress",)),
    "another address": ({"schoolEmailAddress": '"P1@northbank.example"'}, ("schoolEmailAddress",)),
    "a text for a number": (
        {"schoolEmailAddress": ADDRESS, "enrolmentYear": '"2500"'},
        ("enrolmentYear",),
    ),
    "nought for false": (
        {"schoolEmailAddress": ADDRESS, "isVisaRequired": "0"},
        ("isVisaRequired",),
    ),
    "a member more": ({"schoolEmailAddress": ADDRESS, "new": "null"}, ("new",)),
    "emptied": (
        {"schoolEmailAddress": ADDRESS, "homeAddresses": "[]", "surname": "null"},
        ("homeAddresses", "surname"),
    ),
}


@pytest.mark.parametrize("case", AFTER)
def test_a_record_differs_in_what_it_says(case: str) -> None:
    """Not in how it is written, nor in when it was last changed."""
    changes, names = AFTER[case]
    before = members_of(RECORD)

    assert differing(before, {**before, **changes}, ADDRESS) == names


def test_a_member_that_is_gone_is_a_difference() -> None:
    """Null and not there are two things, but of nationalities."""
    before = {**members_of(RECORD), "religion": "null"}
    after = {name: value for name, value in before.items() if name not in {"religion", "surname"}}
    del after["nationalities"]

    assert differing(before, {**after, "schoolEmailAddress": ADDRESS}, ADDRESS) == (
        "religion",
        "surname",
    )


def test_an_address_taken_away_is_blank_in_any_way() -> None:
    """Null, nothing and blanks are one to whoever looks for an address."""
    before = members_of(RECORD)

    assert differing(before, {**before, "schoolEmailAddress": '""'}, "null") == ()
    assert [is_blank_address(text) for text in ("null", '""', '" "', '"x"', "1")] == [
        True, True, True, False, False,
    ]  # fmt: skip


def test_what_an_empty_field_looks_like_says_nothing() -> None:
    """So it shows nobody that a field is really read."""
    empty = ["null", '""', "[]", '[""]', "{}", "false", "0", "0.0", "-0"]

    assert not any(map(says_something, empty))
    assert all(map(says_something, ["true", "1", '"x"', "[0]", '" "', '{"a":null}']))
    assert (text_in('"\\u0041"'), text_in("1")) == ("A", None)


CONTRACT = Contract(
    takes=("religion", "schoolEmailAddress", "surname"),
    shows=("religion", "schoolEmailAddress", "schoolId", "surname"),
    digest="d",
)


def test_a_field_must_be_seen_with_a_value_or_be_called_unused() -> None:
    """In any of the records; the address is what they all lack."""
    one = {"religion": "null", "surname": '"N"', "schoolEmailAddress": "null"}

    assert fitness.unseen([one], CONTRACT, frozenset()) == ("religion",)
    assert fitness.unseen([one, {"religion": '"x"'}], CONTRACT, frozenset()) == ()
    assert fitness.unseen([one], CONTRACT, frozenset({"religion"})) == ()


def test_what_one_client_sees_the_other_must_see() -> None:
    """A value that only rights hide is a value that would be emptied."""
    seen, blind = {"religion": '"x"', "surname": '"N"'}, {"religion": "null", "surname": '"N"'}

    assert fitness.hidden(seen, blind) == ("religion",)
    assert fitness.hidden(seen, {"surname": '"N"'}) == ("religion",)
    assert fitness.hidden(seen, {**seen, "surname": '"N…"'}) == ("surname",)
    assert fitness.hidden(blind, seen) == ()
    assert fitness.hidden({"lastUpdated": '"t1"'}, {"lastUpdated": '"t0"'}) == ()


def test_a_record_must_have_what_the_swagger_says_and_no_more() -> None:
    """A member that nobody learnt of may be a field that PUT empties."""
    record = {"surname": '"N"', "schoolEmailAddress": "null", "extra": "1"}

    assert fitness.unlearnt(record, CONTRACT) == ("extra",)
    assert fitness.missing(record, CONTRACT) == ("religion",)
