"""The REST edge in front of a simulated or a mocked iSAMS, in process."""

from __future__ import annotations

from dataclasses import replace

import httpx

from simulators.isams import DEMO_CLIENT_ID, DEMO_CLIENT_SECRET, IsamsSimulator
from simulators.isams.rest_clients import RestClient
from simulators.school import InventedSchool, invent
from sync.edge.isams.rest import RestIsams
from sync.isams.datasets import EXTRAS, TEACHING_FORMS, Wanted
from sync.isams.school import Employee, PersonKey, School
from sync.settings import SchoolSettings
from tests.clocks import FakeClock

CLEAN = invent(60, quirks=False)
BUDGET_S = 180.0
ALL_OF_REST = Wanted(needed=frozenset(EXTRAS) - {TEACHING_FORMS}, tutors=True)


def settings(**more: str) -> SchoolSettings:
    """Return the settings of a school that is read by REST, and has no batch key."""
    return SchoolSettings.model_validate(
        {
            "name": "Northbank School",
            "id": "9990001",
            "isams_host": "northbank.isams.example",
            "isams_api": "rest",
            "isams_client_id": DEMO_CLIENT_ID,
            "isams_client_secret": DEMO_CLIENT_SECRET,
            **more,
        }
    )


def simulated(
    clock: FakeClock, school: InventedSchool = CLEAN, client: RestClient | None = None
) -> IsamsSimulator:
    """Return an iSAMS with one REST client and no batch key."""
    return IsamsSimulator(school, keys=[client or RestClient()], clock=clock.now, sleep=clock.sleep)


def rest_of(simulator: IsamsSimulator, clock: FakeClock, **more: str) -> RestIsams:
    """Return the edge in front of *simulator*, in process."""
    return RestIsams(settings(**more), clock, transport=httpx.WSGITransport(simulator))


def staff_as_in_rest(read: School) -> dict[str, Employee]:
    """Return the employees without what REST does not give of them: their personId.

    See docs/reference/isams.md#rest-employees.
    """
    return {
        key: replace(employee, person=PersonKey(employee.person.guid))
        for key, employee in read.employees.items()
    }
