"""Random schools with seeded omissions: what is told is what was done, and nothing else."""

from __future__ import annotations

from collections import Counter

import pytest

from sync.sds.landed.kinds import Differs
from tests.edge.landed_schools import told_and_wanted, trial

SEEDS = 100  # 300 take twenty seconds: python -m tests.edge.landed_schools 300
GROUPS = 10


@pytest.mark.parametrize("group", range(GROUPS))
def test_what_is_told_is_what_was_done_and_nothing_else(group: int) -> None:
    """Every seeded omission by its kind; and of a school as it was sent, nothing."""
    assert [seed for seed in range(group, SEEDS, GROUPS) if not told_and_wanted(seed)] == []


def test_the_seeds_hold_every_kind() -> None:
    """So that none of them passes because it never happens."""
    kinds = Counter[Differs]()
    for seed in range(40):
        here = trial(seed)
        here.look()
        here.mischief()
        kinds.update(key.kind for key in here.wanted)

    assert {*kinds} == {*Differs}
