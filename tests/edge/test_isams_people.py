"""Pupils and staff read alone: the same as in the whole school, or why there are none."""

from __future__ import annotations

from dataclasses import replace

import pytest

from simulators.isams import METHODS, REST_FATAL, BatchKey, IsamsSimulator, RestFaults, batch_xml
from simulators.school import invent
from sync.edge.clock import Budget
from sync.errors import SourceError, SourceIncomplete
from sync.isams.batch import reader
from tests.clocks import FakeClock
from tests.edge.isams_edge import isams_of
from tests.edge.rest_edge import BUDGET_S, rest_of, simulated

SCHOOL = invent(60)


def budget(clock: FakeClock) -> Budget:
    return Budget.of(clock, BUDGET_S)


def test_rest_gives_the_people_of_the_whole_school() -> None:
    """In two questions, not in one for each set."""
    clock = FakeClock()
    isams = simulated(clock, SCHOOL)
    whole = rest_of(isams, clock).school(budget(clock))
    isams.requests.clear()
    people = rest_of(isams, clock).people(budget(clock))

    assert (people.pupils, people.employees) == (whole.pupils, whole.employees)
    assert {seen.path for seen in isams.requests if seen.path.startswith("/api/")} == {
        "/api/students",
        "/api/humanresources/employees",
    }


def test_batch_gives_the_people_of_the_whole_school() -> None:
    """By two methods of the key; what repeats itself is told."""
    clock = FakeClock()
    isams = IsamsSimulator(SCHOOL, keys=[BatchKey(production=False)], clock=clock.now)
    edge = isams_of(isams, clock)
    whole = edge.school(budget(clock))
    people = edge.people(budget(clock))

    assert {key: each.email for key, each in people.pupils.items()} == {
        key: each.email for key, each in whole.pupils.items()
    }
    assert people.employees == whole.employees
    assert isams.requests[-1].methods is not None
    assert len(isams.requests[-1].methods) == 2


def test_people_are_read_before_term_when_no_set_has_pupils() -> None:
    """That is when addresses are most wanted."""
    clock = FakeClock()
    early = replace(SCHOOL, memberships=())
    isams = simulated(clock, early)
    with pytest.raises(SourceIncomplete):
        rest_of(isams, clock).school(budget(clock))

    assert len(rest_of(isams, clock).people(budget(clock)).pupils) == len(SCHOOL.pupils)
    document = batch_xml(early, frozenset(METHODS))
    assert len(reader.people_in(document).pupils) == len(SCHOOL.pupils)


@pytest.mark.parametrize("trouble", REST_FATAL)
@pytest.mark.parametrize("path", ["/api/students", "/api/humanresources/employees"])
def test_a_short_or_broken_reading_is_never_a_school_of_fewer_people(
    trouble: str, path: str
) -> None:
    """It raises, whatever is wrong with either list."""
    clock = FakeClock()
    isams = simulated(clock, SCHOOL)
    faults = REST_FATAL[trouble]
    isams.spoil(path, faults if faults.drop_at is None else RestFaults(says="x", status=503))
    with pytest.raises(SourceError):
        rest_of(isams, clock).people(budget(clock))


def test_a_kept_document_gives_its_people() -> None:
    """Whole; one that lacks pupils gives nobody."""
    whole = batch_xml(SCHOOL, frozenset(METHODS))
    assert len(reader.people_in(whole).employees) == len(SCHOOL.staff)
    some = frozenset(method for method in METHODS if "Pupil" not in method)
    with pytest.raises(SourceIncomplete):
        reader.people_in(batch_xml(SCHOOL, some))
