"""The page on one's own machine, over real sockets: one browser, and nobody else."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from simulators.school import invent
from simulators.sds import Knobs
from simulators.staging import staged
from sync.edge.world import World
from sync.report import Exit, Outcome
from sync.web.page.forms import LIMIT_BYTES
from sync.web.page.loopback import Serving
from sync.web.page.visit import AsGiven
from sync.web.page.working import Working
from tests.edge.page_stage import FORM, drawn_of, swapped
from tests.worlds import CONNECTOR, TestWorld, make_world

ROOT = Path(__file__).parent.parent.parent
HTML = "text/html; charset=utf-8"


@pytest.fixture(scope="module")
def scene() -> TestWorld:
    return swapped()


@pytest.fixture
def serving(scene: TestWorld) -> Iterator[Serving]:
    with Serving(lambda: scene.world, AsGiven(scene.env)) as found:
        found.begin()
        yield found


def base(serving: Serving) -> str:
    return serving.address.partition("/?")[0]


@contextmanager
def browser(serving: Serving, *, is_in: bool = True) -> Generator[httpx.Client]:
    """Be a browser that has opened the address that was printed, and says what it says of forms."""
    own = {"Origin": base(serving), "Sec-Fetch-Site": "same-origin"}
    with httpx.Client(base_url=base(serving), headers=own, trust_env=False, timeout=20) as client:
        if is_in:
            assert client.get(serving.address).status_code == 303
        yield client


def said(serving: Serving, request: bytes) -> bytes:
    """Return what comes back for *request*, byte for byte."""
    port = urlsplit(serving.address).port
    with socket.create_connection(("127.0.0.1", port or 0), timeout=20) as wire:
        wire.sendall(request)
        got = b""
        while more := wire.recv(65536):
            got += more
    return got


# -- who comes in ----------------------------------------------------------------------------------


def test_the_address_that_is_printed_opens_the_page_once(serving: Serving) -> None:
    """The browser is given a cookie and sent to Home; a second browser is refused."""
    with browser(serving, is_in=False) as first, browser(serving, is_in=False) as second:
        opened = first.get(serving.address)
        refused = second.get(serving.address)
        home = first.get("/")

    assert (opened.status_code, opened.headers["Location"]) == (303, "/")
    assert home.status_code == 200
    assert refused.status_code == 403
    assert "Open the address that `isams-sync page` printed" in refused.text
    assert "Set-Cookie" not in refused.headers


def test_the_token_is_taken_out_of_the_address(serving: Serving) -> None:
    """Also where whoever is in already opens it again: it would stay in a history."""
    with browser(serving) as client:
        again = client.get(serving.address)

    assert (again.status_code, again.headers["Location"]) == (303, "/")


def test_a_token_opens_once_for_however_many_try_at_once(serving: Serving) -> None:
    """Whoever looks over a shoulder is as quick: one of them is in."""
    with ThreadPoolExecutor(8) as pool:
        answers = list(
            pool.map(
                lambda _: httpx.get(serving.address, trust_env=False, timeout=20).status_code,
                range(8),
            )
        )

    assert sorted(answers) == [303] + [403] * 7


def test_the_cookie_is_for_this_page_alone(serving: Serving, scene: TestWorld) -> None:
    """No script reads it, no other site sends it, it ends with the browser; two pages keep two."""
    with Serving(lambda: scene.world, AsGiven(scene.env)) as other:
        other.begin()
        first, second = (
            httpx.get(each.address, trust_env=False, timeout=20).headers["Set-Cookie"]
            for each in (serving, other)
        )

    assert first.endswith("; HttpOnly; SameSite=Strict; Path=/")
    assert len(first.partition("=")[2].partition(";")[0]) >= 32
    assert "Expires" not in first
    assert first.partition("=")[0] != second.partition("=")[0]


@pytest.mark.parametrize(
    "cookie", ["", "isams-sync=x", "isams-sync-0=", "a=b; c", "\x80", "x=" + "y" * 4000]
)
def test_without_the_cookie_nothing_is_shown(cookie: str, serving: Serving) -> None:
    """Another user of the machine finds the port, and no name of any school."""
    headers = {b"Cookie": cookie.encode("latin-1")} if cookie else {}
    with browser(serving, is_in=False) as client:
        pages = [
            client.get("/", headers=headers),
            client.get("/page/held", headers=headers),
            client.get("/?token=", headers=headers),
            client.get("/?token=x", headers=headers),
            client.post("/page/sync", headers=headers, data={"school": "northbank"}),
        ]

    assert {page.status_code for page in pages} == {403}
    assert not [page for page in pages if "Northbank" in page.text]


def test_a_cookie_of_the_right_name_has_to_hold_the_right_word(serving: Serving) -> None:
    """Its name may be seen by others of the machine; what it holds goes to one browser."""
    with browser(serving) as client:
        [name] = client.cookies
        client.cookies.set(name, "x" * 32)
        refused = client.get("/")

    assert refused.status_code == 403


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "169.254.1.1", ""])
def test_a_site_that_leads_its_own_name_here_is_refused(host: str, serving: Serving) -> None:
    """DNS rebinding: the browser believes itself at that site, and says so."""
    with browser(serving) as client:
        refused = client.get("/", headers={"Host": host})

    assert refused.status_code == 403
    assert "answers to 127.0.0.1 alone" in refused.text


def test_localhost_is_this_machine_as_well(serving: Serving) -> None:
    """Some systems open the address by that name."""
    with browser(serving) as client:
        port = client.base_url.port

        assert client.get("/", headers={"Host": f"localhost:{port}"}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://127.0.0.1:1", "Sec-Fetch-Site": "same-site"},
        {"Origin": "https://elsewhere.example", "Sec-Fetch-Site": "cross-site"},
        {"Origin": "null"},
    ],
)
def test_another_page_of_this_machine_clicks_nothing(
    headers: dict[str, str], serving: Serving
) -> None:
    """A browser sends it the cookie too: ports are one to it."""
    with browser(serving) as client:
        refused = client.post("/page/sync", headers=headers, data={"school": "northbank"})

    assert refused.status_code == 403
    assert not serving.nudges.waiting()["pull"]


# -- what is asked ---------------------------------------------------------------------------------


def test_every_screen_is_there_with_all_roles(serving: Serving) -> None:
    """Whoever sits at the machine has its settings and its storage anyway."""
    with browser(serving) as client:
        pages = [client.get(f"/page/{name}") for name in ("why", "findings", "sds", "health")]

    assert {page.status_code for page in pages} == {200}
    assert "Sync.Read, Sync.Run, Sync.Approve, Sync.Names" in pages[0].text
    assert {page.headers["Content-Type"] for page in pages} == {HTML}


def test_a_head_says_what_a_get_would_without_its_body(serving: Serving) -> None:
    """Link previews ask so, and a browser that looks whether something is still there."""
    with browser(serving) as client:
        head, page = client.head("/"), client.get("/")

    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["Content-Length"] == str(len(page.content))
    assert said(serving, b"HEAD / HTTP/1.1\r\nHost: localhost\r\n\r\n").endswith(b"\r\n\r\n")


@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "X"])
def test_a_method_that_no_form_has_is_refused_in_the_pages_own_words(
    method: str, serving: Serving
) -> None:
    """501, with the page's headers: what a server says by itself has none of them."""
    with browser(serving) as client:
        refused = client.request(method, "/page/sync")

    assert refused.status_code == 501
    assert "use its own links and buttons" in refused.text
    assert "default-src 'none'" in refused.headers["Content-Security-Policy"]


def test_a_body_that_is_far_too_long_is_answered(serving: Serving) -> None:
    """All of it is taken off the wire: else the browser would only see the connection break."""
    with browser(serving) as client:
        headers = {"Content-Type": FORM}
        refused = client.post("/page/sync", headers=headers, content=b"a" * (80 * LIMIT_BYTES))

    assert refused.status_code == 413
    assert "larger than 64 kB" in refused.text


def test_a_sender_of_any_size_is_heard_to_the_end(serving: Serving) -> None:
    """Whoever sends 40 MB is refused in words, and not by a connection that breaks."""
    head = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % 40_000_000

    assert b"403" in said(serving, head + b"a" * 40_000_000).partition(b"\r\n")[0]


@pytest.mark.parametrize(
    "request_line",
    [b"GET http://[ HTTP/1.1", b"G\x00T / HTTP/1.1", b"GET /" + b"x" * 70_000],
)
def test_what_is_no_request_gets_an_answer_and_no_traceback(
    request_line: bytes, serving: Serving, capfd: pytest.CaptureFixture[str]
) -> None:
    """A port scan, or a program that takes this for another server."""
    port = urlsplit(serving.address).port
    answer = said(serving, request_line + b"\r\nHost: 127.0.0.1:%d\r\n\r\n" % (port or 0))

    assert answer.split(b" ", 2)[1][:1] in {b"4", b"5"}
    assert b"Traceback" not in answer
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("length", [b"x", b"-1", b"9" * 5000, b"\xb2"])
def test_a_length_that_is_none_is_no_body(length: bytes, serving: Serving) -> None:
    """It is answered all the same, as whoever has no cookie."""
    port = urlsplit(serving.address).port
    head = b"POST /page/sync HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nContent-Length: " % (port or 0)
    answer = said(serving, head + length + b"\r\n\r\n")

    assert answer.split(b" ", 2)[1] in {b"400", b"403"}


def test_a_browser_that_goes_away_is_not_told_of(
    serving: Serving, capfd: pytest.CaptureFixture[str]
) -> None:
    """It does so at every second click; the terminal stays as it was."""
    port = urlsplit(serving.address).port
    for _ in range(3):
        with socket.create_connection(("127.0.0.1", port or 0), timeout=20) as wire:
            linger = (1).to_bytes(4, sys.byteorder) + (0).to_bytes(4, sys.byteorder)
            wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            wire.sendall(b"POST / HTTP/1.1\r\nContent-Length: 10\r\n\r\nx")
    with browser(serving) as client:
        assert client.get("/").status_code == 200

    assert capfd.readouterr().err == ""


# -- the work that a click leaves ------------------------------------------------------------------


def work(scene: TestWorld, nudges: Working) -> World:
    return replace(scene.world, nudges=nudges)


def until(is_so: Callable[[], bool]) -> None:
    """Wait until *is_so*, for some seconds at most."""
    give_up_s = time.monotonic() + 20
    while not is_so():
        assert time.monotonic() < give_up_s
        time.sleep(0.01)


def test_a_click_reads_and_sends_in_this_process() -> None:
    """Read now, approve what is held: SDS has it, and nobody typed a command."""
    scene = make_world(
        invent(40, quirks=False), knobs=Knobs(operation_polls=0, run_duration_s=0),
        SDS__HOLD_FIRST="true",
    )  # fmt: skip
    with Serving(lambda: work(scene, page.nudges), AsGiven(scene.env)) as page:
        page.begin()
        with browser(page) as client:
            client.post("/page/sync", data={"school": "northbank"})
            until(lambda: client.get("/page/held").status_code == 303)
            plan = client.get("/page/held", follow_redirects=True)
            form = next(f for f in drawn_of(plan.text).forms if f.action.endswith("/approve"))
            answered = client.post(form.action, data={**form.fields, "seen": "yes"})
            until(lambda: len(scene.sds.submissions) == 1)

    assert answered.status_code == 303


def test_what_fails_is_told_and_the_rest_goes_on() -> None:
    """One school's iSAMS is away: the other is read all the same."""
    scene = make_world(invent(20, quirks=False))
    nudges = Working(time.monotonic)
    world = work(scene, nudges)
    nudges.nudge("send", {"connector": "nowhere"})
    nudges.nudge("send", {"connector": CONNECTOR})
    serving = threading.Thread(target=nudges.serve, args=(world,), daemon=True)
    serving.start()
    until(lambda: nudges.waiting()["send"] == 0)
    nudges.stop()
    serving.join(20)

    failed = [step for step in scene.steps if step.name == "function"]
    assert [(step.outcome, step.about) for step in failed] == [(Outcome.FAILED, "nowhere")]
    assert not serving.is_alive()


def test_what_is_left_twice_is_worked_on_once_and_not_before_its_time() -> None:
    """The sooner of the two counts, and another connector is another matter."""
    now_s = [100.0]
    nudges = Working(lambda: now_s[0])
    for delay_s in (60, 30, 90):
        nudges.nudge("send", {"connector": "a"}, delay_s)
    nudges.nudge("send", {"connector": "b"}, 10)

    assert nudges.waiting() == {"pull": 0, "send": 2, "read-back": 0}
    assert nudges.next()["send"] == ()
    now_s[0] += 29
    assert nudges.next()["send"] == ('{"connector": "b"}',)
    now_s[0] += 1
    assert nudges.next()["send"] == ('{"connector": "b"}', '{"connector": "a"}')
    assert nudges.poisoned() == {"pull": (), "send": (), "read-back": ()}


def test_work_that_waits_is_given_up_when_the_page_ends() -> None:
    """Nobody waits an hour for Ctrl-C: what is not done is found by the next run or tick."""
    nudges = Working(time.monotonic)
    nudges.nudge("send", {"connector": CONNECTOR}, 3600)
    serving = threading.Thread(
        target=nudges.serve, args=(make_world(invent(4)).world,), daemon=True
    )
    serving.start()
    nudges.stop()
    serving.join(20)

    assert not serving.is_alive()


# -- as a command ----------------------------------------------------------------------------------


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C is sent otherwise there")
def test_the_command_prints_an_address_answers_and_ends_with_ctrl_c(tmp_path: Path) -> None:
    """`isams-sync page`: exit code 0, and nothing but sentences on the terminal."""
    with staged(invent(20), lambda: datetime.now(UTC)) as stage:
        environ = {**os.environ, **stage.settings, "STORAGE__FOLDER": str(tmp_path / "rosters")}
        with subprocess.Popen(
            [sys.executable, "-P", "-m", "sync", "page"],
            cwd=tmp_path,
            env={**environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as child:
            assert child.stderr
            address = child.stderr.readline().removeprefix("Open ").strip()
            with httpx.Client(trust_env=False, timeout=20) as client:
                home = client.get(address, follow_redirects=True)
            child.send_signal(signal.SIGINT)
            told = child.communicate(timeout=30)

    assert address.startswith("http://127.0.0.1:")
    assert (home.status_code, "has never been read" in home.text) == (200, True)
    assert child.returncode == Exit.DONE
    assert "The page is closed. Nothing is lost" in told[1]
    assert "Traceback" not in told[1]
