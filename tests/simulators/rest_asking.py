"""What the tests of the REST simulator share: a signed-in client, and a careful reader of pages."""

from __future__ import annotations

from collections.abc import Mapping

import httpx

from simulators.isams import DEMO_CLIENT_ID, DEMO_CLIENT_SECRET, TOKEN, IsamsSimulator, RestClient
from simulators.school import InventedSchool
from tests.simulators.asking import SCHOOL, Clock

BASE = "https://northbank.example"
FORM = {
    "grant_type": "client_credentials",
    "client_id": DEMO_CLIENT_ID,
    "client_secret": DEMO_CLIENT_SECRET,
    "scope": "restapi",
}
type Row = dict[str, object]


class NotWholeError(Exception):
    """The answers are not surely the whole collection."""


def resting(
    clock: Clock, client: RestClient | None = None, school: InventedSchool = SCHOOL
) -> IsamsSimulator:
    return IsamsSimulator(school, keys=[client or RestClient()], clock=clock, sleep=clock.sleep)


def signed_in(simulator: IsamsSimulator, headers: Mapping[str, str] | None = None) -> httpx.Client:
    """Return a client with a token for REST."""
    client = httpx.Client(transport=httpx.WSGITransport(simulator), base_url=BASE, headers=headers)
    token = client.post(TOKEN, data=FORM).json()["access_token"]
    client.headers["Authorization"] = f"Bearer {token}"
    return client


def collection(
    client: httpx.Client, path: str, key: str, id_: str = "id", size: int = 100
) -> list[Row]:
    """Return every row, once each and as many as `totalCount` says; raise NotWholeError if not."""
    rows: dict[object, Row] = {}
    page = 1
    while True:
        answer = client.get(path, params={"page": page, "pageSize": size})
        body = answer.json() if answer.status_code == 200 and answer.content else None
        if not isinstance(body, dict) or not isinstance(body.get(key), list):
            raise NotWholeError
        for row in body[key]:
            if not isinstance(row.get(id_), int | str) or row[id_] in rows:
                raise NotWholeError
            rows[row[id_]] = row
        if len(rows) >= body["totalCount"] or not body[key]:
            break
        page += 1
    if len(rows) != body["totalCount"] or max(body.get("totalPages", page), 1) != page:
        raise NotWholeError
    return list(rows.values())
