"""`host.json`, as far as it decides what the host does, and the values that stand in settings."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LEVELS: Mapping[str, int] = {
    "Trace": logging.NOTSET,
    "Debug": logging.DEBUG,
    "Information": logging.INFO,
    "Warning": logging.WARNING,
    "Error": logging.ERROR,
    "Critical": logging.CRITICAL,
    "None": logging.CRITICAL + 1,
}


@dataclass(frozen=True, slots=True)
class QueuePace:
    """How the host takes messages; the defaults are the platform's.

    Another name under `queues` is dropped: docs/reference/functions.md#host-json-queues. The next
    batch is asked for when no more than `new_batch_threshold` messages are in work.
    `visibility_timeout_s` is the wait between a failure and the next attempt.
    """

    batch_size: int = 16
    new_batch_threshold: int = 8
    max_dequeue_count: int = 5
    visibility_timeout_s: float = 0.0
    max_polling_interval_s: float = 60.0
    is_base64: bool = True


@dataclass(frozen=True, slots=True)
class HostJson:
    """What one app's `host.json` says; `function_timeout_s` is None where it is unbounded.

    `levels` are the least levels of `logLevel`, by category.
    """

    route_prefix: str
    function_timeout_s: float | None
    queues: QueuePace
    levels: Mapping[str, int]

    @classmethod
    def read(cls, file: Path) -> HostJson:
        """Read *file*; a name that is absent takes the platform's default (Flex: 30 minutes)."""
        said = json.loads(file.read_text(encoding="utf-8"))
        extensions = said.get("extensions", {})
        timeout = said.get("functionTimeout", "00:30:00")
        return cls(
            route_prefix=extensions.get("http", {}).get("routePrefix", "api"),
            function_timeout_s=None if timeout == "-1" else duration_s(timeout),
            queues=_queue_pace(extensions.get("queues", {})),
            levels={
                name: LEVELS[level]
                for name, level in said.get("logging", {}).get("logLevel", {}).items()
            },
        )

    def level(self, category: str) -> int:
        """Return the least level at which a line of *category* leaves the host.

        The longest name with which the category begins decides, else `default`:
        docs/reference/functions.md#log-level-names.
        """
        names = [name for name in self.levels if category.lower().startswith(name.lower())]
        name = max(names, key=len, default="default")
        return self.levels.get(name, logging.INFO)


def _queue_pace(said: Mapping[str, Any]) -> QueuePace:  # Any: parsed JSON
    batch_size = int(said.get("batchSize", 16))
    return QueuePace(
        batch_size=batch_size,
        new_batch_threshold=int(said.get("newBatchThreshold", batch_size // 2)),
        max_dequeue_count=int(said.get("maxDequeueCount", 5)),
        visibility_timeout_s=duration_s(said.get("visibilityTimeout", "00:00:00")),
        max_polling_interval_s=duration_s(said.get("maxPollingInterval", "00:01:00")),
        is_base64=said.get("messageEncoding", "base64") == "base64",
    )


def duration_s(text: str) -> float:
    """Read `hh:mm:ss`, with a fraction of a second if need be."""
    hours, minutes, seconds = text.split(":")
    return int(hours) * 3600 + int(minutes) * 60 + float(seconds)


def expand(text: str, settings: Mapping[str, str]) -> str:
    """Replace each `%NAME%` by that setting; a name without a setting is a `LookupError`."""
    return re.sub(r"%([^%]+)%", lambda match: settings[match[1]], text)
