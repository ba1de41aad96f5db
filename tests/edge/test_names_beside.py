"""`people.json` lies beside each set and each delivery: who stands behind the ids, never sent."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import pytest

from sync.errors import StoreConflict, StoreMissing
from sync.ledger.manifests import AWAY, PEOPLE, Beside, DeliveryManifest
from sync.ledger.offers import Why
from sync.report import Outcome
from sync.roster.model import NamedPerson
from sync.sds.rowkeys import rows_of
from sync.steps import restore
from sync.steps.delivery import Delivery, StoredFolder, list_sets
from tests.edge.group_stage import delivered, lose, read, why
from tests.memory_store import MemoryStore
from tests.worlds import TestWorld, make_group, make_world


def newest(scene: TestWorld) -> Delivery:
    return scene.look().deliveries[-1]


def users(delivery: Delivery) -> list[tuple[str, str]]:
    """Return id and address of everybody in the files, in order."""
    return [row[:2] for row in rows_of("users.csv", delivery.files())]  # type: ignore[misc]


def named(people: Iterable[NamedPerson]) -> list[tuple[str, str]]:
    return [(person.id, person.address) for person in people]


def held(scene: TestWorld) -> dict[str, tuple[bytes, object]]:
    assert isinstance(scene.store, MemoryStore)
    return scene.store.held  # type: ignore[return-value]


def forget(scene: TestWorld, folder: StoredFolder, *names: str) -> None:
    """Take blobs away, as the version before would not have written them."""
    for name in names:
        scene.store.delete(folder.path(name))


def spoil(scene: TestWorld, folder: StoredFolder) -> None:
    """Let somebody change the file of names."""
    name = folder.path(PEOPLE)
    body, at = held(scene)[name]
    held(scene)[name] = (body.replace(b'"forename": "', b'"forename": "X'), at)


def two_nights(changed: Sequence[str] = ("northbank",)) -> TestWorld:
    """Return a world in which *changed* have lost a pupil since the first delivery."""
    scene = delivered()
    for school in changed:
        lose(scene, school)
        read(scene, school)
    return scene


def test_a_set_says_who_each_of_its_users_is() -> None:
    """As iSAMS has them, though the files for SDS have no names."""
    scene = make_world()
    scene.pull()
    sealed = list_sets(scene.store, "seniors")[-1]
    files = sealed.read_files(sealed.manifest().files)
    people = list(sealed.people())

    assert named(people) == [row[:2] for row in rows_of("users.csv", files)]
    pupil = next(each for each in scene.isams.school.pupils if each.year == 9)
    found = next(each for each in people if each.id.endswith(f"P{pupil.school_id}"))
    assert found[1:] == (*(pupil.forename, pupil.surname, found.form, 9, found.address, "student"),)
    assert found.address == str(pupil.email).lower()


def test_a_delivery_says_who_each_of_its_users_is_and_sends_none_of_it() -> None:
    """Of all profiles of all schools; SDS is given the tables alone."""
    scene = delivered()
    delivery = newest(scene)

    assert named(delivery.people()) == users(delivery)
    assert list(delivery.people({users(delivery)[3][0]})) == [list(delivery.people())[3]]
    assert {name.rpartition(".")[2] for name in scene.sds.submissions[-1].files} == {"csv"}


def test_names_are_in_no_digest() -> None:
    """Who marries changes no roster: nothing goes to SDS for that."""
    scene = make_world()
    scene.pull()
    scene.send_until_still()
    married = tuple(replace(each, surname="Other") for each in scene.isams.school.pupils)
    scene.next_night(changed=replace(scene.isams.school, pupils=married))

    assert scene.send_until_still().outcome is Outcome.UNCHANGED


def test_a_carried_school_keeps_its_people() -> None:
    """Its sets are not even looked at: they are taken from what SDS has."""
    scene = two_nights()
    read(scene, "southbank")
    scene.send_until_still()
    delivery = newest(scene)
    schools = delivery.schools()

    assert schools
    assert schools.parts["southbank"].why == Why.SAME
    assert named(delivery.people()) == users(delivery)


def test_what_is_restored_has_the_people_of_then() -> None:
    """The whole delivery, byte by byte."""
    scene = two_nights()
    first = newest(scene)
    scene.send_until_still()
    restore.restore(scene.world, first.id)
    scene.send_until_still()

    assert newest(scene).manifest().restores == first.id
    assert list(newest(scene).people()) == list(first.people())


def test_a_school_that_is_restored_has_its_people_of_then_beside_those_of_now() -> None:
    """Each school's are those whose rows they are."""
    scene = two_nights(["northbank", "southbank"])
    first = newest(scene)
    scene.send_until_still()
    restore.restore(scene.world, first.id, "southbank")
    scene.send_until_still()
    delivery = newest(scene)

    assert delivery.manifest().restores == first.id
    assert named(delivery.people()) == users(delivery)
    assert len(list(delivery.people())) == len(list(first.people())) - 1


def test_what_the_version_before_made_has_no_names_and_stops_nothing() -> None:
    """Its sets and deliveries are merged and carried as ever."""
    scene = delivered()
    for profile in ("seniors", "prep", "south"):
        forget(scene, list_sets(scene.store, profile)[-1], PEOPLE, Beside.file_name)
    forget(scene, newest(scene), PEOPLE, AWAY, Beside.file_name)
    lose(scene, "northbank")
    read(scene, "northbank")
    scene.send_until_still()
    north = [row for row in users(newest(scene)) if row[0].startswith("9990001")]

    assert named(newest(scene).people()) == north
    with pytest.raises(StoreMissing):
        scene.look().deliveries[0].people()


def test_a_set_whose_names_were_changed_does_not_go_in() -> None:
    """It is damaged like one whose rows were changed; the other school goes."""
    scene = two_nights(["northbank", "southbank"])
    spoil(scene, list_sets(scene.store, "south")[-1])
    scene.send_until_still()
    schools = newest(scene).schools()

    assert schools
    assert schools.parts["southbank"].why == Why.FAILED
    assert schools.parts["northbank"].offer
    assert why(scene, "northbank") is Why.SAME


def test_names_that_were_changed_are_not_read() -> None:
    """Nor what they are about, if only the record of them is gone."""
    scene = delivered()
    spoil(scene, newest(scene))
    with pytest.raises(StoreConflict):
        newest(scene).people()

    forget(scene, newest(scene), Beside.file_name)
    with pytest.raises(StoreConflict):
        newest(scene).people()


def test_where_the_names_of_carried_people_are_damaged_the_school_goes_on() -> None:
    """And its people are unnamed: the delivery is made all the same."""
    scene = two_nights()
    spoil(scene, newest(scene))
    scene.send_until_still()
    south = [row for row in users(newest(scene)) if row[0].startswith("9990002")]

    assert south
    assert not set(named(newest(scene).people())) & set(south)


def test_a_delivery_exists_only_once_its_names_are_there() -> None:
    """The manifest is written last, so a crash leaves no delivery without them."""
    scene = make_group()
    read(scene, *scene.isams_of)
    scene.send_until_still()
    folder = newest(scene).path("")
    written = [name.removeprefix(folder) for name in held(scene) if name.startswith(folder)]

    assert written.index(PEOPLE) < written.index(Beside.file_name)
    assert written.index(Beside.file_name) < written.index(DeliveryManifest.file_name)
