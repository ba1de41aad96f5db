"""The small app that the host's tests run, and what they do with it."""

from __future__ import annotations

import base64
import json
import shutil
from pathlib import Path
from typing import Any

from azure.storage.queue import QueueClient

from simulators.host import Keys

SAMPLE = Path(__file__).parent / "sample_app"
KEYS = Keys(master="master", host="host", functions={"school": "school alone"})


class Waits(list[float]):
    """Stands in for the sleep between a timer's retries, and remembers what was asked."""

    async def __call__(self, seconds: float) -> None:
        self.append(seconds)


def send(queue: QueueClient, text: str) -> None:
    queue.send_message(base64.b64encode(text.encode()).decode())


def variant(folder: Path, host_json: dict[str, Any]) -> Path:
    """Copy the sample app with another host.json."""
    app = shutil.copytree(SAMPLE, folder / "app")
    (app / "host.json").write_text(json.dumps(host_json))
    return app
