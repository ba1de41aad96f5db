"""P16: whatever is wrong with one school, or with what SDS has of it, others go on and it is kept.

See docs/decisions/0023-a-delivery-school-by-school.md.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from sync.ledger.manifests import SetManifest, facts
from sync.ledger.marks import Hold
from sync.ledger.offers import Schools, Why
from sync.ledger.states import State
from sync.report import Outcome
from sync.steps import approval
from sync.steps.delivery import SealedSet, newest_set
from tests.edge.group_stage import (
    DAY_S,
    comes_to_rest,
    delivered,
    lose,
    night,
    offer_of,
    pupils,
    read,
    sent,
    why,
)
from tests.worlds import OTHER_FEED, THREE_SCHOOLS, TestWorld, make_group

NO_SOUTHBANK = {
    "SCHOOLS__SOUTHBANK__NAME": "",
    "SCHOOLS__SOUTHBANK__ID": "",
    "SCHOOLS__SOUTHBANK__ISAMS_HOST": "",
    "SCHOOLS__SOUTHBANK__ISAMS_KEY": "",
    "PROFILES__SOUTH__SCHOOL": "",
}
CLASHING = {
    **THREE_SCHOOLS,
    **{f"PROFILES__{key}__ID_STYLE": "legacy" for key in ("SENIORS", "PREP", "SOUTH")},
}


# -- schools that come and go --------------------------------------------------------------------


def with_a_newcomer(hold_first: str) -> TestWorld:
    """Return a world of two schools that SDS has, in the night when a third is first read."""
    scene = make_group(base=THREE_SCHOOLS)
    read(scene, "northbank", "southbank")
    scene.send_until_still()
    scene.clock.advance(DAY_S)
    scene.configure(SDS__HOLD_FIRST=hold_first)
    lose(scene, "northbank")
    read(scene, "northbank", "eastbank")
    scene.send_until_still()
    return scene


def test_a_new_school_waits_for_a_person_and_nobody_for_it() -> None:
    """With SDS__HOLD_FIRST it goes once somebody has said yes, and the others go before."""
    scene = with_a_newcomer("true")
    assert why(scene, "eastbank") is Why.FIRST
    assert pupils(sent(scene, 0)["northbank"]) - pupils(sent(scene)["northbank"]) == 1
    assert not pupils(sent(scene)["eastbank"])
    comes_to_rest(scene)

    approval.approve(scene.world, offer_of(scene, "eastbank").name.id)
    assert scene.send_until_still().outcome is Outcome.DONE
    assert pupils(sent(scene)["eastbank"])
    comes_to_rest(scene)


def test_a_new_school_goes_at_once_where_settings_say_so() -> None:
    """Without SDS__HOLD_FIRST it is sent with whatever is new of the others."""
    scene = with_a_newcomer("false")

    assert pupils(sent(scene)["eastbank"])
    assert len(scene.sds.submissions) == 2
    comes_to_rest(scene)


def test_a_school_that_leaves_the_settings_is_kept_until_a_person_lets_it_go() -> None:
    """Taken out of the settings, by mistake perhaps: its classes stay until somebody says yes."""
    scene = delivered()
    before = sent(scene)
    scene.configure(**NO_SOUTHBANK)
    lose(scene, "northbank")
    read(scene, "northbank")
    scene.send_until_still()

    assert sent(scene)["southbank"] == before["southbank"]
    assert why(scene, "southbank") is Why.LEFT
    comes_to_rest(scene)
    approval.approve(scene.world, offer_of(scene, "southbank").name.id)
    assert scene.send_until_still().outcome is Outcome.DONE
    assert not any(sent(scene)["southbank"].values())
    assert sent(scene)["northbank"] == sent(scene, -2)["northbank"]
    comes_to_rest(scene)


def test_a_school_that_leaves_and_is_wanted_back_is_kept() -> None:
    """A no says so, and its settings bring it back as if nothing had been."""
    scene = delivered()
    settings = {name: scene.env[name] for name in NO_SOUTHBANK}
    scene.configure(**NO_SOUTHBANK)
    lose(scene, "northbank")
    read(scene, "northbank")
    scene.send_until_still()
    approval.reject(scene.world, offer_of(scene, "southbank").name.id)
    scene.send_until_still()
    comes_to_rest(scene)

    scene.configure(**settings)
    lose(scene, "southbank")
    read(scene, "southbank")
    assert scene.send_until_still().outcome is Outcome.DONE
    assert pupils(sent(scene, 0)["southbank"]) - pupils(sent(scene)["southbank"]) == 1


def goes_first(scene: TestWorld) -> None:
    """Let the first delivery of the other connector go: SDS knows our schools, so it waits."""
    step = scene.send_until_still(OTHER_FEED.name)
    assert step.outcome is Outcome.HELD
    approval.approve(scene.world, step.delivery)
    assert scene.send_until_still(OTHER_FEED.name).outcome is Outcome.DONE


def test_a_school_that_goes_to_another_connector_waits_there_until_it_has_left_the_first() -> None:
    """Two connectors never have one school at once, whose classes each would make its own."""
    scene = delivered()
    scene.configure(PROFILES__SOUTH__CONNECTOR=OTHER_FEED.name)
    lose(scene, "northbank")
    read(scene, "northbank", "southbank")
    scene.send_until_still()
    assert scene.send_until_still(OTHER_FEED.name).outcome is Outcome.HELD
    assert why(scene, "southbank", OTHER_FEED.name) is Why.ELSEWHERE
    comes_to_rest(scene, OTHER_FEED.name)
    comes_to_rest(scene)

    approval.approve(scene.world, offer_of(scene, "southbank").name.id)
    scene.send_until_still()
    goes_first(scene)

    assert pupils(sent(scene)["southbank"])
    assert not pupils(sent(scene, -2)["southbank"])
    comes_to_rest(scene, OTHER_FEED.name)
    comes_to_rest(scene)


def test_a_profile_that_goes_to_another_connector_waits_there_too() -> None:
    """What the first still has of it is a part of a school: its loss is a limit there."""
    scene = delivered()
    scene.configure(PROFILES__PREP__CONNECTOR=OTHER_FEED.name)
    read(scene, "northbank", "southbank")
    scene.send_until_still()
    scene.send_until_still(OTHER_FEED.name)
    assert why(scene, "northbank") is Why.LIMITS
    assert why(scene, "northbank", OTHER_FEED.name) is Why.ELSEWHERE
    comes_to_rest(scene, OTHER_FEED.name)

    approval.approve(scene.world, offer_of(scene, "northbank").name.id)
    scene.send_until_still()
    goes_first(scene)

    assert len(scene.sds.submissions) == 3
    comes_to_rest(scene, OTHER_FEED.name)
    comes_to_rest(scene)


# -- what cannot be merged -----------------------------------------------------------------------


def clashing() -> TestWorld:
    """Return three schools, two of which use the same class ids, after their first night."""
    scene = make_group(base=CLASHING)
    read(scene, *scene.isams_of)
    scene.send_until_still()
    return scene


def test_only_schools_that_use_one_class_id_are_kept_out() -> None:
    """Both are told, each with the other; the third is delivered."""
    scene = clashing()

    assert [why(scene, key) for key in ("northbank", "southbank")] == [Why.CONFLICT] * 2
    assert pupils(sent(scene)["eastbank"])
    told = [step for step in scene.steps if step.error and step.outcome is Outcome.HELD]
    assert {step.about for step in told} == {"northbank", "southbank"}
    assert all("ID_STYLE=year" in str(step.error) for step in told)
    assert len(scene.sds.submissions) == 1
    comes_to_rest(scene)


def test_a_clash_is_over_when_settings_are_mended_and_the_school_is_read_again() -> None:
    """Then both go in, and nobody has to say yes to anything."""
    scene = clashing()
    scene.clock.advance(3600)
    scene.configure(PROFILES__SOUTH__ID_STYLE="year")
    read(scene, "southbank")

    assert scene.send_until_still().outcome is Outcome.DONE
    assert pupils(sent(scene)["southbank"])
    assert [why(scene, key) for key in scene.isams_of] == [Why.SAME] * 3
    comes_to_rest(scene)


def changing_places() -> TestWorld:
    """Return two schools that swap their rules for ids: what is new of each clashes with the old.

    So both are new to SDS, whose every class would be another.
    """
    scene = make_group(PROFILES__SOUTH__ID_STYLE="legacy")
    delivered(scene)
    scene.configure(
        PROFILES__SENIORS__ID_STYLE="legacy",
        PROFILES__PREP__ID_STYLE="legacy",
        PROFILES__SOUTH__ID_STYLE="year",
    )
    read(scene, "northbank")
    assert scene.send_until_still().outcome is Outcome.UNCHANGED
    assert why(scene, "northbank") is Why.CONFLICT
    comes_to_rest(scene)
    read(scene, "southbank")
    assert scene.send_until_still().outcome is Outcome.HELD
    assert [why(scene, key) for key in scene.isams_of] == [Why.LIMITS] * 2
    return scene


def test_what_clashed_can_be_answered_when_the_clash_is_over() -> None:
    """It has met a limit since, and is the same offer: one yes to the delivery lets both go."""
    scene = changing_places()
    delivery = scene.look().deliveries[-1]

    approval.approve(scene.world, delivery.id)
    assert scene.send_until_still().outcome is Outcome.DONE
    assert [why(scene, key) for key in scene.isams_of] == [Why.SAME] * 2
    comes_to_rest(scene)


def test_a_yes_that_comes_to_nothing_does_not_hide_the_next() -> None:
    """Alone the first would clash with what SDS has of the other; with the other both go."""
    scene = changing_places()
    approval.approve(scene.world, offer_of(scene, "northbank").name.id)
    assert scene.send_until_still().outcome is Outcome.UNCHANGED
    assert why(scene, "northbank") is Why.CONFLICT
    comes_to_rest(scene)

    approval.approve(scene.world, offer_of(scene, "southbank").name.id)
    both = scene.send_until_still()
    assert both.outcome is Outcome.HELD  # for all people's ids, which is a question of its own
    approval.approve(scene.world, both.delivery)
    assert scene.send_until_still().outcome is Outcome.DONE
    assert [why(scene, key) for key in scene.isams_of] == [Why.SAME] * 2
    comes_to_rest(scene)


def _newest(scene: TestWorld) -> SealedSet:
    sealed = newest_set(scene.store, "south")
    assert sealed
    return sealed


def _rewritten(scene: TestWorld, name: str, body: bytes) -> None:
    scene.store.delete(name)
    scene.store.create(name, body)


def _damage(scene: TestWorld) -> None:
    _rewritten(scene, _newest(scene).path("users.csv"), b"what nobody sealed")


def _lose_file(scene: TestWorld) -> None:
    scene.store.delete(_newest(scene).path("users.csv"))


def _damage_manifest(scene: TestWorld) -> None:
    _rewritten(scene, _newest(scene).path(SetManifest.file_name), b"{}")


def _break_rule(scene: TestWorld) -> None:
    """Seal a user without an address, as a version with a fault might."""
    sealed = _newest(scene)
    manifest = sealed.manifest()
    files = sealed.read_files(manifest.files)
    first, *_ = (line for line in files["users.csv"].split(b"\r\n") if b"@" in line)
    user, address, *_ = first.split(b",")
    files["users.csv"] = files["users.csv"].replace(b"%s,%s" % (user, address), user + b",")
    _rewritten(scene, sealed.path("users.csv"), files["users.csv"])
    changed = manifest.model_copy(update={"files": facts(files)})
    _rewritten(scene, sealed.path(SetManifest.file_name), changed.to_json())


@pytest.mark.parametrize("trouble", [_damage, _lose_file, _damage_manifest, _break_rule])
def test_a_set_that_cannot_be_used_keeps_out_its_school_alone(
    trouble: Callable[[TestWorld], None],
) -> None:
    """It is told as that school's failure, SDS keeps what it has of it, and the others go on."""
    scene = delivered()
    before = sent(scene)
    lose(scene, "northbank")
    lose(scene, "southbank")
    read(scene, "northbank", "southbank")
    trouble(scene)

    assert scene.send_until_still().outcome is Outcome.DONE
    assert sent(scene)["southbank"] == before["southbank"]
    assert pupils(before["northbank"]) - pupils(sent(scene)["northbank"]) == 1
    assert why(scene, "southbank") is Why.FAILED
    told = [step for step in scene.steps if step.outcome is Outcome.FAILED]
    assert [step.about for step in told] == ["southbank"]
    assert len(scene.sds.submissions) == 2
    comes_to_rest(scene)
    read(scene, "southbank")
    assert scene.send_until_still().outcome is Outcome.DONE
    assert pupils(before["southbank"]) - pupils(sent(scene)["southbank"]) == 1


def test_a_profile_that_fails_goes_in_as_sds_has_it_and_the_schools_others_anew() -> None:
    """However old: its set is that which SDS has, and the id of it stands in the manifest."""
    scene = delivered()
    held = newest_set(scene.store, "prep")
    scene.clock.advance(2 * DAY_S)
    scene.configure(PROFILES__PREP__INCLUDED_SUBJECTS="no-such-subject")
    lose(scene, "northbank")
    read(scene, "northbank", "southbank")

    assert scene.send_until_still().outcome is Outcome.DONE
    assert pupils(sent(scene, 0)["northbank"]) - pupils(sent(scene)["northbank"]) == 1
    assert held
    assert scene.look().deliveries[-1].manifest().sources["prep"] == held.id
    comes_to_rest(scene)


# -- what SDS has --------------------------------------------------------------------------------


def test_a_profile_of_which_nothing_is_known_any_more_keeps_its_school_as_it_is() -> None:
    """To send the school's others without it would empty its classes."""
    scene = delivered()
    held = newest_set(scene.store, "prep")
    assert held
    scene.clock.advance(2 * DAY_S)
    scene.configure(PROFILES__PREP__INCLUDED_SUBJECTS="no-such-subject")
    lose(scene, "northbank")
    read(scene, "northbank", "southbank")
    scene.store.delete(held.path(SetManifest.file_name))

    scene.send_until_still()
    assert sent(scene)["northbank"] == sent(scene, 0)["northbank"]
    assert why(scene, "northbank") is Why.UNREAD
    comes_to_rest(scene)


@pytest.mark.parametrize("mark", ["held.json", "approved.json"])
def test_an_offers_mark_that_nobody_can_read_stops_no_other_school(mark: str) -> None:
    """It waits on, or again, and what the others have goes."""
    scene = delivered()
    night(scene)
    offer = offer_of(scene, "southbank").name.id
    if mark == "approved.json":
        approval.approve(scene.world, offer)
    _rewritten(scene, f"{scene.look().prefix}offers/southbank/{offer}/{mark}", b"{}")
    lose(scene, "northbank")
    read(scene, "northbank")

    assert scene.send_until_still().outcome is Outcome.DONE
    assert why(scene, "southbank") is Why.LIMITS
    assert pupils(sent(scene, 0)["northbank"]) - pupils(sent(scene)["northbank"]) == 2
    assert pupils(sent(scene, 0)["southbank"]) == pupils(sent(scene)["southbank"])
    comes_to_rest(scene)


def _lose_base(scene: TestWorld) -> None:
    scene.store.delete(scene.look().deliveries[-1].path("users.csv"))


def test_where_nobody_can_read_what_sds_has_nothing_is_carried() -> None:
    """All that schools have now is held as a whole, once, and one yes lets it go."""
    scene = delivered()
    _lose_base(scene)
    night(scene)

    (delivery, state) = scene.look().states[-1]
    assert state is State.HELD
    assert [each.what for each in delivery.read(Hold).excesses] == ["unknown"]
    assert len(scene.look().deliveries) == 2
    comes_to_rest(scene)
    approval.approve(scene.world, delivery.id)
    assert scene.send_until_still().outcome is Outcome.DONE
    comes_to_rest(scene)


def test_a_school_away_keeps_all_back_where_nobody_can_read_what_sds_has() -> None:
    """To go without it would empty it: nothing is made until it is read again."""
    scene = delivered()
    _lose_base(scene)
    scene.clock.advance(2 * DAY_S)
    read(scene, "northbank")
    scene.send_until_still()

    assert len(scene.look().deliveries) == 1
    comes_to_rest(scene)


def swap_addresses(scene: TestWorld, school: str, people: int) -> None:
    """Give some pupils of *school* each the address of the next."""
    app = scene.isams_of[school]
    known = [pupil for pupil in app.school.pupils if pupil.year >= 3][:people]
    addresses = [pupil.email for pupil in known]
    keys = [pupil.school_id for pupil in known]
    swapped = dict(zip(keys, [*addresses[1:], addresses[0]], strict=True))
    changed = (
        replace(pupil, email=swapped.get(pupil.school_id, pupil.email))
        for pupil in app.school.pupils
    )
    app.school = replace(app.school, pupils=tuple(changed))
    app.flush()


def test_people_who_would_get_another_id_hold_the_whole() -> None:
    """Six in each of two schools: SDS would take them for others. One yes lets all go."""
    scene = delivered(make_group(SDS__LIMITS__ADDRESSES_PASSED="6"))
    for school in ("northbank", "southbank"):
        swap_addresses(scene, school, 6)
        read(scene, school)

    assert scene.send_until_still().outcome is Outcome.HELD
    (delivery, _) = scene.look().states[-1]
    assert [each.what for each in delivery.read(Hold).excesses] == ["moved"]
    assert [step.again_in_s for step in scene.steps if step.name == "plan"] == [0, None]
    comes_to_rest(scene)
    assert len(scene.sds.submissions) == 1
    approval.approve(scene.world, delivery.id)
    assert scene.send_until_still().outcome is Outcome.DONE
    comes_to_rest(scene)


def test_a_school_whose_people_get_other_ids_stops_no_other() -> None:
    """It meets a limit of its own as well, so it waits alone; and goes when both are approved."""
    scene = delivered()
    swap_addresses(scene, "southbank", 12)
    lose(scene, "northbank")
    read(scene, "northbank", "southbank")

    assert scene.send_until_still().outcome is Outcome.DONE
    assert pupils(sent(scene, 0)["northbank"]) - pupils(sent(scene)["northbank"]) == 1
    assert why(scene, "southbank") is Why.LIMITS
    comes_to_rest(scene)
    approval.approve(scene.world, offer_of(scene, "southbank").name.id)
    whole = scene.send_until_still()
    assert whole.outcome is Outcome.HELD
    comes_to_rest(scene)
    approval.approve(scene.world, whole.delivery)
    assert scene.send_until_still().outcome is Outcome.DONE
    comes_to_rest(scene)


def test_what_the_version_before_sent_is_carried_by_its_files() -> None:
    """Its delivery does not say what it has of whom: that is read from the rows."""
    scene = delivered()
    scene.store.delete(scene.look().deliveries[-1].path(Schools.file_name))
    before = sent(scene)
    night(scene)

    assert sent(scene)["southbank"] == before["southbank"]
    assert pupils(before["northbank"]) - pupils(sent(scene)["northbank"]) == 1
    assert why(scene, "southbank") is Why.LIMITS
    assert len(scene.sds.submissions) == 2
    comes_to_rest(scene)
