"""HRManager and PupilManager: the people."""

from __future__ import annotations

from collections.abc import Iterator

from simulators.isams.batch_index import BatchIndex
from simulators.isams.xmltext import element, leaf


def staff(index: BatchIndex) -> Iterator[str]:
    for person in index.school.staff:
        full_name = f"{person.forename} {person.surname}"
        division = index.divisions[person.division_id]
        yield element(
            "StaffMember",
            (("Id", person.id), ("PersonId", person.person_id), ("PersonGuid", person.person_guid)),
            (
                leaf("Initials", person.initials),
                leaf("UserCode", person.user_code),
                leaf("UserName", person.initials if person.teaches else None),
                leaf("Title", person.title),
                leaf("Forename", person.forename),
                leaf("MiddleNames", ""),
                leaf("Surname", person.surname),
                leaf("FullName", full_name),
                leaf("NameInitials", f"{person.forename[0]} {person.surname[0]}"),
                leaf("PreferredName", person.forename),
                leaf("Salutation", f"{person.title} {person.surname}"),
                leaf("DOB", f"{person.born}T00:00:00"),
                leaf("Gender", person.gender),
                leaf("SchoolEmailAddress", person.email),
                leaf("SchoolMobileNumber", ""),
                leaf("PersonalMobileNumber", person.mobile),
                leaf("TeachingStaff", "1" if person.teaches else "0"),
                leaf("LeavingDate", f"{person.leaves_on}T00:00:00" if person.leaves_on else None),
                _listed("Role", 3, "Tutor"),
                _listed("Division", person.division_id, division),
            ),
        )


def _listed(tag: str, id_: int, name: str) -> str:
    return element(f"{tag}s", [], [element(tag, [("Id", id_)], [leaf("Name", name)])])


def pupils(index: BatchIndex) -> Iterator[str]:
    """Yield the pupils, with all that iSAMS tells about a child and no client of ours may keep.

    `HomeAddress` and `PersonalEmailAddress` are additions of ours: a client that keeps what it
    does not know by name would carry them.
    """
    for pupil in index.school.pupils:
        girl = pupil.gender == "F"
        yield element(
            "Pupil",
            (
                ("Id", pupil.id),
                ("PersonId", pupil.person_id),
                ("PersonGuid", pupil.person_guid),
                ("DivisionId", pupil.division_id),
                ("AcademicHouseId", pupil.academic_house_id),
                ("BoardingHouseId", pupil.boarding_house_id),
            ),
            (
                leaf("UPN", pupil.upn),
                leaf("SchoolCode", pupil.school_code),
                leaf("SchoolId", pupil.school_id),
                leaf("UserCode", pupil.user_code),
                leaf("UserName", pupil.user_code.lower()),
                leaf("Title", "Miss" if girl else "Mr"),
                leaf("Forename", pupil.forename),
                leaf("Surname", pupil.surname),
                leaf("Middlename", ""),
                leaf("Initials", f"{pupil.forename[0]}{pupil.surname[0]}"),
                leaf("Preferredname", pupil.preferred_name),
                leaf("Fullname", f"{pupil.forename} {pupil.surname}"),
                leaf("Gender", pupil.gender),
                leaf("DOB", f"{pupil.born}T00:00:00"),
                leaf("AcademicHouse", index.houses.get(pupil.academic_house_id)),
                leaf("BoardingHouse", index.houses.get(pupil.boarding_house_id)),
                leaf("Form", pupil.form),
                leaf("NCYear", pupil.year),
                leaf("DivisionName", index.divisions[pupil.division_id]),
                leaf("EmailAddress", pupil.email),
                leaf("MobileNumber", pupil.mobile),
                leaf("PupilType", "Day" if pupil.boarding_house_id is None else "Boarder"),
                leaf("EnrolmentDate", f"{pupil.enrolled_on}T00:00:00"),
                leaf("EnrolmentTerm", "Autumn"),
                leaf("EnrolmentSchoolYear", pupil.enrolled_on.year),
                leaf("FamilyId", pupil.id // 2),
                leaf("Nationalities", "British"),
                leaf("Languages", "English"),
                leaf("Ethnicity", "Not stated"),
                leaf("PersonalEmailAddress", pupil.private_email),
                element("HomeAddress", [], [leaf("Address1", pupil.home_address)]),
                leaf("Tutor", index.user_codes.get(pupil.tutor_id)),
            ),
        )
