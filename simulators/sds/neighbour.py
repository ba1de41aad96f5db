"""Another source of the tenant: a school that somebody else sends, beside the one under test."""

from __future__ import annotations

from simulators.sds.objects import Connector
from simulators.sds.tenant import Files

NEIGHBOUR = Connector(id="0b1f8a52-0000-4000-8000-0000000000c9", name="Sixth form feed")


def neighbour_files(pupils: int = 40) -> Files:
    """Return a sound set of *pupils* and one teacher in one class, whom no other set has."""
    people = [f"n{number}" for number in range(pupils)]
    return {
        "orgs.csv": _lines("sourcedId,name,type", "n-org,Oakmere College,school"),
        "users.csv": _lines(
            "sourcedId,username", *(f"{p},{p}@oakmere.example" for p in ("n-t", *people))
        ),
        "roles.csv": _lines(
            "userSourcedId,orgSourcedId,role",
            "n-t,n-org,teacher",
            *(f"{p},n-org,student" for p in people),
        ),
        "classes.csv": _lines("sourcedId,orgSourcedId,title", "n-c,n-org,Tutor group"),
        "enrollments.csv": _lines(
            "classSourcedId,userSourcedId,role",
            "n-c,n-t,teacher",
            *(f"n-c,{p},student" for p in people),
        ),
    }


def _lines(*rows: str) -> bytes:
    return "".join(f"{row}\r\n" for row in rows).encode()
