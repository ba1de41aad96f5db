"""A comparison of two deliveries in a line, as tests of limits want it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from sync.ledger.marks import Hold, Plan
from sync.sds import diff
from sync.sds.by_school import orgs_of
from sync.sds.diff import Baseline, Comparison, Meant
from sync.settings import Limits


class Decision(NamedTuple):
    """The plan, and the hold if the delivery must wait."""

    plan: Plan
    hold: Hold | None


def judge(
    digest: str,
    baselines: Iterable[Baseline],
    after: Mapping[str, bytes],
    *,
    limits: Limits,
    hold_first: bool,
) -> Decision:
    """Compare *after* with *baselines*, every school of it, and decide as a plan does."""
    return _decision(digest, diff.judge(baselines, after, limits=limits), hold_first=hold_first)


def compare(
    digest: str,
    before: Mapping[str, bytes] | None,
    after: Mapping[str, bytes],
    *,
    against: str | None,
    limits: Limits,
    hold_first: bool,
    meant: Meant | None = None,
) -> Decision:
    """Compare *after* with *before*, the files of the delivery called *against*."""
    orgs = {*orgs_of(before or {}), *orgs_of(after), ""}
    of_each = dict.fromkeys(orgs, meant or Meant())
    baselines = [] if before is None else [Baseline(against or "", before, of_each)]
    return judge(digest, baselines, after, limits=limits, hold_first=hold_first)


def _decision(digest: str, judgement: Comparison, *, hold_first: bool) -> Decision:
    excesses, first = judgement.excesses, judgement.first
    held = excesses or (first and hold_first)
    hold = Hold(digest=digest, first=first, excesses=excesses) if held else None
    return Decision(judgement.plan, hold)
