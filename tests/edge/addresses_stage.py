"""A school that lacks addresses, and a tenant whose users have them, in front of the terminal."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Never, cast

import pytest

from simulators.invented.records import InventedSchool, Pupil
from simulators.isams import (
    IsamsSimulator,
    RestChoices,
    RestClient,
    WritingDesk,
    rest_people,
    swagger,
    writing_client,
)
from simulators.isams.rest_clients import WRITE_CLIENT_ID, WRITE_CLIENT_SECRET
from simulators.isams.rest_index import RestIndex
from simulators.school import invent
from simulators.serving import serve
from simulators.staging import isams_settings
from simulators.users import PERSON_TOKEN, DirectoryUser, UserDirectory
from sync.edge.storage.queues import Unqueued
from sync.edge.world import World
from sync.report import Step
from sync.settings import Settings
from sync.terminal.cli import main
from sync.terminal.context import Terminal
from tests.clocks import FakeClock
from tests.edge.cli_stage import Said, Trial, trial
from tests.memory_store import MemoryStore

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


class TypedAnswer(io.StringIO):
    """A terminal at which somebody types an answer."""

    def isatty(self) -> bool:
        return True


@dataclass
class WritingTrial:
    """A terminal at a school that is read by REST and may be written, and what is behind it."""

    isams: IsamsSimulator
    directory: UserDirectory
    clock: FakeClock
    store: MemoryStore
    folder: Path
    settings: dict[str, str]
    capsys: pytest.CaptureFixture[str]
    monkeypatch: pytest.MonkeyPatch

    @property
    def desk(self) -> WritingDesk:
        assert self.isams.rest.writing is not None
        return self.isams.rest.writing

    def sync(self, *words: str, types: str | None = None) -> Said:
        """Type `isams-sync` and *words*, and *types* at its question; None is no terminal."""
        stdin = io.StringIO() if types is None else TypedAnswer(f"{types}\n")
        self.monkeypatch.setattr(sys, "stdin", stdin)
        around = Terminal(self.settings, self.folder, self.clock, self._opened)
        code = main(words, around)
        return Said(code, *self.capsys.readouterr())

    def learn(self, *words: str) -> Said:
        """Save iSAMS's Swagger and learn it."""
        index = RestIndex(self.isams.school, RestChoices())
        student = rest_people.student(index, WHOLE.pupils[0])
        employee = rest_people.employee(index, WHOLE.staff[0])
        file = self.folder / "swagger.json"
        file.write_text(swagger("2.0", [*student], [*employee]))
        return self.sync("addresses", "learn", str(file), *words)

    def _opened(self, settings: Settings, tell: Callable[[Step], None]) -> World:
        nobody = cast("Callable[..., Never]", None)
        return World(
            settings, self.clock, self.store, Unqueued(), nobody, nobody, tell, caller="terminal x"
        )


@contextmanager
def writing_trial(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Generator[WritingTrial]:
    """Yield such a terminal; storage is no folder, and two clients are set."""
    clock, school = FakeClock(), lacking()
    keys = [RestClient(), writing_client()]
    isams = IsamsSimulator(school, keys=keys, clock=clock.now, sleep=clock.sleep)
    isams.rest.writing = WritingDesk(clock.now)
    directory = UserDirectory(users=list(users(school)))
    with serve(isams) as isams_url, serve(directory) as graph_url:
        place = "SCHOOLS__NORTHBANK__"
        settings = {
            **isams_settings(school, isams_url, "rest"),
            **matching(),
            f"{place}WRITE_CLIENT_ID": WRITE_CLIENT_ID,
            f"{place}WRITE_CLIENT_SECRET": WRITE_CLIENT_SECRET,
            "SDS__CONNECTOR": "feed",
            "SDS__GRAPH_URL": graph_url,
            "STORAGE__ACCOUNT_URL": "https://rosters.blob.core.example",
            "GRAPH_TOKEN": PERSON_TOKEN,
        }
        store = MemoryStore(clock)
        yield WritingTrial(isams, directory, clock, store, folder, settings, capsys, monkeypatch)
