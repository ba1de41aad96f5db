"""What shall be there in SDS, and the requests that make it: values in, values out.

What is wanted says nothing of ids and of now, so its digest is the same before and after a kill.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from typing import Literal

from sync.edge.graph.answers import DATA_LAKE, FORMAT, Json
from sync.edge.graph.setup_values import Kind
from sync.ledger.record import Record

KINDS: tuple[Kind, ...] = ("source", "connector", "year", "flow")
"""In the order in which they are made: each leads to those before it."""

IDENTIFIER = "username"  # the column of our users that holds the address, whole
GROUPS = ("staff", "students")  # in the order in which SDS tries them
_NAMESPACE = "#microsoft.graph.industryData."
_DIGITS = 12

type Match = Literal["userPrincipalName", "mail"]
"""What of an account must be the address of a person."""


class YearWanted(Record):
    """A school year: both days are in it. `code` is as SDS's own list of codes has it."""

    name: str
    code: str
    starts: date
    ends: date

    def meets(self, starts: date, ends: date) -> bool:
        """Say whether a day of it is from *starts* to *ends*."""
        return self.starts <= ends and starts <= self.ends


class SetupWanted(Record):
    """The inbound half of SDS for a connector."""

    connector: str
    source: str
    match: Match
    year: YearWanted

    @property
    def digest(self) -> str:
        """Twelve hexadecimal digits that say what is wanted, all of it."""
        return hashlib.sha256(self.to_json()).hexdigest()[:_DIGITS]

    @property
    def flow(self) -> str:
        """What the inbound flow is called where it is made."""
        return f"{self.connector} {self.year.name}"[:100]

    @property
    def flow_ends(self) -> datetime:
        """The first moment of the year's last day: a flow may not outlast its year."""
        return datetime.combine(self.year.ends, time(), UTC)


type Link = Callable[[Kind], str]
"""How a request names what was made before it."""


def body_of(
    kind: Kind, wanted: SetupWanted, link: Link, group_link: Callable[[str], str], now: str
) -> Json:
    """Return what is sent to make a *kind*; *now* is when a flow begins.

    See docs/reference/sds.md#settings-calls.
    """
    match kind:
        case "source":
            return _source(wanted, group_link)
        case "connector":
            return {
                "@odata.type": f"{_NAMESPACE}{DATA_LAKE}",
                "displayName": wanted.connector,
                "fileFormat": {"code": FORMAT},
                "sourceSystem@odata.bind": link("source"),
            }
        case "year":
            return {
                "displayName": wanted.year.name,
                "year": {"code": wanted.year.code},
                "startDate": wanted.year.starts.isoformat(),
                "endDate": wanted.year.ends.isoformat(),
            }
        case "flow":
            return {
                "@odata.type": f"{_NAMESPACE}inboundFileFlow",
                "displayName": wanted.flow,
                "dataDomain": "educationRostering",
                "effectiveDateTime": now,
                "expirationDateTime": stamp(wanted.flow_ends),
                "dataConnector@odata.bind": link("connector"),
                "year@odata.bind": link("year"),
            }


def stamp(moment: datetime) -> str:
    """Return *moment* as Graph takes it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _source(wanted: SetupWanted, group_link: Callable[[str], str]) -> Json:
    rules = [
        {
            "sourceIdentifier": {"code": IDENTIFIER},
            "matchTarget": {"code": wanted.match},
            "priorityOrder": order,
            "roleGroup@odata.bind": group_link(group),
        }
        for order, group in enumerate(GROUPS)
    ]
    return {"displayName": wanted.source, "vendor": "iSAMS", "userMatchingSettings": rules}
