"""As the vendor asks: names short and qualified, headers, and what is asked once a process."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest

from sync.edge.clock import Budget
from sync.edge.graph.sds import SdsTarget
from sync.edge.graph.values import Whereabouts
from sync.errors import TargetError, TargetMalformed, TargetRefused, TargetUnavailable
from tests.clocks import START
from tests.edge.graph_tenant import scripted

ID = "0b1f8a52-0000-4000-8000-0000000000c1"
BASE = "/beta/external/industryData/"
CAST = f"{BASE}dataConnectors/{ID}/microsoft.graph.industryData.azureDataLakeConnector/"
SESSION = {"sessionUrl": "https://lake0.dfs.core.windows.net/t/c/k?sv=1&sig=a%2Bb"}

type Call = Callable[[SdsTarget, Budget], object]

# By call: the end of its short name, and of its qualified one, as they are sent.
CALLS: dict[str, tuple[Call, str, str]] = {
    "validate": (
        lambda target, budget: target.validate(ID, budget),
        f"{BASE}dataConnectors/{ID}/validate",
        f"{BASE}dataConnectors/{ID}/microsoft.graph.industryData.validate",
    ),
    "session": (
        lambda target, budget: target.open_session(ID, budget),
        f"{CAST}getUploadSession?resetSession=true",
        f"{CAST}microsoft.graph.industryData.getUploadSession(resetSession=true)",
    ),
    "start": (
        lambda target, budget: target.start_run(budget),
        f"{BASE}runs/start",
        f"{BASE}runs/microsoft.graph.industryData.start",
    ),
    "statistics": (
        lambda target, budget: target.statistics(ID, budget),
        f"{BASE}runs/{ID}/getStatistics",
        f"{BASE}runs/{ID}/microsoft.graph.industryData.getStatistics()",
    ),
}


def sent_paths(sent: list[httpx.Request]) -> list[str]:
    return [request.url.raw_path.decode() for request in sent]


def knowing(short: int, qualified: int) -> Callable[[httpx.Request], httpx.Response]:
    """Answer both names of every call with a status each."""

    def answer(request: httpx.Request) -> httpx.Response:
        last = request.url.path.rpartition("/")[2]
        is_qualified = last.startswith("microsoft.graph")
        return httpx.Response(qualified if is_qualified else short, json=SESSION)

    return answer


@pytest.mark.parametrize("call", CALLS)
def test_the_short_name_is_asked_first(call: str) -> None:
    """Microsoft's pages show it."""
    ask, short, _ = CALLS[call]
    target, clock, sent = scripted(knowing(200, 200))

    ask(target, Budget.of(clock, 60))

    assert sent_paths(sent) == [short]


@pytest.mark.parametrize("call", ["validate", "session", "start"])
@pytest.mark.parametrize("status", [400, 404])
def test_a_short_name_that_graph_does_not_know_is_asked_by_the_qualified_one(
    call: str, status: int
) -> None:
    """Microsoft's clients send that one; what worked is used for the rest of the process."""
    ask, short, qualified = CALLS[call]
    target, clock, sent = scripted(knowing(status, 200))

    ask(target, Budget.of(clock, 60))
    ask(target, Budget.of(clock, 60))

    assert sent_paths(sent) == [short, qualified, qualified]


@pytest.mark.parametrize("status", [400, 404])
def test_the_statistics_of_a_run_have_two_names_as_well(status: int) -> None:
    """The second run is counted by the name that worked for the first."""
    _, short, qualified = CALLS["statistics"]
    target, clock, sent = scripted(knowing(status, 200))

    target.statistics(ID, Budget.of(clock, 60))
    target.statistics("r2", Budget.of(clock, 60))

    assert sent_paths(sent) == [short, qualified, qualified.replace(ID, "r2")]


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(
    ("short", "qualified", "error"),
    [
        (404, 404, TargetRefused),
        (400, 404, TargetMalformed),
        (404, 403, TargetRefused),
        (403, 200, TargetRefused),
        (405, 200, TargetMalformed),
    ],
)
def test_a_refusal_by_both_names_is_told(
    call: str, short: int, qualified: int, error: type[TargetError]
) -> None:
    """Only 400 and 404 are asked anew; nothing that failed is remembered."""
    ask, first, second = CALLS[call]
    target, clock, sent = scripted(knowing(short, qualified))
    asked = [first, second] if short in {400, 404} else [first]

    for _ in range(2):
        with pytest.raises(error) as caught:
            ask(target, Budget.of(clock, 60))
        assert caught.value.facts["status"] == (qualified if qualified == 403 else short)

    assert sent_paths(sent) == asked * 2


def test_a_validate_by_the_qualified_name_may_have_been_carried_out() -> None:
    """An answer that is lost leaves the outcome unknown, by whichever name."""

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/validate"):
            return httpx.Response(404)
        raise httpx.ReadTimeout("invented")

    target, clock, _ = scripted(answer)

    with pytest.raises(TargetUnavailable) as caught:
        target.validate(ID, Budget.of(clock, 60))

    assert caught.value.outcome_unknown


def test_validate_takes_any_answer() -> None:
    """Microsoft's connector asks so, without a body; every other call wants JSON."""
    target, clock, sent = scripted(lambda _: httpx.Response(202, json=SESSION))

    target.validate(ID, Budget.of(clock, 60))
    target.open_session(ID, Budget.of(clock, 60))

    assert [request.headers["Accept"] for request in sent] == ["*/*", "application/json"]
    assert sent[0].content == b""


def test_graph_is_asked_for_members_of_enums_that_came_later() -> None:
    """Else a status that we know may come as `unknownFutureValue`; it goes with GETs alone."""
    target, clock, sent = scripted(lambda _: httpx.Response(200, json={"value": [], **SESSION}))
    budget = Budget.of(clock, 60)

    target.flows(budget)
    target.runs_since(START, budget)
    target.open_session(ID, budget)
    target.statistics("r1", budget)
    target.operation(Whereabouts("a-1", "", ID, START), budget)
    target.validate(ID, budget)
    target.start_run(budget)

    preferred = {request.method: set[str | None]() for request in sent}
    for request in sent:
        preferred[request.method].add(request.headers.get("Prefer"))
    assert preferred == {"GET": {"include-unknown-enum-members"}, "POST": {None}}
    assert len(sent) == 8


def test_each_flush_says_what_kind_of_file_it_is() -> None:
    """As Microsoft's collection does; create and append do not."""

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json=SESSION if request.method == "GET" else None)

    target, clock, sent = scripted(answer)
    budget = Budget.of(clock, 60)
    session = target.open_session(ID, budget)

    target.put_file(session, "orgs.csv", b"x", budget)
    target.put_file(session, "users.csv", b"", budget)

    kinds = [request.headers.get("x-ms-content-type") for request in sent[1:]]
    ms_excel = "application/vnd.ms-excel"
    assert kinds == [None, None, ms_excel, None, ms_excel]
    assert all(
        "action=flush" in str(request.url)
        for request in sent
        if "x-ms-content-type" in request.headers
    )


def test_the_statistics_of_a_run_are_asked_for_once() -> None:
    """A run that is over does not change: a look at it every minute costs no calls."""
    target, clock, sent = scripted(lambda _: httpx.Response(200, json={"status": "completed"}))

    counted = [target.statistics(run, Budget.of(clock, 60)) for run in ("r1", "r2", "r1")]

    assert counted[0] is counted[2]
    assert len(sent) == 2


def test_statistics_that_could_not_be_had_are_asked_for_again() -> None:
    """Only an answer is kept."""
    answers = [httpx.Response(403), httpx.Response(200, json={"status": "completed"})]
    target, clock, _ = scripted(lambda _: answers.pop(0))

    with pytest.raises(TargetRefused):
        target.statistics("r1", Budget.of(clock, 60))

    assert target.statistics("r1", Budget.of(clock, 60)).totals.status == "completed"
