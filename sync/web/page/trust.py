"""Trust: a line a school, those that need somebody first. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from sync.ledger.offers import BECAUSE, Why
from sync.steps.status_values import SchoolStatus, Status
from sync.steps.trust import SchoolRow
from sync.web.page import tags
from sync.web.page.nights import SQUARES
from sync.web.page.panel import held_headline
from sync.web.page.tags import Kind, Tag


class SchoolLine(NamedTuple):
    """A school at a connector: its state, what it is about, its nights."""

    key: str
    name: str
    tag: Tag
    told: str
    nights: Sequence[Kind]
    nights_told: str
    accepted_at: datetime | None
    pupils: int | None
    findings: int | None
    is_known: bool


class SchoolGroup(NamedTuple):
    """Schools that stand alike: those that need somebody, and those that do not."""

    name: str
    schools: Sequence[SchoolLine]


class Trust(NamedTuple):
    """All schools, and how many stand how."""

    groups: Sequence[SchoolGroup]
    counts: Sequence[tuple[int, Tag]]
    schools: int
    pupils: int
    connectors: int


def rows(status: Status, listed: Iterable[SchoolRow]) -> Trust:
    """Return the rows of `steps.trust` with the nights of each, in groups by need."""
    schools = [_school(status, row) for row in listed]
    words = Counter(each.tag._replace(who="") for each in schools)
    return Trust(
        groups=_groups(schools),
        counts=[(count, tag) for tag, count in words.items()],
        schools=len({each.key for each in schools}),
        pupils=sum(each.pupils or 0 for each in schools),
        connectors=len(status.connectors),
    )


_NEEDS = ("Somebody must act", "Nobody must act yet", "All well")


def _groups(schools: Sequence[SchoolLine]) -> list[SchoolGroup]:
    by_need: dict[str, list[SchoolLine]] = {need: [] for need in _NEEDS}
    for each in schools:
        by_need[_need(each.tag)].append(each)
    return [SchoolGroup(need, lines) for need, lines in by_need.items() if lines]


def _need(tag: Tag) -> str:
    somebody, nobody_yet, well = _NEEDS
    if tag.who:
        return somebody
    return well if tag.state == "well" else nobody_yet


def _school(status: Status, row: SchoolRow) -> SchoolLine:
    shown = status.connectors[row.connector].schools[row.school]
    nights = status.stood.get(row.connector, {}).get(row.school, ())[-SQUARES:]
    words = Counter(night.word for night in nights)
    tag, told = _told(status, row, shown)
    return SchoolLine(
        key=row.school,
        name=row.name,
        tag=tag,
        told=told,
        nights=[tags.OF_NIGHT[night.word].state for night in nights],
        nights_told=", ".join(f"{count} {word}" for word, count in words.items()) or "none known",
        accepted_at=row.accepted_at,
        pupils=row.pupils,
        findings=row.findings,
        is_known=row.school in status.schools,
    )


_WELL = "SDS has what iSAMS has"


def _told(status: Status, row: SchoolRow, shown: SchoolStatus) -> tuple[Tag, str]:
    pull = status.schools.get(row.school)
    if shown.state == "held":
        return tags.of_school(shown), held_headline(shown.why, shown.hold)
    if pull and pull.state == "failed" and pull.error:
        return tags.of_fault(pull.error), pull.error.message
    because = BECAUSE[Why(shown.why)] if shown.why and shown.state != "delivered" else _WELL
    return tags.of_school(shown), because
