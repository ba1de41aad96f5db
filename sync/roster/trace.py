"""What the rules said of each record, noted where each decision is made.

Nothing here decides: `sync.roster.people`, `.groups` and `.build` do, and leave a line. What a
record came to follows from its lines alone, and a test holds that against the files.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from sync.roster.finding_codes import FindingCode
from sync.roster.rule_codes import RuleCode

PUPIL, STAFF, SET, SERVICE_ACCOUNT = "pupil", "staff", "set", "service account"
"""Kinds of records. Groups that are no sets are known by what their ids in SDS say they are."""

type Key = tuple[str, str]
"""A record: its kind, and its id in iSAMS."""


class Rule(NamedTuple):
    """A rule that was asked, and what it said: `finding` is what was found by it, if anything."""

    code: RuleCode
    said: str = ""
    finding: FindingCode | None = None

    @property
    def todo(self) -> str:
        """What to do about it, "" if there is nothing."""
        return self.finding.advice if self.finding else self.code.todo


class Presence(StrEnum):
    """What became of a record in a profile."""

    IN = "in"
    LEFT_OUT = "left out"
    NOT_OF_PROFILE = "not of this profile"


def in_order(rules: Iterable[Rule]) -> tuple[Rule, ...]:
    """Return *rules* in the order in which they are told, whatever order iSAMS lists things in."""
    return tuple(sorted(rules, key=_place))


def _place(rule: Rule) -> tuple[int, str]:
    return rule.code.rank, rule.said


def presence(rules: Iterable[Rule]) -> Presence:
    """Return what *rules* come to: what is kept by any and barred by none is in.

    What is not in is left out if a rule bars it, or if there is something to mend; else it is not
    of the profile.
    """
    asked = list(rules)
    barred = any(rule.code.effect == "bars" for rule in asked)
    if not barred and any(rule.code.effect == "keeps" for rule in asked):
        return Presence.IN
    to_mend = any(rule.finding and not rule.code.keeps for rule in asked)
    return Presence.LEFT_OUT if barred or to_mend else Presence.NOT_OF_PROFILE


@dataclass(frozen=True, slots=True)
class Trace:
    """The rules that each record was asked, as they were asked."""

    rules: defaultdict[Key, list[Rule]] = field(default_factory=lambda: defaultdict(list))
    _said: dict[Rule, Rule] = field(default_factory=dict)  # what is said of many is kept once

    def say(self, key: Key, code: RuleCode, said: str = "") -> None:
        """Note that the record was asked, and what was *said*."""
        rule = Rule(code, said)
        self.rules[key].append(self._said.setdefault(rule, rule))

    def found(self, key: Key, finding: FindingCode, said: str = "") -> None:
        """Note that the record was asked, and what was *said*, of which there is a *finding*."""
        self.rules[key].append(Rule(RuleCode.of(finding), said, finding))
