"""What Graph's education view tells us, as frozen values; see `sync.edge.graph.education`."""

from __future__ import annotations

from typing import NamedTuple

HOLDER = "the identity in SDS__READ_BACK_CLIENT_ID"
# docs/reference/sds.md#read-back
READS_CLASSES = "EduRoster.Read.All"
# Without it Graph leaves out the members of every class of SDS's, and refuses nothing:
# docs/reference/sds.md#hidden-members
READS_MEMBERS = "Member.Read.Hidden"
READS_ACCOUNTS = "User.Read.All"  # optional: docs/reference/sds.md#accounts
NEEDED_ROLES = (READS_CLASSES, READS_MEMBERS)


class ClassSeen(NamedTuple):
    """A class as Graph has it, of whatever source. Texts are "" where Graph has none."""

    id: str
    external_id: str
    nickname: str
    name: str


class PersonSeen(NamedTuple):
    """Somebody in a class: user name and mail as Entra has them, "" for none."""

    id: str
    user_name: str
    mail: str


class ClassPeople(NamedTuple):
    """Who is in a class. Members hold the teachers as well."""

    members: tuple[PersonSeen, ...]
    teachers: tuple[PersonSeen, ...]
