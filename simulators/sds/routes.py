"""Every address the simulator answers at, in all the spellings of the reference (§4, §9)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from werkzeug.routing import Map, Rule

from simulators.sds import (
    education,
    graph,
    lake,
    login,
    making,
    operations,
    outbound,
    reports,
    setup,
)
from simulators.sds.calls import BACKEND_PATH, GRAPH_PATH, Call, Reply
from simulators.sds.knobs import (
    CONNECTOR_READ,
    CONNECTOR_UPLOAD,
    CONNECTOR_WRITE,
    EDU_ROSTER,
    FLOW_READ,
    FLOW_WRITE,
    OUTBOUND_READ,
    OUTBOUND_WRITE,
    READ_BASIC,
    REFERENCE_READ,
    REFERENCE_WRITE,
    RUN_READ,
    RUN_START,
    SOURCE_READ,
    SOURCE_WRITE,
    YEAR_READ,
    YEAR_WRITE,
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
_SOURCE = "/sourceSystems/<source_id>"
_YEAR = "/years/<year_id>"
_SET = "/outboundProvisioningFlowSets/<set_id>"
_PROVISIONING = f"{_SET}/provisioningFlows/<provisioning_flow_id>"

_MAY_READ = frozenset({CONNECTOR_READ, CONNECTOR_WRITE})
_MAY_UPLOAD = frozenset({CONNECTOR_UPLOAD, CONNECTOR_WRITE})
_MAY_READ_FLOWS = frozenset({FLOW_READ, FLOW_WRITE})
_MAY_READ_RUNS = frozenset({RUN_READ})
_BASIC = frozenset({READ_BASIC})
_MAY_READ_SOURCES = frozenset({SOURCE_READ, SOURCE_WRITE})
_MAY_READ_YEARS = frozenset({YEAR_READ, YEAR_WRITE})
_MAY_READ_OUTBOUND = frozenset({OUTBOUND_READ, OUTBOUND_WRITE})
# Graph's page names ReadBasic, the table of permissions has one of their own: either will do.
_MAY_READ_REFERENCES = frozenset({READ_BASIC, REFERENCE_READ, REFERENCE_WRITE})


_CHANGEABLE = (
    *(_SOURCE, _CONNECTOR, _YEAR, _FLOW, _SET, _PROVISIONING),
    "/referenceDefinitions/<reference_id>",
)
# Lists that others make grow, which nothing here does.
_GROWING = (
    *("/outboundProvisioningFlowSets", f"{_SET}/provisioningFlows", f"{_PROVISIONING}/reset"),
    "/referenceDefinitions",
)


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
    _get("flowConnector", graph.connector_of_flow, _MAY_READ_FLOWS, f"{_FLOW}/dataConnector"),
    _get("flowYear", graph.year_of_flow, _MAY_READ_FLOWS, f"{_FLOW}/year"),
    _get(
        "connectorSource",
        graph.source_of_connector,
        _MAY_READ,
        f"{_CONNECTOR}/sourceSystem",
    ),
    _get("sourceSystems", setup.sources, _MAY_READ_SOURCES, "/sourceSystems"),
    _get("sourceSystem", setup.source, _MAY_READ_SOURCES, _SOURCE),
    _get("years", setup.years, _MAY_READ_YEARS, "/years"),
    _get("year", setup.year, _MAY_READ_YEARS, _YEAR),
    _get("roleGroups", setup.role_groups, _BASIC, "/roleGroups"),
    _get("roleGroup", setup.role_group, _BASIC, "/roleGroups/<role_group_id>"),
    _get("referenceDefinitions", setup.references, _MAY_READ_REFERENCES, "/referenceDefinitions"),
    _get(
        "referenceDefinition",
        setup.reference,
        _MAY_READ_REFERENCES,
        "/referenceDefinitions/<reference_id>",
    ),
    _get(
        "outboundProvisioningFlowSets",
        outbound.flow_sets,
        _MAY_READ_OUTBOUND,
        "/outboundProvisioningFlowSets",
    ),
    _get("outboundProvisioningFlowSet", outbound.flow_set, _MAY_READ_OUTBOUND, _SET),
    _get("provisioningFlows", outbound.flows, _MAY_READ_OUTBOUND, f"{_SET}/provisioningFlows"),
    _get("provisioningFlow", outbound.flow, _MAY_READ_OUTBOUND, _PROVISIONING),
    _post("sourceSystemsPost", making.make_source, frozenset({SOURCE_WRITE}), "/sourceSystems"),
    _post(
        "dataConnectorsPost",
        making.make_connector,
        frozenset({CONNECTOR_WRITE}),
        "/dataConnectors",
    ),
    _post("yearsPost", making.make_year, frozenset({YEAR_WRITE}), "/years"),
    _post("inboundFlowsPost", making.make_flow, frozenset({FLOW_WRITE}), "/inboundFlows"),
    *(
        Route("change", method, tuple(GRAPH_PATH + path for path in paths), making.refuse_change)
        for method, paths in {
            "PATCH": _CHANGEABLE,
            "PUT": _CHANGEABLE,
            "DELETE": _CHANGEABLE,
            "POST": _GROWING,
        }.items()
    ),
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
