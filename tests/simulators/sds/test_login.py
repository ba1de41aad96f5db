"""The simulator's login and roles (reference sections 4.12 and 7)."""

from __future__ import annotations

import base64
import importlib
import json

import pytest

from simulators.sds import SENDER_ROLES, Knobs, SdsSimulator
from tests.simulators.sds.sender import CAST, CONNECTOR, GRAPH, Clock, Sender


@pytest.mark.parametrize(
    ("changes", "status", "error"),
    [
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"client_id": "wrong"}, 400, "unauthorized_client"),
        ({"scope": "https://storage.example/.default"}, 400, "invalid_scope"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
    ],
)
def test_a_wrong_credential_gets_no_token(
    sender: Sender, changes: dict[str, str], status: int, error: str
) -> None:
    """Each part of a client-credentials request is looked at."""
    answer = sender.token(**changes)

    assert (answer.status_code, answer.json()["error"]) == (status, error)


def test_msal_gets_a_token_by_secret(sim: SdsSimulator, sender: Sender) -> None:
    """Discovery document, issuer and endpoints agree for Microsoft's own library."""
    msal = importlib.import_module("msal")  # it has no types
    app = msal.ConfidentialClientApplication(
        sim.knobs.client_id,
        client_credential=sim.knobs.client_secret,
        authority=f"https://graph.sim.example/{sim.tenant_id}",
        instance_discovery=False,
        http_client=sender.http,
    )

    answer = app.acquire_token_for_client(["https://graph.microsoft.com/.default"])

    assert answer["access_token"] in sim.tokens


def assertion(**claims: str) -> dict[str, str]:
    """A client assertion as a certificate's owner would sign it, but for the signature."""
    body = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return {
        "client_secret": "",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": f"e30.{body}.signed",
    }


def test_a_certificate_does_as_well(sim: SdsSimulator, sender: Sender) -> None:
    """An assertion is taken if it was written by this client for this endpoint."""
    client = sim.knobs.client_id
    here = f"https://graph.sim.example/{sim.tenant_id}/oauth2/v2.0/token"
    right = sender.token(**assertion(iss=client, sub=client, aud=here))
    elsewhere = sender.token(**assertion(iss=client, sub=client, aud="https://other.example"))
    broken = sender.token(**(assertion() | {"client_assertion": "not a token"}))

    assert [one.status_code for one in (right, elsewhere, broken)] == [200, 401, 401]


def test_a_token_expires_by_the_clock(sender: Sender, clock: Clock) -> None:
    """After its life a token is answered with 401 InvalidAuthenticationToken."""
    clock.pass_s(3599)
    answer = sender.get("/dataConnectors")

    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "InvalidAuthenticationToken"


@pytest.mark.parametrize(
    ("role", "call"),
    [
        ("IndustryData-DataConnector.Read.All", "GET /dataConnectors"),
        ("IndustryData-DataConnector.Read.All", f"GET /dataConnectors/{CONNECTOR.id}"),
        (
            "IndustryData-DataConnector.Upload",
            f"GET /dataConnectors/{CONNECTOR.id}/{CAST}/getUploadSession",
        ),
        ("IndustryData-DataConnector.Upload", f"POST /dataConnectors/{CONNECTOR.id}/validate"),
        ("IndustryData.ReadBasic.All", "GET /operations/none"),
        ("IndustryData-InboundFlow.Read.All", "GET /inboundFlows"),
        ("IndustryData-Run.Read.All", "GET /runs"),
        ("IndustryData-Run.Start", "POST /runs/start"),
    ],
)
def test_each_call_demands_its_own_role(clock: Clock, role: str, call: str) -> None:
    """All roles but one are not enough, that one alone is (section 4.12)."""
    method, _, path = call.partition(" ")
    statuses = []
    for roles in (SENDER_ROLES - {role}, frozenset({role})):
        sender = Sender(
            SdsSimulator(
                clock=clock,
                base_url="https://graph.sim.example",
                knobs=Knobs(roles=roles),
            )
        )
        statuses.append(
            sender.http.request(method, GRAPH + path, headers=sender.bearer).status_code
        )

    assert statuses[0] == 403
    assert statuses[1] in {200, 202, 404}
