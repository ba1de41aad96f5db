"""Findings: how many of each kind, since when, and who mends them; names on request. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple

from sync.roster.finding_days import Dated, FindingKind
from sync.steps.findings import Findings
from sync.web.page.tags import Tag

SHOWN = 300
"""Findings of a kind that are shown; the file has all."""


class KindRow(NamedTuple):
    """A kind of finding, of all profiles together: how many are new, open before, and mended.

    `became` says what became of the record, and what to mend; `who` mends it.
    """

    code: str
    told: str
    became: str
    who: str
    new: int
    open: int
    mended: int
    since: date | None


class NameRow(NamedTuple):
    """A finding: of whom or what, and since when."""

    profile: str
    name: str
    record: str
    detail: str
    tag: Tag
    at: date


class KindNamed(NamedTuple):
    """The findings of a kind, by name; `more` are not shown."""

    kind: KindRow
    rows: Sequence[NameRow]
    more: int


class FindingsShown(NamedTuple):
    """All kinds, the new ones first; `crowds` say where so many are new that it is one fault."""

    kinds: Sequence[KindRow]
    new: int
    open: int
    mended: int
    crowds: Sequence[str]
    shown: KindNamed | None


def page(told: Iterable[Findings], code: str = "") -> FindingsShown:
    """Return the findings of each profile's newest set; those of *code* by name."""
    listed = list(told)
    by_code = dict[str, list[tuple[str, FindingKind]]]()
    for each in listed:
        for kind in each.kinds:
            by_code.setdefault(kind.code.value, []).append((each.profile, kind))
    kinds = sorted(map(_kind, by_code.values()), key=lambda row: (not row.new, not row.open))
    chosen = by_code.get(code)
    return FindingsShown(
        kinds=kinds,
        new=sum(row.new for row in kinds),
        open=sum(row.open for row in kinds),
        mended=sum(row.mended for row in kinds),
        crowds=[
            f"{kind.code.told}, {profile}: {kind.many_new}."
            for kinds_of in by_code.values()
            for profile, kind in kinds_of
            if kind.many_new
        ],
        shown=_shown(chosen) if chosen else None,
    )


def _kind(listed: Sequence[tuple[str, FindingKind]]) -> KindRow:
    kinds = [kind for _, kind in listed]
    code = kinds[0].code
    return KindRow(
        code=code.value,
        told=code.told,
        became=code.advice,
        who=code.mends,
        new=sum(kind.new for kind in kinds),
        open=sum(kind.older for kind in kinds),
        mended=sum(kind.mended for kind in kinds),
        since=min((kind.since for kind in kinds if kind.since), default=None),
    )


_TAGS = {
    "new": Tag("warn", "New"),
    "open": Tag("none", "Open since"),
    "mended": Tag("yes", "Mended"),
}


def _shown(listed: Sequence[tuple[str, FindingKind]]) -> KindNamed:
    rows = [_name(profile, each) for profile, kind in listed for each in kind.findings]
    return KindNamed(_kind(listed), rows[:SHOWN], max(len(rows) - SHOWN, 0))


def _name(profile: str, dated: Dated) -> NameRow:
    finding = dated.finding
    at = dated.mended_on or dated.first_seen
    name = finding.name or finding.record
    return NameRow(profile, name, finding.record, finding.detail, _TAGS[dated.state], at)
