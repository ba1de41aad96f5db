"""Over a socket: an answer that ends before its end, however it ends, is the network's fault."""

from __future__ import annotations

import socket
from collections.abc import Callable, Generator
from contextlib import closing, contextmanager
from threading import Thread

import httpx
import pytest

from simulators.isams import IsamsSimulator
from simulators.isams.rest_clients import RestClient
from sync.edge.clock import Budget
from sync.edge.isams.batch import Isams
from sync.edge.isams.rest import RestIsams
from sync.errors import SourceUnavailable
from tests.clocks import FakeClock
from tests.edge import isams_edge, rest_edge
from tests.edge.isams_edge import CLEAN

type Framing = Callable[[bytes], bytes]

OK = b"HTTP/1.1 200 OK\r\nConnection: close\r\n"


def announced(body: bytes) -> bytes:
    """Promise the whole, send half."""
    return OK + b"Content-Length: %d\r\n\r\n" % len(body) + body[: len(body) // 2]


def chunked(body: bytes) -> bytes:
    """Send half in chunks, and no last chunk."""
    half = body[: len(body) // 2]
    return OK + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n" % (len(half), half)


def chunked_to_the_end(body: bytes) -> bytes:
    """Send half in chunks, and the last chunk, as a proxy does whose other side hung up."""
    return chunked(body) + b"0\r\n\r\n"


def until_close(body: bytes) -> bytes:
    """Promise nothing, send half, hang up."""
    return OK + b"\r\n" + body[: len(body) // 2]


FRAMINGS: tuple[Framing, ...] = (announced, chunked, chunked_to_the_end, until_close)


@contextmanager
def serving(
    whole: httpx.BaseTransport, spoilt: str, framing: Framing
) -> Generator[tuple[str, int]]:
    """Serve what *whole* answers over a socket; paths that end in *spoilt* end too early.

    Yields the address, and counts nothing: the clock that sleeps between attempts does.
    """

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:  # closed: the test is over
                return
            with connection:
                answer(connection)

    def answer(connection: socket.socket) -> None:
        head, _, body = received(connection).partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        method, target, _ = first.split(" ")
        headers = [
            (name, value.strip()) for name, _, value in (each.partition(":") for each in lines)
        ]
        url = f"http://127.0.0.1{target}"
        said = whole.handle_request(httpx.Request(method, url, headers=headers, content=body))
        content = said.read()
        if target.partition("?")[0].endswith(spoilt):
            connection.sendall(framing(content))
        else:
            status = b"HTTP/1.1 %d X\r\nConnection: close\r\n" % said.status_code
            connection.sendall(status + b"Content-Length: %d\r\n\r\n" % len(content) + content)

    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        Thread(target=serve, daemon=True).start()
        yield listener.getsockname()
        listener.shutdown(socket.SHUT_RDWR)


def received(connection: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        data += connection.recv(65536)
    head = data.partition(b"\r\n\r\n")[0].lower()
    length = int(head.partition(b"content-length:")[2].split(b"\r\n")[0] or 0)
    while len(data) < len(head) + 4 + length:
        data += connection.recv(65536)
    return data


@pytest.mark.parametrize("framing", FRAMINGS)
def test_a_batch_document_that_ends_too_early_is_asked_for_again(framing: Framing) -> None:
    """Four times, and then nobody must act."""
    clock = FakeClock()
    whole = httpx.WSGITransport(IsamsSimulator(CLEAN, clock=clock.now, sleep=clock.sleep))
    with serving(whole, "/xml.ashx", framing) as (host, port):
        isams = Isams(isams_edge.settings(isams_host=f"http://{host}:{port}"), clock)
        with pytest.raises(SourceUnavailable, match="broke off") as caught:
            isams.school(Budget.of(clock, 180))

    assert caught.value.who == "nobody"
    assert len(clock.slept) == 3


@pytest.mark.parametrize("framing", FRAMINGS)
@pytest.mark.parametrize("spoilt", ["/students", "/setList"])
def test_a_rest_answer_that_ends_too_early_is_asked_for_again(
    spoilt: str, framing: Framing
) -> None:
    """A collection as well as one set's list."""
    clock = FakeClock()
    simulator = IsamsSimulator(CLEAN, keys=[RestClient()], clock=clock.now, sleep=clock.sleep)
    with serving(httpx.WSGITransport(simulator), spoilt, framing) as (host, port):
        isams = RestIsams(rest_edge.settings(isams_host=f"http://{host}:{port}"), clock)
        with pytest.raises(SourceUnavailable, match="broke off") as caught:
            isams.school(Budget.of(clock, 180))

    assert caught.value.who == "nobody"
    assert len(clock.slept) >= 3
