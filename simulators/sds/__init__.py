"""School Data Sync as a sender meets it: Entra's login, Graph's industryData, the Data Lake.

A simulator written from the reference alone, so that it can contradict the client. A sender
finds its connector, opens an upload session, puts the files (`graph`, `lake`), validates and asks
what became of it (`operations`, `outcome`), on Graph or at SDS's own host. A run then reads the
whole set, drops faulty rows (`checks`), and marks whatever is missing inactive (`runs`, `store`).
How SDS is set up is read (`setup`, `outbound`) and made (`making`) out of `objects`, `references`.
What a run took arrives in Entra (`classrooms`), and Graph shows it there (`education`).
`facts` is the project's own table of what Graph's metadata says, `neighbour` another source in
the tenant, `listening` serves it all on loopback. `knobs` holds what is unknown about the real
service, `faults` what goes wrong.
"""

from simulators.sds.app import SdsSimulator
from simulators.sds.checks import check_files
from simulators.sds.classrooms import Account, Classroom
from simulators.sds.education import Education, education_of
from simulators.sds.faults import MOVED, SIGN_IN_PAGE, Answer
from simulators.sds.knobs import (
    READER_ROLES,
    SENDER_ROLES,
    SETUP_READ_ROLES,
    SETUP_ROLES,
    SETUP_WRITE_ROLES,
    Activities,
    Body,
    EducationKnobs,
    ExternalId,
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
    "READER_ROLES",
    "REFERENCES",
    "SENDER_ROLES",
    "SETUP_READ_ROLES",
    "SETUP_ROLES",
    "SETUP_WRITE_ROLES",
    "SIGN_IN_PAGE",
    "Account",
    "Activities",
    "AdministrativeUnits",
    "Answer",
    "Body",
    "ClassGroups",
    "Classroom",
    "Connector",
    "Education",
    "EducationKnobs",
    "ExternalId",
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
    "education_of",
    "neighbour_files",
]
