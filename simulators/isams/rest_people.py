"""Students and employees, with all that REST tells about a person and no client may pass on."""

from __future__ import annotations

from simulators.isams.rest_index import RestIndex, Row, on_day
from simulators.school import Employee, Pupil

# What the reference lists for a student and this school has no word on.
_UNSAID = (
    "birthCounty", "birthplace", "futureSchoolId", "latestPhotoId", "leavingDate", "leavingReason",
    "leavingYearGroup", "officialName", "previousName", "religion", "removalGrounds",
)  # fmt: skip
_UNSAID_OF_STAFF = (
    "currentContractId", "enrolmentDate", "latestPhotoId", "middleNames", "personalAddress2",
    "personalAddress3", "personalCounty", "personalTelephoneNumber", "previousFamilyNames",
    "schoolMobileNumber", "schoolTelephoneNumber",
)  # fmt: skip


def student(index: RestIndex, pupil: Pupil) -> Row:
    """Return a student; the key everywhere else is `schoolId`, a string, and not `id`."""
    house = index.houses.get(pupil.academic_house_id)
    boarding = index.houses.get(pupil.boarding_house_id)
    salutation = f"{'Miss' if pupil.gender == 'F' else 'Mr'} {pupil.surname}"
    return dict.fromkeys(_UNSAID) | {
        "id": pupil.id,
        "academicHouse": house.name if house else None,
        "boardingHouse": boarding.name if boarding else None,
        "boardingStatus": "Boarder" if boarding else "Day",
        "dob": on_day(pupil.born),
        "enrolmentDate": on_day(pupil.enrolled_on),
        "enrolmentStatus": "Current",
        "enrolmentTerm": "Autumn",
        "enrolmentYear": pupil.enrolled_on.year,
        "ethnicity": "Not stated",
        "familyId": pupil.id // 2,
        "forename": pupil.forename,
        "formGroup": pupil.form,
        "fullName": f"{pupil.forename} {pupil.surname}",
        "gender": pupil.gender,
        "homeAddresses": [_home(pupil)],
        "initials": f"{pupil.forename[0]}{pupil.surname[0]}",
        "isVisaRequired": False,
        "labelSalutation": salutation,
        "languages": ["English"],
        "lastUpdated": index.last_updated,
        "letterSalutation": salutation,
        "middlenames": "",
        "mobileNumber": pupil.mobile,
        "nationalities": ["British"],
        "personalEmailAddress": pupil.private_email,
        "personGuid": pupil.person_guid,
        "personId": pupil.person_id,
        "preferredName": pupil.preferred_name,
        "residentCountry": "United Kingdom",
        "schoolCode": pupil.school_code,
        "schoolEmailAddress": pupil.email,
        "schoolId": pupil.school_id,
        "surname": pupil.surname,
        "systemStatus": "Current",
        "title": "Miss" if pupil.gender == "F" else "Mr",
        "tutorEmployeeId": pupil.tutor_id,
        "uniquePupilNumber": pupil.upn,
        "yearGroup": pupil.year,
    }


def _home(pupil: Pupil) -> Row:
    return dict.fromkeys(("address2", "address3", "county")) | {
        "id": pupil.id,
        "address1": pupil.home_address,
        "country": "United Kingdom",
        "postcode": "ZZ99 9ZZ",
        "private": False,
        "town": "Northbank",
    }


def employee(index: RestIndex, person: Employee) -> Row:
    """Return an employee, as odd as the real ones.

    Whoever does not teach has null divisions, and `[""]` may stand for no nationality.
    """
    division = {"id": person.division_id, "name": index.divisions[person.division_id]}
    return dict.fromkeys(_UNSAID_OF_STAFF) | {
        "id": person.id,
        "dateOfBirth": on_day(person.born),
        "divisions": [division] if person.teaches else None,
        "forename": person.forename,
        "gender": person.gender,
        "isPartTime": False,
        "isPersonalTutor": person.id in index.tutors,
        "isTeachingStaff": person.teaches,
        "leavingDate": on_day(person.leaves_on),
        "nationalities": [""] if person.id % 7 == 0 else ["British"],
        "personalAddress1": f"{person.id} Staff Close",
        "personalCountry": "United Kingdom",
        "personalEmailAddress": f"staff{person.id}@home.example",
        "personalMobileNumber": person.mobile,
        "personalPostcode": "ZZ99 9ZZ",
        "personalTown": "Northbank",
        "personGuid": person.person_guid,
        "preferredName": person.forename,
        "schoolEmailAddress": person.email,
        "schoolInitials": person.initials,
        "surname": person.surname,
        "systemStatus": "Current",
        "title": person.title,
    }
