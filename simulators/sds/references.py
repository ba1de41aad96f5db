"""The lists of words that SDS starts with, and the two role groups (reference §2.4, §4.1).

The names of `RefYear` and `RefSectionRole` are inferred from those that Graph's pages give; which
years there are is not known.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from simulators.sds.formats import CLASS_ROLES, FORMATS, GRADES, ORG_TYPES, ROLES, STAFF_ROLES
from simulators.sds.objects import Reference

ROLE_GROUPS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "staff": ("Staff", tuple(STAFF_ROLES.values())),
    "students": ("Students", ("student",)),
}


def _of(kind: str, codes: Iterable[str]) -> tuple[Reference, ...]:
    return tuple(
        Reference(kind=kind, code=code, sort_index=10 * number)
        for number, code in enumerate(codes, 1)
    )


REFERENCES = (
    *_of("RefFileFormat", sorted(FORMATS)),
    *_of("RefGradeLevel", GRADES.values()),
    *_of("RefIdentifierType", ("activeDirectory", "email", "username")),
    *_of("RefOrgType", ORG_TYPES.values()),
    *_of("RefRole", ROLES.values()),
    *_of("RefSectionRole", CLASS_ROLES.values()),
    *_of("RefUserMatchTarget", ("mail", "userPrincipalName")),
    *_of("RefYear", map(str, range(2015, 2041))),
)
