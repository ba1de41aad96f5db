"""In which order deliveries reached SDS, and what it may hold of them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sync.ledger import holdings
from sync.ledger.claims import Claimed
from sync.ledger.fates import TABLE, Fate
from sync.ledger.folders import Folder
from sync.ledger.holdings import HandOver
from tests.mark_names import ACCEPTED, PLAN, SUBMITTED
from tests.unit.listings import DAY, NOW, SECOND

ONE, TWO = "20261120T220000Z-0000000a", "20261121T220000Z-0000000b"


def test_a_delivery_was_handed_over_when_its_claim_was_taken() -> None:
    """SDS may have had the files before its answer was written: the claim comes before both."""
    answered = Folder(ONE, {SUBMITTED: NOW})
    claims = [
        Claimed("claims/000001", NOW - DAY, done=True, dated_at=NOW - DAY),
        Claimed("claims/000002", NOW - 40 * SECOND, done=True, dated_at=NOW - 40 * SECOND),
        Claimed("claims/000003", NOW + SECOND, done=False, dated_at=NOW + SECOND),
    ]

    assert holdings.handed_at(answered, claims) == NOW - 40 * SECOND


def test_where_the_claim_is_swept_the_answer_tells_the_moment() -> None:
    """Claims go after five weeks, and a school may be unchanged for longer."""
    answered = Folder(ONE, {SUBMITTED: NOW, ACCEPTED: NOW + DAY})

    assert holdings.handed_at(answered, []) == NOW
    assert holdings.handed_at(Folder(ONE, {ACCEPTED: NOW}), []) == NOW


def test_what_was_never_answered_for_has_no_moment_of_its_own() -> None:
    """Only a claim without an end can tell that it may have been handed over."""
    assert holdings.handed_at(Folder(ONE, {PLAN: NOW}), []) is None


def test_deliveries_go_by_hand_over_not_by_name_or_acceptance() -> None:
    """An older one may be handed over later, as a restored one is, and accepted earlier."""
    restored = Folder(ONE, {SUBMITTED: NOW, ACCEPTED: NOW})
    before = Folder(TWO, {SUBMITTED: NOW - DAY, ACCEPTED: NOW + SECOND})

    ordered = holdings.by_moment([restored, before, Folder("x", {})], [])

    assert [folder.id for _, folder in ordered] == [TWO, ONE]


@pytest.mark.parametrize("fate", list(Fate))
def test_sds_may_hold_all_but_what_it_refused(fate: Fate) -> None:
    """Whatever is not known counts as held: a comparison too many does no harm."""
    hand_over = HandOver(ONE, NOW, fate, None)

    assert holdings.may_hold([hand_over]) == ([] if fate is Fate.REFUSED else [hand_over])
    assert hand_over.alone is (TABLE[fate].holds == "alone")
    assert timedelta(0) == NOW - hand_over.at
