"""The school's records as files: `datasets` at a terminal, and what a pull keeps on request."""

from __future__ import annotations

import csv
import io
import json
import stat
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest

from simulators.isams import METHODS, BatchKey, batch_xml
from simulators.isams.faults import refused
from simulators.isams.rest_clients import RestClient
from simulators.school import InventedSchool, invent
from sync.edge.clock import Budget
from sync.errors import SyncError
from sync.exports.files import DATASETS_JSON, Exported, export_school
from sync.isams.batch.reader import read_document
from sync.isams.datasets import EXTRAS, Wanted
from sync.ledger import states
from sync.report import Exit, Outcome
from sync.settings.export_kinds import DATASETS
from sync.steps import pull, schedule, tick
from sync.steps.delivery import list_pulls
from sync.steps.needs import datasets_of_school
from sync.steps.sweep import SWEEP_EVERY
from tests.canaries import found_in, text_of
from tests.clocks import FakeClock
from tests.crash.processes import Doom, Killed, Way, doomed
from tests.edge import rest_edge
from tests.edge.cli_stage import Trial, trial
from tests.edge.rest_edge import rest_of, simulated
from tests.mark_names import SEALED
from tests.memory_store import MemoryStore
from tests.worlds import TestWorld, make_world

SCHOOL = invent(60, quirks=False)
SMALL = invent(20, quirks=False)
FILES = {*(f"{name}.csv" for name in DATASETS), DATASETS_JSON}
DAY_S = 24 * 3600.0
ROOMS = "Estate_GetAllBuildingsAndClassrooms"


# --- At a terminal --------------------------------------------------------------------------------


@pytest.fixture
def here(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Trial]:
    with trial(tmp_path, capsys, SCHOOL) as staged:
        yield staged


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def data_rows(file: Path) -> int:
    with file.open(encoding="utf-8", newline="") as lines:
        return len(list(csv.reader(lines))) - 1


def allow(here: Trial, *without: str) -> None:
    """Let the key run every method but those *without*."""
    key = BatchKey(production=False, methods=METHODS - set(without))
    here.stage.isams.keys = {key.guid: key}


def test_every_file_is_written_for_its_user_alone(here: Trial) -> None:
    """All files in a folder of the school's own; nothing is stored, nothing is sent."""
    out = here.folder / "out"
    result = here.sync("datasets", "--out", str(out))
    pupils = out / "northbank" / "pupils.csv"

    assert result.code == Exit.DONE
    assert names(out) == {"northbank"}
    assert names(out / "northbank") == FILES
    assert data_rows(pupils) == 60
    assert stat.S_IMODE(pupils.stat().st_mode) == 0o600
    assert stat.S_IMODE(pupils.parent.stat().st_mode) == 0o700
    assert not (here.folder / "rosters").exists()
    assert not here.stage.sds.requests


def test_rows_and_personal_data_are_told_and_nobody_is_named(here: Trial) -> None:
    """The screen says how many rows, and which files tell of whom, for people and programs."""
    out = here.folder / "out"
    shown = here.sync("datasets", "--out", str(out))
    told = here.sync("datasets", "--out", str(out), "--json").json["schools"]["northbank"]

    assert told["files"]["pupils.csv"] == {"rows": 60, "tells_of": "people by name"}
    assert told["files"]["rooms.csv"]["tells_of"] == "nobody"
    assert all(
        data_rows(out / "northbank" / name) == described["rows"]
        for name, described in told["files"].items()
    )
    assert told["not_told"] == []
    assert any(
        line.split() == ["pupils.csv", "60", "people", "by", "name"]
        for line in shown.out.splitlines()
    )
    assert "personal data" in shown.out
    assert found_in(shown.out + shown.err) == set()


def test_only_asks_for_no_more_than_it_needs(here: Trial) -> None:
    """A key that lacks all other methods is enough, and other files of ours make room."""
    out = here.folder / "out"
    here.sync("datasets", "--out", str(out))
    allow(here, *(method for method in METHODS if method.startswith(("School_", "Timetable_"))))
    result = here.sync("datasets", "--out", str(out), "--only", "rooms", "--only", "SETS")

    assert result.code == Exit.DONE
    assert names(out / "northbank") == {"rooms.csv", "sets.csv", DATASETS_JSON}
    assert "personal data" not in result.out


def test_a_method_that_the_key_may_not_run_is_named(here: Trial) -> None:
    """What is not allowed is not empty: nothing is written, and the school learns what to tick."""
    allow(here, ROOMS)
    result = here.sync("datasets", "--out", str(here.folder / "out"), "--only", "rooms")

    assert result.code == Exit.SOURCE
    assert ROOMS in result.err
    assert not (here.folder / "out").exists()


def test_a_dataset_that_is_empty_is_a_file_of_headings(here: Trial) -> None:
    """A day school has no boarding houses, and that is no fault."""
    here.stage.isams.school = replace(SCHOOL, boarding_houses=(), lessons=())
    result = here.sync("datasets", "--out", str(here.folder / "out"))
    folder = here.folder / "out" / "northbank"

    assert result.code == Exit.DONE
    assert (folder / "boarding-houses.csv").read_bytes() == b"id,code,name,master_ids\r\n"
    assert data_rows(folder / "timetable.csv") == 0


def test_what_was_kept_gives_the_same_files(here: Trial) -> None:
    """--save keeps the document with all its datasets; --from asks iSAMS nothing."""
    kept, out = here.folder / "kept.xml", here.folder
    live = here.sync("datasets", "--out", str(out / "live"), "--save", str(kept))
    asked = len(here.stage.isams.requests)
    again = here.sync("datasets", "--out", str(out / "again"), "--from", str(kept))
    first, second = out / "live" / "northbank", out / "again" / "northbank"

    assert (live.code, again.code) == (Exit.DONE, Exit.DONE)
    assert len(here.stage.isams.requests) == asked
    for name in FILES - {DATASETS_JSON, "school.csv"}:  # they tell the moment, that of the file
        assert (first / name).read_bytes() == (second / name).read_bytes(), name


def test_what_a_document_lacks_was_never_asked_for(here: Trial) -> None:
    """It is not empty: there is no file of it, and it is named."""
    kept = here.folder / "kept.xml"
    kept.write_bytes(b"".join(batch_xml(SCHOOL, METHODS - {ROOMS})))
    result = here.sync("datasets", "--out", str(here.folder / "out"), "--from", str(kept))
    told = json.loads((here.folder / "out" / "northbank" / DATASETS_JSON).read_text())

    assert result.code == Exit.DONE
    assert names(here.folder / "out" / "northbank") == FILES - {"rooms.csv", "buildings.csv"}
    assert "without a file: buildings, rooms" in result.out
    assert told["not_told"] == ["buildings", "rooms"]


def test_a_folder_with_other_files_is_refused(here: Trial) -> None:
    """Somebody's own files are never lost, also when they look like a roster of ours."""
    folder = here.folder / "out" / "northbank"
    folder.mkdir(parents=True)
    (folder / "users.csv").write_text("mine")
    result = here.sync("datasets", "--out", str(here.folder / "out"))

    assert result.code == Exit.USAGE
    assert names(folder) == {"users.csv"}
    assert not here.stage.isams.requests


def test_a_failed_reading_leaves_yesterdays_files(here: Trial) -> None:
    """Whole or not at all."""
    out = here.folder / "out"
    here.sync("datasets", "--out", str(out))
    before = (out / "northbank" / "pupils.csv").read_bytes()
    here.stage.isams.faults = refused(503)
    result = here.sync("datasets", "--out", str(out), "--only", "rooms")

    assert result.code == Exit.LATER
    assert names(out / "northbank") == FILES
    assert (out / "northbank" / "pupils.csv").read_bytes() == before


def test_a_day_may_be_chosen_whose_term_is_told(here: Trial) -> None:
    """What is planned ahead needs the term of its own day; all else is as iSAMS says today."""
    term = SCHOOL.terms[-1]
    out, day = here.folder / "out", term.finishes_on.isoformat()
    result = here.sync("datasets", "--out", str(out), "--only", "school", "--on", day)
    with (out / "northbank" / "school.csv").open(encoding="utf-8", newline="") as lines:
        (row,) = csv.DictReader(lines)

    assert result.code == Exit.DONE
    assert (row["day"], row["term_id"], row["term"]) == (day, str(term.id), term.name)


def test_the_timetable_has_the_headings_of_the_settings(here: Trial) -> None:
    """What iSAMS' import is to be given is the school's to say."""
    here.settings["SCHOOLS__NORTHBANK__TIMETABLE_HEADER"] = "code=SetCode,teacher=Teacher,room=Room"
    here.sync("datasets", "--out", str(here.folder / "out"), "--only", "timetable")
    body = (here.folder / "out" / "northbank" / "timetable.csv").read_bytes()

    assert body.startswith(b"SetCode,Teacher,Room\r\n")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--only", "chairs"), "'chairs' is not one of"),
        (("--from", "kept.xml", "--save", "other.xml"), "--from asks it for nothing"),
        (("--school", "southbank"), "expected northbank"),
        ((), "--out"),
    ],
)
def test_a_mistyped_command_is_told(here: Trial, words: tuple[str, ...], said: str) -> None:
    """Before anything is asked or written."""
    (here.folder / "kept.xml").write_text("")
    out = ("--out", str(here.folder / "out")) if words else ()
    result = here.sync(
        "datasets", *out, *(str(here.folder / w) if w.endswith("xml") else w for w in words)
    )

    assert result.code == Exit.USAGE
    assert said in result.err
    assert not here.stage.isams.requests


# --- By REST --------------------------------------------------------------------------------------


def by_both() -> tuple[Exported, Exported]:
    """Return the files of one school as the two APIs tell it."""
    clock, school, everything = (
        FakeClock(),
        invent(150),
        Wanted(besides=frozenset(EXTRAS), tutors=True),
    )
    rest = rest_of(simulated(clock, school), clock).school(Budget.of(clock, 180), everything)
    batch = read_document(batch_xml(school, METHODS), everything)
    school_settings = rest_edge.settings()
    at = clock.now()
    return export_school(rest, school_settings, at, DATASETS), export_school(
        batch, school_settings, at, DATASETS
    )


def without(body: bytes, *headings: str) -> list[tuple[str, ...]]:
    """Return the rows of a file without some of its columns, sorted."""
    first, *rest = csv.reader(io.StringIO(body.decode(), newline=""))
    stay = [index for index, name in enumerate(first) if name not in headings]
    return sorted(tuple(row[index] for index in stay) for row in rest)


def test_both_apis_give_the_same_files_up_to_what_rest_does_not_tell() -> None:
    """Divisions of pupils, lessons of forms and the rooms of lessons; to the byte all else."""
    rest, batch = by_both()
    differ = {name for name in batch.files if rest.files.get(name) != batch.files[name]}
    pupils = [without(exported.files["pupils.csv"], "division_id") for exported in (rest, batch)]
    lessons = [
        without(exported.files["timetable.csv"], "room", "room_id") for exported in (rest, batch)
    ]
    # Of a set, by somebody who is current: REST has the timetables of current staff.
    of_sets = [{row for row in rows if row[1] and row[5]} for rows in lessons]

    assert rest.manifest.not_told == ("teaching-forms",)
    assert differ == {"teaching-forms.csv", "pupils.csv", "timetable.csv", DATASETS_JSON}
    assert pupils[0] == pupils[1]
    assert of_sets[0] == of_sets[1]
    assert of_sets[0]


def test_a_school_that_is_read_by_rest_has_its_files_too(here: Trial) -> None:
    """The terminal says which one REST does not tell, and names nothing empty that is unknown."""
    client = RestClient()
    here.stage.isams.rest.clients = {client.id.lower(): client}
    here.stage.isams.tokens.admit(client.id, client.secret, client.token_lifetime_s)
    del here.settings["SCHOOLS__NORTHBANK__ISAMS_KEY"]
    api = {"ISAMS_API": "rest", "ISAMS_CLIENT_ID": client.id, "ISAMS_CLIENT_SECRET": client.secret}
    here.settings |= {f"SCHOOLS__NORTHBANK__{name}": value for name, value in api.items()}
    result = here.sync("datasets", "--out", str(here.folder / "out"))

    assert result.code == Exit.DONE
    assert names(here.folder / "out" / "northbank") == FILES - {"teaching-forms.csv"}
    assert "without a file: teaching-forms." in result.out


# --- On Azure, on request -------------------------------------------------------------------------


def keeping(school: InventedSchool = SMALL, names: str = "all") -> TestWorld:
    """Return a world whose pulls keep the files called *names*."""
    return make_world(school, SCHOOLS__NORTHBANK__DATASETS=names)


def kept(world: TestWorld) -> dict[str, dict[str, bytes]]:
    """Return the files that pulls have kept, by pull and attempt."""
    assert isinstance(world.store, MemoryStore)
    files: dict[str, dict[str, bytes]] = {}
    for name, (body, _) in world.store.held.items():
        folder, _, file = name.rpartition("/")
        if "/datasets-" in name:
            files.setdefault(folder.removeprefix("schools/northbank/pulls/"), {})[file] = body
    return files


def of_last(world: TestWorld) -> Mapping[str, bytes]:
    """Return the files of the newest pull's last attempt."""
    newest = list_pulls(world.store, "northbank")[-1]
    return kept(world)[f"{newest.id}/datasets-{states.attempts(newest)}"]


def test_nothing_is_kept_unless_the_settings_say_so() -> None:
    """What nobody asked for is not read and not stored."""
    world = make_world(SMALL)
    step = world.pull()

    assert kept(world) == {}
    assert "exported" not in step.facts
    assert len(world.isams.requests[-1].methods or ()) == 5


def test_a_pull_keeps_the_files_before_it_is_sealed() -> None:
    """The same files as at a terminal, of the very reading that the profiles were made of."""
    world = keeping()
    step = world.pull()
    assert isinstance(world.store, MemoryStore)
    order = [name.rpartition("/")[2] for name in world.store.held if name.startswith("schools/")]
    school_settings = world.world.settings.schools["northbank"]
    read = world.world.source("northbank").school(
        Budget.of(world.clock, 100), datasets_of_school(world.world.settings, "northbank")
    )

    assert step.outcome is Outcome.SEALED
    assert step.facts["exported"] == len(FILES)
    assert of_last(world) == export_school(read, school_settings, world.clock.now(), DATASETS).files
    assert order.index("tried-1.json") < order.index("school.csv")
    assert order[-3:] == [DATASETS_JSON, "school-1.jsonl.gz", "sealed.json"]


def test_the_delivery_does_not_know_of_them() -> None:
    """What is kept beside it changes not a byte of what SDS is sent."""
    plain, more = make_world(SMALL), keeping()
    for world in (plain, more):
        world.pull()
        assert world.send_until_still().outcome is Outcome.DONE

    assert list(plain.sealed_files()) == list(more.sealed_files())


@pytest.mark.parametrize("way", Way)
def test_a_pull_survives_a_fault_at_every_call(way: Way) -> None:
    """Killed or failed anywhere and tried again: the last attempt's files are whole."""
    whole = keeping(names="rooms,pupils")
    whole.pull()
    for at in count(1):
        world = keeping(names="rooms,pupils")
        world.clock.advance(1)
        schedule.ask(world.world, "northbank", "test")
        doom = Doom(at, way)
        with suppress(Killed, SyncError):
            pull.pull(doomed(world, doom), "northbank")
        if len(doom.calls) < at:
            break
        world.clock.advance(states.ATTEMPT_LASTS.total_seconds() + 1)
        assert pull.pull(world.world, "northbank").outcome in {Outcome.SEALED, Outcome.NOTHING}
        last = list_pulls(world.store, "northbank")[-1]
        assert SEALED in last.made_at
        files = of_last(world)
        assert list(files) == ["rooms.csv", "pupils.csv", DATASETS_JSON]
        assert files["pupils.csv"] == of_last(whole)["pupils.csv"]

    assert at > 10


def test_they_go_after_seven_days_like_every_roster() -> None:
    """The pull's marks stay: what was done is known, who was there is not."""
    world = keeping()
    world.pull()
    world.send_until_still()
    first = list_pulls(world.store, "northbank")[-1].id
    for _ in range(8):
        world.clock.advance(DAY_S)
        world.pull()
        tick.tick(world.world)
    world.clock.advance(SWEEP_EVERY.total_seconds())
    while tick.tick(world.world).facts["deleted"]:
        pass
    marks = next(f for f in list_pulls(world.store, "northbank") if f.id == first).made_at

    assert not [name for name in kept(world) if name.startswith(first)]
    assert set(marks) == {"asked.json", "tried-1.json", "sealed.json", "swept.json"}
    assert of_last(world).keys() == FILES


def test_names_are_in_the_files_that_say_so_alone() -> None:
    """P13: steps, status, marks and datasets.json hold not one name."""
    world = keeping(invent(150))
    world.pull()
    world.send_until_still()
    assert isinstance(world.store, MemoryStore)
    named = {
        name.rpartition("/")[2]
        for name, (body, _) in world.store.held.items()
        if found_in(text_of(body))
    }

    assert named <= {
        *("pupils.csv", "employees.csv", "users.csv", "findings.json", "people.json", "why.json"),
        "school-1.jsonl.gz",
    }
    assert named >= {"pupils.csv", "employees.csv"}
    assert found_in("".join(step.line() for step in world.steps)) == set()
