"""A run's statistics as they are kept beside a delivery, for the processes that come later."""

from __future__ import annotations

from dataclasses import asdict

from sync.edge.graph.values import Counts, Statistics
from sync.ledger.marks import Counted


def as_record(statistics: Statistics | None) -> Counted:
    """Return *statistics* as they are kept; None: SDS has none to give."""
    if statistics is None:
        return Counted(totals=None, activities=None)
    return Counted.model_validate(asdict(statistics))


def as_statistics(record: Counted) -> Statistics | None:
    """Return what was kept; None: SDS had none to give."""
    if record.totals is None:
        return None
    activities = None
    if record.activities is not None:
        activities = {
            flow: Counts(**counts.model_dump()) for flow, counts in record.activities.items()
        }
    return Statistics(Counts(**record.totals.model_dump()), activities)
