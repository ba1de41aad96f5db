"""Sessions and the Data Lake in the simulator (reference sections 4.3 and 4.4)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from simulators.sds import SdsSimulator
from tests.simulators.sds.sender import CONNECTOR, SESSION_SPELLINGS, Clock, Sender


@pytest.mark.parametrize("path", SESSION_SPELLINGS)
def test_a_session_opens_in_every_spelling(sender: Sender, path: str) -> None:
    """All documented ways to write the function call give a session."""
    body = sender.get(path).json()

    assert body["@odata.type"] == "#microsoft.graph.industryData.fileUploadSession"
    assert body["containerId"] in body["sessionUrl"]


def test_an_unknown_spelling_is_refused(sender: Sender) -> None:
    """A function of the derived type needs the cast or its full name."""
    answer = sender.get(f"/dataConnectors/{CONNECTOR.id}/getUploadSession")

    assert answer.status_code == 404


def test_the_storage_codes_are_those_of_the_data_lake(sender: Sender) -> None:
    """Create, append, flush: 201, 202, 200."""
    assert sender.put(sender.open(), {"orgs.csv": b"a"}) == [201, 202, 200]


def test_without_reset_old_files_are_still_there(sim: SdsSimulator, sender: Sender) -> None:
    """The current session comes back with what it holds; a reset gives an empty one."""
    sender.put(sender.open(), {"orgs.csv": b"old"})
    sender.put(sender.open(reset=False), {"users.csv": b"new"})
    sender.validate()
    sender.put(sender.open(reset=False), {"roles.csv": b"x"})
    sender.open()
    sender.validate()

    assert [sorted(one.files) for one in sim.submissions] == [["orgs.csv", "users.csv"], []]


def test_the_container_before_a_reset_is_gone(sender: Sender) -> None:
    """Who writes on into a session that another sender reset gets 404."""
    first = sender.open()
    sender.open()

    assert sender.storage("PUT", first, "orgs.csv", "resource=file") == 404


def test_a_validated_container_is_gone(sender: Sender) -> None:
    """Validate destroys the container; the next session without reset is fresh."""
    first = sender.open()
    sender.validate()

    assert sender.storage("PUT", first, "orgs.csv", "resource=file") == 404
    assert sender.open(reset=False) != first


@pytest.mark.parametrize(
    "spoil",
    [
        lambda url: url.partition("?")[0] + "?x=1",
        lambda url: url.replace("%2B", "+", 1),
        lambda url: url.replace("sp=racwl", "sp=racwdl"),
    ],
)
def test_a_spoilt_sas_is_refused(sender: Sender, spoil: Callable[[str], str]) -> None:
    """Missing, decoded or changed: 403 AuthenticationFailed in header and JSON."""
    answer = sender.storage_answer("PUT", spoil(sender.open()), "o.csv", "resource=file")

    assert answer.status_code == 403
    assert answer.headers["x-ms-error-code"] == "AuthenticationFailed"
    assert answer.json()["error"]["code"] == "AuthenticationFailed"


def test_a_sas_expires_by_the_clock(sender: Sender, clock: Clock) -> None:
    """After `sessionExpirationDateTime` storage answers 403, and a validate finds nothing."""
    url = sender.open()
    clock.pass_s(14 * 3600)

    assert sender.storage("PUT", url, "orgs.csv", "resource=file") == 403


def test_a_session_can_be_made_to_expire_mid_upload(sim: SdsSimulator, sender: Sender) -> None:
    """After so many writes 403, until a new session is opened; that one lives."""
    url = sender.open()
    sim.expire_session(after_writes=2)

    assert sender.put(url, {"a.csv": b"a", "b.csv": b"b"}) == [201, 202, 403, 403, 403, 403]
    assert sender.put(sender.open(reset=False), {"a.csv": b"a"}) == [201, 202, 200]


def test_a_bearer_token_at_storage_is_refused_and_seen(sim: SdsSimulator, sender: Sender) -> None:
    """The leak of a Graph token to storage is a 400, and is in the log."""
    base, _, sas = sender.open().partition("?")
    answer = sender.http.put(f"{base}/o.csv?{sas}&resource=file", headers=sender.bearer)

    assert answer.status_code == 400
    assert [r.had_authorization for r in sim.requests if r.route == "create"] == [True]


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("action=append&position=1", 400),
        ("action=flush&position=2", 400),
        ("action=flush", 400),
        ("action=append&position=3", 202),
        ("action=flush&position=3", 200),
    ],
)
def test_positions_must_fit(sender: Sender, query: str, status: int) -> None:
    """An append goes on where the file ends, a flush names its length."""
    url = sender.open()
    sender.storage("PUT", url, "o.csv", "resource=file")
    sender.storage("PATCH", url, "o.csv", "action=append&position=0", b"abc")
    content = b"d" if "append" in query else b""

    assert sender.storage("PATCH", url, "o.csv", query, content) == status


def test_several_appends_make_one_file(sim: SdsSimulator, sender: Sender) -> None:
    """Appends at growing positions and one flush give the whole."""
    url = sender.open()
    sender.storage("PUT", url, "orgs.csv", "resource=file")
    for position, part in ((0, b"abc"), (3, b"de")):
        sender.storage("PATCH", url, "orgs.csv", f"action=append&position={position}", part)
    sender.storage("PATCH", url, "orgs.csv", "action=flush&position=5")
    sender.validate()

    assert sim.submissions[0].files == {"orgs.csv": b"abcde"}


def test_an_append_may_flush_as_well(sim: SdsSimulator, sender: Sender) -> None:
    """With `flush=true` what was appended is to be seen at once."""
    url = sender.open()
    for name, flush in (("orgs.csv", "&flush=true"), ("users.csv", "&flush=false")):
        sender.storage("PUT", url, name, "resource=file")
        sender.storage("PATCH", url, name, f"action=append&position=0{flush}", b"abc")
    sender.validate()

    assert sim.submissions[0].files == {"orgs.csv": b"abc"}
    assert sim.submissions[0].unfinished == ("users.csv",)


def test_creating_a_file_again_empties_it(sender: Sender) -> None:
    """Create truncates, unless `If-None-Match: *` asks for a 409."""
    url = sender.open()
    sender.put(url, {"o.csv": b"abc"})
    base, _, sas = url.partition("?")
    answer = sender.http.put(f"{base}/o.csv?{sas}&resource=file", headers={"If-None-Match": "*"})

    assert answer.status_code == 409
    assert sender.put(url, {"o.csv": b"xy"}) == [201, 202, 200]


def test_a_single_put_is_refused(sim: SdsSimulator, sender: Sender) -> None:
    """Put Blob does not work on this SAS, unless the knob says so."""
    base, _, sas = sender.open().partition("?")
    statuses = []
    for refused in (True, False):
        sim.knobs = replace(sim.knobs, single_put_refused=refused)
        headers = {"x-ms-blob-type": "BlockBlob"}
        statuses.append(
            sender.http.put(f"{base}/o.csv?{sas}", content=b"a", headers=headers).status_code
        )

    assert statuses == [400, 201]


def test_unflushed_data_is_invisible_and_told_of(sim: SdsSimulator, sender: Sender) -> None:
    """A file that was appended but not flushed is no part of the set, and is `unfinished`."""
    url = sender.open()
    sender.put(url, {"orgs.csv": b"o"})
    sender.storage("PUT", url, "users.csv", "resource=file")
    sender.storage("PATCH", url, "users.csv", "action=append&position=0", b"u")
    sender.validate()

    assert list(sim.submissions[0].files) == ["orgs.csv"]
    assert sim.submissions[0].unfinished == ("users.csv",)


def test_a_flush_can_keep_less_than_it_says(sim: SdsSimulator, sender: Sender) -> None:
    """The knob for a truncated flush answers 200 and stores a part."""
    sim.knobs = replace(sim.knobs, flush_keeps_percent=50)

    assert sender.put(sender.open(), {"orgs.csv": b"abcd"})[-1] == 200
    sender.validate()
    assert sim.submissions[0].files == {"orgs.csv": b"ab"}


def test_the_log_tells_whether_the_sas_was_kept(sim: SdsSimulator, sender: Sender) -> None:
    """A query that begins with other parameters works, and shows in the log."""
    url = sender.open()
    base, _, sas = url.partition("?")
    sender.http.put(f"{base}/o.csv?resource=file&{sas}")
    sender.http.put(f"{base}/o.csv?{sas}&resource=file")
    storage = [one for one in sim.requests if one.route == "create"]

    assert [(one.status, one.sas_intact) for one in storage] == [(201, False), (201, True)]


def test_the_log_holds_no_secret(sim: SdsSimulator, sender: Sender) -> None:
    """Neither a signature nor a token nor a query is in any line."""
    sender.put(sender.open(), {"orgs.csv": b"a"})
    told = repr(sim.requests)

    assert "sig=" not in told
    assert "?" not in told
    assert not any(token in told for token in sim.tokens)
