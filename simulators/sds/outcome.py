"""One operation as JSON, with what the knobs leave out of it or write otherwise."""

from __future__ import annotations

from datetime import timedelta

from simulators.sds.calls import Call, stamp
from simulators.sds.knobs import Given, Names
from simulators.sds.objects import NAMESPACE
from simulators.sds.tenant import Json, Operation

_UNDER_WAY = frozenset({"notStarted", "running"})


def operation_json(call: Call, operation_id: str, uncovered: tuple[Operation, str]) -> Json:
    """Write an operation with the status that is told; what was found is told at its end.

    `resourceLocation` lacks `/external`, as in Microsoft's own example.
    """
    held, status = uncovered
    over = status not in _UNDER_WAY
    found = held.document if over else {"validatedFiles": [], "errors": [], "warnings": []}
    body: Json = {
        "@odata.type": f"{NAMESPACE}fileValidateOperation",
        "id": operation_id,
        "status": status,
        "statusDetail": None,
        "createdDateTime": stamp(held.created),
        "lastActionDateTime": stamp(held.created),
        "resourceLocation": f"{call.here}/beta/industryData/dataConnectors/{held.connector_id}",
        **found,
    }
    if over:
        _say_when(call, body, held)
    knobs = call.tenant.knobs
    body["validatedFiles"] = _names(knobs.validated_files, found["validatedFiles"])
    give(body, "errors", knobs.errors)
    give(body, "warnings", knobs.warnings)
    return body


def _say_when(call: Call, body: Json, held: Operation) -> None:
    """The moment at which it ended, the same however late one asks."""
    off_s = call.tenant.knobs.last_action_off_s
    if off_s is None:
        del body["lastActionDateTime"]
    else:
        body["lastActionDateTime"] = stamp(held.ends + timedelta(seconds=off_s))


def give(body: Json, name: str, how: Given) -> None:
    """Leave *name* in *body* as it is, make it null, or take it away."""
    if how is Given.NULL:
        body[name] = None
    elif how is Given.ABSENT:
        body.pop(name, None)


def in_pascal_case(document: Json) -> Json:
    """Return *document* with every property's first letter as .NET writes it by itself."""
    return {
        name if name.startswith("@") else name[:1].upper() + name[1:]: _inside(value)
        for name, value in document.items()
    }


def public_error(code: str, target: str, column: str = "") -> Json:
    about = f" at {column}" if column else ""
    message = f"Validation of {target} met {code}{about}."
    return {"code": code, "message": message, "target": target, "details": [], "innerError": None}


def _inside(value: object) -> object:
    if isinstance(value, dict):
        return in_pascal_case(value)
    return [_inside(item) for item in value] if isinstance(value, list) else value


def _names(how: Names, files: object) -> list[str]:
    names = [str(name) for name in files] if isinstance(files, list) else []
    match how:
        case Names.PATHS:
            return [f"staging/0001/{name}" for name in names]
        case Names.OTHER_CASE:
            return [name.upper() for name in names]
        case Names.NONE:
            return []
        case Names.AS_SENT:
            return names
