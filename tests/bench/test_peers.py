"""What our reading is measured beside does the same work, or the figures would say nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulators.isams.documents import batch_xml
from simulators.school import invent
from sync.isams.batch.reader import read_document
from sync.isams.datasets import BY_METHOD
from sync.isams.school import School
from tests.bench import script_2020
from tests.bench.script_2020 import Parameters

SAMPLES = Path(__file__).parents[1] / "samples" / "script-2020"
PARAMETERS = {  # as in tests/samples/script-2020/README.md
    "all": Parameters(),
    "seniors": Parameters(
        years=("7", "8", "9", "10", "11", "12", "13"),
        excluded=("4",),
        suffix="/2020/21",
        extra_teachers=("t.1@school.example", "svc-sync@school.example"),
    ),
    "prep": Parameters(years=("0", "1", "2", "3", "4", "5", "6"), included=("2", "3")),
}
READERS = ("ElementTree.iterparse", "lxml.etree.iterparse", "xmltodict")
PANDAS = "pandas, set lists alone"


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("peers") / "school.xml"
    path.write_bytes(b"".join(batch_xml(invent(120), BY_METHOD)))
    return path


@pytest.fixture(scope="module")
def school(document: Path) -> School:
    return read_document([document.read_bytes()])


@pytest.mark.parametrize("school", ["clean", "broken"])
@pytest.mark.parametrize("name", PARAMETERS)
def test_the_port_writes_what_the_script_wrote(school: str, name: str, tmp_path: Path) -> None:
    """Row for row in every file, whatever their order, which was none."""
    script_2020.run(SAMPLES / f"{school}.xml", tmp_path, PARAMETERS[name])

    for file in script_2020.HEADERS:
        recorded = SAMPLES / f"{school}-{name}" / f"{file}.csv"
        written = (tmp_path / f"{file}.csv").read_text("utf-8")
        assert sorted(written.splitlines()) == sorted(recorded.read_text("utf-8-sig").splitlines())


@pytest.mark.parametrize("name", READERS)
def test_a_peer_takes_the_records_that_we_take(name: str, document: Path, school: School) -> None:
    """All of each of the five datasets, and of a set its teachers besides."""
    peers = pytest.importorskip("tests.bench.peers", exc_type=ImportError)
    rows = peers.READERS[name](document)

    assert {dataset: len(records) for dataset, records in rows.items()} == {
        dataset: school.counts[dataset] for dataset in peers.WANTED
    }
    addresses = {row[10] for row in rows["Pupil"]}
    assert addresses == {pupil.email for pupil in school.pupils.values()}
    taught = {row[0]: {*row[6:]} for row in rows["Set"]}
    assert {key: {*each.teacher_ids} for key, each in school.sets.items() if each.teacher_ids} == {
        key: staff_ids for key, staff_ids in taught.items() if staff_ids
    }


def test_pandas_takes_every_row_of_a_set_list(document: Path, school: School) -> None:
    """So its time is that of as many rows as ours."""
    peers = pytest.importorskip("tests.bench.peers", exc_type=ImportError)

    assert len(peers.READERS[PANDAS](document)["SetList"]) == school.counts["SetList"]
