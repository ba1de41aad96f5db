"""Where a delivery goes in SDS: our connector, and whether what it is given leads anywhere."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sync.edge.clock import Budget
from sync.edge.graph.answers import flow_state, leading_to
from sync.edge.world import World
from sync.errors import ConfigError, TargetRefused
from sync.steps.evidence import usable

# docs/reference/sds.md#flow-state
_DEAD = frozenset({"expired", "disabled", "failed"})


@dataclass(frozen=True, slots=True)
class Destination:
    """Our connector, by name and by SDS's id, and the flows that lead on.

    `flows` is None where they may not be read, or none is known to be ours. `odd` are their states
    that SDS may mean anything by: `notready`, or a word that nobody knows. `ends_at` is when the
    last of them stops; None: SDS does not tell.
    """

    connector: str
    sds_id: str
    flows: tuple[str, ...] | None
    odd: str = ""
    ends_at: datetime | None = None


def find_destination(world: World, connector: str, budget: Budget) -> Destination:
    """Find the connector in SDS, and see whether what it is given can go anywhere.

    Raises:
        ConfigError: two settings mean this connector.
        TargetRefused: it has no flow, or each of its flows is expired, disabled or failed.
    """
    target = world.target()
    known = target.connector(connector, budget)
    if len({known.id, known.name} & world.settings.connectors().keys()) > 1:
        raise ConfigError(
            "two CONNECTOR settings, a name and an id, mean the same connector of SDS: each would"
            " empty what the other sent. Write it in the same way everywhere"
        )
    flows = target.flows(budget)
    ours = None if flows is None else leading_to(flows, known.id)
    if flows is None or ours is None:
        return Destination(connector, known.id, None)
    states = {flow.state for flow in ours}
    _demand_living(states)
    odd = " ".join(sorted(states - _DEAD - {"ready"}))
    return Destination(connector, known.id, usable(flows, known.id), odd, flow_state(ours).ends_at)


def _demand_living(states: set[str]) -> None:
    """Raise `TargetRefused` unless a flow in any of *states* can carry what is sent."""
    if not states:
        raise TargetRefused(
            "this connector has no inbound flow, so what is sent would go nowhere: make a flow,"
            " `isams-sync sds plan`"
        )
    if states <= _DEAD:
        raise TargetRefused(
            "each inbound flow of this connector is expired, disabled or failed: look at it in"
            " School Data Sync. For a new academic year `isams-sync sds next-year` says what to do",
            states=" ".join(sorted(states)),
        )
