"""What REST gives beyond people and sets: the questions for all that is wanted of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Set

from sync.edge.isams.rest_requests import RestRequests
from sync.errors import SourceError
from sync.isams.datasets import (
    ACADEMIC_HOUSES,
    BOARDING_HOUSES,
    BUILDINGS,
    DIVISIONS,
    FORMS,
    TERMS,
    WEEKS,
    YEARS,
    Dataset,
)
from sync.isams.rest import endpoints
from sync.isams.rest.endpoints import Endpoint
from sync.isams.rest.structure import RestStructure, Rows, nc_years


def read_structure(requests: RestRequests, structure: RestStructure, wanted: Set[Dataset]) -> None:
    """Ask for what is *wanted*, and give it to *structure*; lessons are asked for with the sets.

    A collection that may be empty is asked for like any other: *structure* knows which may.
    """
    for dataset, read in _READS.items():
        if dataset in wanted:
            read(requests, structure)


def read_besides(
    requests: RestRequests, structure: RestStructure, wanted: Set[Dataset]
) -> Iterator[tuple[Dataset, SourceError]]:
    """Ask for what no class needs; yield what cannot be had, and why: it is unknown."""
    for dataset in _READS:
        try:
            read_structure(requests, structure, wanted & {dataset})
        except SourceError as error:
            yield dataset, error


def _rows(requests: RestRequests, endpoint: Endpoint, record_id: str = "") -> Rows:
    return requests.collection(endpoint, record_id, may_be_empty=True).rows


def _read_years(requests: RestRequests, structure: RestStructure) -> None:
    structure.take_years(_rows(requests, endpoints.YEAR_GROUPS))


def _read_divisions(requests: RestRequests, structure: RestStructure) -> None:
    """Read the divisions of each year group: they do not say their years themselves."""
    years = tuple(map(str, nc_years(_rows(requests, endpoints.YEAR_GROUPS))))
    answers = requests.each(years, lambda year: _rows(requests, endpoints.YEAR_DIVISIONS, year))
    divisions = {int(year): listed for year, listed in answers}
    structure.take_divisions({year: divisions[year] for year in map(int, years)})


def _read_forms(requests: RestRequests, structure: RestStructure) -> None:
    structure.take_forms(_rows(requests, endpoints.FORMS))


def _read_academic_houses(requests: RestRequests, structure: RestStructure) -> None:
    structure.take_houses("academic", _rows(requests, endpoints.ACADEMIC_HOUSES))


def _read_boarding_houses(requests: RestRequests, structure: RestStructure) -> None:
    structure.take_houses("boarding", _rows(requests, endpoints.BOARDING_HOUSES))


def _read_terms(requests: RestRequests, structure: RestStructure) -> None:
    structure.take_terms(_rows(requests, endpoints.TERMS))


def _read_buildings(requests: RestRequests, structure: RestStructure) -> None:
    buildings = _rows(requests, endpoints.BUILDINGS)
    structure.take_buildings(buildings, _rows(requests, endpoints.ROOMS))


def _read_weeks(requests: RestRequests, structure: RestStructure) -> None:
    structure.take_weeks(requests.answer(endpoints.STRUCTURE))


_READS: Mapping[Dataset, Callable[[RestRequests, RestStructure], None]] = {
    YEARS: _read_years,
    DIVISIONS: _read_divisions,
    FORMS: _read_forms,
    ACADEMIC_HOUSES: _read_academic_houses,
    BOARDING_HOUSES: _read_boarding_houses,
    TERMS: _read_terms,
    BUILDINGS: _read_buildings,
    WEEKS: _read_weeks,
}
