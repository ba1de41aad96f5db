"""Error documents: who must act, and that nothing of their free text is passed on."""

from __future__ import annotations

import re

import pytest

from sync.errors import SourceError, SourceMalformed, SourceRefused, SourceUnavailable
from sync.isams.batch.reader import read_document
from sync.isams.error_document import by_status, meaning, read_error
from tests.unit.batch_samples import CANARIES, sample


@pytest.mark.parametrize(
    ("name", "status", "error", "what"),
    [
        ("key", 401, SourceRefused, "does not know this key: check ISAMS_KEY"),
        ("methods", 403, SourceRefused, "tick Current Pupils, Teaching Set Lists under Batch"),
        ("deadlock", 500, SourceUnavailable, "locked or too slow"),
    ],
)
def test_an_error_document_means_the_same_with_any_status(
    name: str, status: int, error: type[SourceError], what: str
) -> None:
    """The root tells data from errors: 200 makes no school of one."""
    body = sample(f"refusal-{name}.xml")
    with pytest.raises(error, match=what) as caught:
        read_document([body])
    by_error_status = read_error(body, status)

    assert type(by_error_status) is type(caught.value)
    assert str(by_error_status) == str(caught.value)
    assert not any(canary in str(caught.value) for canary in CANARIES)


@pytest.mark.parametrize(
    ("message_id", "description", "status", "error", "what"),
    [
        ("InvalidApiKey", "", 500, SourceRefused, "key is active"),
        ("MissingParameter", "", 400, SourceRefused, "finds no key"),
        ("FiltersRequiredException", "", 400, SourceMalformed, "filter"),
        ("MethodsNotAllocatedToKeyException", "???", 403, SourceRefused, "tick Current Staff, .*S"),
        (
            "UnhandledException",
            "Lock request time out period",
            500,
            SourceUnavailable,
            "lock",
        ),
        ("UnhandledException", "Timeout expired.", 200, SourceUnavailable, "slow"),
        (
            "UnhandledException",
            "Data at the root level is invalid",
            500,
            SourceMalformed,
            "request",
        ),
        ("UnhandledException", "Object reference not set", 500, SourceUnavailable, "failed"),
        ("Brandnew", "", 503, SourceUnavailable, "busy"),
        ("Brandnew", "", 403, SourceRefused, "IP, domain"),
        ("", "", 200, SourceMalformed, "do not know"),
    ],
)
def test_each_message_says_who_must_do_what(
    message_id: str, description: str, status: int, error: type[SourceError], what: str
) -> None:
    """Known ids by their meaning, unknown ones by their status."""
    read_as = meaning(message_id, description, status)

    assert type(read_as) is error
    assert re.search(what, str(read_as))


@pytest.mark.parametrize("status", [*range(201, 210), *range(300, 309), *range(400, 452), 500, 599])
def test_no_other_status_than_200_is_good(status: int) -> None:
    """Each gives an error; only what time may heal is to be asked again."""
    read_as = by_status(status)

    assert isinstance(read_as, SourceError)
    assert read_as.retry == (status in {408, 429} or status >= 500)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"nothing known",
        b"<html>Ada Vale</html>",
        b"<Message><MessageId>InvalidApiKey</MessageId>",
        b"<iSAMS/>",
        b"<Other><MessageId>InvalidApiKey</MessageId></Other>",
        b"<Message><Inner><MessageId>InvalidApiKey</MessageId></Inner></Message>",
        b"<Message><MessageId>Ada Vale</MessageId></Message>",
        sample(),
        b"x" * 100_000,
    ],
)
def test_a_body_that_explains_nothing_leaves_the_status_to_speak(body: bytes) -> None:
    """With a bad status even a whole school is an error, and none of the body is repeated."""
    read_as = read_error(body, 503)

    assert str(read_as) == str(by_status(503))
    assert read_as.facts == {"status": 503}


def test_a_truncated_error_document_broke_off() -> None:
    """Half a refusal with status 200 is not taken for a whole one."""
    with pytest.raises(SourceUnavailable):
        read_document([sample("refusal-key.xml")[:-20]])
