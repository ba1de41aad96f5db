"""An iSAMS that answers as the real iSAMS does: Batch and REST over an invented school.

It is the tests' oracle, so it is written from what is known about iSAMS and never from what our
client expects. Where nobody knows what iSAMS does, `Choices` and `RestChoices` say what this
simulator does.

    simulator = IsamsSimulator(invent(300))
    client = httpx.Client(transport=httpx.WSGITransport(simulator))
    client.get(f"https://sim.example{BATCH}", params={"apiKey": DEMO_KEY})
"""

from simulators.isams.app import BATCH, DISCOVERY, TOKEN, IsamsSimulator, Seen
from simulators.isams.documents import METHODS, Shape, batch_xml
from simulators.isams.faults import FATAL, HARMLESS, DroppedError, Faults
from simulators.isams.keys import DEMO_KEY, BatchKey, Choices, Throttle
from simulators.isams.rest_choices import (
    FORM_SPELLINGS,
    ROOM_SPELLINGS,
    SET_SPELLINGS,
    RestChoices,
)
from simulators.isams.rest_clients import (
    DEMO_CLIENT_ID,
    DEMO_CLIENT_SECRET,
    RestClient,
    client_without,
    writing_client,
)
from simulators.isams.rest_faults import REST_FATAL, REST_HARMLESS, RestFaults
from simulators.isams.rest_writing import WriteTrouble, WritingDesk, swagger

__all__ = [
    "BATCH",
    "DEMO_CLIENT_ID",
    "DEMO_CLIENT_SECRET",
    "DEMO_KEY",
    "DISCOVERY",
    "FATAL",
    "FORM_SPELLINGS",
    "HARMLESS",
    "METHODS",
    "REST_FATAL",
    "REST_HARMLESS",
    "ROOM_SPELLINGS",
    "SET_SPELLINGS",
    "TOKEN",
    "BatchKey",
    "Choices",
    "DroppedError",
    "Faults",
    "IsamsSimulator",
    "RestChoices",
    "RestClient",
    "RestFaults",
    "Seen",
    "Shape",
    "Throttle",
    "WriteTrouble",
    "WritingDesk",
    "batch_xml",
    "client_without",
    "swagger",
    "writing_client",
]
