"""P8: whichever API a school is read by, SDS gets the same."""

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
from tests.edge.rest_edge import BUDGET_S, rest_of, settings, simulated, staff_as_in_rest

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


def _files(profile: str, read: School) -> tuple[Mapping[str, bytes], str]:
    """Return the files that SDS would get, and their digest."""
    place = Settings(
        schools={"northbank": settings()},
        profiles=PROFILES,
        sds=SdsSettings(connector="iSAMS nightly"),
        storage=StorageSettings(folder="unused"),
    )
    made = profile_set(place, profile, read, AT)
    beside = {manifests.FINDINGS, manifests.WHY, manifests.MANIFEST}
    files = {name: body for name, body in made.files.items() if name not in beside}
    return files, made.manifest.digest


@pytest.mark.parametrize("quirks", [False, True])
@pytest.mark.parametrize("seed", SEEDS)
def test_both_apis_give_sds_the_same(seed: int, *, quirks: bool) -> None:
    """The same school gives the same files, byte for byte, and so the same digest."""
    school = invent(180, seed=seed, quirks=quirks)
    batch, rest = _by_batch(school), _by_rest(school)

    for profile in PROFILES:
        assert _files(profile, rest) == _files(profile, batch)
        assert all(body.count(b"\n") > 1 for body in _files(profile, rest)[0].values())


@pytest.mark.parametrize("seed", SEEDS)
def test_both_apis_give_the_same_records(seed: int) -> None:
    """Staff, subjects and sets are equal record by record, but for how strangers are called.

    Batch calls a member who has left by a row id, REST by a SchoolId. Pupils are equal but for
    their division, which REST does not give, and their houses, which were not asked for.
    """
    school = invent(180, seed=seed)
    batch, rest = _by_batch(school), _by_rest(school)
    pupils = {
        key: replace(pupil, division_id="", academic_house_id="", boarding_house_id="")
        for key, pupil in batch.pupils.items()
    }

    assert rest.pupils == pupils
    assert rest.employees == staff_as_in_rest(batch)
    assert rest.subjects == batch.subjects
    assert rest.sets.keys() == batch.sets.keys()
    for key, by_rest in rest.sets.items():
        by_batch = batch.sets[key]
        assert (by_rest.code, by_rest.name, by_rest.year) == (
            by_batch.code,
            by_batch.name,
            by_batch.year,
        )
        assert (by_rest.subject_id, by_rest.teacher_ids) == (
            by_batch.subject_id,
            by_batch.teacher_ids,
        )
        assert by_rest.pupil_ids == by_batch.pupil_ids
        assert bool(by_rest.unknown_members) == bool(by_batch.unknown_members)


def test_only_rows_of_sets_that_do_not_exist_are_unknown_to_rest() -> None:
    """It is asked set by set: a row of batch whose set is not listed has no counterpart."""
    school = invent(180)
    batch, rest = _by_batch(school), _by_rest(school)

    assert batch.counts["SetListWithoutSet"] == 1
    assert "SetListWithoutSet" not in rest.counts
    assert rest.counts["SetList"] == batch.counts["SetList"] - 1
    assert rest.counts["Subject"] < batch.counts["Subject"]  # shared subjects come once


@pytest.mark.parametrize("quirks", [False, True])
@pytest.mark.parametrize("spelling", [name for name in SET_SPELLINGS if name != "no teachers"])
def test_each_spelling_of_a_set_is_the_same_school(spelling: str, *, quirks: bool) -> None:
    """Whatever iSAMS calls a set's fields, if we accept it, nothing else changes."""
    school = invent(180, quirks=quirks)
    choices = RestChoices(sets=SET_SPELLINGS[spelling])

    assert _files("all", _by_rest(school, choices)) == _files("all", _by_batch(school))


def test_teachers_come_from_timetables_where_sets_name_none() -> None:
    """In a clean school each teacher of a set has it in their timetable, and nobody else."""
    school = invent(180, quirks=False)
    choices = RestChoices(sets=SET_SPELLINGS["no teachers"])

    assert _files("all", _by_rest(school, choices)) == _files("all", _by_batch(school))


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

    assert _files("all", _by_rest(school, choices)) == _files("all", _by_batch(school))


@pytest.mark.parametrize("tutors", [False, True])
def test_both_apis_give_tutors_to_whoever_asks_and_to_nobody_else(*, tutors: bool) -> None:
    """What a school is read for says what is in it, not the API."""
    clock, school = FakeClock(), invent(60)
    sources: tuple[Source, ...] = (
        isams_of(IsamsSimulator(school, clock=clock.now), clock),
        rest_of(simulated(clock, school), clock),
    )
    batch, by_rest = (
        source.school(Budget.of(clock, BUDGET_S), Wanted(tutors=tutors)) for source in sources
    )
    tutor_of = {key: pupil.tutor_id for key, pupil in batch.pupils.items()}

    assert {key: pupil.tutor_id for key, pupil in by_rest.pupils.items()} == tutor_of
    assert any(tutor_of.values()) is tutors
