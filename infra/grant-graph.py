#!/usr/bin/env python3
"""Give the app's identity the roles of Microsoft Graph that it needs, and no others.

    az login
    python infra/grant-graph.py --object-id <Object (principal) ID of the identity> --what-if
    python infra/grant-graph.py --object-id <the same>

Needs httpx and nothing else of this project, so that it can be run alone; and somebody who may
grant application roles: a Privileged Role Administrator or a Global Administrator. Safe to repeat:
what is there is left, and nothing is ever taken away.
Ends with 0 if all is there, 1 if Graph refused or was away, 2 for a wrong word or no sign-in.
The reasons, and ways without this script: docs/permissions.md.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TextIO

import httpx

# The calls that need them are in sync/edge/graph/; a test holds the two lists together.
NEEDED = {
    "IndustryData-DataConnector.Read.All": "find the connector that CONNECTOR names",
    "IndustryData-DataConnector.Upload": "open an upload session and hand the files over",
    "IndustryData.ReadBasic.All": "ask what became of the files",
    "IndustryData-Run.Read.All": "follow the run of SDS and read its counts",
    "IndustryData-InboundFlow.Read.All": "see whether our inbound flow has expired, and what a run"
    " made of it",
}
RUN_START = {"IndustryData-Run.Start": "ask SDS to run at once (SDS__START_RUN)"}
SDS_SHOW = {
    "IndustryData-SourceSystem.Read.All": "show how people are matched to accounts",
    "IndustryData-TimePeriod.Read.All": "show the school years of SDS",
    "IndustryData-OutboundFlow.Read.All": "show whether SDS makes class groups and Teams",
    "IndustryData-ReferenceDefinition.Read.All": "show which codes of year groups SDS knows",
}
# They show who is in every class of the tenant, so they are another identity's, and only these.
READ_BACK = {
    "EduRoster.Read.All": "list the classes of the tenant and who is in them",
    "Member.Read.Hidden": "see members at all: those of SDS's classes are hidden",
}
ACCOUNTS = {"User.Read.All": "tell whether somebody who is missing has an account"}
SENDS = "IndustryData"  # how the roles begin of the identity that sends

GRAPH = "https://graph.microsoft.com"
GRAPH_APP_ID = "00000003-0000-0000-c000-000000000000"  # the same in every tenant
ATTEMPTS = 4
LONGEST_WAIT_S = 120.0
PAGES = 100

_GUID = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_TOKEN = re.compile(r"[A-Za-z0-9._~+/=-]+")
_URL = re.compile(r"(?:https://[A-Za-z0-9.-]+|http://(?:127\.0\.0\.1|localhost))(?::[0-9]+)?/?")
_BUSY = {408, 429, 500, 502, 503, 504}

type Json = Mapping[str, object]


class Stop(Exception):
    """Why it ends here, as a sentence with the next step; *code* is the exit code."""

    def __init__(self, why: str, code: int = 1) -> None:
        super().__init__(why)
        self.code = code


@dataclass(frozen=True, slots=True)
class Identity:
    id: str
    name: str
    kind: str


@dataclass(frozen=True, slots=True)
class Assignment:
    resource_id: str
    resource_name: str
    role_id: str


class Graph:
    """The directory part of one Graph: asks again while it is busy, and stays on its host."""

    def __init__(self, client: httpx.Client, sleep: Callable[[float], None]) -> None:
        self._client = client
        self._sleep = sleep

    def read(self, path: str, **query: str) -> Json:
        answer = self._ask("GET", path, query=query)
        if answer.status_code == 403:
            raise Stop(
                "Graph does not let you read the directory: sign in as an administrator; the token"
                " needs Application.Read.All."
            )
        _demand(answer)
        return _object(answer)

    def pages(self, path: str, **query: str) -> list[Json]:
        """Return a whole list; a page that cannot be had loses all of it."""
        items: list[Json] = []
        page = self.read(path, **query)
        for _ in range(PAGES):
            found = page.get("value")
            if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
                raise Stop("Graph gave a page without a list: run this again later.")
            items += found
            link = page.get("@odata.nextLink")
            if link is None:
                return items
            # The token goes with every request: never to another host.
            if not str(link).startswith(f"{self._client.base_url}"):
                raise Stop("Graph's next page is on another host. It was not followed.")
            page = self.read(str(link))
        raise Stop("Graph's pages do not end: run this again later.")

    def grant(self, identity: Identity, resource_id: str, role_id: str) -> int:
        """Ask once for a role and return the status: 400 and 409 may mean that it is there."""
        wanted = {"principalId": identity.id, "resourceId": resource_id, "appRoleId": role_id}
        answer = self._ask("POST", _given(identity), content=wanted)
        if answer.status_code == 403:
            raise Stop(
                "You may not grant application roles: ask a Privileged Role Administrator or a"
                " Global Administrator to run this; the token needs AppRoleAssignment.ReadWrite.All"
                " and Application.Read.All."
            )
        if answer.status_code not in {400, 409}:
            _demand(answer)
        return answer.status_code

    def _ask(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        content: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """Return the answer. To repeat a grant is safe: the second is refused as a duplicate."""
        wait_s, why = 1.0, "it gave no answer"
        for attempt in range(ATTEMPTS):
            wait_s = 2.0**attempt
            try:
                answer = self._client.request(method, path, params=query or None, json=content)
                if answer.status_code not in _BUSY:
                    return answer
                wait_s, why = _wish_s(answer, wait_s), f"it answered {answer.status_code}"
            except httpx.HTTPError as error:
                why = f"it gave no answer ({type(error).__name__})"
            if attempt + 1 == ATTEMPTS or wait_s > LONGEST_WAIT_S:
                break
            self._sleep(wait_s)
        # Outside of `except`: the error holds the request, and the request holds the token.
        raise Stop(
            f"Graph is busy or out of reach: {why}. Run this again in {max(60, wait_s):.0f} s."
        )


def main(
    words: Sequence[str],
    *,
    env: Mapping[str, str],
    out: TextIO,
    errors: TextIO,
    transport: httpx.BaseTransport | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> int:
    """Run the command and return its exit code; *transport* stands for Graph in tests."""
    parser = _parser()
    chosen = parser.parse_args(words)
    if chosen.with_accounts and not chosen.with_read_back:
        parser.error("--with-accounts is for --with-read-back")
    of_the_app = chosen.with_run_start or chosen.with_sds_show
    if of_the_app and chosen.with_read_back:
        parser.error(
            "--with-run-start and --with-sds-show are for the app's own identity: run this twice"
        )
    try:
        token = _token(env, chosen.graph_url)
        with httpx.Client(
            base_url=chosen.graph_url + "/v1.0/",
            headers={"Authorization": f"Bearer {token}", "Accept": "application/json"},
            timeout=30,
            transport=transport,
        ) as client:
            _run(Graph(client, sleep), chosen, out)
    except Stop as stop:
        print(stop, file=errors)
        return stop.code
    return 0


def _run(graph: Graph, chosen: argparse.Namespace, out: TextIO) -> None:
    identity = find_identity(graph, chosen.object_id, chosen.app_id)
    print(f"Identity: {identity.name} ({identity.kind}, {identity.id})", file=out)
    wanted = _wanted(chosen)
    resource_id, roles = find_roles(graph, wanted)
    held = assignments(graph, identity)
    _demand_apart(held, roles, reads_back=chosen.with_read_back)
    there = {one.role_id for one in held if one.resource_id == resource_id}
    added = 0
    for value, reason in wanted.items():
        role_id = roles[value]
        state = "there already" if role_id in there else "would be granted"
        if role_id not in there and not chosen.what_if:
            state = "granted"
            if graph.grant(identity, resource_id, role_id) in {400, 409}:
                _demand_there(graph, identity, resource_id, role_id, value)
                state = "there already"
        added += state != "there already"
        print(f"  {state:16}  {value:35}  to {reason}", file=out, flush=True)
    _tell_others(held, resource_id, roles, wanted, out)
    if chosen.what_if:
        print(f"Nothing was changed; {added} of {len(wanted)} would be granted.", file=out)
    else:
        print(f"Done: {added} granted, {len(wanted) - added} were there already.", file=out)
    if added and not chosen.what_if:
        print("The app may go on with an older token, without them, for up to a day.", file=out)


def _wanted(chosen: argparse.Namespace) -> dict[str, str]:
    """Return the roles of the identity that is meant, each with what it is for."""
    if chosen.with_read_back:
        return READ_BACK | (ACCOUNTS if chosen.with_accounts else {})
    run_start = RUN_START if chosen.with_run_start else {}
    return NEEDED | run_start | (SDS_SHOW if chosen.with_sds_show else {})


def _demand_apart(
    held: Sequence[Assignment], roles: Mapping[str, str], *, reads_back: bool
) -> None:
    """Raise if an identity would hold both what sends and what reads back."""
    ids = {one.role_id for one in held}
    values = {value for value, role_id in roles.items() if role_id in ids}
    if reads_back and any(value.startswith(SENDS) for value in values):
        raise Stop(
            "This identity sends to School Data Sync. Nothing was granted: give the id of the"
            " second identity, whose client id is in SDS__READ_BACK_CLIENT_ID.",
            2,
        )
    if not reads_back and values & {*READ_BACK, *ACCOUNTS}:
        raise Stop(
            "This identity may read who is in every class. Nothing was granted: give the id of the"
            " app's own identity; or, if this is it, take those roles off it in Entra first.",
            2,
        )


def find_identity(graph: Graph, object_id: str | None, app_id: str | None) -> Identity:
    """Return the service principal of one of the two ids."""
    fields = "id,displayName,servicePrincipalType"
    if object_id:
        found = graph.read(f"servicePrincipals/{object_id}", **{"$select": fields})
    else:
        several = _by_app_id(graph, app_id or "", fields)
        if not several:
            raise Stop(_UNKNOWN)
        found = several[0]
    return Identity(*(str(found.get(name, "")) for name in fields.split(",")))


def find_roles(graph: Graph, wanted: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    """Return Graph's own id in this tenant, and the ids of its application roles by value.

    By value, because the ids of these roles are published nowhere that could be relied on.
    """
    found = _by_app_id(graph, GRAPH_APP_ID, "id,appRoles")
    offered = found[0].get("appRoles") if found else None
    if not isinstance(offered, list):
        raise Stop("This tenant shows no Microsoft Graph: is this the school's tenant?")
    roles = {
        str(one["value"]): str(one["id"])
        for one in offered
        if one.get("value")
        and one.get("isEnabled", True)
        and "Application" in one.get("allowedMemberTypes", ())
    }
    if missing := [value for value in wanted if value not in roles]:
        raise Stop(
            f"Microsoft Graph in this tenant has no application role {', '.join(missing)}. Nothing"
            " was granted. Is School Data Sync offered here? Leave out --with-run-start or"
            " --with-sds-show if only roles of these are missing."
        )
    return str(found[0]["id"]), roles


def assignments(graph: Graph, identity: Identity) -> list[Assignment]:
    """Return every application role that *identity* holds, of whatever service."""
    return [
        Assignment(*(str(one.get(name, "")) for name in _ASSIGNMENT))
        for one in graph.pages(_given(identity))
    ]


def _demand_there(
    graph: Graph, identity: Identity, resource_id: str, role_id: str, value: str
) -> None:
    """Raise unless a refused grant was one of something that is held by now."""
    held = {(one.resource_id, one.role_id) for one in assignments(graph, identity)}
    if (resource_id, role_id) not in held:
        raise Stop(
            f"Graph refused to grant {value}, and does not show it as granted. Run this again in"
            " five minutes: what was just changed may not be seen yet."
        )


def _tell_others(
    held: Sequence[Assignment],
    resource_id: str,
    roles: Mapping[str, str],
    wanted: Mapping[str, str],
    out: TextIO,
) -> None:
    values = {role_id: value for value, role_id in roles.items()}
    names = [
        values.get(one.role_id, one.role_id)
        if one.resource_id == resource_id
        else f"{one.resource_name}: {one.role_id}"
        for one in held
    ]
    if others := sorted(name for name in names if name not in wanted):
        print("It holds more than it needs; look whether these can go:", file=out)
        for name in others:
            print(f"  {name}", file=out)


def _by_app_id(graph: Graph, app_id: str, fields: str) -> list[Json]:
    query = {"$filter": f"appId eq '{app_id}'", "$select": fields}
    return graph.pages("servicePrincipals", **query)


def _given(identity: Identity) -> str:
    return f"servicePrincipals/{identity.id}/appRoleAssignments"


_ASSIGNMENT = ("resourceId", "resourceDisplayName", "appRoleId")
_UNKNOWN = (
    "This tenant knows no such identity: check the id (the identity's own, not that of an app"
    " registration or of the Function app) and the tenant. A new one takes some minutes to be seen."
)


def _demand(answer: httpx.Response) -> None:
    if answer.status_code == 401:
        raise Stop("Graph does not accept the token: az login, or a fresh GRAPH_TOKEN.", 2)
    if answer.status_code == 404:
        raise Stop(_UNKNOWN)
    if not answer.is_success:
        raise Stop(f"Graph answered {answer.status_code}: nobody expects that. Run this again.")


def _object(answer: httpx.Response) -> Json:
    try:
        found = answer.json()
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise Stop("What answered is not Microsoft Graph: check --graph-url and any proxy.")
    return found


def _wish_s(answer: httpx.Response, otherwise: float) -> float:
    """Return how long Graph wants us to wait, in seconds or until a date, else *otherwise*."""
    wish = answer.headers.get("Retry-After", "")
    if wish.isdecimal():
        return float(wish)
    try:
        return max(0.0, (parsedate_to_datetime(wish) - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError):
        return otherwise


def _token(env: Mapping[str, str], graph_url: str) -> str:
    """Return the token to ask with; it is never shown."""
    token = env.get("GRAPH_TOKEN", "").strip()
    if not token and graph_url.startswith("https:"):
        token = _token_of_az(graph_url)
    if not token:
        raise Stop("There is no token: set GRAPH_TOKEN, or install the Azure CLI and az login.", 2)
    if not _TOKEN.fullmatch(token):
        raise Stop("GRAPH_TOKEN does not hold a token: copy it again, whole and alone.", 2)
    return token


def _token_of_az(graph_url: str) -> str:
    az = shutil.which("az")  # on Windows a script, az.cmd, that needs its whole name
    if az is None:
        return ""
    asked = (az, "account", "get-access-token", "--resource", graph_url)
    words = ("--query", "accessToken", "--output", "tsv")
    run = subprocess.run(  # noqa: S603 - our own words and a checked URL; there is no shell
        [*asked, *words], capture_output=True, text=True, check=False
    )
    if run.returncode:
        raise Stop("The Azure CLI gives no token: az login --tenant <the school's tenant>.", 2)
    return run.stdout.strip()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description="Give the app's identity the roles of Microsoft Graph that it needs.",
        epilog="The token is that of GRAPH_TOKEN, or else of the Azure CLI (az login).",
    )
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--object-id", type=_guid, help="the identity's Object (principal) ID")
    which.add_argument("--app-id", type=_guid, help="the identity's Client ID")
    parser.add_argument("--with-run-start", action="store_true", help="for SDS__START_RUN")
    parser.add_argument(
        "--with-sds-show", action="store_true", help="let check show SDS's set-up: reads only"
    )
    parser.add_argument(
        "--with-read-back",
        action="store_true",
        help="for SDS__READ_BACK: the id is of the second identity, which gets what that takes and"
        " nothing else",
    )
    parser.add_argument(
        "--with-accounts",
        action="store_true",
        help="beside --with-read-back: also whether somebody has an account (User.Read.All)",
    )
    parser.add_argument("--what-if", action="store_true", help="say what would be done")
    parser.add_argument("--graph-url", type=_url, default=GRAPH, help="default: %(default)s")
    return parser


def _guid(text: str) -> str:
    if not _GUID.fullmatch(text):
        raise argparse.ArgumentTypeError("an id looks like 00000000-0000-0000-0000-000000000000")
    return text


def _url(text: str) -> str:
    """Return *text* if a token may go there: https, or this machine."""
    if not _URL.fullmatch(text):
        raise argparse.ArgumentTypeError("write https:// and a host, and nothing after it")
    return text.rstrip("/")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], env=os.environ, out=sys.stdout, errors=sys.stderr))
