"""What a hundred schools on one connector ask of SDS in a night, and how long they wait.

`python -m tests.simulation` prints all figures; docs/performance.md has them.
"""

from __future__ import annotations

import pytest

from sync.ledger.states import SUBMISSIONS_A_DAY
from tests.simulation.group import Group, Night
from tests.simulation.nights import nights

HAND_OVERS = dict(zip(nights(100), (1, 2, 1, 3, 3), strict=True))


@pytest.mark.parametrize("night", HAND_OVERS, ids=lambda night: night.name)
def test_a_hundred_schools_go_to_sds_together(night: Night) -> None:
    """As few hand-overs as can be, nothing unsent in the morning, and no set waits over 4 h."""
    figures = Group(100).live(night)

    assert figures.hand_overs == HAND_OVERS[night] < SUBMISSIONS_A_DAY
    assert figures.merges == figures.hand_overs
    assert figures.unsent == 0
    assert figures.longest_wait_h < 4.1  # and the minutes until SDS has it
