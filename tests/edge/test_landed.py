"""What is in Teams, held against what was sent: when it is looked, what is told, what is kept."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import httpx
import pytest

from simulators.sds import Account, Answer, Classroom, EducationKnobs
from simulators.sds.knobs import EDU_ROSTER, MEMBER_HIDDEN, READER_ROLES, USER_READ
from sync.edge.storage.noting import BEGUN
from sync.ledger.landed import AFTER_ACCEPTANCE, AFTER_RUN, LASTS, NAMES_LAST, ROWS_LAST
from sync.ledger.marks import ReadBackEnded
from sync.ledger.record import NamedRecord
from sync.report import Outcome
from sync.steps.landed.records import RowsKept
from sync.steps.landed.told import landed_of
from sync.steps.tick import tick
from tests.canaries import found_in
from tests.edge.landed_stage import HOUR_S, Landed, class_id, delivered, taken_out
from tests.worlds import CONNECTOR, READ_BACK

DAY_H = 24.0


def due_h(here: Landed) -> float:
    """Return in how many hours the next read-back is due."""
    due = here.known.due_at()
    assert due is not None
    return round((due - here.known.now).total_seconds() / 3600, 1)


def nudged(here: Landed) -> int:
    """Tick, and return how many read-backs were asked for."""
    here.scene.nudges.kept.clear()
    tick(here.world)
    return [queue for queue, _, _ in here.scene.nudges.kept].count("read-back")


# -- when it is looked ---------------------------------------------------------------------------


def test_a_tick_asks_two_hours_after_sdss_run_has_ended() -> None:
    """Not before, and at every tick until somebody has begun."""
    here = delivered(after_h=0)
    assert [nudged(here), due_h(here)] == [0, 2.0]
    here.scene.clock.advance(AFTER_RUN.total_seconds())

    assert [nudged(here), nudged(here)] == [1, 1]
    assert here.look().outcome is Outcome.COMPARED
    assert nudged(here) == 0


def test_then_it_is_looked_once_a_day() -> None:
    """A day after the last began; what is due earlier is nothing."""
    here = delivered()
    assert here.look().outcome is Outcome.COMPARED

    assert due_h(here) == 24.0
    assert here.look(after_h=23).outcome is Outcome.NOTHING
    assert here.look(after_h=1.1).outcome is Outcome.COMPARED


def test_where_no_run_is_seen_it_is_looked_fourteen_hours_after_acceptance() -> None:
    """SDS runs twice a day; without a sign of it, what was accepted is the measure."""
    here = delivered(after_h=0)
    here.another_night()
    here.scene.sds.fail_next("runs", Answer(200, body=b'{"value": []}'), times=None)
    here.scene.accept()
    assert due_h(here) == AFTER_ACCEPTANCE.total_seconds() / 3600
    assert here.look(after_h=13).outcome is Outcome.NOTHING

    assert here.look(after_h=1.1).outcome is Outcome.COMPARED


def test_while_a_hand_over_is_under_way_nothing_is_looked_at() -> None:
    """Nobody could say which delivery Teams has."""
    here = delivered()
    here.another_night()
    here.scene.hand_over()

    assert here.known.due_at() is None
    assert here.look().outcome is Outcome.NOTHING
    assert here.names() == []


@pytest.mark.parametrize("hours", [12.5, 14.5])
def test_while_a_run_is_under_way_or_young_it_is_put_off(hours: float) -> None:
    """SDS runs by itself: two hours after its end it is looked, and nothing counts as dropped."""
    here = delivered()
    here.scene.clock.passed_s = hours * HOUR_S
    step = here.look()

    assert step.outcome is Outcome.PUT_OFF
    assert [here.ended().outcome, here.ended().drops] == ["put-off", 0]
    assert here.look(after_h=4).outcome is Outcome.COMPARED


def test_off_costs_no_call_and_writes_nothing() -> None:
    """A tick, a night and the function's own message: nobody is asked, nothing is kept."""
    here = delivered()
    here.scene.configure(**dict.fromkeys(READ_BACK, ""))
    nudged_off = nudged(here)

    assert nudged_off == 0
    assert here.names() == []
    assert not [line for line in here.scene.sds.requests if line.route in {"classes", "batch"}]


# -- what is told --------------------------------------------------------------------------------


def test_where_all_is_as_sent_nothing_is_told() -> None:
    """And it is counted what was seen."""
    here = delivered()
    step = here.look()

    assert here.told() == {}
    assert step.facts["sent"] == step.facts["there"] == len(here.expected.titles)


def test_each_kind_is_told_by_its_word() -> None:
    """The closed list, one of each, and nothing else."""
    here = delivered(after_h=30)
    assert here.look().outcome is Outcome.COMPARED
    a, b, c, d, e, f, g, h = (class_id(room) for room in here.rooms()[:8])
    school, wanted = here.education, here.expected.id_of
    school.delete(a)
    school.end(b)
    school.twin(c)
    school.of(d).name = "Mr Day's set"
    teacher = wanted[taken_out(school.of(e), teacher=True)]
    pupil = wanted[taken_out(school.of(f))]
    school.of(g).people[Account("assistant@northbank.example")] = True
    school.of(h).people[Account("guest@northbank.example")] = False
    here.look(after_h=DAY_H)

    assert here.told() == {
        ("class-missing", a, ""): "by-hand",
        ("class-ended", b, ""): "sync-health",
        ("class-twice", c, ""): "sync-health",
        ("class-renamed", d, ""): "by-hand",
        ("teacher-missing", e, teacher): "by-hand",
        ("pupil-missing", f, pupil): "by-hand",
        ("teacher-extra", g, "assistant@northbank.example"): "by-hand",
        ("pupil-extra", h, "guest@northbank.example"): "by-hand",
    }


def everybody_out(here: Landed, user_name: str) -> None:
    for room in here.rooms():
        for account in [each for each in room.people if each.user_name == user_name]:
            del room.people[account]


def a_pupil(here: Landed) -> str:
    """Return the address of a pupil in several classes."""
    expected = here.expected
    addresses = {person: address for address, person in expected.id_of.items()}
    [*_, person] = sorted(
        person
        for person in addresses
        if sum(person in side.pupils for side in expected.people.values()) > 3
    )
    return addresses[person]


def test_who_is_in_none_of_their_classes_is_told_once() -> None:
    """Not once for each of them."""
    here = delivered(after_h=30)
    address = a_pupil(here)
    everybody_out(here, address)
    here.look()

    assert here.told() == {("person-nowhere", "", here.expected.id_of[address]): "sync-health"}


@pytest.mark.parametrize(
    ("state", "cause"), [("gone", "no-account"), ("off", "disabled"), ("fine", "sync-health")]
)
def test_why_somebody_is_nowhere_is_told_where_accounts_may_be_seen(state: str, cause: str) -> None:
    """With the optional User.Read.All: no account, a disabled one, or neither."""
    here = delivered(after_h=30, roles=frozenset({*READER_ROLES, USER_READ}))
    address = a_pupil(here)
    everybody_out(here, address)
    if state == "gone":
        here.scene.sds.people = {*here.expected.id_of} - {address}
    if state == "off":
        here.education.accounts[address] = Account(address, address, enabled=False)
    here.look()

    assert {*here.told().values()} == {cause}


def test_within_a_day_of_the_run_it_may_be_on_its_way() -> None:
    """Groups and people come later than SDS's run ends."""
    here = delivered(pupil_delay_s=20 * HOUR_S)
    here.look()

    assert {*here.told().values()} == {"on-its-way"}
    here.look(after_h=DAY_H)
    assert here.told() == {}


def looked_next_night(here: Landed) -> None:
    """Let a night pass in which one more pupil leaves and SDS takes it; look two hours later."""
    here.one_night()
    outcomes = [here.look(after_h=2.1).outcome for _ in range(3)]

    assert outcomes.count(Outcome.COMPARED) == 1


def test_what_is_missing_for_over_a_day_is_not_on_its_way_however_young_the_run() -> None:
    """A school whose rosters change each night has a young run at every look."""
    here = delivered(roles=frozenset({*READER_ROLES, USER_READ}))
    address = a_pupil(here)
    everybody_out(here, address)
    here.scene.sds.people = {*here.expected.id_of} - {address}
    here.look()
    assert {*here.told().values()} == {"on-its-way"}
    looked_next_night(here)
    looked_next_night(here)

    assert {*here.told().values()} == {"no-account"}


def test_what_was_never_there_is_for_sync_health() -> None:
    """A day after the run it is late, and nobody is accused of it."""
    here = delivered(after_h=30)
    taken_out(here.rooms()[0])
    here.look()

    assert {*here.told().values()} == {"sync-health"}


def test_a_change_of_name_is_told_once_and_never_by_our_title() -> None:
    """SDS may clean a title, so only a name that was another at the last look is told."""
    here = delivered(after_h=30)
    for room in here.rooms():
        room.name = f"{room.name} cleaned"
    here.look()
    assert here.told() == {}
    here.rooms()[0].name = "New"
    here.look(after_h=DAY_H)
    assert [*here.told()] == [("class-renamed", class_id(here.rooms()[0]), "")]
    here.look(after_h=DAY_H)

    assert here.told() == {}


def test_an_ended_twin_is_no_difference() -> None:
    """The class of a former year goes on being listed."""
    here = delivered(after_h=30)
    here.education.end_twin(class_id(here.rooms()[0]))
    here.look()

    assert here.told() == {}


def test_blanks_around_an_id_hide_no_class() -> None:
    """Ours have none, so nothing else is meant."""
    here = delivered(after_h=30)
    room = here.rooms()[0]
    room.external_id, room.nickname = f" {class_id(room)} ", "whatever"
    here.look()

    assert here.told() == {}


def test_somebody_with_another_user_name_is_known_by_mail() -> None:
    """SDS matches either."""
    here = delivered(after_h=30)
    address = a_pupil(here)
    other = Account("moved@northbank.example", address.upper())
    for room in here.rooms():
        held = [each for each in room.people if each.user_name == address]
        for account in held:
            room.people[other] = room.people.pop(account)
    here.look()

    assert here.told() == {}


def test_user_name_and_mail_of_two_people_are_unclear() -> None:
    """In the class nobody of the two is told as missing, nor as extra: it is counted and shown."""
    here = delivered(after_h=30)
    first, second = sorted(here.expected.id_of)[:2]
    room = next(
        each for each in here.rooms() if first in {person.user_name for person in each.people}
    )
    everybody_out(here, first)
    everybody_out(here, second)
    room.people[Account(first, second)] = False
    step = here.look()

    assert class_id(room) not in {told_of for _, told_of, _ in here.told()}
    assert step.facts["unclear"] == 1
    [unclear] = here.seen().unclear
    assert (unclear.class_id, unclear.user_name) == (class_id(room), first)


def test_a_second_account_in_one_class_hides_no_gap_in_another() -> None:
    """Who cannot be told apart counts as there where one of the accounts is, and nowhere else."""
    here = delivered(after_h=30)
    address = a_pupil(here)
    first, *others = [
        room for room in here.rooms() if address in {each.user_name for each in room.people}
    ]
    everybody_out(here, address)
    first.people[Account(address, address)] = False
    first.people[Account("old@northbank.example", address)] = False
    here.look()

    assert {told_of for _, told_of, _ in here.told()} == {class_id(room) for room in others}


def test_who_has_no_user_name_is_a_row_of_their_own() -> None:
    """Each by the id of their account: never taken for each other, nor for the class."""
    here = delivered(after_h=30)
    room = here.rooms()[0]
    nameless = [Account("", mail) for mail in (None, "x@elsewhere.example")]
    room.people |= dict.fromkeys(nameless, False)
    here.look()

    assert len({each.id for each in nameless}) == 2
    assert {*here.told()} == {
        ("pupil-extra", class_id(room), f"object id {each.id}") for each in nameless
    }


def test_a_difference_by_hand_stays_one_while_nothing_was_sent() -> None:
    """A look later nothing is known that was not known before; a delivery may put them back."""
    here = delivered(after_h=30)
    here.look()
    taken_out(here.rooms()[0])
    causes = list[str]()
    for _ in range(3):
        here.look(after_h=DAY_H)
        causes += here.told().values()
    assert causes == ["by-hand"] * 3
    looked_next_night(here)

    assert {*here.told().values()} == {"sync-health"}


def test_a_class_that_gets_the_name_that_was_sent_was_not_renamed_by_hand() -> None:
    """SDS may rename a class later than we look."""
    here = delivered(after_h=30)
    room = here.rooms()[0]
    title, room.name = room.name, "As it was called before"
    here.look()
    room.name = title
    here.look(after_h=DAY_H)

    assert here.told() == {}


def test_a_class_renamed_while_something_was_sent_accuses_nobody() -> None:
    """It may have been SDS."""
    here = delivered(after_h=30)
    here.look()
    here.rooms()[0].name += " (cleaned)"
    looked_next_night(here)

    assert here.told() == {("class-renamed", class_id(here.rooms()[0]), ""): "sds-or-hand"}


def test_a_class_that_was_ended_and_then_deleted_was_away_all_the_time() -> None:
    """Since when counts from its end."""
    here = delivered(after_h=30)
    here.look()
    here.education.end(class_id(here.rooms()[0]))
    here.look(after_h=DAY_H)
    [ended_then] = here.seen().differences
    here.education.forget_ended()
    here.look(after_h=DAY_H)
    [gone] = here.seen().differences

    assert (gone.key.kind, gone.first_seen) == ("class-missing", ended_then.first_seen)


def test_a_stranger_is_no_matter_of_sync_health() -> None:
    """The app did not send them: the teacher knows whether they belong."""
    here = delivered(after_h=30)
    here.rooms()[0].people[Account("guest@elsewhere.example")] = False
    here.look()

    assert {*here.told().values()} == {"stranger"}


def test_first_seen_is_carried_until_mended() -> None:
    """Over read-backs, over a new delivery, and over a change of kind; not over a mend."""
    here = delivered(after_h=30)
    room = here.rooms()[0]
    address = taken_out(room)
    here.look()
    [first] = here.seen().differences
    here.another_night()
    here.scene.send_until_still()
    everybody_out(here, address)
    here.look(after_h=44)
    known = {each.key.kind.value: each for each in here.seen().differences}

    assert known["person-nowhere"].first_seen == first.first_seen
    assert landed_of(here.world, CONNECTOR).late == 1
    here.education.catch_up()
    expected = here.expected
    for each in here.rooms():
        if expected.id_of[address] in expected.in_class(class_id(each)).pupils:
            each.people[Account(address, address)] = False
    here.look(after_h=DAY_H)
    assert here.told() == {}


# -- what is refused -----------------------------------------------------------------------------


@pytest.mark.parametrize("role", [EDU_ROSTER, MEMBER_HIDDEN])
def test_without_one_of_the_two_roles_nothing_is_looked_at(role: str) -> None:
    """It is named, and no class is asked for."""
    here = delivered(roles=READER_ROLES - {role})
    step = here.look()

    assert step.outcome is Outcome.FAILED
    assert step.error is not None
    assert role in str(step.error)
    assert here.ended().outcome == "refused"
    assert not [line for line in here.scene.sds.requests if line.route in {"classes", "batch"}]


def test_no_class_of_ours_at_all_has_not_arrived() -> None:
    """Class groups are off, or SDS's run failed: nothing is told as missing one by one."""
    here = delivered(after_h=30, class_delay_s=1000 * HOUR_S)
    step = here.look()

    assert step.outcome is Outcome.NOT_ARRIVED
    assert step.facts["there"] == 0
    assert not [name for name in here.names() if name.endswith("rows.json")]


@pytest.mark.parametrize(
    ("hidden", "outcome"), [(0.09, Outcome.COMPARED), (0.2, Outcome.UNREADABLE)]
)
def test_hidden_members_are_never_all_missing(hidden: float, outcome: Outcome) -> None:
    """Where more than a tenth of the classes have nobody, it is said that they cannot be read."""
    here = delivered(after_h=30)
    rooms = here.rooms()
    for room in rooms[: int(len(rooms) * hidden)]:
        room.hidden = True

    assert here.look().outcome is outcome
    assert here.ended().outcome == ("whole" if outcome is Outcome.COMPARED else "unreadable")


def test_few_classes_that_are_left_are_not_called_hidden_for_one_that_is_empty() -> None:
    """The measure is what was sent: else one class would hide that the others are gone."""
    here = delivered(after_h=30)
    rooms = here.rooms()
    for room in rooms[8:]:
        here.education.delete(class_id(room))
    rooms[0].people.clear()

    assert here.look().outcome is Outcome.COMPARED


def test_where_all_classes_that_are_left_are_empty_nothing_is_told_of_people() -> None:
    """However few they are of those that were sent."""
    here = delivered(after_h=30)
    for room in here.rooms()[2:]:
        here.education.delete(class_id(room))
    for room in here.rooms():
        room.hidden = True

    assert here.look().outcome is Outcome.UNREADABLE


def test_a_class_that_goes_between_list_and_members_is_missing() -> None:
    """It is asked for once more, and is no class without people."""
    here = delivered(after_h=30)
    room = here.rooms()[0]

    def gone(url: str) -> None:
        if room.id in url and room in here.education.all():
            here.education.delete(class_id(room))

    here.education.before_item = gone
    here.look()

    assert [*here.told()] == [("class-missing", class_id(room), "")]
    assert sum(room.id in url for url in here.education.asked) == 4


def test_classes_of_other_sources_are_never_asked_for() -> None:
    """They are counted, and nobody looks into them."""
    here = delivered(after_h=30)
    other = here.education.twin(class_id(here.rooms()[0]))
    other.id, other.external_id, other.nickname = "other-1", "chess", "Section_chess"
    here.look()

    assert here.ended().saw.others == 1
    assert not [url for url in here.education.asked if "other-1" in url]


def test_a_class_that_was_passed_over_between_two_pages_is_looked_for_again() -> None:
    """Another class went while the list was paged, and moved ours onto the page already read."""
    here = delivered(after_h=30, page_size=10)
    here.education.others.append(Classroom("0", "other", "x", "x"))
    gone = Meanwhile("/education/classes?", here.education.others.clear)
    process = here.scene.process(sds_transport=gone.on)
    step = here.go_on(process)

    assert gone.is_done
    assert (step.outcome, here.told()) == (Outcome.COMPARED, {})


# -- what passes by itself, and what stays ---------------------------------------------------------


@pytest.mark.parametrize("are_hidden", [False, True])
def test_within_a_day_of_the_run_nothing_there_may_be_on_its_way(*, are_hidden: bool) -> None:
    """Neither that nothing has arrived nor that all is hidden is told of what is six hours late."""
    here = delivered(after_h=2.5, class_delay_s=0 if are_hidden else 6 * HOUR_S)
    for room in here.rooms():
        room.hidden = are_hidden
    step = here.look()
    assert (step.outcome, landed_of(here.world, CONNECTOR).is_troubled) == (Outcome.PUT_OFF, False)
    for room in here.rooms():
        room.hidden = False
    here.education.catch_up()
    outcomes = [here.look(after_h=6.1).outcome for _ in range(2)]

    assert Outcome.COMPARED in outcomes


def test_nothing_there_for_over_a_day_is_told_however_young_the_run() -> None:
    """A school whose rosters change each night has a young run at every look."""
    here = delivered(class_delay_s=1000 * HOUR_S)
    outcomes = [here.look().outcome]
    for _ in range(2):
        here.one_night()
        outcomes += [here.look(after_h=2.1).outcome for _ in range(3)]

    assert Outcome.NOT_ARRIVED in outcomes
    assert outcomes[0] is Outcome.PUT_OFF


def test_a_trouble_stays_told_until_a_look_was_whole() -> None:
    """Also while looks are put off because SDS is at it."""
    here = delivered(after_h=30)
    here.look()
    here.education.delete(class_id(here.rooms()[0]))
    here.scene.sds.education_knobs = EducationKnobs(roles=frozenset({EDU_ROSTER}))
    ends = [(here.look(after_h=6.1), landed_of(here.world, CONNECTOR)) for _ in range(8)]
    refused = [step.outcome for step, _ in ends].index(Outcome.FAILED)

    assert Outcome.PUT_OFF in {step.outcome for step, _ in ends[refused:]}
    assert all("Member.Read.Hidden" in told.headline for _, told in ends[refused:])
    here.scene.sds.education_knobs = EducationKnobs()
    while here.look(after_h=2.1).outcome is not Outcome.COMPARED:
        pass
    assert not landed_of(here.world, CONNECTOR).is_troubled


@pytest.mark.parametrize("lost", ["rows.json", "read-back-ended.json"])
def test_where_the_last_whole_look_is_lost_nothing_is_called_well(lost: str) -> None:
    """Its rows are gone, or the mark of its end cannot be read: the next look says it anew."""
    here = delivered(after_h=30)
    here.education.delete(class_id(here.rooms()[0]))
    here.look()
    name = here.known.listed[-1].path(lost)
    here.scene.store.delete(name)
    if lost != "rows.json":
        here.scene.store.create(name, b"{broken")
    told = landed_of(here.world, CONNECTOR)

    assert (told.is_lost, told.is_troubled) == (True, True)
    assert "nothing is known" in told.headline
    here.look(after_h=DAY_H)
    assert "1 thing is" in landed_of(here.world, CONNECTOR).headline


def test_a_clock_that_was_ahead_silences_no_look() -> None:
    """None is ever due in more than a day, and nothing was first seen in days to come."""
    here = delivered(after_h=30)
    taken_out(here.rooms()[0])
    here.look()
    ahead = here.known.now + timedelta(days=40)
    rewrite(here, ReadBackEnded, {"at": ahead, "again_at": ahead})
    rows = here.known.listed[-1].read(RowsKept).rows
    moved = tuple(row.model_copy(update={"first_seen": ahead}) for row in rows)
    rewrite(here, RowsKept, {"rows": moved})

    assert here.look().outcome is Outcome.COMPARED
    assert [each.first_seen for each in here.seen().differences] == [here.known.now]


def rewrite(here: Landed, kind: type[NamedRecord], changes: dict[str, object]) -> None:
    """Let a record of the newest look have been written with these *changes*."""
    newest = here.known.listed[-1]
    record = newest.read(kind).model_copy(update=changes)
    here.scene.store.delete(newest.path(kind.name_for("")))
    newest.claim(record)


def test_what_is_late_goes_on_growing_old_between_looks() -> None:
    """Judged by now, and not by when it was looked."""
    here = delivered(after_h=30)
    taken_out(here.rooms()[0])
    here.look()
    here.scene.clock.advance(49 * HOUR_S)

    assert landed_of(here.world, CONNECTOR).late == 1


@pytest.mark.parametrize(
    "name", ["read-back.json", "runs.json", "classes-read.json", "people-000001.json"]
)
def test_one_of_which_something_cannot_be_read_is_given_up(name: str) -> None:
    """At once, with all its parts, which name people; the next looks anew."""
    here = half_read()
    path = here.known.listed[0].path(name)
    here.scene.store.delete(path)
    here.scene.store.create(path, b"{broken")
    step = here.look()

    assert (step.outcome, step.facts["why"]) == (Outcome.PUT_OFF, "broken")
    assert here.names() == ["000001/read-back-ended.json", "000001/read-back.json"]
    assert here.look(after_h=2.1).outcome is Outcome.COMPARED


def test_parts_whose_begin_is_gone_are_never_used_and_are_swept() -> None:
    """They are of another moment, and name people."""
    here = half_read()
    here.scene.store.delete(here.known.listed[0].path("read-back.json"))
    taken_out(here.rooms()[0])
    assert here.look(after_h=30).outcome is Outcome.COMPARED
    assert len(here.told()) == 1
    here.scene.clock.advance(3 * 86_400)
    tick(here.world)

    assert not [each for each in here.names() if each.startswith("000001/")]


def test_why_looks_were_dropped_is_told() -> None:
    """Six hours in which Graph could not be asked are no change of what is in Teams."""
    here = delivered(after_h=30)
    here.scene.sds.fail_next("batch", Answer(503), times=None)
    assert here.look().outcome is Outcome.LATER
    assert "has begun" in landed_of(here.world, CONNECTOR).headline
    for _ in range(40):
        if here.look(after_h=1).outcome is Outcome.DROPPED:
            break

    assert "Graph could not be asked" in landed_of(here.world, CONNECTOR).headline


# -- what is kept --------------------------------------------------------------------------------


def test_nothing_of_people_leaves_but_ids_and_the_user_names_of_strangers() -> None:
    """Neither in what is stored, nor logged; whatever Graph gives beyond what was asked."""
    here = delivered(after_h=30, select_honoured=False)
    here.rooms()[0].people[Account("guest@elsewhere.example", "g@elsewhere.example")] = False
    taken_out(here.rooms()[1])
    here.look()
    bodies = [
        here.scene.store.read(blob.name).decode()
        for blob in here.scene.store.blobs("connectors/")
        if "/landed/" in blob.name
    ]
    lines = " ".join(step.line() for step in here.scene.steps)

    assert here.ended().saw.gave_more
    assert found_in(" ".join(bodies)) == found_in(lines) == set()
    assert "canary" not in f"{bodies}{lines}".lower()
    assert "guest@elsewhere.example" in f"{bodies}"
    assert "g@elsewhere.example" not in f"{bodies}"


def test_parts_go_with_the_read_back_and_rows_with_the_next() -> None:
    """One file of rows, however many read-backs there were."""
    here = delivered()
    here.look()
    here.look(after_h=DAY_H)

    assert here.names() == [
        "000001/read-back-ended.json",
        "000001/read-back.json",
        "000002/read-back-ended.json",
        "000002/read-back.json",
        "000002/rows.json",
    ]


def test_rows_are_swept_after_a_month_and_parts_after_a_day() -> None:
    """Also where nothing is read back any more."""
    here = delivered()
    here.look()
    prefix = here.known.listed[0].path("")
    here.scene.store.create(f"{prefix}people-000001.json", b"{}")
    here.scene.configure(**dict.fromkeys(READ_BACK, ""))
    here.scene.clock.advance(2 * 86_400)
    tick(here.world)
    assert [name.partition("/")[2] for name in here.names()] == [
        "read-back-ended.json",
        "read-back.json",
        "rows.json",
    ]
    here.scene.clock.advance(ROWS_LAST.total_seconds())
    tick(here.world)

    assert not [name for name in here.names() if name.endswith("rows.json")]
    assert NAMES_LAST < ROWS_LAST


# -- what drops it -------------------------------------------------------------------------------


def half_read() -> Landed:
    """Return a world in which a read-back has read some of its parts."""
    here = delivered()
    here.classes_a_part = 5
    slow = here.scene.process(sds_transport=lambda wire: Slow(wire, here, 15.0))
    assert here.go_on(slow).outcome is Outcome.READING_BACK
    assert here.known.open
    return here


class Slow(httpx.BaseTransport):
    """A way to SDS on which every answer takes its time."""

    def __init__(self, wire: httpx.BaseTransport, here: Landed, answer_s: float) -> None:
        self._wire, self._here, self._answer_s = wire, here, answer_s

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self._here.scene.clock.advance(self._answer_s)
        return self._wire.handle_request(request)


class Meanwhile:
    """Does something once, after the first answer to an address that holds *match*."""

    def __init__(self, match: str, does: Callable[[], None]) -> None:
        self._match, self._does, self.is_done = match, does, False

    def on(self, wire: httpx.BaseTransport) -> httpx.BaseTransport:
        return httpx.MockTransport(lambda request: self._answered(wire, request))

    def _answered(self, wire: httpx.BaseTransport, request: httpx.Request) -> httpx.Response:
        answer = wire.handle_request(request)
        if self._match in str(request.url) and not self.is_done:
            self.is_done = True
            self._does()
        return answer


def test_a_long_one_takes_several_invocations() -> None:
    """Each goes on where the last stopped, and asks for the next itself."""
    here = half_read()
    asked = len(here.education.asked)
    assert [queue for queue, _, _ in here.scene.nudges.kept][-1] == "read-back"
    step = here.look()

    assert step.outcome is Outcome.COMPARED
    assert here.told() == {}
    assert len(here.education.asked) == 2 * len(here.rooms()) > asked > 0


def test_one_that_stands_still_is_nudged() -> None:
    """Its message may be lost: a tick sees that nobody is at it."""
    here = half_read()
    assert nudged(here) == 0
    here.scene.clock.advance(700)

    assert nudged(here) == 1


def test_too_old_parts_are_dropped() -> None:
    """After six hours what was read is of another moment."""
    here = half_read()
    step = here.look(after_h=LASTS.total_seconds() / 3600)

    assert step.outcome is Outcome.PUT_OFF
    assert step.facts["why"] == "too-long"
    assert here.names() == ["000001/read-back-ended.json", "000001/read-back.json"]


def test_three_drops_in_a_row_are_told() -> None:
    """One may happen on any day; three say that nothing is ever told."""
    here = half_read()
    outcomes = [here.look(after_h=6.1).outcome]
    for _ in range(2):
        here.scene.clock.advance(2.1 * HOUR_S)
        slow = here.scene.process(sds_transport=lambda wire: Slow(wire, here, 15.0))
        while here.go_on(slow).outcome is not Outcome.READING_BACK:
            here.scene.clock.advance(HOUR_S)
        outcomes.append(here.look(after_h=6.1).outcome)

    assert outcomes == [Outcome.PUT_OFF, Outcome.PUT_OFF, Outcome.DROPPED]
    assert here.ended().drops == 3
    here.scene.clock.advance(5 * HOUR_S)
    while here.look().outcome is not Outcome.COMPARED:
        here.scene.clock.advance(HOUR_S)
    assert here.ended().drops == 0


def test_a_busy_graph_leaves_everything_for_later() -> None:
    """What may pass ends nothing: the next nudge goes on."""
    here = delivered()
    here.scene.sds.fail_next("batch", Answer(503), times=None)
    assert here.look().outcome is Outcome.LATER
    assert here.known.open
    here.scene.sds.heal()

    assert here.look().outcome is Outcome.COMPARED


def test_a_read_back_leaves_a_note_for_ticks() -> None:
    """It writes as everything does: below its connector, after a note."""
    here = delivered()
    here.look()

    assert any(blob.name.startswith(BEGUN) for blob in here.scene.store.blobs(BEGUN))


def test_the_knobs_of_the_stage_are_those_of_the_simulator() -> None:
    """A day is longer than what is waited for after a run."""
    assert timedelta(hours=DAY_H) > AFTER_RUN
    assert EducationKnobs().roles == READER_ROLES
