"""The records of REST beyond people and sets, taken a collection at a time into the frame."""

from __future__ import annotations

from collections import Counter
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
from sync.isams.rest import answers, endpoints, spellings, weeks
from sync.isams.rest import fields as rest_fields
from sync.isams.rest.answers import Answer
from sync.isams.rest.endpoints import Place
from sync.isams.rest.fields import Values, ids, text, texts
from sync.isams.school import Building, Division, Form, House, HouseKind, Room, Year
from sync.isams.structure import HOUSES, term

type Rows = Mapping[str, Values]

_NAMED = ("name", "code")
_TUTORS = ("tutor", "assistant", "second")


def refuse_untold(wanted: Wanted) -> None:
    """Raise `SourceRefused` if something is needed that REST is not known to tell."""
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
    years = [nc_year(own) for own in rows]
    if None in years:
        raise SourceMalformed(f"{YEARS.ui_name}: a record's ncYear is no NC year")
    return tuple(year for year in years if year is not None)


class GatheredFrame:
    """What is read beyond people and sets; these must have been taken into *register* before.

    Each `take_` notes what it reads as asked for; it raises `SourceIncomplete` if that is needed
    and empty, `SourceMalformed` if it does not fit the people.
    """

    def __init__(self, register: Register, wanted: Wanted) -> None:
        self._register = register
        self._frame = register.frame
        self._needed = wanted.needed
        self._asked = frozenset(wanted.extras)
        self._said: dict[HouseKind, set[str]] = {"academic": set(), "boarding": set()}

    def add_houses(self, pupil_id: str, said: Values) -> None:
        """Take a pupil's houses, as far as houses were asked for."""
        names = {
            kind: text(spellings.STUDENT, said, kind) if dataset in self._asked else ""
            for kind, dataset in HOUSES.items()
        }
        if any(names.values()):
            self._register.add_houses(pupil_id, names["academic"], names["boarding"])
        for kind, name in names.items():
            self._said[kind] |= {name} - {""}

    def take_years(self, rows: Rows) -> None:
        """Take the year groups."""
        kind, tutors = spellings.YEAR, set[str]()
        for year, said in zip(nc_years(rows), rows.values(), strict=True):
            heads = ids(kind, said, "tutor", "assistant")
            self._frame.add_year(
                Year(year, text(kind, said, "name"), text(kind, said, "code"), heads)
            )
            tutors.update(heads)
        self._count(YEARS, len(rows), endpoints.YEAR_GROUPS)
        self._refuse_strangers(YEARS, "heads of year", tutors, self._register.employees.keys())

    def take_divisions(self, told: Mapping[int, Rows]) -> None:
        """Take the divisions of each NC year: a division has the years that list it."""
        kind = spellings.DIVISION
        years: dict[str, list[int]] = {}
        said: dict[str, Values] = {}
        for year, rows in told.items():
            for own, values in rows.items():
                said.setdefault(own, values)
                years.setdefault(own, []).append(year)
        for own, values in said.items():
            name, code = texts(kind, values, "name", "code")
            self._frame.add_division(Division(own, name, code, tuple(sorted(years[own]))))
        self._count(DIVISIONS, len(said), endpoints.YEAR_DIVISIONS)

    def take_forms(self, rows: Rows) -> None:
        """Take the forms, by the names by which students call theirs."""
        kind, tutors = spellings.FORM, set[str]()
        for own, said in rows.items():
            year, heads = rest_fields.year(kind, said), ids(kind, said, *_TUTORS)
            self._frame.add_form(Form(own, year, heads, text(kind, said, "room")))
            tutors.update(heads)
        self._count(FORMS, len(rows), endpoints.FORMS)
        if rows and all(one.year is None for one in self._frame.forms.values()):
            raise SourceMalformed("no form has a year that is an NC year")
        named = {one.form for one in self._register.pupils.values()} - {""}
        self._refuse_strangers(FORMS, "forms of students", named, self._frame.forms.keys())
        self._refuse_strangers(FORMS, "form tutors", tutors, self._register.employees.keys())

    def take_houses(self, rows: Rows) -> None:
        """Take the houses of the kinds that were asked for; a house that is neither is refused."""
        counts = Counter[HouseKind]()
        for number, (own, said) in enumerate(rows.items(), start=1):
            kind = _house_kind(said, number)
            if HOUSES[kind] in self._asked:
                name, code = texts(spellings.HOUSE, said, "name", "code")
                masters = ids(spellings.HOUSE, said, "master", "assistant")
                self._frame.add_house(House(own, kind, name, code, masters))
                counts[kind] += 1
        for kind, dataset in HOUSES.items():
            if dataset in self._asked:
                self._count(dataset, counts[kind], endpoints.HOUSES)
                self._refuse_namesakes(kind, dataset)

    def take_terms(self, rows: Rows) -> None:
        """Take the terms."""
        fields = ("name", "school_year", "starts", "finishes")
        for own, said in rows.items():
            self._frame.add_term(term(own, *texts(spellings.TERM, said, *fields)))
        self._count(TERMS, len(rows), endpoints.TERMS)

    def take_buildings(self, buildings: Rows, rooms: Rows) -> None:
        """Take the buildings and their rooms."""
        for own, said in buildings.items():
            self._frame.add_building(Building(own, *texts(spellings.BUILDING, said, *_NAMED)))
        for own, said in rooms.items():
            self._frame.add_room(Room(own, *texts(spellings.ROOM, said, *_NAMED, "building")))
        self._count(BUILDINGS, len(buildings), endpoints.BUILDINGS)
        self._register.counts[ROOMS.name] = len(rooms)
        if not rooms and BUILDINGS in self._needed:
            raise answers.empty(endpoints.ROOMS)

    def take_weeks(self, answer: Answer) -> None:
        """Take the periods of all days of all weeks."""
        told = weeks.read(answer)
        for one in told.periods:
            self._frame.add_period(one)
        self._count(WEEKS, told.weeks if told.periods else 0, endpoints.STRUCTURE)

    def _count(self, dataset: Dataset, rows: int, place: Place) -> None:
        self._register.ask(dataset)
        self._register.counts[dataset.name] = rows
        if not rows and dataset in self._needed:
            raise answers.empty(place, dataset)

    def _refuse_strangers(
        self, dataset: Dataset, what: str, told: Set[str], known: Set[str]
    ) -> None:
        """Raise if classes are made of *dataset* and most of what was *told* is not *known*.

        One or two may have left. If most are unknown, we have misread what their ids are.
        """
        if dataset in self._needed and 2 * len(told & known) < len(told):
            raise SourceMalformed(
                f"most {what} are not among those that iSAMS lists: set ISAMS_API=batch, and please"
                " send us what `python -m sync check` shows",
                told=len(told),
            )

    def _refuse_namesakes(self, kind: HouseKind, dataset: Dataset) -> None:
        """Raise if pupils' houses are needed, and their names do not tell which they are."""
        names = [one.name for one in self._frame.houses.get(kind, {}).values()]
        if dataset in self._needed and len(set(names)) < len(names):
            raise SourceMalformed(
                f"{dataset.ui_name}: two have one name, and REST tells a pupil's house by its name"
                " alone: rename one in iSAMS, or set ISAMS_API=batch"
            )
        self._refuse_strangers(dataset, f"{kind} houses of students", self._said[kind], set(names))


def _house_kind(said: Values, number: int) -> HouseKind:
    """Return which kind of house record *number* is; its type is told nobody, only that it is odd.

    A house of neither kind is not passed over: its pupils would be in no class, and nobody told.
    """
    match text(spellings.HOUSE, said, "type").lower():
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
