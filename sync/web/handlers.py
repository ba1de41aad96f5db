"""Where the Functions host comes in: settings are read, the world opened, every step logged.

Nothing leaves here untold, and nothing that nobody foresaw leaves with its text: the host would
write it to Application Insights, and it may quote a record.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from functools import cache, partial

from sync.edge.clock import SystemClock
from sync.edge.quiet import quieten
from sync.edge.world import World, opened
from sync.errors import SyncError
from sync.report import Outcome, Step, unexpected
from sync.settings.load import load
from sync.steps import pull as run
from sync.steps import schedule
from sync.steps import send as sending
from sync.web import responses
from sync.web.access import Role, admit
from sync.web.logs import tell, telling
from sync.web.responses import Answer

quieten()

type Headers = Mapping[str, str]


@cache
def world() -> World:
    """Return the world of this process: settings are read once, as the host restarts on change."""
    return opened(load(os.environ), tell)


def tick(invocation: str) -> None:
    _guarded(lambda: schedule.tick(world()), invocation)


def pull(message: bytes, invocation: str) -> None:
    _guarded(lambda: _about("school", message, world().settings.schools, run.pull), invocation)


def send(message: bytes, invocation: str) -> None:
    _guarded(
        lambda: _about("connector", message, world().settings.connectors(), sending.send),
        invocation,
    )


def resync(headers: Headers, profile: str | None) -> Answer:
    return _answered(headers, Role.RUN, lambda: responses.resync(world(), profile))


def status(headers: Headers) -> Answer:
    return _answered(headers, Role.RUN, lambda: responses.status(world()))


def check(headers: Headers) -> Answer:
    return _answered(
        headers, Role.RUN, lambda: responses.check(partial(load, os.environ), SystemClock())
    )


def subjects(headers: Headers, school: str | None, accept: str) -> Answer:
    return _answered(headers, Role.RUN, lambda: responses.subjects(world(), school, accept))


def findings(headers: Headers, profile: str | None) -> Answer:
    return _answered(headers, Role.APPROVE, lambda: responses.findings(world(), profile))


def decide(headers: Headers, delivery: str, *, approve: bool) -> Answer:
    return _answered(
        headers, Role.APPROVE, lambda: responses.decide(world(), delivery, approve=approve)
    )


def restore(headers: Headers, delivery: str) -> Answer:
    return _answered(headers, Role.APPROVE, lambda: responses.restore(world(), delivery))


def resume(headers: Headers, connector: str | None) -> Answer:
    return _answered(headers, Role.APPROVE, lambda: responses.resume(world(), connector))


def _answered(headers: Headers, role: Role, work: Callable[[], Answer]) -> Answer:
    def admitted() -> Answer:
        admit(headers, os.environ, role)
        return work()

    with telling():
        return responses.answered(admitted, tell)


def _about(
    kind: str, message: bytes, known: Mapping[str, object], work: Callable[[World, str], Step]
) -> None:
    """Do *work* for the school or connector that *message* names.

    One that settings do not know any more is dropped: there is nothing to do for it.
    """
    try:
        name = json.loads(message)[kind]
    except (ValueError, KeyError, TypeError):
        name = None
    if isinstance(name, str) and name in known:
        work(world(), name)
    else:
        tell(Step("message", Outcome.NOTHING, facts={"unknown": kind}))


def _guarded(work: Callable[[], object], invocation: str = "") -> None:
    """Run *work*. What goes wrong is logged, and raised anew without its text and context.

    The host then tries the message again, and after five times moves it to the poison queue.
    """
    with telling(invocation):
        try:
            work()
        except SyncError as error:
            told = error
        except Exception as error:  # noqa: BLE001  # its text may quote a record
            told = unexpected(error)
        else:
            return
        tell(Step("function", Outcome.FAILED, error=told))
    raise told from None
