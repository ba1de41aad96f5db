"""`SDS__LIMITS__…` and a school's own: how much may change before a person is asked."""

from __future__ import annotations

import pytest

from sync.settings import Limits, SchoolLimits
from sync.settings import text as setting_text
from sync.settings.text import Allowance
from tests.unit.app_settings import BASE
from tests.unit.app_settings import load as with_base


@pytest.mark.parametrize(
    ("written", "percent", "rows"),
    [
        ("10%,25", 10, 25),
        (" 10 % , 25 ", 10, 25),
        ("10%", 10, 0),
        ("25", 0, 25),
        ("0%,0", 0, 0),
        ("50%,1000", 50, 1000),
    ],
)
def test_a_limit_is_a_percentage_a_number_or_both(written: str, percent: int, rows: int) -> None:
    """Blanks mean nothing; the half that is left out is none."""
    assert setting_text.allowance(written) == Allowance(percent, rows)


@pytest.mark.parametrize(
    "written",
    ["", "%", "51%", "1001", "10%25", "25,10%", "10%,", ",25", "-1", "10.5%", "ten", "1 0%"],
)
def test_what_is_no_limit_is_refused(written: str) -> None:
    """Half a limit that is guessed would let through what somebody wanted held."""
    with pytest.raises(ValueError, match="expected a percentage to 50"):
        setting_text.allowance(written)


@pytest.mark.parametrize(
    ("before", "allowed"), [(0, 10), (100, 10), (109, 10), (110, 11), (119, 11), (1_000, 100)]
)
def test_of_percentage_and_number_the_larger_counts_and_never_rounds_up(
    before: int, allowed: int
) -> None:
    """10 %, 10."""
    assert Allowance(10, 10).of(before) == allowed


@pytest.mark.parametrize("made", [Allowance(10, 25), Allowance(0, 0)])
def test_a_limit_is_read_as_it_is_shown(made: Allowance) -> None:
    """The page shows a default as somebody may type it."""
    assert setting_text.allowance(str(made)) == made


@pytest.mark.parametrize(
    ("old", "value", "changed"),
    [
        (
            "REMOVED_PERCENT",
            "5",
            {"pupils_lost": (5, 10), "teachers_lost": (5, 5), "classes_lost": (5, 10)},
        ),
        (
            "REMOVED_ROWS",
            "3",
            {
                "pupils_lost": (10, 3),
                "teachers_lost": (10, 3),
                "classes_lost": (10, 3),
                "pupil_places_lost": (10, 3),
                "teacher_places_lost": (15, 3),
                "year_places_lost": (50, 3),
            },
        ),
        (
            "ENROLLMENTS_REMOVED_PERCENT",
            "7",
            {"pupil_places_lost": (7, 25), "teacher_places_lost": (7, 25)},
        ),
        ("USERS_ADDED_PERCENT", "50", {"people_gained": (50, 25)}),
        ("USERS_ADDED_ROWS", "0", {"people_gained": (25, 0)}),
    ],
)
def test_an_older_name_says_what_the_newer_ones_would(
    old: str, value: str, changed: dict[str, tuple[int, int]]
) -> None:
    """Who has set it need not set anything anew; what it does not speak of stays as it is."""
    limits = with_base({f"SDS__LIMITS__{old}": value}).sds.limits

    usual = {name: getattr(SchoolLimits(), name) for name in SchoolLimits.model_fields}
    assert {name: getattr(limits, name) for name in usual} == usual | changed


def test_both_halves_may_come_from_older_names() -> None:
    """Percentage and number had a setting each."""
    both = {"SDS__LIMITS__REMOVED_PERCENT": "5", "SDS__LIMITS__REMOVED_ROWS": "3"}

    assert with_base(both).sds.limits.pupils_lost == Allowance(5, 3)


def test_a_limit_given_by_its_own_name_does_not_go_by_an_older_one() -> None:
    """The one that says more exactly what is meant."""
    limits = with_base(
        {"SDS__LIMITS__REMOVED_ROWS": "1000", "SDS__LIMITS__TEACHERS_LOST": "10%,2"}
    ).sds.limits

    assert limits.teachers_lost == Allowance(10, 2)
    assert limits.pupils_lost == Allowance(10, 1000)


def test_without_any_setting_the_limits_are_those_that_were_tried() -> None:
    """The defaults stand in the decision, and `tests/life` holds them to it."""
    assert {name: str(getattr(Limits(), name)) for name in SchoolLimits.model_fields} == {
        "pupils_lost": "10%,10",
        "teachers_lost": "10%,5",
        "people_gained": "25%,25",
        "classes_lost": "10%,10",
        "classes_gained": "25%,15",
        "pupil_places_lost": "10%,25",
        "pupil_places_gained": "25%,25",
        "teacher_places_lost": "15%,25",
        "class_teachers_changed": "10%,15",
        "addresses_passed": "5",
        "classes_taken_over": "0",
        "rosters_exchanged": "0",
        "small_classes_replaced": "5",
        "classes_renamed": "0",
        "year_places_lost": "50%,10",
    }


def test_a_school_has_its_own_limits_and_else_those_of_all() -> None:
    """Also where its own is what is usual: it was set."""
    settings = with_base(
        {
            "SDS__LIMITS__TEACHERS_LOST": "20%,9",
            "SDS__LIMITS__PUPILS_LOST": "20%,9",
            "SDS__LIMITS__USERS_ADDED_ROWS": "7",
            "SCHOOLS__NORTHBANK__LIMITS__TEACHERS_LOST": "10%,5",
        }
    )

    limits = settings.limits_by_org()[BASE["SCHOOLS__NORTHBANK__ID"]]
    assert limits.teachers_lost == Allowance(10, 5)
    assert limits.pupils_lost == Allowance(20, 9)
    assert limits.people_gained == Allowance(25, 7)
