"""REST tells the same invented school as batch does, in the spelling that was chosen."""

from __future__ import annotations

import pytest

from simulators.isams import FORM_SPELLINGS, ROOM_SPELLINGS, SET_SPELLINGS, RestChoices
from simulators.isams.rest_choices import FormSpelling
from tests.simulators.asking import SCHOOL, Clock, batch_document
from tests.simulators.rest_asking import Row, collection, resting, signed_in

STUDENT_KEYS = """id academicHouse birthCounty birthplace boardingHouse boardingStatus dob
enrolmentDate enrolmentStatus enrolmentTerm enrolmentYear ethnicity familyId forename formGroup
fullName futureSchoolId gender homeAddresses initials isVisaRequired labelSalutation languages
lastUpdated latestPhotoId leavingDate leavingReason leavingYearGroup letterSalutation middlenames
mobileNumber nationalities officialName personalEmailAddress personGuid personId preferredName
previousName religion removalGrounds residentCountry schoolCode schoolEmailAddress schoolId surname
systemStatus title tutorEmployeeId uniquePupilNumber yearGroup"""
EMPLOYEE_KEYS = """id currentContractId dateOfBirth divisions enrolmentDate forename gender
isPartTime isPersonalTutor isTeachingStaff latestPhotoId leavingDate middleNames nationalities
personalAddress1 personalAddress2 personalAddress3 personalCountry personalCounty
personalEmailAddress personalMobileNumber personalPostcode personalTelephoneNumber personalTown
personGuid preferredName previousFamilyNames schoolEmailAddress schoolInitials schoolMobileNumber
schoolTelephoneNumber surname systemStatus title"""

FORM_KEYS = """code emailAddress nationalCurriculumYear tutorId assistantTutor secondAssistantTutor
roomId"""


@pytest.fixture
def clock() -> Clock:
    return Clock()


def rows(clock: Clock, path: str, key: str, choices: RestChoices | None = None) -> list[Row]:
    simulator = resting(clock)
    simulator.rest.choices = choices or RestChoices()
    id_ = {"students": "schoolId", "yearGroups": "ncYear"}.get(key, "id")
    return collection(signed_in(simulator), path, key, id_)


def all_forms(clock: Clock, spelling: FormSpelling) -> list[Row]:
    choices = RestChoices(forms=spelling)
    listed = single(clock, "/api/school/forms", choices)["forms"]

    assert isinstance(listed, list)
    return listed


def single(clock: Clock, path: str, choices: RestChoices | None = None) -> Row:
    simulator = resting(clock)
    simulator.rest.choices = choices or RestChoices()
    answer = signed_in(simulator).get(path)
    body = answer.json()

    assert answer.status_code == 200
    assert isinstance(body, dict)
    return body


def test_students_are_the_pupils_of_the_batch_document(clock: Clock) -> None:
    """Ids, year, form, names and address agree, whitespace and absent texts included."""
    pupils = batch_document(SCHOOL, "Pupil_GetCurrentPupils").iter("Pupil")
    batch = [
        (
            node.findtext("SchoolId"),
            int(node.findtext("NCYear") or ""),
            node.findtext("Form"),
            node.findtext("Surname"),
            node.findtext("EmailAddress"),
        )
        for node in pupils
    ]
    keys = ("schoolId", "yearGroup", "formGroup", "surname", "schoolEmailAddress")

    listed_rows = [
        tuple(row[key] for key in keys) for row in rows(clock, "/api/students", "students")
    ]
    assert listed_rows == batch


def test_employees_are_the_staff_of_the_batch_document(clock: Clock) -> None:
    """An employee's id is StaffMember/@Id, and the flag and the address are the same."""
    batch = [
        (
            int(node.attrib["Id"]),
            node.findtext("TeachingStaff") == "1",
            node.findtext("LeavingDate"),
        )
        for node in batch_document(SCHOOL, "HumanResources_GetCurrentStaff").iter("StaffMember")
    ]
    listed_rows = rows(clock, "/api/humanresources/employees", "employees")

    keys = ("id", "isTeachingStaff", "leavingDate")
    assert [tuple(row[key] for key in keys) for row in listed_rows] == batch
    assert [row["schoolEmailAddress"] for row in listed_rows] == [e.email for e in SCHOOL.staff]


@pytest.mark.parametrize(
    ("path", "key", "keys"),
    [
        ("/api/students", "students", STUDENT_KEYS),
        ("/api/humanresources/employees", "employees", EMPLOYEE_KEYS),
    ],
)
def test_a_person_has_every_field_that_is_known(
    clock: Clock, path: str, key: str, keys: str
) -> None:
    """No field of the reference is missing and none is added, on the list and alone."""
    listed = rows(clock, path, key)[0]
    alone = single(clock, f"{path}/{listed['schoolId' if key == 'students' else 'id']}")

    assert set(listed) == set(keys.split())
    assert alone == listed


def test_a_student_comes_with_what_no_client_may_pass_on(clock: Clock) -> None:
    """The personal texts are there, so that a client can be seen to drop them."""
    simulator = resting(clock)
    text = signed_in(simulator).get(f"/api/students/{SCHOOL.pupils[0].school_id}").text

    assert all(private in text for private in SCHOOL.pupils[0].private_texts)


def test_employees_have_the_odd_nulls_of_the_real_one(clock: Clock) -> None:
    """Divisions may be null, and nationalities a list of one empty text."""
    listed_rows = rows(clock, "/api/humanresources/employees", "employees")

    assert any(row["divisions"] is None for row in listed_rows)
    assert any(row["divisions"] for row in listed_rows)
    assert any(row["nationalities"] == [""] for row in listed_rows)


@pytest.mark.parametrize("name", SET_SPELLINGS)
def test_sets_are_the_schools_in_every_spelling(clock: Clock, name: str) -> None:
    """Whatever the keys are called, they hold the set's code, name, subject and year."""
    spelling = SET_SPELLINGS[name]
    listed_rows = rows(clock, "/api/teaching/sets", "sets", RestChoices(sets=spelling))
    keys = ("id", spelling.code, spelling.name, spelling.subject, spelling.year)

    assert [tuple(row[key] for key in keys) for row in listed_rows] == [
        (item.id, item.code, item.name, item.subject_id, item.year) for item in SCHOOL.sets
    ]
    assert ("teachers" in listed_rows[0] or "teacherIds" in listed_rows[0]) == bool(
        spelling.teachers
    )


def test_a_sets_teachers_are_objects_or_ids_the_primary_first(clock: Clock) -> None:
    """Two teachers of a set are both told, in the shape that was chosen."""
    shared = next(s for s in SCHOOL.sets if len({t.staff_id for t in s.teachers}) == 2)
    first, second = (teacher.staff_id for teacher in shared.teachers)
    listed_rows = {
        name: next(
            row
            for row in rows(clock, "/api/teaching/sets", "sets", RestChoices(sets=spelling))
            if row["id"] == shared.id
        )
        for name, spelling in SET_SPELLINGS.items()
    }

    assert listed_rows["as in batch"]["teachers"] == [
        {"staffId": first, "primaryTeacher": True},
        {"staffId": second, "primaryTeacher": False},
    ]
    assert listed_rows["prefixed"]["teacherIds"] == [first, second]


@pytest.mark.parametrize(
    "quirk", ["set_without_pupils", "duplicate_set_list_row", "set_whose_pupils_have_left"]
)
def test_a_set_list_is_the_one_of_the_batch_document(clock: Clock, quirk: str) -> None:
    """The same pupils in the same order: twice if so listed, and those who have left."""
    id_ = int(SCHOOL.quirks[quirk])
    set_id = next((row.set_id for row in SCHOOL.memberships if row.id == id_), id_)
    listed = single(clock, f"/api/teaching/sets/{set_id}/setList")["students"]
    batch = [
        node.findtext("SchoolId")
        for node in batch_document(SCHOOL, "Teaching_GetTeachingSetLists").iter("SetList")
        if node.attrib["SetId"] == str(set_id)
    ]

    assert isinstance(listed, list)
    assert [row["schoolId"] for row in listed] == batch


def test_what_a_set_list_says_of_a_pupil_is_a_choice(clock: Clock) -> None:
    """Only `schoolId` is sure; pupils who have left may be listed or not."""
    path = f"/api/teaching/sets/{SCHOOL.quirks['set_whose_pupils_have_left']}/setList"
    ids_alone = single(clock, path, RestChoices(set_list_names=False))
    without_leavers = single(clock, path, RestChoices(set_lists_keep_leavers=False))

    assert ids_alone["students"] == [{"schoolId": "0499999999"}]
    assert without_leavers["students"] == []


@pytest.mark.parametrize(
    ("kind", "heeds", "ids"),
    [
        ("academic", True, {1, 2, 3, 4}),
        ("Boarding", True, {21, 22, 23}),
        ("boarding", False, {1, 2, 3, 4, 21, 22, 23}),
    ],
)
def test_houses_of_a_kind_may_be_asked_for(
    clock: Clock, kind: str, ids: set[int], *, heeds: bool
) -> None:
    """A client must live with an iSAMS that does not heed it."""
    simulator = resting(clock)
    simulator.rest.choices = RestChoices(houses_by_type=heeds)
    answer = signed_in(simulator).get("/api/school/houses", params={"houseType": kind})

    assert {house["id"] for house in answer.json()["houses"]} == ids


@pytest.mark.parametrize(
    ("path", "key", "ids"),
    [
        ("/api/school/yeargroups", "yearGroups", [y.id for y in SCHOOL.years]),
        ("/api/school/yeargroups/-1/divisions", "divisions", [1]),
        ("/api/school/terms", "terms", [t.id for t in SCHOOL.terms]),
        ("/api/school/houses", "houses", [1, 2, 3, 4, 21, 22, 23]),
        ("/api/school/divisions", "divisions", [d.id for d in SCHOOL.divisions]),
        ("/api/school/departments/teaching", "departments", [d.id for d in SCHOOL.departments]),
        ("/api/school/departments/nonteaching", "departments", []),
        ("/api/school/departments/teaching/11/subjects", "subjects", []),
        ("/api/school/departments/teaching/2/subjects", "subjects", [22]),
        ("/api/teaching/subjects", "subjects", [s.id for s in SCHOOL.subjects]),
        ("/api/teaching/curriculumsubjectcodes", "items", [s.id for s in SCHOOL.subjects]),
        ("/api/estates/buildings", "buildings", [b.id for b in SCHOOL.buildings]),
        ("/api/school/forms", "forms", [form.name for form in SCHOOL.forms]),
    ],
)
def test_every_list_has_the_schools_own_ids(
    clock: Clock, path: str, key: str, ids: list[object]
) -> None:
    """Each collection stands under its key, whole, with the ids that batch uses."""
    id_ = "ncYear" if key == "yearGroups" else "id"

    assert [row[id_] for row in rows(clock, path, key)] == ids


@pytest.mark.parametrize(
    "path",
    [
        "/api/school/yeargroups/-1",
        "/api/school/houses/21",
        "/api/school/departments/teaching/2",
        "/api/teaching/subjects/22",
    ],
)
def test_a_record_alone_is_the_one_in_its_list(clock: Clock, path: str) -> None:
    """The id in the path picks one row of the collection above it."""
    parent = path.rpartition("/")[0]
    listed = next(v for v in single(clock, parent).values() if isinstance(v, list))

    assert single(clock, path) in listed


def test_a_subject_in_two_departments_names_both(clock: Clock) -> None:
    """The link is told from the subject's side too."""
    path = f"/api/teaching/subjects/{SCHOOL.quirks['subject_in_two_departments']}/departments"

    listed_rows = rows(clock, path, "teachingDepartments")
    assert [row["name"] for row in listed_rows] == ["English & Drama", "Performing Arts"]


@pytest.mark.parametrize("name", ROOM_SPELLINGS)
def test_rooms_are_the_schools_in_every_spelling(clock: Clock, name: str) -> None:
    """Whatever the keys are called, they hold the room's id, name and code."""
    spelling = ROOM_SPELLINGS[name]
    listed_rows = rows(clock, "/api/estates/rooms", "rooms", RestChoices(rooms=spelling))

    assert [(row["id"], row[spelling.name], row[spelling.code]) for row in listed_rows] == [
        (room.id, room.name, room.code) for b in SCHOOL.buildings for room in b.classrooms
    ]


@pytest.mark.parametrize("name", FORM_SPELLINGS)
def test_forms_are_the_schools_in_every_spelling(clock: Clock, name: str) -> None:
    """Whatever the keys are called, they hold the form's name, year, tutor and room."""
    spelling = FORM_SPELLINGS[name]
    listed_rows = all_forms(clock, spelling)
    keys = (spelling.names[0], spelling.year, spelling.tutor, spelling.room)

    assert [tuple(row[key] for key in keys) for row in listed_rows] == [
        (form.name, form.year, form.tutor_id, form.room_id) for form in SCHOOL.forms
    ]


def test_forms_as_published_have_neither_id_nor_name(clock: Clock) -> None:
    """Just the keys that the only public source has: a client must not want others."""
    published = set(all_forms(clock, FORM_SPELLINGS["published"])[0])

    assert published == set(FORM_KEYS.split())


def test_forms_and_the_schools_name_may_be_nowhere(clock: Clock) -> None:
    """Nobody has published these two, so a client must do without them."""
    simulator = resting(clock)
    client = signed_in(simulator)
    named = client.get("/api/school/details").json()["name"]
    simulator.rest.choices = RestChoices(forms_path="", school_path="")
    gone = [client.get(f"/api/school/{what}").status_code for what in ("forms", "details")]

    assert (named, gone) == (SCHOOL.name, [404, 404])


def test_the_timetable_has_the_periods_that_lessons_name(clock: Clock) -> None:
    """Two weeks of five days of eight periods, with the ids of the batch document."""
    weeks = single(clock, "/api/timetables/structure")["timetableWeeks"]
    assert isinstance(weeks, list)
    periods = [p for week in weeks for day in week["timetableDays"] for p in day["periods"]]

    batch = batch_document(SCHOOL, "Timetable_GetTimetableStructure").iter("Period")
    assert [(str(p["id"]), p["startTime"]) for p in periods] == [
        (node.attrib["Id"], node.findtext("StartTime")) for node in batch
    ]


def test_a_pupils_timetable_has_each_set_once_in_a_period(clock: Clock) -> None:
    """All of the pupil's sets that have lessons, each with its teacher; never two in a period."""
    pupil = next(p for p in SCHOOL.pupils if p.year == 9)
    lessons = single(clock, f"/api/timetables/students/{pupil.school_id}")["sets"]
    assert isinstance(lessons, list)
    sets = {row.set_id for row in SCHOOL.memberships if row.school_id == pupil.school_id}
    taught_by = {(s.id, t.staff_id) for s in SCHOOL.sets for t in s.teachers}

    assert {row["id"] for row in lessons} == sets
    assert len({(row["id"], row["periodId"]) for row in lessons}) == len(lessons)
    assert all((row["id"], row["employeeId"]) in taught_by for row in lessons)


def test_an_employees_timetable_names_the_sets_that_they_teach(clock: Clock) -> None:
    """`id` is the set's there, so that its set list can be asked for."""
    shared = next(s for s in SCHOOL.sets if len({t.staff_id for t in s.teachers}) == 2)
    for teacher in shared.teachers:
        lessons = single(clock, f"/api/timetables/employees/{teacher.staff_id}")["sets"]
        assert isinstance(lessons, list)

        assert shared.id in {row["id"] for row in lessons}
        assert set(lessons[0]) == {"id", "code", "periodId", "subjectId"}


def test_rows_of_a_timetable_may_differ(clock: Clock) -> None:
    """A pupil's row may carry its own id, and any row its room."""
    path = f"/api/timetables/students/{SCHOOL.pupils[-1].school_id}"
    choices = RestChoices(student_lesson_id="row", lessons_have_rooms=True)
    lessons = single(clock, path, choices)["sets"]
    assert isinstance(lessons, list)

    assert {row["id"] for row in lessons} <= {lesson.id for lesson in SCHOOL.lessons}
    assert all(row["roomId"] for row in lessons)


def test_a_choice_may_be_switched_between_two_answers(clock: Clock) -> None:
    """The next answer is told by the new choices, though the school is the same."""
    simulator = resting(clock)
    client = signed_in(simulator)
    keys = []
    for hidden in (RestChoices(), RestChoices(subject_hidden="hidden")):
        simulator.rest.choices = hidden
        keys.append(set(client.get("/api/teaching/subjects/22").json()))

    assert keys[0] ^ keys[1] == {"isHidden", "hidden"}


def test_times_may_have_a_zone(clock: Clock) -> None:
    """`lastUpdated` is naive or ends in Z; days are naive always."""
    choices = RestChoices(zoned_times=True)
    naive, zoned = (rows(clock, "/api/students", "students", c)[0] for c in (None, choices))

    assert zoned["lastUpdated"] == f"{naive['lastUpdated']}Z" == f"{SCHOOL.last_updated}Z"
    assert zoned["dob"] == naive["dob"] == f"{SCHOOL.pupils[0].born}T00:00:00"
