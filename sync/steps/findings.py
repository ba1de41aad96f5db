"""What there is to mend, as it was sealed with a profile's newest set. Names people."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass, fields

from sync.edge.world import World
from sync.errors import StoreConflict, StoreMissing
from sync.roster.finding_codes import FindingCode
from sync.roster.findings import Finding, harm
from sync.steps.delivery import SealedSet, newest_set
from sync.texts import FORMULA


@dataclass(frozen=True, slots=True)
class Findings:
    """The findings of a profile's newest set, the worst first."""

    profile: str
    set_id: str
    findings: Sequence[Finding]


def told_of(sealed: SealedSet, *codes: FindingCode) -> list[Finding]:
    """Return the findings of *codes* in a set; none if they cannot be read any more."""
    try:
        return [finding for finding in _read(sealed) if finding.code in codes]
    except (StoreMissing, StoreConflict):
        return []


COLUMNS = ("profile", *(field.name for field in fields(Finding)), "advice")
"""The columns of the CSV file."""


def newest_findings(world: World, profile: str) -> Findings | None:
    """Return what there is to mend of *profile*; None if it has no set yet.

    Raises:
        StoreConflict: what is stored is not what was sealed.
    """
    newest = newest_set(world.store, profile)
    if newest is None:
        return None
    findings = sorted(_read(newest), key=lambda finding: harm(finding.code))
    return Findings(profile, newest.id, findings)


def findings_document(world: World, profile: str) -> bytes | None:
    """Return `findings.json` of the profile's newest set as it is; None if it has none."""
    newest = newest_set(world.store, profile)
    return newest.findings() if newest else None


def findings_csv(told: Iterable[Findings]) -> str:
    """Return all of *told* as CSV for a spreadsheet."""
    return spreadsheet(
        COLUMNS,
        (
            (each.profile, *map(str, astuple(finding)), finding.code.advice)
            for each in told
            for finding in each.findings
        ),
    )


def spreadsheet(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return CSV with a heading; an apostrophe keeps a cell from being taken for a formula."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows([columns, *(map(_cell, row) for row in rows)])
    return text.getvalue()


def _cell(text: str) -> str:
    return f"'{text}" if text.lstrip().startswith(FORMULA) else text


def _read(sealed: SealedSet) -> list[Finding]:
    try:
        return [
            Finding(FindingCode(row["code"]), row["record"], row["name"], row["detail"])
            for row in json.loads(sealed.findings())
        ]
    except (ValueError, TypeError, KeyError):
        raise StoreConflict("the findings of this set cannot be read", set=sealed.id) from None
