"""The file of names: what was written is read, one at a time; what is damaged is told."""

from __future__ import annotations

from typing import Literal

import pytest

from sync.errors import StoreConflict
from sync.sds.csvtext import encode
from sync.sds.people_file import NamedPart, NamedPerson, merged, people_json, people_of
from sync.sds.tables import COLUMNS

type Role = Literal["student", "teacher", "extra"]

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


# -- of a delivery -------------------------------------------------------------------------------


def a_person(user_id: str, address: str, role: Role = "teacher", forename: str = "") -> NamedPerson:
    return NamedPerson(user_id, forename, "", "", None, f"{address}@x.example", role)


def files(**addresses: str) -> dict[str, bytes]:
    """Return a table of users: addresses by id."""
    rows = [(key, f"{address}@x.example", "", "") for key, address in sorted(addresses.items())]
    return {"users.csv": encode(COLUMNS["users.csv"], rows)}


def merged_people(sent: dict[str, bytes], *parts: NamedPart) -> list[NamedPerson]:
    return list(people_of(merged(sent, parts)))


def test_a_delivery_names_each_of_its_users_once_by_the_newest_set() -> None:
    """Of a person whom two profiles have, what was read last is true."""
    newer, older = a_person("T1", "ann", forename="New"), a_person("T1", "ann", forename="Old")

    assert merged_people(files(T1="ann"), NamedPart([newer], {}), NamedPart([older], {})) == [newer]


def test_a_person_of_two_schools_is_named_under_the_id_that_is_sent() -> None:
    """By the record whose id it is, whatever came first."""
    away, own = a_person("S2", "ann", forename="Away"), a_person("T1", "ann", forename="Own")
    sent, stays = files(T1="ann"), {"S2": "T1"}

    assert merged_people(sent, NamedPart([away], stays), NamedPart([own], stays)) == [own]
    assert merged_people(sent, NamedPart([own], stays), NamedPart([away], stays)) == [own]
    assert merged_people(sent, NamedPart([away], stays)) == [away._replace(id="T1")]


def test_nobody_is_named_by_the_record_of_another() -> None:
    """Neither by an id that somebody else has now, nor by an address that has passed on."""
    sent = files(P1="ann", P2="ben")

    assert merged_people(sent, NamedPart([a_person("P1", "ben"), a_person("P3", "ann")], {})) == []


def test_who_is_no_classs_own_anywhere_is_no_classs_own() -> None:
    """In whichever set, and under whatever address."""
    plain, extra = a_person("T1", "ann"), a_person("T1", "former", "extra")
    told = plain._replace(role="extra")

    assert merged_people(files(T1="ann"), NamedPart([plain], {}), NamedPart([extra], {})) == [told]
