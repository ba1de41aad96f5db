"""A tenant's set-up in memory: what was made is seen late, answers are lost, names may clash."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from sync.edge.clock import Budget
from sync.edge.graph.answers import DATA_LAKE, FORMAT, Json
from sync.edge.graph.setup_values import (
    CodeKnown,
    Inbound,
    Kind,
    Made,
    MatchingRule,
    SchoolYear,
    SourceSystem,
)
from sync.edge.graph.values import Connector, Flow
from sync.errors import TargetUnavailable
from sync.steps.setup.wanted import KINDS, SetupWanted, YearWanted
from tests.crash.processes import Doom

YEAR = YearWanted(name="2026/27", code="2027", starts=date(2026, 9, 1), ends=date(2027, 8, 31))
WANTED = SetupWanted(connector="MIS feed", source="iSAMS", match="userPrincipalName", year=YEAR)
ENDS = datetime(2027, 8, 31, tzinfo=UTC)
RULES = (
    MatchingRule("username", "userPrincipalName", "staff"),
    MatchingRule("username", "userPrincipalName", "students"),
)


@dataclass
class Tenants:
    """What is really there, by kind, and what of it is not seen yet: reads that are left."""

    there: dict[Kind, list[Made]] = field(default_factory=lambda: {kind: [] for kind in KINDS})
    unseen: dict[str, int] = field(default_factory=dict)
    posted: dict[Kind, int] = field(default_factory=lambda: dict.fromkeys(KINDS, 0))

    def put(self, kind: Kind, made: Made) -> None:
        self.there[kind].append(made)


class SetupStandIn:
    """Implements `sync.edge.world.SetupTarget` over *tenant* for one process with its *doom*."""

    def __init__(self, tenant: Tenants, doom: Doom, *, lag_reads: int) -> None:
        self._tenant = tenant
        self._doom = doom
        self._lag_reads = lag_reads

    def inbound(self, _: Budget) -> Inbound:
        return self._doom.around("inbound", self._inbound, _away)

    def codes(self, _: Budget) -> tuple[CodeKnown, ...]:
        return ()

    def one(self, kind: Kind, made_id: str, _: Budget) -> Made | None:
        def look() -> Made | None:
            return next((each for each in self._seen(kind) if each.id == made_id), None)

        return self._doom.around(f"one {kind}", look, _away)

    def make(self, kind: Kind, body: Json, _: Budget) -> str:
        return self._doom.around(f"make {kind}", lambda: self._make(kind, body), _unknown)

    def link(self, kind: Kind, made_id: str) -> str:
        return f"{kind}:{made_id}"

    def group_link(self, group: str) -> str:
        return f"group:{group}"

    def list_url(self, kind: Kind) -> str:
        return kind

    def _inbound(self) -> Inbound:
        return Inbound(
            [each for each in self._seen("source") if isinstance(each, SourceSystem)],
            [each for each in self._seen("connector") if isinstance(each, Connector)],
            [each for each in self._seen("year") if isinstance(each, SchoolYear)],
            [each for each in self._seen("flow") if isinstance(each, Flow)],
        )

    def _seen(self, kind: Kind) -> Sequence[Made]:
        seen = []
        for made in self._tenant.there[kind]:
            left = self._tenant.unseen.get(made.id, 0)
            self._tenant.unseen[made.id] = left - 1
            if left <= 0:
                seen.append(made)
        return seen

    def _make(self, kind: Kind, body: Json) -> str:
        self._tenant.posted[kind] += 1
        made_id = f"{kind}-{len(self._tenant.there[kind]) + 1}"
        self._tenant.put(kind, _made(kind, made_id, body))
        self._tenant.unseen[made_id] = self._lag_reads
        return made_id


def _made(kind: Kind, made_id: str, body: Json) -> Made:
    name = str(body["displayName"])
    match kind:
        case "source":
            return SourceSystem(made_id, name, RULES)
        case "connector":
            return Connector(made_id, name, DATA_LAKE, FORMAT, _linked(body, "sourceSystem"))
        case "year":
            return SchoolYear(made_id, name, YEAR.code, YEAR.starts, YEAR.ends)
        case "flow":
            return Flow(
                made_id,
                _linked(body, "dataConnector"),
                "ready",
                ENDS,
                name,
                _linked(body, "year"),
            )


def _linked(body: Mapping[str, object], name: str) -> str:
    return str(body[f"{name}@odata.bind"]).partition(":")[2]


def _away() -> Exception:
    return TargetUnavailable("Graph gave no answer")


def _unknown() -> Exception:
    return TargetUnavailable("Graph gave no answer", outcome="unknown")
