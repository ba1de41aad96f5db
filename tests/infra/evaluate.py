"""As much of Bicep's arithmetic as the app settings need, so that the real ones can be read.

Given what the parameters hold, `evaluated` works out an expression of `infra/app.bicep`. What it
does not know it refuses.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence

from tree_sitter import Node

from tests.infra.bicep import inner, key_of, last, said, value

type Known = Mapping[str, object]


def evaluated(node: Node, known: Known) -> object:
    """Return what *node* is when names are what *known* says."""
    match node.type:
        case "identifier":
            return known[said(node)]
        case "object":
            return {_name(pair, known): evaluated(last(pair), known) for pair in inner(node)}
        case "array":
            return [evaluated(one, known) for one in inner(node)]
        case "string":
            return "".join(_part(one, known) for one in inner(node))
        case "member_expression":
            return _member(evaluated(inner(node)[0], known), said(last(node)))
        case "lambda_expression":
            return _lambda(node, known)
        case "call_expression":
            arguments = [evaluated(one, known) for one in inner(last(node))]
            return _FUNCTIONS[said(inner(node)[0])](*arguments)
        case "number" | "boolean" | "null":
            return value(node)
    raise NotImplementedError(f"{node.type}: {said(node)}")


def _name(pair: Node, known: Known) -> str:
    key = inner(pair)[0]
    return str(evaluated(key, known)) if key.type == "string" else key_of(pair)


def _part(node: Node, known: Known) -> str:
    return _string(evaluated(inner(node)[0], known)) if node.type == "interpolation" else said(node)


def _lambda(node: Node, known: Known) -> Callable[[object], object]:
    argument, body = inner(node)
    return lambda worth: evaluated(body, {**known, said(argument): worth})


def _member(worth: object, name: str) -> object:
    if callable(worth):
        # The grammar reads `one => one.name` as the name of `one => one`.
        return lambda one: _mapping(worth(one))[name]
    return _mapping(worth)[name]


def _mapping(worth: object) -> Mapping[str, object]:
    assert isinstance(worth, Mapping), f"{worth!r} is not an object"
    return worth


def _sequence(worth: object) -> Sequence[object]:
    assert isinstance(worth, Sequence), f"{worth!r} is not a list"
    return worth


def _applied(function: object, worth: object) -> object:
    assert callable(function)
    result: object = function(worth)
    return result


def _string(worth: object) -> str:
    # A bool is True or False in ARM's own text, and JSON within an object.
    return str(worth) if isinstance(worth, str | bool | int) else json.dumps(worth)


def _union(*objects: object) -> dict[str, object]:
    return {name: worth for one in objects for name, worth in _mapping(one).items()}


def _items(worth: object) -> list[dict[str, object]]:
    return [{"key": key, "value": one} for key, one in sorted(_mapping(worth).items())]


def _map(many: object, function: object) -> list[object]:
    return [_applied(function, one) for one in _sequence(many)]


def _flatten(many: object) -> list[object]:
    return [one for part in _sequence(many) for one in _sequence(part)]


def _to_object(many: object, key: object, worth: object) -> dict[str, object]:
    return {str(_applied(key, one)): _applied(worth, one) for one in _sequence(many)}


def _concat(*lists: object) -> list[object]:
    return _flatten(lists)


def _replace(text: object, old: object, new: object) -> str:
    return str(text).replace(str(old), str(new))


_FUNCTIONS: Mapping[str, Callable[..., object]] = {
    "concat": _concat,
    "flatten": _flatten,
    "items": _items,
    "map": _map,
    "replace": _replace,
    "string": _string,
    "toObject": _to_object,
    "union": _union,
}
