"""Everything that can go wrong with an answer, as a value.

A `Faults` says how an answer differs from what it should be. Give it to the simulator for every
answer (`simulator.faults = …`) or, with `simulator.script([...])`, for the next ones in turn.
`FATAL` are those after which no client can have the whole school; `HARMLESS` are those that a
careful client reads through.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import httpx
from werkzeug.wrappers import Response

from simulators.isams import messages
from simulators.isams.documents import Shape
from simulators.isams.messages import Message
from simulators.school import InventedSchool

HTML = "text/html; charset=utf-8"
_PAGE = "<!DOCTYPE html>\n<html><head><title>{0}</title></head><body><h1>{0}</h1></body></html>\n"
_BOMB = (
    '<!DOCTYPE iSAMS [<!ENTITY a "aaaaaaaaaa">'
    + "".join(
        f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True)
    )
    + "]>\n"
)
_EXTERNAL = '<!DOCTYPE iSAMS [<!ENTITY x SYSTEM "file:///etc/hostname">]>\n'


class DroppedError(httpx.ReadError, ConnectionError):
    """The connection is gone.

    In process the client sees what it would see over a socket (httpx's ReadError); the server
    over a socket sees a ConnectionError, and hangs up.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """How an answer differs from the right answer; the default not at all.

    *delay_s* passes before anything else. Then the first that is set of *message*, *body* and
    *status* stands in for the answer. Otherwise the data goes out as *shape* and *legacy* say, or
    as they were in the school *stale*. *cut_at* and *drop_at* count bytes, from the end if
    negative: the body ends there, cleanly, or the connection does, with the rest still promised.
    """

    delay_s: float = 0
    message: Message | None = None
    status: int | None = None
    body: bytes | None = None
    content_type: str = HTML
    headers: Mapping[str, str] = field(default_factory=dict)
    shape: Shape = field(default_factory=Shape)
    legacy: bool = True
    stale: InventedSchool | None = None
    bom: bool = False
    cut_at: int | None = None
    drop_at: int | None = None

    def instead(self) -> Response | None:
        """Return the answer that stands in for the right answer, or None."""
        if self.message:
            return Response(
                self.message.body,
                self.message.status,
                dict(self.headers),
                content_type=messages.XML,
            )
        if self.body is not None:
            return Response(
                self.body, self.status or 200, dict(self.headers), content_type=self.content_type
            )
        if self.status:
            return page(self.status, self.headers)
        return None

    def spoil(self, answer: Response) -> Response:
        """Return *answer* with its body marked, cut or dropped."""
        if self.bom:
            answer.set_data(b"\xef\xbb\xbf" + answer.get_data())
        if self.cut_at is not None:
            answer.set_data(answer.get_data()[: self.cut_at])
        if self.drop_at is not None:
            whole = answer.get_data()
            answer.response = _hanging_up(whole[: self.drop_at])
            answer.content_length = len(whole)
        return answer


def page(status: int, headers: Mapping[str, str] | None = None) -> Response:
    """Return an HTML page of the web server."""
    text = _PAGE.format(f"{status} - the web server's own page")
    return Response(text, status, dict(headers or {}), content_type=HTML)


def _hanging_up(sent: bytes) -> Iterator[bytes]:
    yield sent
    raise DroppedError("the connection was closed mid-body")


def slow(seconds: float = 35) -> Faults:
    """An answer that takes too long for the limit of iSAMS, and is an error document then."""
    return Faults(delay_s=seconds, message=messages.TIMED_OUT)


def refused(status: int, **headers: str) -> Faults:
    """A page of the web server's; `retry_after="30"` gives a Retry-After header."""
    return Faults(
        status=status, headers={k.replace("_", "-").title(): v for k, v in headers.items()}
    )


def empty(*methods: str) -> Faults:
    return Faults(shape=Shape(empty=frozenset(methods)))


def single(*methods: str) -> Faults:
    return Faults(shape=Shape(single=frozenset(methods)))


def absent(*methods: str) -> Faults:
    return Faults(shape=Shape(absent=frozenset(methods)))


DEADLOCK = Faults(message=messages.DEADLOCK)
ENTITY_BOMB = Faults(shape=Shape(dtd=_BOMB, inside="&i;"))
EXTERNAL_ENTITY = Faults(shape=Shape(dtd=_EXTERNAL, inside="&x;"))
DUPLICATE_SET_ID = Faults(shape=Shape(duplicate_set_id=True))

FATAL: Mapping[str, Faults] = {
    "slow, then an error document": slow(),
    "deadlocked": DEADLOCK,
    "lock timeout": Faults(message=messages.LOCK_TIMEOUT),
    "error document with status 200": Faults(
        body=messages.DEADLOCK.body, status=200, content_type=messages.XML
    ),
    "HTML page with status 200": refused(200),
    "empty body": Faults(body=b""),
    "no answer": Faults(drop_at=0),
    "connection closed mid-body": Faults(drop_at=-100),
    "truncated to nothing": Faults(cut_at=0),
    "truncated early": Faults(cut_at=200),
    "truncated at the end": Faults(cut_at=-4),
    "wrong root": Faults(shape=Shape(root="School")),
    "entity bomb": ENTITY_BOMB,
    "external entity": EXTERNAL_ENTITY,
    "pupils empty": empty("Pupil_GetCurrentPupils"),
    "staff empty": empty("HumanResources_GetCurrentStaff"),
    "sets empty": empty("Teaching_GetTeachingSets"),
    "set lists empty": empty("Teaching_GetTeachingSetLists"),
    "departments empty": empty("Teaching_GetDepartmentsAndSubjects"),
    "departments absent": absent("Teaching_GetDepartmentsAndSubjects"),
    "pupils absent": absent("Pupil_GetCurrentPupils"),
    "staff absent": absent("HumanResources_GetCurrentStaff"),
    "sets absent": absent("Teaching_GetTeachingSets"),
    "set lists absent": absent("Teaching_GetTeachingSetLists"),
    "refused 401": Faults(message=messages.INVALID_KEY),
    "refused 403": refused(403),
    "not found 404": refused(404),
    "throttled 429": refused(429, retry_after="30"),
    "throttled 429 until a date": refused(429, retry_after="Sat, 21 Nov 2026 23:00:00 GMT"),
    "server error 500": refused(500),
    "bad gateway 502": refused(502),
    "unavailable 503": refused(503, retry_after="120"),
    "redirected": refused(302, location="https://elsewhere.example/api/batch/1.0/xml.ashx"),
}
HARMLESS: Mapping[str, Faults] = {
    "byte order mark": Faults(bom=True),
    "utf-8 declared": Faults(shape=Shape(declared="utf-8")),
    "utf-16 declared over utf-8": Faults(shape=Shape(declared="utf-16")),
    "utf-16 indeed": Faults(shape=Shape(declared="utf-16", encoding="utf-16")),
    "latin-1 declared": Faults(shape=Shape(declared="iso-8859-1", encoding="iso-8859-1")),
    "Legacy off": Faults(legacy=False),
    "slow but whole": Faults(delay_s=20),
}
