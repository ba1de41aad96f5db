"""The Functions host around the real Python worker, for tests and the demo.

Real, because the library that Azure's own worker calls does it: finding the functions in
`function_app.py`, checking bindings against annotations, decoding and encoding every value,
the thread pool, the text of errors.

Modelled here, as the real host was seen to do it where that was tried, else from Microsoft's pages
(docs/reference/functions.md#how-sure): routes and keys, queue polling, dequeue counts, poison
queues, timers and their retries, `%NAME%`, `functionTimeout`, the host's own lines and `logLevel`.

Not covered: the seconds of a start (docs/reference/functions.md#start), when a schedule is due, the
timer's lock between instances (docs/reference/functions.md#timer-lock), scale-out, output bindings,
Easy Auth, HTTP's 230 seconds (docs/reference/functions.md#http-230s), and a new process in place of
a worker that was ended.
"""

from simulators.host.host import Host
from simulators.host.invocation import Invocation
from simulators.host.logs import LogLine
from simulators.host.routes import Keys
from simulators.host.running import RunningHost, running_host
from simulators.host.worker import HostError

__all__ = ["Host", "HostError", "Invocation", "Keys", "LogLine", "RunningHost", "running_host"]
