"""Records of a batch document beyond people and sets, each taken into the structure as it ends."""

from __future__ import annotations

from collections.abc import Callable

from sync.errors import SourceMalformed
from sync.isams.assembly import Register, nc_year
from sync.isams.batch.collection import Extract, Texts
from sync.isams.batch.nested import Attributes, Node, attribute
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
from sync.isams.structure import LessonRecord, term
from sync.texts import composed

type Parts = list[Attributes]


class BatchStructure:
    """What is read of each dataset. Attributes hold the ids; children are what people call it."""

    def __init__(self, register: Register) -> None:
        self._counts = register.counts
        self._shared = register.shared
        self._id = register.counted_id
        self._structure = register.structure

    def extracts(self) -> dict[Dataset, Extract]:
        """Return what to take of each dataset, and what is done with it."""
        named = frozenset({"Name", "Code"})
        # docs/reference/isams.md#term
        days = frozenset({"SchoolYear", "Name", "StartDate", "FinishDate"})
        taught = frozenset({"FormCode", "TimetableCode", "SubjectId"})
        lesson = frozenset({"Code", "Teacher", "PeriodId", "RoomId", "SetId", "Set"})
        none = frozenset[str]()
        return {
            YEARS: Extract(YEARS, self._year, named),
            FORMS: Extract(FORMS, self._form, frozenset({"Form"})),
            ACADEMIC_HOUSES: Extract(
                ACADEMIC_HOUSES, self._house("academic", ACADEMIC_HOUSES), named
            ),
            BOARDING_HOUSES: Extract(
                BOARDING_HOUSES, self._house("boarding", BOARDING_HOUSES), named
            ),
            DIVISIONS: Extract(DIVISIONS, self._division, named, parts=("Years", "Year")),
            TERMS: Extract(TERMS, self._term, days),
            BUILDINGS: Extract(BUILDINGS, _nothing, none, take_whole=self._building),
            WEEKS: Extract(WEEKS, _nothing, none, take_whole=self._week),
            TEACHING_FORMS: Extract(TEACHING_FORMS, self._teaching_form, taught),
            LESSONS: Extract(LESSONS, self._lesson, lesson),
        }

    # A method for the records of each dataset.

    def _year(self, attributes: Attributes, texts: Texts, _: Parts) -> None:
        year = nc_year(self._id(YEARS, attribute(attributes, "Id")))
        if year is None:
            # docs/reference/isams.md#year
            raise SourceMalformed(f"{YEARS.ui_name}: a record's Id is no NC year")
        tutors = _ids(attributes, "TutorId", "AssistantTutorId")
        self._structure.years.add(Year(year, texts.get("Name", ""), texts.get("Code", ""), tutors))

    def _form(self, attributes: Attributes, texts: Texts, _: Parts) -> None:
        form_id = self._id(FORMS, composed(attribute(attributes, "Id") or texts.get("Form", "")))
        # docs/reference/isams.md#form
        tutors = _ids(attributes, "TutorId", "AssistantTutorId", "SecondAssistantTutorId")
        year = nc_year(attribute(attributes, "YearId"))
        self._structure.forms.add(Form(form_id, year, tutors, attribute(attributes, "RoomId")))

    def _house(
        self, kind: HouseKind, dataset: Dataset
    ) -> Callable[[Attributes, Texts, Parts], None]:
        houses = self._structure.houses[kind]

        def take(attributes: Attributes, texts: Texts, _: Parts) -> None:
            # docs/reference/isams.md#house
            masters = _ids(attributes, "HouseMasterId", "AssistantHouseMasterId")
            house_id = self._id(dataset, attribute(attributes, "Id"))
            houses.add(House(house_id, kind, texts.get("Name", ""), texts.get("Code", ""), masters))

        return take

    def _division(self, attributes: Attributes, texts: Texts, parts: Parts) -> None:
        division_id = self._id(DIVISIONS, attribute(attributes, "Id"))
        # A link's Id looks like a year and is none.
        # docs/reference/isams.md#division
        linked = {nc_year(attribute(part, "YearId")) for part in parts}
        years = tuple(sorted(year for year in linked if year is not None))
        self._structure.divisions.add(
            Division(division_id, texts.get("Name", ""), texts.get("Code", ""), years)
        )

    def _term(self, attributes: Attributes, texts: Texts, _: Parts) -> None:
        term_id = self._id(TERMS, attribute(attributes, "Id"))
        self._structure.terms.add(
            term(term_id, texts.get("Name", ""), texts.get("SchoolYear", ""),
                 texts.get("StartDate", ""), texts.get("FinishDate", ""))
        )  # fmt: skip

    def _building(self, top: Node) -> None:
        building_id = self._id(BUILDINGS, attribute(top.attributes, "Id"))
        building = Building(building_id, top.text_of("Name"), top.text_of("Initials"))
        self._structure.buildings.add(building)
        for node in top.at("Classrooms", "Classroom"):
            room_id = self._id(ROOMS, attribute(node.attributes, "Id"))
            # A room may have neither: docs/reference/isams.md#rooms
            code = node.text_of("Code") or node.text_of("Initials")
            self._structure.rooms.add(Room(room_id, node.text_of("Name"), code, building_id))

    def _week(self, top: Node) -> None:
        self._counts[WEEKS.name] += 1
        # Inside each Day is another, with its number: docs/reference/isams.md#weeks
        for day in top.at("Days", "Day"):
            for node in day.at("Periods", "Period"):
                self._structure.periods.add(_period(top, day, node))

    def _teaching_form(self, attributes: Attributes, texts: Texts, _: Parts) -> None:
        record_id = self._id(TEACHING_FORMS, attribute(attributes, "Id"))
        self._structure.teaching_forms.add(
            TeachingForm(record_id, texts.get("TimetableCode", ""),
                         composed(texts.get("FormCode", "")),
                         texts.get("SubjectId", ""))
        )  # fmt: skip

    def _lesson(self, attributes: Attributes, texts: Texts, _: Parts) -> None:
        del attributes
        self._counts[LESSONS.name] += 1
        shared = self._shared
        self._structure.lessons.append(
            LessonRecord(
                code=shared(texts.get("Code", "")),
                # Both names are a flag: 1 is a set's lesson, 0 a form's; never a set's id.
                # docs/reference/isams.md#schedule-flag
                for_set=(texts.get("Set") or texts.get("SetId") or "1") != "0",
                period_id=shared(texts.get("PeriodId", "")),
                room_id=shared(texts.get("RoomId", "")),
                # docs/reference/isams.md#schedule-teacher
                user_code=shared(texts.get("Teacher", "")),
            )
        )


def _period(week: Node, day: Node, period: Node) -> Period:
    period_id = attribute(period.attributes, "Id")
    if not period_id:
        raise SourceMalformed(f"{WEEKS.ui_name}: a period has no Id")
    return Period(
        period_id,
        period.text_of("Name"),
        week.text_of("Name"),
        day.text_of("Name"),
        period.text_of("StartTime"),
        period.text_of("EndTime"),
    )


def _ids(attributes: Attributes, *names: str) -> tuple[str, ...]:
    """Return the ids under *names*, in that order, each once."""
    ids = (attribute(attributes, name) for name in names)
    return tuple(dict.fromkeys(filter(None, ids)))


def _nothing(attributes: Attributes, texts: Texts, parts: Parts) -> None:
    """Take nothing: the record is taken whole."""
