"""Since when there is something to mend: each finding's first day, and the day on which it closed.

Pure. A profile's new set remembers what its newest set before knew. Days are in school time, and of
the reading: what was new at noon is new at night. Nothing closes but by a whole reading that has it
no more, because nothing else makes a set.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, astuple, dataclass, replace
from datetime import date, timedelta
from typing import Literal

from sync.roster.finding_codes import OF_SETTINGS, FindingCode
from sync.roster.findings import Finding, harm

type State = Literal["new", "open", "mended"]

MENDED_LAST = timedelta(days=7)
"""How long a finding that has closed is told: as long as rosters last, because it names people."""

MANY_NEW = 50
"""More new ones of a kind in a night are hardly as many faults: one thing stands behind all."""


@dataclass(frozen=True, slots=True)
class Dated:
    """A finding with the day on which it was first seen.

    `is_new` says that it was first seen on the day of its set, where there was a set before.
    `mended_on` is the day of the first reading that had it no more; None: it is there.
    """

    finding: Finding
    first_seen: date
    is_new: bool = False
    mended_on: date | None = None

    @property
    def state(self) -> State:
        """Whether it is new, open since its day, or mended."""
        if self.mended_on:
            return "mended"
        return "new" if self.is_new else "open"

    @property
    def told(self) -> str:
        """Its state for people, with the day."""
        words = {
            "new": "new",
            "open": f"open since {self.first_seen}",
            "mended": f"mended {self.mended_on}",
        }
        return words[self.state]

    def row(self) -> dict[str, str]:
        """Return it as `findings` tells it: the finding, what to mend, its state and its days."""
        return {
            **asdict(self.finding),
            "advice": self.finding.code.advice,
            "state": self.state,
            "first_seen": self.first_seen.isoformat(),
            **({"mended_on": self.mended_on.isoformat()} if self.mended_on else {}),
        }


SEVERAL_OF_A_RECORD = OF_SETTINGS | {
    FindingCode.MEMBER_HAS_LEFT,
    FindingCode.MEMBER_KNOWN_BY_SCHOOL_ID,
    FindingCode.TEACHER_NOT_CURRENT,
    FindingCode.JOINED_BY_CASE,
    FindingCode.SUFFIX_SET_APART,
}
"""What a record may have several of: `detail` or, where that is empty, `name` tells them apart."""


def remembered(
    findings: Iterable[Finding], day: date, former: Iterable[Dated] | None
) -> tuple[Dated, ...]:
    """Return *findings*, of a reading on *day*, and what of the *former* has closed; in order.

    *former* is what the newest set before knew; None if there is none that can be read: then
    nothing is new, because nobody knows. What comes back within a week is open since it was first
    seen: a list that iSAMS did not give for a night has mended nothing.
    """
    before = {_identity(each.finding): each for each in former or ()}
    there = [
        _dated(finding, day, before.get(_identity(finding)), is_new=former is not None)
        for finding in sorted(findings, key=astuple)
    ]
    identities = {_identity(each.finding) for each in there}
    gone = [_closed(each, day) for identity, each in before.items() if identity not in identities]
    told = [each for each in gone if each.mended_on and day - each.mended_on < MENDED_LAST]
    return (*there, *sorted(told, key=lambda each: astuple(each.finding)))


def _identity(finding: Finding) -> tuple[FindingCode, str, str]:
    """Return by what a finding is the same one tomorrow: its kind and its record.

    Names are respelt, and details hold counts and who else it is about, so these say nothing but
    where a record may have several of a kind.
    """
    apart = finding.detail or finding.name if finding.code in SEVERAL_OF_A_RECORD else ""
    return finding.code, finding.record, apart


def _dated(finding: Finding, day: date, before: Dated | None, *, is_new: bool) -> Dated:
    if before is None:
        return Dated(finding, day, is_new)
    # Of a day that is to come, by a clock that once ran ahead, nobody can have seen anything.
    first_seen = min(before.first_seen, day)
    return Dated(finding, first_seen, before.state == "new" and before.first_seen == day)


def _closed(before: Dated, day: date) -> Dated:
    return before if before.mended_on else replace(before, mended_on=day)


# -- the files -----------------------------------------------------------------------------------


def to_json(findings: Iterable[Dated]) -> bytes:
    """Return `findings.json`, or `mended.json`: equal findings give equal bytes."""
    rows = [each.row() for each in sorted(findings, key=lambda each: astuple(each.finding))]
    return (json.dumps(rows, indent=1, ensure_ascii=False) + "\n").encode()


def from_json(body: bytes, read_on: date) -> tuple[Dated, ...]:
    """Read what `to_json` wrote, or a version that knew no days: then the first is *read_on*.

    Raises:
        ValueError, TypeError, KeyError: it is none of ours.
    """
    return tuple(_of_row(row, read_on) for row in json.loads(body))


def _of_row(row: Mapping[str, str], read_on: date) -> Dated:
    first_seen, mended_on = row.get("first_seen"), row.get("mended_on")
    return Dated(
        Finding(FindingCode(row["code"]), row["record"], row["name"], row["detail"]),
        date.fromisoformat(first_seen) if first_seen else read_on,
        row.get("state") == "new",
        date.fromisoformat(mended_on) if mended_on else None,
    )


# -- what is told of a kind ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FindingKind:
    """All findings of a kind: those that are there, the new ones first, and after them the mended.

    `older` does not count the `new` ones. `since` is the earliest day of those that are there; None
    if all are mended.
    """

    code: FindingCode
    findings: Sequence[Dated]

    def _of(self, state: State) -> int:
        return sum(each.state == state for each in self.findings)

    @property
    def new(self) -> int:
        """How many are new."""
        return self._of("new")

    @property
    def older(self) -> int:
        """How many were there before."""
        return self._of("open")

    @property
    def mended(self) -> int:
        """How many have closed within a week."""
        return self._of("mended")

    @property
    def since(self) -> date | None:
        """The day since which the oldest is there."""
        there = (each.first_seen for each in self.findings if each.mended_on is None)
        return min(there, default=None)

    @property
    def many_new(self) -> str:
        """What to say of so many new ones that nobody mends one by one; "" if they are few."""
        if self.new <= MANY_NEW:
            return ""
        return (
            f"{self.new:,} new ones of one kind in one night are hardly {self.new:,} faults: look"
            " first for a filter in iSAMS, or for a field that was not filled in"
        )

    def document(self) -> dict[str, object]:
        """Return the counts, safe to show to everybody."""
        return {
            "code": self.code.value,
            "told": self.code.told,
            "became": self.code.advice,
            "who": self.code.mends,
            "new": self.new,
            "open": self.older,
            "mended": self.mended,
            "since": self.since and self.since.isoformat(),
            "many_new": self.many_new,
        }


def kinds(findings: Iterable[Dated]) -> tuple[FindingKind, ...]:
    """Return *findings* by kind, the worst kind first; those that are mended alone come last."""
    by_code = defaultdict[FindingCode, list[Dated]](list)
    for each in sorted(findings, key=_by_state):
        by_code[each.finding.code].append(each)
    all_kinds = [FindingKind(code, tuple(each)) for code, each in by_code.items()]
    return tuple(sorted(all_kinds, key=_by_harm))


_STATES: Sequence[State] = ("new", "open", "mended")


def _by_state(each: Dated) -> tuple[int, tuple[str, ...]]:
    return _STATES.index(each.state), astuple(each.finding)


def _by_harm(kind: FindingKind) -> tuple[bool, int, str]:
    return kind.since is None, harm(kind.code), kind.code.value
