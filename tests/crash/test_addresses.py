"""Addresses written under trouble: what is not the address stays as it was, and a doubt is named.

`ADDRESS_SEEDS=200 python -m pytest tests/crash/test_addresses.py` goes through many more schools.
"""

from __future__ import annotations

import os
from collections import Counter
from contextlib import suppress
from typing import Never

import pytest

from simulators.isams.rest_writing import HIDDEN, STUDENT_TAKES, Semantics, WriteTrouble
from sync.errors import AddressRefused, StoreUnavailable
from sync.steps.addresses import writing
from sync.steps.addresses.changing import EndCode
from sync.steps.addresses.desk import find_plan
from sync.steps.addresses.planning import Drawn
from tests.address_desk import Bench, Killed, LostAnswer

SEEDS = int(os.environ.get("ADDRESS_SEEDS", "0"))
KINDS: tuple[Semantics, ...] = ("replaces", "merges")
BOTH = pytest.mark.parametrize("semantics", KINDS)

TROUBLES = {
    "no effect": WriteTrouble(no_effect=True),
    "unknown members refused": WriteTrouble(refuses_unknown=True),
    "a value of its own refused": WriteTrouble(refuses_own="ethnicity"),
    "a derived field": WriteTrouble(derives="fullName"),
    "a derived field of one": WriteTrouble(derives="fullName", only=("S9",)),
    "the old answer for 30 s": WriteTrouble(stale_s=30),
    "the old answer, and a derived field": WriteTrouble(stale_s=30, derives="formGroup"),
    "a former record": WriteTrouble(gone=True, only=("S7",)),
    "only read": WriteTrouble(status=403),
    "conflict": WriteTrouble(status=409),
    "unprocessable": WriteTrouble(status=422),
    "too many": WriteTrouble(status=429, only=("S5", "S6")),
    "away": WriteTrouble(status=503, only=("S5",)),
    "a web page": WriteTrouble(page=True),
    "a web page, and no effect": WriteTrouble(page=True, no_effect=True),
    "the token ends": WriteTrouble(status=401, only=("S5",)),
    "answers lost": WriteTrouble(lost=True),
    "answers lost, of nothing": WriteTrouble(lost=True, no_effect=True),
    "answers lost, shown late": WriteTrouble(lost=True, stale_s=30),
}


@BOTH
def test_no_other_field_of_a_thousand_records_is_changed(semantics: Semantics) -> None:
    """Whatever their values are, and whichever PUT it is: all have their address."""
    written = 0
    for seed in range(max(SEEDS, 42)):
        bench = Bench(count=25, seed=seed, semantics=semantics)
        carried = bench.write(bench.planned())
        assert (carried.end, carried.in_doubt) == (EndCode.DONE, 0)
        assert bench.damaged() == {}
        assert bench.addressed() == bench.ids
        written += carried.written

    assert written >= 1_000


@BOTH
@pytest.mark.parametrize("case", TROUBLES)
def test_under_each_trouble_at_most_one_record_differs_and_is_named(
    case: str, semantics: Semantics
) -> None:
    """By the plan that it is in, and the names of its fields; nothing goes on after it."""
    for seed in range(max(SEEDS // 10, 2)):
        bench = Bench(count=25, seed=seed, semantics=semantics, trouble=TROUBLES[case])
        drawn = bench.planned()
        carried = bench.write(drawn)
        damaged = bench.damaged()

        assert len(damaged) <= 1
        if damaged:
            (names,) = damaged.values()
            assert carried.end is EndCode.DOUBT
            assert set(carried.doubt) == names
        assert carried.in_doubt <= 1
        # Who is neither written nor in doubt has no address of ours.
        assert len(bench.addressed()) <= carried.written + carried.in_doubt


@BOTH
def test_what_is_hidden_is_never_emptied(semantics: Semantics) -> None:
    """Of 25 records, by a Swagger that hides a field, or by rights that do: no PUT is sent."""
    for seed in range(max(SEEDS // 10, 5)):
        hides = WriteTrouble(hides=("passportName",))
        bench = Bench(semantics=semantics, seed=seed, trouble=hides, trouble_from_start=True)
        bench.isams.takes["students"] = (*STUDENT_TAKES, "passportName")
        with pytest.raises(AddressRefused):
            bench.learn()
        rights = WriteTrouble(nulls=("religion", "dob"), blind=("writer",))
        other = Bench(semantics=semantics, seed=seed, trouble=rights, trouble_from_start=True)
        with pytest.raises(AddressRefused):
            other.first_done()
        assert bench.isams.puts == other.isams.puts == []
        assert {bench.record(each)["passportName"] for each in bench.ids} == {HIDDEN}
        assert other.damaged() == {}


def test_the_model_can_do_the_harm_that_is_guarded_against() -> None:
    """A PUT that leaves fields out empties them all: the tests above would see it."""
    bench = Bench(count=25)
    for record_id in bench.ids:
        now = bench.record(record_id)
        needed = {name: now[name] for name in ("forename", "surname", "dob", "yearGroup")}
        bench.isams.put("students", record_id, needed | {"schoolEmailAddress": "x@x.example"})

    assert len(bench.damaged()) == 25


# -- killed --------------------------------------------------------------------------------------


def _die() -> Never:
    raise Killed


def _calls_of(bench: Bench, drawn: Drawn) -> int:
    """Return how many calls a whole run makes."""
    bench.calls.count = 0
    bench.write(drawn)
    return bench.calls.count


def _planned(semantics: Semantics, trouble: WriteTrouble, seed: int) -> tuple[Bench, Drawn]:
    bench = Bench(count=5, seed=seed, semantics=semantics, trouble=trouble)
    return bench, bench.planned()


@BOTH
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("case", ["sound", "answers lost", "the old answer for 30 s"])
def test_a_run_that_is_killed_anywhere_leaves_one_record_in_doubt_at_most(
    semantics: Semantics, case: str, *, after: bool
) -> None:
    """Before or after each call of iSAMS and of storage: reading resolves it, and it goes on.

    In the end each record has its address and nothing else is another; none was put a second time
    that was written before.
    """
    trouble = TROUBLES.get(case, WriteTrouble())
    whole = _calls_of(*_planned(semantics, trouble, 0))
    in_doubt = Counter[int]()
    for seed in range(max(SEEDS // 50, 1)):
        for at in range(1, whole + 1):
            bench, drawn = _planned(semantics, trouble, seed)
            bench.calls.count, bench.calls.at = 0, at
            bench.calls.after, bench.calls.does = after, _die
            with pytest.raises(Killed):
                bench.write(drawn)
            bench.calls.does = None
            puts = Counter(bench.isams.puts)
            in_doubt[bench.in_doubt(drawn)] += 1
            written = bench.addressed()
            carried = bench.write(drawn) if not _is_over(bench, drawn) else None

            assert bench.damaged() == {}
            assert bench.addressed() == bench.ids
            assert bench.in_doubt(drawn) == 0
            assert not any("before-" in name for name in bench.store.held)
            assert carried is None or carried.end is EndCode.DONE
            again = Counter(bench.isams.puts) - puts
            assert not any(record_id in written for _, record_id in again)
            assert max(Counter(bench.isams.puts).values()) <= 2

    assert set(in_doubt) == {0, 1}


def _lose() -> Never:
    raise LostAnswer


@BOTH
@pytest.mark.parametrize("stale_s", [0, 30])
def test_an_answer_that_is_lost_at_any_call_leaves_one_record_in_doubt_at_most(
    semantics: Semantics, stale_s: int
) -> None:
    """The act was done, of iSAMS or of storage: reading resolves the doubt, and the rest goes on.

    By the same plan, or by another where that one is over.
    """
    trouble = WriteTrouble(stale_s=stale_s)
    for at in range(1, _calls_of(*_planned(semantics, trouble, 0)) + 1):
        bench, drawn = _planned(semantics, trouble, 0)
        bench.calls.count, bench.calls.at = 0, at
        bench.calls.after, bench.calls.does = True, _lose
        with suppress(StoreUnavailable):
            bench.write(drawn)
        bench.calls.does = None
        assert bench.in_doubt(drawn) <= 1
        assert bench.damaged() == {}
        puts, written = len(bench.isams.puts), bench.addressed()
        if bench.in_doubt(drawn):
            writing.settle(bench.desk(), drawn.plan.id)
        assert (bench.in_doubt(drawn), len(bench.isams.puts)) == (0, puts)
        if not _is_over(bench, drawn):
            bench.write(drawn)
        elif len(written) < len(bench.ids):
            bench.write(bench.plan())

        assert bench.addressed() == bench.ids
        assert bench.damaged() == {}
        assert not {record_id for _, record_id in bench.isams.puts[puts:]} & set(written)


def _is_over(bench: Bench, drawn: Drawn) -> bool:
    return (
        bench.store.held.get(find_plan(bench.desk(), drawn.plan.id).path("over.json")) is not None
    )


@BOTH
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_taking_back_that_is_killed_anywhere_is_taken_up_again(
    semantics: Semantics, *, after: bool
) -> None:
    """At most one record is in doubt, and in the end no address of ours is left."""
    bench, drawn = _planned(semantics, WriteTrouble(), 0)
    bench.write(drawn)
    bench.calls.count = 0
    writing.undo(bench.desk(), drawn.plan.id, drawn.plan.digits)
    whole = bench.calls.count
    for at in range(1, whole + 1):
        bench, drawn = _planned(semantics, WriteTrouble(), 0)
        bench.write(drawn)
        bench.calls.count, bench.calls.at = 0, at
        bench.calls.after, bench.calls.does = after, _die
        with pytest.raises(Killed):
            writing.undo(bench.desk(), drawn.plan.id, drawn.plan.digits)
        bench.calls.does = None
        assert bench.in_doubt(drawn) <= 1
        undone = writing.undo(bench.desk(), drawn.plan.id, drawn.plan.digits)

        assert (undone.end, undone.undone, undone.in_doubt) == (EndCode.DONE, 4, 0)
        assert not any("back-" in name for name in bench.store.held)
        assert bench.addressed() == []
        assert bench.damaged() == {}


# -- another writer ------------------------------------------------------------------------------


@BOTH
@pytest.mark.parametrize("stale_s", [0, 30])
def test_an_edit_that_is_written_over_was_made_between_the_last_reading_and_the_put(
    semantics: Semantics, stale_s: int
) -> None:
    """Or in the half minute before a reading that iSAMS answers from what it kept. Counted.

    Somebody edits the second record before or after each call of a run. Every other edit is left
    alone, or the record is told to be in doubt.
    """
    edits = over = unseen = 0
    whole = _calls_of(*_planned(semantics, WriteTrouble(stale_s=stale_s), 0))
    for after in (False, True):
        for at in range(1, whole + 1):
            bench, drawn = _planned(semantics, WriteTrouble(stale_s=stale_s), 0)

            def edit(bench: Bench = bench) -> None:
                bench.isams.edit("students", "S3", {"mobileNumber": "typed meanwhile"})

            bench.calls.count, bench.calls.at = 0, at
            bench.calls.after, bench.calls.does = after, edit
            carried = bench.write(drawn)
            edits += 1
            lost = bench.record("S3")["mobileNumber"] != "typed meanwhile"
            over += lost
            told = carried.in_doubt == 1 or "changed" in carried.passed
            unseen += lost and not told
            others = {name for name in bench.damaged() if name != "S3"}
            assert others == set()

    # The three calls after the reading, before and after each: they take some milliseconds. With
    # what iSAMS keeps for half a minute, also the calls of the half minute before that reading.
    assert edits == 2 * whole
    assert unseen == over == (6 if stale_s == 0 else 15)
