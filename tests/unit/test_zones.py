"""Time zones that name no place are told, with the city that is likely meant."""

from __future__ import annotations

import zoneinfo

import pytest

from sync.settings.load import load
from sync.settings.zones import city_for
from tests.worlds import ONE_SCHOOL


@pytest.mark.parametrize(
    ("zone", "city"),
    [
        ("GMT", "Europe/London"),
        ("UTC", "Europe/London"),
        ("GB", "Europe/London"),
        ("EST", "America/New_York"),
        ("MST", "America/Denver"),
        ("Hongkong", "Asia/Hong_Kong"),
        ("Etc/GMT+8", "Europe/London"),
        ("Etc/UTC", "Europe/London"),
        ("Europe/London", ""),
        ("Asia/Hong_Kong", ""),
        ("America/Argentina/Ushuaia", ""),
    ],
)
def test_a_zone_without_a_place_is_offered_a_city(zone: str, city: str) -> None:
    """A city without summer time is right, and stays untold."""
    assert city_for(zone) == city


def test_every_city_that_is_offered_is_a_zone_that_names_its_place() -> None:
    """What is offered for any zone there is can be written, and is not told again."""
    offered = {city for zone in zoneinfo.available_timezones() if (city := city_for(zone))}

    assert offered <= zoneinfo.available_timezones()
    assert not any(city_for(city) for city in offered)


def test_a_doubtful_zone_is_taken_and_told_by_its_setting() -> None:
    """It may be what was meant, so it is no refusal."""
    usual = {**ONE_SCHOOL, "SCHOOLS__NORTHBANK__ISAMS_KEY": "invented-key"}
    (told,) = load({**usual, "SCHOOLS__NORTHBANK__TIME_ZONE": "GMT"}).doubts()

    assert told.startswith("SCHOOLS__NORTHBANK__TIME_ZONE is GMT")
    assert told.endswith("such as Europe/London")
    assert not list(load(usual).doubts())
