"""Whether every name in the Bicep files leads somewhere, and everything declared is used.

A compiler would say the same; none can be had offline.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import takewhile
from pathlib import Path

from tree_sitter import Node

from tests.infra.bicep import INFRA, File, inner, last, said, value, walk

# Bicep's own functions, as far as they are used here.
FUNCTIONS = {
    *(
        "bool",
        "concat",
        "contains",
        "empty",
        "environment",
        "flatten",
        "guid",
        "items",
        "loadTextContent",
    ),
    *("map", "readEnvironmentVariable", "replace", "resourceGroup", "resourceId", "string"),
    *("subscription", "subscriptionResourceId", "tenant", "toObject", "union", "uniqueString"),
}
# What any resource has, for those who refer to it.
_OF_A_RESOURCE = {"id", "name", "properties", "type", "location", "tags", "identity"}
_OF_A_MODULE = {"outputs", "name"}

type Files = Mapping[str, File]


def complaints(files: Files) -> Iterator[str]:
    """Yield what leads nowhere, is declared twice, or is not used."""
    for file in files.values():
        yield from _names(file)
        yield from _doubles(file)
        if file.name.endswith(".bicepparam"):
            yield from _handed_over(file.name, set(file.of("variable")), files["main.bicep"])
        else:
            yield from _unused(file)
            yield from _modules(file, files)


def _names(file: File) -> Iterator[str]:
    known = {one.name for one in file.declared if one.kind != "output"}
    for top in inner(file.root):
        if top.type not in {"using_statement", "target_scope_assignment", "decorators"}:
            parts = inner(top)[1:] if top.type.endswith("_declaration") else [top]
            for part in parts:
                yield from _resolved(part, known, file)


def _resolved(node: Node, known: set[str], file: File) -> Iterator[str]:
    """Yield each name within *node* that nothing in *known* stands for."""
    if node.type == "type":
        return
    here = known | _brought_in(node)
    called = node.children[0] if node.type == "call_expression" else None
    for child in node.children:
        if child == called and child.type == "identifier":
            if said(child) not in FUNCTIONS:
                yield f"{_where(file, child)}: there is no function {said(child)}"
        elif node.type == "object_property" and child == node.children[0]:
            if child.type == "string":
                yield from _resolved(child, here, file)
        elif child.type == "identifier":
            if said(child) not in here:
                yield f"{_where(file, child)}: nothing is called {said(child)}"
        else:
            yield from _resolved(child, here, file)
    if node.type == "member_expression":
        yield from _reached(node, file)


def _brought_in(node: Node) -> set[str]:
    """Return the names that a loop or a lambda brings in for its own body."""
    ends = {"for_statement": "in", "lambda_expression": "=>"}.get(node.type)
    if ends is None:
        return set()
    kinds = {"identifier", "loop_variable", "loop_enumerator"}
    heads = takewhile(lambda child: child.type != ends, node.children)
    return {said(one) for head in heads for one in walk(head) if one.type in kinds}


def _reached(node: Node, file: File) -> Iterator[str]:
    """Look at the first step from a resource or a module: `storage.outputs`, `plan.id`."""
    head, step = inner(node)[0], said(last(node))
    if head.type == "subscript_expression":
        head = inner(head)[0]
    name = said(head).removesuffix("!")
    if name in file.of("resource") and step not in _OF_A_RESOURCE:
        yield f"{_where(file, node)}: a resource has no {step}"
    if name in file.of("module") and step not in _OF_A_MODULE:
        yield f"{_where(file, node)}: a module has no {step}"


def _doubles(file: File) -> Iterator[str]:
    names = [one.name for one in file.declared if one.kind != "output"]
    for name in sorted({one for one in names if names.count(one) > 1}):
        yield f"{file.name}: {name} is declared twice"


def _unused(file: File) -> Iterator[str]:
    for kind in ("parameter", "variable"):
        for one in file.of(kind).values():
            uses = [
                node
                for node in walk(file.root)
                if node.type == "identifier" and said(node) == one.name
            ]
            # A property may be called the same: only what stands for a value counts.
            if not any(_is_value(node) and node != inner(one.node)[0] for node in uses):
                yield f"{_where(file, one.node)}: nothing uses {one.name}"


def _is_value(node: Node) -> bool:
    parent = node.parent
    if parent is None or parent.type == "call_expression":
        return False
    return not (parent.type == "object_property" and node == parent.children[0])


def _modules(file: File, files: Files) -> Iterator[str]:
    for module in file.of("module").values():
        path = Path(module.type)
        if module.type != f"./{path.name}" or path.name not in files:
            yield f"{_where(file, module.node)}: there is no file {module.type} beside it"
            continue
        given = module.at("params")
        names = set(given) if isinstance(given, Mapping) else set[str]()
        yield from _handed_over(f"{file.name}: {module.name}", names, files[path.name])
        yield from _outputs(module.name, file, files[path.name])
    for node in walk(file.root):
        if node.type == "call_expression" and said(node.children[0]) == "loadTextContent":
            path = INFRA / str(value(inner(last(node))[0]))
            if not path.is_file():
                yield f"{_where(file, node)}: there is no file {path.relative_to(INFRA)}"


def _handed_over(who: str, given: set[str], to: File) -> Iterator[str]:
    wanted = to.of("parameter")
    needed = {one.name for one in wanted.values() if not one.has_value}
    yield from (f"{who}: {to.name} has no parameter {name}" for name in sorted(given - set(wanted)))
    yield from (f"{who}: {to.name} needs {name}" for name in sorted(needed - given))


def _outputs(module: str, file: File, of: File) -> Iterator[str]:
    for node in walk(file.root):
        if node.type == "member_expression" and inner(node)[0].type == "member_expression":
            head = said(inner(node)[0]).replace("!", "")
            if head == f"{module}.outputs" and said(last(node)) not in of.of("output"):
                yield f"{_where(file, node)}: {of.name} has no output {said(last(node))}"


def _where(file: File, node: Node) -> str:
    return f"{file.name}:{node.start_point.row + 1}:{node.start_point.column + 1}"
