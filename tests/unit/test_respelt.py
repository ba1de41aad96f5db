"""A form that is only written otherwise keeps its Team, and nobody gets another's."""

from __future__ import annotations

from collections.abc import Iterable
from random import Random

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from sync.roster.identifiers import class_id, group_id, title
from sync.roster.respelt import doubted_beside, kept_ids
from sync.texts import small

KELVIN, LONG_S, SHARP_S = "\u212a", "\u017f", "\xdf"
NAMES = st.text(f"aAkK /*({KELVIN}\xa0\xeb\xcb{SHARP_S}sS.-1", min_size=1, max_size=5)
CLASSES = st.builds(
    lambda space, name, year: (group_id("9990001", year, space, name), titled(name)),
    st.sampled_from(("form", "house", "boarding", "tutor", "division")),
    NAMES,
    st.sampled_from((2025, 2026)),
)


def form(name: str, year: int = 2026) -> str:
    """Return the id of the class of a form called *name*."""
    return group_id("9990001", year, "form", name)


def titled(name: str) -> str:
    """Return what the class of a form called *name* is called."""
    return title(f"Form {name} 2026-27")


def kept(made: Iterable[str], held: Iterable[str]) -> dict[str, str]:
    """Return which of the forms called *made* keep the id of which of those called *held*."""
    names = {form(name): name for name in (*made, *held)}
    ids = kept_ids({form(name): titled(name) for name in made}, [form(name) for name in held])
    return {names[mine]: names[other] for mine, other in ids.items()}


def alike(one: str, other: str) -> bool:
    """Say whether two names differ in case and blanks alone."""
    return small("".join(one.split())) == small("".join(other.split()))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("8/JDO", "8/Jdo"),
        ("8/JDO", "8/jdo"),
        ("8/JDO", "8 /JDO"),
        ("8/JDO", " 8/JDO"),
        ("8/JDO", "8/JDO\xa0"),
        ("8/JDO", "8 / JDO"),
        ("8/JDO", "8/J D  O"),
        ("8B (Art)", "8B (ART)"),
        ("8B (Art)", "8b(art)"),
        ("8 - AB", "8-AB"),
        ("8 - AB", "8 -  ab"),
        ("8A*", "8a*"),
        ("8 & B", "8 & b"),
        ("8/Zo\xeb1", "8/ZO\xcb1"),
        ("8 (Zo\xeb)", "8 (ZO\xcb)"),
        ("Year 8 Maths and Physics (A)", "Year 8 Maths and  Physics (A)"),
    ],
)
def test_a_form_that_is_only_written_otherwise_keeps_its_id(before: str, after: str) -> None:
    """Somebody has corrected its case, or typed blanks, or somebody has taken that back."""
    assert kept([after], [before]) == {after: before}
    assert kept([before], [after]) == {before: after}


@pytest.mark.parametrize("before", ["8B (Art)", "8 - AB", "8/ jdo", "8a*", "8 (Zo\xeb)"])
def test_the_id_goes_on_though_the_class_has_the_new_title(before: str) -> None:
    """What SDS holds is called as the form is now: only the id tells how it was once written."""
    after = before.upper().replace(" ", "")

    assert kept_ids({form(after): titled(after)}, [form(before)]) == {form(after): form(before)}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("8/JDO", "8/ABE"),
        ("8/JDO", "8-JDO"),
        ("8/JDO", "8/JD0"),
        ("8/JDO", "8/JD\xd6"),
        ("8/JDO", "8.2F.JDO"),
        ("8B (Art)", "8B [Art]"),
        ("8A*", "8A?"),
        ("8A*", "8A"),
        ("8 - AB", "8 / AB"),
        ("8/Zo\xeb", "8/Zoe"),
        ("8*\xeb", "8*\xe9"),
        ("8\u03c21", "8\u03c31"),
        (f"8{SHARP_S}*", "8ss*"),
        (f"8{LONG_S}*", "8s*"),
        (f"8{KELVIN}", "8k"),
        (f"8{KELVIN}*", "8k*"),
    ],
)
def test_a_form_with_another_name_is_another_class(before: str, after: str) -> None:
    """A tutor's initials, a stroke or an accent: it may be another form.

    U+212A is a k to `lower`, and to nobody else. Titles show `*` and `?` alike.
    """
    assert kept([after], [before]) == {}
    assert kept([before], [after]) == {}


@pytest.mark.parametrize("called", ["Form 8", "8A- 2026-27", "8a. 2026-27", ""])
def test_a_title_proves_nothing_by_itself(called: str) -> None:
    """It may be that of all forms, or of another: where both ids have a digest, that decides."""
    assert kept_ids({form("8a*"): called}, [form("8A?")]) == {}
    assert kept_ids({form("8a*"): called}, [form("8A*")]) == {}


def test_a_title_of_another_template_proves_as_much() -> None:
    """The name stands in it, whatever stands around it."""
    for called in ("8a-", "a 8a- house", "Year 8: 8a-", "8a 8a- 8a"):
        assert kept_ids({form("8a*"): called}, [form("8A*")]) == {form("8a*"): form("8A*")}


def test_only_what_is_known_by_a_name_may_keep_another_id() -> None:
    """A set is known by iSAMS's id, a division too; and each year has its own classes."""
    a_set, another = (class_id("9990001", 2026, key) for key in ("3a1", "3A1"))
    division, other = (group_id("9990001", 2026, "division", name) for name in ("a", "A"))

    assert kept_ids({a_set: ""}, [another]) == {}
    assert kept_ids({division: ""}, [other]) == {}
    assert kept_ids({form("8/jdo", 2027): ""}, [form("8/JDO")]) == {}
    assert kept_ids({form("8/jdo"): ""}, [group_id("9990002", 2026, "form", "8/JDO")]) == {}


@pytest.mark.parametrize(
    ("made", "held"),
    [
        (["8a", "8 a"], ["8A"]),
        (["8a"], ["8A", "8 A"]),
        (["8b (Art)", "8B  (Art)"], ["8B (Art)"]),
        (["8b (Art)"], ["8B (Art)", "8B (ART)"]),
    ],
)
def test_where_two_could_have_it_nobody_takes_it(made: list[str], held: list[str]) -> None:
    """Of two new forms neither is the old one for sure, nor one of two old ones."""
    assert kept(made, held) == {}


def test_who_may_be_a_third_is_not_passed_over() -> None:
    """The name of one of them is not known, so it could be the one that is meant."""
    named, unnamed = {form("8b(art)"): titled("8b(art)")}, {form("8B (ART)"): "Form 8"}

    assert kept_ids(named, [form("8B (Art)")]) == {form("8b(art)"): form("8B (Art)")}
    assert kept_ids(named | unnamed, [form("8B (Art)")]) == {}


def test_another_form_with_the_same_letters_does_not_stand_in_the_way() -> None:
    """Two forms are corrected in one night, and each name tells whose id is whose."""
    assert kept(["8a*", "8a?", "8a"], ["8A*", "8A?", "8A"]) == {
        "8a*": "8A*",
        "8a?": "8A?",
        "8a": "8A",
    }


def test_an_id_that_is_in_the_delivery_is_not_taken() -> None:
    """The form that is there under this very name has that Team."""
    assert kept(["8A", "8a"], ["8A"]) == {}
    assert kept(["8A*", "8a*"], ["8A*"]) == {}


def test_an_id_that_no_address_can_have_is_not_taken() -> None:
    """Two blanks were two dots together: what is made today is better than what was sent once."""
    assert kept_ids({form("8 A"): ""}, ["9990001-2026-form-8.20..20.A"]) == {}
    assert kept(["8A "], ["8a"]) == {"8A ": "8a"}


def test_what_is_too_much_to_try_is_neither_proven_nor_ruled_out() -> None:
    """Every letter may be of either case, and four blanks are more than anybody types."""
    name = f"{'\xe9' * 24} (8a)"
    held = f"{'\xe9' * 24} (8A)"

    assert kept([name], [held]) == {name: held}
    assert kept([name, name.upper().replace("A", "a")], [held]) == {}
    assert kept(["8*"], ["8    *"]) == {}


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("8/ZO\xcb", "8/zo\xeb"),
        ("\u1e9e", SHARP_S),
        (f"{KELVIN}{LONG_S}{SHARP_S}\u0130\u03c2", f"{KELVIN}{LONG_S}{SHARP_S}\u0130\u03c2"),
    ],
)
def test_a_letter_in_another_case_is_one_letter(text: str, wanted: str) -> None:
    """Nothing but its case is taken away: U+212A is no k, a sharp s no ss."""
    assert small(text) == wanted


@pytest.mark.parametrize(
    ("made", "held", "doubted"),
    [
        (["8A*"], ["8A"], ["8A"]),
        (["8a?"], ["8A*", "8A"], ["8A*", "8A"]),
        (["8-JDO"], ["8/JDO"], ["8/JDO"]),
        (["Year8AdvancedPlacementMat*"], ["Year8AdvancedPlacementMat"], None),
        (["8A", "8A*"], ["8A"], ["8A"]),
        (["8A"], ["8A", "8A*"], []),
        (["8/ABE"], ["8/JDO"], []),
    ],
)
def test_beside_what_the_same_letters_come_is_known(
    made: list[str], held: list[str], doubted: list[str] | None
) -> None:
    """What cannot be proved is not guessed, and not passed over either. A long name counts cut."""
    told = doubted_beside(map_forms(made), map_forms(held))

    assert told == set(map_forms(held if doubted is None else doubted))


def map_forms(names: Iterable[str]) -> list[str]:
    """Return the ids of the forms called *names*."""
    return [form(name) for name in names]


@given(st.sets(CLASSES, max_size=8), st.sets(CLASSES, max_size=8))
def test_never_do_two_classes_get_one_id(
    made: set[tuple[str, str]], held: set[tuple[str, str]]
) -> None:
    """Whoever keeps an id is alone with it: none of the delivery has it, and no other takes it."""
    titles, before = dict(made), {key for key, _ in held}
    ids = kept_ids(titles, before)
    sent = {ids.get(each, each) for each in titles}

    assert len(sent) == len(titles)
    assert ids.keys() <= titles.keys() - before
    assert set(ids.values()) <= before - titles.keys()


@given(st.sets(NAMES, max_size=4), st.sets(NAMES, max_size=4))
def test_no_form_ends_untold_beside_one_that_is_written_otherwise(
    made: set[str], held: set[str]
) -> None:
    """It keeps its id, or a person is told: never is it simply another class."""
    ids = kept_ids({form(name): titled(name) for name in made}, map_forms(held))
    sent = {ids.get(each, each) for each in map_forms(made)}
    told = doubted_beside(sent, map_forms(held))
    untold = [name for name in held if form(name) not in sent | told]

    assert not [
        (gone, come)
        for gone in untold
        for come in made
        if alike(gone, come) and form(come) not in map_forms(held) and form(come) in sent
    ]


@given(NAMES, NAMES)
def test_names_that_differ_in_more_than_case_and_blanks_never_meet(one: str, other: str) -> None:
    """However they are spelt out: the class would be another form's."""
    assert alike(one, other) or not kept([one], [other])


@given(st.text("aAkK/*(\xeb\xcb.-1", min_size=1, max_size=8), st.randoms(use_true_random=False))
def test_however_capitals_are_corrected_the_form_keeps_its_id(name: str, random: Random) -> None:
    """Signs beside each other, one at the end, accents: what it is made of makes no difference."""
    assume(titled(name).count("-") <= 4)  # with the year's: more are more than is tried
    other = "".join(random.choice((letter, letter.swapcase())) for letter in name)
    ids = kept([other], [name])

    assert ids == {other: name} or other == name
