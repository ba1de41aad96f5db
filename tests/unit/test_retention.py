"""What may go, by its age and by what still needs it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Set
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.ledger import holdings, ids, manifests, retention, states
from sync.ledger.folders import Folder
from sync.ledger.ids import stamp
from sync.ledger.manifests import MANIFEST
from sync.ledger.retention import Sweep
from tests.mark_names import (
    ACCEPTED,
    APPROVED,
    ASKED,
    FAILED,
    HELD,
    PLAN,
    RECEIPT,
    REJECTED,
    RUN_ASKED,
    SEALED,
    SUBMITTED,
    SWEPT,
    UNCHANGED,
)
from tests.unit.listings import DAY, NOW, SECOND, Seen

FILES = ("classes.csv", "users.csv")
SETS, FEED = "profiles/prep/", "connectors/feed/"
SENT = (MANIFEST, PLAN, SUBMITTED, ACCEPTED, RUN_ASKED, RECEIPT)


def folder_id(age: timedelta) -> str:
    """Return the id of what was made *age* ago."""
    return f"{stamp(NOW - age)}-0000000a"


def made(prefix: str, age: timedelta, *names: str) -> list[Seen]:
    """Return a folder of *names*, made *age* ago."""
    return [Seen(f"{prefix}{folder_id(age)}/{name}", NOW - age) for name in names]


def going(sweeps: Iterable[Sweep]) -> list[str]:
    """Return what goes: for each blob its age in days, and its last name."""
    return [
        f"{(NOW - ids.pulled_at(name.split('/')[-2])).days} {name.rpartition('/')[2]}"
        for sweep in sweeps
        for name in sweep.names
    ]


def sets(*blobs: Seen, known: bool = True, needed: Set[str] = frozenset()) -> list[Sweep]:
    return list(retention.of_sets(SETS, blobs, NOW, known=known, needed=needed))


def deliveries(
    *blobs: Seen,
    known: bool = True,
    needed: Set[str] = frozenset(),
    since: datetime | None = None,
) -> list[Sweep]:
    found = retention.of_deliveries(FEED, blobs, NOW, known=known, needed=needed, since=since)
    return list(found)


def test_rosters_last_a_week_marks_a_year_and_how_the_work_went_a_month() -> None:
    """The spans are those that people are told."""
    spans = (retention.ROSTERS_LAST, retention.MARKS_LAST, retention.PULLS_AND_CLAIMS_LAST)

    assert [span.days for span in spans] == [7, 365, 35]


# -- sets ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("age", "goes"), [(7 * DAY, False), (7 * DAY + SECOND, True)])
def test_a_set_goes_after_seven_days_to_the_second(age: timedelta, *, goes: bool) -> None:
    """Its files and findings name people; its manifest does not, and stays."""
    newer = made(SETS, DAY, *FILES, MANIFEST)
    found = sets(*made(SETS, age, *FILES, manifests.FINDINGS, MANIFEST), *newer)

    assert going(found) == (["7 classes.csv", "7 findings.json", "7 users.csv"] if goes else [])


def test_a_set_is_marked_before_any_of_its_files_goes() -> None:
    """Half a set is known by its mark; one that bears it already is not marked again."""
    newer = made(SETS, DAY, *FILES, MANIFEST)
    (first,) = sets(*made(SETS, 8 * DAY, *FILES, MANIFEST), *newer)
    (again,) = sets(*made(SETS, 8 * DAY, "users.csv", MANIFEST, SWEPT), *newer)

    assert first.mark == f"{SETS}{folder_id(8 * DAY)}/{SWEPT}"
    assert again == Sweep((f"{SETS}{folder_id(8 * DAY)}/users.csv",))


def test_the_newest_set_of_a_profile_stays_while_settings_know_it() -> None:
    """Whatever its age; a profile that was taken away keeps nothing."""
    blobs = made(SETS, 30 * DAY, *FILES, MANIFEST)

    assert sets(*blobs) == []
    assert going(sets(*blobs, known=False)) == ["30 classes.csv", "30 users.csv"]


def test_a_set_that_sds_holds_stays_whole_whatever_its_age() -> None:
    """A profile that fails goes in with it once more."""
    blobs = [
        *made(SETS, timedelta(days=40), "users.csv", MANIFEST),
        *made(SETS, timedelta(days=20), "users.csv", MANIFEST),
        *made(SETS, timedelta(days=1), "users.csv", MANIFEST),
    ]
    needed = {folder_id(timedelta(days=40))}

    assert going(sets(*blobs, needed=needed)) == ["20 users.csv"]
    assert going(sets(*blobs, known=False, needed=needed)) == ["40 users.csv", "20 users.csv"]


def test_the_newest_set_is_the_newest_that_is_whole() -> None:
    """Neither a pull that was killed while it wrote, nor a swept set, stands for it."""
    whole = made(SETS, 30 * DAY, *FILES, MANIFEST)
    killed = made(SETS, 20 * DAY, *FILES)
    swept = made(SETS, 10 * DAY, "users.csv", MANIFEST, SWEPT)

    assert going(sets(*whole, *killed, *swept)) == [
        "20 classes.csv",
        "20 users.csv",
        "20 swept.json",
        "10 users.csv",
    ]


def test_a_manifest_stays_a_year_and_goes_before_the_mark_that_says_why() -> None:
    """A set is never listed without its files; what says that they are gone goes last."""
    newer = made(SETS, DAY, *FILES, MANIFEST)

    assert sets(*made(SETS, 365 * DAY, MANIFEST, SWEPT), *newer) == []
    assert going(sets(*made(SETS, 366 * DAY, MANIFEST, SWEPT), *newer)) == [
        "366 manifest.json",
        "366 swept.json",
    ]
    assert going(sets(*made(SETS, 366 * DAY, "users.csv", MANIFEST), *newer)) == [
        "366 users.csv",
        "366 manifest.json",
        "366 swept.json",
    ]


def test_what_is_not_ours_stays() -> None:
    """A note that somebody left beside the sets is theirs."""
    assert sets(Seen(f"{SETS}readme.txt", NOW - 99 * DAY), Seen(f"{SETS}a/b", NOW - 99 * DAY)) == []


# -- deliveries ----------------------------------------------------------------------------------


def test_a_delivery_goes_after_seven_days_but_what_sds_holds_stays() -> None:
    """The last accepted one is what every other is compared with, however old it is."""
    held = made(FEED, 90 * DAY, *FILES, *SENT)
    refused = made(FEED, 40 * DAY, *FILES, MANIFEST, PLAN, SUBMITTED, RECEIPT)
    newest = made(FEED, DAY, UNCHANGED)

    assert going(deliveries(*held, *refused, *newest)) == ["40 classes.csv", "40 users.csv"]


@pytest.mark.parametrize(("replaced", "goes"), [(7 * DAY, False), (7 * DAY + SECOND, True)])
def test_what_sds_held_within_the_week_can_be_sent_again(
    replaced: timedelta, *, goes: bool
) -> None:
    """Seven days count from when another took its place, so that a mistake can be undone."""
    former = made(FEED, 90 * DAY, *FILES, *SENT)
    latter = made(FEED, replaced, *FILES, *SENT)

    found = going(deliveries(*former, *latter))

    assert found == (["90 classes.csv", "90 users.csv"] if goes else [])


@pytest.mark.parametrize(
    "marks",
    [
        (MANIFEST,),
        (MANIFEST, HELD, PLAN),
        (MANIFEST, PLAN),
        (MANIFEST, PLAN, SUBMITTED),
        SENT[:-1],
    ],
)
def test_whatever_is_open_stays(marks: tuple[str, ...]) -> None:
    """A delivery that may still be sent, or is being looked at, keeps its files."""
    assert deliveries(*made(FEED, 90 * DAY, *FILES, *marks)) == []


@pytest.mark.parametrize(
    "marks",
    [
        (MANIFEST, HELD, PLAN, REJECTED),
        (MANIFEST, HELD, PLAN, APPROVED),
        (MANIFEST, PLAN, FAILED),
        (MANIFEST, PLAN, SUBMITTED, RECEIPT),
    ],
)
def test_a_newest_delivery_that_is_over_loses_its_files_and_keeps_its_marks(
    marks: tuple[str, ...],
) -> None:
    """Else the one before it would be taken for the newest, and might be sent."""
    assert going(deliveries(*made(FEED, 400 * DAY, *FILES, *marks))) == [
        "400 classes.csv",
        "400 users.csv",
    ]


def test_receipts_stay_a_year_and_the_manifest_goes_first() -> None:
    """A delivery whose manifest is gone is none: nobody meets the rest of it."""
    newer = made(FEED, 8 * DAY, *FILES, *SENT)

    assert deliveries(*made(FEED, 365 * DAY, *SENT, SWEPT), *newer) == []
    (found,) = deliveries(*made(FEED, 366 * DAY, *SENT, SWEPT), *newer)
    names = [name.rpartition("/")[2] for name in found.names]
    assert names[0] == MANIFEST
    assert names[-1] == SWEPT
    assert set(names) == {*SENT, SWEPT}


def test_a_year_counts_from_the_last_mark() -> None:
    """What SDS said months later is kept a year too."""
    late = Seen(f"{FEED}{folder_id(400 * DAY)}/{RECEIPT}", NOW - 300 * DAY)
    old = made(FEED, 400 * DAY, MANIFEST, PLAN, SUBMITTED, SWEPT)

    assert deliveries(*old, late, *made(FEED, DAY, *FILES, *SENT)) == []


def test_what_came_after_the_oldest_that_sds_may_hold_is_not_forgotten() -> None:
    """A lost hand-over may have replaced what SDS holds: its claim and its end must be known."""
    held = made(FEED, 800 * DAY, *FILES, *SENT)
    after = made(FEED, 700 * DAY, MANIFEST, PLAN, SUBMITTED, RECEIPT, SWEPT)
    ages = {"000001.json": 900 * DAY, "000002.json": 700 * DAY, "000003.json": 600 * DAY}
    claims = [Seen(f"{FEED}claims/{name}", NOW - age) for name, age in ages.items()]

    blobs = (*held, *after, *claims, *made(FEED, DAY, UNCHANGED))

    found = deliveries(*blobs, needed={folder_id(800 * DAY)}, since=NOW - 800 * DAY)
    assert found == [Sweep((f"{FEED}claims/000001.json",))]


@pytest.mark.parametrize(("kind", "days"), [("claims", 35), ("pauses", 365)])
def test_facts_by_number_are_forgotten_in_time_but_the_last(kind: str, days: int) -> None:
    """The next is numbered on from it. The `.done` goes last: a pause would be in force again."""
    names = [f"{FEED}{kind}/{name}" for name in ("000009.json", "000009.done", "000010.json")]
    old = [Seen(name, NOW - days * DAY - SECOND) for name in names]
    young = Seen(f"{FEED}{kind}/000008.json", NOW - days * DAY)

    assert [sweep.names for sweep in deliveries(*old, young)] == [tuple(names[:2])]


def test_what_is_no_claim_goes_from_among_them_after_a_week() -> None:
    """A stray copy may name anybody, and stands for no number."""
    copy = Seen(f"{FEED}claims/users.csv", NOW - 8 * DAY)
    claim = Seen(f"{FEED}claims/000001.json", NOW - 8 * DAY)

    assert [sweep.names for sweep in deliveries(copy, claim)] == [(copy.name,)]


def test_of_a_connector_that_nobody_names_any_more_all_goes_after_a_year() -> None:
    """A setting that is wrong for a week loses nothing; one that is gone leaves nothing."""
    blobs = made(FEED, 364 * DAY, *FILES, *SENT)
    claim = Seen(f"{FEED}claims/000001.json", NOW - 366 * DAY)
    assert deliveries(*blobs, claim, known=False) == []

    old = made(FEED, 366 * DAY, *FILES, *SENT)
    left = {blob.name for blob in (*old, claim)}
    for sweep in deliveries(*old, claim, known=False):
        left -= set(sweep.names)

    assert left == set()
    assert deliveries(*old, claim) == []


def test_a_sweep_of_a_connector_that_nobody_names_is_gone_on_with() -> None:
    """The mark that the sweep itself has just written makes nothing young again."""
    old = made(FEED, 366 * DAY, *FILES, *SENT)
    (first,) = deliveries(*old, known=False)
    assert first.mark

    left = [blob for blob in old if blob.name != first.names[0]] + [Seen(first.mark, NOW)]
    (again,) = deliveries(*left, known=False)

    assert set(again.names) == {blob.name for blob in left}


# -- pulls ---------------------------------------------------------------------------------------


def pull(age: timedelta, *names: str) -> list[Seen]:
    folder = f"schools/northbank/pulls/{stamp(NOW - age)}/"
    return [Seen(folder + name, NOW - age) for name in names]


def pulls(*blobs: Seen, known: bool = True) -> list[list[str]]:
    found = retention.of_pulls("northbank", blobs, NOW, known=known)
    return [[name.split("/", 4)[-1] for name in sweep.names] for sweep in found]


def test_what_a_pull_keeps_beside_its_marks_goes_after_a_week() -> None:
    """Whatever it is called: only what is known to name nobody stays."""
    kept = ("datasets-1/manifest.json", "datasets-1/Pupil.csv", "odd.json")
    marks = (ASKED, "tried-1.json", "ended-1.json", SEALED)
    newer = pull(DAY, ASKED, SEALED)

    assert pulls(*pull(7 * DAY, *kept, *marks), *newer) == []
    assert pulls(*pull(8 * DAY, *kept, *marks), *newer) == [
        ["datasets-1/manifest.json", "datasets-1/Pupil.csv", "odd.json"]
    ]


def test_a_directory_that_a_store_lists_is_none_of_the_files_that_go() -> None:
    """It would come before its contents, be refused, and keep pupils' records for ever."""
    kept = pull(20 * DAY, "asked.json", "sealed.json", "datasets-1/Pupil.csv")
    directory = Seen(kept[-1].name.rpartition("/")[0], kept[-1].created_at)

    assert pulls(*kept, directory, *pull(DAY, "asked.json", "sealed.json")) == pulls(
        *kept, *pull(DAY, "asked.json", "sealed.json")
    )


@pytest.mark.parametrize(("age", "goes"), [(35 * DAY, False), (35 * DAY + SECOND, True)])
def test_the_marks_of_a_pull_go_after_a_month(age: timedelta, *, goes: bool) -> None:
    """With the last of them nothing is left of it."""
    marks = (ASKED, "tried-1.json", "ended-1.json", "tried-2.json", SEALED)

    found = pulls(*pull(age, *marks), *pull(DAY, ASKED, SEALED))

    assert found == ([sorted(marks)] if goes else [])


def test_the_pull_that_read_the_school_last_keeps_its_marks() -> None:
    """However long every other one has failed: the age of the data is known by it."""
    before = pull(91 * DAY, ASKED, SEALED)
    read = pull(90 * DAY, ASKED, SEALED, "x.csv")
    failed = pull(60 * DAY, ASKED, FAILED)
    newest = pull(DAY, ASKED, FAILED)

    blobs = (*before, *read, *failed, *newest)
    assert pulls(*blobs) == [[ASKED, SEALED], ["x.csv"], [FAILED, ASKED]]
    assert pulls(*blobs, known=False)[1] == ["x.csv", ASKED, SEALED, SWEPT]


@pytest.mark.parametrize(
    ("marks", "gone"),
    [((ASKED, SEALED), [["x.csv"]]), ((ASKED, FAILED), [["x.csv"]]), ((ASKED,), [])],
)
def test_the_newest_pull_keeps_its_marks_and_while_it_is_open_all(
    marks: tuple[str, ...], gone: list[list[str]]
) -> None:
    """By it the next one is known to be due; a school that is gone leaves nothing."""
    blobs = pull(400 * DAY, *marks, "x.csv")

    assert pulls(*blobs) == gone
    assert {*pulls(*blobs, known=False)[0]} == {"x.csv", *marks, SWEPT}


# -- whatever there is ---------------------------------------------------------------------------

ages = st.integers(0, 800).map(lambda days: days * DAY)
folders = st.lists(
    st.tuples(
        ages, st.sets(st.sampled_from([*SENT, HELD, APPROVED, REJECTED, UNCHANGED, FAILED, SWEPT]))
    ),
    max_size=8,
    unique_by=lambda made: made[0],
)


def feed(made_of: Iterable[tuple[timedelta, set[str]]]) -> Iterator[Seen]:
    """Yield deliveries with such marks; those without `swept.json` have all their files."""
    for age, marks in made_of:
        yield from made(FEED, age, *marks, *(() if SWEPT in marks else FILES))


def last_taken(blobs: Mapping[str, Seen]) -> Folder | None:
    """Return the delivery that was handed over last, as if a run had taken it."""
    answered = holdings.by_moment(standing(blobs), [])
    return answered[-1][1] if answered else None


def standing(blobs: Mapping[str, Seen]) -> list[Folder]:
    return states.deliveries(FEED, blobs.values())


@given(folders)
def test_wherever_a_sweep_is_killed_nothing_looks_like_what_it_is_not(
    made_of: list[tuple[timedelta, set[str]]],
) -> None:
    """After each blob the newest delivery, and the last that SDS took, are the same.

    What can be sent or compared with has its files, and going on brings the sweep to its end.
    """
    left = {blob.name: blob for blob in feed(made_of)}
    newest = [delivery.id for delivery in standing(left)[-1:]]
    held = last_taken(left)
    needed = {held.id} if held else set()
    since = holdings.handed_at(held, []) if held else None
    before = {delivery.id: reached for delivery, reached in states.states(standing(left), NOW)}

    for sweep in deliveries(*left.values(), needed=needed, since=since):
        if sweep.mark:
            left[sweep.mark] = Seen(sweep.mark, NOW)
        for name in sweep.names:
            left.pop(name)
            listed = standing(left)
            assert [delivery.id for delivery in listed[-1:]] == newest
            after = last_taken(left)
            assert (after and after.id) == (held and held.id)
            for each, reached in states.states(listed, NOW):
                whole = each.made_at.keys() >= {*FILES}
                assert whole or SWEPT in each.made_at or reached is states.State.UNCHANGED
                assert reached in {before[each.id], states.State.SWEPT, states.State.FAILED}
    if held and SWEPT not in held.made_at:
        assert {f"{FEED}{held.id}/{file}" for file in FILES} <= left.keys()

    assert deliveries(*left.values(), needed=needed, since=since) == []


def test_three_years_of_nights_leave_a_year_of_marks_and_a_month_of_claims() -> None:
    """However long it runs, a listing grows no longer than that; swept once a month."""
    left: dict[str, Seen] = {}
    most = 0
    for night in range(3 * 365):
        at = NOW + night * DAY
        folder = f"{FEED}{stamp(at)}-0000000a/"
        for name in (*FILES, *SENT):
            left[folder + name] = Seen(folder + name, at)
        for end in ("json", "done"):
            claim = f"{FEED}claims/{night + 1:06}.{end}"
            left[claim] = Seen(claim, at)
        due = retention.of_deliveries(FEED, list(left.values()), at, known=True)
        for sweep in due if night % 30 == 0 else ():
            if sweep.mark:
                left[sweep.mark] = Seen(sweep.mark, at)
            for name in sweep.names:
                del left[name]
        most = max(most, len(left))

    assert most < (366 + 30) * (len(SENT) + 1) + 40 * len(FILES) + (36 + 30) * 2
