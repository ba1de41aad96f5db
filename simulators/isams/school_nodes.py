"""SchoolManager and EstateManager: years, forms, houses, divisions, terms, rooms."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from simulators.invented.places import House
from simulators.isams.batch_index import AUTHOR_ID, BatchIndex
from simulators.isams.xmltext import element, leaf


def years(index: BatchIndex) -> Iterator[str]:
    for year in index.school.years:
        yield element(
            "Year",
            [("Id", year.id), ("AuthorId", AUTHOR_ID), ("TutorId", year.tutor_id)],
            [
                index.old("NationalCurriculumYear", year.id),
                index.old("Tutor", index.user_codes.get(year.tutor_id)),
                index.old("AssistantTutor", None),
                index.old("Author", index.author),
                leaf("Name", year.name),
                leaf("Code", year.code),
                leaf("Email", year.email),
                leaf("Website", ""),
                leaf("LastUpdated", index.school.last_updated),
            ],
        )


def forms(index: BatchIndex) -> Iterator[str]:
    for form in index.school.forms:
        yield element(
            "Form",
            [
                ("Id", form.name),
                ("TutorId", form.tutor_id),
                ("YearId", form.year),
                ("RoomId", form.room_id),
                ("AuthorId", AUTHOR_ID),
            ],
            [
                index.old("Tutor", index.user_codes.get(form.tutor_id)),
                index.old("AssistantFormTutor", None),
                index.old("SecondAssistantFormTutor", None),
                index.old("NationalCurriculumYear", form.year),
                index.old("RoomId", form.room_id),
                index.old("Author", index.author),
                leaf("Form", form.name),
                leaf("EmailAddress", ""),
                leaf("Website", ""),
                leaf("LastUpdated", index.school.last_updated),
            ],
        )


def academic_houses(index: BatchIndex) -> Iterator[str]:
    return _houses(index, index.school.academic_houses)


def boarding_houses(index: BatchIndex) -> Iterator[str]:
    return _houses(index, index.school.boarding_houses)


def _houses(index: BatchIndex, houses: Iterable[House]) -> Iterator[str]:
    for house in houses:
        master, assistant = house.master_id, house.assistant_id
        yield element(
            "House",
            [("Id", house.id), ("HouseMasterId", master), ("AssistantHouseMasterId", assistant)],
            [
                index.old("HouseMaster", index.user_codes.get(master)),
                index.old("AssistantHouseMaster", index.user_codes.get(assistant)),
                leaf("Name", house.name),
                leaf("Code", house.code),
                leaf("Type", house.kind),
                leaf("Sex", house.sex),
                *(leaf(tag, "") for tag in ("Address1", "Town", "County", "Postcode")),
                *(leaf(tag, "") for tag in ("Telephone", "Fax")),
                leaf("PrimaryEmail", f"house{house.id}@{index.school.domain}"),
                leaf("Website", ""),
            ],
        )


def divisions(index: BatchIndex) -> Iterator[str]:
    for division in index.school.divisions:
        links = "".join(
            element(
                "Year",
                # A link row's id, which looks like a year and is none.
                [("Id", division.id * 20 + position), ("YearId", year)],
                [index.old("NationalCurriculumYear", year), index.old("Author", None)],
            )
            for position, year in enumerate(division.years)
        )
        yield element(
            "SchoolDivision",
            [("Id", division.id)],
            [
                index.old("Author", index.author),
                leaf("Name", division.name),
                leaf("Code", division.code),
                leaf("LastUpdated", index.school.last_updated),
                f"      <Years>\n{links}      </Years>\n",
            ],
        )


def terms(index: BatchIndex) -> Iterator[str]:
    for term in index.school.terms:
        yield element(
            "Term",
            [("Id", term.id), ("AuthorId", AUTHOR_ID)],
            [
                index.old("Author", index.author),
                leaf("SchoolYear", term.school_year),
                leaf("Name", term.name),
                leaf("StartDate", f"{term.starts_on}T00:00:00"),
                leaf("FinishDate", f"{term.finishes_on}T00:00:00"),
                leaf("LastUpdated", index.school.last_updated),
            ],
        )


def buildings(index: BatchIndex) -> Iterator[str]:
    for building in index.school.buildings:
        rooms = "".join(
            element(
                "Classroom",
                [("Id", room.id)],
                [
                    leaf("Name", room.name),
                    leaf("Description", ""),
                    leaf("Initials", room.code),
                    leaf("Code", room.code),
                ],
            )
            for room in building.classrooms
        )
        yield element(
            "Building",
            [("Id", building.id)],
            [
                leaf("Parent", "0"),
                leaf("Name", building.name),
                leaf("Description", ""),
                leaf("Initials", building.initials),
                f"      <Classrooms>\n{rooms}      </Classrooms>\n" if rooms else "",
            ],
        )
