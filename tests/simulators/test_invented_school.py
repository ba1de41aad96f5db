"""The invented school: what every other test takes for granted about it."""

from __future__ import annotations

from collections import Counter

import pytest

from simulators.school import InventedSchool, invent, shuffled, with_pupil_moved, without_pupils

ODD = invent(300)
CLEAN = invent(300, quirks=False)


def test_the_same_seed_invents_the_same_school() -> None:
    """Two tests that ask for one seed talk about one school."""
    assert invent(120, seed=5) == invent(120, seed=5)


def test_another_seed_invents_another_school() -> None:
    """A seed chooses names and options, so that a bug cannot hide in one school."""
    assert invent(120, seed=5).pupils != invent(120, seed=6).pupils


@pytest.mark.parametrize("pupils", [1, 2, 14, 15, 16, 60, 299, 1_000])
@pytest.mark.parametrize("quirks", [True, False])
def test_a_school_has_as_many_pupils_as_were_asked_for(pupils: int, *, quirks: bool) -> None:
    """Quirks change pupils; they neither add nor remove any."""
    assert len(invent(pupils, quirks=quirks).pupils) == pupils


@pytest.mark.parametrize("pupils", [0, -1, 60_001])
def test_a_school_of_no_possible_size_is_refused(pupils: int) -> None:
    """The size is 1 to 60,000."""
    with pytest.raises(ValueError, match="60,000"):
        invent(pupils)


def test_a_large_school_has_the_shape_that_was_measured() -> None:
    """1,500 pupils come with about 200 staff, 1,200 sets and 25,000 memberships."""
    school = invent(1_500)

    assert (
        len(school.staff),
        len(school.sets) == pytest.approx(1_200, rel=0.05),
        len(school.memberships) == pytest.approx(25_000, rel=0.05),
    ) == (200, True, True)


def test_every_year_is_there() -> None:
    """A school of fifteen pupils or more has Years -1 to 13."""
    assert {p.year for p in invent(15, quirks=False).pupils} == set(range(-1, 14))


@pytest.mark.parametrize("pupils", [1, 7, 15, 100, 300])
def test_in_a_clean_school_there_is_nothing_to_find(pupils: int) -> None:
    """Everyone has an e-mail of their own; every set has pupils and teachers who are listed."""
    school = invent(pupils, quirks=False)
    emails = [p.email for p in school.pupils] + [e.email for e in school.staff]
    rows = Counter(row.set_id for row in school.memberships)

    assert school.quirks == {}
    assert None not in emails
    assert len(set(emails)) == len(emails)
    assert set(rows) == {s.id for s in school.sets}
    assert all(s.teachers for s in school.sets)
    assert {t.staff_id for s in school.sets for t in s.teachers} <= set(school.employee)
    assert {row.school_id for row in school.memberships} <= set(school.pupil)
    assert len({(r.set_id, r.school_id) for r in school.memberships}) == len(school.memberships)
    assert {s.subject_id for s in school.sets} <= {s.id for s in school.subjects}


@pytest.mark.parametrize("pupils", [1, 60, 300])
def test_every_join_of_the_timetable_leads_somewhere_in_a_clean_school(pupils: int) -> None:
    """Lessons name a known code, teacher, period and room."""
    school = invent(pupils, quirks=False)
    sets, taught = {s.code for s in school.sets}, {t.timetable_code for t in school.teaching_forms}
    periods = {p.id for week in school.weeks for day in week.days for p in day.periods}

    assert all(lesson.code in (sets if lesson.for_set else taught) for lesson in school.lessons)
    assert {e.teacher for e in school.lessons} <= {e.user_code for e in school.staff}
    assert {e.period_id for e in school.lessons} <= periods
    assert {e.room_id for e in school.lessons} <= {
        r.id for b in school.buildings for r in b.classrooms
    }
    assert len(sets) == len(school.sets)


def test_no_pupil_is_in_two_lessons_at_once() -> None:
    """A clean timetable can be lived by every pupil."""
    code = {s.id: s.code for s in CLEAN.sets}
    periods: dict[str, set[int]] = {}
    for lesson in CLEAN.lessons:
        periods.setdefault(lesson.code, set()).add(lesson.period_id)
    lived = Counter(
        (row.school_id, period) for row in CLEAN.memberships for period in periods[code[row.set_id]]
    )

    assert max(lived.values()) == 1


def test_the_youngest_are_taught_in_forms_only() -> None:
    """Years below 3 have teaching forms and no sets."""
    young = {form.name for form in CLEAN.forms if form.year < 3}

    assert min(s.year for s in CLEAN.sets) == 3
    assert {taught.form for taught in CLEAN.teaching_forms} == young


def test_a_co_taught_lesson_is_a_row_for_each_teacher() -> None:
    """Some sets have two teachers, one of them primary; their lessons stand twice."""
    both = next(s for s in CLEAN.sets if len(s.teachers) == 2)
    rows = [lesson for lesson in CLEAN.lessons if lesson.code == both.code]

    assert [t.primary for t in both.teachers] == [True, False]
    assert len(rows) == 2 * len({row.period_id for row in rows})


def test_names_have_the_letters_that_careless_programs_lose() -> None:
    """Accents, a stroked L, apostrophes and hyphens are among the pupils' names."""
    letters = set("".join(f"{p.forename}{p.surname}" for p in CLEAN.pupils))

    assert {"é", "ö", "Ł", "'", "-", "ü"} <= letters


def test_every_address_is_under_example() -> None:
    """No address in an invented school can belong to anyone."""
    addresses = [p.email or "" for p in CLEAN.pupils] + [e.email or "" for e in CLEAN.staff]

    assert all(address.endswith("@northbank.example") for address in addresses)


QUIRKS = {
    "pupil_without_email", "pupil_email_empty", "pupil_email_blank", "pupil_email_malformed",
    "pupil_email_with_spaces", "pupil_email_upper_case", "several_emails_in_one_field",
    "blank_surname", "surname_with_spaces", "formula_name", "pupil_without_preferred_name",
    "pupil_without_form", "pupil_form_unlisted", "pupil_without_house", "pupil_year_14",
    "pupil_year_nursery", "two_pupils_one_email", "staff_and_pupil_one_email",
    "leading_zero_school_id", "staff_without_email", "staff_email_upper_case",
    "leaver_in_current_staff", "staff_leaving_later", "set_without_teachers",
    "set_without_teachers_element", "teacher_not_current", "teacher_twice_in_set",
    "ampersand_in_set_code", "comma_in_set_code", "quote_in_set_code", "set_code_with_spaces",
    "formula_set_code", "set_name_differs", "set_subject_unlisted", "set_without_pupils",
    "pupil_in_no_set", "set_whose_pupils_have_left", "member_has_left", "member_not_current",
    "duplicate_set_list_row", "set_list_of_unknown_set", "pupil_in_older_set",
    "subject_in_two_departments", "department_without_subjects", "building_without_rooms",
    "lesson_in_unknown_period", "lesson_in_unknown_room", "lesson_by_unknown_teacher",
    "lesson_of_unknown_code",
}  # fmt: skip


@pytest.mark.parametrize("pupils", [150, 300, 1_500])
def test_a_school_of_ordinary_size_has_every_quirk(pupils: int) -> None:
    """A test may point at any quirk in a school of 150 pupils or more."""
    assert set(invent(pupils).quirks) >= QUIRKS


@pytest.mark.parametrize("seed", range(8))
def test_each_pupil_and_set_has_at_most_one_quirk(seed: int) -> None:
    """What is found about one record is not hidden by something else that is odd about it."""
    school = invent(120, seed=seed)
    people = [q for q in school.quirks if "pupil" in q or "email" in q or "name" in q]
    records = Counter(school.quirks[q] for q in people if "set" not in q)
    odd_sets = [v for q, v in school.quirks.items() if q.endswith(("set_code", "_in_set"))]
    about_staff = ("staff_", "leaver", "teacher_not_marked")
    odd_staff = {int(v) for q, v in school.quirks.items() if q.startswith(about_staff)}
    odd_staff -= {int(v) for v in school.pupil if v in school.quirks.values()}

    assert max(records.values()) == 1
    assert len(odd_sets) == 5
    assert not any(
        t.staff_id in odd_staff for id_ in odd_sets for t in school.teaching_set[int(id_)].teachers
    )


def _set_rows(school: InventedSchool, quirk: str) -> list[str]:
    return [r.school_id for r in school.memberships if r.set_id == int(school.quirks[quirk])]


def test_quirks_of_set_lists_are_where_they_say() -> None:
    """The rows that lead nowhere, stand twice or are missing can be counted on."""
    row = {str(r.id): r for r in ODD.memberships}
    twice = row[ODD.quirks["duplicate_set_list_row"]]

    assert _set_rows(ODD, "set_without_pupils") == []
    assert len(_set_rows(ODD, "set_whose_pupils_have_left")) == 1
    assert row[ODD.quirks["member_has_left"]].pupil_id is None
    assert row[ODD.quirks["member_not_current"]].school_id not in ODD.pupil
    assert sum(r[1:] == twice[1:] for r in ODD.memberships) == 2
    assert row[ODD.quirks["set_list_of_unknown_set"]].set_id not in ODD.teaching_set
    assert ODD.quirks["pupil_in_no_set"] not in {r.school_id for r in ODD.memberships}
    assert ODD.quirks["pupil_in_older_set"] in _set_rows(ODD, "pupil_in_older_set_set")


def test_a_shuffled_school_is_the_same_school_in_another_order() -> None:
    """Nothing but the order of lists changes."""
    mixed = shuffled(ODD, 3)

    assert mixed.pupils != ODD.pupils
    assert set(mixed.pupils) == set(ODD.pupils)
    assert sorted(r.id for r in mixed.memberships) == sorted(r.id for r in ODD.memberships)
    assert {s.id for s in mixed.sets} == {s.id for s in ODD.sets}


def test_pupils_can_leave_with_or_without_their_set_list_rows() -> None:
    """The rows of a pupil who has left may stay, as they do in iSAMS; a test chooses."""
    gone = CLEAN.pupils[-1].school_id
    tidy, dangling = (
        without_pupils(CLEAN, [gone], keep_memberships=keep) for keep in (False, True)
    )

    assert gone not in tidy.pupil
    assert gone not in dangling.pupil
    assert gone not in {row.school_id for row in tidy.memberships}
    assert dangling.memberships == CLEAN.memberships


def test_a_moved_pupil_changes_one_membership() -> None:
    """Moving a pupil touches one row and no other."""
    row = CLEAN.memberships[0]
    moved = with_pupil_moved(CLEAN, row.school_id, from_set=row.set_id, to_set=310)

    assert moved.memberships[0] == row._replace(set_id=310)
    assert moved.memberships[1:] == CLEAN.memberships[1:]


def test_a_pupil_cannot_be_moved_out_of_a_set_that_is_not_hers() -> None:
    """A test that moves nobody is told so."""
    with pytest.raises(LookupError):
        with_pupil_moved(CLEAN, "nobody", from_set=301, to_set=302)
