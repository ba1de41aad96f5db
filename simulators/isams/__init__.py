"""An iSAMS that answers as the real one does: the Batch API over an invented school.

It is the tests' oracle, so it is written from what is known about iSAMS and never from what our
client expects. Where nobody knows what iSAMS does, `Choices` says what this one does.

    simulator = IsamsSimulator(invent(300))
    client = httpx.Client(transport=httpx.WSGITransport(simulator))
    client.get(f"https://sim.example{BATCH}", params={"apiKey": DEMO_KEY})
"""

from simulators.isams.app import BATCH, DISCOVERY, TOKEN, IsamsSimulator, Seen
from simulators.isams.documents import METHODS, Shape, batch_xml
from simulators.isams.faults import FATAL, HARMLESS, DroppedError, Faults
from simulators.isams.keys import DEMO_KEY, BatchKey, Choices, Throttle
from simulators.isams.serving import demo, serve

__all__ = [
    "BATCH",
    "DEMO_KEY",
    "DISCOVERY",
    "FATAL",
    "HARMLESS",
    "METHODS",
    "TOKEN",
    "BatchKey",
    "Choices",
    "DroppedError",
    "Faults",
    "IsamsSimulator",
    "Seen",
    "Shape",
    "Throttle",
    "batch_xml",
    "demo",
    "serve",
]
