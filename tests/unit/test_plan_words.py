"""A plan in a school's words: people by name and form, years by what they are called."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pytest

from sync.ledger.marks import Excess
from sync.roster.model import NamedPerson
from sync.sds.blocks import members
from sync.sds.csvtext import encode
from sync.sds.full_plan.differences import differences, enrollment_changes
from sync.sds.full_plan.entries import PlanEntry, entries
from sync.sds.full_plan.limits import Limit, limit, what_would
from sync.sds.full_plan.lines import BothRosters, Line, LineKind, lines
from sync.sds.full_plan.names import Names, Who, year_words
from sync.sds.tables import COURSES, SESSIONS, Row, columns

ORG = "9990001"
PUPIL, OTHER, HEAD = f"{ORG}-P1", f"{ORG}-P2", f"{ORG}-T1"
CLASS = f"{ORG}-2026-1"
type Files = Mapping[str, bytes]
type People = Iterable[NamedPerson] | None

WREN = NamedPerson(PUPIL, "Wren", "Fell", "8X", 8, "wren@northbank.example", "student")
JAY = NamedPerson(OTHER, "Jay", "Moss", "", 0, "jay@northbank.example", "student")
ADA = NamedPerson(HEAD, "Ada", "Stone", "", None, "ada@northbank.example", "extra")
ALL = (WREN, JAY, ADA)

TABLES: Mapping[str, list[Row]] = {
    "orgs.csv": [(ORG, "Northbank School", "school")],
    SESSIONS: [(f"{ORG}-2026", "2026-27", "schoolYear", "2026", "2026-09-01", "2027-08-31")],
    COURSES: [(f"{ORG}-course-1", ORG, "Music", "Mu"), (f"{ORG}-course-2", ORG, "Art", "Ar")],
    "users.csv": [(each.id, each.address, "", "") for each in ALL],
    "roles.csv": [
        (PUPIL, ORG, "student", "08", "TRUE"),
        (OTHER, ORG, "student", "KG", "TRUE"),
        (HEAD, ORG, "teacher", "", "TRUE"),
    ],
    "classes.csv": [(CLASS, ORG, "8A Music", f"{ORG}-2026", f"{ORG}-course-1")],
    "enrollments.csv": [(CLASS, PUPIL, "student"), (CLASS, HEAD, "teacher")],
}


def files(**changed: list[Row]) -> Files:
    """Return the school with other rows in some tables, by the name without `.csv`."""
    tables = {**TABLES, **{f"{name}.csv": listed for name, listed in changed.items()}}
    made = columns([SESSIONS, COURSES])
    return {name: encode(made[name], sorted(listed)) for name, listed in tables.items()}


def told(after: Files, before: Files | None = None, people: People = ALL) -> list[PlanEntry]:
    """Return the entries of what changes from the school, or from *before*, to *after*."""
    differing = differences(files() if before is None else before, after)
    school = differing.schools[ORG]
    names = Names(differing, school, (people, people))
    return [each for line in lines(differing, ORG) for each in entries(line, school, names)]


def with_row(table: str, row: Row, *, size: int = 1) -> Files:
    """Return the school with *row* in a table, in place of the one with the same first cells."""
    name = table.removesuffix(".csv")
    kept = [each for each in TABLES[f"{name}.csv"] if each[:size] != row[:size]]
    return files(**{name: [*kept, row]})


def without(table: str, *keys: str) -> Files:
    return files(**{table: [row for row in TABLES[f"{table}.csv"] if row[0] not in keys]})


# --- Years ----------------------------------------------------------------------------------------


def test_years_are_called_as_schools_call_them() -> None:
    """Never by the code that SDS has for them."""
    assert [year_words(year) for year in (-2, -1, 0, 1, 13)] == [
        "Nursery",
        "Pre-reception",
        "Reception",
        "Year 1",
        "Year 13",
    ]


@pytest.mark.parametrize(
    ("grade", "people", "year"),
    [
        ("08", None, "Year 8"),
        ("KG", None, "Reception"),
        ("PS", None, "another year"),
        ("08", [WREN._replace(year=9)], "Year 9"),
        ("", None, ""),
    ],
)
def test_a_grade_is_the_year_of_those_who_have_it(grade: str, people: People, year: str) -> None:
    """A school may choose other codes for its years: then its pupils say which year it is."""
    differing = differences(files(), files())
    names = Names(differing, differing.schools[ORG], (people, people))

    assert names.year(grade) == year


# --- People ---------------------------------------------------------------------------------------


def test_people_have_name_form_and_year() -> None:
    """As iSAMS has them; who teaches every class is known as such."""
    differing = differences(files(), files())
    names = Names(differing, differing.schools[ORG], (ALL, ALL))

    assert names.who(PUPIL, then=True) == Who("Wren Fell", "8X", "Year 8")
    assert names.who(OTHER, then=False) == Who("Jay Moss", "", "Reception")
    assert names.who(HEAD, then=True) == Who("Ada Stone", "", "", is_extra=True)


def test_an_id_that_passes_to_somebody_else_is_named_as_of_either_side() -> None:
    """Who was in the class is not who would be."""
    differing = differences(files(), files())
    robin = WREN._replace(forename="Robin")
    names = Names(differing, differing.schools[ORG], ((WREN,), (robin,)))

    assert names.who(PUPIL, then=False).name == "Wren Fell"
    assert names.who(PUPIL, then=True).name == "Robin Fell"


def test_without_names_people_have_their_address_and_year() -> None:
    """Of what the version before made, and of service accounts, who have no name."""
    differing = differences(files(), with_row("users", (PUPIL, WREN.address, "Wren", "Fell")))
    names = Names(differing, differing.schools[ORG], (None, None))
    account = Names(
        differing, differing.schools[ORG], ([ADA._replace(forename="", surname="")],) * 2
    )

    assert names.who(OTHER, then=True) == Who("jay@northbank.example", year="Reception")
    assert names.who(PUPIL, then=True) == Who("Wren Fell", year="Year 8")  # SDS is sent names
    assert account.who(HEAD, then=True).name == "ada@northbank.example"
    assert names.who("unknown", then=True) == Who("unknown")


# --- Entries --------------------------------------------------------------------------------------

MUSIC = {"class_title": "8A Music", "year": "Year 8", "class_id": CLASS}
OF_WREN = {"person": "Wren Fell", "form": "8X", "person_id": PUPIL}

CHANGES: Mapping[str, tuple[Files, list[PlanEntry]]] = {
    "a member who comes": (
        with_row("enrollments", (CLASS, OTHER, "student"), size=2),
        [
            PlanEntry("class-changes", **{**MUSIC, "year": "Reception"}, person="Jay Moss",
                  what="member", then="pupil", person_id=OTHER)
        ],
    ),
    "a teacher who goes": (
        files(enrollments=[(CLASS, PUPIL, "student")]),
        [
            PlanEntry("teacher-loses-classes", **MUSIC, person="Ada Stone", what="member",
                  now="teacher", person_id=HEAD)
        ],
    ),
    "a pupil who is a teacher": (
        with_row("enrollments", (CLASS, PUPIL, "teacher"), size=2),
        [
            PlanEntry("class-changes", **MUSIC, **OF_WREN, what="member", now="pupil",
                  then="teacher")
        ],
    ),
    "another title": (
        with_row("classes", (CLASS, ORG, "8A Mu", f"{ORG}-2026", f"{ORG}-course-1")),
        [PlanEntry("class-changes", **MUSIC, what="title", now="8A Music", then="8A Mu")],
    ),
    "another course and no year": (
        with_row("classes", (CLASS, ORG, "8A Music", "", f"{ORG}-course-2")),
        [
            PlanEntry("class-changes", **MUSIC, what="academic year, course", now="2026-27, Music",
                  then="none, Art")
        ],
    ),
    "another address": (
        with_row("users", (PUPIL, "fell@northbank.example", "", "")),
        [
            PlanEntry("address-moves", year="Year 8", **OF_WREN, what="address", now=WREN.address,
                  then="fell@northbank.example")
        ],
    ),
    "somebody else's address": (
        files(users=[(PUPIL, JAY.address, "", ""), (HEAD, ADA.address, "", "")]),
        [
            PlanEntry("address-moves", year="Year 8", **OF_WREN, now=WREN.address, then=JAY.address,
                  what="address; the new one was that of Jay Moss"),
            PlanEntry("person-changes", year="Reception", person="Jay Moss", what="person",
                  now=JAY.address, person_id=OTHER),
        ],
    ),
    "a name for SDS": (
        with_row("users", (PUPIL, WREN.address, "Wren", "Fell")),
        [
            PlanEntry("person-changes", year="Year 8", **OF_WREN, what="name in SDS", now="none",
                  then="Wren Fell")
        ],
    ),
    "another code for a year": (
        with_row("roles", (PUPIL, ORG, "student", "Other", "TRUE")),
        [
            PlanEntry("person-changes", year="Year 8", **OF_WREN, what="role",
                  now="pupil, Year 8, in SDS 08", then="pupil, Year 8, in SDS Other")
        ],
    ),
    "a role that is not the main one": (
        with_row("roles", (HEAD, ORG, "teacher", "", "FALSE")),
        [
            PlanEntry("person-changes", person="Ada Stone", what="role", now="teacher",
                  then="teacher, not the main role", person_id=HEAD)
        ],
    ),
    "somebody who goes": (
        files(users=TABLES["users.csv"][::2], roles=TABLES["roles.csv"][::2]),
        [
            PlanEntry("person-changes", year="Reception", person="Jay Moss", what="person",
                  now=JAY.address, person_id=OTHER),
            PlanEntry("person-changes", year="Reception", person="Jay Moss", what="role",
                  now="pupil, Reception", person_id=OTHER),
        ],
    ),
    "another name of the school": (
        files(orgs=[(ORG, "Northbank", "school")]),
        [PlanEntry("school-changes", what="school", now="Northbank School", then="Northbank")],
    ),
    "a course that comes": (
        files(courses=[*TABLES[COURSES], (f"{ORG}-course-3", ORG, "Latin", "La")]),
        [PlanEntry("school-changes", what="course", then="Latin La")],
    ),
    "a year that goes": (
        files(academicSessions=[]),
        [
            PlanEntry("school-changes", what="term or academic year",
                  now="2026-27 schoolYear 2026 2026-09-01 2027-08-31")
        ],
    ),
    "a class that ends": (
        files(classes=[], enrollments=[]),
        [
            PlanEntry("team-ends", **MUSIC, what="Team", now="8A Music"),
            PlanEntry("team-ends", **MUSIC, **OF_WREN, what="member", now="pupil"),
            PlanEntry("team-ends", **MUSIC, person="Ada Stone", what="member", now="teacher",
                  person_id=HEAD),
            PlanEntry("pupil-loses-all-classes", year="Year 8", **OF_WREN, what="all classes",
                  now="pupil"),
        ],
    ),
}  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
def test_each_change_is_told_in_the_schools_words(change: str) -> None:
    """Who, which class and year, as it was and as it would be."""
    after, expected = CHANGES[change]

    assert told(after) == expected


def test_a_pupil_who_moves_up_is_told_with_both_years() -> None:
    """What SDS calls them is no matter."""
    after = with_row("roles", (PUPIL, ORG, "student", "09", "TRUE"))
    (entry,) = told(after, people=None)

    assert (entry.now, entry.then) == ("pupil, Year 8", "pupil, Year 9")


def test_a_year_in_doubt_and_rosters_are_told_whole() -> None:
    """Those who stay in a class too: who judges must see both rosters."""
    pupils = [f"{ORG}-P1{number}" for number in range(10)]
    users = [
        *TABLES["users.csv"],
        *((key, f"{key.lower()}@northbank.example", "", "") for key in pupils),
    ]
    roles = [*TABLES["roles.csv"], *((key, ORG, "student", "08", "TRUE") for key in pupils)]

    def school(*members: str) -> Files:
        taught = [(CLASS, key, "student") for key in members]
        return files(users=users, roles=roles, enrollments=[*taught, (CLASS, HEAD, "teacher")])

    quiet, other = school(*pupils[:5]), school(*pupils[5:])
    year, *_ = told(other, quiet)
    differing = differences(quiet, other)
    names = Names(differing, differing.schools[ORG], (ALL, ALL))
    changed = differing.schools[ORG].classes[CLASS]
    was, now = members(quiet, changed.before), members(other, changed.after)
    line = Line(LineKind.TAKEN_OVER, rosters=(BothRosters(CLASS, tuple(was), tuple(now)),))
    listed = list(entries(line, differing.schools[ORG], names))

    assert (year.year, year.what) == ("Year 8", "1 of 1 classes may have other pupils")
    assert [(each.now, each.then) for each in listed] == [
        *[("pupil", "")] * 5,
        *[("", "pupil")] * 5,
        ("teacher", "teacher"),
    ]


def test_no_cell_is_a_grade_code_or_an_id_but_those_that_are_called_so() -> None:
    """A person who reads it knows neither; `class_id` and `person_id` tell namesakes apart."""
    cells = {
        cell
        for after, _ in CHANGES.values()
        for entry in told(after) + told(files(), after)
        for cell in entry[:-2]
    }

    assert not cells & {"08", "KG", CLASS, PUPIL, OTHER, HEAD}


# --- Why it is held -------------------------------------------------------------------------------


def met(excess: Excess, people: People = None) -> Limit:
    differing = differences(files(), files(enrollments=[(CLASS, HEAD, "teacher")]))
    school = differing.schools[ORG]
    return limit(excess, differing, school, Names(differing, school, (people, people)))


def excess(table: str, what: str, grade: str = "") -> Excess:
    return Excess(table=table, what=what, rows=1, allowed=0, org=ORG, grade=grade)


@pytest.mark.parametrize(
    ("table", "now", "then"),
    [
        ("pupils", 2, 2),
        ("teachers", 1, 1),
        ("people", 3, 3),
        ("classes", 1, 1),
        ("places of pupils", 1, 0),
        ("places of teachers", 1, 1),
        ("enrollments.csv", 2, 1),
        ("users.csv", 3, 3),
        ("classes.csv", 1, 1),
        ("profiles", None, None),
    ],
)
def test_a_limit_says_how_much_there_is_and_would_be(
    table: str, now: int | None, then: int | None
) -> None:
    """Beside how many would go, and how many may."""
    found = met(excess(table, "removed"))

    assert (found.how_many, found.allowed, found.now, found.then) == (1, 0, now, then)


def test_a_limit_of_a_year_is_told_by_what_the_school_calls_it() -> None:
    """With the places of that year alone."""
    found = met(excess("enrollments.csv", "emptied", "08"))

    assert found.said == "Year 8: 1 place in a class would be lost, all there are"
    assert (found.now, found.then) == (1, 0)


def test_of_pairs_and_exchanges_there_is_no_all() -> None:
    """How many classes there are says nothing of how many exchange."""
    assert met(excess("classes", "exchanged"))[3:] == (None, None)


def test_what_has_no_words_of_its_own_is_told_all_the_same() -> None:
    """A limit that is added later is never silent."""
    assert what_would(excess("orgs.csv", "removed")) == "orgs: removed 1"


def test_a_roster_is_told_once_and_says_who_was_there_before_it_was_away() -> None:
    """Its rows of enrollments are those of the roster, and not told again."""
    differing = differences(files(), files(enrollments=[(CLASS, OTHER, "student")]))
    names = Names(differing, differing.schools[ORG], (ALL, ALL))
    changed = differing.schools[ORG].classes[CLASS]
    rosters = (BothRosters(CLASS, (), ((CLASS, OTHER, "student"),), (PUPIL,)),)
    line = Line(
        LineKind.TAKEN_OVER, tuple(enrollment_changes(differing, changed)), (CLASS,), rosters
    )
    listed = list(entries(line, differing.schools[ORG], names))

    assert [(each.person, each.now, each.then) for each in listed] == [
        ("Wren Fell", "pupil", ""),
        ("Jay Moss", "", "pupil"),
    ]


def test_the_places_of_a_year_are_those_of_its_pupils() -> None:
    """Not those of others in the same class."""
    both = files(enrollments=[(CLASS, PUPIL, "student"), (CLASS, OTHER, "student")])
    differing = differences(both, both)
    school = differing.schools[ORG]
    names = Names(differing, school, (None, None))
    found = limit(excess("enrollments.csv", "removed", "KG"), differing, school, names)

    assert (found.said, found.now) == ("Reception: 1 place in a class would be lost", 1)
