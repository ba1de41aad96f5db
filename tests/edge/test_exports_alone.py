"""What is wanted for an export alone never fails a pull of rosters: it is unknown, and said."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from simulators.isams import METHODS, SET_SPELLINGS, BatchKey, Faults, RestChoices, RestFaults
from simulators.isams.rest_faults import NOT_AUTHORISED
from simulators.school import invent
from sync.edge.clock import Budget
from sync.errors import SourceMalformed, SourceRefused, SyncError
from sync.exports.files import DATASETS_JSON
from sync.isams.datasets import EXTRAS, Wanted
from sync.isams.school import School
from sync.ledger import states
from sync.report import Exit, Outcome
from sync.steps.delivery import list_pulls
from tests.clocks import FakeClock
from tests.edge.cli_stage import Trial, trial
from tests.edge.rest_edge import BUDGET_S, CLEAN, rest_of, simulated
from tests.memory_store import MemoryStore
from tests.worlds import TestWorld, make_world

SMALL = invent(20, quirks=False)
ROOMS = "Estate_GetAllBuildingsAndClassrooms"
EVERYTHING = Wanted(besides=frozenset(EXTRAS), tutors=True)
STRUCTURE, TIMETABLES = "/api/timetables/structure", "/api/timetables/employees/*"
SHUT = RestFaults(says=NOT_AUTHORISED)


def by_rest(path: str, fault: Faults, choices: RestChoices | None = None) -> School:
    """Return the school as it is read where *path* is spoilt for ever."""
    clock = FakeClock()
    simulator = simulated(clock)
    simulator.rest.choices = choices or RestChoices()
    simulator.spoil(path, fault)
    return rest_of(simulator, clock).school(Budget.of(clock, BUDGET_S), EVERYTHING)


@pytest.mark.parametrize(
    ("path", "fault", "untold"),
    [
        ("/api/school/yeargroups", SHUT, {"Year Groups", "School Divisions"}),
        ("/api/school/yeargroups", Faults(status=404), {"Year Groups", "School Divisions"}),
        ("/api/school/yeargroups", Faults(status=503), {"Year Groups", "School Divisions"}),
        ("/api/school/yeargroups", RestFaults(fields={"ncYear": 99}), {"Year Groups"}),
        ("/api/school/yeargroups/7/divisions", SHUT, {"School Divisions"}),
        ("/api/school/forms", SHUT, {"Forms"}),
        ("/api/school/houses", SHUT, {"Academic Houses", "Boarding Houses"}),
        ("/api/school/houses", RestFaults(fields={"type": "Sports"}), {"Academic Houses"}),
        ("/api/school/terms", SHUT, {"School Terms"}),
        ("/api/school/terms", RestFaults(fields={"startDate": "soon"}), {"School Terms"}),
        ("/api/estates/buildings", SHUT, {"All Buildings & Rooms"}),
        ("/api/estates/rooms", Faults(body=b'{"rooms": ['), {"All Buildings & Rooms"}),
        ("/api/estates/rooms", RestFaults(without_fields=("name",)), {"All Buildings & Rooms"}),
        (STRUCTURE, SHUT, {"Weeks, Days & Periods"}),
        (STRUCTURE, RestFaults(fields={"timetableDays": 7}), {"Weeks, Days & Periods"}),
        (TIMETABLES, SHUT, {"Published Timetable Schedule"}),
        (TIMETABLES, RestFaults(fields={"id": 900_001}), {"Published Timetable Schedule"}),
        (TIMETABLES, RestFaults(without_fields=("periodId",)), {"Published Timetable Schedule"}),
    ],
)
def test_by_rest_whatever_no_class_needs_is_unknown(
    path: str, fault: Faults, untold: set[str]
) -> None:
    """People and sets are read as ever, and so is all the rest."""
    read = by_rest(path, fault)
    whole = by_rest("/api/none", SHUT)

    assert untold <= set(read.untold)
    assert len(read.untold) <= 2
    assert (read.sets, read.employees) == (whole.sets, whole.employees)
    assert read.pupils.keys() == whole.pupils.keys()
    assert all(
        getattr(read, name) is None or getattr(read, name) == getattr(whole, name)
        for name in ("years", "forms", "divisions", "terms", "buildings", "rooms", "periods")
    )
    assert len(whole.untold) == 0


def test_timetables_that_sets_need_for_their_teachers_fail_as_ever() -> None:
    """Then they are no export's alone."""
    with pytest.raises(SourceRefused, match="TIMETABLEMANAGER"):
        by_rest(TIMETABLES, SHUT, RestChoices(sets=SET_SPELLINGS["no teachers"]))


def test_houses_of_a_kind_are_asked_for_alone() -> None:
    """An iSAMS that does not heed the kind gives all, and each is taken by its own type."""
    heeded, unheeded = (
        by_rest("/api/none", SHUT, RestChoices(houses_by_type=heeds)) for heeds in (True, False)
    )
    clock = FakeClock()
    tried = rest_of(simulated(clock), clock).try_endpoint(
        "school/houses?houseType=boarding", Budget.of(clock, BUDGET_S), EVERYTHING
    )

    assert tried is not None
    assert tried[0] == len(CLEAN.boarding_houses)
    assert heeded.academic_houses == unheeded.academic_houses
    assert heeded.boarding_houses == unheeded.boarding_houses
    assert len(heeded.academic_houses or ()) == len(CLEAN.academic_houses)


def keeping() -> TestWorld:
    """Return a world whose pulls keep all files, and whose profiles need none of them."""
    return make_world(SMALL, SCHOOLS__NORTHBANK__DATASETS="all")


def kept(world: TestWorld) -> Mapping[str, bytes]:
    """Return the files of the newest pull's last attempt."""
    assert isinstance(world.store, MemoryStore)
    newest = list_pulls(world.store, "northbank")[-1]
    folder = f"schools/northbank/pulls/{newest.id}/datasets-{states.attempts(newest)}/"
    held = world.store.held.items()
    return {name.removeprefix(folder): body for name, (body, _) in held if folder in name}


def untold(world: TestWorld) -> dict[object, SyncError | None]:
    """Return what the log says that could not be read, and why."""
    steps = [step for step in world.steps if step.outcome is Outcome.UNTOLD]
    return {step.facts["dataset"]: step.error for step in steps}


def test_by_batch_a_method_that_is_not_ticked_costs_its_own_files_alone() -> None:
    """The rosters are sealed, the log names the method, and datasets.json what is missing."""
    world = keeping()
    key = BatchKey(methods=METHODS - {ROOMS})
    world.isams.keys = {key.guid: key}
    step = world.pull()

    assert step.outcome is Outcome.SEALED
    assert json.loads(kept(world)[DATASETS_JSON])["not_told"] == ["buildings", "rooms"]
    assert "terms.csv" in kept(world)
    (error,) = untold(world).values()
    assert isinstance(error, SourceRefused)
    assert ROOMS in str(error.facts)


def test_by_batch_a_record_that_cannot_be_read_costs_the_files_that_no_class_needs() -> None:
    """One answer holds all, so it is asked for again without what is for exports alone."""
    term = replace(SMALL.terms[0], finishes_on=SMALL.terms[0].starts_on.replace(year=1999))
    world = make_world(
        replace(SMALL, terms=(term, *SMALL.terms[1:])), SCHOOLS__NORTHBANK__DATASETS="all"
    )
    step = world.pull()

    assert step.outcome is Outcome.SEALED
    assert "pupils.csv" in kept(world)
    assert "terms.csv" not in kept(world)
    assert "School Terms" in untold(world)
    assert all(isinstance(error, SourceMalformed) for error in untold(world).values())


def test_what_a_class_needs_fails_the_pull_as_ever() -> None:
    """With forms as classes, forms are not for an export alone."""
    world = make_world(
        SMALL, SCHOOLS__NORTHBANK__DATASETS="all", PROFILES__SENIORS__CLASSES="sets,forms"
    )
    key = BatchKey(methods=METHODS - {"School_GetSchoolForms"})
    world.isams.keys = {key.guid: key}
    step = world.pull()

    assert step.outcome is Outcome.FAILED
    assert isinstance(step.error, SourceRefused)
    assert untold(world) == {}


@pytest.fixture
def here(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Trial]:
    with trial(tmp_path, capsys, SMALL) as staged:
        yield staged


def test_at_a_terminal_the_other_files_are_written_and_the_reason_is_told(here: Trial) -> None:
    """A script sees by the exit code that some are missing."""
    key = BatchKey(production=False, methods=METHODS - {ROOMS})
    here.stage.isams.keys = {key.guid: key}
    out = here.folder / "out"
    result = here.sync("datasets", "--out", str(out))
    written = {path.name for path in (out / "northbank").iterdir()}

    assert result.code == Exit.PARTLY
    assert "northbank: All Buildings & Rooms could not be read. this key may not" in result.out
    assert "terms.csv" in written
    assert not written & {"rooms.csv", "buildings.csv"}
