"""School Data Sync as a sender meets it: Entra's login, Graph's industryData, the Data Lake.

A simulator written from the reference alone, so that it can contradict the client. A sender
finds its connector, opens an upload session, puts the files, validates (`graph`, `lake`); a run
then reads the whole set, drops faulty rows (`checks`), and marks whatever is missing inactive
(`runs`, `store`). `knobs` holds what is unknown about the real service, `faults` what goes wrong.
"""

from simulators.sds.app import SdsSimulator
from simulators.sds.checks import check_files
from simulators.sds.faults import Answer
from simulators.sds.knobs import SENDER_ROLES, Knobs, Location
from simulators.sds.store import Store, digest_of
from simulators.sds.tenant import Connector, Flow, RequestLine, Submission
from simulators.sds.verdict import Level, RowFault

__all__ = [
    "SENDER_ROLES",
    "Answer",
    "Connector",
    "Flow",
    "Knobs",
    "Level",
    "Location",
    "RequestLine",
    "RowFault",
    "SdsSimulator",
    "Store",
    "Submission",
    "check_files",
    "digest_of",
]
