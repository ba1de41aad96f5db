"""What a read-back asks and takes: batches, memory and time, with a fifth of a second an answer.

A school's delivery is made in one process and read back in another, from a folder. Graph is a
function in that process, which waits before each answer. Run by `tests.bench`; alone by
`python -m tests.bench.landed`.
"""

from __future__ import annotations

import json
import sys
import time
import uuid
from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Never

import httpx

from tests.bench import apart
from tests.bench.measure import high_water_bytes

ANSWER_S = 0.2
SIZES = (1_500, 6_000)
MOST_BATCHES, MOST_BYTES, MOST_S = 130, 60_000_000, 60.0
"""Of a school of 1,500 pupils, which has 1,225 classes."""

MB = 1_000_000
MARKED = "moment.json"


class MovedClock:
    """The machine's clock, as if it began at a moment."""

    def __init__(self, start: datetime) -> None:
        self._start, self._begun_s = start, time.monotonic()

    def now(self) -> datetime:
        return self._start + timedelta(seconds=time.monotonic() - self._begun_s)

    def monotonic_s(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


class Graph:
    """Graph, as far as a read-back asks: every class and everybody in it as they were sent."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        from sync.sds.rowkeys import rows_of

        names = {row[0]: row[1] for row in rows_of("users.csv", files)}
        self.classes = [row[0] for row in rows_of("classes.csv", files)]
        self.people: dict[tuple[str, str], list[dict[str, str]]] = defaultdict(list)
        for class_id, user_id, role in rows_of("enrollments.csv", files):
            graph_id = str(uuid.uuid5(uuid.NAMESPACE_OID, user_id))
            name = names[user_id]
            person = {"id": graph_id, "userPrincipalName": name, "mail": name}
            self.people[class_id, "members"].append(person)
            if role == "teacher":
                self.people[class_id, "teachers"].append(person)
        self.asked: dict[str, int] = defaultdict(int)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        if path.endswith("/token"):
            return httpx.Response(200, json={"access_token": _token(), "expires_in": 3599})
        time.sleep(ANSWER_S)
        self.asked[path.rpartition("/")[2]] += 1
        if path.endswith("/runs"):
            return httpx.Response(200, json={"value": []})
        if path.endswith("/classes"):
            return httpx.Response(200, json=self._listed(request))
        return httpx.Response(200, json={"responses": [*map(self._item, _items(request))]})

    def _listed(self, request: httpx.Request) -> dict[str, object]:
        start = int(request.url.params.get("$skiptoken", "0"))
        page = [
            {
                "id": f"g-{each}",
                "externalId": each,
                "mailNickname": f"Section_{each}",
                "displayName": each,
            }
            for each in self.classes[start : start + 999]
        ]
        link = {"@odata.nextLink": str(request.url.copy_merge_params({"$skiptoken": start + 999}))}
        return {"value": page, **(link if start + 999 < len(self.classes) else {})}

    def _item(self, item: Mapping[str, str]) -> dict[str, object]:
        _, _, rest = item["url"].partition("/classes/g-")
        class_id, _, kind = rest.partition("?")[0].rpartition("/")
        body = {"value": self.people[class_id, kind]}
        return {"id": item["id"], "status": 200, "headers": {}, "body": body}


def _items(request: httpx.Request) -> list[dict[str, str]]:
    items: list[dict[str, str]] = json.loads(request.content)["requests"]
    return items


def _token() -> str:
    import base64

    from simulators.sds import READER_ROLES, SENDER_ROLES

    claims = json.dumps({"roles": sorted(READER_ROLES | SENDER_ROLES)}).encode()
    return f"e30.{base64.urlsafe_b64encode(claims).decode().rstrip('=')}."


def make(pupils: int, folder: str) -> None:
    """Deliver a school of so many *pupils*, and leave what is stored in *folder*."""
    from simulators.school import invent
    from sync.edge.storage.folder import FolderStore
    from tests.worlds import make_world

    scene = make_world(
        invent(pupils, quirks=False),
        store=lambda clock: FolderStore(Path(folder) / "rosters", clock=clock),
    )
    scene.pull()
    scene.send_until_still()
    scene.clock.advance(3 * 3600)
    (Path(folder) / MARKED).write_text(json.dumps(scene.clock.now().isoformat()))


def take(folder: str, _: str) -> None:
    """Read back, and print what it asked, how long it took and how far memory rose."""
    from sync.edge.graph.education import EducationReader
    from sync.edge.graph.identity import graph_tokens, read_back_tokens
    from sync.edge.graph.sds import SdsTarget
    from sync.edge.storage.folder import FolderStore
    from sync.edge.storage.queues import Unqueued
    from sync.edge.world import Source, World
    from sync.report import Outcome
    from sync.settings.load import load
    from sync.steps.connector import look
    from sync.steps.landed.look import read_back
    from tests.worlds import CONNECTOR, ONE_SCHOOL, READ_BACK, FederatedIdentity

    start = datetime.fromisoformat(json.loads((Path(folder) / MARKED).read_text()))
    clock = MovedClock(start)
    settings = load({**ONE_SCHOOL, **READ_BACK, "SCHOOLS__NORTHBANK__ISAMS_KEY": "0" * 8})

    def no_source(_: str) -> Source:
        raise RuntimeError("a read-back does not talk to iSAMS")

    store = FolderStore(Path(folder) / "rosters", clock=clock)
    shell = World(settings, clock, store, Unqueued(), no_source, _no_target, lambda _: None)
    [delivery] = look(shell, CONNECTOR).deliveries
    graph = Graph(delivery.files())
    wire = httpx.MockTransport(graph)
    sends = graph_tokens(settings.sds, clock, transport=wire)
    reads = read_back_tokens(settings.sds, clock, transport=wire, identity=FederatedIdentity)
    target = SdsTarget(settings.sds, sends, clock, graph=wire)
    reader = EducationReader(settings.sds, reads, clock, graph=wire)
    world = World(
        *(settings, clock, store, Unqueued(), no_source, lambda: target, lambda _: None),
        reader=lambda: reader,
    )
    before_bytes, begun_s, cpu_s = high_water_bytes(), time.monotonic(), time.process_time()
    invocations = 1
    while (step := read_back(world, CONNECTOR)).outcome is Outcome.READING_BACK:
        invocations += 1
    if step.outcome is not Outcome.COMPARED:
        raise RuntimeError(step.line())
    told = {
        "classes": len(graph.classes),
        "batches": graph.asked["$batch"],
        "calls": sum(graph.asked.values()),
        "invocations": invocations,
        "took_s": round(time.monotonic() - begun_s, 1),
        "cpu_s": round(time.process_time() - cpu_s, 1),
        "grown_bytes": high_water_bytes() - before_bytes,
    }
    sys.stdout.write(json.dumps(told))


def _no_target() -> Never:
    raise RuntimeError("not yet")


def line() -> str:
    """Return a line for each size."""
    lines = [apart.of_nights("landed", pupils, [str(pupils)], _told) for pupils in SIZES]
    return "\n".join(lines)


def _told(printed: str, pupils: str) -> str:
    told = json.loads(printed)
    over = [
        name
        for name, most in (
            ("batches", MOST_BATCHES),
            ("grown_bytes", MOST_BYTES),
            ("took_s", MOST_S),
        )
        if int(pupils) == SIZES[0] and told[name] > most
    ]
    warning = f"  TOO MUCH: {', '.join(over)}" if over else ""
    return (
        f"{int(pupils):6,}  read back, {told['classes']:,} classes: {told['batches']} batches,"
        f" {told['calls']} calls, {told['invocations']} invocations, {told['took_s']} s,"
        f" CPU {told['cpu_s']} s, memory {told['grown_bytes'] / MB:.1f} MB{warning}"
    )


if __name__ == "__main__":
    apart.run(make, take, line)
