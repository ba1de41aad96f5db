"""Facts by number: which claim is open, which pause is in force, what the next is called."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import pytest

from sync.ledger import claims as numbered
from sync.ledger import states
from sync.ledger.manifests import MANIFEST
from tests.unit.listings import DAY, NOW, SECOND, listed

# -- claims ----------------------------------------------------------------------------------------

FEED = "connectors/c/"
CLAIMS = f"{FEED}claims/"


def claims(*names: str, ages: Mapping[str, timedelta] | None = None) -> numbered.Claims:
    """Read the claims of *names*, each made now unless *ages* says how long ago."""
    whole = {CLAIMS + name: age for name, age in (ages or {}).items()}
    return numbered.read_claims(FEED, listed(*(CLAIMS + name for name in names), ages=whole), NOW)


def test_the_first_claim_has_number_one() -> None:
    """Where nothing was ever sent."""
    assert claims() == numbered.Claims(
        next_name=f"{CLAIMS}000001", recent=(), young=(), open_until=None
    )


@pytest.mark.parametrize(
    ("names", "number"),
    [
        (["000001.json"], "000002"),
        (["000001.json", "000009.json", "000009.done"], "000010"),
        (["000099.json", "000100.json"], "000101"),
        (["999999.json"], "1000000"),
        (["999999.json", "1000000.json"], "1000001"),
        # of two sweepings, the second has still to come: a claim born done would be no claim
        (["000007.done"], "000008"),
    ],
)
def test_claims_are_numbered_on(names: list[str], number: str) -> None:
    """No number is used twice, gaps are not filled."""
    assert claims(*names).next_name == CLAIMS + number


@pytest.mark.parametrize(
    ("names", "age", "is_open"),
    [
        (["000001.json"], timedelta(0), True),
        (["000001.json"], states.CLAIM_LASTS - SECOND, True),
        (["000001.json"], states.CLAIM_LASTS, False),
        (["000001.json", "000001.done"], timedelta(0), False),
        (["000001.json", "000002.done"], timedelta(0), True),
        (["000001.json", "000002.json", "000002.done"], timedelta(0), True),
    ],
)
def test_a_claim_is_over_when_it_is_done_or_its_holder_must_be_dead(
    names: list[str], age: timedelta, *, is_open: bool
) -> None:
    """Twice the function's time limit, by storage's clock; each claim for itself."""
    found = claims(*names, ages=dict.fromkeys(names, age))

    assert (found.open_until is not None) is is_open


def test_a_turn_ends_by_the_age_of_the_last_claim_that_is_open() -> None:
    """Also of those that no `.done` has ended yet, the oldest was taken first."""
    ages = {"000001.json": SECOND * 300, "000002.json": SECOND * 60, "000003.json": SECOND}

    assert claims(*ages, "000003.done", ages=ages).open_until == (
        NOW - SECOND * 60 + states.CLAIM_LASTS
    )


def test_how_old_a_claim_is_is_told_by_its_own_date() -> None:
    """Whatever was taken after it: one of next month is over, for nobody can wait for its age."""
    ages = {"000001.json": -SECOND, "000002.json": SECOND}
    last = claims(*ages, "000002.done", ages=ages).open_until

    assert last == NOW + SECOND + states.CLAIM_LASTS
    ages["000001.json"] = -DAY * 30
    assert claims(*ages, "000002.done", ages=ages).open_until is None


def test_claims_of_a_day_and_of_two_days_are_told_apart() -> None:
    """A day's submissions have a limit, and so have one delivery's, while it may be sent."""
    ages = {
        "000001.json": states.DATA_LASTS,
        "000002.json": states.DATA_LASTS - SECOND,
        "000003.json": DAY,
        "000004.json": DAY - SECOND,
    }

    found = claims(*ages, "000004.done", ages=ages)

    assert found.recent == (f"{CLAIMS}000004",)
    assert found.young == tuple(f"{CLAIMS}00000{number}" for number in (2, 3, 4))


def test_only_blobs_under_the_prefix_are_claims() -> None:
    """A listing of the whole connector gives the same."""
    blobs = listed(f"{CLAIMS}000001.json", f"connectors/c/20261120T220000Z-0000000a/{MANIFEST}")

    assert numbered.read_claims(FEED, blobs, NOW).next_name == f"{CLAIMS}000002"


# -- pauses -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("names", "number", "in_force"),
    [
        ((), "000001", None),
        (("000001.json",), "000002", "000001"),
        (("000001.json", "000001.done"), "000002", None),
        (("000001.json", "000002.json"), "000003", "000002"),
        (("000001.json", "000002.json", "000002.done"), "000003", None),
        (("note.json", "1.json"), "000001", None),
    ],
)
def test_the_newest_pause_is_in_force_until_it_is_done(
    names: tuple[str, ...], number: str, in_force: str | None
) -> None:
    """One resume ends it, whatever was restored before; a stray blob pauses nothing."""
    found = numbered.read_pauses(
        "connectors/c/", listed(*(f"connectors/c/pauses/{n}" for n in names))
    )

    assert found.next_name == f"connectors/c/pauses/{number}"
    assert found.in_force == (in_force and f"connectors/c/pauses/{in_force}")
