"""Graph's education view, read: every page, every item, and nothing that was not asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from simulators.sds import Account, Answer, Education, EducationKnobs, SdsSimulator, education_of
from simulators.sds.education import BATCH_LIMIT
from simulators.sds.knobs import EDU_ROSTER, MEMBER_HIDDEN, READER_ROLES, SENDER_ROLES, USER_READ
from simulators.sds.tenant import TENANT_ID
from sync.edge.clock import Budget
from sync.edge.graph.education import CLASSES, MEMBERS, EducationReader
from sync.edge.graph.education_values import NEEDED_ROLES
from sync.edge.graph.identity import graph_tokens, read_back_tokens, roles_in
from sync.errors import TargetError, TargetMalformed, TargetRefused, TargetUnavailable
from sync.settings import SdsSettings
from tests.clocks import FakeClock
from tests.edge.graph_tenant import GRAPH, LOGIN, Overheard
from tests.edge.graph_tenant import settings as sender_settings
from tests.simulators.sds.sender import Sender, school
from tests.worlds import FederatedIdentity


@dataclass
class Reading:
    """A tenant to which a school was sent, and the reader."""

    sim: SdsSimulator
    clock: FakeClock
    reader: EducationReader
    sent: list[httpx.Request]

    @property
    def education(self) -> Education:
        return education_of(self.sim)

    @property
    def budget(self) -> Budget:
        return Budget.of(self.clock, 100)

    def batches(self) -> list[int]:
        """Return how many items each batch had."""
        return [request.content.count(b'"GET"') for request in self.sent if _is_batch(request)]

    def ids(self) -> list[str]:
        return [room.id for room in self.education.all()]

    def people(self) -> dict[str, tuple[list[str], list[str]]]:
        """Return who is in each class, by the class's id in the source."""
        found = self.reader.people(self.ids(), self.budget)
        names = {room.id: room.nickname.partition("_")[2] for room in self.education.all()}
        return {
            names[graph_id]: (
                sorted(person.user_name for person in people.members),
                sorted(person.user_name for person in people.teachers),
            )
            for graph_id, people in found.items()
            if people
        }


def _is_batch(request: httpx.Request) -> bool:
    return request.url.path.endswith("$batch")


def reading(pupils: int = 2, sets: int = 2, **knobs: object) -> Reading:
    clock = FakeClock()
    sim = SdsSimulator(clock=clock.now, base_url=GRAPH, login_url=LOGIN)
    sim.education_knobs = replace(sim.education_knobs, **knobs)  # type: ignore[arg-type]
    sim.base_url = sim.login_url = None
    sender = Sender(sim)
    sender.send(school(pupils=pupils, sets=sets))
    clock.advance(7200)
    sim.catch_up()
    sim.base_url, sim.login_url = GRAPH, LOGIN
    sent = list[httpx.Request]()
    wire = Overheard(httpx.WSGITransport(app=sim).handle_request, sent)
    given = settings()
    tokens = read_back_tokens(given, clock, transport=wire, identity=FederatedIdentity)
    return Reading(sim, clock, EducationReader(given, tokens, clock, graph=wire), sent)


def settings() -> SdsSettings:
    given = sender_settings().model_copy(
        update={"read_back": True, "read_back_client_id": EducationKnobs().client_id}
    )
    assert given.tenant_id == TENANT_ID
    return given


def test_each_identity_has_its_own_roles_and_none_of_the_other() -> None:
    """Who speaks to industryData never gets the roles that read people, nor the reverse."""
    here = reading()
    sends = graph_tokens(settings(), here.clock, transport=httpx.WSGITransport(app=here.sim))

    assert here.reader.roles() == READER_ROLES == {*NEEDED_ROLES}
    assert roles_in(sends.token()) == SENDER_ROLES
    assert not SENDER_ROLES & {*READER_ROLES, USER_READ}


def test_the_senders_secret_is_never_sent_for_the_reader() -> None:
    """A secret is one registration's alone: the reader proves itself by the app's identity."""
    here = reading()
    here.reader.roles()
    [signed_in] = here.sent

    assert b"client_assertion" in signed_in.content
    assert b"client_secret" not in signed_in.content


def test_without_a_tenant_the_second_managed_identity_is_asked() -> None:
    """By its client id, for Graph alone: never the app's own, nor whoever is signed in."""
    from azure.identity import ManagedIdentityCredential

    from sync.edge.graph.identity import _managed

    assert isinstance(_managed("33333333-3333-3333-3333-333333333333"), ManagedIdentityCredential)
    given = SdsSettings(
        connector="x", read_back=True, read_back_client_id="33333333-3333-3333-3333-333333333333"
    )
    tokens = read_back_tokens(given, FakeClock(), identity=FederatedIdentity)
    assert tokens.token().get_secret_value()


@pytest.mark.parametrize("page_size", [1, 2, 3, None])
def test_every_class_is_listed_once(page_size: int | None) -> None:
    """However Graph pages them, and of every source; only what was selected is asked for."""
    here = reading(sets=3, page_size=page_size)
    listed = here.reader.classes(here.budget)

    assert sorted(room.external_id for room in listed) == ["c0", "c1", "c2"]
    assert {room.nickname for room in listed} == {f"Section_c{n}" for n in range(3)}


@pytest.mark.parametrize("page_size", [1, 2, None])
def test_everybody_in_a_class_is_read_once(page_size: int | None) -> None:
    """Members hold the teachers; each item's own next links are followed to their end."""
    here = reading(people_page_size=page_size)
    members = ["p0@fern.example", "p1@fern.example", "t1@fern.example"]

    assert here.people() == {f"c{n}": (members, ["t1@fern.example"]) for n in range(2)}


def test_a_batch_has_at_most_twenty_items() -> None:
    """Two for each class, and as few batches as that allows."""
    here = reading(sets=25)
    here.people()

    assert here.batches() == [BATCH_LIMIT, BATCH_LIMIT, 10]


def test_a_busy_item_is_asked_again_alone_after_its_own_wish() -> None:
    """The others go on meanwhile; nobody waits longer than was wished."""
    here = reading(sets=2)
    here.education.refuse_items(429, match="teachers", retry_after="7")
    found = here.people()

    assert len(found) == 2
    assert here.batches() == [4, 1]
    assert here.clock.slept == [7.0]


@pytest.mark.parametrize("status", [424, 500, 503])
def test_an_item_that_failed_is_asked_again(status: int) -> None:
    """Also without a wish, a little later."""
    here = reading()
    here.education.refuse_items(status, match="members")

    assert len(here.people()) == 2
    assert len(here.clock.slept) == 1


def test_an_item_that_stays_busy_is_never_an_empty_class() -> None:
    """After four tries it is said that Graph is busy, and nothing is returned."""
    here = reading()
    here.education.refuse_items(503, match="members", times=99)

    with pytest.raises(TargetUnavailable):
        here.people()


def test_a_wish_beyond_the_time_left_ends_at_once() -> None:
    """And says how long the wish was, so that the next invocation begins then."""
    here = reading()
    here.education.refuse_items(429, retry_after="600", times=99)

    with pytest.raises(TargetUnavailable) as caught:
        here.people()
    assert caught.value.retry_after_s == 600
    assert here.clock.slept == []


@pytest.mark.parametrize(
    ("status", "error"),
    [(400, TargetMalformed), (401, TargetRefused), (403, TargetRefused), (302, TargetMalformed)],
)
def test_a_refused_item_is_never_an_empty_class(status: int, error: type[TargetError]) -> None:
    """One item that is refused refuses the whole."""
    here = reading()
    here.education.refuse_items(status, match="teachers", times=99)

    with pytest.raises(error):
        here.people()


@pytest.mark.parametrize("status", [401, 403, 404, 429, 500])
def test_a_refused_list_is_never_an_empty_tenant(status: int) -> None:
    """Neither of the classes nor of a batch as a whole."""
    here = reading()
    here.sim.fail_next("classes", Answer(status), times=None)
    here.sim.fail_next("batch", Answer(status), times=None)

    with pytest.raises(TargetError):
        here.reader.classes(here.budget)
    with pytest.raises(TargetError):
        here.people()


def test_a_refusal_names_the_role_and_the_identity_that_needs_it() -> None:
    """Not the app's own identity, which never gets it."""
    here = reading(roles=frozenset({"Other.Role"}))

    with pytest.raises(TargetRefused, match=r"EduRoster.*SDS__READ_BACK_CLIENT_ID") as caught:
        here.reader.classes(here.budget)
    assert caught.value.facts["role"] == CLASSES.role == EDU_ROSTER
    assert MEMBERS.role == MEMBER_HIDDEN


def test_a_class_that_is_gone_is_asked_for_once_more() -> None:
    """A 404 may pass; two of them say that it is gone, and is no empty class."""
    here = reading()
    [first, second] = here.ids()
    here.education.refuse_items(404, match=f"{first}/members")
    here.education.refuse_items(404, match=f"{second}/teachers", times=2)
    found = here.reader.people([first, second], here.budget)

    assert found[second] is None
    people = found[first]
    assert people is not None
    assert len(people.members) == 3


def test_a_class_that_is_gone_on_its_second_page_is_read_anew() -> None:
    """From its first page on, whose next link is the same as before."""
    here = reading(people_page_size=1)
    here.education.refuse_items(404, match="skiptoken")

    assert {len(members) for members, _ in here.people().values()} == {3}


def _edited(here: Reading, edit: Callable[[dict[str, Any]], None]) -> EducationReader:
    """Return a reader to which pages of the list of classes come *edit*ed."""
    inner = httpx.WSGITransport(app=here.sim)

    def answered(request: httpx.Request) -> httpx.Response:
        answer = inner.handle_request(request)
        if not request.url.path.endswith("/education/classes"):
            return answer
        answer.read()
        page = answer.json()
        edit(page)
        return httpx.Response(200, json=page)

    wire = Overheard(answered, [])
    tokens = read_back_tokens(settings(), here.clock, transport=wire, identity=FederatedIdentity)
    return EducationReader(settings(), tokens, here.clock, graph=wire)


def test_a_class_that_is_on_two_pages_is_one() -> None:
    """Pages overlap where a class is made while they are read."""
    here = reading(sets=3)
    reader = _edited(here, lambda page: page["value"].append(page["value"][0]))

    assert len(reader.classes(here.budget)) == 3


def test_what_is_no_class_in_the_list_of_classes_refuses_it() -> None:
    """It may have been one of ours: a list with a hole is never a class less."""
    here = reading(sets=3)
    reader = _edited(here, lambda page: page["value"].append(None))

    with pytest.raises(TargetMalformed):
        reader.classes(here.budget)


@pytest.mark.parametrize(
    "origin", ["https://elsewhere.example", "http://graph.microsoft.com", f"{GRAPH}:444"]
)
def test_a_next_link_to_elsewhere_is_not_followed(origin: str) -> None:
    """Our token and everybody's addresses stay with Graph."""
    here = reading(people_page_size=1, page_size=1, next_link_origin=origin)

    with pytest.raises(TargetMalformed):
        here.people()
    with pytest.raises(TargetMalformed):
        here.reader.classes(here.budget)
    assert {request.url.host for request in here.sent} == {
        "graph.microsoft.com",
        "login.microsoftonline.com",
    }


def test_what_was_not_asked_for_is_dropped_unread() -> None:
    """Where `$select` is not honoured, it is noted and nothing else is kept."""
    here = reading(select_honoured=False)
    classes = here.reader.classes(here.budget)
    people = here.reader.people(here.ids(), here.budget)

    assert here.reader.gave_more
    assert "canary" not in f"{classes} {people}".lower()


def test_what_was_asked_for_is_no_more() -> None:
    """Where it is honoured nothing is noted."""
    here = reading()
    here.reader.classes(here.budget)
    here.people()

    assert not here.reader.gave_more


def test_a_next_link_to_something_else_of_graphs_is_not_followed() -> None:
    """It would be told as a missing role, or other people as members."""
    here = reading()
    inner = httpx.WSGITransport(app=here.sim)

    def answered(request: httpx.Request) -> httpx.Response:
        answer = inner.handle_request(request)
        answer.read()
        return _leading_elsewhere(answer) if _is_batch(request) else answer

    wire = Overheard(answered, [])
    tokens = read_back_tokens(settings(), here.clock, transport=wire, identity=FederatedIdentity)
    reader = EducationReader(settings(), tokens, here.clock, graph=wire)

    with pytest.raises(TargetMalformed, match="something else"):
        reader.people(here.ids(), here.budget)


def _leading_elsewhere(answer: httpx.Response) -> httpx.Response:
    body = answer.json()
    for response in body["responses"]:
        response["body"]["@odata.nextLink"] = f"{GRAPH}/v1.0/users?$select=id"
    return httpx.Response(200, json=body)


def _without_answers(answer: httpx.Response) -> httpx.Response:
    return httpx.Response(200, json={"responses": []})


def _without_ids(answer: httpx.Response) -> httpx.Response:
    body = answer.json()
    for response in body["responses"]:
        for person in response["body"].get("value", ()):
            person.pop("id")
    return httpx.Response(200, json=body)


def _without_lists(answer: httpx.Response) -> httpx.Response:
    body = answer.json()
    for response in body["responses"]:
        response["body"] = {}
    return httpx.Response(200, json=body)


def _going_round(answer: httpx.Response) -> httpx.Response:
    body = answer.json()
    for response in body["responses"]:
        response["body"]["@odata.nextLink"] = f"{GRAPH}/v1.0/education/classes/again"
    return httpx.Response(200, json=body)


@pytest.mark.parametrize(
    "spoil",
    [_without_answers, _without_ids, _without_lists, _going_round],
    ids=lambda f: f.__name__,
)
def test_an_answer_that_is_not_whole_is_never_an_empty_class(
    spoil: Callable[[httpx.Response], httpx.Response],
) -> None:
    """Items without an answer, people without an id, no list, pages without an end."""
    here = reading()
    inner = httpx.WSGITransport(app=here.sim)

    def answered(request: httpx.Request) -> httpx.Response:
        answer = inner.handle_request(request)
        answer.read()
        return spoil(answer) if _is_batch(request) else answer

    wire = Overheard(answered, [])
    tokens = read_back_tokens(settings(), here.clock, transport=wire, identity=FederatedIdentity)
    reader = EducationReader(settings(), tokens, here.clock, graph=wire)

    with pytest.raises(TargetError):
        reader.people(here.ids(), here.budget)


def test_accounts_are_told_apart() -> None:
    """There and enabled, disabled, or none: also one that is known by its mail alone."""
    here = reading(roles=frozenset({*READER_ROLES, USER_READ}))
    here.sim.people = {"t1@fern.example", "o'brien@fern.example"}
    here.education.accounts["p0@fern.example"] = Account("px@fern.example", "p0@fern.example")
    here.education.accounts["p1@fern.example"] = Account("p1@fern.example", enabled=False)
    wanted = ["t1", "p0", "p1", "gone", "o'brien"]
    found = here.reader.accounts([f"{name}@fern.example" for name in wanted], here.budget)

    assert [*found.values()] == [True, True, False, None, True]
    assert quote("o''brien", safe="") in here.education.asked[-1] + here.education.asked[0]


def test_accounts_without_the_role_are_refused() -> None:
    """It is optional: whoever asks must know first that it is there."""
    here = reading()

    with pytest.raises(TargetRefused, match=USER_READ):
        here.reader.accounts(["t1@fern.example"], here.budget)
