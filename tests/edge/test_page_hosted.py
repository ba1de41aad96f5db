"""The page as a browser meets it on Azure: real worker, real queues, the platform's headers."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from urllib.parse import urlencode

import httpx
import pytest

from simulators.azurite import Azurite
from sync.web.access import IS_ON
from tests.conftest import FreshNames
from tests.edge.hosted import Hosted, empty, running, signed_in
from tests.edge.page_stage import FORM, Form, drawn_of

ALL = ("Sync.Approve", "Sync.Names")
NAME = "jo@northbank.example"
SECOND = "0b1f8a52-0000-4000-8000-00000000e15e"


@pytest.fixture(autouse=True)
def _empty_queues(azurite: Azurite) -> Iterator[None]:
    """Begin and end without messages: the queues have fixed names, and all tests share them."""
    empty(azurite)
    yield
    empty(azurite)


@pytest.fixture
def app(azurite: Azurite, azurite_names: FreshNames) -> Iterator[Hosted]:
    with running(azurite, azurite_names.container, changes={IS_ON: "True"}) as found:
        yield found


def visitor(app: Hosted, *roles: str, **who: str) -> httpx.Client:
    """Return a browser with the headers that the platform adds for somebody of these *roles*."""
    own = {"Origin": app.host.url, "Sec-Fetch-Site": "same-origin", **signed_in(*roles, **who)}
    headers = {**own, "X-MS-CLIENT-PRINCIPAL-NAME": NAME}
    return httpx.Client(base_url=app.host.url, headers=headers, timeout=30, trust_env=False)


def form(page: httpx.Response, action: str) -> Form:
    return next(form for form in drawn_of(page.text).forms if form.action.endswith(action))


def send(browser: httpx.Client, page: httpx.Response, action: str, **typed: str) -> httpx.Response:
    """Click a button of *page*: a form without fields is a form as well."""
    clicked = form(page, action)
    body = urlencode({**clicked.fields, **typed})
    return browser.post(clicked.action, content=body, headers={"Content-Type": FORM})


def test_a_school_is_read_looked_at_approved_and_taken_by_clicks_alone(app: Hosted) -> None:
    """From an empty app to SDS's receipt, over HTTP; the queues do the rest.

    A double click, by two browsers at once, is one delivery.
    """
    with visitor(app, *ALL) as browser, visitor(app, *ALL, person=SECOND) as other:
        home = browser.get("/")
        asked = send(browser, home, "/page/sync")
        app.host.wait_until_quiet()
        plan = browser.get("/page/held", follow_redirects=True)
        names = send(browser, plan, "/names")
        barrier = Barrier(2)

        def approve(one: httpx.Client) -> httpx.Response:
            barrier.wait()
            return send(one, plan, "/approve", seen="yes")

        with ThreadPoolExecutor(2) as pool:
            answers = sorted(pool.map(approve, (browser, other)), key=lambda a: a.status_code)
        app.host.wait_until_quiet()
        app.nudge("send", connector=app.stage.connector)
        app.host.wait_until_quiet()
        after = browser.get("/")
        [night] = [link for link in drawn_of(after.text).links if link.startswith("/page/run/")]
        run = browser.get(night)
        style = browser.get(drawn_of(after.text).elements[_at(after)][1]["href"])

    assert (home.status_code, "jo<wbr>@northbank.example" in home.text) == (200, True)
    assert (asked.status_code, asked.headers["Location"]) == (303, "/page/home/northbank?asked=1")
    assert "nothing to compare it with" in plan.text
    assert "Names are shown." in names.text
    assert [answer.status_code for answer in answers] == [303, 409]
    assert answers[0].headers["Location"] == form(plan, "/approve").action.removesuffix("/approve")
    assert len(app.stage.sds.submissions) == 1
    assert app.stage.sds.submissions[0].unfinished == ()
    assert "SDS has what iSAMS has" in after.text
    for step in ("Asked to read northbank", "Approved by a person", "Ended: done"):
        assert step in run.text
    assert style.status_code == 200
    assert "immutable" in style.headers["Cache-Control"]
    assert "default-src 'none'" in after.headers["Content-Security-Policy"]
    assert after.headers["Cache-Control"] == "no-store"
    assert after.headers["Content-Type"] == "text/html; charset=utf-8"
    assert app.failed == []
    _demand_counts_alone(app)


def _at(page: httpx.Response) -> int:
    """Return which element of *page* is the way to its style sheet."""
    return next(
        number
        for number, (tag, attributes) in enumerate(drawn_of(page.text).elements)
        if tag == "link" and attributes["rel"] == "stylesheet"
    )


def _demand_counts_alone(app: Hosted) -> None:
    """See that the log says at how many names somebody looked, and names nobody."""
    lines = [line.text for line in app.lines]

    assert [line for line in lines if '"outcome": "looked"' in line and "held" in line]
    assert not [line for line in lines if NAME in line]


def test_what_may_not_be_done_is_refused_and_nothing_is_asked_for(app: Hosted) -> None:
    """A role that is missing, a form of another site, an address of nothing, a body too long."""
    with visitor(app, "Sync.Read") as reader, visitor(app, *ALL) as browser:
        nobody = httpx.get(app.host.url, timeout=30, trust_env=False)
        lacking = reader.post("/page/sync", data={"school": "northbank"})
        forged = browser.post(
            "/page/sync", data={"school": "northbank"}, headers={"Sec-Fetch-Site": "cross-site"}
        )
        nothing = browser.get("/page/x/y")
        unknown = browser.get("/page/held/20260914T210001Z-00000000")
        long = browser.post("/page/sync", data={"school": "n" * 70_000})
        words = {"first": "1", "second": "2"}
        escaped = browser.post("/page/held/a%0d%0ab%2F..%2F/swap", data=words)
        put = browser.put("/page/sync")
        status = app.ask("GET", "/api/status", more=signed_in("Sync.Read")).json()

    assert [nobody.status_code, lacking.status_code, forged.status_code] == [403, 403, 403]
    assert "lacks the app role Sync.Run" in lacking.text
    assert [nothing.status_code, unknown.status_code, long.status_code] == [404, 409, 413]
    assert escaped.status_code in {404, 409}
    assert put.status_code in {404, 405}
    assert status["schools"]["northbank"]["pull"] is None


def test_where_nobody_is_signed_in_there_is_no_page(
    azurite: Azurite, azurite_names: FreshNames
) -> None:
    """404 at `/` and below `/page/`, with how to switch it on; `/api/` is there by its key."""
    with (
        running(azurite, azurite_names.container) as app,
        visitor(app, *ALL) as browser,
    ):
        pages = [browser.get("/"), browser.get("/page/held"), browser.post("/page/sync")]
        status = app.ask("GET", "/api/status")

    assert {page.status_code for page in pages} == {404}
    assert all("authClientId" in page.text for page in pages)
    assert status.status_code == 200
