"""Where the Functions host comes in: settings are read, the world opened, every step logged.

Nothing leaves here untold, and nothing that nobody foresaw leaves with its text: the host would
write it to Application Insights, and it may quote a record.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable, Mapping
from functools import cache

from sync import run, sending
from sync.edge.quiet import quieten
from sync.edge.world import World, opened
from sync.environment import load
from sync.errors import SyncError
from sync.report import Outcome, Step, unexpected
from sync.web import answers
from sync.web.answers import Answer

quieten()

log = logging.getLogger("sync")

_LOUD = {Outcome.FAILED: logging.ERROR, Outcome.REFUSED: logging.ERROR}
_WARNING = {
    Outcome.FAULTY,
    Outcome.HELD,
    Outcome.LATER,
    Outcome.LIMITED,
    Outcome.PARTLY_SEALED,
    Outcome.STALE,
    Outcome.WAITING,
}


def tell(step: Step) -> None:
    """Write the canonical log line of *step*."""
    level = logging.WARNING if step.outcome in _WARNING else logging.INFO
    log.log(_LOUD.get(step.outcome, level), "%s", step.line())


@cache
def world() -> World:
    """Return the world of this process: settings are read once, as the host restarts on change."""
    return opened(load(os.environ), tell)


def tick() -> None:
    _guarded(lambda: run.tick(world()))


def pull(message: bytes) -> None:
    _guarded(lambda: _about("school", message, world().settings.schools, run.pull))


def send(message: bytes) -> None:
    _guarded(lambda: _about("connector", message, world().settings.connectors(), sending.send))


def resync(profile: str | None) -> Answer:
    return _answered(lambda: answers.resync(world(), profile))


def status() -> Answer:
    return _answered(lambda: answers.status(world()))


def subjects(school: str | None, accept: str) -> Answer:
    return _answered(lambda: answers.subjects(world(), school, accept))


def findings(profile: str | None) -> Answer:
    return _answered(lambda: answers.findings(world(), profile))


def decide(delivery: str, *, approve: bool) -> Answer:
    return _answered(lambda: answers.decide(world(), delivery, approve=approve))


def _answered(work: Callable[[], Answer]) -> Answer:
    return answers.answered(work, tell)


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


def _guarded(work: Callable[[], object]) -> None:
    """Run *work*. What goes wrong is logged, and raised anew without its text and context.

    The host then tries the message again, and after five times moves it to the poison queue.
    """
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
