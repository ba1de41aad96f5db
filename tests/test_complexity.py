"""What is counted as hard to read, and how the argument for it is held to the code."""

from __future__ import annotations

from tests.complexity import complaints, hard_blocks

CHOICES = "def choose(x):\n    return " + " or ".join(f"x == {number}" for number in range(12))


def test_boolean_operators_count() -> None:
    """A condition of twelve parts is as hard to read as twelve branches."""
    assert list(hard_blocks("sync/x.py", CHOICES)) == [("sync/x.py:choose", 12)]


def test_what_is_hard_and_not_argued_is_named() -> None:
    """Whoever wrote it learns which function, and how far it is above the limit."""
    (complaint,) = complaints({"sync/x.py:choose": 12}, {})

    assert complaint.startswith("sync/x.py:choose: 12 ways")


def test_what_is_argued_may_stay() -> None:
    """A reason beside the name is enough."""
    assert list(complaints({"sync/x.py:choose": 12}, {"sync/x.py:choose": "a table"})) == []


def test_an_argument_goes_with_what_it_was_about() -> None:
    """No exception is left for a function that is simple, renamed or gone."""
    (complaint,) = complaints({}, {"sync/x.py:choose": "a table"})

    assert "Take the argument out" in complaint
