"""What sets and deliveries are called, and what their manifests say."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.edge.storage.store import check_name
from sync.errors import StoreConflict
from sync.ledger import ids, manifests
from sync.ledger.manifests import DeliveryManifest, FileFacts, SetManifest
from sync.ledger.record import Record

PULLED_AT = datetime(2026, 11, 21, 22, 0, 30, 250_000, tzinfo=UTC)
FILES = {
    "users.csv": b"sourcedId,username\r\n9990001-P1,p1@northbank.example\r\n",
    "orgs.csv": b"sourcedId,name,type\r\n",
}
FACTS = manifests.facts(FILES)
DIGEST = "11977ba0f76bc7a824cd661627e6ec56a746edd53881634f2ad090d7322c4503"

SET = SetManifest(
    profile="seniors",
    school="northbank",
    pulled_at=PULLED_AT,
    academic_year=2026,
    digest=DIGEST,
    files=FACTS,
    counts={"students": 1},
    source={"Pupils": 2},
    findings={"pupil-without-email": 1},
    own_grades=("Year 14",),
)
DELIVERY = DeliveryManifest(
    connector="iSAMS nightly",
    sources={"seniors": "20261121T220030Z-11977ba0"},
    pulled_at=PULLED_AT,
    digest=DIGEST,
    files=FACTS,
    counts={"users": 1},
)


def test_facts_are_bytes_rows_and_sha_256() -> None:
    """Rows do not count the header, and files are in name order."""
    assert list(FACTS) == ["orgs.csv", "users.csv"]
    assert FACTS["users.csv"] == FileFacts(
        size_bytes=53, rows=1, sha256=hashlib.sha256(FILES["users.csv"]).hexdigest()
    )
    assert manifests.rows_by_table(FACTS) == {"orgs": 0, "users": 1}


def test_the_digest_of_known_files_never_changes() -> None:
    """A digest that is computed otherwise would make every school look changed for one night."""
    assert manifests.digest(FACTS) == DIGEST
    assert manifests.digest(dict(reversed(FACTS.items()))) == DIGEST


NAMES = st.sampled_from(("orgs.csv", "users.csv", "roles.csv"))
CONTENTS = st.dictionaries(NAMES, st.binary(max_size=3))


@given(CONTENTS, CONTENTS)
def test_only_equal_files_have_equal_digests(
    one: dict[str, bytes], other: dict[str, bytes]
) -> None:
    """A byte, a name or a file more is another digest."""
    first, second = (manifests.digest(manifests.facts(files)) for files in (one, other))

    assert (first == second) is (one == other)


def test_a_file_that_is_what_its_manifest_says_is_given_back() -> None:
    """The check is a gate on the way, not a copy."""
    body = FILES["users.csv"]

    assert manifests.verified("users.csv", body, FACTS["users.csv"]) is body


@pytest.mark.parametrize("body", [b"", FILES["users.csv"][:-1], FILES["users.csv"].upper()])
def test_a_file_that_is_not_what_its_manifest_says_is_refused(body: bytes) -> None:
    """Cut short, or of one length and other bytes; the message says which file, not what."""
    with pytest.raises(StoreConflict) as caught:
        manifests.verified("users.csv", body, FACTS["users.csv"])

    assert str(caught.value) == "a sealed file is not what its manifest says"
    assert caught.value.facts == {"file": "users.csv"}


@pytest.mark.parametrize("manifest", [SET, DELIVERY, FACTS["users.csv"]])
def test_a_manifest_reads_back_as_it_was(manifest: Record) -> None:
    """To the microsecond, and written again it gives the same bytes."""
    body = manifest.to_json()
    read = type(manifest).from_json("manifest.json", body)

    assert read == manifest
    assert read.to_json() == body


def test_a_manifest_is_json_for_people_too() -> None:
    """Sorted, indented, one line end; letters stay letters."""
    body = DELIVERY.model_copy(update={"connector": "Zoë"}).to_json()

    assert list(json.loads(body)) == sorted(DeliveryManifest.model_fields)
    assert body.startswith(b'{\n "connector": "')
    assert '"connector": "Zoë"'.encode() in body
    assert body.endswith(b"}\n")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"[]",
        b"null",
        b"{secret",
        b"\xff\xfe",
        DELIVERY.to_json()[:-20],
        DELIVERY.to_json().replace(b'"connector"', b'"secret"'),
        SET.to_json(),
        json.dumps(json.loads(DELIVERY.to_json()) | {"extra": "secret"}).encode(),
        json.dumps(json.loads(DELIVERY.to_json()) | {"pulled_at": "secret"}).encode(),
        json.dumps(json.loads(DELIVERY.to_json()) | {"files": {"a": "secret"}}).encode(),
    ],
)
def test_a_foreign_record_is_refused_and_not_quoted(body: bytes) -> None:
    """Only what we wrote is read; the message names the blob and none of its content."""
    with pytest.raises(StoreConflict) as caught:
        DeliveryManifest.from_json("manifest.json", body)

    assert str(caught.value) == "a stored record cannot be read"
    assert caught.value.facts == {"blob": "manifest.json"}
    assert caught.value.__cause__ is None


def test_a_set_is_called_after_its_moment_and_what_it_holds() -> None:
    """And its name tells the moment again, to the second."""
    set_id = ids.set_id(PULLED_AT, b"all that it holds")

    assert set_id == "20261121T220030Z-53770ce9"
    assert ids.is_folder_id(set_id)
    assert ids.pulled_at(set_id) == PULLED_AT.replace(microsecond=0)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "claims",
        "20261121T220030Z",
        "20261121T220030Z-11977BA0",
        "20261121T220030Z-11977ba",
        "20261121T220030Z-11977ba0\n",
        "../20261121T220030Z-11977ba0",
        "20261121T220030Z-11977ba0/manifest.json",
    ],
)
def test_what_is_no_id_is_not_taken_for_one(text: str) -> None:
    """Ids come in by HTTP, and lead to blobs."""
    assert not ids.is_folder_id(text)


def test_every_profile_and_school_has_its_folder() -> None:
    """The layout of the container is public: administrators look into it."""
    assert ids.profile_folder("seniors") == "profiles/seniors/"
    assert ids.pulls_folder("northbank") == "schools/northbank/pulls/"


@pytest.mark.parametrize(
    ("connector", "folder"),
    [
        ("iSAMS nightly", "connectors/isams-nightly-8121c431/"),
        ("isams-nightly", "connectors/isams-nightly-73ca16e5/"),
        ("../..", "connectors/connector-0cfd1c96/"),
        ("学校", "connectors/connector-dc6e2aaf/"),
        ("N" * 50, "connectors/" + "n" * 40 + "-7b19b7ea/"),
        ("con", "connectors/con-1143da2b/"),
    ],
)
def test_a_connector_has_a_folder_that_never_changes(connector: str, folder: str) -> None:
    """A folder computed otherwise would lose sight of what SDS last accepted."""
    assert ids.connector_folder(connector) == folder


ODD = st.text("aZ9 ./\\-_\x00é學", min_size=1, max_size=60) | st.text(min_size=1)


@given(ODD)
def test_a_connectors_folder_stays_inside_the_container(connector: str) -> None:
    """Whatever its name: two segments, each one that a blob may have."""
    folder = ids.connector_folder(connector)

    assert folder.startswith("connectors/")
    assert folder.count("/") == 2
    assert check_name(folder + manifests.MANIFEST)


@given(ODD, ODD)
def test_two_connectors_never_share_a_folder(one: str, other: str) -> None:
    """Names that differ in blanks or case only are told apart."""
    same = ids.connector_folder(one) == ids.connector_folder(other)

    assert same is (one == other)


def test_the_version_before_can_read_both_manifests() -> None:
    """It refuses what it does not know, and could read nothing that SDS holds: no field is new.

    But one that is left out where it says nothing: sets by a word are none that it could repeat.
    """
    both = {"pulled_at", "digest", "files", "counts", "withheld", "own_grades"}

    assert set(SetManifest.model_fields) == both | {
        *("profile", "school", "academic_year", "source", "findings", "code_version", "words")
    }
    assert b"words" not in SET.to_json()
    assert set(DeliveryManifest.model_fields) == both | {"connector", "sources", "restores"}
