"""An account with a hierarchical namespace lists its directories as blobs: they are none."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from sync.edge.storage.azure_blobs import BlobStore
from sync.ledger import retention
from tests.edge.storage_wire import ACCOUNT_URL, CONTAINER, Credential, Wire, answering

NOW = datetime(2026, 11, 29, 3, 30, tzinfo=UTC)
FILES = (
    "asked.json",
    "tried-1.json",
    "datasets-1/pupils.csv",
    "datasets-1/datasets.json",
    "sealed.json",
)


def blob_xml(name: str, made_at: datetime, kind: str = "application/octet-stream") -> str:
    length = 9 if kind else 0
    at = format_datetime(made_at, usegmt=True)
    return (
        f"<Blob><Name>{name}</Name><Properties><Creation-Time>{at}</Creation-Time>"
        f"<Last-Modified>{at}</Last-Modified><Etag>0x1</Etag>"
        f"<Content-Length>{length}</Content-Length><Content-Type>{kind}</Content-Type>"
        "<BlobType>BlockBlob</BlobType></Properties></Blob>"
    )


def directory_xml(name: str, made_at: datetime) -> str:
    return blob_xml(name, made_at, kind="").replace(
        "<BlobType>", "<ResourceType>directory</ResourceType><BlobType>"
    )


def store_of(entries: Iterable[str]) -> BlobStore:
    """Return a store whose listing has these *entries*, whatever it is asked."""
    listing = (
        '<?xml version="1.0"?><EnumerationResults ServiceEndpoint="https://canary.example/"'
        f' ContainerName="rosters"><Blobs>{"".join(entries)}</Blobs><NextMarker/>'
        "</EnumerationResults>"
    )
    wire = Wire(answering(200, listing.encode()))
    return BlobStore.by_identity(ACCOUNT_URL, CONTAINER, Credential, transport=wire.transport())


def pulls(*, hierarchical: bool) -> BlobStore:
    """Return a store with the pulls of 40, 20 and 1 days ago, each with the records of pupils."""
    entries = []
    if hierarchical:
        entries += [directory_xml(each, NOW) for each in ("schools", "schools/northbank")]
        entries.append(directory_xml("schools/northbank/pulls", NOW))
    for days in (40, 20, 1):
        at = NOW - timedelta(days=days)
        pull = f"schools/northbank/pulls/{at:%Y%m%dT%H%M%SZ}"
        if hierarchical:
            entries += [directory_xml(pull, at), directory_xml(f"{pull}/datasets-1", at)]
        entries += [blob_xml(f"{pull}/{name}", at) for name in FILES]
    return store_of(entries)


def test_directories_are_no_blobs() -> None:
    """The listing is that of a flat account, to the name."""
    listed = pulls(hierarchical=True).blobs("schools/northbank/")

    assert listed == pulls(hierarchical=False).blobs("schools/northbank/")


def test_a_directory_that_a_sweep_has_emptied_is_none_either() -> None:
    """Nothing goes on below it any more; it is told by its having no kind of content."""
    empty = directory_xml("schools/northbank/pulls/20261020T033000Z/datasets-1", NOW)

    assert store_of([empty]).blobs("schools/") == []


def test_an_empty_blob_is_one() -> None:
    """It has a kind of content: nothing that was written is ever left out of a listing."""
    listed = store_of([blob_xml("a/b", NOW).replace(">9<", ">0<")]).blobs("a/")

    assert [(blob.name, blob.size_bytes) for blob in listed] == [("a/b", 0)]


@pytest.mark.parametrize("hierarchical", [False, True])
def test_pupils_records_are_swept_whatever_the_account(*, hierarchical: bool) -> None:
    """No directory comes before its contents, to be refused: the files alone go."""
    listed = pulls(hierarchical=hierarchical).blobs("schools/northbank/")
    sweeps = list(retention.of_pulls("northbank", listed, NOW, known=True))
    going = [name for sweep in sweeps for name in sweep.names]

    assert [name.rpartition("/")[2] for name in going if "datasets-1" in name] == [
        "datasets.json",
        "pupils.csv",
    ] * 2
    assert not [name for name in going if name.endswith("datasets-1")]
