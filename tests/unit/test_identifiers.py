"""Ids, addresses and titles as SDS, Teams and Entra take them."""

from __future__ import annotations

import hashlib
import re
import unicodedata

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from sync import texts
from sync.roster import identifiers
from tests.unit.schools import employee

TEXTS = st.text(max_size=200)
ODD = st.text("a8/&#.= -@+\t\u2028é\u200b\u200d\u2800\uff1d\u3164", max_size=130)


# Made for what once met or broke: blanks and brackets, spelt out and typed; dots; accents.
NAMES = st.text("8Bb2 ()*/-.20é\u0301", min_size=1, max_size=20) | st.text(min_size=1, max_size=60)
SPACES = st.sampled_from(("form", "lesson", "tutor", "year", "house", "boarding", "division"))


@pytest.mark.parametrize(
    ("text", "usable"),
    [
        ("301", True),
        ("A.1", True),
        ("", False),
        ("3-1", False),
        ("3_1", False),
        ("3 1", False),
        ("é", False),
        ("301\n", False),
    ],
)
def test_an_id_of_letters_digits_and_dots_is_usable(text: str, *, usable: bool) -> None:
    """The hyphen joins the parts of our ids, so no part may hold it."""
    assert identifiers.usable_id(text) is usable


def test_ids_say_school_kind_and_year() -> None:
    """Ids are anchors for ever: their form is fixed."""
    assert identifiers.person_id("9990001", "P", "41") == "9990001-P41"
    assert identifiers.person_id("9990001", "T", "41") == "9990001-T41"
    assert identifiers.class_id("9990001", 2026, "301") == "9990001-2026-301"
    assert (
        identifiers.service_account_id("9990001", "bot@northbank.example")
        == "9990001-Xd02755e7249d"
    )


@pytest.mark.parametrize(
    ("form", "own"),
    [
        ("8/JDO", "8.2F.JDO"),
        ("8 JDO", "8.20.JDO"),
        ("8/Zoës", "8.2F.Zo.EB.s"),
        ("8/Zoe\u0308s", "8.2F.Zo.EB.s"),
    ],
)
def test_what_is_a_mail_name_as_it_is_stays(form: str, own: str) -> None:
    """Ids are anchors for ever: no Team changes that need not, however an accent is written."""
    assert identifiers.group_id("9990001", 2026, "form", form) == f"9990001-2026-form-{own}"


@pytest.mark.parametrize(
    ("form", "letters"),
    [
        ("8B (Art)", "8BArt"),
        ("8 - AB", "8AB"),
        ("8A*", "8A"),
        ("(((", ""),
        ("A house with a very long name", "Ahousewithaverylongn"),
    ],
)
def test_what_is_no_mail_name_becomes_its_letters_and_a_digest(form: str, letters: str) -> None:
    """Two dots together, one at the end, over 47 characters: the group's address could not be."""
    class_id = identifiers.group_id("9990001", 2026, "form", form)

    assert class_id == f"9990001-2026-form-{letters}.{_digest(form)}"
    assert len(class_id) <= 47


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def test_sets_with_dots_and_long_ids_have_ids_too() -> None:
    """In both styles, and a set that keeps its Team has the same id a year later."""
    assert identifiers.class_id("9990001", 2026, "A..1") == f"9990001-2026-A1.{_digest('A..1')}"
    assert identifiers.legacy_class_id("A.") == f"A.{_digest('A.')}"
    assert identifiers.legacy_class_id("A.1") == "A.1"
    assert identifiers.legacy_class_id("9" * 47) == "9" * 47
    assert identifiers.legacy_class_id("9" * 48) == f"{'9' * 38}.{_digest('9' * 48)}"


def test_terms_and_courses_are_no_mail_names_and_stay() -> None:
    """Their ids name no group, so that nothing of SDS's forces them to change."""
    assert identifiers.session_id("9990001", 2026, "A (1)") == "9990001-2026-term-A.20..28.1.29."
    assert identifiers.course_id("9990001", "A (1)") == "9990001-course-A.20..28.1.29."


ORG = st.sampled_from(("9", "9990001", "St.-Bees", "1-2026", "A" * 20))


@given(ORG, SPACES, NAMES, SPACES, NAMES)
@example("9", "form", "8B 28", "form", "8B (")
@example("9", "form", "8B..", "form", "8B.")
@example("9", "form", "e\u0301", "form", "e.301.")
def test_no_two_names_have_one_id(
    org: str, space: str, name: str, other_space: str, other: str
) -> None:
    """Else one class would see the other's work. How an accent is typed makes no other name."""
    same = unicodedata.normalize("NFC", name) == unicodedata.normalize("NFC", other)
    first = identifiers.group_id(org, 2026, space, name)
    second = identifiers.group_id(org, 2026, other_space, other)

    assert (first == second) == (same and space == other_space)
    assert identifiers.CLASS_ID.fullmatch(first)


SETS = st.text("8B.20ab", min_size=1, max_size=12) | st.from_regex(
    r"[A-Za-z0-9.]{30,60}", fullmatch=True
)


@given(ORG, SETS, SETS)
@example("9", "A..", "A.")
@example("9", "9" * 48, "9" * 49)
def test_no_two_sets_have_one_id_in_either_style(org: str, first: str, second: str) -> None:
    """Neither with each other nor, by another kind's name, with a form."""
    for made in (lambda of: identifiers.class_id(org, 2026, of), identifiers.legacy_class_id):
        assert (made(first) == made(second)) == (first == second)
        assert identifiers.CLASS_ID.fullmatch(made(first))
        assert made(first) != identifiers.group_id(org, 2026, "form", second)


@given(ORG, SPACES, NAMES)
def test_an_id_of_today_is_not_renewed(org: str, space: str, name: str) -> None:
    """`check` and the guard speak of our rule alone: what it made needs no other id."""
    class_id = identifiers.group_id(org, 2026, space, name)

    assert identifiers.renewed_class_id(class_id) == class_id


@given(ORG, SPACES, NAMES)
def test_an_id_of_before_is_known_again(org: str, space: str, name: str) -> None:
    """Whatever a version before made of a name leads to the id that the name has today."""
    spelt = "".join(c if c.isascii() and c.isalnum() else f".{ord(c):X}." for c in name)
    before = f"{org}-2026-{space}-{spelt}"

    assert identifiers.renewed_class_id(before) == identifiers.group_id(org, 2026, space, name)


@given(ORG, SETS)
def test_a_sets_id_of_before_is_known_again(org: str, set_id: str) -> None:
    """In both styles, and what it is today is left as it is."""
    for made, before in (
        (identifiers.class_id(org, 2026, set_id), f"{org}-2026-{set_id}"),
        (identifiers.legacy_class_id(set_id), set_id),
    ):
        assert identifiers.renewed_class_id(before) == made
        assert identifiers.renewed_class_id(made) == made


@pytest.mark.parametrize("class_id", ["9990001-2026-form-A.110000.B", "8_A", "9-2026-form-8-B", ""])
def test_an_id_that_nobody_here_made_is_left_alone(class_id: str) -> None:
    """What SDS held before may be anybody's."""
    assert identifiers.renewed_class_id(class_id) == class_id


ORGS = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9.-]{0,5}", fullmatch=True)
OWN = st.from_regex(r"[A-Za-z0-9.]{1,4}", fullmatch=True)
CLASS_PARTS = st.tuples(ORGS, st.sampled_from((2025, 2026)), OWN)


@given(CLASS_PARTS, CLASS_PARTS)
@example(("9", 2026, "1"), ("9-2026", 2026, "1"))
def test_two_sets_never_share_a_class_id(
    first: tuple[str, int, str], second: tuple[str, int, str]
) -> None:
    """Whatever the numbers of two schools look like, their ids stay apart."""
    assume(first != second)

    assert identifiers.class_id(*first) != identifiers.class_id(*second)


@pytest.mark.parametrize(
    "text",
    [
        "a@b.example",
        "ida.vale@northbank.example",
        "_svc@northbank.example",
        "o'shea-tag@sub-domain.northbank.example",
        "s#fell@northbank.example",
        "n!l^o~w_@northbank.example",
        "1" * 64 + "@northbank.example",
        "ida@" + "n" * 40 + ".example",
    ],
)
def test_an_address_is_kept(text: str) -> None:
    """What Entra takes as a user principal name is taken."""
    assert texts.address(text) == text


def test_an_address_is_stripped_and_made_small() -> None:
    """SDS compares addresses in small letters."""
    assert texts.address(" Ida.Vale@NorthBank.Example ") == "ida.vale@northbank.example"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ida",
        "ida@northbank",
        "@northbank.example",
        "ida@@northbank.example",
        "ida@northbank.example; ben@northbank.example",
        "ida..vale@northbank.example",
        "ida@northbank..example",
        ".ida@northbank.example",
        "ida.@northbank.example",
        "ida@-northbank.example",
        "ida@northbank-.example",
        "ida vale@northbank.example",
        "=ida@northbank.example",
        "+ida@northbank.example",
        "Ida Vale <ida@northbank.example>",
        "ída@northbank.example",
        "\N{KELVIN SIGN}im.fell@northbank.example",
        "ida@northban\N{KELVIN SIGN}.example",
        "ida+tag@northbank.example",
        "ida`@northbank.example",
        "1" * 65 + "@northbank.example",
        "ida@" + "n" * 41 + ".example",
    ],
)
def test_what_is_not_exactly_one_address_is_none(text: str) -> None:
    """A guess would give one person's classes to another's account."""
    assert texts.address(text) is None


def test_a_pattern_matches_the_staff_it_fits() -> None:
    """`*` and `?` are wildcards, letters of any case are equal, no address matches nothing."""
    staff = [
        employee("1", "SVC-a@x.example"),
        employee("2", "svc-bb@x.example"),
        employee("3", ""),
        employee("4", "svc-\N{KELVIN SIGN}@x.example"),
    ]

    assert identifiers.matching("svc-?@X.example", staff) == ["1"]
    assert identifiers.matching("svc-*", staff) == ["1", "2"]
    assert identifiers.matching("*", staff) == ["1", "2"]
    assert identifiers.matching("svc-k@*", staff) == []


@pytest.mark.parametrize(
    ("text", "title", "loses"),
    [
        ("8A/Ph1", "8A-Ph1", False),
        ("Art & Design", "Art and Design", False),
        ("A&B", "A and B", False),
        ("  8A \t Ph1. ", "8A - Ph1", False),
        ('~"#%*:<>?/\\{|}[]', "", True),
        ("=1+1", "1+1", True),
        ("@+-=", "", True),
        (" .=8A", "8A", True),
        ("=.8A", "8A", True),
        ("#8A", "8A", True),
        ("", "", False),
        ("M" * 120, "M" * 120, False),
        ("M" * 121, "M" * 120, True),
        ("M" * 119 + " Maths", "M" * 119, True),
        ("A&" * 30, ("A and " * 30)[:119].strip(), True),
        ("8\N{ZERO WIDTH SPACE}A\N{SOFT HYPHEN} \N{RIGHT-TO-LEFT OVERRIDE}Ph1", "8A Ph1", True),
        ("\N{ZERO WIDTH SPACE}=1+1", "1+1", True),
        ("\N{FULLWIDTH EQUALS SIGN}1+1", "1+1", True),
        ("\N{ZERO WIDTH SPACE}", "", True),
        ("\N{SOFT HYPHEN}", "", True),
        ("\N{HANGUL FILLER}", "", True),
        ("\N{BRAILLE PATTERN BLANK}", "", False),
        ("\N{ZERO WIDTH SPACE}\N{ZERO WIDTH JOINER}", "", True),
        ("\N{ZERO WIDTH NO-BREAK SPACE}", "", True),
        ("\N{HANGUL FILLER}\N{ZERO WIDTH JOINER}\N{HANGUL FILLER}", "", True),
        ("M" * 119 + "\N{ZERO WIDTH JOINER}M", "M" * 119, True),
        ("مي\N{ZERO WIDTH NON-JOINER}خواهم", "مي\N{ZERO WIDTH NON-JOINER}خواهم", False),
        ("क्\N{ZERO WIDTH JOINER}ष", "क्\N{ZERO WIDTH JOINER}ष", False),
        ("\N{ARABIC NUMBER SIGN}12", "\N{ARABIC NUMBER SIGN}12", False),
        ("Zoe\u0308", "Zo\u00eb", False),
        ("M" * 119 + "e\u0308", "M" * 119 + "\u00eb", False),
        ("M" * 119 + "q\u0308", "M" * 119, True),
        ("M" * 118 + "q\u0308\u0301", "M" * 118, True),
        ("M" * 119 + "\U0001f44d\U0001f3fd", "M" * 119, True),  # a hand and its skin tone
        ("M" * 119 + "\U0001f1ec\U0001f1e7", "M" * 119, True),  # both halves of a flag
        ("M" * 117 + "\U0001f1ec\U0001f1e7" * 2, "M" * 117 + "\U0001f1ec\U0001f1e7", True),
        ("M" * 118 + "\U0001f1ec\U0001f1e7" * 2, "M" * 118 + "\U0001f1ec\U0001f1e7", True),
        ("M" * 118 + "क्ष", "M" * 118, True),
        ("q" + "\u0308" * 130, "q" + "\u0308" * 119, True),
        ("Men\x92s 8\x9610", "Men\u2019s 8\u201310", False),
        ("8\x81\x8d\x8f\x90\x9dA", "8A", True),
        ("8\x85", "8\u2026", False),
    ],
)
def test_titles_are_cleaned(text: str, title: str, *, loses: bool) -> None:
    """Teams gets a name it takes, and whoever reads the findings hears what was lost."""
    assert identifiers.title(text) == title
    assert identifiers.title_loses(text) is loses


@given(TEXTS | ODD)
def test_a_title_is_one_that_teams_takes(text: str) -> None:
    """Whatever the set is called: no refused character, no formula, no blank end, 120 at most."""
    title = identifiers.title(text)

    assert not title or identifiers.TITLE.fullmatch(title)
    assert len(title) <= identifiers.TITLE_LIMIT
    assert title == title.strip(" .")
    assert "  " not in title
    assert not texts.is_unsafe(title)


CHARACTERS = ("q\u0308", "\U0001f1ec\U0001f1e7", "\U0001f44d\U0001f3ff", "\u0915\u094d\u0937", "M")


@given(st.lists(st.sampled_from(CHARACTERS), max_size=150).map("".join), st.integers(3, 120))
def test_no_character_is_cut_through(text: str, limit: int) -> None:
    """What is left is made of whole characters, as many as there is room for."""
    whole, left = re.findall("|".join(CHARACTERS), text), texts.cut(text, limit)

    assert left == "".join(whole[: len(re.findall("|".join(CHARACTERS), left))])
    assert len(left) == len(text) or limit - len(left) < 3
    assert len(left) <= limit


@given(TEXTS | ODD)
def test_a_clean_title_stays_as_it_is(text: str) -> None:
    """Cleaning twice is cleaning once, and the second time loses nothing."""
    title = identifiers.title(text)

    assert identifiers.title(title) == title
    assert not identifiers.title_loses(title)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Ida", "Ida"),
        (" Ida  Maria\t", "Ida Maria"),
        ("Zoë", "Zoë"),
        ("=Ida", ""),
        ("-", ""),
        ("I\x07da", ""),
        ("I" * 64, "I" * 64),
        ("I" * 65, ""),
        ("\N{HANGUL FILLER}", ""),
        ("I\N{ZERO WIDTH SPACE}da", "Ida"),
        ("\N{ZERO WIDTH SPACE}=Ida", ""),
        ("\N{FULLWIDTH COMMERCIAL AT}Ida", ""),
        ("مي\N{ZERO WIDTH NON-JOINER}نا", "مي\N{ZERO WIDTH NON-JOINER}نا"),
        ("Zoe\u0308", "Zo\u00eb"),
        ("O\x92Dell\x81", "O\u2019Dell"),
        ("", ""),
    ],
)
def test_a_name_is_one_clean_cell(text: str, name: str) -> None:
    """A name that cannot be sent as it is, is not sent."""
    assert identifiers.person_name(text) == name


@pytest.mark.parametrize("cell", ["=1", "+1", "-1", "@a", "a\nb", "a\rb", "a\x00b", "a\x85b"])
def test_formulas_and_control_characters_are_unsafe(cell: str) -> None:
    """A spreadsheet would run the one; SDS would refuse the other."""
    assert texts.is_unsafe(cell)
    assert not texts.is_unsafe("a" + cell[0] if cell[0] in "=+-@" else "ab")
