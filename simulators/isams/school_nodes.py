"""SchoolManager and EstateManager: years, forms, houses, divisions, terms, rooms."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from simulators.invented.places import House
from simulators.isams.telling import AUTHOR_ID, Telling
from simulators.isams.xmltext import element, leaf


def years(telling: Telling) -> Iterator[str]:
    for year in telling.school.years:
        yield element(
            "Year",
            [("Id", year.id), ("AuthorId", AUTHOR_ID), ("TutorId", year.tutor_id)],
            [
                telling.old("NationalCurriculumYear", year.id),
                telling.old("Tutor", telling.user_codes.get(year.tutor_id)),
                telling.old("AssistantTutor", None),
                telling.old("Author", telling.author),
                leaf("Name", year.name),
                leaf("Code", year.code),
                leaf("Email", year.email),
                leaf("Website", ""),
                leaf("LastUpdated", telling.school.last_updated),
            ],
        )


def forms(telling: Telling) -> Iterator[str]:
    for form in telling.school.forms:
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
                telling.old("Tutor", telling.user_codes.get(form.tutor_id)),
                telling.old("AssistantFormTutor", None),
                telling.old("SecondAssistantFormTutor", None),
                telling.old("NationalCurriculumYear", form.year),
                telling.old("RoomId", form.room_id),
                telling.old("Author", telling.author),
                leaf("Form", form.name),
                leaf("EmailAddress", ""),
                leaf("Website", ""),
                leaf("LastUpdated", telling.school.last_updated),
            ],
        )


def academic_houses(telling: Telling) -> Iterator[str]:
    return _houses(telling, telling.school.academic_houses)


def boarding_houses(telling: Telling) -> Iterator[str]:
    return _houses(telling, telling.school.boarding_houses)


def _houses(telling: Telling, houses: Iterable[House]) -> Iterator[str]:
    for house in houses:
        master, assistant = house.master_id, house.assistant_id
        yield element(
            "House",
            [("Id", house.id), ("HouseMasterId", master), ("AssistantHouseMasterId", assistant)],
            [
                telling.old("HouseMaster", telling.user_codes.get(master)),
                telling.old("AssistantHouseMaster", telling.user_codes.get(assistant)),
                leaf("Name", house.name),
                leaf("Code", house.code),
                leaf("Type", house.kind),
                leaf("Sex", house.sex),
                *(leaf(tag, "") for tag in ("Address1", "Town", "County", "Postcode")),
                *(leaf(tag, "") for tag in ("Telephone", "Fax")),
                leaf("PrimaryEmail", f"house{house.id}@{telling.school.domain}"),
                leaf("Website", ""),
            ],
        )


def divisions(telling: Telling) -> Iterator[str]:
    for division in telling.school.divisions:
        links = "".join(
            element(
                "Year",
                # A link row's id, which looks like a year and is none.
                [("Id", division.id * 20 + place), ("YearId", year)],
                [telling.old("NationalCurriculumYear", year), telling.old("Author", None)],
            )
            for place, year in enumerate(division.years)
        )
        yield element(
            "SchoolDivision",
            [("Id", division.id)],
            [
                telling.old("Author", telling.author),
                leaf("Name", division.name),
                leaf("Code", division.code),
                leaf("LastUpdated", telling.school.last_updated),
                f"      <Years>\n{links}      </Years>\n",
            ],
        )


def terms(telling: Telling) -> Iterator[str]:
    for term in telling.school.terms:
        yield element(
            "Term",
            [("Id", term.id), ("AuthorId", AUTHOR_ID)],
            [
                telling.old("Author", telling.author),
                leaf("SchoolYear", term.school_year),
                leaf("Name", term.name),
                leaf("StartDate", f"{term.starts_on}T00:00:00"),
                leaf("FinishDate", f"{term.finishes_on}T00:00:00"),
                leaf("LastUpdated", telling.school.last_updated),
            ],
        )


def buildings(telling: Telling) -> Iterator[str]:
    for building in telling.school.buildings:
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
