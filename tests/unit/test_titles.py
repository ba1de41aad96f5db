"""Two profiles, one class, two titles: told by the classes, and whose titles hold."""

from __future__ import annotations

import pytest

from sync.sds.csvtext import encode
from sync.sds.merge import Offered, merge
from sync.sds.tables import COLUMNS, Row
from sync.sds.titles import called_apart, joined_anew, titles


def files(*classes: Row) -> dict[str, bytes]:
    """Return a set with these *classes*, and nobody in them."""
    return {
        name: encode(header, classes if name == "classes.csv" else ())
        for name, header in COLUMNS.items()
    }


SENIORS = files(("c1", "9", "8A"), ("c2", "9", "8B"), ("c3", "9", "8C"))
CLUBS = files(("c2", "9", "8B clubs"), ("c3", "9", "8C"), ("c4", "9", "8D clubs"))


def test_a_class_with_two_titles_is_told_with_whose_holds() -> None:
    """What both call alike, and what only one makes, is nobody's trouble."""
    said = list(called_apart({"seniors": titles(SENIORS), "clubs": titles(CLUBS)}))

    assert said == ["seniors and clubs both make c2, under other titles: those of seniors hold"]


def test_the_titles_that_hold_are_those_that_are_merged() -> None:
    """What is told is what SDS gets."""
    merged = merge([Offered("northbank", "9", [SENIORS, CLUBS])])

    assert ("c2", "9", "8B") in list(merged["classes.csv"])


def test_of_many_classes_some_are_told() -> None:
    """A whole year group does not fill the screen."""
    first = {f"c{number}": "a" for number in range(100, 125)}
    (said,) = called_apart({"a": first, "b": dict.fromkeys(first, "b")})

    assert "c119 and 5 more" in said
    assert "c120" not in said


def test_profiles_that_agree_are_not_told() -> None:
    """Nor is a profile alone."""
    assert not list(called_apart({"a": titles(SENIORS), "b": titles(SENIORS)}))
    assert not list(called_apart({"a": titles(SENIORS)}))


@pytest.mark.parametrize(
    ("old", "suffix", "template", "new"),
    [
        ("8A2026-27", "2026-27", "{set_code}{suffix}", "8A 2026-27"),
        ("8A 2026-27", "2026-27", "{set_code}{suffix}", "8A 2026-27"),
        ("8A (prep)", "(prep)", "{set_code}{suffix}", "8A(prep)"),
        ("8A -2026", "-2026", "{set_code}{suffix}", "8A-2026"),
        ("8A x", "x", "{set_code}{suffix}", "8Ax"),
        ("8A (prep)", " (prep)", "{set_code}{suffix}", "8A (prep)"),
        ("8A2026", "2026", "{set_code} {suffix}", "8A 2026"),
        ("Red house-2026", "-2026", "{name} house {suffix}", "Red house -2026"),
        ("Y82026 8A", "2026", "Y{year}{suffix} {set_code}", "Y8 2026 8A"),
        ("8Ay2026", "2026", "{set_code}y{suffix}", "8Ay2026"),
        ("8A", "2026", "{set_code}{suffix}", "8A"),
        ("2026 8A", "2026", "{suffix} {set_code}", "2026 8A"),
        ("8A2026", "2026", "{set_code}", "8A2026"),
        ("8A", "", "{set_code}{suffix}", "8A"),
    ],
)
def test_a_title_of_before_is_told_as_it_will_be(
    old: str, suffix: str, template: str, new: str
) -> None:
    """By the same rule that makes the next; what the template does not put there is left alone."""
    assert joined_anew(old, suffix, template) == new
