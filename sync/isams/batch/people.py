"""The records of a batch document, each taken into the school's register as it ends."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from sync.isams.assembly import Register, SetRecord, day_of, nc_year, person_of
from sync.isams.batch.collection import Extract, Texts
from sync.isams.batch.nested import Attributes, attribute
from sync.isams.batch.structure import BatchStructure
from sync.isams.datasets import PUPILS, SET_LISTS, SETS, STAFF, SUBJECTS, Dataset
from sync.isams.school import CurrentPeople, Employee, PersonKey, Pupil, School, Subject
from sync.texts import composed

_PERSON = {"Forename", "Surname"}
# SchoolId is the key in all modules; Id is only the row: docs/reference/isams.md#school-id,
# docs/reference/isams.md#pupil-email
_PUPIL = frozenset({"SchoolId", "SchoolCode", "Form", "NCYear", "EmailAddress", *_PERSON})
_EMPLOYEE = frozenset(  # docs/reference/isams.md#staff
    {"UserCode", "Title", "Initials", "TeachingStaff", "SchoolEmailAddress", "LeavingDate"}
    | _PERSON
)


class BatchSchool:
    """What has been read so far; `counts` is rows by dataset, repeats included.

    Pupils' *tutors* are read only on request: they come last of all that is taken, and a record
    is passed over from where everything has been heard.
    """

    def __init__(self, *, tutors: bool = False) -> None:
        self._pupil_texts = _PUPIL | {"Tutor"} if tutors else _PUPIL
        self._register = Register()
        self._id = self._register.counted_id
        self.counts = self._register.counts

    @property
    def subjects(self) -> Mapping[str, Subject]:
        """The subjects that have been read, by id."""
        return self._register.subjects

    @property
    def people(self) -> CurrentPeople:
        """The pupils and staff that have been read."""
        return self._register.people()

    def whole(self) -> School:
        """Put it together; raises `SourceMalformed` if nothing fits."""
        return self._register.school()

    def extracts(self) -> dict[Dataset, Extract]:
        """Return what to take of each dataset, and what is done with it."""
        teaching_set = frozenset({"SubjectId", "YearId", "Teacher", "SetCode", "Name"})
        set_list = frozenset({"SetId", "SchoolId"})
        return {
            STAFF: Extract(STAFF, self._employee, _EMPLOYEE),
            PUPILS: Extract(PUPILS, self._pupil, self._pupil_texts),
            SUBJECTS: Extract(SUBJECTS, self._subject, frozenset({"Code", "Name"})),
            SETS: Extract(SETS, self._set, teaching_set, parts=("Teachers", "Teacher")),
            SET_LISTS: Extract(
                SET_LISTS,
                self._row,
                set_list,
                bare=("SetId", "PupilId"),
                take_bare=self._bare_rows(),
            ),
            **BatchStructure(self._register).extracts(),
        }

    def ask(self, datasets: Iterable[Dataset]) -> None:
        """Note which datasets beyond the five were asked for."""
        for dataset in datasets:
            self._register.ask(dataset)

    # A method for the records of each dataset.

    def _employee(self, attributes: Attributes, texts: Texts, _: list[Attributes]) -> None:
        employee = Employee(
            id=self._id(STAFF, attribute(attributes, "Id")),
            email=texts.get("SchoolEmailAddress", ""),
            forename=texts.get("Forename", ""),
            surname=texts.get("Surname", ""),
            title=self._register.shared(texts.get("Title", "")),
            initials=texts.get("Initials", ""),
            teaches=texts.get("TeachingStaff", "") == "1",  # docs/reference/isams.md#teaching-staff
            person=_person(attributes),
            leaves_on=day_of(texts.get("LeavingDate", "")),
        )
        self._register.add_employee(employee, texts.get("UserCode", ""))

    def _pupil(self, attributes: Attributes, texts: Texts, _: list[Attributes]) -> None:
        row_id, shared = self._id(PUPILS, attribute(attributes, "Id")), self._register.shared
        pupil = Pupil(
            id=self._id(PUPILS, texts.get("SchoolId", ""), "SchoolId", is_counted=True),
            year=nc_year(texts.get("NCYear", "")),
            email=texts.get("EmailAddress", ""),
            forename=texts.get("Forename", ""),
            surname=texts.get("Surname", ""),
            code=texts.get("SchoolCode", ""),
            form=shared(composed(texts.get("Form", ""))),
            # docs/reference/isams.md#pupil-houses
            academic_house_id=shared(attribute(attributes, "AcademicHouseId")),
            boarding_house_id=shared(attribute(attributes, "BoardingHouseId")),
            division_id=shared(attribute(attributes, "DivisionId")),
            person=_person(attributes),
        )
        self._register.add_pupil(pupil, row_id)
        # A member of staff's UserCode, not an id: docs/reference/isams.md#pupil-tutor
        if tutor := texts.get("Tutor"):
            self._register.add_tutor(pupil.id, tutor)

    def _subject(self, attributes: Attributes, texts: Texts, _: list[Attributes]) -> None:
        subject_id = self._id(SUBJECTS, attribute(attributes, "Id"))
        subject = Subject(subject_id, texts.get("Code", ""), texts.get("Name", ""))
        self._register.add_subject(subject)

    def _set(self, attributes: Attributes, texts: Texts, parts: list[Attributes]) -> None:
        shared = self._register.shared
        # Teacher/@Id is a row's, and nobody's: docs/reference/isams.md#set-teachers
        staff_ids = {attribute(teacher, "StaffId") for teacher in parts} - {""}
        record = SetRecord(
            id=self._id(SETS, attribute(attributes, "Id")),
            code=texts.get("SetCode", ""),
            name=texts.get("Name", ""),
            year=nc_year(attribute(attributes, "YearId") or texts.get("YearId", "")),
            subject_id=shared(attribute(attributes, "SubjectId") or texts.get("SubjectId", "")),
            staff_ids=tuple(sorted(map(shared, staff_ids))),
            user_code=texts.get("Teacher", ""),
        )
        self._register.sets.add(record)

    def _bare_rows(self) -> Callable[[Iterable[tuple[str, ...]]], int]:
        """Return what takes rows whose SetId and PupilId say all: most of a document is such rows.

        A closure over what it fills, because it does more than all else together.
        """
        listed, counts, pupil_ids = self._register.listed, self.counts, self._register.pupil_ids

        def take(given: Iterable[tuple[str, ...]]) -> int:
            taken = 0
            for set_text, member_text in given:  # docs/reference/isams.md#set-lists
                set_id, pupil_id = set_text.strip(), pupil_ids.get(member_text.strip())
                if not set_id or pupil_id is None:  # then the children may say who it is
                    break
                listed[set_id].append(pupil_id)
                taken += 1
            counts["SetList"] += taken
            return taken

        return take

    def _row(self, attributes: Attributes, texts: Texts, _: list[Attributes]) -> None:
        set_id = attribute(attributes, "SetId") or texts.get("SetId", "")
        set_id = self._id(SET_LISTS, set_id, "SetId")
        member, school_id = attribute(attributes, "PupilId"), texts.get("SchoolId", "")
        if member:
            self._register.rows[set_id].append(self._register.shared(member))
            self._register.note_school_id(member, school_id)
        else:
            # PupilId may be missing where a pupil was purged:
            # docs/reference/isams.md#set-lists-by-school-id
            self._register.school_ids[set_id].append(school_id or self._nobody(attributes))

    def _nobody(self, attributes: Attributes) -> str:
        """Return the id of the row itself, in a form that no pupil's can have."""
        row_id = attribute(attributes, "Id")
        return f"SetList {self._id(SET_LISTS, row_id, 'PupilId', is_counted=True)}"


def _person(attributes: Attributes) -> PersonKey:
    guid, person_id = attribute(attributes, "PersonGuid"), attribute(attributes, "PersonId")
    return person_of(guid, person_id)
