"""The records of a batch document beyond people and sets, taken one by one into the frame."""

from __future__ import annotations

from collections.abc import Callable

from sync.errors import SourceMalformed
from sync.isams.assembly import Register, nc_year
from sync.isams.batch.nested import Attributes, Node, attribute
from sync.isams.batch.records import Reading, Texts
from sync.isams.datasets import (
    ACADEMIC_HOUSES,
    BOARDING_HOUSES,
    BUILDINGS,
    DIVISIONS,
    FORMS,
    LESSONS,
    ROOMS,
    TEACHING_FORMS,
    TERMS,
    WEEKS,
    YEARS,
    Dataset,
)
from sync.isams.school import (
    Building,
    Division,
    Form,
    House,
    HouseKind,
    Period,
    Room,
    TeachingForm,
    Year,
)
from sync.isams.structure import Frame, LessonRecord, term

type Parts = list[Attributes]


class GatheredFrame:
    """What is read of each dataset. Attributes hold the ids; children are what people call it."""

    def __init__(self, register: Register) -> None:
        self._counts = register.counts
        self._shared = register.shared
        self._id = register.counted_id
        self._frame: Frame = register.frame

    def readings(self) -> dict[Dataset, Reading]:
        """Return what to take of each dataset, and what is done with it."""
        named = frozenset({"Name", "Code"})
        days = frozenset({"SchoolYear", "Name", "StartDate", "FinishDate"})
        taught = frozenset({"FormCode", "TimetableCode", "SubjectId"})
        lesson = frozenset({"Code", "Teacher", "PeriodId", "RoomId", "SetId", "Set"})
        none = frozenset[str]()
        return {
            YEARS: Reading(YEARS, self._year, named),
            FORMS: Reading(FORMS, self._form, frozenset({"Form"})),
            ACADEMIC_HOUSES: Reading(
                ACADEMIC_HOUSES, self._house("academic", ACADEMIC_HOUSES), named
            ),
            BOARDING_HOUSES: Reading(
                BOARDING_HOUSES, self._house("boarding", BOARDING_HOUSES), named
            ),
            DIVISIONS: Reading(DIVISIONS, self._division, named, parts=("Years", "Year")),
            TERMS: Reading(TERMS, self._term, days),
            BUILDINGS: Reading(BUILDINGS, _nothing, none, take_whole=self._building),
            WEEKS: Reading(WEEKS, _nothing, none, take_whole=self._week),
            TEACHING_FORMS: Reading(TEACHING_FORMS, self._teaching_form, taught),
            LESSONS: Reading(LESSONS, self._lesson, lesson),
        }

    # One method for each dataset's records.

    def _year(self, attributes: Attributes, texts: Texts, _: Parts) -> None:
        year = nc_year(self._id(YEARS, attribute(attributes, "Id")))
        if year is None:
            raise SourceMalformed(f"{YEARS.ui_name}: a record's Id is no NC year")
        tutors = _ids(attributes, "TutorId", "AssistantTutorId")
        self._frame.add_year(Year(year, texts.get("Name", ""), texts.get("Code", ""), tutors))

    def _form(self, attributes: Attributes, texts: Texts, _: Parts) -> None:
        own = self._id(FORMS, attribute(attributes, "Id") or texts.get("Form", ""))
        tutors = _ids(attributes, "TutorId", "AssistantTutorId", "SecondAssistantTutorId")
        year = nc_year(attribute(attributes, "YearId"))
        self._frame.add_form(Form(own, year, tutors, attribute(attributes, "RoomId")))

    def _house(
        self, kind: HouseKind, dataset: Dataset
    ) -> Callable[[Attributes, Texts, Parts], None]:
        def take(attributes: Attributes, texts: Texts, _: Parts) -> None:
            masters = _ids(attributes, "HouseMasterId", "AssistantHouseMasterId")
            own = self._id(dataset, attribute(attributes, "Id"))
            self._frame.add_house(
                House(own, kind, texts.get("Name", ""), texts.get("Code", ""), masters)
            )

        return take

    def _division(self, attributes: Attributes, texts: Texts, parts: Parts) -> None:
        own = self._id(DIVISIONS, attribute(attributes, "Id"))
        # A link's Id looks like a year and is none.
        told = {nc_year(attribute(part, "YearId")) for part in parts}
        years = tuple(sorted(year for year in told if year is not None))
        self._frame.add_division(Division(own, texts.get("Name", ""), texts.get("Code", ""), years))

    def _term(self, attributes: Attributes, texts: Texts, _: Parts) -> None:
        own = self._id(TERMS, attribute(attributes, "Id"))
        self._frame.add_term(
            term(own, texts.get("Name", ""), texts.get("SchoolYear", ""),
                 texts.get("StartDate", ""), texts.get("FinishDate", ""))
        )  # fmt: skip

    def _building(self, top: Node) -> None:
        own = self._id(BUILDINGS, attribute(top.attributes, "Id"))
        self._frame.add_building(Building(own, top.said("Name"), top.said("Initials")))
        for node in top.at("Classrooms", "Classroom"):
            room = self._id(ROOMS, attribute(node.attributes, "Id"))
            code = node.said("Code") or node.said("Initials")
            self._frame.add_room(Room(room, node.said("Name"), code, own))

    def _week(self, top: Node) -> None:
        self._counts[WEEKS.name] += 1
        for day in top.at("Days", "Day"):
            for node in day.at("Periods", "Period"):
                own = attribute(node.attributes, "Id")
                if not own:
                    raise SourceMalformed(f"{WEEKS.ui_name}: a period has no Id")
                self._frame.add_period(
                    Period(own, node.said("Name"), top.said("Name"), day.said("Name"),
                           node.said("StartTime"), node.said("EndTime"))
                )  # fmt: skip

    def _teaching_form(self, attributes: Attributes, texts: Texts, _: Parts) -> None:
        own = self._id(TEACHING_FORMS, attribute(attributes, "Id"))
        self._frame.add_teaching_form(
            TeachingForm(own, texts.get("TimetableCode", ""), texts.get("FormCode", ""),
                         texts.get("SubjectId", ""))
        )  # fmt: skip

    def _lesson(self, attributes: Attributes, texts: Texts, _: Parts) -> None:
        del attributes
        self._counts[LESSONS.name] += 1
        shared = self._shared
        self._frame.lessons.append(
            LessonRecord(
                code=shared(texts.get("Code", "")),
                # Both names are a flag: 1 is a set's lesson, 0 a form's; never a set's id.
                for_set=(texts.get("Set") or texts.get("SetId") or "1") != "0",
                period_id=shared(texts.get("PeriodId", "")),
                room_id=shared(texts.get("RoomId", "")),
                user_code=shared(texts.get("Teacher", "")),
            )
        )


def _ids(attributes: Attributes, *names: str) -> tuple[str, ...]:
    """Return the ids under *names*, in that order, each once."""
    return tuple(dict.fromkeys(own for name in names if (own := attribute(attributes, name))))


def _nothing(attributes: Attributes, texts: Texts, parts: Parts) -> None:
    """Take nothing: the record is taken whole."""
