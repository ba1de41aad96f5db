"""What can be read: the five datasets that every roster needs, and those that some ask for.

Here is what iSAMS calls them, and where they stand in a batch document.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass, replace
from typing import Self

KEY_SCREEN = "API Services Manager > Manage Batch API Keys"  # docs/reference/isams.md#key-screen


@dataclass(frozen=True, slots=True)
class Dataset:
    """One batch method and what it answers.

    `ui_name` is what an administrator ticks. `path` leads to the collection, in lower case; with
    `below`, the records stand that much deeper. `record` is the record's element, and the name of
    the dataset in `School.counts` and `School.repeated` unless `counted` is another.
    """

    method: str
    ui_name: str
    path: tuple[str, ...]
    record: str
    below: tuple[str, ...] = ()
    counted: str = ""

    @property
    def name(self) -> str:
        """What counts and repeats call its records."""
        return self.counted or self.record


STAFF = Dataset(  # docs/reference/isams.md#m-staff
    "HumanResources_GetCurrentStaff",
    "Current Staff",
    ("isams", "hrmanager", "currentstaff"),
    "StaffMember",
)
PUPILS = Dataset(  # docs/reference/isams.md#m-pupils
    "Pupil_GetCurrentPupils",
    "Current Pupils",
    ("isams", "pupilmanager", "currentpupils"),
    "Pupil",
)
SUBJECTS = Dataset(  # docs/reference/isams.md#m-subjects
    "Teaching_GetDepartmentsAndSubjects",
    "Departments & Subjects",
    ("isams", "teachingmanager", "departments"),
    "Subject",
    below=("department", "subjects"),
)
SETS = Dataset(  # docs/reference/isams.md#m-sets
    "Teaching_GetTeachingSets",
    "Teaching Sets",
    ("isams", "teachingmanager", "sets"),
    "Set",
)
SET_LISTS = Dataset(  # docs/reference/isams.md#m-setlists
    "Teaching_GetTeachingSetLists",
    "Teaching Set Lists",
    ("isams", "teachingmanager", "setlists"),
    "SetList",
)

_SCHOOL = ("isams", "schoolmanager")

# docs/reference/isams.md#m-years
YEARS = Dataset("School_GetAllYears", "Year Groups", (*_SCHOOL, "years"), "Year")
# docs/reference/isams.md#m-forms
FORMS = Dataset("School_GetSchoolForms", "Forms", (*_SCHOOL, "forms"), "Form")
ACADEMIC_HOUSES = Dataset(  # docs/reference/isams.md#m-houses
    "School_GetAcademicHouses",
    "Academic Houses",
    (*_SCHOOL, "academichouses"),
    "House",
    counted="AcademicHouse",
)
BOARDING_HOUSES = Dataset(
    "School_GetBoardingHouses",
    "Boarding Houses",
    (*_SCHOOL, "boardinghouses"),
    "House",
    counted="BoardingHouse",
)
DIVISIONS = Dataset(  # docs/reference/isams.md#m-divisions
    "School_GetSchoolDivisions",
    "School Divisions",
    (*_SCHOOL, "schooldivisions"),
    "SchoolDivision",
)
# docs/reference/isams.md#m-terms
TERMS = Dataset("School_GetSchoolTerms", "School Terms", (*_SCHOOL, "terms"), "Term")
BUILDINGS = Dataset(  # docs/reference/isams.md#m-buildings
    "Estate_GetAllBuildingsAndClassrooms",
    "All Buildings & Rooms",
    ("isams", "estatemanager", "buildings"),
    "Building",
)
ROOMS = Dataset(  # read with the buildings that they are in
    BUILDINGS.method, BUILDINGS.ui_name, BUILDINGS.path, "Classroom"
)
WEEKS = Dataset(  # docs/reference/isams.md#m-weeks
    "Timetable_GetTimetableStructure",
    "Weeks, Days & Periods",
    ("isams", "timetablemanager", "structure"),
    "Week",
)
# The youngest years are often taught only so: docs/reference/isams.md#m-teaching-forms
TEACHING_FORMS = Dataset(
    "Teaching_GetTeachingForms",
    "Teaching Forms",
    ("isams", "teachingmanager", "teachingforms"),
    "TeachingForm",
)
LESSONS = Dataset(  # docs/reference/isams.md#m-lessons
    "Timetable_GetPublishedTimetables",
    "Published Timetable Schedule",
    ("isams", "timetablemanager", "publishedtimetables"),
    "Schedule",
    below=("timetable", "schedules"),
)

ALWAYS = (STAFF, PUPILS, SUBJECTS, SETS, SET_LISTS)
EXTRAS = (
    YEARS,
    FORMS,
    ACADEMIC_HOUSES,
    BOARDING_HOUSES,
    DIVISIONS,
    TERMS,
    BUILDINGS,
    WEEKS,
    TEACHING_FORMS,
    LESSONS,
)
BY_METHOD = {dataset.method: dataset for dataset in (*ALWAYS, *EXTRAS)}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to read beyond the five that are always read.

    A dataset that is `needed` must be there and have records, because classes are made of it; what
    is only read `besides` may be empty. `tutors` says whether each pupil's tutor is
    read: few ask for it, and it costs batch's reader nearly a tenth of its time (measured).
    """

    needed: frozenset[Dataset] = frozenset()
    besides: frozenset[Dataset] = frozenset()
    tutors: bool = False

    @property
    def extras(self) -> tuple[Dataset, ...]:
        """All of both, in the order of `EXTRAS`."""
        return tuple(each for each in EXTRAS if each in self.needed or each in self.besides)

    @property
    def optional(self) -> frozenset[Dataset]:
        """What no class needs: whatever goes wrong with it, the rosters are made without it."""
        return self.besides - self.needed

    def without(self, lost: Set[Dataset]) -> Self:
        """Return this without what was only wanted besides and is among *lost*."""
        return replace(self, besides=self.besides - lost)


NOTHING_MORE = Wanted()
