"""What each subject is used for: sets, years, pupils, and lessons to whole forms."""

from __future__ import annotations

from dataclasses import replace

from sync.isams.school import Form, School, Subject, TeachingForm
from sync.roster.subject_use import SubjectUse, use_of_subjects
from tests.unit.schools import pupil, school, teaching_set


def whole() -> School:
    """Return a school of two sets in Physics, and Maths and Physics taught to a form of Year 2."""
    in_form = (replace(pupil("3", 2), form="r abc"), replace(pupil("4", 2), form="R ABC"))
    read = school(
        [pupil("1"), pupil("2", 9), *in_form],
        sets=[
            teaching_set("301", ["1", "2"]),
            teaching_set("302", ["2"], year=9),
            teaching_set("303", ["2"], subject="99"),
        ],
        subjects=[Subject("21", "Ph", ""), Subject("22", "Ma", ""), Subject("23", "Re", "")],
    )
    return replace(
        read,
        forms={"R ABC": Form("R ABC", 2, (), ""), "R DEF": Form("R DEF", None, (), "")},
        teaching_forms={
            "12": TeachingForm("12", "R ABC Ma", "R ABC", "22"),
            "13": TeachingForm("13", "R ABC Ph", "R ABC", "21"),
            "14": TeachingForm("14", "R DEF Ma", "R DEF", "22"),
            "15": TeachingForm("15", "gone", "gone", "23"),
        },
    )


def test_a_subject_says_its_sets_their_years_and_pupils_each_once() -> None:
    """Who is in two sets of it is one pupil."""
    assert use_of_subjects(whole())["21"] == SubjectUse(2, frozenset({8, 9}), 2)


def test_a_subject_without_sets_may_be_taught_to_whole_forms() -> None:
    """As the youngest years are: then the years and pupils are of the forms."""
    assert use_of_subjects(whole())["22"] == SubjectUse(0, frozenset({2}), 2, whole_forms=True)


def test_a_subject_that_is_not_taught_says_so() -> None:
    """No set, no lesson to a form that there is: nothing would become a class."""
    assert use_of_subjects(whole())["23"] == SubjectUse(0, frozenset(), 0)


def test_every_listed_subject_and_no_other_is_told() -> None:
    """Also where forms were not asked for."""
    bare = replace(whole(), forms=None, teaching_forms=None)

    assert list(use_of_subjects(bare)) == ["21", "22", "23"]
    assert use_of_subjects(bare)["22"] == SubjectUse(0, frozenset(), 0)
