"""Ordinary life is let through, and harm is held: a few years of two schools."""

from __future__ import annotations

from functools import cache

import pytest

from tests.life.events import CALENDAR, NIGHTS, WEEKS
from tests.life.harms import HARMS
from tests.life.nights import HARMED, Night, lived, school
from tests.life.school import PREP, SENIOR, Kind

YEARS = [(SENIOR, 101), (PREP, 101), (PREP, 102)]


@cache
def nights(kind: Kind, seed: int) -> list[Night]:
    """Return a year of a school: it takes some seconds."""
    return list(lived(school(kind, seed)))


@pytest.mark.parametrize(("kind", "seed"), YEARS)
def test_no_ordinary_night_is_held(kind: Kind, seed: int) -> None:
    """Pupils move, come and go, teachers change, sets stand empty: nobody is asked."""
    ordinary = [night for night in nights(kind, seed) if not night.is_announced]

    assert len(ordinary) == WEEKS * NIGHTS - 5
    assert [(night.events, night.met) for night in ordinary if night.met] == []


@pytest.mark.parametrize("harm", HARMS)
@pytest.mark.parametrize(("kind", "seed"), YEARS)
def test_each_harm_is_held_on_whatever_night(kind: Kind, seed: int, harm: str) -> None:
    """None of the eight is sent unasked."""
    tried = [night.harms[harm] for night in nights(kind, seed) if night.harms]

    assert len(tried) == len(HARMED)
    assert all(tried)


@pytest.mark.parametrize(
    ("harm", "limit"),
    [
        ("two rosters exchanged", "classes exchanged"),
        ("a set id reused", "classes taken-over"),
        ("every class another's teacher", "classes other-teachers"),
        ("everybody in every set of the year", "places of pupils added"),
        ("the sets tripled", "classes added"),
        ("28 addresses exchanged", "addresses passed"),
        ("nine in ten teachers without address", "teachers removed"),
        ("a fifth of all places to others", "places of pupils removed"),
    ],
)
def test_each_harm_is_held_for_what_it_does(harm: str, limit: str) -> None:
    """The limit that is met says what a person has to look at."""
    tried = [night.harms[harm] for night in nights(PREP, 101) if night.harms]

    assert all(limit in met for met in tried)


@pytest.mark.parametrize(("kind", "seed"), YEARS)
def test_a_form_that_is_renamed_and_a_year_that_turns_wait(kind: Kind, seed: int) -> None:
    """Both end Teams in which work lies: somebody is asked."""
    held = {event: night.met for night in nights(kind, seed) for event in night.events}

    assert held["form renamed"] == ["classes renamed"]
    assert "classes removed" in held["rollover"]


def test_everything_that_can_happen_does_happen() -> None:
    """An event that never came about would prove nothing."""
    happened = {event for night in nights(PREP, 101) for event in night.events}

    assert happened == CALENDAR.keys()
