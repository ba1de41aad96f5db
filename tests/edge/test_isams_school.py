"""Reading a school from the simulator: what comes out is what the school is."""

from __future__ import annotations

import pytest

from simulators.isams.app import IsamsSimulator
from simulators.isams.faults import DEADLOCK, HARMLESS, Faults, refused
from simulators.isams.keys import DEMO_KEY, BatchKey
from simulators.school import InventedSchool, invent
from sync.edge.clock import Budget
from sync.errors import SourceRefused, SourceUnavailable
from sync.isams.school import School
from tests.clocks import FakeClock
from tests.edge.isams_edge import CLEAN, METHODS, isams_of

SCHOOL = invent(200)


def memberships(school: School) -> set[tuple[str, str]]:
    """Return all (set, pupil) pairs."""
    return {(item.id, pupil_id) for item in school.sets.values() for pupil_id in item.pupil_ids}


def true_memberships(school: InventedSchool) -> set[tuple[str, str]]:
    """Return the pairs whose set and pupil iSAMS lists."""
    by_row = {pupil.id: pupil.school_id for pupil in school.pupils}
    pairs = {
        (row.set_id, row.school_id if row.pupil_id is None else by_row.get(row.pupil_id, ""))
        for row in school.memberships
    }
    return {
        (str(set_id), pupil_id)
        for set_id, pupil_id in pairs
        if set_id in school.teaching_set and pupil_id in school.pupil
    }


def test_every_pupil_teacher_set_and_membership_is_read() -> None:
    """No more and no fewer than the school has, quirks and all."""
    clock = FakeClock()
    read = isams_of(IsamsSimulator(SCHOOL), clock).school(Budget.of(clock, 180))

    assert set(read.pupils) == {pupil.school_id for pupil in SCHOOL.pupils}
    assert set(read.employees) == {str(employee.id) for employee in SCHOOL.staff}
    assert set(read.subjects) == {str(subject.id) for subject in SCHOOL.subjects}
    assert set(read.sets) == {str(item.id) for item in SCHOOL.sets}
    assert memberships(read) == true_memberships(SCHOOL)
    assert read.counts["SetList"] == len(SCHOOL.memberships)
    for item in SCHOOL.sets:
        given = read.sets[str(item.id)]
        assert given.teacher_ids == tuple(sorted({str(row.staff_id) for row in item.teachers}))
        assert (given.code, given.name) == (item.code.strip(), item.name.strip())
        assert (given.year, given.subject_id) == (item.year, str(item.subject_id))
    for pupil in SCHOOL.pupils:
        known = read.pupils[pupil.school_id]
        assert (known.year, known.email) == (pupil.year, (pupil.email or "").strip())
        assert (known.forename, known.surname) == (pupil.forename.strip(), pupil.surname.strip())


@pytest.mark.parametrize("fault", HARMLESS)
def test_what_is_odd_but_whole_is_read_all_the_same(fault: str) -> None:
    """Marks, declarations, encodings and missing Legacy children change nothing."""
    clock = FakeClock()
    plain = isams_of(IsamsSimulator(CLEAN), clock).school(Budget.of(clock, 180))
    simulator = IsamsSimulator(CLEAN, faults=HARMLESS[fault], sleep=clock.sleep)

    assert isams_of(simulator, clock).school(Budget.of(clock, 180)) == plain


def test_only_the_five_methods_are_asked_for() -> None:
    """What a roster does not need is never on the wire; subjects need a single method."""
    clock = FakeClock()
    simulator = IsamsSimulator(CLEAN)
    isams = isams_of(simulator, clock)
    isams.school(Budget.of(clock, 180))
    subjects = isams.subjects(Budget.of(clock, 180))

    assert [request.method for request in simulator.requests] == ["POST", "POST"]
    assert [request.methods for request in simulator.requests] == [
        METHODS,
        ("Teaching_GetDepartmentsAndSubjects",),
    ]
    assert {subject.name for subject in subjects.values()} == {s.name for s in CLEAN.subjects}


@pytest.mark.parametrize("method", METHODS)
def test_a_method_can_be_tried_alone(method: str) -> None:
    """The doctor learns which dataset is missing, each by itself."""
    clock = FakeClock()
    minute = Budget.of(clock, 60)
    held_back = IsamsSimulator(CLEAN, keys=[BatchKey(methods=[m for m in METHODS if m != method])])

    assert isams_of(IsamsSimulator(CLEAN), clock).try_method(method, minute).records
    with pytest.raises(SourceRefused, match="tick"):
        isams_of(held_back, clock).try_method(method, minute)


@pytest.mark.parametrize("key", [DEMO_KEY, "{" + DEMO_KEY + "}", DEMO_KEY.upper()])
def test_a_key_in_braces_is_a_key(key: str) -> None:
    """Bare or in braces, as the administrator has copied it."""
    clock = FakeClock()
    isams = isams_of(IsamsSimulator(CLEAN), clock, isams_key=key)

    assert isams.school(Budget.of(clock, 180)).pupils


def test_a_key_that_is_refused_is_not_tried_otherwise() -> None:
    """One question, one refusal: keys can be locked by those who guess."""
    clock = FakeClock()
    simulator = IsamsSimulator(CLEAN, keys=[BatchKey(guid="5eed0000-0000-4000-8000-00000000000f")])
    with pytest.raises(SourceRefused, match="does not know this key"):
        isams_of(simulator, clock).school(Budget.of(clock, 180))

    assert len(simulator.requests) == 1


def test_a_deadlock_is_asked_again_from_the_start() -> None:
    """Deadlocked, then broken off, then whole: the school is read once, and whole."""
    clock = FakeClock()
    simulator = IsamsSimulator(CLEAN)
    simulator.script([DEADLOCK, Faults(drop_at=-100), None])
    read = isams_of(simulator, clock).school(Budget.of(clock, 180))

    assert memberships(read) == true_memberships(CLEAN)
    assert read.counts["SetList"] == len(CLEAN.memberships)
    assert len(clock.slept) == 2


def test_retry_after_is_kept() -> None:
    """The wish of iSAMS decides how long we wait."""
    clock = FakeClock()
    simulator = IsamsSimulator(CLEAN)
    simulator.script([refused(429, retry_after="30"), None])
    isams_of(simulator, clock).school(Budget.of(clock, 180))

    assert clock.slept == [30]


def test_a_wish_beyond_the_budget_is_passed_on() -> None:
    """We do not sleep through the invocation: the error says when to come back."""
    clock = FakeClock()
    simulator = IsamsSimulator(CLEAN, faults=refused(503, retry_after="600"))
    with pytest.raises(SourceUnavailable) as caught:
        isams_of(simulator, clock).school(Budget.of(clock, 180))

    assert caught.value.retry_after_s == 600
    assert len(simulator.requests) == 1
