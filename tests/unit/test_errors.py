"""The error tree: drawn at the top of `sync/errors.py`, and kept by the whole package."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from sync import errors
from sync.errors import SyncError, TargetRejected, TargetUnavailable

SYNC = Path(errors.__file__).parent
LINE = re.compile(r"(?P<branch>[│├└─ ]*)(?P<name>\w+)(?: +(?P<says>\S.*))?")
CLASSES = {
    name: found
    for name, found in vars(errors).items()
    if inspect.isclass(found) and issubclass(found, SyncError) and found.__module__ == "sync.errors"
}
LEAVES = {name: found for name, found in CLASSES.items() if not found.__subclasses__()}
BASES = {name: found for name, found in CLASSES.items() if found.__subclasses__()}

# Raised inside the package for somebody else: pydantic, the command line, the Azure SDK, and the
# callers of httpx, who all turn its errors into ours.
FOREIGN = {"ValueError", "TypeError", "Contradiction", "BadParameter", "UsageError"} | {
    *("SwaggerFault", "ListFault"),  # of a file that somebody typed: whoever reads it tells it
    "NeedError",  # never leaves the judging of runs
    "ServiceResponseError",
    "ReadTimeout",
}


def drawn() -> Iterator[tuple[str, str, str]]:
    """Yield each class of the drawn tree: its name, its parent's, and what is said of it."""
    above: dict[int, str] = {}
    for line in (errors.__doc__ or "").splitlines():
        if line.startswith("    ") and (found := LINE.fullmatch(line)):
            depth = len(found["branch"])
            parents = [name for at, name in above.items() if at < depth]
            above = {at: name for at, name in above.items() if at < depth} | {depth: found["name"]}
            yield found["name"], parents[-1] if parents else "", found["says"] or ""


TREE = {name: (parent, says) for name, parent, says in drawn()}


def test_the_drawn_tree_is_the_tree() -> None:
    """Every public class is drawn, under its own base, and nothing else is."""
    public = {name: found for name, found in CLASSES.items() if not name.startswith("_")}

    assert {name: parent for name, (parent, _) in TREE.items()} == {
        name: "" if found is SyncError else found.__bases__[0].__name__
        for name, found in public.items()
    }


@pytest.mark.parametrize("name", sorted(LEAVES))
def test_each_error_says_who_must_act_and_whether_it_is_retried(name: str) -> None:
    """As drawn; where nobody must act time helps, and it may where a host is not found."""
    says = TREE[name][1]

    assert LEAVES[name].who == says.partition(":")[0]
    assert LEAVES[name].retry is not says.endswith("never retried")
    assert says.endswith(" retried")
    assert LEAVES[name].__doc__


@pytest.mark.parametrize("name", sorted(BASES))
def test_a_base_says_nothing_and_cannot_be_raised(name: str) -> None:
    """Whoever raises must say who must act."""
    with pytest.raises(TypeError, match="a subclass that says who must act"):
        BASES[name]("message")


@pytest.mark.parametrize("name", sorted(LEAVES))
def test_an_error_carries_its_message_and_its_facts(name: str) -> None:
    """Facts stay out of the message, for the log to show beside it."""
    error = LEAVES[name]("what happened", rows=3, file="users.csv")

    assert str(error) == "what happened"
    assert error.facts == {"rows": 3, "file": "users.csv"}
    assert error.code == name


def test_what_may_pass_can_say_when() -> None:
    """Seconds, by the vendor's own wish; none if it has none."""
    assert TargetUnavailable("busy", retry_after_s=30.0).retry_after_s == 30.0
    assert TargetUnavailable("busy").retry_after_s is None


def test_an_unknown_outcome_is_told() -> None:
    """SDS may have taken the files although the answer was lost."""
    assert TargetUnavailable("no answer", outcome="unknown").outcome_unknown
    assert not TargetUnavailable("no answer").outcome_unknown
    assert not TargetRejected("faults", outcome="known").outcome_unknown


# -- the whole package -----------------------------------------------------------------------------


def nodes() -> Iterator[tuple[Path, ast.AST]]:
    """Yield every node of every module, with its file."""
    for path in sorted(SYNC.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            yield path, node


def called(node: ast.AST | None) -> str:
    """Return the last name of what *node* calls, "" if it calls nothing by name."""
    if isinstance(node, ast.Call):
        function = node.func
        if isinstance(function, ast.Name):
            return function.id
        if isinstance(function, ast.Attribute):
            return function.attr
    return ""


def test_every_error_is_made_somewhere() -> None:
    """A leaf that nothing makes is a promise of the handbook that nothing keeps."""
    made = {called(node) for path, node in nodes() if path.name != "errors.py"}
    # What a `Peer` is told to raise, it makes.
    made |= {
        handed.id
        for _, node in nodes()
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Subscript)
        and ast.unparse(node.func.value) == "Peer"
        for handed in node.args
        if isinstance(handed, ast.Name)
    }

    assert LEAVES.keys() <= made


def test_no_base_is_made() -> None:
    """Not even where it would fail only when it happens."""
    assert [path.name for path, node in nodes() if called(node) in BASES] == []


def test_every_raise_is_one_of_ours() -> None:
    """What else is raised by name is for pydantic, the command line or the Azure SDK to catch."""
    raised = {
        called(node.exc)
        for _, node in nodes()
        if isinstance(node, ast.Raise) and called(node.exc)[:1].isupper()
    }

    assert raised - LEAVES.keys() <= FOREIGN
    assert raised & LEAVES.keys()
