"""The way in on Azure: the page is there where the platform signs in, for whoever has a role."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from simulators.azurite import Azurite
from sync.web import handlers, opening
from sync.web.access import IS_ON, PRINCIPAL, PRINCIPAL_ID, PRINCIPAL_NAME
from sync.web.exchange import Response
from tests.edge.hosted import empty
from tests.edge.page_stage import OWN, drawn, text
from tests.unit.test_callers import OBJECT, SOMEBODY, header, principal
from tests.worlds import ONE_SCHOOL

READER = header((OBJECT, SOMEBODY), ("roles", "Sync.Read"))


@dataclass(frozen=True)
class Sent:
    """A request as the host's library gives it."""

    headers: Mapping[str, str] = field(default_factory=dict)
    method: str = "GET"
    route_params: Mapping[str, str] = field(default_factory=dict)
    params: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def get_body(self) -> bytes:
        return self.body


@pytest.fixture(autouse=True)
def _settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, azurite: Azurite) -> Iterator[None]:
    """Be an app with settings, on which the platform signs in; only its queues are emulated."""
    for name, value in {**ONE_SCHOOL, "SCHOOLS__NORTHBANK__ISAMS_KEY": "invented"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("STORAGE__FOLDER", str(tmp_path))
    monkeypatch.setenv("AzureWebJobsStorage", azurite.connection)
    monkeypatch.setenv(IS_ON, "True")
    opening.world.cache_clear()
    yield
    opening.world.cache_clear()
    empty(azurite)


def front(**headers: str) -> Response:
    return handlers.on_page(Sent(headers))


# -- off -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("said", ["", "False", "0"])
@pytest.mark.parametrize("screen", ["", "held", "static/page.css"])
def test_where_nobody_is_signed_in_there_is_no_page_but_how_to_switch_it_on(
    said: str, screen: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """404 at each address: a page that names children must know who looks."""
    monkeypatch.setenv(IS_ON, said)
    response = handlers.on_page(Sent(route_params={"screen": screen}))

    assert response.status == 404
    assert "authClientId" in text(response)
    assert "docs/deploying.md, Callers who sign in" in text(response)
    assert "Northbank" not in response.body.decode()
    assert "default-src 'none'" in response.headers["Content-Security-Policy"]


def test_a_visitor_who_writes_the_platforms_header_is_not_believed_where_it_is_off(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nobody takes it off there, so anybody could send it: 404 as to all."""
    monkeypatch.delenv(IS_ON)
    response = front(**READER, **{PRINCIPAL_NAME: "jo@northbank.example"})

    assert response.status == 404
    assert "jo@" not in response.body.decode()


def test_off_nothing_is_read_though_settings_are_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stranger is told of no setting."""
    monkeypatch.delenv(IS_ON)
    monkeypatch.setenv("SDS__CONECTOR", "x")

    assert front().status == 404
    assert "CONECTOR" not in front().body.decode()


# -- on --------------------------------------------------------------------------------------------


def test_whoever_is_signed_in_and_may_read_sees_home() -> None:
    """By the roles in the platform's header, at `/` and below `/page/`."""
    shown = front(**READER)
    held = handlers.on_page(Sent(READER, route_params={"screen": "held"}))

    assert (shown.status, held.status) == (200, 200)
    assert "Northbank School" in text(shown)
    assert "Your roles: Sync.Read" in text(shown)


@pytest.mark.parametrize("roles", [(), ("Sync.Names",), ("sync.read",), ("Admin",)])
def test_a_visitor_without_a_role_is_told_which_and_who_gives_it(roles: tuple[str, ...]) -> None:
    """403: everybody of the tenant can sign in, and none of them is somebody by that."""
    claims = (("roles", role) for role in roles)
    response = front(**header((OBJECT, SOMEBODY), *claims))

    assert response.status == 403
    assert "lacks the app role Sync.Read" in text(response)
    assert "Whoever looks after Entra gives you the role" in text(response)
    assert "Northbank" not in response.body.decode()


@pytest.mark.parametrize("headers", [{}, principal("Sync.Read"), {PRINCIPAL: "x"}])
def test_whoever_the_platform_does_not_know_by_an_id_sees_nothing(
    headers: Mapping[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    """403, and a line in the log: an answer could be kept with nobody."""
    with caplog.at_level(logging.INFO, logger="sync"):
        response = front(**headers)

    assert response.status == 403
    assert "sign in with Microsoft Entra" in text(response)
    assert "Northbank" not in response.body.decode()
    assert [line for line in caplog.messages if '"step":"page"' in line.replace(" ", "")]


@pytest.mark.parametrize(
    "name", ["jo@northbank.example", '"><script>alert(1)</script>', "{{7*7}}", "Zoë \u202eoJ"]
)
def test_a_visitor_sees_what_the_platform_calls_them(name: str) -> None:
    """Escaped, for their own eyes: it is written nowhere else."""
    response = front(**READER, **{PRINCIPAL_NAME: name})

    assert name in "".join(data for data, _ in drawn(response).texts)
    assert not [tag for tag, _ in drawn(response).elements if tag == "script"]


def test_the_id_header_is_enough_to_know_who_it_is() -> None:
    """Where the claims hold none: the platform writes both."""
    response = front(**principal("Sync.Run"), **{PRINCIPAL_ID: SOMEBODY})

    assert response.status == 200


@pytest.mark.parametrize("name", [PRINCIPAL, PRINCIPAL.lower(), PRINCIPAL.title()])
def test_a_header_may_come_in_any_case(name: str) -> None:
    """Servers spell them as they like."""
    response = front(**{name: READER[PRINCIPAL]})

    assert response.status == 200


def test_what_is_clicked_is_kept_with_the_visitors_id() -> None:
    """The object id that Entra gives, and not what the platform calls them."""
    runner = header((OBJECT, SOMEBODY), ("roles", "Sync.Run"))
    sent = {**runner, PRINCIPAL_NAME: "jo@northbank.example", **OWN}
    response = handlers.on_page(Sent(sent, "POST", {"screen": "sync"}, body=b"school=northbank"))
    store = opening.world().store
    [asked] = [blob.name for blob in store.blobs("schools/") if blob.name.endswith("asked.json")]
    body = store.read(asked).decode()

    assert response.status == 303
    assert SOMEBODY in body
    assert "jo@" not in body


def test_settings_that_cannot_be_read_are_told_to_whoever_may_look_and_logged(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """500 with the setting and its nearest right name; the same stands in the log."""
    monkeypatch.setenv("SDS__CONECTOR", "x")
    with caplog.at_level(logging.INFO, logger="sync"):
        response = front(**READER)

    assert response.status == 500
    assert "A setting is wrong" in text(response)
    assert "SDS__CONECTOR" in text(response)
    assert [line for line in caplog.messages if "ConfigError" in line]


def test_settings_are_told_to_nobody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever has no role is told that, and of no setting."""
    monkeypatch.setenv("SDS__CONECTOR", "x")
    response = front(**header((OBJECT, SOMEBODY)))

    assert response.status == 403
    assert "CONECTOR" not in response.body.decode()
