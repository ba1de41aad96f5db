"""More instances read more schools at a time, and nothing happens twice.

`python -m tests.scale` has a hundred schools, and measures; docs/performance.md has the figures.
"""

from __future__ import annotations

import pytest

from tests.scale.runs import run

SCHOOLS, INSTANCES = 5, 2


@pytest.mark.longest
def test_two_instances_read_two_schools_at_a_time_and_none_is_read_twice() -> None:
    """Though every message comes twice: one attempt, one answer, one set each, one delivery."""
    figures = run(SCHOOLS, INSTANCES, wait_s=1.0, copies=2)

    assert figures.sealed == SCHOOLS
    assert figures.most_at_once == INSTANCES
    assert (figures.most_attempts, figures.most_asked, figures.most_sets) == (1, 1, 1)
    assert (figures.deliveries, figures.hand_overs) == (1, 1)
    assert figures.ran["pull:ok"] >= 2 * SCHOOLS
