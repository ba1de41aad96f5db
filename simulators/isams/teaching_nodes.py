"""TeachingManager: departments and subjects, sets, set lists, teaching forms."""

from __future__ import annotations

from collections.abc import Iterator

from simulators.isams.batch_index import AUTHOR_ID, BatchIndex
from simulators.isams.xmltext import element, leaf
from simulators.school import TeachingSet


def departments(index: BatchIndex) -> Iterator[str]:
    for department in index.school.departments:
        subjects = "".join(
            element("Subject", [("Id", s.id)], [leaf("Code", s.code), leaf("Name", s.name)])
            for s in department.subjects
        )
        yield element(
            "Department",
            [("Id", department.id)],
            [
                leaf("Name", department.name),
                f"      <Subjects>\n{subjects}      </Subjects>\n" if subjects else "",
            ],
        )


def sets(index: BatchIndex) -> Iterator[str]:
    updated = index.school.last_updated
    for item in index.school.sets:
        primary = next((t.staff_id for t in item.teachers if t.primary), None)
        yield element(
            "Set",
            (
                ("Id", item.id),
                ("SubjectId", item.subject_id),
                ("YearId", item.year),
                ("AuthorId", AUTHOR_ID),
            ),
            (
                index.old("SubjectId", item.subject_id),
                index.old("YearId", item.year),
                index.old("Teacher", index.user_codes.get(primary)),
                index.old("Author", index.author),
                leaf("SetNumber", item.number),
                leaf("Block", item.block),
                leaf("SetCode", item.code),
                leaf("Name", item.name),
                _teachers(item),
                leaf("Description", ""),
                leaf("LastUpdated", updated),
            ),
        )


def _teachers(item: TeachingSet) -> str:
    if not item.teachers:
        return "" if item.omits_teachers else "        <Teachers/>\n"
    rows = "".join(
        f'          <Teacher Id="{t.id}" StaffId="{t.staff_id}" PrimaryTeacher="{t.primary}"/>\n'
        for t in item.teachers
    )
    return f"        <Teachers>\n{rows}        </Teachers>\n"


def set_lists(index: BatchIndex) -> Iterator[str]:
    """Yield a row per set and pupil, written out by hand: the largest school has a million."""
    updated, legacy, author = index.school.last_updated, index.legacy, index.author
    for row in index.school.memberships:
        pupil = "" if row.pupil_id is None else f' PupilId="{row.pupil_id}"'
        old = (
            f'        <SetId Legacy="True">{row.set_id}</SetId>\n'
            f'        <SchoolId Legacy="True">{row.school_id}</SchoolId>\n'
            f'        <Author Legacy="True">{author}</Author>\n'
            if legacy
            else ""
        )
        # Now and then nobody has noted when.
        when = "<LastUpdated/>" if row.id % 16 == 0 else f"<LastUpdated>{updated}</LastUpdated>"
        yield (
            f'      <SetList Id="{row.id}" SetId="{row.set_id}"{pupil} AuthorId="{AUTHOR_ID}">\n'
            f"{old}        {when}\n      </SetList>\n"
        )


def teaching_forms(index: BatchIndex) -> Iterator[str]:
    for item in index.school.teaching_forms:
        yield element(
            "TeachingForm",
            [("Id", item.id)],
            [
                leaf("FormCode", item.form),
                leaf("TimetableCode", item.timetable_code),
                leaf("SubjectId", item.subject_id),
            ],
        )
