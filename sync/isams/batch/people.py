"""The records of a batch document, taken one by one into the school's register."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from sync.isams.assembly import Register, SetRecord, nc_year
from sync.isams.batch.nested import Attributes, attribute
from sync.isams.batch.records import Reading, Texts
from sync.isams.batch.structure import GatheredFrame
from sync.isams.datasets import PUPILS, SET_LISTS, SETS, STAFF, SUBJECTS, Dataset
from sync.isams.school import Employee, Pupil, School, Subject

_PERSON = {"Forename", "Surname"}
_PUPIL = frozenset({"SchoolId", "SchoolCode", "Form", "NCYear", "EmailAddress", *_PERSON})
_EMPLOYEE = frozenset(
    {"UserCode", "Title", "Initials", "TeachingStaff", "SchoolEmailAddress", *_PERSON}
)


class Gathered:
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

    def school(self) -> School:
        """Put it together; raises `SourceMalformed` if nothing fits."""
        return self._register.school()

    def readings(self) -> dict[Dataset, Reading]:
        """Return what to take of each dataset, and what is done with it."""
        teaching_set = frozenset({"SubjectId", "YearId", "Teacher", "SetCode", "Name"})
        set_list = frozenset({"SetId", "SchoolId"})
        return {
            STAFF: Reading(STAFF, self._employee, _EMPLOYEE),
            PUPILS: Reading(PUPILS, self._pupil, self._pupil_texts),
            SUBJECTS: Reading(SUBJECTS, self._subject, frozenset({"Code", "Name"})),
            SETS: Reading(SETS, self._set, teaching_set, parts=("Teachers", "Teacher")),
            SET_LISTS: Reading(SET_LISTS, self._row, set_list, take_bare=self._bare_rows()),
            **GatheredFrame(self._register).readings(),
        }

    def ask(self, datasets: Iterable[Dataset]) -> None:
        """Note which datasets beyond the five were asked for."""
        for dataset in datasets:
            self._register.ask(dataset)

    # One method for each dataset's records.

    def _employee(self, attributes: Attributes, texts: Texts, _: list[Attributes]) -> None:
        one = Employee(
            id=self._id(STAFF, attribute(attributes, "Id")),
            email=texts.get("SchoolEmailAddress", ""),
            forename=texts.get("Forename", ""),
            surname=texts.get("Surname", ""),
            title=self._register.shared(texts.get("Title", "")),
            initials=texts.get("Initials", ""),
            teaches=texts.get("TeachingStaff", "") == "1",
        )
        self._register.add_employee(one, texts.get("UserCode", ""))

    def _pupil(self, attributes: Attributes, texts: Texts, _: list[Attributes]) -> None:
        row_id, shared = self._id(PUPILS, attribute(attributes, "Id")), self._register.shared
        one = Pupil(
            id=self._id(PUPILS, texts.get("SchoolId", ""), "SchoolId", is_counted=True),
            year=nc_year(texts.get("NCYear", "")),
            email=texts.get("EmailAddress", ""),
            forename=texts.get("Forename", ""),
            surname=texts.get("Surname", ""),
            code=texts.get("SchoolCode", ""),
            form=shared(texts.get("Form", "")),
            academic_house_id=shared(attribute(attributes, "AcademicHouseId")),
            boarding_house_id=shared(attribute(attributes, "BoardingHouseId")),
            division_id=shared(attribute(attributes, "DivisionId")),
        )
        self._register.add_pupil(one, row_id)
        if tutor := texts.get("Tutor"):
            self._register.add_tutor(one.id, tutor)

    def _subject(self, attributes: Attributes, texts: Texts, _: list[Attributes]) -> None:
        own = self._id(SUBJECTS, attribute(attributes, "Id"))
        self._register.add_subject(Subject(own, texts.get("Code", ""), texts.get("Name", "")))

    def _set(self, attributes: Attributes, texts: Texts, parts: list[Attributes]) -> None:
        shared = self._register.shared
        staff_ids = {attribute(teacher, "StaffId") for teacher in parts} - {""}
        one = SetRecord(
            id=self._id(SETS, attribute(attributes, "Id")),
            code=texts.get("SetCode", ""),
            name=texts.get("Name", ""),
            year=nc_year(attribute(attributes, "YearId") or texts.get("YearId", "")),
            subject_id=shared(attribute(attributes, "SubjectId") or texts.get("SubjectId", "")),
            staff_ids=tuple(sorted(map(shared, staff_ids))),
            user_code=texts.get("Teacher", ""),
        )
        self._register.add_set(one)

    def _bare_rows(self) -> Callable[[Attributes], bool]:
        """Return what takes a row whose attributes say all: most of a document is such rows.

        A closure over what it fills, because it is called more often than all else together.
        """
        rows, texts, counts = self._register.rows, self._register.texts, self.counts

        def take(attributes: Attributes) -> bool:
            set_id = attributes.get("SetId", "").strip()
            member = attributes.get("PupilId", "").strip()
            if not set_id or not member:
                return False
            rows[set_id].append(texts.setdefault(member, member))
            counts["SetList"] += 1
            return True

        return take

    def _row(self, attributes: Attributes, texts: Texts, _: list[Attributes]) -> None:
        set_id = attribute(attributes, "SetId") or texts.get("SetId", "")
        set_id = self._id(SET_LISTS, set_id, "SetId")
        member = attribute(attributes, "PupilId")
        if member:
            self._register.rows[set_id].append(self._register.shared(member))
        else:
            own = texts.get("SchoolId") or self._nobody(attributes)
            self._register.school_ids[set_id].append(own)

    def _nobody(self, attributes: Attributes) -> str:
        """Return the row's own id in a form that no pupil's can have."""
        own = attribute(attributes, "Id")
        return f"SetList {self._id(SET_LISTS, own, 'PupilId', is_counted=True)}"
