"""P2, P9 and P15 for words: wherever one dies, and whatever goes on beside it, no Team is of two.

The two Teams are of two profiles, so that sets which have not folded the same would show.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import cache, partial

import pytest

from sync.edge.world import World
from sync.errors import SyncError, WordRefused
from sync.ledger.words import sent_as
from sync.steps import identity, pull, schedule
from sync.steps import send as sending
from sync.steps.connector import newest_sets
from sync.steps.words import words_of
from tests.crash.copies import copied
from tests.crash.processes import Doom, Killed, Platform, Way, doomed
from tests.crash.scheduler import Race
from tests.edge.teams_stage import PREP, Members, delivered, members, teams
from tests.worlds import CONNECTOR, TestWorld

SHARES, RACES = 2, 60
# What is exchanged here by words alone would wait for a person.
EXCHANGED = {
    f"SDS__LIMITS__{name}": "1000"
    for name in ("ROSTERS_EXCHANGED", "CLASSES_TAKEN_OVER", "SMALL_CLASSES_REPLACED")
}


@cache
def yesterday() -> TestWorld:
    return delivered(**EXCHANGED)


@cache
def pair() -> tuple[str, str]:
    """Return a Team of each profile."""
    return teams(yesterday())[0], teams(yesterday(), PREP)[0]


def staged(scene: TestWorld) -> Members:
    """Return who is in each Team that SDS holds."""
    return members(scene)


def swap(process: World) -> None:
    identity.swap(process, *pair())


def ended_as(scene: TestWorld, wanted: Members) -> Callable[[], bool]:
    return lambda: staged(scene) == wanted


def swapped() -> Members:
    """Return what SDS holds once the two Teams are exchanged."""
    first, second = pair()
    before = staged(yesterday())
    return before | {first: before[second], second: before[first]}


def lived(doom: Doom) -> TestWorld:
    """Say the word, again if the first try broke, and let the platform do the rest.

    One chosen call of the word, or of the work after it, ends as *doom* says.
    """
    scene = copied(yesterday(), yesterday().isams.school)
    process = doomed(scene, doom)
    try:
        swap(process)
    except (Killed, SyncError):
        process = scene.process()
        swap(process)
    platform = Platform(scene, process)
    assert platform.go_on(hours=6, until=ended_as(scene, swapped())), "never exchanged"
    platform.go_on(hours=1.5, until=lambda: False)
    return scene


@pytest.mark.parametrize("way", [Way.AFTER, Way.LOST])
def test_a_word_survives_a_fault_at_every_call(way: Way) -> None:
    """Killed or unheard anywhere: it is said once, and SDS has the two Teams exchanged.

    Every call of the word, and those after it that are about words.
    """
    said, good = Doom(), Doom()
    swap(doomed(copied(yesterday(), yesterday().isams.school), said))
    lived(good)
    after = enumerate(good.calls[len(said.calls) :], start=len(said.calls) + 1)
    points = [*range(1, len(said.calls) + 1), *(n for n, call in after if "identity/" in call)]

    for number in points:
        call = f"call {number} ({good.calls[number - 1]}) {way}"
        try:
            scene = lived(Doom(number, way))
        except AssertionError as error:
            raise AssertionError(f"{call}: {error}") from error
        assert len(words_of(scene.store, "northbank")) == 1, call
        check_whole(scene, call)


def test_a_word_that_nobody_says_again_is_folded_in_by_the_next_night() -> None:
    """Its process died before it asked for a reading."""
    good = Doom()
    swap(doomed(copied(yesterday(), yesterday().isams.school), good))
    (written,) = [
        number
        for number, call in enumerate(good.calls, start=1)
        if call.startswith("claim identity/")
    ]
    scene = copied(yesterday(), yesterday().isams.school)
    with suppress(Killed):
        swap(doomed(scene, Doom(written, Way.AFTER)))

    platform = Platform(scene, scene.process())
    assert platform.go_on(hours=30, until=ended_as(scene, swapped()))


def check_whole(scene: TestWorld, name: str) -> None:
    """Assert that the two Teams had the two rosters, each one, in all that SDS was ever given."""
    first, second = pair()
    before = staged(yesterday())
    rosters = {before[first], before[second]}
    sealed = list(scene.sealed_files())
    for number, submission in enumerate(scene.sds.submissions):
        assert submission.files in sealed, f"{name}: a mixed set"
        given = members(scene, number=number)
        assert {given.get(first), given.get(second)} == rosters, f"{name}: submission {number}"


# -- several at once -----------------------------------------------------------------------------


def read(process: World) -> None:
    schedule.ask(process, "northbank", "test")
    pull.pull(process, "northbank")


def send(scene: TestWorld, process: World) -> None:
    for _ in range(4):
        sending.send(process, CONNECTOR)
        scene.clock.advance(6)


@pytest.mark.parametrize("share", range(SHARES))
def test_a_word_in_the_midst_of_readings_and_deliveries_makes_no_team_of_two(share: int) -> None:
    """Every set has folded all words or none, and sets that differ in it never go together."""
    for seed in range(share, RACES, SHARES):
        scene = copied(yesterday(), yesterday().isams.school)
        race = Race(scene, seed)
        race.run([swap, read, read, partial(send, scene), partial(send, scene)])
        check_whole(scene, f"seed {seed}")
        platform = Platform(scene, scene.process())
        assert platform.go_on(hours=30, until=ended_as(scene, swapped())), f"seed {seed}"
        check_whole(scene, f"seed {seed}")


@pytest.mark.parametrize("share", range(SHARES))
def test_of_words_at_once_each_has_a_number_and_all_come_to_the_same(share: int) -> None:
    """Whoever folds them: they are one after another, and the last set has folded them all."""
    for seed in range(share, RACES, SHARES):
        scene = copied(yesterday(), yesterday().isams.school)
        first, second = pair()
        third = teams(yesterday())[1]
        people = [
            saying(identity.swap, first, second),
            saying(identity.swap, third, first),
            saying(identity.new, second),
        ]
        Race(scene, seed).run([*people, read])
        scene.clock.advance(60)
        read(scene.process())
        said = words_of(scene.store, "northbank")
        sets = newest_sets(scene.world, CONNECTOR).values()
        folded = {sealed.manifest().words for sealed in sets if sealed}

        assert 2 <= len(said) <= 3, f"seed {seed}"  # a class that has another id by then is refused
        assert folded == {len(said)}, f"seed {seed}"
        scene.send_until_still()
        before = staged(yesterday())
        wanted = {sent_as(said, class_id): roster for class_id, roster in before.items()}
        assert staged(scene) == wanted, f"seed {seed}"


def saying(say: Callable[..., object], *typed: str) -> Callable[[World], None]:
    def script(process: World) -> None:
        with suppress(WordRefused):
            say(process, *typed)

    return script


def test_of_the_same_word_at_once_one_is_kept() -> None:
    """Two people answer one mail: the second is told the number of the first."""
    for seed in range(RACES):
        scene = copied(yesterday(), yesterday().isams.school)
        Race(scene, seed).run([swap, swap, swap])

        assert len(words_of(scene.store, "northbank")) == 1, f"seed {seed}"
