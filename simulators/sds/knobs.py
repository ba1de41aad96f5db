"""What the reference leaves open, or what a test wants to go wrong, one field each."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

HOUR_S = 3600.0

CONNECTOR_READ = "IndustryData-DataConnector.Read.All"
CONNECTOR_UPLOAD = "IndustryData-DataConnector.Upload"
CONNECTOR_WRITE = "IndustryData-DataConnector.ReadWrite.All"
READ_BASIC = "IndustryData.ReadBasic.All"
FLOW_READ = "IndustryData-InboundFlow.Read.All"
FLOW_WRITE = "IndustryData-InboundFlow.ReadWrite.All"
RUN_READ = "IndustryData-Run.Read.All"
RUN_START = "IndustryData-Run.Start"

SENDER_ROLES = frozenset(
    {CONNECTOR_READ, CONNECTOR_UPLOAD, READ_BASIC, FLOW_READ, RUN_READ, RUN_START}
)


class Location(StrEnum):
    """What the `Location` of an accepted validate looks like (reference §4.5)."""

    GRAPH = "graph"
    BACKEND = "backend"
    RELATIVE = "relative"
    MISSING = "missing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Knobs:
    """Durations in seconds by the simulator's clock; `None` where it says so means never.

    `operation_status` is the status an operation ends with, any text, None: it never ends.
    It needs `operation_polls` polls and `operation_s` seconds to end, and answers 429 to a poll
    less than `min_poll_s` after the one before. `start_retry_after_s`: None leaves the header out.
    `date_ahead_s` moves the `Date` of every answer.
    `flush_keeps_percent` under 100 stores less than was sent, and says nothing.
    """

    roles: frozenset[str] = SENDER_ROLES
    client_id: str = "3b0c9a54-0000-4000-8000-00000000c11e"
    client_secret: str = "invented-secret"
    token_lifetime_s: float = 3599.0

    page_size: int | None = None
    date_ahead_s: float = 0.0

    session_lifetime_s: float = 14 * HOUR_S
    container_lifetime_s: float = 48 * HOUR_S
    single_put_refused: bool = True
    flush_keeps_percent: int = 100

    bom_breaks_header: bool = True
    location: Location = Location.BACKEND
    operation_polls: int = 2
    operation_s: float = 0.0
    operation_status: str | None = "succeeded"
    min_poll_s: float = 5.0

    auto_run_after_validate: bool = True
    run_duration_s: float | None = HOUR_S
    run_period_s: float = 12 * HOUR_S
    start_budget: int = 5
    start_window_s: float = 12 * HOUR_S
    start_skips_within_s: float = 10 * HOUR_S
    start_retry_after_s: int | None = None
    start_while_running_status: int = 409
    blocking_error: str | None = None
    append_domain: str = ""
