"""Where the Functions host comes in: every step is logged, and what it needs is loaded when called.

Nothing leaves here unlogged, and nothing that nobody foresaw leaves with its text: the host would
write it to Application Insights, and it may quote a record.

Each function imports its step itself. The host loads this app to list its functions, and on Flex
Consumption gives each but those of HTTP instances of their own
(docs/reference/functions.md#per-function): one that pulls never sends. An import that fails, as
where a package is missing, is told as it is: it quotes nobody.
"""

from __future__ import annotations

from collections.abc import Callable, Container

from sync.edge.quiet import quieten
from sync.edge.storage.queues import ABOUT, Queue, named_in
from sync.errors import SyncError, concerning
from sync.report import Outcome, Step, unexpected
from sync.web.exchange import Request, Response
from sync.web.logs import in_invocation, tell

quieten()


def on_timer(invocation: str) -> None:
    """Tick."""
    from sync.steps.tick import tick
    from sync.web.opening import world

    _guarded(lambda: tick(world()), invocation)


def on_pull(message: bytes, invocation: str) -> None:
    """Pull the school that *message* names."""
    from sync.steps.pull import pull
    from sync.web.opening import world

    def work() -> None:
        _about("pull", message, world().settings.schools, lambda key: pull(world(), key))

    _guarded(work, invocation)


def on_send(message: bytes, invocation: str) -> None:
    """Move the delivery of the connector that *message* names."""
    from sync.steps.send import send
    from sync.web.opening import world

    def work() -> None:
        _about("send", message, world().settings.connectors(), lambda key: send(world(), key))

    _guarded(work, invocation)


def on_read_back(message: bytes, invocation: str) -> None:
    """Read back what reached Teams of the connector that *message* names, if that is on."""
    from sync.steps.landed.look import read_back
    from sync.web.opening import world

    def work() -> None:
        known = world().settings.connectors() if world().settings.sds.read_back else ()
        _about("read-back", message, known, lambda key: read_back(world(), key))

    _guarded(work, invocation)


def on_request(function: str, request: Request) -> Response:
    """Respond to *request* of a route's *function*, if its caller has the roles for it."""
    from sync.web.requests import respond

    with in_invocation():
        return respond(function, request)


def on_page(request: Request) -> Response:
    """Respond to *request* of the page, if the platform has signed its visitor in."""
    from sync.web.page.platform import respond

    with in_invocation():
        return respond(request)


def _about(
    queue: Queue, message: bytes, known: Container[str], work: Callable[[str], object]
) -> None:
    """Do *work* for the school or connector that *message* names.

    One that settings do not know is dropped, and told: either settings named it before, or another
    app's message came to us. Put back, the former would go round for ever; the other app's next
    tick says the latter again.

    See docs/reference/functions.md#useless-messages, #shared-account.
    """
    name = named_in(queue, message)
    if name in known:
        with concerning(**{ABOUT[queue]: name}):
            work(name)
    else:
        tell(Step("message", Outcome.FOREIGN, facts={"unknown": ABOUT[queue]}))


def _guarded(work: Callable[[], object], invocation: str = "") -> None:
    """Run *work*. What goes wrong is logged, and raised anew without its text and context.

    The host then tries the message again, and after five times moves it to the poison queue.

    See docs/reference/functions.md#poison.
    """
    with in_invocation(invocation):
        try:
            work()
        except SyncError as foreseen:
            error = foreseen
        except Exception as unforeseen:  # noqa: BLE001  # its text may quote a record
            error = unexpected(unforeseen)
        else:
            return
        tell(Step("function", Outcome.FAILED, error=error))
    raise error from None
