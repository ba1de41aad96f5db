"""Who may ask what: the table, the triggers, the templates and the page say the same."""

from __future__ import annotations

import json
import re
from pathlib import Path

from sync.web.access import Role
from sync.web.requests import RESPONSES
from sync.web.routes import ROUTES, role_rows, route_rows
from tests.addresses import ADDRESSES
from tests.edge.hosted import TRIGGERS

PAGE_TRIGGERS = ("front", "page")
PAGE = Path("docs/api.md").read_text(encoding="utf-8")


def test_the_table_opens_to_each_what_was_meant() -> None:
    """A route that nobody wrote down by hand, or that is open to others, fails here."""
    table = {route.function: (route.method, route.path, route.roles) for route in ROUTES.values()}

    assert table == {
        name: (address.method, address.path, address.roles) for name, address in ADDRESSES.items()
    }


def test_the_triggers_are_those_of_the_table() -> None:
    """The host reads address, method and key from them, so they are written out.

    Each wants its function's own key: the master key, which can change the app, opens none alone.
    """
    triggers = {
        function: (
            [method.value for method in trigger["methods"]],
            trigger["route"],
            trigger["authLevel"].value,
        )
        for function, trigger in TRIGGERS.items()
        if trigger["type"] == "httpTrigger" and function not in PAGE_TRIGGERS
    }

    assert triggers == {
        route.function: ([route.method], f"api/{route.path}", "function")
        for route in ROUTES.values()
    }


def test_the_page_wants_no_key() -> None:
    """A browser would keep it in an address: the platform signs in who opens the page."""
    triggers = {name: TRIGGERS[name] for name in PAGE_TRIGGERS}

    assert {trigger["authLevel"].value for trigger in triggers.values()} == {"anonymous"}
    assert triggers["front"]["route"] == "{front:maxlength(0)?}"
    assert triggers["page"]["route"] == "page/{*screen}"


def test_every_route_has_its_response() -> None:
    """What may be asked is answered, and nothing else is."""
    assert RESPONSES.keys() == ROUTES.keys()


def test_the_roles_are_those_that_the_templates_declare() -> None:
    """A role that exists in one place only could never be assigned, or never be needed."""
    declared = json.loads(Path("infra/app-roles.json").read_text(encoding="utf-8"))

    assert {role["value"] for role in declared} == {role.value for role in Role}
    assert {role for route in ROUTES.values() for role in route.roles} == set(Role)


def test_the_page_has_the_rows_of_the_table() -> None:
    """Address, what it does, key, role and statuses; no row more."""
    rows = re.findall(r"^\| (`\w+ /api/.+?) \|$", PAGE, re.MULTILINE)

    assert [tuple(row.split(" | ")) for row in rows] == list(route_rows())


def test_every_address_is_opened_by_its_role() -> None:
    """The rows by role hold each address once, at the last role that it takes."""
    by_role = [
        (role, address)
        for role, row in role_rows()
        for address in re.findall(r"`\w+ /api/[^`]+`", row)
    ]

    assert sorted(by_role) == sorted((row[3].split(" and ")[-1], row[0]) for row in route_rows())


def test_no_address_is_opened_by_a_name_alone() -> None:
    """Who may see names needs another role beside, or the names would say nothing of the rest."""
    assert [route.path for route in ROUTES.values() if route.roles == (Role.NAMES,)] == []
