"""What there is to mend, as it was sealed with a profile's newest set. Names people."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass, fields
from datetime import date

from sync.edge.world import World
from sync.errors import StoreConflict, StoreMissing
from sync.roster import finding_days
from sync.roster.academic_year import school_day
from sync.roster.finding_codes import FindingCode
from sync.roster.finding_days import Dated, FindingKind, kinds
from sync.roster.findings import Finding
from sync.settings import Settings
from sync.steps.delivery import SealedSet, newest_set
from sync.texts import as_cell


@dataclass(frozen=True, slots=True)
class Findings:
    """The findings of a profile's newest set, by kind, the worst first.

    `day` is the day of the reading, in school time: what is new was first seen then.
    """

    profile: str
    set_id: str
    day: date
    kinds: Sequence[FindingKind]

    @property
    def there(self) -> Sequence[Dated]:
        """What there is to mend: the worst kind first, and of a kind what is new."""
        return [each for kind in self.kinds for each in kind.findings if not each.mended_on]

    @property
    def mended(self) -> Sequence[Dated]:
        """What has closed within a week."""
        return [each for kind in self.kinds for each in kind.findings if each.mended_on]

    def document(self) -> dict[str, object]:
        """Return all of it as JSON has it. It names people, but for `kinds`."""
        return {
            "set": self.set_id,
            "day": self.day.isoformat(),
            "kinds": [kind.document() for kind in self.kinds],
            "findings": [each.row() for each in self.there],
            "mended": [each.row() for each in self.mended],
        }


def told_of(sealed: SealedSet, *codes: FindingCode) -> list[Finding]:
    """Return the findings of *codes* in a set; none if they cannot be read any more."""
    try:
        # Nobody asks for days, which only settings would tell of an older version's set.
        findings = _read(sealed.id, sealed.findings(), date.max)
    except (StoreMissing, StoreConflict):
        return []
    return [each.finding for each in findings if each.finding.code in codes]


def newest_findings(world: World, profile: str) -> Findings | None:
    """Return what there is to mend of *profile*; None if it has no set yet.

    Raises:
        StoreConflict: what is stored is not what was sealed.
    """
    newest = newest_set(world.store, profile)
    if newest is None:
        return None
    findings = _all_of(world.settings, newest)
    return Findings(profile, newest.id, _day(world.settings, newest), kinds(findings))


def remembered_of(settings: Settings, sealed: SealedSet) -> Sequence[Dated] | None:
    """Return what a set knew of findings, and what it remembered; None if nobody can read it."""
    try:
        return _all_of(settings, sealed)
    except (StoreMissing, StoreConflict):
        return None


def _all_of(settings: Settings, sealed: SealedSet) -> Sequence[Dated]:
    day, mended = _day(settings, sealed), sealed.mended()
    there = _read(sealed.id, sealed.findings(), day)
    return there if mended is None else (*there, *_read(sealed.id, mended, day))


def _day(settings: Settings, sealed: SealedSet) -> date:
    school = settings.schools[settings.school_of(sealed.profile)]
    return school_day(sealed.pulled_at, school.time_zone)


def _read(set_id: str, body: bytes, read_on: date) -> tuple[Dated, ...]:
    try:
        return finding_days.from_json(body, read_on)
    except (ValueError, TypeError, KeyError):
        raise StoreConflict("the findings of this set cannot be read", set=set_id) from None


# -- as CSV --------------------------------------------------------------------------------------

COLUMNS = (
    "profile",
    *(field.name for field in fields(Finding)),
    "advice",
    "state",
    "first_seen",
    "mended_on",
)
"""The columns of the CSV file."""


def findings_csv(told: Iterable[Findings]) -> str:
    """Return all of *told* as CSV for a spreadsheet; of each profile what is mended comes last."""
    return spreadsheet(
        COLUMNS,
        ((each.profile, *_cells(dated)) for each in told for dated in (*each.there, *each.mended)),
    )


def _cells(dated: Dated) -> tuple[str, ...]:
    finding, mended_on = dated.finding, dated.mended_on
    days = dated.first_seen.isoformat(), mended_on.isoformat() if mended_on else ""
    return (*map(str, astuple(finding)), finding.code.advice, dated.state, *days)


def spreadsheet(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return CSV with a heading; an apostrophe keeps a cell from being taken for a formula."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows([columns, *(map(as_cell, row) for row in rows)])
    return text.getvalue()
