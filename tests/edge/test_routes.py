"""Who may ask what: the table, the triggers, the templates and the page say the same."""

from __future__ import annotations

import json
import re
from pathlib import Path

from sync.web.access import Role
from sync.web.handlers import RESPONSES
from sync.web.routes import ROUTES, role_rows, route_rows
from tests.addresses import ADDRESSES, Address
from tests.edge.hosted import TRIGGERS

PAGE = Path("docs/api.md").read_text(encoding="utf-8")


def test_the_table_opens_to_each_what_was_meant() -> None:
    """A route that nobody wrote down by hand, or that is open to others, fails here."""
    table = {
        route.function: Address(route.method, route.path, route.key, route.role)
        for route in ROUTES.values()
    }

    assert table == ADDRESSES


def test_the_triggers_are_those_of_the_table() -> None:
    """The host reads address, method and key from them, so they are written out."""
    triggers = {
        function: (
            [method.value for method in trigger["methods"]],
            trigger["route"],
            trigger["authLevel"].value,
        )
        for function, trigger in TRIGGERS.items()
        if trigger["type"] == "httpTrigger"
    }

    assert triggers == {
        route.function: ([route.method], route.path, route.key) for route in ROUTES.values()
    }


def test_every_route_has_its_response() -> None:
    """What may be asked is answered, and nothing else is."""
    assert RESPONSES.keys() == ROUTES.keys()


def test_the_roles_are_those_that_the_templates_declare() -> None:
    """A role that exists in one place only could never be assigned, or never be needed."""
    declared = json.loads(Path("infra/app-roles.json").read_text(encoding="utf-8"))

    assert {role["value"] for role in declared} == {role.value for role in Role}
    assert {route.role for route in ROUTES.values()} == set(Role)


def test_the_page_has_the_rows_of_the_table() -> None:
    """Address, what it does, key, role and statuses; no row more."""
    rows = re.findall(r"^\| (`\w+ /api/.+?) \|$", PAGE, re.MULTILINE)

    assert [tuple(row.split(" | ")) for row in rows] == list(route_rows())


def test_every_address_is_opened_by_its_role() -> None:
    """The rows by role hold each address once."""
    by_role = {(role, address) for role, row in role_rows() for address in row.split(", ")}

    assert by_role == {(row[3], row[0]) for row in route_rows()}
