"""School Data Sync as a sender meets it: Entra's login, Graph's industryData, the Data Lake.

A simulator written from the reference alone, so that it can contradict the client. A sender
finds its connector, opens an upload session, puts the files (`graph`, `lake`), validates and asks
what became of it (`operations`, `outcome`), on Graph or at SDS's own host. A run then reads the
whole set, drops faulty rows (`checks`), and marks whatever is missing inactive (`runs`, `store`).
How SDS is set up is read (`setup`, `outbound`) and made (`making`) out of `objects`, `references`.
`facts` is the project's own table of what Graph's metadata says, `neighbour` another source in
the tenant, `listening` serves it all on loopback. `knobs` holds what is unknown about the real
service, `faults` what goes wrong.
"""

from simulators.sds.app import SdsSimulator
from simulators.sds.checks import check_files
from simulators.sds.faults import MOVED, SIGN_IN_PAGE, Answer
from simulators.sds.knobs import (
    SENDER_ROLES,
    SETUP_READ_ROLES,
    SETUP_ROLES,
    SETUP_WRITE_ROLES,
    Activities,
    Body,
    Given,
    Knobs,
    Location,
    Names,
)
from simulators.sds.neighbour import NEIGHBOUR, neighbour_files
from simulators.sds.objects import (
    AdministrativeUnits,
    ClassGroups,
    Connector,
    Flow,
    FlowSet,
    Matching,
    Reference,
    SecurityGroups,
    Source,
    Users,
    Year,
)
from simulators.sds.references import REFERENCES
from simulators.sds.store import Store, digest_of
from simulators.sds.tenant import RequestLine, Submission
from simulators.sds.verdict import Level, RowFault

__all__ = [
    "MOVED",
    "NEIGHBOUR",
    "REFERENCES",
    "SENDER_ROLES",
    "SETUP_READ_ROLES",
    "SETUP_ROLES",
    "SETUP_WRITE_ROLES",
    "SIGN_IN_PAGE",
    "Activities",
    "AdministrativeUnits",
    "Answer",
    "Body",
    "ClassGroups",
    "Connector",
    "Flow",
    "FlowSet",
    "Given",
    "Knobs",
    "Level",
    "Location",
    "Matching",
    "Names",
    "Reference",
    "RequestLine",
    "RowFault",
    "SdsSimulator",
    "SecurityGroups",
    "Source",
    "Store",
    "Submission",
    "Users",
    "Year",
    "check_files",
    "digest_of",
    "neighbour_files",
]
