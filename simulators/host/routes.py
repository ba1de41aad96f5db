"""Which function a request is for, and whether its key opens it (pure)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from simulators.host.worker import Function


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of an app: `master` opens everything, `host` every function of level `function`.

    `functions` holds, by function name, keys that open that function alone.

    See docs/reference/functions.md#keys.
    """

    master: str = "invented-master-key"
    host: str = "invented-host-key"
    functions: Mapping[str, str] = field(default_factory=dict)

    def open(self, function: Function, offered: str | None) -> bool:
        """Tell whether *offered* is good enough for the function's level."""
        level = str(function.trigger.get("authLevel", "function")).lower()
        good = {self.master}
        if level == "function":
            good |= {self.host, self.functions.get(function.name, self.host)}
        return level == "anonymous" or offered in good

    def known(self, offered: str | None) -> bool:
        """Tell whether *offered* is one of the keys, whatever it opens."""
        return offered in {self.master, self.host, *self.functions.values()}


@dataclass(frozen=True, slots=True)
class Route:
    """One HTTP function's path, compiled; no methods means all of them."""

    function: Function
    pattern: re.Pattern[str]
    methods: frozenset[str]


def table(functions: Iterable[Function], prefix: str) -> tuple[Route, ...]:
    """Compile the routes of the HTTP functions, the ones with fewest parameters first."""
    ours = [function for function in functions if function.kind == "httpTrigger"]
    ours.sort(key=lambda function: _template(function).count("{"))
    return tuple(
        Route(
            function,
            _compiled("/".join(filter(None, (prefix, _template(function))))),
            frozenset(str(method).upper() for method in function.trigger.get("methods") or ()),
        )
        for function in ours
    )


def find(routes: Iterable[Route], method: str, path: str) -> tuple[Function, dict[str, str]] | None:
    """Return the function that answers, with the parameters in the decoded *path*.

    A method that the function does not take is "not found", HEAD and OPTIONS too:
    docs/reference/functions.md#wrong-method.
    """
    for route in routes:
        match = route.pattern.fullmatch(path)
        if match and (not route.methods or method in route.methods):
            return route.function, {name: text for name, text in match.groupdict().items() if text}
    return None


def _template(function: Function) -> str:
    return str(function.trigger.get("route") or function.name)


def _compiled(template: str) -> re.Pattern[str]:
    """Compile `{name}`, `{name:kind}`, `{name?}` and `{*rest}`; the kind is not checked.

    But for `{name:maxlength(0)?}` alone, which is the address of no word at all, `/`:
    docs/reference/functions.md#front-page.

    Case and a last slash do not matter: docs/reference/functions.md#paths.
    """
    template = re.sub(r"^\{\w+:maxlength\(0\)\?\}$", "", template)
    pattern = re.sub(r"\{\*(\w+)\}", r"(?P<\1>.*)", template)
    pattern = re.sub(r"/\{(\w+)(?::\w+)?\?\}", r"(?:/(?P<\1>[^/]+))?", pattern)
    pattern = re.sub(r"\{(\w+)(?::\w+)?\}", r"(?P<\1>[^/]+)", pattern)
    return re.compile(f"/{pattern}/?", re.IGNORECASE)
