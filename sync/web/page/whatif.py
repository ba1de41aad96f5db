"""What if: the settings of a profile as a form, and what others would do. Pure.

Classes are told by their titles, but those of tutor groups, which name people.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from sync.sds.moves import Moves
from sync.sds.rehearsal import Named
from sync.settings.as_read import AsRead
from sync.steps.what_if import Tried, WhatIf
from sync.web.page.plan_words import NAMELESS
from sync.web.page.tags import Tag
from sync.web.page.words import counted, sentence

SHOWN = 100
"""Classes of a list."""

_FIELDS: Mapping[str, tuple[str, str]] = {
    "YEAR_GROUPS": ("Year groups", "NC years, such as 7-11,13."),
    "INCLUDED_SUBJECTS": ("Only these subjects", "Codes or ids, such as Ma,En. Blank: all."),
    "EXCLUDED_SUBJECTS": ("Without these subjects", "Codes or ids, such as Ga,PS. Blank: none."),
    "CLASSES": ("Kinds of classes", "Such as sets,forms."),
    "CLASS_TITLE": ("Title of a set's class", "Such as {set_code}{suffix}."),
    "SUFFIX": ("Suffix", "What {suffix} stands for."),
    "STAFF": ("Staff beside the teachers of classes", "of-classes, teaching or all."),
}
FIELDS = tuple(_FIELDS)
"""What the form has, by the last part of a setting's name."""


class Field(NamedTuple):
    """A field of the form: its value, and whether it is another than the setting's."""

    key: str
    label: str
    hint: str
    value: str
    now: str
    is_changed: bool


class KindMoves(NamedTuple):
    """How many of a kind there are, go, come, and would be."""

    kind: str
    now: int
    go: int
    come: int
    then: int


class YearMoves(NamedTuple):
    """The pupils and classes of a year, now and then."""

    year: str
    pupils_now: int
    pupils_then: int
    classes_now: int
    classes_then: int


class ClassList(NamedTuple):
    """Classes of which one thing is told, those with most pupils first; `more` are not shown."""

    told: str
    classes: Sequence[tuple[str, int]]
    more: int


class Outlook(NamedTuple):
    """What the settings would do."""

    tag: Tag
    headline: str
    told: str
    limits: Sequence[str]
    kinds: Sequence[KindMoves]
    years: Sequence[YearMoves]
    lists: Sequence[ClassList]
    look: Sequence[tuple[Tag, str]]
    against: str
    read_at: datetime


def fields(written: Mapping[str, str], typed: Mapping[str, str]) -> list[Field]:
    """Return the form: what is *written* in the settings, and what somebody has *typed* instead."""
    made = []
    for key, (label, hint) in _FIELDS.items():
        now = written.get(key, "")
        value = typed.get(key, now)
        made.append(Field(key, label, hint, value, now, value.strip() != now.strip()))
    return made


def changes(shown: Sequence[Field]) -> dict[str, str]:
    """Return the fields that differ from the settings."""
    return {field.key: field.value for field in shown if field.is_changed}


def copied(asked: WhatIf) -> str:
    """Return the settings to copy, a line each; a blank one is to be taken away."""
    return "\n".join(
        f"{line.name}={line.value}" if line.value else f"{line.name}=   (take it away)"
        for line in asked.lines
    )


def outlook(tried: Tried) -> Outlook:
    """Return what was tried, as it is shown."""
    moves = tried.moves
    limits = tried.sentences()
    held = tried.hold is not None
    tag = Tag("held", "Would be held", "you would decide") if held else Tag("well", "Would go")
    classes = moves.counts["classes"]
    headline = (
        f"{counted(classes.go, 'Team would end', 'Teams would end')}, "
        f"{counted(classes.come, 'would begin', 'would begin')}"
    )
    return Outlook(
        tag=tag,
        headline=headline if classes.go or classes.come else _nothing_ends(moves),
        told=_told(tried),
        limits=limits,
        kinds=[KindMoves(_KINDS.get(name, name), *move) for name, move in moves.counts.items()],
        years=[
            YearMoves(
                tried.year(each.grade),
                each.pupils_now,
                each.pupils_then,
                each.classes_now,
                each.classes_then,
            )
            for each in moves.years
        ],
        lists=[*_lists(tried)],
        look=[*_look(tried)],
        against=tried.against,
        read_at=tried.read_at,
    )


_KINDS = {
    "pupils": "Pupils",
    "teachers": "Teachers",
    "classes": "Classes",
    "enrollments": "Enrolments",
}


def _nothing_ends(moves: Moves) -> str:
    renamed = len(moves.renamed)
    if not renamed:
        return "No Team would end, and none begin"
    return f"{counted(renamed, 'Team', 'Teams')} would have another title; none ends or begins"


def _told(tried: Tried) -> str:
    if tried.hold is None:
        return "No limit would be met: the next night would send it by itself."
    if tried.hold.first:
        return "It would be the first delivery: somebody would have to approve it."
    met = len(tried.hold.excesses)
    return f"{counted(met, 'limit', 'limits')} would be met, so somebody would have to approve it."


def _lists(tried: Tried) -> Iterator[ClassList]:
    moves = tried.moves
    renamed = [
        replace(named, title=f"{was} \N{RIGHTWARDS ARROW} {named.title}")
        for was, named in moves.renamed
    ]
    for told, classes in (
        ("Teams that would have another title", renamed),
        ("Teams that would end", moves.go),
        ("Teams that would begin", moves.come),
        ("Classes that would be called like another", moves.clashes),
    ):
        if classes:
            yield _list(told, classes)


def _list(told: str, classes: Sequence[Named]) -> ClassList:
    largest = sorted(classes, key=lambda named: (-named.pupils, named.title))
    shown = [(named.title or NAMELESS, named.pupils) for named in largest[:SHOWN]]
    return ClassList(f"{told}: {len(classes):,}", shown, max(len(classes) - SHOWN, 0))


_WARN = Tag("warn", "Look")


def _look(tried: Tried) -> Iterator[tuple[Tag, str]]:
    """Yield what is likely a slip: rules that match nothing, titles that two classes have."""
    for finding in tried.unmatched:
        named = f"{finding.record} {finding.name}".strip()
        yield _WARN, f"{named}: {sentence(finding.code.advice)}"
    if clashes := tried.moves.clashes:
        many = counted(len(clashes), "class", "classes")
        yield _WARN, f"{many} would be called like another: put {{academic_year}} into the title."
    if twins := tried.twins:
        records = ", ".join(sorted(finding.record for finding in twins)[:10])
        more = f" and {len(twins) - 10} more" if len(twins) > 10 else ""
        yield _WARN, f"The same title as another class has: {records}{more}."
    if not tried.profile_then.get("classes"):
        yield _WARN, "The profile would have no class at all."


_OF_PEOPLE = ("EXTRA_TEACHERS", "SERVICE_ACCOUNTS")
"""Settings that may hold addresses: that they are set is enough here."""


def listed(settings: Sequence[AsRead]) -> list[tuple[str, str, bool]]:
    """Return every setting with its value; of a secret, or of people, only whether it is set."""
    return [(each.name, _told_of(each), each.is_set) for each in settings]


def _told_of(setting: AsRead) -> str:
    return "set" if setting.value and setting.name.endswith(_OF_PEOPLE) else setting.value
