"""A school that lacks addresses, and a tenant whose users have them, in front of the terminal."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from simulators.invented.records import InventedSchool, Pupil
from simulators.school import invent
from simulators.serving import serve
from simulators.users import PERSON_TOKEN, DirectoryUser, UserDirectory
from tests.edge.cli_stage import Trial, trial

DOMAIN = "northbank.example"
WHOLE = invent(60, quirks=False)
LACKING = 5  # pupils without an address; as many staff


def lacking(school: InventedSchool = WHOLE, count: int = LACKING) -> InventedSchool:
    """Return *school* in which the first pupils and the first staff have no school address."""
    pupils = [replace(each, email="") for each in school.pupils[:count]]
    staff = [replace(each, email="") for each in school.staff[:count]]
    return replace(
        school,
        pupils=(*pupils, *school.pupils[count:]),
        staff=(*staff, *school.staff[count:]),
    )


def user_name(pupil: Pupil) -> str:
    return f"p{pupil.school_id}@{DOMAIN}"


def users(school: InventedSchool) -> Iterable[DirectoryUser]:
    """Yield the account of every pupil, and of every member of staff."""
    for pupil in school.pupils:
        yield DirectoryUser(
            upn=user_name(pupil), surname=pupil.surname, employee_id=pupil.school_code
        )
    for employee in school.staff:
        yield DirectoryUser(
            upn=f"t{employee.id}@{DOMAIN}",
            surname=employee.surname,
            extensions={"extensionAttribute1": str(employee.id)},
        )


def matching() -> dict[str, str]:
    """Return the settings by which that school is matched."""
    place = "SCHOOLS__NORTHBANK__"
    return {
        f"{place}ADDRESS_MATCH": "employeeId:schoolCode",
        f"{place}ADDRESS_MATCH_STAFF": "extensionAttribute1:id",
        f"{place}ADDRESS_DOMAINS": DOMAIN,
    }


@contextmanager
def lacking_trial(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> Generator[tuple[Trial, UserDirectory]]:
    """Yield a terminal at such a school, with a person's token, and the directory."""
    school = lacking()
    directory = UserDirectory(users=list(users(school)))
    with trial(folder, capsys, school) as started, serve(directory) as graph_url:
        started.settings |= matching()
        started.settings |= {"SDS__GRAPH_URL": graph_url, "GRAPH_TOKEN": PERSON_TOKEN}
        yield started, directory
