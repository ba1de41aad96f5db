"""Small schools behind one address, whose iSAMS takes its time over each answer."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Lock
from typing import TYPE_CHECKING

from werkzeug.wrappers import Request, Response

from simulators.azurite import Azurite
from simulators.isams.documents import batch_xml
from simulators.school import invent
from simulators.sds import Knobs, SdsSimulator
from simulators.sds.listening import listening
from simulators.serving import serve
from simulators.staging import sds_settings
from sync.isams.datasets import BY_METHOD

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

KEY = "5eed0000-0000-4000-8000-{:012}"  # by the school's number

# SDS has checked the files by the first look, and its run is over as soon as it has begun.
QUICK = Knobs(operation_polls=0, operation_s=0.0, run_duration_s=0.0)


class CannedIsams:
    """The answers of many schools, made beforehand: what it costs to make them is not measured.

    A school is known by its key. *wait_s* passes before each answer, as it does while a database
    is asked. `asked` is how often each school was, `most_at_once` how many were at the same time.
    """

    def __init__(self, schools: int, pupils: int, wait_s: float) -> None:
        documents = (
            b"".join(batch_xml(invent(pupils, seed=number + 1, quirks=False, key=key), BY_METHOD))
            for number, key in enumerate(keys(schools))
        )
        self._by_key = {KEY.format(number): body for number, body in enumerate(documents)}
        self._wait_s = wait_s
        self._lock = Lock()
        self._now = 0
        self.most_at_once = 0
        self.asked = Counter[str]()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        key = Request(environ).args["apiKey"]
        with self._lock:
            self.asked[key] += 1
            self._now += 1
            self.most_at_once = max(self.most_at_once, self._now)
        time.sleep(self._wait_s)
        with self._lock:
            self._now -= 1
        answer = Response(self._by_key[key], content_type="application/xml; charset=utf-8")
        return answer(environ, start_response)


@dataclass(frozen=True, slots=True)
class Group:
    """The schools and their SDS, and the app settings of each instance."""

    isams: CannedIsams
    sds: SdsSimulator
    settings: Mapping[str, str]


@contextmanager
def group_of(storage: Azurite, schools: int, *, pupils: int, wait_s: float) -> Generator[Group]:
    """Serve *schools* on one connector until the block ends; rosters lie in *storage*."""
    isams = CannedIsams(schools, pupils, wait_s)
    sds = SdsSimulator(clock=lambda: datetime.now(UTC), knobs=QUICK)
    with serve(isams) as isams_url, listening(sds) as sds_url:
        places: dict[str, str] = {}
        for number, key in enumerate(keys(schools)):
            places |= {
                f"SCHOOLS__{key.upper()}__NAME": f"School {number}",
                f"SCHOOLS__{key.upper()}__ID": f"99{number:05}",
                f"SCHOOLS__{key.upper()}__ISAMS_HOST": isams_url,
                f"SCHOOLS__{key.upper()}__ISAMS_KEY": KEY.format(number),
                f"PROFILES__P{number:03}__SCHOOL": key,
            }
        shared = {
            "SDS__HOLD_FIRST": "false",
            "AzureWebJobsStorage": storage.connection,
            "STORAGE__CONNECTION": storage.connection,
            "TICK_SCHEDULE": "0 */5 * * * *",
        }
        yield Group(isams, sds, places | sds_settings(sds, sds_url) | shared)


def keys(schools: int) -> Sequence[str]:
    """Return the schools' keys in the settings."""
    return [f"s{number:03}" for number in range(schools)]
