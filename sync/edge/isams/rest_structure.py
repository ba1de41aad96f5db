"""What REST tells beyond people and sets: the questions for all that is wanted of it."""

from __future__ import annotations

from sync.edge.isams.questions import Asking
from sync.errors import SourceRefused
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
from sync.isams.rest.endpoints import Place
from sync.isams.rest.structure import GatheredFrame, Rows, nc_years

_NOT_THERE = 404


def read_frame(asking: Asking, frame: GatheredFrame, wanted: Wanted) -> None:
    """Ask for what is *wanted*, and give it to *frame*; lessons are asked for with the sets.

    A collection that may be empty is asked for like one that may not: *frame* knows which.
    """
    asked = frozenset(wanted.extras)
    if not asked.isdisjoint({YEARS, DIVISIONS}):
        _read_years(asking, frame, wanted)
    if FORMS in asked:
        _read_forms(asking, frame, wanted)
    if not asked.isdisjoint({ACADEMIC_HOUSES, BOARDING_HOUSES}):
        frame.take_houses(_rows(asking, endpoints.HOUSES))
    if TERMS in asked:
        frame.take_terms(_rows(asking, endpoints.TERMS))
    if BUILDINGS in asked:
        buildings = _rows(asking, endpoints.BUILDINGS)
        frame.take_buildings(buildings, _rows(asking, endpoints.ROOMS))
    if WEEKS in asked:
        frame.take_weeks(asking.one(endpoints.STRUCTURE))


def _rows(asking: Asking, place: Place, own: str = "") -> Rows:
    return asking.collection(place, own, may_be_empty=True).rows


def _read_years(asking: Asking, frame: GatheredFrame, wanted: Wanted) -> None:
    """Read year groups, and then each one's divisions: these do not tell their years."""
    rows = _rows(asking, endpoints.YEAR_GROUPS)
    if YEARS in wanted.extras:
        frame.take_years(rows)
    if DIVISIONS in wanted.extras:
        years = tuple(map(str, nc_years(rows)))
        told = asking.each(years, lambda own: _rows(asking, endpoints.YEAR_DIVISIONS, own))
        divisions = {int(year): found for year, found in told}
        frame.take_divisions({year: divisions[year] for year in map(int, years)})


def _read_forms(asking: Asking, frame: GatheredFrame, wanted: Wanted) -> None:
    """Read the forms.

    Where they stand is a guess. If they do not stand there they are unknown, as if nobody had
    asked, unless they are needed.
    """
    try:
        rows = _rows(asking, endpoints.FORMS)
    except SourceRefused as error:
        if FORMS in wanted.needed or error.facts.get("status") != _NOT_THERE:
            raise
    else:
        frame.take_forms(rows)
