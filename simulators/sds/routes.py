"""Every address the simulator answers at, in all the spellings of the reference (§4, §9)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from werkzeug.routing import Map, Rule

from simulators.sds import education, graph, lake, login, operations, reports
from simulators.sds.calls import BACKEND_PATH, GRAPH_PATH, Call, Reply
from simulators.sds.knobs import (
    CONNECTOR_READ,
    CONNECTOR_UPLOAD,
    CONNECTOR_WRITE,
    EDU_ROSTER,
    FLOW_READ,
    FLOW_WRITE,
    READ_BASIC,
    RUN_READ,
    RUN_START,
)
from simulators.sds.spelling import QUALIFIED


class Service(StrEnum):
    LOGIN = "login"
    GRAPH = "graph"
    BACKEND = "backend"
    STORAGE = "storage"


@dataclass(frozen=True, slots=True)
class Route:
    """*name* is the word for the request log and for `fail_next`; any of *roles* will do."""

    name: str
    method: str
    paths: tuple[str, ...]
    handler: Callable[[Call], Reply]
    roles: frozenset[str] = frozenset()
    service: Service = Service.GRAPH


_CAST = f"{QUALIFIED}azureDataLakeConnector"
_SESSION = f"{QUALIFIED}getUploadSession"
_CONNECTOR = "/dataConnectors/<connector_id>"
_FLOW = "/inboundFlows/<flow_id>"
_RUN = "/runs/<run_id>"

_MAY_READ = frozenset({CONNECTOR_READ, CONNECTOR_WRITE})
_MAY_UPLOAD = frozenset({CONNECTOR_UPLOAD, CONNECTOR_WRITE})
_MAY_READ_FLOWS = frozenset({FLOW_READ, FLOW_WRITE})
_MAY_READ_RUNS = frozenset({RUN_READ})
_BASIC = frozenset({READ_BASIC})


def _get(name: str, handler: Callable[[Call], Reply], roles: frozenset[str], *paths: str) -> Route:
    return Route(name, "GET", tuple(GRAPH_PATH + path for path in paths), handler, roles)


def _post(name: str, handler: Callable[[Call], Reply], roles: frozenset[str], *paths: str) -> Route:
    return Route(name, "POST", tuple(GRAPH_PATH + path for path in paths), handler, roles)


ROUTES = (
    Route("token", "POST", ("/<tenant_id>/oauth2/v2.0/token",), login.token, service=Service.LOGIN),
    Route(
        "openid",
        "GET",
        ("/<tenant_id>/v2.0/.well-known/openid-configuration",),
        login.openid,
        service=Service.LOGIN,
    ),
    _get("dataConnectors", graph.connectors, _MAY_READ, "/dataConnectors"),
    _get("dataConnector", graph.connector, _MAY_READ, _CONNECTOR),
    _get("inboundFlows", graph.flows, _MAY_READ_FLOWS, "/inboundFlows"),
    _get("inboundFlow", graph.flow, _MAY_READ_FLOWS, _FLOW),
    _get("flowConnector", graph.connector, _MAY_READ_FLOWS, f"{_FLOW}/dataConnector"),
    _get(
        "getUploadSession",
        graph.upload_session,
        _MAY_UPLOAD,
        f"{_CONNECTOR}/{_CAST}/getUploadSession",
        f"{_CONNECTOR}/{_CAST}/GetUploadSession",
        f"{_CONNECTOR}/{_CAST}/{_SESSION}",
        f"{_CONNECTOR}/{_SESSION}",
    ),
    _post(
        "validate",
        operations.validate,
        _MAY_UPLOAD,
        f"{_CONNECTOR}/validate",
        f"{_CONNECTOR}/{QUALIFIED}validate",
        f"{_FLOW}/dataConnector/validate",
    ),
    _get("operations", operations.listing, _BASIC, "/operations"),
    _get("operation", operations.one, _BASIC, "/operations/<operation_id>"),
    Route(
        "backendOperation",
        "GET",
        (f"{BACKEND_PATH}/operations/<operation_id>",),
        operations.at_backend,
        _BASIC,
        Service.BACKEND,
    ),
    _get("runs", reports.listing, _MAY_READ_RUNS, "/runs"),
    _get("run", reports.one, _MAY_READ_RUNS, _RUN),
    _get("activities", reports.activities, _MAY_READ_RUNS, f"{_RUN}/activities"),
    _get(
        "getStatistics",
        reports.statistics,
        _MAY_READ_RUNS,
        f"{_RUN}/getStatistics",
        f"{_RUN}/{QUALIFIED}getStatistics",
    ),
    _post(
        "runsStart",
        reports.start,
        frozenset({RUN_START}),
        "/runs/start",
        f"/runs/{QUALIFIED}start",
    ),
    Route(
        "classes",
        "GET",
        (f"{education.V1}/education/classes",),
        education.classes,
        frozenset({EDU_ROSTER}),
    ),
    Route("batch", "POST", (f"{education.V1}/$batch",), education.batch),
    *(
        Route(
            "storage",
            method,
            ("/lake/<tenant_id>/<connector_id>/<container_id>/<file>",),
            lake.write,
            service=Service.STORAGE,
        )
        for method in ("PUT", "PATCH")
    ),
)

MAP = Map(
    [
        Rule(path, methods=[route.method], endpoint=route)
        for route in ROUTES
        for path in route.paths
    ],
    merge_slashes=False,
)
