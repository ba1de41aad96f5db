"""Both simulators on loopback, and the app settings that make the app use them."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from simulators.isams import (
    DEMO_CLIENT_ID,
    DEMO_CLIENT_SECRET,
    DEMO_KEY,
    BatchKey,
    IsamsSimulator,
)
from simulators.school import InventedSchool
from simulators.sds import Connector, Knobs, SdsSimulator
from simulators.sds.listening import listening
from simulators.serving import serve
from simulators.users import PERSON_TOKEN

type Api = Literal["batch", "rest"]

SCHOOL = "northbank"
PROFILES: Mapping[str, str] = {"seniors": "7-13", "prep": "3-6"}


@dataclass(frozen=True, slots=True)
class Stage:
    """The two simulators, and the settings by name; `connector` is what SDS calls it."""

    isams: IsamsSimulator
    sds: SdsSimulator
    settings: Mapping[str, str]

    @property
    def connector(self) -> str:
        return self.sds.connectors[0].name


@contextmanager
def staged(
    school: InventedSchool, clock: Callable[[], datetime], knobs: Knobs | None = None
) -> Generator[Stage]:
    """Serve an iSAMS that holds *school*, without its cache, and an SDS, until the block ends."""
    isams = IsamsSimulator(school, keys=[BatchKey(production=False)], clock=clock)
    sds = SdsSimulator(clock=clock, knobs=knobs or Knobs())
    with serve(isams) as isams_url, listening(sds) as sds_url:
        found = isams_settings(school, isams_url) | sds_settings(sds, sds_url)
        yield Stage(isams, sds, found)


def isams_settings(school: InventedSchool, url: str, api: Api = "batch") -> dict[str, str]:
    """Return the settings of one school at *url*, read by *api*, and its two profiles."""
    place = f"SCHOOLS__{SCHOOL.upper()}__"
    proof = {
        "batch": {"ISAMS_KEY": DEMO_KEY},
        "rest": {
            "ISAMS_API": "rest",
            "ISAMS_CLIENT_ID": DEMO_CLIENT_ID,
            "ISAMS_CLIENT_SECRET": DEMO_CLIENT_SECRET,
        },
    }
    return {
        f"{place}NAME": school.name,
        f"{place}ID": "9990001",
        f"{place}ISAMS_HOST": url,
        **{f"{place}{name}": value for name, value in proof[api].items()},
        **{f"PROFILES__{key.upper()}__YEAR_GROUPS": years for key, years in PROFILES.items()},
    }


def address_settings(school: InventedSchool) -> dict[str, str]:
    """Return by what `addresses` matches the school to its tenant, and a person's token."""
    place = f"SCHOOLS__{SCHOOL.upper()}__"
    return {
        f"{place}ADDRESS_MATCH": "employeeId:schoolCode",
        f"{place}ADDRESS_MATCH_STAFF": "employeeId:id",
        f"{place}ADDRESS_DOMAINS": school.domain,
        "GRAPH_TOKEN": PERSON_TOKEN,
    }


def sds_settings(sds: SdsSimulator, url: str) -> dict[str, str]:
    """Return the settings of the connector and of the sign-in, for Graph and login at *url*.

    Where there is no connector yet, one of that name is to be made.
    """
    return {
        "SDS__CONNECTOR": next(iter(sds.connectors), Connector()).name,
        "SDS__TENANT_ID": sds.tenant_id,
        "SDS__CLIENT_ID": sds.knobs.client_id,
        "SDS__CLIENT_SECRET": sds.knobs.client_secret,
        "SDS__GRAPH_URL": url,
        "SDS__LOGIN_URL": url,
    }
