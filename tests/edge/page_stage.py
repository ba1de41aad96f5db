"""A person's browser in front of the page: what it sends along, and what it is shown. No socket.

It follows forms and links as they are drawn, so a button that is not there cannot be clicked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser
from typing import override
from urllib.parse import parse_qsl, urlencode, urlsplit

from simulators.demo import nights
from simulators.invented.records import InventedSchool
from simulators.school import invent
from simulators.sds import Knobs
from sync.edge.storage.store import Store
from sync.edge.world import World
from sync.report import Outcome
from sync.steps import tick
from sync.web.access import Role
from sync.web.exchange import Response
from sync.web.page.screens import respond
from sync.web.page.visit import AsGiven, PageRequest, Served, Visitor
from tests.clocks import FakeClock
from tests.memory_store import MemoryStore
from tests.worlds import ONE_SCHOOL, TESTER, TestWorld, make_world

HOST = "app.example"
ALL = frozenset(Role)
SECOND = "0b1f8a52-0000-4000-8000-0000000007e6"
"""Another who answers: an object id."""

FORM = "application/x-www-form-urlencoded"
OWN: Mapping[str, str] = {
    "host": HOST,
    "origin": f"https://{HOST}",
    "sec-fetch-site": "same-origin",
    "content-type": FORM,
}
"""What a browser says of a form of the page's own."""

_QUICK = Knobs(operation_polls=0, run_duration_s=60)


@dataclass
class Browser:
    """Somebody who looks at the page of *scene* with *roles*; `world` is how the app knows it."""

    scene: TestWorld
    roles: frozenset[Role] = ALL
    caller: str = TESTER
    called: str = "jo@northbank.example"
    seen: list[Response] = field(default_factory=list)
    """Everything that was answered."""

    @property
    def world(self) -> World:
        return replace(self.scene.world, caller=self.caller)

    def get(self, address: str) -> Response:
        """Open *address*, as by a link."""
        return self.ask("GET", address, {"host": HOST})

    def post(self, address: str, **fields: str) -> Response:
        """Send a form of the page's own."""
        return self.ask("POST", address, OWN, urlencode(fields).encode())

    def ask(
        self, method: str, address: str, headers: Mapping[str, str], body: bytes = b""
    ) -> Response:
        """Send anything."""
        split = urlsplit(address)
        query = dict(parse_qsl(split.query))
        asked = PageRequest(method, split.path.strip("/"), query, headers, body)
        visitor = Visitor(self.called, self.roles)
        response = respond(
            asked,
            visitor,
            Served(lambda: self.world, AsGiven(self.scene.env), self.scene.steps.append),
        )
        self.seen.append(response)
        return response

    def follow(self, response: Response) -> Response:
        """Go where *response* sends the browser."""
        assert response.status == 303, text(response)
        return self.get(response.headers["Location"])

    def click(self, shown: Response, action: str, **typed: str) -> Response:
        """Send the first form of *shown* whose action ends so, with what is *typed* into it."""
        form = next(form for form in drawn(shown).forms if form.action.endswith(action))
        return self.post(form.action, **{**form.fields, **typed})


# -- what is drawn ---------------------------------------------------------------------------------


@dataclass
class Form:
    """A form: where it goes, and the fields that nobody types into."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)


class Drawn(HTMLParser):
    """A page as a browser reads it: its text, its forms, its elements and their attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.links: list[str] = []
        self.elements: list[tuple[str, Mapping[str, str]]] = []
        self.texts: list[tuple[str, Sequence[str]]] = []
        self._open: list[str] = []
        self.feed(page)
        self.close()

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = {name: value or "" for name, value in attrs}
        self.elements.append((tag, named))
        if tag == "form":
            self.forms.append(Form(named.get("action", "")))
        elif tag == "input" and named.get("type") == "hidden":
            self.forms[-1].fields[named["name"]] = named["value"]
        elif tag == "a":
            self.links.append(named.get("href", ""))
        if tag not in _VOID:
            self._open.append(tag)

    @override
    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            self._open.pop()

    @override
    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop() != tag:
            pass

    @override
    def handle_data(self, data: str) -> None:
        self.texts.append((data, tuple(self._open)))


_VOID = {"link", "meta", "input", "br", "wbr", "img"}


def drawn(response: Response) -> Drawn:
    """Return the page of *response* as a browser reads it."""
    return drawn_of(response.body.decode())


def drawn_of(page: str) -> Drawn:
    """Return a page as a browser reads it."""
    return Drawn(page)


def text(response: Response) -> str:
    """Return all that a page says, as one line."""
    return " ".join("".join(data for data, _ in drawn(response).texts).split())


# -- schools ---------------------------------------------------------------------------------------


def delivered(
    school: InventedSchool | None = None,
    store: Callable[[FakeClock], Store] = MemoryStore,
    **settings: str,
) -> TestWorld:
    """Return a school that SDS has taken, and whose way a tick has kept."""
    scene = make_world(
        school or invent(200, quirks=False),
        knobs=_QUICK,
        store=store,
        base={**ONE_SCHOOL, **settings},
    )
    scene.pull()
    assert scene.send_until_still().outcome is Outcome.DONE
    rest(scene)
    return scene


def swapped(
    school: InventedSchool | None = None,
    store: Callable[[FakeClock], Store] = MemoryStore,
    **settings: str,
) -> TestWorld:
    """Return a school in which somebody has exchanged two set lists since: that is held."""
    scene = delivered(school, store, **settings)
    scene.next_night(changed=nights.exchanged(scene.isams.school))
    assert scene.send_until_still().outcome is Outcome.HELD
    rest(scene)
    return scene


def rest(scene: TestWorld) -> None:
    """Let three hours go by, in which ticks keep what they find."""
    for _ in range(6):
        scene.clock.advance(1800)
        tick.tick(scene.world)


def plan_of(scene: TestWorld) -> str:
    """Return the address of the only plan that waits."""
    response = Browser(scene).get("/page/held")
    assert response.status == 303
    return response.headers["Location"]


def crawl(browser: Browser) -> Iterator[tuple[str, Response]]:
    """Yield every screen that can be reached from Home by links, with its address."""
    seen, ahead = set[str](), ["/"]
    while ahead:
        address = ahead.pop()
        if address in seen:
            continue
        seen.add(address)
        response = browser.get(address)
        yield address, response
        links = [response.headers["Location"]] if response.status == 303 else []
        if response.content_type == "text/html":
            links += drawn(response).links
        ahead += [link.partition("#")[0] or address for link in links]


# -- every screen ----------------------------------------------------------------------------------

type Click = Callable[[Browser], Response]


def screens(scene: TestWorld) -> Mapping[str, Click]:
    """Return how each screen of *scene* is opened."""
    plan, delivery = plan_of(scene), scene.look().deliveries[-1]
    who = scene.isams.school.pupils[0].school_id
    return {
        "front": lambda browser: browser.get("/"),
        "home": lambda browser: browser.get("/page/home/northbank"),
        "run": lambda browser: browser.get(f"/page/run/{delivery.id}"),
        "waiting": lambda browser: browser.get("/page/held"),
        "held": lambda browser: browser.get(plan),
        "names": lambda browser: browser.post(f"{plan}/names"),
        "plan": lambda browser: browser.post(f"{plan}/plan"),
        "why": lambda browser: browser.get("/page/why"),
        "answer of why": lambda browser: browser.post("/page/why", who=who, school="northbank"),
        "findings": lambda browser: browser.get("/page/findings"),
        "findings of": lambda browser: browser.get("/page/findings/northbank"),
        "findings by name": lambda browser: browser.post("/page/findings/northbank", code="x"),
        "findings as CSV": lambda browser: browser.post("/page/findings/northbank/csv"),
        "sds": lambda browser: browser.get("/page/sds"),
        "health": lambda browser: browser.get("/page/health"),
    }
