"""How SDS is set up in a tenant, as frozen values; `setup_answers` reads them out of JSON.

What SDS does not tell is None: nobody may take it for "not so".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from sync.edge.graph.values import Connector, Flow

type Kind = Literal["source", "connector", "year", "flow"]
"""What is made: a source of records, its connector, a school year, and the inbound flow of both."""


@dataclass(frozen=True, slots=True)
class MatchingRule:
    """How people of `group` (`staff`, `students`; None: not told) are found among accounts.

    The column `identifier` of our users must equal the property `target` of the account; `domain`
    is put behind it. Codes as SDS writes them, "" where it gives none.
    """

    identifier: str
    target: str
    group: str | None = None
    domain: str = ""


@dataclass(frozen=True, slots=True)
class SourceSystem:
    """Where records come from. `matching` in the order in which SDS tries the rules."""

    id: str
    name: str
    matching: tuple[MatchingRule, ...] | None = None


@dataclass(frozen=True, slots=True)
class SchoolYear:
    """A school year of SDS; both days included."""

    id: str
    name: str
    code: str
    starts: date | None
    ends: date | None


@dataclass(frozen=True, slots=True)
class Provisioning:
    """An outbound flow: what SDS makes of rosters. `kind` is Graph's, without its last words.

    `classGroup`, `user`, `securityGroup`, `administrativeUnit`. The last four are told of class
    groups alone: whether they become Teams, whether titles are written only once, and which roles
    in a class become owners and members.
    """

    kind: str
    state: str
    teams: bool | None = None
    title_once: bool | None = None
    owners: tuple[str, ...] | None = None
    members: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class FlowSet:
    """Outbound flows of some schools: `schools` are ids of ours, None: of all, or not told."""

    id: str
    name: str
    schools: tuple[str, ...] | None
    flows: tuple[Provisioning, ...] | None


@dataclass(frozen=True, slots=True)
class CodeKnown:
    """A value that SDS lets a field have, of the list `kind`."""

    kind: str
    code: str
    name: str
    disabled: bool


type Made = SourceSystem | Connector | SchoolYear | Flow


@dataclass(frozen=True, slots=True)
class Inbound:
    """The inbound half of a tenant: all that decides what is made."""

    sources: Sequence[SourceSystem]
    connectors: Sequence[Connector]
    years: Sequence[SchoolYear]
    flows: Sequence[Flow]
