"""The directory's list of users: pages, what is selected, and who may read it."""

from __future__ import annotations

from typing import Any

import httpx

from simulators.users import PERSON_TOKEN, USERS, DirectoryUser, UserDirectory

GRAPH = "https://graph.example"
SOME = [DirectoryUser(upn=f"p{n}@northbank.example", surname=f"N{n}") for n in range(5)]


def ask(directory: UserDirectory, url: str = USERS, token: str = PERSON_TOKEN) -> httpx.Response:
    with httpx.Client(transport=httpx.WSGITransport(directory), base_url=GRAPH) as client:
        return client.get(url, headers={"Authorization": f"Bearer {token}"})


def test_the_pages_hold_every_user_once() -> None:
    """Each leads to the next, the last to none."""
    directory = UserDirectory(users=SOME, page_size=2)
    found: list[dict[str, Any]] = []
    url = f"{USERS}?$select=userPrincipalName"
    while url:
        page = ask(directory, url).json()
        found += page["value"]
        url = page.get("@odata.nextLink", "")

    assert [user["userPrincipalName"] for user in found] == [user.upn for user in SOME]


def test_only_what_is_selected_is_told() -> None:
    """Extension attributes lie within one object."""
    user = DirectoryUser(
        upn="a@northbank.example", surname="N", extensions={"extensionAttribute3": "7"}
    )
    selected = "id,onPremisesExtensionAttributes"
    (told,) = ask(UserDirectory(users=[user]), f"{USERS}?$select={selected}").json()["value"]

    assert set(told) == {"id", "onPremisesExtensionAttributes"}
    assert told["onPremisesExtensionAttributes"]["extensionAttribute3"] == "7"
    assert told["onPremisesExtensionAttributes"]["extensionAttribute4"] is None


def test_who_may_not_read_is_refused() -> None:
    """Without a token, without the right, and while Graph is busy."""
    assert ask(UserDirectory(users=SOME), token="other").status_code == 401
    assert ask(UserDirectory(users=SOME, may_read=False)).status_code == 403
    busy = UserDirectory(users=SOME, throttled=1)
    assert (ask(busy).status_code, ask(busy).status_code) == (429, 200)
