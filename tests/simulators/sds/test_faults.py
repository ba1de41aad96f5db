"""Scripted faults, error documents, hosts and sockets of the simulator."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest
from werkzeug.http import http_date

from simulators.sds import Answer, Knobs, SdsSimulator
from simulators.serving import serve
from tests.simulators.sds.sender import GRAPH, SESSION_SPELLINGS, Clock, Sender, school


@pytest.mark.parametrize("status", [401, 403, 404, 409, 429, 503])
@pytest.mark.parametrize("retry_after", [None, "7", http_date(Clock().now)])
def test_a_scripted_answer_is_given_once(
    sim: SdsSimulator, sender: Sender, status: int, retry_after: str | None
) -> None:
    """The next call of the route meets it, with its Retry-After; the one after does not."""
    sim.fail_next("dataConnectors", Answer(status, retry_after))
    sender.get("/runs")
    first, second = sender.get("/dataConnectors"), sender.get("/dataConnectors")

    assert (first.status_code, first.headers.get("Retry-After")) == (status, retry_after)
    assert second.status_code == 200


def test_a_fault_may_wait_and_last(sim: SdsSimulator, sender: Sender) -> None:
    """*skip* lets calls pass, *times* None lasts until healed; storage says it its own way."""
    sim.fail_next("append", Answer(503), times=None, skip=1)
    url = sender.open()
    first = sender.put(url, {"a.csv": b"a", "b.csv": b"b", "c.csv": b"c"})
    sim.heal()

    assert [status for status in first if status >= 500] == [503, 503]
    assert sender.put(url, {"a.csv": b"a"}) == [201, 202, 200]


def test_an_answer_can_be_lost_after_the_deed(sim: SdsSimulator, sender: Sender) -> None:
    """With *done* the validate is accepted, and the sender is told otherwise or nothing."""
    sim.fail_next("validate", Answer(503), done=True)
    sim.fail_next("validate", httpx.ReadTimeout("lost"), done=True)
    sender.put(sender.open(), school())

    assert sender.validate().status_code == 503
    with pytest.raises(httpx.ReadTimeout):
        sender.validate()
    assert [len(one.files) for one in sim.submissions] == [5, 0]
    assert [one.status for one in sim.requests if one.route == "validate"] == [503, 0]


@pytest.mark.parametrize("ahead_s", [0, 600, -600])
def test_the_date_of_answers_may_be_off(clock: Clock, ahead_s: float) -> None:
    """Over a socket as well, and told once: a server's own second Date would contradict it."""
    sim = SdsSimulator(clock=clock, knobs=Knobs(date_ahead_s=ahead_s))
    with serve(sim) as url:
        answer = httpx.get(f"{url}/nothing", trust_env=False)

    assert answer.headers.get_list("Date") == [http_date(clock.now + timedelta(seconds=ahead_s))]


def test_errors_have_the_shape_of_graph(sender: Sender) -> None:
    """Code, message and innerError; request-id always, client-request-id as sent."""
    answer = sender.http.get(
        f"{GRAPH}/operations/none", headers={**sender.bearer, "client-request-id": "mine"}
    )
    error = answer.json()["error"]

    assert error["code"] == "ResourceNotFound"
    assert error["innerError"]["client-request-id"] == "mine"
    assert answer.headers["request-id"]
    assert answer.headers["client-request-id"] == "mine"


@pytest.mark.parametrize("scripted", [True, False])
def test_an_error_names_the_request_as_its_header_does(
    sim: SdsSimulator, sender: Sender, *, scripted: bool
) -> None:
    """`innerError.request-id` is what a school tells Microsoft: it is that of this answer."""
    if scripted:
        sim.fail_next("operation", Answer(503), times=None)
    answers = [sender.get("/operations/none") for _ in range(2)]
    named = [answer.json()["error"]["innerError"]["request-id"] for answer in answers]

    assert named == [answer.headers["request-id"] for answer in answers]
    assert named[0] != named[1]


def test_services_with_their_own_host_answer_nowhere_else(clock: Clock) -> None:
    """A Graph call to the storage host, or the reverse, finds nothing."""
    sim = SdsSimulator(
        clock=clock,
        base_url="https://graph.sim.example",
        storage_url="https://lake.sim.example",
    )
    sender = Sender(sim)
    url = sender.open()
    strayed = GRAPH.replace("graph.sim", "lake.sim")

    assert url.startswith("https://lake.sim.example/lake/")
    assert sender.storage("PUT", url, "o.csv", "resource=file") == 201
    assert sender.http.get(f"{strayed}/runs", headers=sender.bearer).status_code == 404
    assert (
        sender.storage("PUT", url.replace("lake.sim", "graph.sim"), "o.csv", "resource=file") == 404
    )


def test_it_is_served_over_a_socket(clock: Clock) -> None:
    """On loopback every URL it gives out leads back to the port it is served on."""
    sim = SdsSimulator(clock=clock)
    with serve(sim) as base_url, httpx.Client(base_url=base_url) as http:
        form = {
            "grant_type": "client_credentials",
            "client_id": sim.knobs.client_id,
            "client_secret": sim.knobs.client_secret,
            "scope": f"{base_url}/.default",
        }
        found = http.get(f"/{sim.tenant_id}/v2.0/.well-known/openid-configuration").json()
        token = http.post(found["token_endpoint"], data=form).json()["access_token"]
        session = http.get(
            "/beta/external/industryData" + SESSION_SPELLINGS[0],
            headers={"Authorization": f"Bearer {token}"},
        )
        url, _, sas = session.json()["sessionUrl"].partition("?")
        created = http.put(f"{url}/orgs.csv?{sas}&resource=file")

    assert found["issuer"] == f"{base_url}/{sim.tenant_id}/v2.0"
    assert url.startswith(base_url)
    assert (created.status_code, created.http_version) == (201, "HTTP/1.1")
