"""How a call may be written: ids in brackets, short and qualified names (reference §4, §11)."""

from __future__ import annotations

import re

from simulators.sds.calls import BACKEND_PATH, GRAPH_PATH, Call, RefusalError

QUALIFIED = "microsoft.graph.industryData."

_ID = re.compile(r"\('([^']*)'\)")
_NO_PARAMETERS = re.compile(r"\(\)$")
_RESET = re.compile(
    r"(/(?:[\w.]+\.)?getUploadSession)\(resetSession=(true|false)\)$", re.IGNORECASE
)
_ACTIONS = frozenset({"validate", "runsStart", "getStatistics", "getUploadSession"})


def plain(path: str) -> str:
    """Return *path* with `x('id')` as `x/id` and without the brackets of a function call."""
    if not path.startswith((GRAPH_PATH, BACKEND_PATH)):
        return path
    return _NO_PARAMETERS.sub("", _RESET.sub(r"\1", _ID.sub(r"/\1", path)))


def wants_reset(call: Call) -> bool:
    """Whether a new session is asked for, by the query or as the function's parameter."""
    written = _RESET.search(call.request.path)
    value = written[2] if written else call.request.args.get("resetSession", "false")
    return value.lower() == "true"


def demand_served_spelling(call: Call, route: str) -> None:
    """Refuse an action or function under a name that the knobs do not let Graph know."""
    if route not in _ACTIONS:
        return
    segment = plain(call.request.path).rpartition("/")[2]
    knobs = call.tenant.knobs
    qualified = segment.startswith(QUALIFIED)
    status = knobs.qualified_names_status if qualified else knobs.short_names_status
    if status is not None:
        raise RefusalError(status, "BadRequest", f"Resource not found for the segment '{segment}'.")
