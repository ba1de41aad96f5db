"""The records of REST beyond people and sets, taken a collection at a time into the structure."""

from __future__ import annotations

from collections.abc import Mapping, Set

from sync.errors import SourceMalformed, SourceRefused
from sync.isams.assembly import Register, nc_year
from sync.isams.datasets import (
    BUILDINGS,
    DIVISIONS,
    FORMS,
    ROOMS,
    TEACHING_FORMS,
    TERMS,
    WEEKS,
    YEARS,
    Dataset,
    Wanted,
)
from sync.isams.rest import answers, endpoints, fields, spellings, weeks
from sync.isams.rest.answers import Answer
from sync.isams.rest.endpoints import Endpoint
from sync.isams.rest.fields import Values, ids, text, texts
from sync.isams.school import Building, Division, Form, House, HouseKind, Room, Year
from sync.isams.structure import HOUSES, term
from sync.texts import composed, folded

type Rows = Mapping[str, Values]

_HOUSES: Mapping[HouseKind, Endpoint] = {
    "academic": endpoints.ACADEMIC_HOUSES,
    "boarding": endpoints.BOARDING_HOUSES,
}
_NAMED = ("name", "code")
_OF_TERM = ("name", "school_year", "starts", "finishes")
_TUTORS = ("tutor", "assistant", "second")


def refuse_what_rest_lacks(wanted: Wanted) -> None:
    """Raise `SourceRefused` if something is needed that REST is not known to give."""
    # No endpoint is known that tells of them: docs/reference/isams.md#rest-no-teaching-forms
    if TEACHING_FORMS in wanted.needed:
        raise SourceRefused(
            f"iSAMS does not tell {TEACHING_FORMS.ui_name} by REST, and the settings of this school"
            " need them: set ISAMS_API=batch, or take form-lessons out of CLASSES",
            methods=TEACHING_FORMS.method,
        )


def nc_years(rows: Rows) -> tuple[int, ...]:
    """Return the NC years of year groups, which are their ids.

    Raises:
        SourceMalformed: an id is no NC year.
    """
    years = [nc_year(row_id) for row_id in rows]
    if None in years:
        raise SourceMalformed(f"{YEARS.ui_name}: a record's ncYear is no NC year")
    return tuple(year for year in years if year is not None)


class RestStructure:
    """What is read beyond people and sets; these must have been taken into *register* before.

    Each `take_` notes what it reads as asked for; it raises `SourceIncomplete` if that is needed
    and empty, `SourceMalformed` if it does not fit the people.
    """

    def __init__(self, register: Register, wanted: Wanted) -> None:
        self._register = register
        self._structure = register.structure
        self._needed = wanted.needed
        self._asked = frozenset(wanted.extras)
        self._house_names: dict[HouseKind, set[str]] = {"academic": set(), "boarding": set()}

    def add_houses(self, pupil_id: str, record: Values) -> None:
        """Take a pupil's houses, as far as houses were asked for."""
        names = {
            kind: text(spellings.STUDENT, record, kind) if dataset in self._asked else ""
            for kind, dataset in HOUSES.items()
        }
        if any(names.values()):
            self._register.add_houses(pupil_id, names["academic"], names["boarding"])
        for kind, name in names.items():
            self._house_names[kind] |= {composed(name)} - {""}

    def take_years(self, rows: Rows) -> None:
        """Take the year groups."""
        kind, tutors = spellings.YEAR, set[str]()
        for year, record in zip(nc_years(rows), rows.values(), strict=True):
            heads = ids(kind, record, "tutor", "assistant")
            name, code = texts(kind, record, *_NAMED)
            self._structure.years.add(Year(year, name, code, heads))
            tutors.update(heads)
        self._count(YEARS, len(rows), endpoints.YEAR_GROUPS)
        self._refuse_strangers(YEARS, "heads of year", tutors, self._register.employees.keys())

    def take_divisions(self, listed: Mapping[int, Rows]) -> None:
        """Take the divisions of each NC year: a division has the years that list it."""
        kind = spellings.DIVISION
        years: dict[str, list[int]] = {}
        records: dict[str, Values] = {}
        for year, rows in listed.items():
            for division_id, record in rows.items():
                records.setdefault(division_id, record)
                years.setdefault(division_id, []).append(year)
        for division_id, record in records.items():
            name, code = texts(kind, record, *_NAMED)
            of_years = tuple(sorted(years[division_id]))
            self._structure.divisions.add(Division(division_id, name, code, of_years))
        self._count(DIVISIONS, len(records), endpoints.YEAR_DIVISIONS)

    def take_forms(self, rows: Rows) -> None:
        """Take the forms, by the names by which students call theirs."""
        forms = [_form(composed(form_id), record) for form_id, record in rows.items()]
        if forms and all(form.year is None for form in forms):
            raise SourceMalformed("no form has a year that is an NC year")
        for form in forms:
            self._structure.forms.add(form)
        self._count(FORMS, len(rows), endpoints.FORMS)
        tutors = {tutor for form in forms for tutor in form.tutor_ids}
        named = {pupil.form for pupil in self._register.pupils.values()} - {""}
        self._refuse_strangers(FORMS, "forms of students", named, self._structure.forms.keys())
        self._refuse_strangers(FORMS, "form tutors", tutors, self._register.employees.keys())

    def take_houses(self, kind: HouseKind, rows: Rows) -> None:
        """Take the houses of a kind; a house that is of neither kind is refused.

        An iSAMS that does not know how to give those of a kind alone gives them all.
        """
        houses = []
        for number, (house_id, record) in enumerate(rows.items(), start=1):
            if _house_kind(record, number) == kind:
                name, code = texts(spellings.HOUSE, record, *_NAMED)
                masters = ids(spellings.HOUSE, record, "master", "assistant")
                houses.append(House(house_id, kind, name, code, masters))
        for house in houses:
            self._structure.houses[kind].add(house)
        self._count(HOUSES[kind], len(houses), _HOUSES[kind])
        self._refuse_namesakes(kind, HOUSES[kind])

    def take_terms(self, rows: Rows) -> None:
        """Take the terms."""
        for term_id, record in rows.items():
            self._structure.terms.add(term(term_id, *texts(spellings.TERM, record, *_OF_TERM)))
        self._count(TERMS, len(rows), endpoints.TERMS)

    def take_buildings(self, buildings: Rows, rooms: Rows) -> None:
        """Take the buildings and their rooms."""
        for building_id, record in buildings.items():
            building = Building(building_id, *texts(spellings.BUILDING, record, *_NAMED))
            self._structure.buildings.add(building)
        for room_id, record in rooms.items():
            room = Room(room_id, *texts(spellings.ROOM, record, *_NAMED, "building"))
            self._structure.rooms.add(room)
        self._count(BUILDINGS, len(buildings), endpoints.BUILDINGS)
        self._register.counts[ROOMS.name] = len(rooms)
        if not rooms and BUILDINGS in self._needed:
            raise answers.empty(endpoints.ROOMS)

    def take_weeks(self, answer: Answer) -> None:
        """Take the periods of all days of all weeks."""
        cycle = weeks.read_cycle(answer)
        for period in cycle.periods:
            self._structure.periods.add(period)
        self._count(WEEKS, cycle.weeks if cycle.periods else 0, endpoints.STRUCTURE)

    def _count(self, dataset: Dataset, rows: int, endpoint: Endpoint) -> None:
        self._register.ask(dataset)
        self._register.counts[dataset.name] = rows
        if not rows and dataset in self._needed:
            raise answers.empty(endpoint, dataset)

    def _refuse_strangers(
        self, dataset: Dataset, what: str, named: Set[str], known: Set[str]
    ) -> None:
        """Raise if classes are made of *dataset* and most of what is *named* is not *known*.

        A few may have left. If most are unknown, we have misread what their ids are.
        """
        folds = {folded(each) for each in known}  # docs/reference/isams.md#no-case
        met = sum(folded(each) in folds for each in named)
        if dataset in self._needed and 2 * met < len(named):
            raise SourceMalformed(
                f"most {what} are not among those that iSAMS lists: set ISAMS_API=batch, and please"
                " send us what `isams-sync check` shows",
                told=len(named),
            )

    def _refuse_namesakes(self, kind: HouseKind, dataset: Dataset) -> None:
        """Raise if pupils' houses are needed, and their names do not tell which they are."""
        names = [composed(house.name) for house in self._structure.houses[kind].values()]
        if dataset in self._needed and len(set(names)) < len(names):
            raise SourceMalformed(
                f"{dataset.ui_name}: two have one name, and REST tells a pupil's house by its name"
                " alone: rename one in iSAMS, or set ISAMS_API=batch"
            )
        self._refuse_strangers(
            dataset, f"{kind} houses of students", self._house_names[kind], set(names)
        )


def _form(form_id: str, record: Values) -> Form:
    kind = spellings.FORM
    heads, room = ids(kind, record, *_TUTORS), text(kind, record, "room")
    return Form(form_id, fields.year(kind, record), heads, room)


def _house_kind(record: Values, number: int) -> HouseKind:
    """Return which kind of house record *number* is; an odd type is not repeated in the error.

    A house of neither kind is not passed over: its pupils would be in no class unnoticed.
    """
    match text(spellings.HOUSE, record, "type").lower():
        case "academic":
            return "academic"
        case "boarding":
            return "boarding"
        case _:
            raise SourceMalformed(
                "a house's type is neither Academic nor Boarding: mend it in iSAMS's School"
                " Manager, Houses, or set ISAMS_API=batch, which keeps the two apart",
                record=number,
            )
