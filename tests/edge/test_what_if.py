"""What if a profile's settings were others: as a night would do it, and nothing is stored."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest

from simulators.school import invent, without_pupils
from sync.errors import StoreConflict
from sync.ledger.marks import Hold
from sync.report import Outcome
from sync.roster.finding_codes import FindingCode
from sync.sds.moves import Move
from sync.steps.what_if import Tried, WhatIf, what_if
from tests.memory_store import MemoryStore
from tests.worlds import TestWorld, make_group, make_world

SCHOOL = invent(150, quirks=False)


@pytest.fixture
def scene() -> TestWorld:
    """Return a world in which SDS holds what the settings say."""
    made = make_world(SCHOOL)
    made.pull()
    assert made.accept().outcome is Outcome.ACCEPTED
    return made


def trial(scene: TestWorld, profile: str = "seniors", **changes: str) -> WhatIf:
    return what_if(scene.world, scene.env, profile, changes)


def tried(scene: TestWorld, profile: str = "seniors", **changes: str) -> Tried:
    made = trial(scene, profile, **changes)
    assert made.faults == ()
    assert made.tried
    return made.tried


def held(scene: TestWorld) -> Mapping[str, object]:
    assert isinstance(scene.store, MemoryStore)
    return dict(scene.store.held)


# -- what it says --------------------------------------------------------------------------------


def test_settings_as_they_are_would_change_nothing(scene: TestWorld) -> None:
    """Against what SDS holds: nobody comes, nobody goes, and nothing would wait."""
    made = tried(scene)

    assert all(move.go == move.come == 0 for move in made.moves.counts.values())
    assert (made.moves.go, made.moves.come, made.hold) == ((), (), None)
    assert made.profile_now == made.profile_then
    assert made.against == scene.look().deliveries[-1].id


def test_a_year_less_goes_with_its_pupils_and_classes(scene: TestWorld) -> None:
    """By year, now and then; and the limits say that it would wait, and why."""
    made = tried(scene, YEAR_GROUPS="8-13")
    of_year = next(year for year in made.moves.years if year.grade == "07")
    pupils = made.moves.counts["pupils"]

    assert (of_year.pupils_then, of_year.classes_then) == (0, 0)
    assert pupils == Move(pupils.now, of_year.pupils_now, 0, pupils.now - of_year.pupils_now)
    assert len(made.moves.go) == made.moves.counts["classes"].go > 0
    assert made.moves.come == ()
    (sentence,) = made.sentences()
    assert sentence.startswith("Year 7: ")
    assert sentence.endswith(" places in classes would be lost, all there are; none may.")


def test_it_is_what_the_next_night_does(scene: TestWorld) -> None:
    """The same counts, and the same hold, once the lines are settings."""
    made = trial(scene, YEAR_GROUPS="7-9")
    assert made.tried
    scene.configure(**{line.name: line.value for line in made.lines})
    scene.pull()
    assert scene.send_until_still().outcome is Outcome.HELD
    newest = scene.look().deliveries[-1]

    assert made.tried.hold
    assert newest.read(Hold).excesses == made.tried.hold.excesses
    assert newest.manifest().counts["classes"] == made.tried.moves.counts["classes"].then


def test_titles_that_would_clash_are_told(scene: TestWorld) -> None:
    """With the twins of the profile as findings."""
    made = tried(scene, CLASS_TITLE="{subject}")

    assert made.moves.clashes
    assert {twin.code for twin in made.twins} == {FindingCode.TITLE_USED_TWICE}


def test_rules_that_match_nothing_are_told(scene: TestWorld) -> None:
    """As findings, in the words of settings."""
    made = tried(scene, EXCLUDED_SUBJECTS="NoSuch", YEAR_GROUPS="7-14")

    assert {(each.code, each.record) for each in made.unmatched} == {
        (FindingCode.SUBJECT_UNKNOWN, "EXCLUDED_SUBJECTS"),
        (FindingCode.YEAR_WITHOUT_PUPILS, "YEAR_GROUPS"),
    }


def test_before_a_delivery_it_is_compared_with_the_newest_sets() -> None:
    """And the first delivery would wait, if that is asked for."""
    scene = make_world(SCHOOL, SDS__HOLD_FIRST="true")
    scene.pull()
    scene.clock.advance(1)
    made = tried(scene, YEAR_GROUPS="8-13")

    assert made.against == ""
    assert made.moves.counts["pupils"].go > 0
    assert made.hold
    assert made.hold.first


def test_other_schools_of_the_connector_go_on_and_are_not_counted() -> None:
    """A trial is about the profile's school alone."""
    group = make_group()
    for school in ("northbank", "southbank"):
        group.pull(school)
    group.accept()
    made = tried(group, "south", YEAR_GROUPS="7-8")
    mine = tried(group, "seniors")

    assert made.moves.counts["pupils"].go > 0
    assert all(move.go == move.come == 0 for move in mine.moves.counts.values())


def test_what_waits_for_a_person_is_tried_as_if_nobody_had_to_answer(scene: TestWorld) -> None:
    """What the last reading would change is told, with why it would wait."""
    gone = [pupil.school_id for pupil in SCHOOL.pupils[::2]]
    scene.next_night(without=gone)
    assert scene.send_until_still().outcome is Outcome.HELD
    made = tried(scene)

    assert made.moves.counts["pupils"].go > 0
    assert made.hold
    assert made.hold.excesses


def test_what_another_school_waits_with_is_left_out() -> None:
    """It would neither go along with a trial nor hold it."""
    group = make_group()
    for school in ("northbank", "southbank"):
        group.pull(school)
    group.accept()
    group.clock.advance(86_400)
    south = group.isams_of["southbank"]
    gone = [pupil.school_id for pupil in south.school.pupils[:14]]
    south.school = without_pupils(south.school, gone)
    south.flush()
    assert group.pull("southbank").outcome is Outcome.SEALED

    assert tried(group, "south").hold
    assert tried(group, "seniors").hold is None


# -- what it leaves alone ------------------------------------------------------------------------


def test_nothing_is_stored_told_or_asked(scene: TestWorld) -> None:
    """Not a blob, not a message, not a line; iSAMS and SDS hear nothing."""
    before, steps = held(scene), len(scene.steps)
    asked, sent = len(scene.isams.requests), len(scene.sds.submissions)
    nudges = list(scene.nudges.kept)
    tried(scene, YEAR_GROUPS="9", CLASS_TITLE="{subject}")

    assert held(scene) == before
    assert len(scene.steps) == steps
    assert (len(scene.isams.requests), len(scene.sds.submissions)) == (asked, sent)
    assert scene.nudges.kept == nudges


def test_lines_to_copy_are_what_would_have_to_be_set(scene: TestWorld) -> None:
    """Only what differs, under the names that the app has; all of it can be told as JSON."""
    made = trial(scene, YEAR_GROUPS="7-13", SUFFIX="-27")
    told = json.loads(json.dumps(made.document()))

    assert [tuple(line) for line in made.lines] == [("PROFILES__SENIORS__SUFFIX", "-27")]
    assert told["lines"] == [{"name": "PROFILES__SENIORS__SUFFIX", "value": "-27"}]
    assert told["tried"]["counts"]["classes"]["come"] == 0
    assert told["tried"]["years"][-1]["year"] == "Year 13"
    assert (told["tried"]["waits"], told["tried"]["limits"]) == (False, [])


# -- what cannot be tried ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"YEAR_GROUPS": "13-7"}, "PROFILES__SENIORS__YEAR_GROUPS: got '13-7'"),
        ({"CLASS_TITLE": "{nobody}"}, "PROFILES__SENIORS__CLASS_TITLE"),
        ({"INCLUDED_SUBJECTS": "Ma", "EXCLUDED_SUBJECTS": "Ph"}, "give one of them, not both"),
        ({"INCLUDED_SUBJECTS": "NoSuch"}, "INCLUDED_SUBJECTS"),
        ({"CONNECTOR": "MIS feed"}, "CONNECTOR: cannot be tried"),
        ({"CLASSES": "sets,houses"}, "the last reading of northbank has no Academic Houses"),
        ({"CLASSES": "tutors"}, "has no Current Pupils, with tutors"),
    ],
)
def test_a_fault_is_told_in_the_words_of_settings(
    scene: TestWorld, changes: Mapping[str, str], said: str
) -> None:
    """And nothing is tried with the rest."""
    made = trial(scene, **changes)

    assert made.tried is None
    assert any(said in fault for fault in made.faults)


def test_without_a_reading_there_is_nothing_to_try() -> None:
    """It is said how to get one."""
    made = trial(make_world(SCHOOL))

    assert made.tried is None
    assert "POST /api/sync" in made.faults[0]


def test_a_reading_that_nobody_can_read_is_a_fault_of_storage(scene: TestWorld) -> None:
    """It is no fault of settings."""
    assert isinstance(scene.store, MemoryStore)
    for name in held(scene):
        if name.endswith(".jsonl.gz"):
            scene.store.held[name] = (b"", scene.clock.now())

    with pytest.raises(StoreConflict, match="ask for another pull"):
        trial(scene)


def test_another_profile_that_cannot_be_built_stands_in_the_way_until_it_is_mended() -> None:
    """As it does at night: a school goes whole, or as SDS has it."""
    scene = make_world(SCHOOL, PROFILES__PREP__INCLUDED_SUBJECTS="NoSuch")
    assert scene.pull().outcome is Outcome.PARTLY_SEALED
    stopped = trial(scene, "seniors", SUFFIX="-27")
    mended = tried(scene, "prep", INCLUDED_SUBJECTS="")

    assert stopped.tried is None
    assert "another profile of this school" in stopped.faults[0]
    assert mended.profile_now == {}
    assert mended.profile_then["students"] > 0
    assert mended.moves.counts["pupils"].come > 0
