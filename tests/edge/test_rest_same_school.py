"""P8: whichever API a school is read by, SDS is told the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from simulators.isams import SET_SPELLINGS, IsamsSimulator, RestChoices
from simulators.school import InventedSchool, invent
from sync.edge.clock import Budget
from sync.edge.world import Source
from sync.isams.datasets import Wanted
from sync.isams.school import School
from sync.ledger import manifests
from sync.settings import ProfileSettings, SdsSettings, Settings, StorageSettings
from sync.steps.seal import profile_set
from tests.clocks import FakeClock
from tests.edge.isams_edge import isams_of
from tests.edge.rest_edge import BUDGET_S, rest_of, settings, simulated

AT = datetime(2026, 11, 21, 22, tzinfo=UTC)
PROFILES = {
    "all": ProfileSettings(year_groups=frozenset(range(-2, 15)), names=True),
    "seniors": ProfileSettings(year_groups=frozenset(range(7, 14)), keep_without_teacher=True),
}
SEEDS = (1, 2, 3, 5, 8)


def _by_batch(school: InventedSchool) -> School:
    clock = FakeClock()
    return _read(isams_of(IsamsSimulator(school, clock=clock.now), clock), clock)


def _by_rest(school: InventedSchool, choices: RestChoices | None = None) -> School:
    clock = FakeClock()
    simulator = simulated(clock, school)
    simulator.rest.choices = choices or RestChoices()
    return _read(rest_of(simulator, clock), clock)


def _read(source: Source, clock: FakeClock) -> School:
    return source.school(Budget.of(clock, BUDGET_S))


def _told(profile: str, read: School) -> tuple[Mapping[str, bytes], str]:
    """Return the files that SDS would get, and their digest."""
    place = Settings(
        schools={"northbank": settings()},
        profiles=PROFILES,
        sds=SdsSettings(connector="iSAMS nightly"),
        storage=StorageSettings(folder="unused"),
    )
    made = profile_set(place, profile, read, AT)
    beside = {manifests.FINDINGS, manifests.MANIFEST}
    files = {name: body for name, body in made.files.items() if name not in beside}
    return files, made.manifest.digest


@pytest.mark.parametrize("quirks", [False, True])
@pytest.mark.parametrize("seed", SEEDS)
def test_both_apis_tell_sds_the_same(seed: int, *, quirks: bool) -> None:
    """The same school gives the same files, byte for byte, and so the same digest."""
    school = invent(180, seed=seed, quirks=quirks)
    batch, rest = _by_batch(school), _by_rest(school)

    for profile in PROFILES:
        assert _told(profile, rest) == _told(profile, batch)
        assert all(body.count(b"\n") > 1 for body in _told(profile, rest)[0].values())


@pytest.mark.parametrize("seed", SEEDS)
def test_both_apis_give_the_same_records(seed: int) -> None:
    """Staff, subjects and sets are equal one by one, but for how strangers are called.

    Batch calls a member who has left by a row id, REST by a SchoolId. Pupils are equal but for
    their division, which REST does not tell, and their houses, which were not asked for.
    """
    school = invent(180, seed=seed)
    batch, rest = _by_batch(school), _by_rest(school)
    pupils = {
        own: replace(one, division_id="", academic_house_id="", boarding_house_id="")
        for own, one in batch.pupils.items()
    }

    assert rest.pupils == pupils
    assert rest.employees == batch.employees
    assert rest.subjects == batch.subjects
    assert rest.sets.keys() == batch.sets.keys()
    for own, one in rest.sets.items():
        other = batch.sets[own]
        assert (one.code, one.name, one.year) == (other.code, other.name, other.year)
        assert (one.subject_id, one.teacher_ids) == (other.subject_id, other.teacher_ids)
        assert one.pupil_ids == other.pupil_ids
        assert bool(one.unknown_members) == bool(other.unknown_members)


def test_only_rows_of_sets_that_do_not_exist_are_unknown_to_rest() -> None:
    """It is asked set by set: a row of batch whose set is not listed has no counterpart."""
    school = invent(180)
    batch, rest = _by_batch(school), _by_rest(school)

    assert batch.counts["SetListWithoutSet"] == 1
    assert "SetListWithoutSet" not in rest.counts
    assert rest.counts["SetList"] == batch.counts["SetList"] - 1
    assert rest.counts["Subject"] < batch.counts["Subject"]  # shared ones come once


@pytest.mark.parametrize("quirks", [False, True])
@pytest.mark.parametrize("spelling", [name for name in SET_SPELLINGS if name != "no teachers"])
def test_each_spelling_of_a_set_is_the_same_school(spelling: str, *, quirks: bool) -> None:
    """Whatever iSAMS calls a set's fields, if we accept it, nothing else changes."""
    school = invent(180, quirks=quirks)
    choices = RestChoices(sets=SET_SPELLINGS[spelling])

    assert _told("all", _by_rest(school, choices)) == _told("all", _by_batch(school))


def test_teachers_come_from_timetables_where_sets_tell_none() -> None:
    """In a clean school each teacher of a set has it in their timetable, and nobody else."""
    school = invent(180, quirks=False)
    choices = RestChoices(sets=SET_SPELLINGS["no teachers"])

    assert _told("all", _by_rest(school, choices)) == _told("all", _by_batch(school))


@pytest.mark.parametrize(
    "choices",
    [
        RestChoices(lists_are_paged=True),
        RestChoices(lists_have_totals=False),
        RestChoices(subject_hidden="hidden", set_list_names=False),
        RestChoices(links_without_hal=True),
        RestChoices(links_without_hal=True, links="relative", lists_are_paged=True),
        RestChoices(over_long_page="refused", zoned_times=True),
    ],
)
def test_what_nobody_knows_of_rest_makes_no_difference(choices: RestChoices) -> None:
    """Paged lists, no totals, links of either kind, other names: the same school."""
    school = invent(180)

    assert _told("all", _by_rest(school, choices)) == _told("all", _by_batch(school))


@pytest.mark.parametrize("tutors", [False, True])
def test_both_apis_tell_tutors_to_whoever_asks_and_to_nobody_else(*, tutors: bool) -> None:
    """What a school is read for says what is in it, not the API."""
    clock, school = FakeClock(), invent(60)
    sources: tuple[Source, ...] = (
        isams_of(IsamsSimulator(school, clock=clock.now), clock),
        rest_of(simulated(clock, school), clock),
    )
    batch, by_rest = (
        one.school(Budget.of(clock, BUDGET_S), Wanted(tutors=tutors)) for one in sources
    )
    told = {own: one.tutor_id for own, one in batch.pupils.items()}

    assert {own: one.tutor_id for own, one in by_rest.pupils.items()} == told
    assert any(told.values()) is tutors
