"""Why: a record's way to Teams, in one panel, and below it every rule that it was asked. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sync.roster.trace import Presence, Rule
from sync.steps.explain_values import Explained, HeldTold, Match, PlaceTold, ProfileTold, RecordTold
from sync.web.page.tags import Kind, Tag

SHOWN = 100
"""Rows of a table of classes or members."""


class RuleShown(NamedTuple):
    """A rule that a profile asked: the question, what it said, and how it counts."""

    question: str
    said: str
    tag: Tag
    decides: bool


class ProfileShown(NamedTuple):
    """What a profile made of the record."""

    name: str
    tag: Tag
    read_at: datetime | None
    rules: Sequence[RuleShown]
    rows: Sequence[tuple[str, int]]
    note: str


class HeldShown(NamedTuple):
    """A delivery that SDS may hold: whether the record is in it, in how many `rows`."""

    tag: Tag
    word: str
    handed_at: datetime
    ended_at: datetime | None
    rows: int


class PlaceShown(NamedTuple):
    """A place in a class: where it is, and where it breaks off."""

    title: str
    note: str
    marks: Sequence[tuple[str, Tag]]


class RecordShown(NamedTuple):
    """The answer about one record."""

    tag: Tag
    headline: str
    told: str
    todo: str
    facts: Sequence[tuple[str, str]]
    profiles: Sequence[ProfileShown]
    held: Sequence[HeldShown]
    places: Sequence[PlaceShown]
    more: int
    places_title: str


class WhyShown(NamedTuple):
    """What is shown: an answer, or records of which one is meant, or what is near."""

    answer: RecordShown | None
    matches: Sequence[Match]
    near: Sequence[str]
    notes: Sequence[str]


def why(explained: Explained) -> WhyShown:
    """Return how the answer is shown."""
    record = explained.record
    answer = _answer(record) if record else None
    return WhyShown(answer, explained.matches, explained.near, explained.notes)


_PEOPLE = {"pupil", "staff", "service account"}


def people(explained: Explained) -> int:
    """Return how many people are named where the answer is shown: of a class, all its members."""
    record = explained.record
    if record is None:
        return len(explained.matches) + len(explained.near)
    return 1 if record.kind in _PEOPLE else min(len(record.places), SHOWN)


# Of a profile; of the record as a whole: _STANDS.
_TAGS: Mapping[Presence | None, Tag] = {
    Presence.IN: Tag("well", "In"),
    Presence.LEFT_OUT: Tag("warn", "Left out"),
    Presence.NOT_OF_PROFILE: Tag("same", "Not of this profile"),
    None: Tag("none", "Not known"),
}
_YES_NO: Mapping[bool | None, Tag] = {
    True: Tag("yes", "Yes"),
    False: Tag("warn", "No"),
    None: Tag("none", "Not known"),
}


def _answer(record: RecordTold) -> RecordShown:
    tag, stands = _STANDS[record.verdict]
    called = record.name or record.code or record.label or record.our_id
    return RecordShown(
        tag=tag,
        headline=f"{called} {stands}",
        told=_told(record),
        todo=record.todo,
        facts=[*_facts(record)],
        profiles=[_profile(each) for each in sorted(record.profiles, key=_is_of_another)],
        held=[_held(held) for held in record.held],
        places=[_place(place) for place in record.places[:SHOWN]],
        more=max(len(record.places) - SHOWN, 0),
        places_title=_places_title(record),
    )


_STANDS: Mapping[Presence | None, tuple[Tag, str]] = {
    Presence.IN: (_TAGS[Presence.IN], "is in the files for SDS"),
    Presence.LEFT_OUT: (_TAGS[Presence.LEFT_OUT], "is left out of the files for SDS"),
    Presence.NOT_OF_PROFILE: (
        Tag("same", "Of no profile"),
        "is of no profile, so not in the files for SDS",
    ),
    None: (_TAGS[None], "is not known to the newest sets"),
}


def _told(record: RecordTold) -> str:
    """Return what SDS has of the record."""
    newest = record.held[-1] if record.held else None
    if newest is None:
        return "SDS has been given nothing yet that is known."
    if newest.has is None:
        return "What SDS was given last cannot be read any more."
    has = "has" if newest.has else "does not have"
    broken = sum(not place.is_everywhere for place in record.places)
    places = f" Of {len(record.places):,} places in classes {broken:,} are not everywhere."
    return f"SDS {has} it, as far as is known.{places if broken else ''}"


def _facts(record: RecordTold) -> Iterator[tuple[str, str]]:
    told = {
        "School": record.school,
        "Kind": record.kind.capitalize(),
        "Id in iSAMS": record.id,
        "Name": record.name,
        "Code": record.code,
        "Address": record.address,
        **{name[:1].upper() + name[1:]: value for name, value in record.facts.items()},
        "Id in SDS": record.our_id,
    }
    yield from ((name, value) for name, value in told.items() if value)


def _is_of_another(profile: ProfileTold) -> bool:
    return profile.verdict is Presence.NOT_OF_PROFILE


def _profile(profile: ProfileTold) -> ProfileShown:
    rows = [(name, len(listed)) for name, listed in (profile.rows or {}).items()]
    return ProfileShown(
        profile.profile,
        _TAGS[profile.verdict],
        profile.read_at,
        [_asked(rule) for rule in profile.rules],
        rows,
        profile.note,
    )


_OF_EFFECT: Mapping[str, Kind] = {"keeps": "yes", "tells": "yes", "lacks": "same", "bars": "warn"}
_WORDS: Mapping[str, str] = {
    "keeps": "Kept",
    "tells": "Noted",
    "lacks": "Not by this",
    "bars": "Left out",
}


def _asked(rule: Rule) -> RuleShown:
    effect = rule.code.effect
    tag = Tag(_OF_EFFECT[effect], _WORDS[effect])
    return RuleShown(rule.code.question, rule.said, tag, effect == "bars")


def _held(held: HeldTold) -> HeldShown:
    rows = sum(map(len, held.rows.values()))
    return HeldShown(_YES_NO[held.has], held.word, held.handed_at, held.ended_at, rows)


def _place(place: PlaceTold) -> PlaceShown:
    title = place.name or place.label or place.our_id
    note = " ".join(filter(None, (place.label if place.name else "", place.role)))
    marks = (
        ("iSAMS lists it", _YES_NO[place.in_isams]),
        ("Newest files", _YES_NO[place.in_set]),
        ("SDS has it", _YES_NO[place.in_sds]),
    )
    return PlaceShown(title, note, marks)


def _places_title(record: RecordTold) -> str:
    count = len(record.places)
    if record.kind in _PEOPLE:
        return f"{count:,} {'class' if count == 1 else 'classes'}, on the way to Teams"
    return f"{count:,} {'person' if count == 1 else 'people'} in it, on the way to Teams"
