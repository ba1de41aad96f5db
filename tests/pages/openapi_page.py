"""docs/openapi.yaml: every address of the app for programs, written from the table of the routes.

Addresses, words, roles and statuses are those of `sync/web/routes.py`; what is answered stands in
`openapi_schemas`. A new address needs a line in `ANSWERS`, a new word of a query one in `WORDS`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping

import yaml

import sync
from sync.web.exchange import CSV, FORM, HTML, JSON
from sync.web.page.screens import DOORS, Door
from sync.web.routes import ROUTES, Route
from tests.pages.openapi_schemas import DELIVERY_ID, SCHEMAS

type Value = Mapping[str, object]

HEAD = "# Written by `python dev.py docs`: tests/pages/openapi_page.py.\n"
ABOUT = (
    "What a program may ask of the app, and what it is answered; docs/api.md says it in words. Send"
    " the key of the function in x-functions-key, and never in an address. Where callers sign in, a"
    " token of the app registration in Authorization as well, of somebody with the roles that stand"
    " beside signIn."
)

# What each address answers where all is well: the schema's name. Who asks for CSV gets it of some.
ANSWERS: Mapping[str, str] = {
    "status": "Status",
    "trust": "Trust",
    "subjects": "Subjects",
    "check": "Check",
    "resync": "Asked",
    "findings": "Findings",
    "landed": "Landed",
    "landed_rows": "LandedRows",
    "plan": "Plan",
    "explain": "Explained",
    "approve": "Answered",
    "reject": "Answered",
    "restore": "Restored",
    "identity_swap": "Said",
    "identity_new": "Said",
    "identity_move": "Said",
    "resume": "Resumed",
}
AS_CSV = frozenset({"trust", "subjects", "findings", "landed_rows", "plan"})
AS_FILES = ("/plan", "/csv")  # what the page gives as CSV

# What the words of the queries mean. Without those that are needed the answer is 400.
WORDS: Mapping[str, str] = {
    "class": "the id of the class that gets a new Team",
    "connector": "a connector, as the status names it; left out, all",
    "first": "the id of one of the two classes",
    "new": "the id of the class as which the Team goes on",
    "old": "the id of the class that the Team was of",
    "profile": "the key of a profile; left out, the only one, or all",
    "school": "the key of a school; left out, the only one, or all",
    "second": "the id of the other class",
}
NEEDED = frozenset({"class", "first", "new", "old", "second"})

# What else can happen is the same for all; 401 and an empty 404 or 400 are the host's own.
ALWAYS = (400, 401, 403, 500, 502, 503)
BODIES: Mapping[int, str] = {400: "Misasked", 404: "NotOneOf", 413: "Misasked", 415: "Misasked"}
# Where an address answers an error with a document of its own.
OTHERWISE: Mapping[tuple[str, int], str] = {("explain", 404): "Explained"}
# What an address wants in a body, as JSON or as a form.
ASKED: Mapping[str, Value] = {
    "explain": {
        "type": "object",
        "required": ["who"],
        "properties": {"who": {"type": "string", "minLength": 1}},
    }
}
WRONG = 400  # from here on a status says that it is not as asked
# What the page may answer a browser: each is a page that says what to do.
OF_PAGE = (303, 403, 404, 409, 500, 503)
OF_FORM = (*OF_PAGE, 400, 412, 413, 415, 428)
MEANT: Mapping[int, str] = {
    200: "as asked",
    202: "written down; what comes of it is in the status",
    303: "on to the page that shows it",
    400: "a word in the query that this address does not know, or one that it needs is missing",
    401: "no key, or one that does not open this; or nobody has signed in",
    403: "whoever asks lacks the role that is named",
    404: "the query names what there is not: the answer lists what there is",
    409: "it is not there, or does not wait for this",
    412: "the answer is for something else than what waits, which `digest` says",
    413: "the body is too long",
    415: "the body is of no type that is read here",
    428: "the answer does not say what it is for, which `digest` says",
    500: "a setting is wrong, and is named; or a fault of ours",
    502: "iSAMS or storage refuses, and `who` must act",
    503: "iSAMS or storage is busy or away: come again in some minutes",
}
TAGGED = frozenset({412, 428})  # these say in `ETag` what an answer has to say


def written() -> str:
    """Return the file."""
    # Through JSON: what stands in two places is written twice, and not as a reference of YAML's.
    plain = json.loads(json.dumps(document()))
    text = yaml.safe_dump(plain, sort_keys=False, allow_unicode=True, width=100)
    return HEAD + str(text)


def document() -> dict[str, object]:
    """Return what the file says."""
    paths: dict[str, dict[str, object]] = {}
    for route in ROUTES.values():
        paths.setdefault(f"/api/{route.path}", {})[route.method.lower()] = _operation(route)
    for door in DOORS:
        paths.setdefault(page_path(door), {})[door.method.lower()] = _of_page(door)
    paths["/page/static/{name}"] = {"get": _static()}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "iSAMS to School Data Sync",
            "version": sync.__version__,
            "description": ABOUT,
        },
        "paths": paths,
        "components": {
            "securitySchemes": {
                "functionKey": {"type": "apiKey", "in": "header", "name": "x-functions-key"},
                "browser": {"type": "apiKey", "in": "cookie", "name": "AppServiceAuthSession"},
                "signIn": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
            },
            "responses": {
                **{f"Error{status}": _error(status) for status in MEANT if status >= WRONG},
                **{f"Page{status}": _drawn(_of_screen(status), HTML) for status in OF_FORM},
            },
            "schemas": SCHEMAS,
        },
    }


def page_path(door: Door) -> str:
    """Return the path of a screen or a button, as this file writes it."""
    return f"/{door.path.replace('*', '{id}')}"


def _operation(route: Route) -> Value:
    operation: dict[str, object] = {
        "operationId": route.function,
        "summary": route.does,
        "security": [
            {"functionKey": []},
            {"functionKey": [], "signIn": [role.value for role in route.roles]},
        ],
        "parameters": [*_parameters(route)],
    }
    if route.function in ASKED:
        schema = {"schema": ASKED[route.function]}
        operation["requestBody"] = {"required": True, "content": {JSON: schema, FORM: schema}}
    responses = {status: _response(route, status) for status in {*route.statuses, *ALWAYS}}
    return {**operation, "responses": _in_order(responses)}


def _of_page(door: Door) -> Value:
    """Describe a screen or a button, which the platform's sign-in opens, and no key."""
    is_form = door.method == "POST"
    operation: dict[str, object] = {
        "summary": door.does,
        "security": [{"browser": [role.value for role in door.roles]}],
        "parameters": [_word("id") for _ in range(door.path.count("*"))],
    }
    if is_form:
        operation["requestBody"] = {"content": {FORM: {"schema": {"type": "object"}}}}
    kinds = (HTML, CSV) if door.path.endswith(AS_FILES) else (HTML,)
    responses: dict[int, Value] = {
        status: {"$ref": f"#/components/responses/Page{status}"}
        for status in (OF_FORM if is_form else OF_PAGE)
    }
    return {**operation, "responses": _in_order(responses | {200: _drawn(MEANT[200], *kinds)})}


def _static() -> Value:
    """Describe what screens are drawn with."""
    return {
        "summary": "gives the style sheet and the icon",
        "security": [{"browser": []}],
        "parameters": [_word("name")],
        "responses": {
            "200": _drawn(MEANT[200], "text/css", "image/svg+xml"),
            "404": {"$ref": "#/components/responses/Page404"},
        },
    }


def _word(name: str) -> Value:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}


def _drawn(meant: str, *kinds: str) -> Value:
    return {
        "description": meant,
        "content": {kind: {"schema": {"type": "string"}} for kind in kinds},
    }


def _of_screen(status: int) -> str:
    return MEANT[status] if status < WRONG else "a page that says why not, and what to do"


def _in_order(responses: Mapping[int, Value]) -> Value:
    return {str(status): responses[status] for status in sorted(responses)}


def _parameters(route: Route) -> Iterator[Value]:
    for name in re.findall(r"\{(\w+)\}", route.path):
        yield {
            "name": name,
            "in": "path",
            "required": True,
            "description": "of an offer or a delivery, as the status tells it",
            "schema": {"type": "string", "pattern": DELIVERY_ID},
        }
    for word in route.words:
        yield {
            "name": word,
            "in": "query",
            "required": word in NEEDED,
            "description": WORDS[word],
            "schema": {"type": "string"},
        }
    if TAGGED & {*route.statuses}:
        yield {
            "name": "If-Match",
            "in": "header",
            "required": True,
            "description": "the `digest` that the status tells, in quotation marks",
            "schema": {"type": "string", "pattern": '^"[0-9a-f]{8}"$'},
        }


def _response(route: Route, status: int) -> Value:
    own = OTHERWISE.get((route.function, status))
    if status >= WRONG and own is None:
        return {"$ref": f"#/components/responses/Error{status}"}
    content = {JSON: _schema(own or ANSWERS[route.function])}
    if route.function in AS_CSV:
        content[CSV] = {"schema": {"type": "string"}}
    return {"description": MEANT[status], "content": content}


def _error(status: int) -> Value:
    meant: dict[str, object] = {"description": MEANT[status]}
    if status in TAGGED:
        meant["headers"] = {"ETag": {"schema": {"type": "string"}}}
    if status != 401:  # the platform's own, and empty
        meant["content"] = {JSON: _schema(BODIES.get(status, "Fault"))}
    return meant


def _schema(name: str) -> Value:
    return {"schema": {"$ref": f"#/components/schemas/{name}"}}
