"""What the host remembers of one run of a function."""

from __future__ import annotations

from dataclasses import dataclass

from simulators.host import protos


@dataclass(frozen=True, slots=True)
class Invocation:
    """One run of a function; `attempt` is 1 for the first, `error` is None if it succeeded.

    For a queue message `attempt` is the dequeue count.
    """

    function: str
    id: str
    attempt: int
    error: str | None = None
    returned: protos.TypedData | None = None
