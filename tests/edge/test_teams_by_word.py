"""Which Team is whose: what a person says of it, from the word to what SDS is given."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from simulators.sds import Connector as SdsConnector
from sync.edge.world import World
from sync.errors import MergeConflict, StoreConflict, StoreMissing, WordRefused
from sync.ledger import callers, words
from sync.ledger.ids import profile_folder
from sync.ledger.offers import Why
from sync.report import Outcome
from sync.roster.identifiers import parts_of, spelt_out
from sync.steps import identity, pull, tick
from sync.steps.identity import WordSaid
from sync.steps.sweep import sweep
from sync.steps.words import words_of
from sync.web import responses
from tests.edge import teams_stage as stage
from tests.edge.group_stage import why
from tests.edge.teams_stage import (
    PREP,
    change,
    delivered,
    exchanged,
    members,
    read_and_approved,
    read_and_sent,
    renumbered,
    team,
    teams,
)
from tests.edge.test_classes import renamed as rename_form
from tests.worlds import OTHER_FEED, TestWorld, make_group, make_world

type Json = Any  # parsed JSON
type Say = Callable[..., WordSaid]


def mixed_up() -> tuple[TestWorld, str, str]:
    """Return a school in which somebody has exchanged two sets, and the two Teams."""
    scene = delivered()
    first, second = teams(scene)[:2]
    assert members(scene)[first] != members(scene)[second]
    change(scene, exchanged(scene.isams.school, first, second))
    scene.pull()
    return scene, first, second


def refusal(say: Say, world: World, *typed: str) -> WordRefused:
    with pytest.raises(WordRefused) as caught:
        say(world, *typed)
    return caught.value


# --- swap -----------------------------------------------------------------------------------


def test_after_a_swap_sds_sees_no_change_of_members() -> None:
    """The sets were exchanged with all that they have: each Team has what it had."""
    scene, first, second = mixed_up()
    sent = len(scene.sds.submissions)
    identity.swap(scene.world, first, second)

    assert read_and_sent(scene) == "unchanged"
    assert len(scene.sds.submissions) == sent


def test_without_a_word_two_exchanged_sets_wait_and_a_yes_gives_their_teams_other_pupils() -> None:
    """What the word is there for: a yes says that it is the pupils who have changed."""
    scene, first, second = mixed_up()
    before = members(scene)
    scene.send_until_still()
    held = members(scene), why(scene, "northbank")
    read_and_approved(scene)

    assert held == (before, Why.LIMITS)
    assert members(scene)[first] == before[second]


def test_if_isams_is_mended_after_a_swap_the_exchange_waits_again() -> None:
    """The word still holds: the next reading shows the exchange, and swap again undoes it."""
    scene, first, second = mixed_up()
    before, sent = members(scene), len(scene.sds.submissions)
    identity.swap(scene.world, first, second)
    read_and_sent(scene)
    change(scene, exchanged(scene.isams.school, first, second))
    mended = read_and_sent(scene), why(scene, "northbank")
    identity.swap(scene.world, first, second)

    assert mended == ("held", Why.LIMITS)
    assert read_and_sent(scene) == "unchanged"
    assert (members(scene), len(scene.sds.submissions)) == (before, sent)


def test_titles_stay_those_of_the_class() -> None:
    """A Team that follows its pupils is called as iSAMS calls their class."""
    scene = delivered()
    first, second = teams(scene)[:2]
    before = stage.titles(scene)
    identity.swap(scene.world, first, second)
    read_and_approved(scene)
    after = stage.titles(scene)

    assert (after[first], after[second]) == (before[second], before[first])


def test_a_word_that_is_said_again_before_any_reading_is_the_same_word() -> None:
    """Its answer may have been lost, and a second exchange would undo the first."""
    scene, first, second = mixed_up()
    said = identity.swap(scene.world, first, second)
    again = identity.swap(scene.world, second, first)

    assert (again.number, again.word) == (said.number, said.word)
    assert again.pull != said.pull
    assert len(words_of(scene.store, "northbank")) == 1


def test_a_word_asks_for_a_reading_of_its_school() -> None:
    """As the request for one does; the set says up to which word it has folded."""
    scene, first, second = mixed_up()
    scene.nudges.kept.clear()
    said = identity.swap(scene.world, first, second)
    nudges = [about for _, about, _ in scene.nudges.kept]
    scene.clock.advance(1)
    step = pull.pull(scene.world, "northbank")

    assert nudges == [{"school": "northbank"}]
    assert (step.outcome, step.pull) == (Outcome.SEALED, said.pull)
    assert {json.loads(body).get("words") for body in manifests(scene)[-2:]} == {1}


def manifests(scene: TestWorld) -> list[bytes]:
    """Return the manifests of all sets, the oldest first."""
    named = [
        blob
        for profile in ("seniors", "prep")
        for blob in scene.store.blobs(profile_folder(profile))
        if blob.name.endswith("manifest.json")
    ]
    return [scene.store.read(blob.name) for blob in sorted(named, key=lambda b: b.created_at)]


def test_a_word_keeps_who_when_which_year_and_what_it_answers() -> None:
    """In storage the user of the system, in the log an id; and no class there."""
    scene = delivered(SDS__LIMITS__PUPILS_LOST="0%,0")
    first, second = teams(scene)[:2]
    gone = scene.isams.school.pupils[-11:]
    scene.next_night(without=[pupil.school_id for pupil in gone], after_h=1)
    scene.send_until_still()
    offer = next(iter(scene.look().offers["northbank"])).id
    user = callers.at_terminal("jo.example")
    said = identity.swap(replace(scene.world, caller=user), first, second)
    (kept,) = words_of(scene.store, "northbank")
    (line,) = [step.line() for step in scene.steps if step.name == "identity"]

    assert kept == said.word
    assert (kept.caller, kept.academic_year, kept.offer) == (user, 2026, offer)
    assert json.loads(line)["fact_caller"] == "terminal"
    assert "jo.example" not in line
    assert first not in line


# --- new, move ------------------------------------------------------------------------------


def test_a_class_that_gets_a_new_team_leaves_its_old_one() -> None:
    """Its pupils are in a Team that nobody had; what was in the old one is seen by no other."""
    scene = delivered()
    first = teams(scene)[0]
    before = members(scene)
    said = identity.new(scene.world, first)
    read_and_sent(scene)
    after = members(scene)

    assert said.word.classes == (first, f"{first}.g2")
    assert said.ends == (first,)
    assert after.keys() - before.keys() == {f"{first}.g2"}
    assert before.keys() - after.keys() == {first}
    assert after[f"{first}.g2"] == before[first]


def test_a_class_gets_a_third_team_after_its_second_and_never_one_that_was() -> None:
    """Also after it was moved back to the first: the second was another's once."""
    scene = delivered()
    first = teams(scene)[0]
    identity.new(scene.world, first)
    read_and_sent(scene)
    back = identity.move(scene.world, first, f"{first}.g2")
    read_and_sent(scene)
    third = identity.new(scene.world, first)
    read_and_sent(scene)

    assert back.ends == (f"{first}.g2",)
    assert third.word.classes == (first, f"{first}.g3")
    assert f"{first}.g3" in members(scene)


def made_anew() -> tuple[TestWorld, str, str]:
    """Return a school in which a set was made anew under another id; the old Team, the new id."""
    scene = delivered()
    old = teams(scene)[0]
    change(scene, renumbered(scene.isams.school, old, 77001))
    scene.pull()
    return scene, old, team(77001)


def test_the_team_of_a_renamed_class_goes_on() -> None:
    """Whatever iSAMS calls it now: SDS sees no change at all."""
    scene, old, now = made_anew()
    said = identity.move(scene.world, old, now)

    assert said.ends == ()
    assert read_and_sent(scene) == "unchanged"


def test_a_team_that_was_begun_already_ends_and_that_is_said() -> None:
    """The old one comes back with the same pupils, though it had ended."""
    scene, old, now = made_anew()
    before = members(scene)
    scene.send_until_still()
    said = identity.move(scene.world, old, now)
    again = identity.move(scene.world, old, now)
    read_and_sent(scene)

    assert said.ends == again.ends == (now,)
    assert members(scene) == before


def test_a_moved_team_can_be_moved_back_though_the_other_was_never_sent() -> None:
    """A word knows the ids of those before it."""
    scene, old, now = made_anew()
    said = identity.move(scene.world, old, now)
    read_and_sent(scene)
    back = identity.move(scene.world, now, old)
    read_and_sent(scene)

    assert said.word.undo == f"move {now} {old}"
    assert back.ends == (old,)
    assert now in members(scene)
    assert old not in members(scene)


def test_a_class_that_comes_back_after_its_team_has_moved_gets_another() -> None:
    """Nobody is put into the Team that goes on with others."""
    scene, old, now = made_anew()
    before = members(scene)
    identity.move(scene.world, old, now)
    read_and_sent(scene)
    school, number = scene.isams.school, int(old.rpartition("-")[2])
    again = next(each for each in school.sets if each.id == 77001)
    other = next(each for each in school.memberships if each.set_id != 77001)
    member = other._replace(id=9_000_000, set_id=number)
    sets = (*school.sets, replace(again, id=number))
    change(scene, replace(school, sets=sets, memberships=(*school.memberships, member)))
    read_and_sent(scene)

    assert members(scene)[old] == before[old]
    assert len(members(scene)[now]) == 1


# --- what may not be said -------------------------------------------------------------------


def test_a_class_that_there_is_not_is_refused_with_near_ones() -> None:
    """By its id or by its title, and nothing that was typed is told again."""
    scene = delivered()
    first, second = teams(scene)[:2]
    title = stage.titles(scene)[second]
    by_id = refusal(identity.swap, scene.world, f"{first}9", second)
    by_title = refusal(identity.swap, scene.world, first, title)

    assert first in str(by_id.facts["near"])
    assert second in str(by_title.facts["near"]).split()
    assert title not in str(by_title)
    assert words_of(scene.store, "northbank") == ()


def test_a_team_that_still_has_a_class_is_not_moved() -> None:
    """To give it to another class as well would be one Team of two."""
    scene = delivered()
    first, second = teams(scene)[:2]

    assert f"`identity swap {first} {second}`" in str(
        refusal(identity.move, scene.world, first, second)
    )


@pytest.mark.parametrize("old", ["9990001-2026-99999", "9990001-2025-301", "nobody", ""])
def test_a_team_that_nobody_knows_is_not_moved(old: str) -> None:
    """A slip of the pen would begin a Team, or wake that of others."""
    scene = delivered()
    refused = refusal(identity.move, scene.world, old, teams(scene)[0])

    assert "no Team of the first id was sent" in str(refused)


def test_teams_pass_only_between_classes_that_are_alike() -> None:
    """By the id it is told of what kind a class is, and whether its title names somebody."""
    scene = delivered(PROFILES__SENIORS__CLASSES="sets,forms,tutors")
    of_kind = {
        kind: next(each for each in sorted(members(scene)) if f"-{kind}-" in each)
        for kind in ("form", "tutor")
    }
    for first, second in (
        (teams(scene)[0], of_kind["form"]),
        (of_kind["form"], of_kind["tutor"]),
        (teams(scene)[0], teams(scene)[0]),
    ):
        assert "nothing was changed" in str(refusal(identity.swap, scene.world, first, second))

    assert words_of(scene.store, "northbank") == ()


def test_a_class_of_another_school_is_refused() -> None:
    """Whether the school is said or not: a Team does not pass between schools."""
    scene = make_group()
    for school in ("northbank", "southbank"):
        scene.pull(school)
    scene.send_until_still()
    north, south = (
        next(each for each in sorted(members(scene)) if each.startswith(org))
        for org in ("9990001", "9990002")
    )
    for typed in ((north, south), (south, north), (north, south, "northbank")):
        refusal(identity.swap, scene.world, *typed)
    refusal(identity.new, scene.world, south, "northbank")

    assert identity.new(scene.world, south).school == "southbank"
    assert [blob.name for blob in scene.store.blobs(words.WORDS)] == [
        "identity/southbank/000001.json"
    ]


def test_a_class_of_a_school_that_settings_know_no_more_is_refused() -> None:
    """Its words stay, and nobody reads them."""
    scene = make_group()
    scene.pull("southbank")
    scene.pull("northbank")
    scene.send_until_still()
    south = next(each for each in sorted(members(scene)) if each.startswith("9990002"))
    identity.new(scene.world, south)
    scene.configure(
        **{name: "" for name in scene.env if "__SOUTHBANK__" in name or "__SOUTH__" in name}
    )

    assert "no class of the id" in str(refusal(identity.new, scene.world, south))
    assert tick.tick(scene.world).error is None


def test_a_team_does_not_pass_between_two_connectors() -> None:
    """Each is a truth of its own to SDS."""
    scene = make_world(
        connectors=(SdsConnector(), OTHER_FEED), PROFILES__PREP__CONNECTOR=OTHER_FEED.name
    )
    scene.pull()
    ids = [a_class_of(scene, profile) for profile in ("seniors", "prep")]

    assert "two connectors" in str(refusal(identity.swap, scene.world, *ids))


def a_class_of(scene: TestWorld, profile: str) -> str:
    """Return the id of the first class of a profile's newest set."""
    names = [blob.name for blob in scene.store.blobs(profile_folder(profile))]
    body = scene.store.read(next(each for each in names if each.endswith("classes.csv")))
    return body.split(b"\r\n")[1].split(b",")[0].decode()


def test_a_class_that_two_schools_have_wants_the_school() -> None:
    """Legacy ids name none."""
    group = make_group(
        PROFILES__SENIORS__ID_STYLE="legacy",
        PROFILES__PREP__ID_STYLE="legacy",
        PROFILES__SOUTH__ID_STYLE="legacy",
    )
    group.pull("northbank")
    group.pull("southbank")
    both = sorted({str(each.id) for each in group.isams_of["southbank"].school.sets})
    shared = next(each for each in both if each in {str(s.id) for s in group.isams.school.sets})

    assert "northbank or southbank" in str(refusal(identity.new, group.world, shared))
    assert identity.new(group.world, shared, "southbank").word.classes[1] == f"{shared}.g2"


def test_a_team_of_another_school_is_not_moved() -> None:
    """Whatever SDS holds beside: it would come back with these pupils."""
    group = make_group()
    group.pull("northbank")
    group.pull("southbank")
    group.send_until_still()
    typed = a_class_of(group, "south"), a_class_of(group, "seniors"), "northbank"

    refused = refusal(identity.move, group.world, *typed)
    assert "no Team of the first id was sent" in str(refused)


def test_a_class_that_is_written_otherwise_is_known_by_the_id_that_sds_has() -> None:
    """A person sees that one, in what is held and in the delivery."""
    scene = delivered(PROFILES__SENIORS__CLASSES="sets,forms")
    held = next(each for each in sorted(members(scene)) if "-form-" in each)
    made = parts_of(held)
    assert made
    form = str(spelt_out(made.own))
    rename_form(scene, form, f"{form[0]} {form[1:]}")
    read_and_sent(scene)
    kept = held in members(scene)
    said = identity.new(scene.world, held)
    read_and_approved(scene)

    assert kept
    assert said.ends == (held,)
    assert said.word.classes[1] in members(scene)
    assert held not in members(scene)


def test_words_of_a_school_that_is_gone_are_deleted_after_a_year_and_others_stay() -> None:
    """By the tick's sweep."""
    scene = make_group()
    for school in ("southbank", "northbank"):
        scene.pull(school)
    for profile in ("south", "prep"):
        identity.new(scene.world, a_class_of(scene, profile))
    scene.configure(
        **{name: "" for name in scene.env if "__SOUTHBANK__" in name or "__SOUTH__" in name}
    )
    scene.clock.advance(366 * 24 * 3600)
    sweep(scene.world, scene.store.now())

    assert scene.store.folders(words.WORDS) == ["northbank"]


# --- sets that do not go together -----------------------------------------------------------


def test_sets_of_which_one_has_not_heard_the_word_do_not_go_together() -> None:
    """A profile that cannot be built keeps its school as it is, until it is mended."""
    scene = delivered()
    first, second = teams(scene)[0], teams(scene, PREP)[0]
    before = members(scene)
    identity.swap(scene.world, first, second)
    scene.configure(PROFILES__PREP__INCLUDED_SUBJECTS="no such subject")
    outcome = read_and_sent(scene)
    sent, state = len(scene.sds.submissions), why(scene, "northbank")
    scene.configure(PROFILES__PREP__INCLUDED_SUBJECTS="")
    read_and_approved(scene)

    assert (sent, state) == (1, Why.FAILED)
    assert outcome != "done"
    assert (members(scene)[first], members(scene)[second]) == (before[second], before[first])


def test_the_reason_why_sets_do_not_go_together_is_told() -> None:
    """As an error of the school, which names the command that mends it."""
    scene = delivered()
    identity.new(scene.world, teams(scene)[0])
    scene.configure(PROFILES__PREP__INCLUDED_SUBJECTS="no such subject")
    read_and_sent(scene)
    errors = [step.error for step in scene.steps if isinstance(step.error, MergeConflict)]

    assert errors
    assert "isams-sync run --school northbank" in str(errors[0])


# --- words that are lost or damaged ---------------------------------------------------------


@pytest.mark.parametrize("body", [None, b"{}", b"\xff"])
def test_a_school_whose_words_cannot_be_read_is_not_read_either(body: bytes | None) -> None:
    """Folded without one, two Teams would get each other's pupils: nothing is sealed."""
    scene = delivered()
    first, second = teams(scene)[:2]
    identity.swap(scene.world, first, second)
    read_and_sent(scene)
    identity.new(scene.world, first)
    scene.store.delete(words.name_of("northbank", 1))
    if body is not None:
        scene.store.create(words.name_of("northbank", 1), body)
    step = scene.pull()

    assert step.outcome is Outcome.FAILED
    assert isinstance(step.error, StoreMissing if body is None else StoreConflict)


# --- over HTTP ------------------------------------------------------------------------------


def asked(scene: TestWorld, say: Say, wanted: tuple[str, ...], **params: str) -> tuple[int, Json]:
    response = responses.responded(
        lambda: responses.to_identity(scene.world, say, wanted, params), scene.steps.append
    )
    return response.status, json.loads(response.body)


def test_a_word_over_http_tells_what_was_said_and_what_undoes_it() -> None:
    """202: it is written, and the school will be read."""
    scene, first, second = mixed_up()
    both = ("first", "second")
    status, told = asked(scene, identity.swap, both, first=first, second=second)

    assert status == 202
    assert told == {
        "school": "northbank",
        "number": 1,
        "word": "swap",
        "classes": [first, second],
        "ends": [],
        "undo": f"swap {first} {second}",
        "asked": {"northbank": told["asked"]["northbank"]},
        "status": "/api/status",
    }


def test_a_word_over_http_that_may_not_be_said_changes_nothing() -> None:
    """400 without a class, 404 with no such school, 409 with no such class."""
    scene = delivered()
    first, both = teams(scene)[0], ("first", "second")
    answers = [
        asked(scene, identity.swap, both, first=first),
        asked(scene, identity.new, ("class",), **{"class": ""}),
        asked(scene, identity.new, ("class",), **{"class": first, "school": "nowhere"}),
        asked(scene, identity.new, ("class",), **{"class": "nobody"}),
    ]

    assert [status for status, _ in answers] == [400, 400, 404, 409]
    assert answers[2][1]["schools"] == ["northbank"]
    assert words_of(scene.store, "northbank") == ()
