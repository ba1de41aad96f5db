"""What REST gives beyond people and sets: the questions for all that is wanted of it."""

from __future__ import annotations

from sync.edge.isams.rest_requests import RestRequests
from sync.errors import SourceMalformed, SourceRefused
from sync.isams.datasets import (
    ACADEMIC_HOUSES,
    BOARDING_HOUSES,
    BUILDINGS,
    DIVISIONS,
    FORMS,
    TERMS,
    WEEKS,
    YEARS,
    Wanted,
)
from sync.isams.rest import endpoints
from sync.isams.rest.endpoints import Endpoint
from sync.isams.rest.structure import RestStructure, Rows, nc_years

_NOT_THERE = 404


def read_structure(requests: RestRequests, structure: RestStructure, wanted: Wanted) -> None:
    """Ask for what is *wanted*, and give it to *structure*; lessons are asked for with the sets.

    A collection that may be empty is asked for like any other: *structure* knows
    which may.
    """
    asked = frozenset(wanted.extras)
    if not asked.isdisjoint({YEARS, DIVISIONS}):
        _read_years(requests, structure, wanted)
    if FORMS in asked:
        _read_forms(requests, structure, wanted)
    if not asked.isdisjoint({ACADEMIC_HOUSES, BOARDING_HOUSES}):
        structure.take_houses(_rows(requests, endpoints.HOUSES))
    if TERMS in asked:
        structure.take_terms(_rows(requests, endpoints.TERMS))
    if BUILDINGS in asked:
        buildings = _rows(requests, endpoints.BUILDINGS)
        structure.take_buildings(buildings, _rows(requests, endpoints.ROOMS))
    if WEEKS in asked:
        structure.take_weeks(requests.answer(endpoints.STRUCTURE))


def _rows(requests: RestRequests, endpoint: Endpoint, record_id: str = "") -> Rows:
    return requests.collection(endpoint, record_id, may_be_empty=True).rows


def _read_years(requests: RestRequests, structure: RestStructure, wanted: Wanted) -> None:
    """Read year groups, and then each year's divisions: these do not say their years."""
    rows = _rows(requests, endpoints.YEAR_GROUPS)
    if YEARS in wanted.extras:
        structure.take_years(rows)
    if DIVISIONS in wanted.extras:
        years = tuple(map(str, nc_years(rows)))
        answers = requests.each(years, lambda year: _rows(requests, endpoints.YEAR_DIVISIONS, year))
        divisions = {int(year): listed for year, listed in answers}
        structure.take_divisions({year: divisions[year] for year in map(int, years)})


def _read_forms(requests: RestRequests, structure: RestStructure, wanted: Wanted) -> None:
    """Read the forms.

    Where they stand, and what their fields are called, a single source tells. If they do not stand
    there, or cannot be read, they are unknown, as if nobody had asked, unless they are needed.

    See docs/reference/isams.md#rest-forms.
    """
    try:
        structure.take_forms(_rows(requests, endpoints.FORMS))
    except SourceMalformed:
        if FORMS in wanted.needed:
            raise
    except SourceRefused as error:
        if FORMS in wanted.needed or error.facts.get("status") != _NOT_THERE:
            raise
