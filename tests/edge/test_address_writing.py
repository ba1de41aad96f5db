"""Writing addresses by REST: the way of a plan from the Swagger to the last record."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from simulators.isams.rest_writing import STUDENT_TAKES, WriteTrouble
from sync.edge.isams.writing import PutAnswer
from sync.errors import AddressRefused, SourceError, SourceMalformed, SourceUnavailable
from sync.isams.addresses.kinds import PeopleKind
from sync.isams.addresses.record_text import Members
from sync.ledger.address_plans import Before, PlanState, RunBegun
from sync.steps.addresses import looking, planning, writing
from sync.steps.addresses.changing import EndCode
from sync.steps.addresses.desk import Desk, find_plan
from tests.address_desk import SHOWN, Bench, Calls, DeskRecords, Killed, address_of


def test_a_plan_is_carried_out_record_by_record() -> None:
    """Each has its address, and nothing else is another; what was kept meanwhile is gone."""
    bench = Bench(count=6)
    drawn = bench.planned()
    carried = bench.write(drawn)

    assert (carried.end, carried.written, carried.in_doubt) == (EndCode.DONE, 5, 0)
    assert bench.addressed() == bench.ids
    assert bench.damaged() == {}
    assert [record_id for _, record_id in bench.isams.puts] == bench.ids
    names = [blob.name for blob in bench.store.blobs("addresses/")]
    assert not any("before-" in name for name in names)


def test_all_are_read_twice_a_minute_apart_and_written_two_seconds_apart() -> None:
    """So nobody who edits one of them is written over."""
    bench = Bench(count=4)
    drawn = bench.planned()
    bench.clock.slept.clear()
    started_s = bench.clock.passed_s
    bench.write(drawn)

    assert bench.clock.passed_s - started_s == 60 + 2 * 2
    assert max(bench.clock.slept) <= 1  # in naps, so that somebody can stop it


# -- before anything is written ------------------------------------------------------------------


def test_nothing_is_planned_before_the_swagger_was_learnt() -> None:
    """Nobody knows what PUT takes."""
    with pytest.raises(AddressRefused, match="addresses learn"):
        Bench().plan("S1")


def test_the_first_plan_of_a_kind_is_one_that_a_person_names() -> None:
    """Neither all nor two."""
    bench = Bench()
    bench.learn()
    for only in ((), ("S1", "S2")):
        with pytest.raises(AddressRefused, match="begin with one record"):
            bench.plan(*only)

    assert bench.plan("S1").first


def test_no_other_is_planned_before_the_first_was_looked_at() -> None:
    """With the names of all fields that PUT carried, to compare on iSAMS's own screens."""
    bench = Bench(count=3)
    bench.learn()
    drawn = bench.plan("S1")
    bench.write(drawn)
    with pytest.raises(AddressRefused, match=f"addresses looked {drawn.plan.id}"):
        bench.plan("S2")
    desk = bench.desk()
    plan, names = looking.to_compare(desk, drawn.plan.id)
    looking.looked(desk, plan)

    assert set(names) == set(STUDENT_TAKES)
    bench.ids = bench.ids[1:]
    assert len(bench.plan().plan.content.rows) == 2


def test_another_swagger_begins_with_one_again() -> None:
    """What PUT takes may be another by now."""
    bench = Bench(count=3)
    bench.first_done()
    bench.learn("religion", shown=(*SHOWN, "personGuid"))
    bench.ids = bench.ids[1:]
    with pytest.raises(AddressRefused, match="begin with one record"):
        bench.plan()


def test_nothing_can_be_compared_before_anything_was_written() -> None:
    """A person would compare a record with itself."""
    bench = Bench(count=2)
    bench.learn()
    drawn = bench.plan("S1")
    with pytest.raises(AddressRefused, match="nothing to compare"):
        looking.to_compare(bench.desk(), drawn.plan.id)


def test_the_first_can_be_looked_at_although_its_run_never_came_to_an_end() -> None:
    """Killed after the record was settled, and found an hour later: a kind must not stay shut."""
    bench = Bench(count=3)
    bench.learn()
    drawn = bench.plan("S1")
    bench.write(drawn)
    del bench.store.held[drawn.plan.folder.path("over.json")]
    with pytest.raises(AddressRefused, match=f"addresses write {drawn.plan.id}"):
        looking.to_compare(bench.desk(), drawn.plan.id)  # its run may still go on
    bench.clock.advance(3601)
    desk = bench.desk()
    looking.looked(desk, looking.to_compare(desk, drawn.plan.id)[0])

    bench.ids = bench.ids[1:]
    assert len(bench.plan().plan.content.rows) == 2


def test_a_plan_of_an_older_swagger_is_not_written() -> None:
    """PUT may take more by now than the plan knows of, and would empty it."""
    bench = Bench(count=3)
    drawn = bench.planned()
    bench.clock.advance(1)
    bench.isams.takes["students"] = (*STUDENT_TAKES, "familyId")
    bench.learn()
    carried = bench.write(drawn)

    assert (carried.end, bench.isams.puts) == (EndCode.OUTDATED, [])
    assert find_plan(bench.desk(), drawn.plan.id).state is PlanState.OVER


def test_a_word_that_was_taken_back_makes_a_plan_void() -> None:
    """Somebody called a field unused by mistake, planned, and learnt again without."""
    bench = Bench(count=3)
    drawn = bench.planned()
    bench.clock.advance(1)
    bench.learn()

    assert bench.write(drawn).end is EndCode.OUTDATED


def test_a_plan_has_25_records_at_most() -> None:
    """The rest comes with the next; and the first have what the others are seen by."""
    bench = Bench(count=40)
    bench.first_done()
    bench.ids = bench.ids[1:]
    drawn = bench.plan()

    assert (len(drawn.plan.content.rows), drawn.left) == (25, 14)


def test_a_school_has_one_plan_at_a_time_which_is_void_after_an_hour() -> None:
    """Unstarted: then it cannot be written, and another can be made."""
    bench = Bench(count=3)
    drawn = bench.planned()
    with pytest.raises(AddressRefused, match="one plan at a time"):
        bench.plan()
    bench.clock.advance(3601)
    with pytest.raises(AddressRefused, match="is void"):
        bench.write(drawn)

    assert bench.isams.puts == []
    assert bench.plan().plan.id != drawn.plan.id


def test_nothing_is_taken_back_where_a_field_is_hidden_from_both_clients_by_now() -> None:
    """PUT would empty it, and neither client would see that it is gone."""
    bench = Bench(count=3)
    drawn = bench.planned()
    bench.write(drawn)
    puts = len(bench.isams.puts)
    bench.isams.trouble = WriteTrouble(nulls=("religion",), blind=("reader", "writer"))
    carried = writing.undo(bench.desk(), drawn.plan.id, drawn.plan.digits)

    assert (carried.undone, dict(carried.passed)) == (0, {"less": puts})
    assert len(bench.isams.puts) == puts


def test_a_swagger_by_which_nothing_is_safe_ends_what_was_learnt_before() -> None:
    """An updated iSAMS takes a field that it hides: no plan is made, and none is carried out."""
    bench = Bench(count=3)
    drawn = bench.planned()
    with pytest.raises(AddressRefused, match="cannot be written safely"):
        bench.learn(shown=[name for name in SHOWN if name != "birthCounty"])

    assert bench.write(drawn).end is EndCode.OUTDATED
    assert bench.isams.puts == []


def test_what_is_learnt_counts_after_the_oldest_was_swept() -> None:
    """It takes the number after all that are there."""
    bench = Bench(count=3)
    bench.learn()
    bench.learn()
    oldest, *_ = bench.store.blobs("addresses/")
    bench.store.delete(oldest.name)
    learnt = bench.learn("birthCounty")

    assert bench.desk().learnt() == learnt


def test_a_field_that_put_takes_and_get_hides_ends_it_when_the_swagger_is_learnt() -> None:
    """It would be emptied, and no look afterwards would find it."""
    bench = Bench()
    bench.isams.takes["students"] = (*STUDENT_TAKES, "passportName")
    with pytest.raises(AddressRefused, match="passportName"):
        bench.learn()


@pytest.mark.parametrize("semantics", ["replaces", "merges"])
def test_a_field_that_rights_hide_from_the_writing_client_is_never_emptied(
    semantics: str,
) -> None:
    """25 of 25 records would be harmed by a PUT that replaces: nothing is written to any."""
    trouble = WriteTrouble(nulls=("religion",), blind=("writer",))
    bench = Bench(trouble=trouble, trouble_from_start=True, semantics=semantics)  # type: ignore[arg-type]
    bench.learn()
    with pytest.raises(AddressRefused, match="religion"):
        bench.plan("S1")

    assert (bench.isams.puts, bench.damaged()) == ([], {})


def test_a_field_that_rights_hide_from_both_clients_is_asked_about() -> None:
    """A person must say that the school does not use it; else nothing is written."""
    trouble = WriteTrouble(nulls=("religion",), blind=("writer", "reader"))
    bench = Bench(trouble=trouble, trouble_from_start=True)
    bench.learn()
    with pytest.raises(AddressRefused, match="--unused religion"):
        bench.plan("S1")
    bench.learn("religion")

    assert len(bench.plan("S1").plan.content.rows) == 1


def test_a_field_that_only_the_writing_client_does_not_see_is_not_taken_for_unused() -> None:
    """Whatever a person says: the reading client has just seen a value there."""
    trouble = WriteTrouble(nulls=("religion",), blind=("writer",))
    bench = Bench(count=3, trouble=trouble, trouble_from_start=True)
    bench.learn("religion")
    with pytest.raises(AddressRefused, match="does not see religion"):
        bench.plan("S1")


def test_a_field_that_is_in_the_swagger_and_not_in_the_record_ends_it() -> None:
    """PUT takes it, and nobody could give it back."""
    trouble = WriteTrouble(hides=("passportName",))
    bench = Bench(count=2, trouble=trouble, trouble_from_start=True)
    bench.isams.takes["students"] = (*STUDENT_TAKES, "passportName")
    bench.learn("passportName", shown=(*SHOWN, "passportName"))
    with pytest.raises(SourceMalformed, match="does not show passportName"):
        bench.plan("S1")


def test_only_who_is_on_the_list_can_be_planned() -> None:
    """An id that was mistyped may be somebody's."""
    bench = Bench(count=2)
    bench.learn()
    with pytest.raises(AddressRefused, match="not on the list"):
        bench.plan("S99")


def test_of_two_who_plan_at_once_one_is_refused() -> None:
    """A school has one plan at a time."""
    bench = Bench(count=3)
    bench.first_done()
    bench.ids = bench.ids[1:]
    quicker: list[planning.Drawn] = []

    def other(_: str) -> None:
        if not quicker:
            quicker.append(bench.plan())

    with pytest.raises(AddressRefused, match="somebody else has just made a plan"):
        planning.plan_addresses(
            bench.desk(tell=other), PeopleKind.PUPILS, bench.proposals, list(bench.before)
        )

    assert bench.write(quicker[0]).written == 2


def test_a_value_is_looked_for_in_the_rest_of_the_list() -> None:
    """The record that is named first need not hold them all."""
    bench = Bench(count=30)
    bench.learn()

    assert [row.record_id for row in bench.plan("S9").plan.content.rows] == ["S9"]


def test_a_member_that_the_swagger_does_not_name_ends_it() -> None:
    """ISAMS is newer than what was learnt."""
    bench = Bench(count=3)
    bench.learn()
    bench.isams.edit("students", "S1", {"newField": None})
    with pytest.raises(SourceMalformed, match="addresses learn"):
        bench.plan("S1")


def test_a_member_that_is_new_when_it_is_written_ends_the_run() -> None:
    """Nobody is told that it was edited: what was learnt is out of date."""
    bench = Bench(count=4)
    drawn = bench.planned()
    bench.isams.edit("students", "S3", {"newField": None})
    carried = bench.write(drawn)

    assert (carried.end, bench.isams.puts) == (EndCode.FAILED, [])
    assert "addresses learn" in str(carried.error)


def test_a_record_that_is_somebody_elses_by_now_is_not_planned() -> None:
    """Matched while the directory was read; meanwhile its admission number or name was mended."""
    bench = Bench(count=4)
    bench.first_done()
    bench.ids = bench.ids[1:]
    proposals = bench.proposals
    bench.isams.edit("students", "S2", {"surname": "Other"})
    bench.isams.edit("students", "S3", {"schoolCode": "other"})
    drawn = planning.plan_addresses(bench.desk(), PeopleKind.PUPILS, proposals, list(bench.before))

    assert [row.record_id for row in drawn.plan.content.rows] == ["S4"]
    assert drawn.unfit == 2


def test_a_record_that_has_its_address_by_now_is_not_planned() -> None:
    """The school was read a while ago."""
    bench = Bench(count=3)
    bench.first_done()
    bench.isams.edit("students", "S2", {"schoolEmailAddress": "typed@northbank.example"})
    bench.isams.move_to_former("students", "S3")
    bench.ids = bench.ids[1:]
    with pytest.raises(AddressRefused, match="nothing to plan"):
        bench.plan()


@pytest.mark.parametrize("plan_id", ["northbank-9", "southbank-1", "x", "northbank-0"])
def test_a_plan_that_is_not_there_is_refused(plan_id: str) -> None:
    """Another school's among them."""
    bench = Bench(count=2)
    bench.planned()
    with pytest.raises(AddressRefused, match="there is no plan"):
        writing.write(bench.desk(), plan_id, "00000000")


def test_other_digits_write_nothing() -> None:
    """A person says what exactly they approve."""
    bench = Bench(count=2)
    drawn = bench.planned()
    with pytest.raises(AddressRefused, match="first eight characters"):
        writing.write(bench.desk(), drawn.plan.id, "00000000")

    assert bench.isams.puts == []
    assert bench.write(drawn).written == 1


def test_a_plan_is_answered_once() -> None:
    """What is left comes with another."""
    bench = Bench(count=2)
    drawn = bench.planned()
    bench.write(drawn)
    with pytest.raises(AddressRefused, match="carried out before"):
        bench.write(drawn)


# -- somebody else, and iSAMS itself -------------------------------------------------------------


def test_a_record_that_was_edited_since_it_was_planned_is_passed_over() -> None:
    """By its `lastUpdated` alone, too: the others go on."""
    bench = Bench(count=4)
    drawn = bench.planned()
    bench.isams.edit("students", "S3", {})
    carried = bench.write(drawn)

    assert (carried.written, dict(carried.passed)) == (2, {"changed": 1})
    assert bench.addressed() == ["S2", "S4"]


def test_a_record_that_is_a_former_one_by_now_is_passed_over() -> None:
    """It is none that REST gives."""
    bench = Bench(count=4)
    drawn = bench.planned()
    bench.isams.move_to_former("students", "S3")
    carried = bench.write(drawn)

    assert (carried.written, dict(carried.passed)) == (2, {"gone": 1})


def test_a_record_that_isams_refuses_is_told_with_status_and_fields() -> None:
    """Its sentence is not repeated; the others go on."""
    bench = Bench(count=4, trouble=WriteTrouble(only=("S3",), status=409))
    carried = bench.write(bench.planned())

    assert (carried.end, carried.written) == (EndCode.DONE, 2)
    assert [(each.record_id, each.status, each.fields) for each in carried.refused] == [
        ("S3", 409, ())
    ]
    assert bench.damaged() == {}


def test_a_value_that_isams_does_not_take_back_is_named() -> None:
    """By the name of its field, and not by the value."""
    bench = Bench(count=4, trouble=WriteTrouble(refuses_own="ethnicity"))
    drawn = bench.planned()
    carried = bench.write(drawn)

    assert {each.fields for each in carried.refused} == {("ethnicity",)}
    assert {each.status for each in carried.refused} == {422}


@pytest.mark.parametrize("status", [400, 409, 422])
def test_three_refusals_in_a_row_end_the_run(status: int) -> None:
    """Something is wrong with all of them."""
    bench = Bench(count=9, trouble=WriteTrouble(status=status))
    carried = bench.write(bench.planned())

    assert (carried.end, len(carried.refused), carried.written) == (EndCode.REFUSED, 3, 0)
    assert len(bench.isams.puts) == 3


ENDS = {
    "no effect": (WriteTrouble(no_effect=True), EndCode.NO_EFFECT),
    "a client that may only read": (WriteTrouble(status=403), EndCode.STATUS),
    "too many requests": (WriteTrouble(status=429), EndCode.STATUS),
    "a token that ended": (WriteTrouble(status=401), EndCode.STATUS),
    "away": (WriteTrouble(status=503), EndCode.STATUS),
    "a derived field": (WriteTrouble(derives="fullName"), EndCode.DOUBT),
    "a former record by then": (WriteTrouble(gone=True), EndCode.DOUBT),
}


@pytest.mark.parametrize("case", ENDS)
def test_anything_else_ends_the_run_at_the_first_record(case: str) -> None:
    """The rest is not tried; the plan is over."""
    trouble, end = ENDS[case]
    bench = Bench(count=6, trouble=trouble)
    drawn = bench.planned()
    carried = bench.write(drawn)

    assert carried.end is end
    assert len(bench.isams.puts) == 1
    assert dict(carried.passed) == ({} if end is EndCode.DOUBT else {"untouched": 1})
    assert find_plan(bench.desk(), drawn.plan.id).state is PlanState.OVER
    assert carried.in_doubt == (end is EndCode.DOUBT)


@pytest.mark.parametrize(
    "trouble", [WriteTrouble(lost=True), WriteTrouble(page=True), WriteTrouble(stale_s=30)]
)
def test_a_record_that_was_written_is_known_by_reading_it(trouble: WriteTrouble) -> None:
    """Whatever became of the answer, and if it is shown only half a minute later."""
    bench = Bench(count=6, trouble=trouble)
    carried = bench.write(bench.planned())

    assert (carried.end, carried.written) == (EndCode.DONE, 5)
    assert bench.damaged() == {}


def test_a_record_in_doubt_is_told_by_the_names_of_its_fields() -> None:
    """No other plan is made meanwhile; looked at again, it is still in doubt."""
    bench = Bench(count=4, trouble=WriteTrouble(derives="fullName"))
    drawn = bench.planned()
    carried = bench.write(drawn)
    again = writing.settle(bench.desk(), drawn.plan.id)

    assert carried.doubt == again.doubt == ("fullName",)
    assert carried.doubtful == again.doubtful == "S2"
    with pytest.raises(AddressRefused, match=f"addresses doubt {drawn.plan.id}"):
        bench.plan()


def test_what_was_written_is_not_compared_while_a_record_is_in_doubt() -> None:
    """First it must be known what came of that one."""
    bench = Bench(count=3, trouble=WriteTrouble(derives="fullName", only=("S3",)))
    drawn = bench.planned()
    assert bench.write(drawn).written == 1
    with pytest.raises(AddressRefused, match="is in doubt"):
        looking.to_compare(bench.desk(), drawn.plan.id)


def test_a_record_that_cannot_be_read_after_its_put_is_in_doubt() -> None:
    """Not as it was, because nobody has seen that; later it can be read again."""
    bench = Bench(count=3)
    drawn = bench.planned()

    class FailsAfterPut(DeskRecords):
        def put(self, kind: PeopleKind, record_id: str, members: Members) -> PutAnswer:
            self.unread.add(record_id)
            return super().put(kind, record_id, members)

    desk = bench.desk(writing=FailsAfterPut(bench.isams, bench.calls))
    carried = writing.write(desk, drawn.plan.id, drawn.plan.digits)
    settled = writing.settle(bench.desk(), drawn.plan.id)

    assert (carried.end, carried.doubtful, carried.in_doubt) == (EndCode.DOUBT, "S2", 1)
    assert (settled.in_doubt, settled.written, len(bench.isams.puts)) == (0, 1, 1)


def test_a_doubt_ends_when_a_person_has_mended_the_record() -> None:
    """The address is there and all else is as it was: it counts as written."""
    bench = Bench(count=4, trouble=WriteTrouble(derives="fullName"))
    drawn = bench.planned()
    bench.write(drawn)
    was = bench.before["S2"]["fullName"]
    bench.isams.edit("students", "S2", {"fullName": was})
    settled = writing.settle(bench.desk(), drawn.plan.id)

    assert (settled.end, settled.written, settled.in_doubt) == (EndCode.LEFT, 1, 0)
    assert not any("before-" in blob.name for blob in bench.store.blobs("addresses/"))
    with pytest.raises(AddressRefused, match="is in doubt"):
        writing.settle(bench.desk(), drawn.plan.id)


def test_what_is_kept_of_a_record_in_doubt_is_kept_seven_days_at_most() -> None:
    """Then nobody can say any more, and it is gone."""
    bench = Bench(count=4, trouble=WriteTrouble(derives="fullName"))
    drawn = bench.planned()
    bench.write(drawn)
    bench.clock.advance(7 * 86_400 + 1)
    settled = writing.settle(bench.desk(), drawn.plan.id)

    assert (settled.in_doubt, dict(settled.passed)) == (0, {"forgotten": 1})
    assert not any("before-" in blob.name for blob in bench.store.blobs("addresses/"))


@pytest.mark.parametrize(
    ("does", "passed"),
    [("edits", {"changed": 1}), ("moves", {"gone": 1})],
)
def test_a_record_that_is_another_when_its_turn_comes_is_passed_over(
    does: str, passed: dict[str, int]
) -> None:
    """Both readings were the same, and somebody was quicker than its turn."""
    bench = Bench(count=4)
    drawn = bench.planned()

    def somebody() -> None:
        if does == "edits":
            bench.isams.edit("students", "S3", {"mobileNumber": "typed"})
        else:
            bench.isams.move_to_former("students", "S3")

    class EditsAfterFirstPut(DeskRecords):
        def put(self, kind: PeopleKind, record_id: str, members: Members) -> PutAnswer:
            answer = super().put(kind, record_id, members)
            if len(bench.isams.puts) == 1:
                somebody()
            return answer

    desk = bench.desk(writing=EditsAfterFirstPut(bench.isams, bench.calls))
    carried = writing.write(desk, drawn.plan.id, drawn.plan.digits)

    assert (carried.written, dict(carried.passed)) == (2, passed)
    assert [record_id for _, record_id in bench.isams.puts] == ["S2", "S4"]


def test_a_record_that_the_reading_client_does_not_see_is_passed_over() -> None:
    """It is no current one any more."""
    bench = Bench(count=3)
    drawn = bench.planned()

    class SeesNobody(DeskRecords):
        def read(self, kind: PeopleKind, record_id: str) -> Members | None:
            return None if record_id == "S2" else super().read(kind, record_id)

    carried = writing.write(
        bench.desk(reading=SeesNobody(bench.isams, Calls(), "reader")),
        drawn.plan.id,
        drawn.plan.digits,
    )

    assert (carried.written, dict(carried.passed)) == (1, {"gone": 1})


def test_refusals_that_do_not_follow_each_other_end_nothing() -> None:
    """Three in a row are something else than three of nine."""
    bench = Bench(count=7, trouble=WriteTrouble(only=("S2", "S3", "S5", "S6"), status=422))
    carried = bench.write(bench.planned())

    assert (carried.end, carried.written, len(carried.refused)) == (EndCode.DONE, 2, 4)


def _killed_in_its_first_put(bench: Bench, drawn: planning.Drawn) -> None:
    class DiesAfterPut(DeskRecords):
        def put(self, kind: PeopleKind, record_id: str, members: Members) -> PutAnswer:
            super().put(kind, record_id, members)
            raise Killed

    with pytest.raises(Killed):
        writing.write(
            bench.desk(writing=DiesAfterPut(bench.isams, bench.calls)),
            drawn.plan.id,
            drawn.plan.digits,
        )


def test_what_a_kill_has_left_is_read_a_minute_and_a_half_later_at_the_earliest() -> None:
    """Until then iSAMS may be about to do it, or answer from what it kept."""
    bench = Bench(count=2)
    drawn = bench.planned()
    _killed_in_its_first_put(bench, drawn)
    since_s = bench.clock.passed_s
    writing.settle(bench.desk(), drawn.plan.id)
    waited_s = bench.clock.passed_s - since_s

    assert 89 <= waited_s <= 91
    assert len(bench.isams.puts) == 1


def test_what_a_kill_has_left_is_read_also_when_the_plan_is_void_and_nothing_more_is() -> None:
    """The machine died, and somebody types the same again the next day."""
    bench = Bench(count=4)
    drawn = bench.planned()
    _killed_in_its_first_put(bench, drawn)
    bench.clock.advance(86_400)
    carried = bench.write(drawn)

    assert (carried.end, carried.written, carried.in_doubt) == (EndCode.LATE, 1, 0)
    assert len(bench.isams.puts) == 1


def test_a_doubt_can_be_read_by_the_command_that_has_left_it() -> None:
    """The plan is over, and still nobody is told to do something else."""
    bench = Bench(count=4, trouble=WriteTrouble(derives="fullName"))
    drawn = bench.planned()
    bench.write(drawn)
    bench.isams.edit("students", "S2", {"fullName": bench.before["S2"]["fullName"]})
    carried = bench.write(drawn)

    assert (carried.in_doubt, carried.written, len(bench.isams.puts)) == (0, 1, 1)


def test_a_put_that_was_never_sent_leaves_nothing_in_doubt() -> None:
    """As when the writing client gets no token any more: what was kept is of no use."""
    bench = Bench(count=3)
    drawn = bench.planned()

    class SendsNothing(DeskRecords):
        def put(self, *_: object) -> PutAnswer:
            raise SourceUnavailable("no token")

    desk = bench.desk(writing=SendsNothing(bench.isams, bench.calls))
    carried = writing.write(desk, drawn.plan.id, drawn.plan.digits)

    assert (carried.end, carried.in_doubt) == (EndCode.FAILED, 0)
    assert carried.error
    assert carried.error.facts["school"] == "northbank"


def test_a_reading_that_fails_ends_the_run() -> None:
    """Before a PUT nothing is sent; after it the record is in doubt."""
    bench = Bench(count=4)
    drawn = bench.planned()
    desk = bench.desk()
    desk.writing.unread.add("S3")  # type: ignore[attr-defined]
    carried = writing.write(desk, drawn.plan.id, drawn.plan.digits)

    assert (carried.end, carried.written) == (EndCode.FAILED, 0)
    assert isinstance(carried.error, SourceError)
    assert bench.isams.puts == []


def test_somebody_may_stop_it_between_two_records_and_go_on() -> None:
    """Nothing is half done, and what was done is not done again."""
    bench = Bench(count=6)
    drawn = bench.planned()
    stopped = writing.write(
        bench.desk(stops=lambda: len(bench.isams.puts) >= 2), drawn.plan.id, drawn.plan.digits
    )
    went_on = bench.write(drawn)

    assert (stopped.end, stopped.written) == (EndCode.STOPPED, 2)
    assert (went_on.end, went_on.written, dict(went_on.passed)) == (EndCode.DONE, 5, {})
    assert len(bench.isams.puts) == 5


def test_another_run_of_a_plan_ends_the_first() -> None:
    """Two people at two machines: the first stops before its next record."""
    bench = Bench(count=6)
    drawn = bench.planned()
    second = []

    def other() -> None:
        bench.calls.does = None
        second.append(bench.write(drawn))

    first_put = 3 + 4 + 2 + 2 * 5 + 2  # begin, look, learnt, both readings, the first record
    bench.calls.count = 0
    bench.calls.at, bench.calls.does = first_put, other
    first = bench.write(drawn)

    assert (first.end, second[0].end) == (EndCode.TAKEN_OVER, EndCode.DONE)
    assert len(bench.isams.puts) == 5
    assert not any("before-" in name for name in bench.store.held)
    assert bench.damaged() == {}


def sleeping(bench: Bench, meanwhile: Callable[[], object]) -> Desk:
    """Return a desk whose machine sleeps for ten minutes once a record is kept, as with a lid."""
    slept = list[object]()

    class Sleeps(DeskRecords):
        def make_ready(self) -> None:
            if not slept:
                slept.append(None)
                bench.clock.advance(600)
                meanwhile()

    return bench.desk(writing=Sleeps(bench.isams, bench.calls))


def test_what_was_edited_while_the_machine_slept_is_not_written_over() -> None:
    """The record is read anew, and is another now."""
    bench = Bench(count=3)
    drawn = bench.planned()
    edited = sleeping(bench, lambda: bench.isams.edit("students", "S2", {"forename": "Later"}))
    carried = writing.write(edited, drawn.plan.id, drawn.plan.digits)

    assert (carried.written, dict(carried.passed)) == (1, {"changed": 1})
    assert bench.record("S2")["forename"] == "Later"


def test_who_sleeps_while_another_run_writes_the_record_sends_nothing_more() -> None:
    """It was put once; and nothing of it is kept."""
    bench = Bench(count=3)
    drawn = bench.planned()
    later = list[writing.Carried]()

    def write() -> None:
        later.append(writing.write(bench.desk(), drawn.plan.id, drawn.plan.digits))

    first = writing.write(sleeping(bench, write), drawn.plan.id, drawn.plan.digits)

    assert (first.end, later[0].end) == (EndCode.TAKEN_OVER, EndCode.DONE)
    assert len(bench.isams.puts) == len(set(bench.isams.puts)) == 2
    assert not any("before-" in name for name in bench.store.held)


def test_who_is_slower_than_a_later_run_leaves_what_that_has_kept() -> None:
    """A run whose look hangs for minutes must not delete the *before* of the next one."""
    bench = Bench(count=3, trouble=WriteTrouble(no_effect=True))
    drawn = bench.planned()

    class DiesAfterPut(DeskRecords):
        def put(self, kind: PeopleKind, record_id: str, members: Members) -> PutAnswer:
            super().put(kind, record_id, members)
            raise Killed

    class LooksLate(DeskRecords):
        def read(self, kind: PeopleKind, record_id: str) -> Members | None:
            if len(bench.isams.puts) == 1:
                later = bench.desk(writing=DiesAfterPut(bench.isams, bench.calls))
                with pytest.raises(Killed):
                    writing.write(later, drawn.plan.id, drawn.plan.digits)
            return super().read(kind, record_id)

    first = writing.write(
        bench.desk(writing=LooksLate(bench.isams, bench.calls)), drawn.plan.id, drawn.plan.digits
    )

    assert (first.end, len(bench.isams.puts)) == (EndCode.TAKEN_OVER, 2)
    assert bench.in_doubt(drawn) == 1
    assert find_plan(bench.desk(), drawn.plan.id).state is PlanState.BEGUN


def test_what_was_written_is_kept_as_written_also_by_who_was_slower() -> None:
    """Only the rest is left to the later run: else nobody could take it back."""
    bench = Bench(count=3)
    drawn = bench.planned()

    class LooksLate(DeskRecords):
        def read(self, kind: PeopleKind, record_id: str) -> Members | None:
            if len(bench.isams.puts) == 1:
                begun = RunBegun(at=bench.clock.now(), by="another", way="write")
                bench.desk().keep(drawn.plan.folder, begun, 2)
            return super().read(kind, record_id)

    first = writing.write(
        bench.desk(writing=LooksLate(bench.isams, bench.calls)), drawn.plan.id, drawn.plan.digits
    )

    assert (first.end, first.written, first.in_doubt) == (EndCode.TAKEN_OVER, 1, 0)
    assert len(bench.isams.puts) == 1


# -- taking it back ------------------------------------------------------------------------------


def test_what_was_written_can_be_taken_back() -> None:
    """The address is as it was, and all else as it is now."""
    bench = Bench(count=5)
    drawn = bench.planned()
    bench.write(drawn)
    bench.isams.edit("students", "S3", {"mobileNumber": "typed since"})
    undone = writing.undo(bench.desk(), drawn.plan.id, drawn.plan.digits)

    assert (undone.end, undone.undone, undone.in_doubt) == (EndCode.DONE, 4, 0)
    assert bench.addressed() == []
    assert bench.damaged() == {"S3": {"mobileNumber"}}
    assert bench.record("S3")["mobileNumber"] == "typed since"


def test_an_address_that_is_not_ours_any_more_stays() -> None:
    """Somebody has typed another since."""
    bench = Bench(count=4)
    drawn = bench.planned()
    bench.write(drawn)
    bench.isams.edit("students", "S3", {"schoolEmailAddress": "typed@northbank.example"})
    undone = writing.undo(bench.desk(), drawn.plan.id, drawn.plan.digits)

    assert (undone.undone, dict(undone.passed)) == (2, {"not-ours": 1})
    assert bench.record("S3")["schoolEmailAddress"] == "typed@northbank.example"


def test_a_record_with_a_new_member_is_not_taken_back() -> None:
    """ISAMS is newer than what was learnt: nobody knows whether PUT would empty it."""
    bench = Bench(count=3)
    drawn = bench.planned()
    bench.write(drawn)
    puts = len(bench.isams.puts)
    bench.isams.edit("students", "S2", {"newField": "x"})
    undone = writing.undo(bench.desk(), drawn.plan.id, drawn.plan.digits)

    assert (undone.end, undone.undone, len(bench.isams.puts)) == (EndCode.FAILED, 0, puts)
    assert "addresses learn" in str(undone.error)


def test_what_put_of_an_older_swagger_took_is_not_taken_back_by_it() -> None:
    """A field that PUT takes by now would be left out, and so emptied."""
    bench = Bench(count=3)
    drawn = bench.planned()
    bench.write(drawn)
    puts = len(bench.isams.puts)
    bench.isams.takes["students"] = (*STUDENT_TAKES, "familyId")
    bench.learn()
    undone = writing.undo(bench.desk(), drawn.plan.id, drawn.plan.digits)

    assert (undone.end, len(bench.isams.puts)) == (EndCode.OUTDATED, puts)


def test_the_same_swagger_learnt_again_keeps_nobody_from_taking_back() -> None:
    """PUT takes what it took."""
    bench = Bench(count=3)
    drawn = bench.planned()
    bench.write(drawn)
    bench.clock.advance(1)
    bench.learn("religion")
    undone = writing.undo(bench.desk(), drawn.plan.id, drawn.plan.digits)

    assert (undone.end, undone.undone) == (EndCode.DONE, 2)


def test_rights_that_were_taken_away_since_empty_nothing() -> None:
    """Neither when it is written nor when it is taken back: the reading client is asked again."""
    blind = WriteTrouble(nulls=("religion",), blind=("writer",))
    bench = Bench(count=3)
    drawn = bench.planned()
    for record_id in bench.ids:
        bench.isams.edit("students", record_id, {"religion": "held"})
    bench.clock.advance(3601)
    drawn = bench.plan()
    bench.write(drawn)
    puts = len(bench.isams.puts)
    bench.isams.trouble = blind
    with pytest.raises(AddressRefused, match="does not see religion"):
        writing.undo(bench.desk(), drawn.plan.id, drawn.plan.digits)

    assert len(bench.isams.puts) == puts


def test_there_is_nothing_to_take_back_where_nothing_was_written() -> None:
    """Nor after seven days, when what was planned is gone."""
    bench = Bench(count=2)
    drawn = bench.planned()
    with pytest.raises(AddressRefused, match="nothing to undo"):
        writing.undo(bench.desk(), drawn.plan.id, drawn.plan.digits)
    bench.write(drawn)
    folder = find_plan(bench.desk(), drawn.plan.id)
    bench.store.delete(folder.path("addresses.json"))
    with pytest.raises(AddressRefused, match="after seven days"):
        writing.undo(bench.desk(), drawn.plan.id, drawn.plan.digits)


def test_a_plan_that_was_taken_back_once_is_not_taken_back_again() -> None:
    """What was undone is not ours any more."""
    bench = Bench(count=3)
    drawn = bench.planned()
    bench.write(drawn)
    writing.undo(bench.desk(), drawn.plan.id, drawn.plan.digits)
    puts = len(bench.isams.puts)
    again = writing.undo(bench.desk(), drawn.plan.id, drawn.plan.digits)

    assert (again.undone, dict(again.passed), len(bench.isams.puts)) == (2, {}, puts)


def test_a_record_that_somebody_edits_is_not_taken_back() -> None:
    """Not by a reading that may be of before the edit: another try takes it back."""
    bench = Bench(count=3)
    drawn = bench.planned()
    bench.write(drawn)

    def edit() -> bool:
        if bench.record("S2")["mobileNumber"] != "typed" and len(bench.clock.slept) > slept + 20:
            bench.isams.edit("students", "S2", {"mobileNumber": "typed"})
        return False

    slept = len(bench.clock.slept)
    undone = writing.undo(bench.desk(stops=edit), drawn.plan.id, drawn.plan.digits)

    assert (undone.undone, dict(undone.passed)) == (1, {"changed": 1})
    assert bench.record("S2")["schoolEmailAddress"] == address_of("S2")


def test_what_is_kept_before_a_put_is_the_record_as_it_was() -> None:
    """With the address that it shall have, so that a later run can judge it."""
    bench = Bench(count=2, trouble=WriteTrouble(derives="fullName"))
    drawn = bench.planned()
    bench.write(drawn)
    desk = bench.desk()
    before = desk.read(find_plan(desk, drawn.plan.id), Before, 1)

    assert before.address == f'"{address_of("S2")}"'
    assert before.members["surname"] == '"N2"'
    assert PeopleKind.PUPILS.key in before.members
