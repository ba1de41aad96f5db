"""Who may open which screen, and what a browser must say that clicks: roles, origin, form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, override

import pytest

from simulators.school import invent
from sync.edge.storage.store import Blob
from sync.errors import StoreUnavailable
from sync.report import Outcome
from sync.steps.delivery import list_pulls
from sync.web.access import HOLDS, Role
from sync.web.exchange import Response
from sync.web.page import screens
from sync.web.page.drawing import asset
from sync.web.page.forms import LIMIT_BYTES
from sync.web.page.trouble import trouble
from sync.web.page.visit import AsGiven, PageRequest, Served, Visitor
from tests.edge.page_stage import (
    FORM,
    HOST,
    OWN,
    Browser,
    delivered,
    drawn,
    plan_of,
    swapped,
    text,
)
from tests.memory_store import MemoryStore
from tests.worlds import CONNECTOR, TestWorld, make_group

READ, RUN, APPROVE, NAMES = Role.READ, Role.RUN, Role.APPROVE, Role.NAMES


class Opened(NamedTuple):
    """A door, with the roles that it wants, written by hand on purpose."""

    method: str
    path: str
    roles: frozenset[Role]
    status: int


def _door(method: str, path: str, status: int, *roles: Role) -> Opened:
    return Opened(method, path, frozenset(roles), status)


DOORS = (
    _door("GET", "", 200, READ),
    _door("GET", "page/home/*", 200, READ),
    _door("GET", "page/run/*", 200, READ),
    _door("GET", "page/held", 303, READ),
    _door("GET", "page/held/*", 200, READ),
    _door("POST", "page/held/*/names", 200, READ, NAMES),
    _door("POST", "page/held/*/plan", 200, READ, NAMES),
    _door("POST", "page/held/*/approve", 303, APPROVE),
    _door("POST", "page/held/*/reject", 303, APPROVE),
    _door("POST", "page/held/*/swap", 303, APPROVE),
    _door("POST", "page/sync", 303, RUN),
    _door("GET", "page/why", 200, READ),
    _door("POST", "page/why", 200, READ, NAMES),
    _door("GET", "page/findings", 200, READ),
    _door("GET", "page/findings/*", 200, READ),
    _door("POST", "page/findings/*", 200, READ, NAMES),
    _door("POST", "page/findings/*/csv", 200, READ, NAMES),
    _door("GET", "page/sds", 200, READ),
    _door("POST", "page/sds/names", 200, READ, NAMES),
    _door("GET", "page/health", 200, READ),
    _door("POST", "page/health", 303, READ),
)
OF_FORMS = tuple(door for door in DOORS if door.method == "POST")

IDS = [f"{door.method} /{door.path}" for door in DOORS]
IDS_OF_FORMS = [f"{door.method} /{door.path}" for door in OF_FORMS]


@pytest.fixture(scope="module")
def seen() -> TestWorld:
    """A school of which a plan is held: for tests that change nothing."""
    return swapped(invent(200))


def address(scene: TestWorld, door: Opened) -> str:
    """Return the door's address in *scene*."""
    ids = {
        "held": plan_of(scene).rpartition("/")[2],
        "run": scene.look().deliveries[-1].id,
    }
    words = door.path.split("/")
    return "/" + door.path.replace("*", ids.get(words[1] if words[1:] else "", "northbank"))


def fields(scene: TestWorld, door: Opened) -> Mapping[str, str]:
    """Return what the door's form would send."""
    shown = Browser(scene).get(plan_of(scene))
    word = door.path.rpartition("/")[2]
    known = next((f.fields for f in drawn(shown).forms if f.action.endswith(f"/{word}")), {})
    more = {
        "approve": {"seen": "yes"},
        "names": {"connector": CONNECTOR},
        "why": {"who": scene.isams.school.pupils[0].school_id},
    }
    return {**known, **more.get(word, {})}


def ask(browser: Browser, door: Opened) -> Response:
    """Open *door*, with all that belongs to it."""
    if door.method == "GET":
        return browser.get(address(browser.scene, door))
    return browser.post(address(browser.scene, door), **fields(browser.scene, door))


# -- roles -----------------------------------------------------------------------------------------


def test_every_door_of_the_page_is_in_this_list_with_its_roles() -> None:
    """Who adds a screen, or opens one to others, says it here as well."""
    ours = {(door.method, door.path): door.roles for door in DOORS}
    theirs = {(door.method, door.path): frozenset(door.roles) for door in screens.DOORS}

    assert theirs.items() >= ours.items()


@pytest.mark.parametrize("door", DOORS[:-1], ids=IDS[:-1])
def test_whoever_has_the_roles_comes_in(door: Opened) -> None:
    """With just the roles that the door wants, and nothing more.

    The last asks iSAMS and SDS by the network: test_page_health.py.
    """
    scene = swapped(invent(200))
    held = frozenset(good for role in door.roles for good in HOLDS[role])

    assert ask(Browser(scene, held), door).status == door.status


@pytest.mark.parametrize("door", DOORS, ids=IDS)
def test_whoever_lacks_a_role_is_told_which_and_who_gives_it(door: Opened, seen: TestWorld) -> None:
    """403, for each role that is missing; and nothing was read, written or done for it."""
    where = address(seen, door)
    form = fields(seen, door)
    for lacking in door.roles:
        browser = Browser(seen, frozenset(Role) - {lacking})
        before = len(seen.store.blobs(""))
        response = browser.get(where) if door.method == "GET" else browser.post(where, **form)

        assert response.status == 403
        assert f"lacks the app role {lacking}" in text(response)
        assert "Whoever looks after Entra gives you the role" in text(response)
        assert "Northbank School" not in text(response)
        assert len(seen.store.blobs("")) == before


def test_a_visitor_without_a_role_opens_no_world() -> None:
    """Settings that cannot be read are told to whoever may look, and to nobody else."""
    told = list[object]()

    def world() -> object:
        raise AssertionError("opened")

    response = screens.respond(
        PageRequest("GET", ""),
        Visitor("", frozenset()),
        Served(world, AsGiven({}), told.append),  # type: ignore[arg-type]
    )

    assert response.status == 403
    assert len(told) == 1


def test_a_refusal_is_logged_with_the_role_and_without_a_name(seen: TestWorld) -> None:
    """To the host a 403 is a success, so only the line tells of it."""
    seen.steps.clear()
    Browser(seen, frozenset()).get("/")

    [step] = seen.steps
    assert (step.name, step.outcome) == ("page", Outcome.FAILED)
    assert "Sync.Read" in step.line()
    assert "jo@" not in step.line()


def test_the_buttons_of_a_role_are_drawn_for_whoever_has_it_alone(seen: TestWorld) -> None:
    """Whoever may not answer sees no button that answers, and is told what it takes."""
    plan = plan_of(seen)
    reader = Browser(seen, HOLDS[READ]).get(plan)
    runner = Browser(seen, HOLDS[RUN]).get(plan)
    approver = Browser(seen, HOLDS[APPROVE]).get(plan)

    def actions(shown: Response) -> set[str]:
        return {form.action.rpartition("/")[2] for form in drawn(shown).forms}

    assert actions(reader) == set()
    assert "To answer takes the role Sync.Approve" in text(reader)
    assert "takes the role Sync.Names" in text(reader)
    assert actions(runner) == {"sync"}
    assert actions(approver) == {"swap", "approve", "reject", "sync"}


def test_the_visitor_is_told_who_they_are_and_what_their_roles_are(seen: TestWorld) -> None:
    """By the name that the platform gives, for their own eyes."""
    shown = text(Browser(seen, HOLDS[RUN]).get("/"))

    assert "jo@northbank.example" in shown
    assert "Your roles: Sync.Read, Sync.Run" in shown


# -- whose form it is ------------------------------------------------------------------------------

FOREIGN: Mapping[str, Mapping[str, str]] = {
    "of another site": {"origin": "https://elsewhere.example", "sec-fetch-site": "cross-site"},
    "of a neighbour's name": {"origin": f"https://x.{HOST}", "sec-fetch-site": "same-site"},
    "of another site that says it is ours": {"origin": "https://elsewhere.example"},
    "of a page without an origin": {"origin": "null"},
    "of a page without an origin, the same": {"origin": "null", "sec-fetch-site": "same-origin"},
    "of another port": {"origin": f"https://{HOST}:8443"},
    "of a longer name": {"origin": f"https://{HOST}.elsewhere.example"},
    "of a user at another host": {"origin": f"https://{HOST}@elsewhere.example"},
    "of a broken address": {"origin": "https://[elsewhere"},
    "of another scheme": {"origin": f"chrome-extension://{HOST}"},
    "typed or from a bookmark": {"origin": "", "sec-fetch-site": "none"},
    "of no browser": {"origin": "", "sec-fetch-site": ""},
    "with a blank origin and no host": {"origin": "null", "sec-fetch-site": "", "host": ""},
}
"""Headers that replace those of a form of ours; a blank one is left out."""


def headers(changes: Mapping[str, str]) -> Mapping[str, str]:
    return {name: value for name, value in {**OWN, **changes}.items() if value}


@pytest.mark.parametrize("door", OF_FORMS, ids=IDS_OF_FORMS)
def test_a_form_of_another_site_does_nothing(door: Opened, seen: TestWorld) -> None:
    """Whatever it asks for: each button looks whose form it is before all else."""
    before = [blob.name for blob in seen.store.blobs("")]
    forged = headers(FOREIGN["of another site"])
    response = Browser(seen).ask("POST", address(seen, door), forged)

    assert response.status == 403
    assert "not sent by a page of this app" in text(response)
    assert [blob.name for blob in seen.store.blobs("")] == before


@pytest.mark.parametrize("forged", FOREIGN)
def test_a_form_that_is_not_certainly_ours_is_refused(forged: str, seen: TestWorld) -> None:
    """However the browser puts it, and also where it puts nothing."""
    before = len(seen.store.blobs(""))
    response = Browser(seen).ask("POST", "/page/sync", headers(FOREIGN[forged]))

    assert response.status == 403
    assert len(seen.store.blobs("")) == before


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"sec-fetch-site": ""},
        {"origin": ""},
        {"origin": f"https://{HOST.upper()}"},
        {"host": f"{HOST}:7071", "origin": f"http://{HOST}:7071"},
        {"content-type": f"{FORM}; charset=UTF-8"},
    ],
)
def test_a_form_of_the_page_is_taken_as_browsers_send_it(changes: Mapping[str, str]) -> None:
    """Older ones say only the origin, and some leave the origin out of what is their own."""
    scene = delivered(invent(20, quirks=False))

    assert Browser(scene).ask("POST", "/page/sync", headers(changes)).status == 303


# -- what is no form -------------------------------------------------------------------------------

NO_FORM: Mapping[str, tuple[Mapping[str, str], bytes, int]] = {
    "JSON": ({"content-type": "application/json"}, b'{"school": "northbank"}', 415),
    "text": ({"content-type": "text/plain"}, b"school=northbank", 415),
    "several parts": ({"content-type": "multipart/form-data; boundary=x"}, b"--x--", 415),
    "of no type": ({"content-type": ""}, b"school=northbank", 415),
    "larger than 64 kB": ({}, b"school=" + b"n" * LIMIT_BYTES, 413),
    "of a hundred fields and one": ({}, b"&".join(b"f%d=1" % n for n in range(101)), 400),
    "half a field": ({}, b"school", 400),
    "no UTF-8": ({}, b"school=%ff%fe", 400),
    "no ASCII": ({}, "school=näh".encode(), 400),
    "bytes": ({}, b"\x00\x01\x02", 400),
}


@pytest.mark.parametrize("kind", NO_FORM)
def test_what_is_no_form_gets_a_page_that_says_what_to_do(kind: str, seen: TestWorld) -> None:
    """And nothing is done by it."""
    changes, body, status = NO_FORM[kind]
    before = len(seen.store.blobs(""))
    response = Browser(seen).ask("POST", "/page/sync", headers(changes), body)

    assert response.status == status
    assert "Nothing was done: " in text(response)
    assert len(seen.store.blobs("")) == before


def test_a_form_of_just_64_kb_is_read() -> None:
    """The limit is the last size that is taken: what it says is judged as any other."""
    scene = delivered(invent(20, quirks=False))
    body = b"school=" + b"n" * (LIMIT_BYTES - 7)

    assert Browser(scene).ask("POST", "/page/sync", OWN, body).status == 404


def test_a_percent_sign_that_escapes_nothing_is_a_character() -> None:
    """As in every browser: there is no school of that name."""
    scene = delivered(invent(20, quirks=False))
    response = Browser(scene).ask("POST", "/page/sync", OWN, b"school=%zz")

    assert response.status == 404
    assert "There is no such school in the settings" in text(response)


# -- addresses that there are not ------------------------------------------------------------------


@pytest.mark.parametrize(
    "where",
    ["/page", "/page/", "/page/x", "/page/held/a/b/c", "/page/home", "/wp-login.php", "/page/sync"],
)
def test_an_address_of_nothing_says_where_to_go(where: str, seen: TestWorld) -> None:
    """404, with a way to Home; so does a button that is opened as a link."""
    response = Browser(seen).get(where)

    assert response.status == 404
    assert "There is no page of this address. Go to Home" in text(response)
    assert "/" in drawn(response).links


@pytest.mark.parametrize("method", ["HEAD", "PUT", "DELETE", "OPTIONS", "get"])
def test_only_the_two_methods_of_a_browser_are_known(method: str, seen: TestWorld) -> None:
    """Whatever else is asked changes nothing, whatever headers it has."""
    assert Browser(seen).ask(method, "/page/sync", OWN).status == 404


@pytest.mark.parametrize("where", ["/page/home/nowhere", "/page/findings/nowhere"])
def test_a_school_that_settings_do_not_name_says_where_they_are_listed(
    where: str, seen: TestWorld
) -> None:
    """404, and the address is not repeated: it could be anybody's name."""
    response = Browser(seen).get(where)

    assert response.status == 404
    assert "There is no such school in the settings. Go to Home" in text(response)
    assert "nowhere" not in response.body.decode()


UNKNOWN = ("20260914T210001Z-00000000", "x", "..", "20260914T210001Z", "20260914T210001Z-0000000g")


@pytest.mark.parametrize("plan_id", UNKNOWN)
@pytest.mark.parametrize("word", ["", "/names", "/plan", "/approve", "/reject", "/swap"])
def test_a_plan_that_there_is_not_changes_nothing_and_leads_to_held(
    word: str, plan_id: str, seen: TestWorld
) -> None:
    """However it is asked: the page says that there is none, and what lists those there are."""
    before = len(seen.store.blobs(""))
    browser, where = Browser(seen), f"/page/held/{plan_id}{word}"
    said = {"digest": "0" * 64, "seen": "yes", "first": "1", "second": "2"}
    response = browser.post(where, **said) if word else browser.get(where)

    assert response.status == 409
    assert "There is no delivery or offer of this id" in text(response)
    assert "Go to Held" in text(response)
    assert len(seen.store.blobs("")) == before


@pytest.mark.parametrize("run_id", ["20200101T000000Z", *UNKNOWN[:3]])
def test_a_run_that_there_is_not_leads_to_home(run_id: str, seen: TestWorld) -> None:
    """404: its square may be of a month ago."""
    response = Browser(seen).get(f"/page/run/{run_id}")

    assert response.status == 404
    assert "it is past its time. Go to Home" in text(response)


# -- headers ---------------------------------------------------------------------------------------


def everything(scene: TestWorld) -> dict[str, Response]:
    """Return one response of each kind that the page has."""
    browser = Browser(scene)
    plan = plan_of(scene)
    return {
        "a screen": browser.get("/"),
        "a redirect": browser.get("/page/held"),
        "names": browser.post(f"{plan}/names"),
        "a file": browser.post(f"{plan}/plan"),
        "a refusal": Browser(scene, frozenset()).get("/"),
        "nothing there": browser.get("/page/x"),
        "a forged form": browser.ask("POST", "/page/sync", {}),
        "the style sheet": browser.get(asset("page.css")),
        "the icon": browser.get(asset("icon.svg")),
        "no style sheet": browser.get("/page/static/page.css"),
        "an error of ours": broken(scene),
    }


def broken(scene: TestWorld) -> Response:
    """Return what somebody gets while storage is away."""

    class Away(MemoryStore):
        @override
        def blobs(self, prefix: str) -> Sequence[Blob]:
            raise StoreUnavailable("storage does not answer", folder=prefix)

    away = scene.process(store=Away(scene.clock))
    visitor = Visitor("", frozenset(Role))
    return screens.respond(
        PageRequest("GET", ""),
        visitor,
        Served(lambda: away, AsGiven(scene.env), scene.steps.append),
    )


def test_no_response_can_run_a_script_be_framed_or_be_taken_for_something_else(
    seen: TestWorld,
) -> None:
    """Screens, redirects, files, refusals, errors and the style sheet alike."""
    for kind, response in everything(seen).items():
        sent = response.headers
        policy = sent["Content-Security-Policy"]

        assert policy.startswith("default-src 'none'; style-src 'self'; img-src 'self';"), kind
        assert "script" not in policy, kind
        assert "frame-ancestors 'none'" in policy, kind
        assert "form-action 'self'" in policy, kind
        assert sent["X-Frame-Options"] == "DENY", kind
        assert sent["X-Content-Type-Options"] == "nosniff", kind
        assert sent["Referrer-Policy"] == "same-origin", kind
        assert sent["Cross-Origin-Resource-Policy"] == "same-origin", kind


def test_nothing_is_kept_by_a_browser_but_what_never_changes(seen: TestWorld) -> None:
    """The style sheet and the icon, whose names hold a hash of what they are."""
    kept = {
        kind: response.headers["Cache-Control"]
        for kind, response in everything(seen).items()
        if response.headers["Cache-Control"] != "no-store"
    }
    forever = "public, max-age=31536000, immutable"

    assert kept == {"the style sheet": forever, "the icon": forever}


def test_a_page_has_no_script_and_nothing_that_the_policy_would_refuse(seen: TestWorld) -> None:
    """No handlers and no styles in its elements, and nothing from another host."""
    for kind, response in everything(seen).items():
        if response.content_type != "text/html":
            continue
        for tag, attributes in drawn(response).elements:
            assert tag not in {"script", "style", "iframe", "object", "embed", "base"}, kind
            assert not [name for name in attributes if name.startswith("on") or name == "style"]
            for name in ("src", "href", "action"):
                assert attributes.get(name, "/")[0] in "/#", kind


@pytest.mark.parametrize(
    "name", ["page.css", "page-0000000000000000.css", "../templates/home.html", "held.html", ""]
)
def test_a_static_file_is_given_by_its_hash_alone(name: str, seen: TestWorld) -> None:
    """Else a browser would keep what an older version had, for ever."""
    assert Browser(seen).get(f"/page/static/{name}").status == 404


def test_the_style_sheet_is_there_for_whoever_has_no_role(seen: TestWorld) -> None:
    """So that a refusal looks like the page that it is of."""
    assert Browser(seen, frozenset()).get(asset("page.css")).status == 200


# -- when something is away ------------------------------------------------------------------------


def test_storage_that_is_away_gives_a_page_to_try_again(seen: TestWorld) -> None:
    """503: who acts, and a link to the same screen."""
    response = broken(seen)

    assert response.status == 503
    assert "Storage does not answer." in text(response)
    assert "Wait some minutes, and reload." in text(response)
    assert "Nothing was changed, and nothing was sent." in text(response)


def test_what_nobody_foresaw_names_no_record(seen: TestWorld) -> None:
    """500 and a name to report it by: what it said could quote a pupil."""
    told = list[object]()

    def world() -> object:
        raise KeyError("Wren Pupil")

    visitor = Visitor("", frozenset(Role))
    response = screens.respond(
        PageRequest("GET", ""),
        visitor,
        Served(world, AsGiven({}), told.append),  # type: ignore[arg-type]
    )

    assert response.status == 500
    assert "Wren" not in response.body.decode() + str(told)
    assert "Report it with the name below" in text(response)


# -- read now --------------------------------------------------------------------------------------


def asked_for(scene: TestWorld, school: str) -> int:
    """Return how many readings of *school* were asked for."""
    return len(list_pulls(scene.world.store, school))


def test_reading_now_is_asked_for_once_a_click_and_of_the_school_that_is_shown() -> None:
    """The button of a school's home; the browser is sent back there, and is told so."""
    scene = make_group()
    browser = Browser(scene)
    home = browser.get("/page/home/southbank")
    response = browser.click(home, "/page/sync")

    assert response.headers["Location"] == "/page/home/southbank?asked=1"
    assert (asked_for(scene, "southbank"), asked_for(scene, "northbank")) == (1, 0)
    assert "The school is read now" in text(browser.follow(response))
    assert asked_for(scene, "southbank") == 1


def test_reading_all_schools_asks_for_each_once() -> None:
    """The button below the list of all schools; the browser is sent back to the list."""
    scene = make_group()
    browser = Browser(scene)
    response = browser.click(browser.get("/"), "/page/sync")

    assert response.headers["Location"] == "/?asked=1"
    assert (asked_for(scene, "southbank"), asked_for(scene, "northbank")) == (1, 1)
    assert "All schools are read now" in text(browser.follow(response))


def test_a_reading_says_who_asked_for_it_by_an_id() -> None:
    """So that its run can tell; the visitor's name is nowhere."""
    scene = delivered(invent(20, quirks=False))
    scene.steps.clear()
    Browser(scene).post("/page/sync", school="northbank")
    [pull] = list_pulls(scene.world.store, "northbank")[-1:]
    shown = text(Browser(scene).get(f"/page/run/{pull.id}?school=northbank"))

    assert "Asked to read northbank" in shown
    assert "By 0b1f8a52-0000-4000-8000-0000000007e5." in shown


def test_after_a_click_that_failed_on_the_way_nobody_is_told_that_nothing_was_done() -> None:
    """Storage may have gone away after it had written the answer."""
    away = StoreUnavailable("storage does not answer")

    assert trouble(away, 503, is_click=True).data.startswith("What you clicked may be done")
    assert trouble(away, 503).data == "Nothing was changed, and nothing was sent."
