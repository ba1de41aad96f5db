"""What a day of 1, 10 and 100 schools asks of Azure, as docs/operations.md has it."""

from __future__ import annotations

import re

import pytest

from tests.pages.cost_page import GRANTED, PRICES, month
from tests.pages.parts import ROOT
from tests.simulation.days import DAYS, lived


@pytest.mark.parametrize("schools", DAYS)
def test_the_counts_of_the_page_are_those_of_a_day(schools: int) -> None:
    """Lived through anew: whoever makes a step ask more of storage sees what it costs."""
    assert lived(schools) == DAYS[schools]


def test_a_school_costs_little_more_than_ten_cents_a_month() -> None:
    """Where the free grants are its own; alert rules, who has read and the host's looks apart."""
    assert sum(line.usd(DAYS[1], 1) for line in month() if line.name not in GRANTED) < 0.12


@pytest.mark.parametrize("anchor", PRICES)
def test_each_price_stands_in_the_reference_with_its_source(anchor: str) -> None:
    """Whoever doubts a sum finds the page that the price is from, and when it was read."""
    page, _, name = f"docs/reference/functions.md#{anchor}".partition("#")
    text = (ROOT / page).read_text(encoding="utf-8")
    [fact] = re.findall(rf'^\| <a id="{name}"></a>(.*)$', text, re.MULTILINE)

    assert PRICES[anchor].words in fact
    assert "2026" in fact
