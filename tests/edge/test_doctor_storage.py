"""What `check` finds in a real storage: Azurite's blobs and queues."""

from __future__ import annotations

import base64
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from azure.core.exceptions import ResourceNotFoundError
from azure.storage.queue import QueueClient

from simulators.azurite import Azurite
from sync.edge.clock import Budget, Clock, SystemClock
from sync.edge.storage.azure_queues import StorageQueues
from sync.edge.storage.folder import FolderStore
from sync.edge.storage.opening import open_store
from sync.edge.storage.queues import QUEUES, Queue, queue_name
from sync.errors import StoreConflict, StoreRefused
from sync.settings import HostStorage, Settings
from sync.settings.load import load
from sync.steps.doctor import storage as doctor_storage
from sync.steps.doctor.checks import Check, Visit
from sync.steps.doctor.storage import PROBE
from tests.clocks import FakeClock
from tests.conftest import FreshNames
from tests.edge.storage_wire import waits_s
from tests.worlds import ONE_SCHOOL

__all__ = ["waits_s"]  # a fixture

pytestmark = pytest.mark.usefixtures("waits_s")  # nobody waits between tries

WAY_IN = "storage: identity and container"
CLOCK = "clock, against storage"
RIGHTS = "storage: create, read, list, delete"
QUEUES_ROW = "queues of the app"


@pytest.fixture(autouse=True)
def _no_queues(azurite: Azurite) -> Iterator[None]:
    """Begin and end without queues: their names are fixed, and tests share the emulator."""
    _delete_queues(azurite)
    yield
    _delete_queues(azurite)


def settings(connection: str, container: str = "rosters", **others: str) -> Settings:
    storage = {"STORAGE__CONNECTION": connection, "STORAGE__CONTAINER": container}
    place = {"SCHOOLS__NORTHBANK__ISAMS_KEY": "not-used", "STORAGE__FOLDER": ""}
    return load({**ONE_SCHOOL, **place, **storage, **others})


def found(given: Settings, clock: Clock | None = None) -> dict[str, Check]:
    """Return what the doctor finds of storage and queues."""
    ours = clock or SystemClock()
    visit = Visit(ours, Budget.of(ours, 600), lambda _: None)
    return {row.name: row for row in doctor_storage.check_storage(given, visit)}


def forged(azurite: Azurite) -> str:
    """Return the connection string with another key."""
    key = base64.b64encode(b"another key").decode()
    parts = [
        f"AccountKey={key}" if part.startswith("AccountKey=") else part
        for part in azurite.connection.split(";")
    ]
    return ";".join(parts)


# --- Blobs ----------------------------------------------------------------------------------


def test_storage_that_is_well_is_told_as_such(azurite: Azurite, azurite_names: FreshNames) -> None:
    """Way in, clock and rights are each a row."""
    given = settings(azurite.connection, azurite_names.container)
    rows = found(given)

    assert [rows[name].state for name in (WAY_IN, CLOCK, RIGHTS)] == ["ok"] * 3


def test_a_check_can_be_repeated_and_doubled(azurite: Azurite, azurite_names: FreshNames) -> None:
    """One after the other or at once, each finds all well, and one probe is left."""
    given = settings(azurite.connection, azurite_names.container)
    first, second = found(given), found(given)
    at_once: list[dict[str, Check]] = []
    visits = [threading.Thread(target=lambda: at_once.append(found(given))) for _ in range(3)]
    for visit in visits:
        visit.start()
    for visit in visits:
        visit.join()
    opened = open_store(given.storage)

    assert {rows[RIGHTS].state for rows in (first, second, *at_once)} == {"ok"}
    assert [blob.name for blob in opened.blobs("")] == [PROBE]


def test_a_key_that_is_refused_is_told_once(azurite: Azurite) -> None:
    """What waits for a way in is not told as broken."""
    rows = found(settings(forged(azurite)))

    assert isinstance(rows[WAY_IN].error, StoreRefused)
    assert "STORAGE__CONNECTION" in str(rows[WAY_IN].error)
    assert [rows[name].state for name in (CLOCK, RIGHTS)] == ["not tried"] * 2


@pytest.mark.parametrize(
    ("off_s", "state"), [(0, "ok"), (200, "warning"), (-200, "warning"), (900, "wrong")]
)
def test_a_clock_that_is_off_is_told(
    azurite: Azurite, azurite_names: FreshNames, off_s: float, state: str
) -> None:
    """Storage's own `Date` is what ours is compared with."""
    ours = FakeClock(datetime.now(UTC) + timedelta(seconds=off_s))
    row = found(settings(azurite.connection, azurite_names.container), ours)[CLOCK]

    assert row.state == state
    assert bool(row.next) == (state != "ok")


def test_a_probe_that_somebody_has_changed_is_told(tmp_path: Path) -> None:
    """Storage must give back what was written: another text is somebody else's."""
    FolderStore(tmp_path / "rosters").create(PROBE, b"not ours")
    given = load(
        {
            **ONE_SCHOOL,
            "SCHOOLS__NORTHBANK__ISAMS_KEY": "not-used",
            "STORAGE__FOLDER": str(tmp_path / "rosters"),
        }
    )

    assert isinstance(found(given)[RIGHTS].error, StoreConflict)


# --- Queues ---------------------------------------------------------------------------------


def queues_row(azurite: Azurite, names: FreshNames, connection: str) -> Check:
    host = {"AzureWebJobsStorage": connection}
    return found(settings(azurite.connection, names.container, **host))[QUEUES_ROW]


def test_queues_are_told_with_what_they_hold(azurite: Azurite, azurite_names: FreshNames) -> None:
    """Both are there and can be reached."""
    queues = nudges(azurite)
    queues.nudge("pull", {"school": "northbank"})
    queues.nudge("send", {"connector": "x"}, 60)
    queues.nudge("send", {"connector": "x"}, 60)
    row = queues_row(azurite, azurite_names, azurite.connection)

    assert (row.state, row.note.text) == ("ok", "sync-pull holds 1, sync-send holds 2")


def test_a_queue_that_is_not_there_is_a_warning(
    azurite: Azurite, azurite_names: FreshNames
) -> None:
    """The first nudge makes it, so a new app is not broken."""
    nudges(azurite).nudge("pull", {"school": "northbank"})
    row = queues_row(azurite, azurite_names, azurite.connection)

    assert row.state == "warning"
    assert row.next.startswith("sync-send will be made")


@pytest.mark.parametrize(
    ("queue", "message"),
    [
        ("pull", {"school": "southbank"}),
        ("send", {"connector": "somebody's"}),
        ("pull", {"connector": "MIS feed"}),
    ],
)
def test_messages_of_another_app_are_a_warning(
    azurite: Azurite, azurite_names: FreshNames, queue: Queue, message: dict[str, str]
) -> None:
    """Two apps on one host storage take each other's; nothing that is named there is shown."""
    nudges(azurite).nudge("pull", {"school": "northbank"})
    nudges(azurite).nudge("send", {"connector": "MIS feed"})
    before = queues_row(azurite, azurite_names, azurite.connection)
    nudges(azurite).nudge(queue, message)
    row = queues_row(azurite, azurite_names, azurite.connection)

    assert before.state == "ok"
    assert row.state == "warning"
    assert "1 that can be read now name what these settings do not know" in row.note.text
    assert "AzureWebJobsStorage" in row.next
    assert not {*message.values()} & {*f"{row.note.text} {row.next}".split()}


def test_messages_that_were_given_up_on_are_a_warning(
    azurite: Azurite, azurite_names: FreshNames
) -> None:
    """It is told where to look."""
    for queue in QUEUES:
        nudges(azurite).nudge(queue, {})
    with QueueClient.from_connection_string(azurite.connection, "sync-pull-poison") as poison:
        poison.create_queue()
        poison.send_message("x")
    row = queues_row(azurite, azurite_names, azurite.connection)

    assert "GET /api/status" in row.next


def test_queues_that_refuse_us_are_wrong(azurite: Azurite, azurite_names: FreshNames) -> None:
    """With the setting, and the role that is wanted."""
    row = queues_row(azurite, azurite_names, forged(azurite))

    assert isinstance(row.error, StoreRefused)
    assert "Storage Queue Data Contributor" in str(row.error)


@pytest.mark.parametrize("connection", ["", "UseDevelopmentStorage=true"])
def test_queues_that_no_deployment_has_are_not_tried(
    azurite: Azurite, azurite_names: FreshNames, connection: str
) -> None:
    """A terminal needs none, and an emulator may not be running."""
    assert queues_row(azurite, azurite_names, connection).state == "not tried"


def nudges(azurite: Azurite) -> StorageQueues:
    return StorageQueues.opened(HostStorage.model_validate({"connection": azurite.connection}))


def _delete_queues(azurite: Azurite) -> None:
    for name in map(queue_name, QUEUES):
        for each in (name, f"{name}-poison"):
            with QueueClient.from_connection_string(azurite.connection, each) as client:
                try:
                    client.delete_queue()
                except ResourceNotFoundError:
                    continue
