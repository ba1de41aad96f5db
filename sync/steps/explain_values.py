"""Why a record is in SDS or is not, as values, and the JSON document that is made of them.

The terminal and the page show the values; the document is what `POST /api/explain` answers and
`explain --json` prints. They name people.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sync.roster.trace import Presence, Rule
from sync.steps.landed.told import InTeams
from sync.steps.status_values import Json, seconds

type TableRows = Mapping[str, Sequence[Mapping[str, str]]]
"""Rows by the file that they stand in, each by its columns."""


@dataclass(frozen=True, slots=True)
class Match:
    """A record that somebody may mean. `ask` is what to type to mean this one and no other."""

    ask: str
    school: str
    kind: str
    label: str
    name: str
    code: str

    def document(self) -> Json:
        """Return it as JSON values."""
        return {
            "ask": self.ask,
            "school": self.school,
            "kind": self.kind,
            "label": self.label,
            "name": self.name,
            "code": self.code,
        }


@dataclass(frozen=True, slots=True)
class ProfileTold:
    """What a profile made of the record: in its newest set, which was read at `read_at`.

    `verdict` is None where nobody knows: `note` then says why. `rules` are those that were asked.
    `rows` are the record's in the files of the set.
    """

    profile: str
    verdict: Presence | None
    set_id: str = ""
    read_at: datetime | None = None
    rules: Sequence[Rule] = ()
    rows: TableRows | None = None
    note: str = ""

    def document(self) -> Json:
        """Return it as JSON values."""
        return {
            "profile": self.profile,
            "verdict": self.verdict.value if self.verdict else None,
            "set": self.set_id,
            "read_at": _moment(self.read_at),
            "rules": [rule_document(rule) for rule in self.rules],
            "rows": _rows(self.rows),
            "note": self.note,
        }


def rule_document(rule: Rule) -> Json:
    """Return a rule that was asked as JSON values."""
    return {
        "code": rule.code.value,
        "question": rule.code.question,
        "said": rule.said,
        "kept": rule.code.keeps,
    }


@dataclass(frozen=True, slots=True)
class HeldTold:
    """A delivery that SDS may hold, the oldest first; `taken` says that a run of SDS took it.

    `word` is what became of it. `handed_at` is when SDS was given it, `ended_at` when its receipt
    was written: by then SDS's run had ended. `has` says whether the record is in it, None where
    nobody can read that any more; `rows` are the record's in its files.
    """

    connector: str
    delivery: str
    word: str
    taken: bool
    handed_at: datetime
    ended_at: datetime | None
    has: bool | None
    rows: TableRows

    def document(self) -> Json:
        """Return it as JSON values."""
        return {
            "connector": self.connector,
            "delivery": self.delivery,
            "word": self.word,
            "taken": self.taken,
            "handed_at": seconds(self.handed_at),
            "ended_at": _moment(self.ended_at),
            "has": self.has,
            "rows": _rows(self.rows),
        }


@dataclass(frozen=True, slots=True)
class PlaceTold:
    """A place in a class: of a person the class, of a class the person.

    `label` is what iSAMS calls it, `our_id` its id in SDS; either may be "". `in_isams` says that
    iSAMS lists the place, `in_set` that the newest sets have it, `in_sds` that the newest delivery
    has that SDS may hold: None where nobody knows.
    """

    label: str
    name: str
    our_id: str
    role: str
    in_isams: bool
    in_set: bool
    in_sds: bool | None

    @property
    def is_everywhere(self) -> bool:
        """Whether all three agree that it is there."""
        return self.in_isams and self.in_set and self.in_sds is True

    def document(self) -> Json:
        """Return it as JSON values."""
        return {
            "label": self.label,
            "name": self.name,
            "id": self.our_id,
            "role": self.role,
            "in_isams": self.in_isams,
            "in_set": self.in_set,
            "in_sds": self.in_sds,
        }


@dataclass(frozen=True, slots=True)
class RecordTold:
    """All that is known of a record: what iSAMS said, what became of it, and what to do.

    `label` is what iSAMS calls it, `name` what people do, `school` its school's name. `facts` are
    what else iSAMS said. `verdict` is the best of any profile's, None where nobody knows any.
    `places` begin with those that are not everywhere. `todo` is the one thing to do. `in_teams` is
    what the last read-back saw of it, None where nothing is read back.
    """

    kind: str
    id: str
    our_id: str
    label: str
    name: str
    code: str
    address: str
    school: str
    facts: Mapping[str, str]
    verdict: Presence | None
    profiles: Sequence[ProfileTold]
    held: Sequence[HeldTold]
    places: Sequence[PlaceTold]
    todo: str
    in_teams: InTeams | None = None

    def document(self) -> Json:
        """Return it as JSON values."""
        return {
            "kind": self.kind,
            "id": self.id,
            "our_id": self.our_id,
            "label": self.label,
            "name": self.name,
            "code": self.code,
            "address": self.address,
            "school": self.school,
            "facts": dict(self.facts),
            "verdict": self.verdict.value if self.verdict else None,
            "profiles": [profile.document() for profile in self.profiles],
            "sds": [held.document() for held in self.held],
            "places": [place.document() for place in self.places],
            "todo": self.todo,
            "in_teams": self.in_teams.document() if self.in_teams else None,
        }


@dataclass(frozen=True, slots=True)
class Explained:
    """The answer: one `record`; or several `matches` of which one is meant; or what is `near`.

    `notes` say, in sentences, of what nothing is known.
    """

    record: RecordTold | None = None
    matches: Sequence[Match] = ()
    near: Sequence[str] = ()
    notes: Sequence[str] = ()

    def document(self) -> Json:
        """Return it as JSON values."""
        return {
            "record": self.record.document() if self.record else None,
            "matches": [match.document() for match in self.matches],
            "near": list(self.near),
            "notes": list(self.notes),
        }


def _moment(at: datetime | None) -> str | None:
    return None if at is None else seconds(at)


def _rows(rows: TableRows | None) -> dict[str, list[dict[str, str]]]:
    return {file: [dict(row) for row in listed] for file, listed in (rows or {}).items()}
