"""`ISAMS_CA`: a school's own authority is trusted for its iSAMS, as strictly as any, no further.

Over real sockets; a server of `tests.edge.certificates` answers 403 to whoever trusts it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import SecretStr

from sync.edge.clock import Budget
from sync.edge.graph.identity import graph_tokens
from sync.edge.graph.sds import SdsTarget
from sync.edge.graph.upload import Lake
from sync.edge.storage.azure_blobs import BlobStore
from sync.edge.world import open_source
from sync.errors import ConfigError, SourceRefused, SourceUnreachable, SyncError
from sync.settings import Settings
from sync.settings.load import load
from tests.clocks import FakeClock
from tests.edge.certificates import Authority, Made, serving
from tests.edge.graph_tenant import Signed
from tests.edge.storage_wire import CONTAINER, Credential, waits_s
from tests.worlds import ONE_SCHOOL

__all__ = ["waits_s"]  # a fixture

REST = {
    "SCHOOLS__NORTHBANK__ISAMS_API": "rest",
    "SCHOOLS__NORTHBANK__ISAMS_CLIENT_ID": "00000000-0000-0000-0000-000000000000",
    "SCHOOLS__NORTHBANK__ISAMS_CLIENT_SECRET": "invented-client-secret",
}
NORTHBANK, SOUTHBANK = "SCHOOLS__NORTHBANK__", "SCHOOLS__SOUTHBANK__"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


def settings(port: int, authority: Authority, **more: str) -> Settings:
    """Return settings in which everybody is at *port*, and the school trusts *authority*."""
    here = f"127.0.0.1:{port}"
    return load(
        {
            **ONE_SCHOOL,
            f"{NORTHBANK}ISAMS_KEY": "invented-key",
            f"{NORTHBANK}ISAMS_HOST": here,
            f"{NORTHBANK}ISAMS_CA": authority.file.read_text(),
            "SDS__TENANT_ID": "11111111-1111-1111-1111-111111111111",
            "SDS__CLIENT_ID": "22222222-2222-2222-2222-222222222222",
            "SDS__CLIENT_SECRET": "invented-client-secret",
            "SDS__GRAPH_URL": f"https://{here}",
            "SDS__LOGIN_URL": f"https://{here}",
            "STORAGE__FOLDER": "",
            "STORAGE__ACCOUNT_URL": f"https://{here}",
            **more,
        }
    )


def asked(given: Settings, school: str = "northbank") -> SyncError:
    """Return what comes of asking the school's iSAMS for its subjects."""
    clock = FakeClock(datetime.now(UTC))  # as TLS goes by this machine's own
    source = open_source(given.schools[school], clock)
    with pytest.raises(SyncError) as caught:
        source.subjects(Budget.of(clock, 2))
    return caught.value


@pytest.mark.parametrize("api", [{}, REST])
def test_an_isams_of_the_schools_own_authority_is_read(
    authority: Authority, api: dict[str, str]
) -> None:
    """By either API: its answer comes through, and the machine's own authorities play no part."""
    with serving(authority.context(Made())) as port:
        error = asked(settings(port, authority, **api))

    assert isinstance(error, SourceRefused)
    assert error.facts["status"] == 403


@pytest.mark.parametrize(
    ("made", "cause"),
    [
        (Made(since_days=-9, until_days=-2), "expired"),
        (Made(since_days=2, until_days=9), "not-yet"),
        (Made(by_itself=True), "self-signed"),
        (Made(name="other.example"), "other-name"),
        (Made(strict=False), "certificate"),
    ],
)
def test_its_certificates_are_judged_as_strictly_as_any(
    authority: Authority, made: Made, cause: str
) -> None:
    """Trust in the authority excuses neither time, name nor rule."""
    with serving(authority.context(made)) as port:
        error = asked(settings(port, authority))

    assert error.facts["cause"] == cause


def test_another_authority_is_not_trusted_with_it(authority: Authority, tmp_path: Path) -> None:
    """One certificate, one authority; the message names the setting."""
    with serving(Authority(tmp_path).context(Made())) as port:
        error = asked(settings(port, authority))

    assert error.facts["cause"] == "authority"
    assert "ISAMS_CA" in str(error)


def test_another_schools_isams_does_not_go_by_it(authority: Authority) -> None:
    """Each school's setting is good for its own host alone."""
    with serving(authority.context(Made())) as port:
        two = {
            f"{SOUTHBANK}NAME": "Southbank School",
            f"{SOUTHBANK}ID": "9990002",
            f"{SOUTHBANK}ISAMS_HOST": f"localhost:{port}",
            f"{SOUTHBANK}ISAMS_KEY": "another-invented-key",
            "PROFILES__PREP__SCHOOL": "northbank",
            "PROFILES__SENIORS__SCHOOL": "northbank",
            "PROFILES__SOUTH__SCHOOL": "southbank",
            "PROFILES__SOUTH__YEAR_GROUPS": "7-13",
        }
        error = asked(settings(port, authority, **two), "southbank")

    assert error.facts["cause"] == "authority"


def _graph(given: Settings, clock: FakeClock) -> object:
    return SdsTarget(given.sds, Signed(), clock).connector("nightly", Budget.of(clock, 2))


def _sign_in(given: Settings, clock: FakeClock) -> object:
    return graph_tokens(given.sds, clock).token()


def _lake(given: Settings, clock: FakeClock) -> None:
    where = SecretStr(f"{given.sds.graph_url}/session?sig=canary")
    Lake(clock).put(where, "orgs.csv", b"x", Budget.of(clock, 2))


def _storage(given: Settings, _: FakeClock) -> object:
    url = given.storage.account_url or ""
    return BlobStore.by_identity(url, CONTAINER, Credential).blobs("")


@pytest.mark.usefixtures("waits_s")
@pytest.mark.parametrize("ask", [_graph, _sign_in, _lake, _storage])
def test_microsofts_services_refuse_it(
    authority: Authority, ask: Callable[[Settings, FakeClock], object]
) -> None:
    """A certificate of the school's authority in the place of Microsoft's is none, as before."""
    with serving(authority.context(Made())) as port:
        given = settings(port, authority)
        asked(given)  # the same process trusts it there
        with pytest.raises(SyncError) as caught:
            ask(given, FakeClock())

    assert caught.value.facts["cause"] == "authority"
    assert caught.value.who == "operator"


ENDED, COMING = Made(since_days=-9, until_days=-2), Made(since_days=2, until_days=9)


@pytest.mark.parametrize("api", [{}, REST])
@pytest.mark.parametrize(("made", "says"), [(ENDED, "ended on"), (COMING, "is not valid before")])
def test_an_authority_out_of_its_term_is_the_setting_and_not_isamss_certificate(
    tmp_path: Path, made: Made, says: str, api: dict[str, str]
) -> None:
    """TLS says the same of both; who runs the app must act, and is told the setting and the day."""
    old = Authority(tmp_path, made)
    with serving(old.context(Made())) as port:
        error = asked(settings(port, old, **api))

    assert isinstance(error, SourceUnreachable)
    assert error.who == "operator"
    assert error.facts["cause"] == "authority-out-of-term"
    assert f"in ISAMS_CA {says}" in str(error)
    assert f"127.0.0.1:{port}" in str(error)


def test_where_one_authority_of_two_has_ended_both_ways_are_told(
    authority: Authority, tmp_path: Path
) -> None:
    """Whose certificate it is cannot be known: the school's, or that of the setting."""
    other = Authority(tmp_path, ENDED, "other.example")
    both = authority.file.read_text() + other.file.read_text()
    with serving(authority.context(ENDED)) as port:
        error = asked(settings(port, authority, **{f"{NORTHBANK}ISAMS_CA": both}))

    assert isinstance(error, SourceRefused)
    assert error.facts["cause"] == "expired"
    assert "has expired" in str(error)
    assert "in ISAMS_CA ended on" in str(error)


def test_where_a_successor_stands_beside_it_the_old_authority_does_no_harm(
    authority: Authority, tmp_path: Path
) -> None:
    """Both may stand there while the school changes over."""
    old = Authority(tmp_path, ENDED)
    both = old.file.read_text() + authority.file.read_text()
    with serving(authority.context(Made())) as port:
        answered = asked(settings(port, authority, **{f"{NORTHBANK}ISAMS_CA": both}))
    with serving(authority.context(ENDED)) as port:
        expired = asked(settings(port, authority, **{f"{NORTHBANK}ISAMS_CA": both}))

    assert answered.facts["status"] == 403
    assert "ISAMS_CA" not in str(expired)


def _as_one_line(pem: str) -> str:
    return pem.replace("\n", " ")


def _with_backslashes(pem: str) -> str:
    return pem.strip().replace("\n", "\\n")


def _without_breaks(pem: str) -> str:
    return pem.replace("\n", "")


def _with_carriage_returns(pem: str) -> str:
    return pem.replace("\n", "\r\n")


def _with_nothing_else(pem: str) -> str:
    return pem.replace("\n", "\r")


def _with_their_backslashes(pem: str) -> str:
    return pem.strip().replace("\n", "\\r\\n")


def _after_a_mark(pem: str) -> str:
    return f"\ufeff{pem}"


def _as_openssl_shows_it(pem: str) -> str:
    return pem.replace("-----BEGIN", "subject=CN = authority.example\n-----BEGIN") + "\nbehind\n"


@pytest.mark.parametrize(
    "spoilt",
    [
        _as_one_line,
        _with_backslashes,
        _without_breaks,
        _with_carriage_returns,
        _with_nothing_else,
        _with_their_backslashes,
        _after_a_mark,
        _as_openssl_shows_it,
    ],
)
def test_line_ends_that_were_lost_on_the_way_are_put_back(
    authority: Authority, spoilt: Callable[[str], str]
) -> None:
    """Portals and shells take them away; two certificates, and words between, may follow."""
    pem = authority.file.read_text()
    given = settings(1, authority, **{f"{NORTHBANK}ISAMS_CA": spoilt(pem + pem)})

    assert given.schools["northbank"].isams_ca == (pem + pem).strip()


def test_in_the_json_of_all_schools_it_is_read_likewise(authority: Authority) -> None:
    """Where it has line ends, and words around it as `openssl` writes them."""
    pem = _as_openssl_shows_it(authority.file.read_text())
    school = {"NAME": "N", "ID": "9990001", "ISAMS_HOST": "northbank.isams.example"}
    apart = {name: "" for name in ONE_SCHOOL if name.startswith("SCHOOLS__")}
    whole = {"SCHOOLS_JSON": json.dumps({"northbank": school | {"ISAMS_CA": pem}})}
    given = load({**ONE_SCHOOL, **apart, **whole, f"{NORTHBANK}ISAMS_KEY": "invented-key"})

    assert given.schools["northbank"].isams_ca == authority.file.read_text().strip()


def refused(authority: Authority, value: str) -> str:
    with pytest.raises(ConfigError) as caught:
        settings(1, authority, **{f"{NORTHBANK}ISAMS_CA": value})
    return str(caught.value)


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("/etc/ssl/school.pem", "as PEM text"),
        ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----", "whole and unchanged"),
        ("-----BEGIN CERTIFICATE-----\nAAAA", "as PEM text"),
        ("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----", "without any private key"),
        ("-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----", "and no X509 CRL"),
        (
            "-----BEGIN TRUSTED CERTIFICATE-----\nAAAA\n-----END TRUSTED CERTIFICATE-----",
            "and no TRUSTED CERTIFICATE: `openssl x509 -in FILE` writes it as expected",
        ),
    ],
)
def test_what_is_no_certificate_is_refused_when_settings_are_read(
    authority: Authority, value: str, says: str
) -> None:
    """Never in the night; what is expected is said."""
    said = refused(authority, value)

    assert said.startswith(f"{NORTHBANK}ISAMS_CA: got ")
    assert says in said


@pytest.mark.parametrize(
    "left",
    [
        "-----BEGIN CERTIFICATE-----\nAAAA",
        "AAAA\n-----END CERTIFICATE-----",
        "-----BEGIN CERTIFICATE-----\n?\n-----END CERTIFICATE-----",
    ],
)
@pytest.mark.parametrize("first", [True, False])
def test_a_certificate_that_was_cut_is_not_left_out_unseen(
    authority: Authority, left: str, *, first: bool
) -> None:
    """A whole one before or after it does not make up for it."""
    whole = authority.file.read_text()

    assert "got a value of" in refused(authority, f"{left}\n{whole}" if first else whole + left)


def test_of_a_private_key_nothing_is_repeated(authority: Authority) -> None:
    """Alone or behind a good certificate it is refused, and no line of it stands in the message."""
    authority.context(Made())
    key = (authority.file.parent / "server.pem").read_text().partition("-----BEGIN PRIVATE")
    lines = [line for line in key[2].split("\n") if line.isalnum() or "/" in line or "+" in line]
    pasted = key[1] + key[2]
    said = refused(authority, pasted) + refused(authority, authority.file.read_text() + pasted)

    assert lines
    assert "without any private key" in said
    assert not any(line in said for line in lines)


def test_a_servers_own_certificate_is_refused(authority: Authority, tmp_path: Path) -> None:
    """It would be good until it is renewed, and then nobody would remember."""
    made = Authority(tmp_path)
    made.context(Made())
    shown = (tmp_path / "server.pem").read_text().partition("-----BEGIN PRIVATE")[0]

    assert "not iSAMS's own" in refused(authority, shown)
