"""A port of the script of 2020 (v1.0.5) to Python, so that both are measured by one stopwatch.

Written from what is known of it (docs/reference/isams.md#script) and held to the rows that it wrote
itself: tests/bench/test_peers.py. It does its work in its way: the whole document as a tree, a list
made anew for each thing that is added to it, a look through a list for each question, a file
opened for each row. PowerShell itself takes longer for each of these: docs/performance.md.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree as ET
from xml.etree.ElementTree import Element

ORGANISATION, SCHOOL_NAME = "8889999", "SchoolName"  # variables at its top
YEARS = tuple(map(str, range(14)))
HEADERS = {
    "orgs": "sourcedId,name,type",
    "classes": "sourcedId,orgSourcedId,title",
    "enrollments": "classSourcedId,userSourcedId,role",
    "users": "sourcedId,orgSourcedIds,username,role,familyName,givenName,password,grade",
}


class Parameters(NamedTuple):
    """What it was started with: years, ids of subjects, addresses."""

    years: Sequence[str] = YEARS
    excluded: Sequence[str] = ()
    included: Sequence[str] = ()
    suffix: str = ""
    extra_teachers: Sequence[str] = ()


class Staff(NamedTuple):
    """A member of staff, or an extra teacher whom iSAMS does not know."""

    id: str
    email: str


class Class(NamedTuple):
    """A set that was chosen; `teachers` may name somebody twice."""

    id: str
    title: str
    teachers: list[str]
    pupils: list[str]


def script_of_2020(document: Path) -> None:
    """Do what it does with no parameters, into a folder that is then thrown away."""
    with tempfile.TemporaryDirectory() as folder:
        run(document, Path(folder), Parameters())


def run(document: Path, folder: Path, parameters: Parameters) -> None:
    """Write the four files of *document* into *folder*."""
    # As Get-Content gives it: a list of lines, which the cast to XML joins again.
    lines = document.read_text("utf-8").splitlines()
    root = ET.fromstring("\n".join(lines))
    for name, header in HEADERS.items():
        add(folder, name, header)
    add(folder, "orgs", f"{ORGANISATION},{SCHOOL_NAME},school")
    write_pupils(root, folder, parameters.years)
    staff, extra_ids = staff_of(root, parameters.extra_teachers)
    classes, active = classes_of(root, parameters, pupils_by_set(root), extra_ids)
    write_classes(classes, folder)
    for staff_id in active:
        # Each through the whole list.
        for person in [each for each in staff if each.id.lower() == staff_id.lower()]:
            add(folder, "users", f"{person.id},{ORGANISATION},{person.email},teacher,,,,")


def add(folder: Path, name: str, line: str) -> None:
    """Append *line*: the file is opened and closed for each."""
    with (folder / f"{name}.csv").open("a", encoding="utf-8") as file:
        file.write(f"{line}\n")


def write_pupils(root: Element, folder: Path, years: Sequence[str]) -> None:
    for pupil in root.findall("PupilManager/CurrentPupils/Pupil"):
        year, email = text(pupil, "NCYear"), text(pupil, "EmailAddress")
        if year in years and email:
            grade = "KG" if year == "0" else year.rjust(2, "0")
            school_id = text(pupil, "SchoolId")
            add(folder, "users", f"{school_id},{ORGANISATION},{email},student,,,,{grade}")


def staff_of(root: Element, extra_teachers: Sequence[str]) -> tuple[list[Staff], list[str]]:
    """Return everybody, and the ids of the extra teachers: of an unknown one the address."""
    everybody: list[Staff] = []
    for entry in root.findall("HRManager/CurrentStaff/StaffMember"):
        person = Staff(entry.get("Id", ""), text(entry, "SchoolEmailAddress"))
        everybody = [*everybody, person]
    ids: list[str] = []
    for pattern in extra_teachers:
        found = [each for each in everybody if fnmatchcase(each.email.lower(), pattern.lower())]
        if not found:
            found = [Staff(pattern, pattern)]
            everybody = [*everybody, *found]
        ids = [*ids, *(each.id for each in found)]
    return everybody, ids


def pupils_by_set(root: Element) -> dict[int, list[str]]:
    pupils: dict[int, list[str]] = {}
    for row in root.findall("TeachingManager/SetLists/SetList"):
        set_id = int(text(row, "SetId"))
        if set_id not in pupils:
            pupils[set_id] = []
        pupils[set_id] = [*pupils[set_id], text(row, "SchoolId")]
    return pupils


def classes_of(
    root: Element,
    parameters: Parameters,
    pupils: dict[int, list[str]],
    extra_ids: list[str],
) -> tuple[dict[str, Class], list[str]]:
    """Return the sets that are chosen, by id, and the ids of all who teach one of them."""
    excluded = excluded_subjects(root, parameters)
    active, classes = [*extra_ids], dict[str, Class]()
    for entry in root.findall("TeachingManager/Sets/Set"):
        if text(entry, "SubjectId") in excluded or text(entry, "YearId") not in parameters.years:
            continue
        teachers: list[str] = []
        for teacher in entry.findall("Teachers/Teacher"):
            staff_id = teacher.get("StaffId", "")
            teachers = [*teachers, staff_id]
            if staff_id not in active:  # through the whole list
                active = [*active, staff_id]
        set_id, title = entry.get("Id", ""), text(entry, "SetCode") + parameters.suffix
        members = pupils.get(int(set_id), [])
        classes[set_id] = Class(set_id, title, [*teachers, *extra_ids], members)
    return classes, active


def excluded_subjects(root: Element, parameters: Parameters) -> list[str]:
    """Return the subjects to leave out: those in departments that are not included, too."""
    excluded = [*parameters.excluded]
    if parameters.included:
        for subject in root.findall("TeachingManager/Departments/Department/Subjects/Subject"):
            if subject.get("Id", "") not in parameters.included:
                excluded = [*excluded, subject.get("Id", "")]
    return excluded


def write_classes(classes: dict[str, Class], folder: Path) -> None:
    for each in classes.values():
        if each.pupils:
            add(folder, "classes", f"{each.id},{ORGANISATION},{each.title}")
            for staff_id in each.teachers:
                add(folder, "enrollments", f"{each.id},{staff_id},teacher")
            for pupil_id in each.pupils:
                add(folder, "enrollments", f"{each.id},{pupil_id},student")


def text(entry: Element, tag: str) -> str:
    """Return the text of a child; one of blanks alone is none, as .NET's XML has it."""
    found = entry.findtext(tag) or ""
    return found if found.strip() else ""
