"""REST clients as a school sets them: who they are, and which modules they may read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

from simulators.isams.keys import Throttle

DEMO_CLIENT_ID = "5eed0000-0000-4000-8000-0000000000c1"
DEMO_CLIENT_SECRET = "invented"
WRITE_CLIENT_ID = "5eed0000-0000-4000-8000-0000000000c2"
WRITE_CLIENT_SECRET = "invented-too"

STUDENTS = "STUDENTMANAGEMENT"
STAFF = "HRMANAGER"
SCHOOL = "SCHOOLMANAGEMENT"
TEACHING = "TEACHING"
ESTATES = "ESTATESMANAGER"
TIMETABLES = "TIMETABLEMANAGER"
MODULES = (
    "ADMISSIONSMANAGER", "CONTROLPANEL", ESTATES, STUDENTS, "PUPILREGISTERS",
    "SCHOOLREGISTRATION", "REWARDSMANAGER", STAFF, TEACHING, TIMETABLES, SCHOOL,
)  # fmt: skip

type Permission = Literal["none", "read", "full"]


def _all_read() -> Mapping[str, Permission]:
    return MappingProxyType(dict.fromkeys(MODULES, "read"))


@dataclass(frozen=True, slots=True, kw_only=True)
class RestClient:
    """A REST client. A module that *modules* leaves out is `none`.

    Its tokens live *token_lifetime_s* by the simulator's clock.
    """

    id: str = DEMO_CLIENT_ID
    secret: str = DEMO_CLIENT_SECRET
    modules: Mapping[str, Permission] = field(default_factory=_all_read)
    token_lifetime_s: int = 3600
    throttle: Throttle | None = None

    def may_read(self, module: str) -> bool:
        return self.modules.get(module, "none") != "none"

    def may_write(self, module: str) -> bool:
        return self.modules.get(module, "none") == "full"


def client_without(*modules: str) -> RestClient:
    """Return the demo client, forbidden these modules and allowed to read the others."""
    return RestClient(modules={m: "read" for m in MODULES if m not in modules})


def writing_client(*, token_lifetime_s: int = 3600) -> RestClient:
    """Return another client, which may write students and employees and read nothing else."""
    return RestClient(
        id=WRITE_CLIENT_ID,
        secret=WRITE_CLIENT_SECRET,
        modules={STUDENTS: "full", STAFF: "full"},
        token_lifetime_s=token_lifetime_s,
    )
