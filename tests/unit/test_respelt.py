"""A form that is only written otherwise keeps its Team, and nobody gets another's."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.roster.identifiers import class_id, group_id
from sync.roster.respelt import kept_ids
from sync.texts import folded

KELVIN = "\u212a"
NAMES = st.text("aAkK /\u212a\xa0.-1", min_size=1, max_size=4)
CLASSES = st.builds(
    lambda space, name, year: group_id("9990001", year, space, name),
    st.sampled_from(("form", "house", "boarding", "tutor", "division")),
    NAMES,
    st.sampled_from((2025, 2026)),
)


def form(name: str, year: int = 2026) -> str:
    """Return the id of the class of a form called *name*."""
    return group_id("9990001", year, "form", name)


@pytest.mark.parametrize("name", ["8/Jdo", "8/jdo", "8 /JDO", " 8/JDO", "8/JDO\xa0"])
def test_a_form_that_is_only_written_otherwise_keeps_its_id(name: str) -> None:
    """Somebody has corrected its case, or typed a blank more: it is the same form."""
    assert kept_ids([form(name)], [form("8/JDO")]) == {form(name): form("8/JDO")}


@pytest.mark.parametrize("name", ["8/ABE", "8-JDO", "8/JD0", "8/JD\u00d6", "8.2F.JDO"])
def test_a_form_with_another_name_is_another_class(name: str) -> None:
    """A tutor's initials, a stroke or an accent: it may be another form."""
    assert kept_ids([form(name)], [form("8/JDO")]) == {}


def test_the_kelvin_sign_is_no_k() -> None:
    """To `lower` it is, to iSAMS's database it is not."""
    assert kept_ids([form(f"8{KELVIN}")], [form("8k")]) == {}


def test_only_what_is_known_by_a_name_may_keep_another_id() -> None:
    """A set is known by iSAMS's id, a division too; and each year has its own classes."""
    sets = kept_ids([class_id("9990001", 2026, "3a1")], [class_id("9990001", 2026, "3A1")])
    divisions = (group_id("9990001", 2026, "division", name) for name in ("a", "A"))

    assert sets == {}
    assert kept_ids([next(divisions)], [next(divisions)]) == {}
    assert kept_ids([form("8/jdo", 2027)], [form("8/JDO")]) == {}
    assert kept_ids([form("8/jdo")], [group_id("9990002", 2026, "form", "8/JDO")]) == {}


def test_where_two_could_have_it_nobody_takes_it() -> None:
    """Of two new forms neither is the old one for sure, nor one of two old ones."""
    assert kept_ids([form("8a"), form("8 a")], [form("8A")]) == {}
    assert kept_ids([form("8a")], [form("8A"), form("8 A")]) == {}


def test_an_id_that_is_in_the_delivery_is_not_taken() -> None:
    """The form that is there under this very name has that Team."""
    assert kept_ids([form("8A"), form("8a")], [form("8A")]) == {}


def test_an_id_that_no_address_can_have_is_not_taken() -> None:
    """Two blanks were two dots together: what is made today is better than what was sent once."""
    assert kept_ids([form("8 A")], ["9990001-2026-form-8.20..20.A"]) == {}
    assert kept_ids([form("8A ")], [form("8a")]) == {form("8A "): form("8a")}


def test_what_has_a_digest_in_its_id_keeps_it_only_with_proof() -> None:
    """The letters alone do not tell: a form `8A*` is not `8A`, nor `8 / A` `8/A` for sure."""
    assert kept_ids([form("8A*")], [form("8A")]) == {}
    assert kept_ids([form("8/JDO")], [form("8/ jdo")]) == {form("8/JDO"): form("8/ jdo")}
    assert kept_ids([form("8b (Art)")], [form("8B (Art)")]) == {}


@given(st.sets(CLASSES, max_size=8), st.sets(CLASSES, max_size=8))
def test_never_do_two_classes_get_one_id(made: set[str], held: set[str]) -> None:
    """Whoever keeps an id is alone with it: none of the delivery has it, and no other takes it."""
    kept = kept_ids(made, held)
    sent = [kept.get(each, each) for each in made]

    assert len(set(sent)) == len(made)
    assert kept.keys() <= made - held
    assert set(kept.values()) <= held - made


@given(NAMES, NAMES)
def test_names_that_differ_in_more_than_case_and_blanks_never_meet(one: str, other: str) -> None:
    """However they are spelt out: the class would be another form's."""
    alike = folded("".join(one.split())) == folded("".join(other.split()))
    kept = kept_ids([form(one)], [form(other)])

    assert alike or not kept
    assert kept in ({}, {form(one): form(other)})
