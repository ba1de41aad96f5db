"""Short and qualified names of calls in the simulator (reference section 11)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from simulators.sds import Knobs, SdsSimulator
from tests.simulators.sds.sender import CAST, CONNECTOR, Sender, school

NAMESPACE = "microsoft.graph.industryData"
HERE = f"/dataConnectors/{CONNECTOR.id}"
SHORT = [
    ("GET", f"{HERE}/{CAST}/getUploadSession?resetSession=true"),
    ("POST", f"{HERE}/validate"),
    ("POST", "/runs/start"),
    ("GET", "/runs/{run}/getStatistics"),
]
QUALIFIED = [
    ("GET", f"{HERE}/{NAMESPACE}.getUploadSession(resetSession=true)"),
    ("GET", f"{HERE}/{CAST}/{NAMESPACE}.getUploadSession(resetSession=true)"),
    ("POST", f"{HERE}/{NAMESPACE}.validate"),
    ("POST", f"/runs/{NAMESPACE}.start"),
    ("GET", f"/runs/{{run}}/{NAMESPACE}.getStatistics()"),
]


def ask(sender: Sender, method: str, path: str) -> tuple[int, Any]:
    """Call *path*, with the newest run for `{run}`; return the status and the error document."""
    run = sender.sim.runs[-1].id if sender.sim.runs else "none"
    answer = sender.get(path.format(run=run)) if method == "GET" else sender.post(path)
    return answer.status_code, answer.json() if answer.status_code >= 400 else None


@pytest.mark.parametrize(("method", "path"), SHORT + QUALIFIED)
def test_both_names_are_served(sender: Sender, method: str, path: str) -> None:
    """The pages' name and that of the generated clients do the same."""
    sender.sim.knobs = replace(sender.sim.knobs, run_duration_s=0, operation_s=0)
    sender.send(school())

    assert ask(sender, method, path)[0] in {200, 202}


@pytest.mark.parametrize("status", [400, 404])
@pytest.mark.parametrize("refused", ["short", "qualified"])
def test_one_of_the_names_may_be_unknown(sim: SdsSimulator, *, status: int, refused: str) -> None:
    """Then each call has the other one, and nothing was done under the refused name."""
    knobs = Knobs(operation_s=0, run_duration_s=0)
    sim.knobs = knobs
    sender = Sender(sim)
    sender.send(school())
    change: dict[str, Any] = {f"{refused}_names_status": status}
    sim.knobs = replace(knobs, **change)
    unknown, known = (SHORT, QUALIFIED) if refused == "short" else (QUALIFIED, SHORT)
    refusals = [ask(sender, *call) for call in unknown]
    done = len(sim.runs), len(sim.submissions)

    assert {code for code, _ in refusals} == {status}
    assert all("Resource not found for the segment" in e["error"]["message"] for _, e in refusals)
    assert done == (1, 1)
    assert {ask(sender, *call)[0] for call in known} == {200, 202}


@pytest.mark.parametrize(
    ("written", "fresh"),
    [
        ("getUploadSession(resetSession=true)", True),
        ("getUploadSession(resetSession=false)", False),
        (f"{NAMESPACE}.getUploadSession(resetSession=true)", True),
        (f"{NAMESPACE}.getUploadSession()?resetSession=true", True),
        (f"{NAMESPACE}.getUploadSession()", False),
        (f"{NAMESPACE}.getUploadSession", False),
    ],
)
def test_a_reset_may_be_the_functions_parameter(
    sender: Sender, written: str, *, fresh: bool
) -> None:
    """In brackets or in the query; without either it is the current session."""
    before = sender.open()
    answer = sender.get(f"{HERE}/{CAST}/{written}").json()

    assert (answer["sessionUrl"] != before) == fresh


def test_a_parameter_that_the_function_does_not_have_is_no_call(sender: Sender) -> None:
    """Graph knows no such function."""
    assert sender.get(f"{HERE}/{CAST}/getUploadSession(reset=true)").status_code == 404


def test_the_log_tells_how_it_was_asked(sim: SdsSimulator, sender: Sender) -> None:
    """What the vendor's own calls send can be looked for: Accept, Prefer, the files' type."""
    url, _, sas = sender.open().partition("?")
    sender.http.put(f"{url}/a.csv?{sas}&resource=file")
    sender.http.patch(
        f"{url}/a.csv?{sas}&action=flush&position=0",
        headers={"x-ms-content-type": "application/vnd.ms-excel"},
    )
    sender.http.post(
        f"https://graph.sim.example/beta/external/industryData{HERE}/validate",
        headers={**sender.bearer, "Accept": "*/*", "Prefer": "include-unknown-enum-members"},
    )

    assert sim.requests[-2].file_type == "application/vnd.ms-excel"
    assert sim.requests[-1].accept == "*/*"
    assert sim.requests[-1].prefer == "include-unknown-enum-members"
