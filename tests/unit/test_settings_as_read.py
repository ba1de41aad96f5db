"""Settings as they were read: every one of them, and never a secret."""

from __future__ import annotations

from sync.settings import names
from sync.settings.as_read import AsRead, as_read
from sync.settings.load import load, smallest

LEAST = dict(line.split("=", 1) for line in smallest())
KEY = LEAST["SCHOOLS__NORTHBANK__ISAMS_KEY"]


def rows(**more: str) -> dict[str, AsRead]:
    return {row.name: row for row in as_read(load({**LEAST, **more}))}


def test_every_setting_there_is_is_told_but_limits_that_no_school_has() -> None:
    """Also those that nobody has set: what counts then."""
    told = rows()
    declared = {
        names.written(path).replace(names.KEY, "NORTHBANK" if path[0] == "schools" else "SENIORS")
        for path in names.DECLARED
        if path[:3] != ("schools", names.KEY, "limits")
    }

    assert set(told) == declared | {"AzureWebJobsStorage", "AzureWebJobsStorage__queueServiceUri"}


def test_of_a_secret_it_is_told_whether_it_is_set() -> None:
    """And not how long it is."""
    told = rows(
        SDS__CLIENT_SECRET="invented-secret-of-nobody", SDS__CLIENT_ID="x", SDS__TENANT_ID="y"
    )

    assert (told["SDS__CLIENT_SECRET"].value, told["SDS__CERTIFICATE"].value) == ("set", "not set")
    assert told["SCHOOLS__NORTHBANK__ISAMS_KEY"] == AsRead(
        "SCHOOLS__NORTHBANK__ISAMS_KEY", "set", is_set=True, is_secret=True
    )
    assert KEY not in str(told)
    assert "invented-secret" not in str(told)


def test_a_value_is_told_as_it_may_be_written() -> None:
    """Years, times, days, zones and shares: not as Python shows them."""
    written = {
        "PROFILES__SENIORS__YEAR_GROUPS": "7,9-13",
        "PROFILES__SENIORS__GRADES": "-1=PK,14=14",
        "PROFILES__SENIORS__NAMES": "true",
        "PROFILES__SENIORS__EXTRA_TEACHERS": "head@northbank.example,deputy@northbank.example",
        "PROFILES__SENIORS__PUPILS_FROM": "2027-08-20",
        "SCHOOLS__NORTHBANK__PULL_AT": "06:30,22:00",
        "SCHOOLS__NORTHBANK__YEAR_STARTS": "08-15",
        "SCHOOLS__NORTHBANK__TIME_ZONE": "Europe/Rome",
        "SCHOOLS__NORTHBANK__LIMITS__PUPILS_LOST": "5%,7",
    }
    told = rows(**written)

    assert {name: told[name].value for name in written} == written
    assert all(told[name].is_set for name in written)
    assert told["PROFILES__SENIORS__SUFFIX"] == AsRead(
        "PROFILES__SENIORS__SUFFIX", "", is_set=False, is_secret=False
    )


def test_a_default_for_all_is_told_under_its_own_name() -> None:
    """There it must be changed."""
    told = rows(DEFAULTS__PROFILE__SUFFIX="-27")

    assert told["DEFAULTS__PROFILE__SUFFIX"].value == "-27"
    assert "PROFILES__SENIORS__SUFFIX" not in told
