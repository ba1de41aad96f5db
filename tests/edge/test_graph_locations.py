"""What the token may reach: every row of the rule, and every trick that was thought of."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync.edge.graph_locations import allowed, is_graphs_first_place, read
from sync.errors import TargetRefused

PUBLIC = "https://graph.microsoft.com"
CLOUD = "https://graph.sovereign.example"
LOCAL = "http://127.0.0.1:8080"
MORE = "https://sds-proxy.northbank.example:9443/api/sds"
ID = "0b1f8a52-0000-4000-8000-0000000000d1"
TAIL = f"/api/industryData/v0.4-beta/industryData/operations/{ID}"
QUOTED = f"/api/industryData/v0.4-beta/industryData/operations('{ID}')"


@pytest.mark.parametrize(
    "location",
    [
        f"https://sds.microsoft.com{TAIL}",
        f"https://sds.microsoft.com:443{TAIL}",
        f"https://sds.microsoft.com:8698{TAIL}",
        f"HTTPS://SDS.Microsoft.Com:8698{TAIL}?code=a%2Bb",
        f"https://a.b.office.com{TAIL}",
        f"https://sds.office365.com/anything/{ID}",
        f"https://sds.cloud.microsoft:8698{QUOTED}",
        f"https://graph.microsoft.com/beta/industryData/operations/{ID}",
        f"https://edu.trafficmanager.net:8698{TAIL}",
        f"https://edu.trafficmanager.net:8698{TAIL}?x=1",
        f"https://edu.trafficmanager.net:8698{TAIL[:-36]}{ID.upper()}",
        f"https://edu.westeurope.cloudapp.azure.com:8698{QUOTED}",
        f"/beta/external/industryData/operations/{ID}",
        f"operations('{ID}')",
        f"//sds.microsoft.com:8698{TAIL}",
    ],
)
def test_what_microsoft_serves_may_be_asked(location: str) -> None:
    """Named hosts of Microsoft, and SDS's own port and path where anybody can have a name."""
    address = allowed(location, ID, PUBLIC)

    assert address.url.endswith(location.removeprefix("//"))


REFUSED = [
    f"http://sds.microsoft.com{TAIL}",
    f"https://sds.microsoft.com:8443{TAIL}",
    f"https://sds.microsoft.com:80{TAIL}",
    f"https://user@sds.microsoft.com{TAIL}",
    f"https://user:canary@sds.microsoft.com{TAIL}",
    f"https://@sds.microsoft.com{TAIL}",
    f"https://sds.microsoft.com@evil.example{TAIL}",
    f"https://sds.microsoft.com\\@evil.example{TAIL}",
    f"https://evil.example\\.microsoft.com{TAIL}",
    f"https://evil.example#.microsoft.com{TAIL}",
    f"https://evil.example?.microsoft.com{TAIL}",
    f"https://evil.example/.microsoft.com{TAIL}",
    f"https://sds.microsoft.com{TAIL}#canary",
    f"https://sds.microsoft.com.evil.example{TAIL}",
    f"https://evilmicrosoft.com{TAIL}",
    f"https://microsoft.com{TAIL}",
    f"https://.microsoft.com{TAIL}",
    f"https://sds.microsoft.com.{TAIL}",
    f"https://sds..microsoft.com{TAIL}",
    f"https://-sds.microsoft.com{TAIL}",
    f"https://sds_1.microsoft.com{TAIL}",
    f"https://{'a' * 64}.microsoft.com{TAIL}",
    f"https://xn--zzzz99999.microsoft.com{TAIL}",
    f"https://sds.xn--micrsoft-qbh.microsoft.com{TAIL}",
    f"https://m\u00edcrosoft.com{TAIL}",
    f"https://sds.microsoft\u3002com{TAIL}",
    f"https://sds.\uff4dicrosoft.com{TAIL}",
    f"https://sds.microsoft.com%00.evil.example{TAIL}",
    f"https://sds.micro\tsoft.com{TAIL}",
    f"https://sds.microsoft.com{TAIL}\r\nX-Canary: 1",
    f" https://sds.microsoft.com{TAIL}",
    f"https:///sds.microsoft.com{TAIL}",
    f"https:sds.microsoft.com{TAIL}",
    f"https://sds.microsoft.com:{TAIL}",
    f"https://sds.microsoft.com:0{TAIL}",
    f"https://sds.microsoft.com:65536{TAIL}",
    f"https://sds.microsoft.com:8698x{TAIL}",
    f"https://sds.microsoft.com:+443{TAIL}",
    f"https://20.1.2.3:8698{TAIL}",
    f"https://335741443:8698{TAIL}",
    f"https://0x14010203:8698{TAIL}",
    f"https://0x14.1.2.3:8698{TAIL}",
    f"https://024.1.2.3:8698{TAIL}",
    f"https://20.1.515:8698{TAIL}",
    f"https://20.1.2.3.:8698{TAIL}",
    f"https://[2001:db8::1]:8698{TAIL}",
    f"https://[::ffff:20.1.2.3]:8698{TAIL}",
    f"https://[2001:db8::1.microsoft.com]{TAIL}",
    f"https://[::1{TAIL}",
    f"https://127.0.0.1:8698{TAIL}",
    f"https://localhost:8698{TAIL}",
    f"https://edu.trafficmanager.net{TAIL}",
    f"https://edu.trafficmanager.net:443{TAIL}",
    f"http://edu.trafficmanager.net:8698{TAIL}",
    f"https://trafficmanager.net:8698{TAIL}",
    f"https://edu.trafficmanager.net:8698/{ID}",
    f"https://edu.trafficmanager.net:8698/operations/{ID}",
    f"https://edu.trafficmanager.net:8698{TAIL}0",
    f"https://edu.trafficmanager.net:8698{TAIL}/",
    f"https://edu.trafficmanager.net:8698/x?y={TAIL}",
    f"https://edu.trafficmanager.net:8698{TAIL[:-36]}another/{ID}",
    f'https://edu.trafficmanager.net:8698/industryData/operations("{ID}")',
    f"https://edu.cloudapp.azure.com:8699{TAIL}",
    f"https://edu.azure.com:8698{TAIL}",
    f"https://sds.microsoft.com/../x{TAIL}",
    f"https://sds.microsoft.com/%2e%2E/x{TAIL}",
    f"https://sds.microsoft.com/x%2f..%2fy{TAIL}",
    f"https://sds.microsoft.com/..;x{TAIL}",
    f"https://sds.microsoft.com/%252e%252e{TAIL}",
    f"https://sds.microsoft.com/%5c{TAIL}",
    f"https://sds.microsoft.com/%0d%0a{TAIL}",
    f"https://sds.microsoft.com/%zz{TAIL}",
    f"ftp://sds.microsoft.com{TAIL}",
    f"file:///etc/{ID}",
    f"javascript:{ID}",
    f"//evil.example{TAIL}",
    f"//[::1{TAIL}",
    f"\\\\evil.example{TAIL}",
    f"https://sds.microsoft.com/{'a' * 20_000}{TAIL}",
    "https://sds.microsoft.com",
    "",
]  # fmt: skip


@pytest.mark.parametrize("location", REFUSED)
def test_what_could_lead_elsewhere_is_refused(location: str) -> None:
    """Whatever is not plainly allowed is not asked; no part but host and port is told."""
    with pytest.raises(TargetRefused) as caught:
        allowed(location, ID, PUBLIC)

    told = f"{caught.value} {caught.value.facts}"
    assert "canary" not in told.lower()
    assert ID not in told


@pytest.mark.parametrize(
    ("location", "place"),
    [
        (f"https://sds.evil.example:8698{TAIL}?sig=canary", ("sds.evil.example", 8698)),
        (f"http://sds.microsoft.com{TAIL}", ("sds.microsoft.com", 80)),
        (f"https://canary:canary@evil.example{TAIL}", ("evil.example", 443)),
        (f"https://20.1.2.3:8698{TAIL}", ("20.1.2.3", 8698)),
        (f"//evil.example{TAIL}", ("evil.example", 443)),
    ],
)
def test_the_origin_that_was_refused_is_told(location: str, place: tuple[str, int]) -> None:
    """Whoever may say that the host is right reads which it is, and how to allow it."""
    with pytest.raises(TargetRefused, match="SDS__OPERATIONS_URL") as caught:
        allowed(location, ID, PUBLIC)

    assert (caught.value.facts["host"], caught.value.facts["port"]) == place
    assert f"{place[0]}:{place[1]}" in str(caught.value)


@pytest.mark.parametrize(
    ("location", "may"),
    [
        (f"https://graph.sovereign.example{TAIL}", True),
        (f"https://graph.sovereign.example:8698{TAIL}", True),
        (f"/beta/external/industryData/operations/{ID}", True),
        (f"https://graph.sovereign.example:8699{TAIL}", False),
        (f"http://graph.sovereign.example{TAIL}", False),
        (f"https://sds.sovereign.example{TAIL}", False),
        (f"https://sds.microsoft.com:8698{TAIL}", False),
        (f"https://edu.trafficmanager.net:8698{TAIL}", False),
        (f"https://127.0.0.1:8698{TAIL}", False),
    ],
)
def test_for_another_cloud_only_its_own_graph_is_asked(location: str, *, may: bool) -> None:
    """Where Microsoft's public names mean nothing, none of them is trusted."""
    assert is_allowed(location, CLOUD) is may


@pytest.mark.parametrize(
    ("location", "may"),
    [
        (f"http://127.0.0.1:1{TAIL}", True),
        (f"https://localhost:8698{TAIL}", True),
        (f"http://[::1]:65535{TAIL}", True),
        (f"/beta/external/industryData/operations/{ID}", True),
        (f"http://127.1:1{TAIL}", False),
        (f"http://2130706433:1{TAIL}", False),
        (f"http://localhost.:1{TAIL}", False),
        (f"http://localhost.example:1{TAIL}", False),
        (f"http://user@127.0.0.1:1{TAIL}", False),
        (f"https://sds.microsoft.com:8698{TAIL}", False),
        (f"https://edu.trafficmanager.net:8698{TAIL}", False),
    ],
)
def test_for_a_graph_on_this_machine_only_this_machine_is_asked(
    location: str, *, may: bool
) -> None:
    """Whoever tries the simulator sends nothing to the world."""
    assert is_allowed(location, LOCAL) is may


@pytest.mark.parametrize("graph_url", [PUBLIC, CLOUD, LOCAL])
@pytest.mark.parametrize(
    ("location", "may"),
    [
        (f"https://sds-proxy.northbank.example:9443/api/sds/operations/{ID}", True),
        (f"https://SDS-proxy.northbank.example:9443/api/sds/operations/{ID}?x=1", True),
        (f"https://sds-proxy.northbank.example:9443/api/sdsx/operations/{ID}", False),
        (f"https://sds-proxy.northbank.example:9443/api/operations/{ID}", False),
        (f"https://sds-proxy.northbank.example:9443/api/sds/../operations/{ID}", False),
        (f"https://sds-proxy.northbank.example:9443/api/sds/%2e%2e/{ID}", False),
        (f"https://sds-proxy.northbank.example/api/sds/operations/{ID}", False),
        (f"http://sds-proxy.northbank.example:9443/api/sds/operations/{ID}", False),
        (f"https://x.sds-proxy.northbank.example:9443/api/sds/operations/{ID}", False),
    ],
)
def test_one_address_more_can_be_allowed(graph_url: str, location: str, *, may: bool) -> None:
    """The setting is one origin and one path, which begins at a segment."""
    assert is_allowed(location, graph_url, MORE) is may


def is_allowed(location: str, graph_url: str, more: str | None = None) -> bool:
    """Say whether the rule lets the token go there."""
    try:
        allowed(location, ID, graph_url, more)
    except TargetRefused:
        return False
    return True


@pytest.mark.parametrize(
    ("location", "same"),
    [
        (f"{PUBLIC}/beta/external/industryData/operations/{ID}", True),
        (f"{PUBLIC}:443/beta/external/industryData/operations/{ID.upper()}", True),
        (f"{PUBLIC}/beta/external/industryData/operations('{ID}')", True),
        (f"{PUBLIC}/beta/external/industryData/operations/{ID}?x=1", False),
        (f"{PUBLIC}/beta/industryData/operations/{ID}", False),
        (f"{PUBLIC}:8698/beta/external/industryData/operations/{ID}", False),
    ],
)
def test_graphs_own_place_is_known(location: str, *, same: bool) -> None:
    """An address that was asked already is no third place."""
    address = read(location)

    assert address is not None
    assert is_graphs_first_place(address, ID, PUBLIC) is same


HOSTS = st.sampled_from([
    "sds.microsoft.com", "microsoft.com", "edu.trafficmanager.net", "evil.example", "127.0.0.1",
    "x.cloudapp.azure.com", "sds.office.com.evil.example", "[::1]", "graph.microsoft.com", "0x7f.1",
    "x.cloud.microsoft", "sds.microsoft.com.", "a@x.office365.com", "x.office.com\\@evil.example",
])  # fmt: skip
LOCATIONS = st.one_of(
    st.text(max_size=60),
    st.text(alphabet="htps:/.@\\#?%[]0123456789abcdmnorfxi-'()", max_size=80),
    st.builds(
        "{}{}{}{}{}{}".format,
        st.sampled_from(["https://", "http://", "//", "HTTPS://", "https:", "https://a@", ""]),
        HOSTS,
        st.sampled_from(["", ":443", ":8698", ":80", ":", ":99999", ":8698@evil.example"]),
        st.sampled_from(["", "/", TAIL[:-36], "/..", "/%2e%2e/", "\\", "/industryData/operations"]),
        st.sampled_from([ID, ID.upper(), f"('{ID}')", f"/{ID}", "x", ""]),
        st.sampled_from(["", "?a=b", "#c", "\n", "/", " ", "\u3002"]),
    ),
)


@settings(max_examples=10_000, deadline=None)
@given(LOCATIONS)
def test_any_location_is_an_allowed_address_or_an_error(location: str) -> None:
    """Whatever `validate` answers, what is asked then satisfies the rule, said in other words."""
    try:
        address = allowed(location, ID, PUBLIC)
    except TargetRefused:
        return

    sent = httpx.URL(address.url)
    parts = urlsplit(address.url)
    assert (sent.scheme, sent.userinfo, sent.fragment) == ("https", b"", "")
    assert sent.host == parts.hostname == address.host
    assert sent.raw_path.decode().partition("?")[0] == parts.path == address.path
    labels = sent.host.split(".")
    assert all(re.fullmatch(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?", label) for label in labels)
    assert not labels[-1][0].isdigit()
    if ".".join(labels[-2:]) in {
        "microsoft.com", "office.com", "office365.com", "cloud.microsoft",
    }:  # fmt: skip
        assert sent.port in {None, 443, 8698}
        return
    anybody = [["trafficmanager", "net"], ["cloudapp", "azure", "com"]]
    assert any(labels[-len(suffix) :] == suffix and labels != suffix for suffix in anybody)
    assert sent.port == 8698
    assert address.path.split("/industryData/operations")[-1].strip("/()'").lower() == ID
