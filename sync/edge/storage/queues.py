"""The nudges between the app's functions: messages that say where to look, not what is true.

A lost, doubled or late nudge does no harm, because whoever gets it looks at the blobs
(docs/reference/functions.md#at-least-once). The queues live in the storage account of the Functions
host, where the host reads them and, after too many failures, moves a message to `<queue>-poison`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Literal, Protocol

type Queue = Literal["pull", "send", "read-back"]

NIGHTLY: tuple[Queue, ...] = ("pull", "send")
QUEUES: tuple[Queue, ...] = (*NIGHTLY, "read-back")
"""All there are; where nothing is read back the last is never asked after."""

ABOUT: Mapping[Queue, Literal["school", "connector"]] = {
    "pull": "school",
    "send": "connector",
    "read-back": "connector",
}
"""What a message of each queue names."""

# docs/reference/functions.md#queue-limits
LONGEST_DELAY_S = 7 * 86_400  # the service's limit


class Nudges(Protocol):
    """Where a step leaves word for another.

    Every call raises `StoreUnavailable` when the queues are away or busy, and `StoreRefused` when
    they refuse us.
    """

    def nudge(self, queue: Queue, message: Mapping[str, str], delay_s: float = 0) -> None:
        """Have *message* read at least once, not before *delay_s* from now.

        The delay is rounded up to a whole second and kept between 0 and `LONGEST_DELAY_S`.
        """

    def poisoned(self) -> Mapping[Queue, Sequence[str]]:
        """Return, for each queue, the texts of up to 32 messages that failed for good."""

    def next(self) -> Mapping[Queue, Sequence[str]]:
        """Return, for each queue, the texts of up to 32 messages that can be read now."""

    def waiting(self) -> Mapping[Queue, int]:
        """Return about how many messages each queue holds, the delayed and those in hand too.

        A queue that does not exist is left out: the first nudge makes it.
        """


def queue_name(queue: Queue) -> str:
    """Return the queue's name in storage; the triggers name the same."""
    return f"sync-{queue}"


def named_in(queue: Queue, message: str | bytes) -> str:
    """Return which school or connector *message* names, "" if it is none of ours."""
    try:
        name = json.loads(message)[ABOUT[queue]]
    except (ValueError, KeyError, TypeError):
        return ""
    return name if isinstance(name, str) else ""


class Unqueued:
    """`Nudges` kept in order, for a caller that goes through them itself: a terminal, a test."""

    def __init__(self) -> None:
        self.kept: list[tuple[Queue, dict[str, str], float]] = []

    def nudge(self, queue: Queue, message: Mapping[str, str], delay_s: float = 0) -> None:
        self.kept.append((queue, dict(message), delay_s))

    def poisoned(self) -> Mapping[Queue, Sequence[str]]:
        return dict.fromkeys(QUEUES, ())

    def next(self) -> Mapping[Queue, Sequence[str]]:
        return {
            queue: tuple(json.dumps(kept[1]) for kept in self.kept if kept[0] == queue)
            for queue in QUEUES
        }

    def waiting(self) -> Mapping[Queue, int]:
        return {queue: sum(kept[0] == queue for kept in self.kept) for queue in QUEUES}
