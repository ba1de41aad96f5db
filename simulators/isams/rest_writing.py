"""Writing by REST: the records as PUT leaves them, and all that may go wrong on the way.

Written from docs/reference/isams.md#put-replaces and what stands around it. Nobody has published
what PUT does, so `semantics` says it; each trouble is known from somewhere, or feared.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from simulators.isams.faults import DroppedError
from simulators.isams.rest_index import Row

type RecordKind = Literal["students", "employees"]
type Semantics = Literal["replaces", "merges"]

ADDRESS = "schoolEmailAddress"
# docs/reference/isams.md#put-student
STUDENT_TAKES = (
    "academicHouse", "birthCounty", "birthplace", "boardingHouse", "boardingStatus", "dob",
    "enrolmentDate", "enrolmentTerm", "enrolmentYear", "ethnicity", "forename", "formGroup",
    "fullName", "futureSchoolId", "gender", "initials", "labelSalutation", "languages",
    "leavingDate", "leavingReason", "leavingYearGroup", "letterSalutation", "middlenames",
    "mobileNumber", "nationalities", "officialName", "personalEmailAddress", "preferredName",
    "previousName", "religion", "residentCountry", "schoolCode", "schoolEmailAddress", "surname",
    "title", "tutorEmployeeId", "uniquePupilNumber", "yearGroup",
)  # fmt: skip
# Not public: docs/reference/isams.md#put-employee. What a client puts back, without ids.
EMPLOYEE_TAKES = (
    "dateOfBirth", "enrolmentDate", "forename", "gender", "isPartTime", "isTeachingStaff",
    "leavingDate", "middleNames", "nationalities", "personalAddress1", "personalAddress2",
    "personalAddress3", "personalCountry", "personalCounty", "personalEmailAddress",
    "personalMobileNumber", "personalPostcode", "personalTelephoneNumber", "personalTown",
    "preferredName", "previousFamilyNames", "schoolEmailAddress", "schoolInitials",
    "schoolMobileNumber", "schoolTelephoneNumber", "surname", "title",
)  # fmt: skip
TAKES: Mapping[RecordKind, tuple[str, ...]] = {
    "students": STUDENT_TAKES,
    "employees": EMPLOYEE_TAKES,
}
NEEDS: Mapping[RecordKind, tuple[str, ...]] = {
    "students": ("forename", "surname", "dob", "yearGroup"),
    "employees": ("title", "schoolInitials", "forename", "surname"),
}
HIDDEN = "kept from GET"  # the value of a field that GET hides

type Answer = tuple[int, Row | str]
"""Status, and an object or the text of a web page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteTrouble:
    """What goes wrong with writing; the default nothing.

    `only` are the records (by id) that it strikes, none named is all. `no_effect`: 200, and
    nothing is done. `hides` are fields that PUT takes and GET never shows. `nulls` are fields that
    GET shows as null to the clients `blind`. `refuses_unknown`: members that PUT does not take are
    a 400. `refuses_own`: a field whose value is judged, and refused although iSAMS gave it.
    `derives`: a field that a PUT changes beside. `stale_s`: GET shows what was so long ago.
    `between` is what another writer does just before a PUT is carried out. `gone`: the record is a
    former pupil's by then. `status` answers instead of doing anything, `page` with a web page.
    `ends_token`: the token is worthless by then. `lost`: it is done, and the answer never comes.
    """

    only: Collection[str] = ()
    no_effect: bool = False
    hides: Collection[str] = ()
    nulls: Collection[str] = ()
    blind: Collection[str] = ()
    refuses_unknown: bool = False
    refuses_own: str = ""
    derives: str = ""
    stale_s: float = 0.0
    between: Mapping[str, object] = field(default_factory=dict)
    gone: bool = False
    status: int = 0
    page: bool = False
    ends_token: bool = False
    lost: bool = False

    def strikes(self, record_id: str) -> bool:
        return not self.only or record_id in self.only


@dataclass(slots=True)
class _Held:
    """A record as it was at each moment, the last as it is now; `row` None is a former one's."""

    versions: list[tuple[datetime, Row | None]]

    @property
    def now(self) -> Row | None:
        return self.versions[-1][1]

    def at(self, moment: datetime) -> Row | None:
        earlier = [row for at, row in self.versions if at <= moment]
        return earlier[-1] if earlier else self.versions[0][1]


class WritingDesk:
    """The records that may be written. Each is taken from the school when it is first asked for.

    `puts` are all PUTs that reached a record, by kind and id. `record` is what a record truly is,
    with what GET hides.
    """

    def __init__(
        self,
        clock: Callable[[], datetime],
        semantics: Semantics = "replaces",
        trouble: WriteTrouble | None = None,
        takes: Mapping[RecordKind, tuple[str, ...]] = TAKES,
    ) -> None:
        self.semantics = semantics
        self.trouble = trouble or WriteTrouble()
        self.takes = dict(takes)
        self.puts: list[tuple[RecordKind, str]] = []
        self._clock = clock
        self._held: dict[tuple[RecordKind, str], _Held] = {}
        self._changes = 0

    def add(self, kind: RecordKind, record_id: str, row: Row) -> None:
        """Take a record, unless it is here; fields that GET hides get a value of their own."""
        hidden = dict.fromkeys(self.trouble.hides, HIDDEN)
        first = (self._clock(), {**deepcopy(row), **hidden})
        self._held.setdefault((kind, record_id), _Held([first]))

    def record(self, kind: RecordKind, record_id: str) -> Row | None:
        """Return what is truly held, None for a former one's."""
        return self._held[kind, record_id].now

    def shown(self, kind: RecordKind, record_id: str, client: str = "") -> Row | None:
        """Return what GET shows to *client*; None is 404."""
        held = self._held[kind, record_id]
        row = held.at(self._clock() - timedelta(seconds=self.trouble.stale_s))
        if row is None:
            return None
        told = {name: deepcopy(value) for name, value in row.items() if name not in self._hidden()}
        if client in self.trouble.blind:
            told |= {name: None for name in self.trouble.nulls if name in told}
        return told

    def edit(self, kind: RecordKind, record_id: str, changes: Mapping[str, object]) -> None:
        """Change a record as a person at iSAMS's screens does."""
        row = self._held[kind, record_id].now
        if row is not None:
            self._keep(kind, record_id, {**row, **changes})

    def move_to_former(self, kind: RecordKind, record_id: str) -> None:
        """Have the record be no current one's any more."""
        self._held[kind, record_id].versions.append((self._clock(), None))

    def put(self, kind: RecordKind, record_id: str, body: Mapping[str, object]) -> Answer:
        """Carry out a PUT; raises `DroppedError` where its answer is lost."""
        trouble = self.trouble if self.trouble.strikes(record_id) else WriteTrouble()
        self.puts.append((kind, record_id))
        if trouble.between:
            self.edit(kind, record_id, trouble.between)
        if trouble.gone:
            self.move_to_former(kind, record_id)
        if trouble.status:
            return trouble.status, {"message": "The simulator will not"}
        if self._held[kind, record_id].now is None:
            return 404, {"message": "Not found"}
        if refusal := self._refusal(kind, body, trouble):
            return refusal
        if not trouble.no_effect:
            self._write(kind, record_id, body, trouble)
        if trouble.lost:
            raise DroppedError("the connection was closed without an answer")
        if trouble.page:
            return 200, "<!DOCTYPE html><html><body>Please sign in</body></html>"
        return 200, {"id": record_id}

    def _hidden(self) -> Collection[str]:
        return self.trouble.hides

    def _refusal(
        self, kind: RecordKind, body: Mapping[str, object], trouble: WriteTrouble
    ) -> Answer | None:
        # docs/reference/isams.md#put-refuses
        if body.get("nationalities") == [""]:
            return 422, {"message": "'' is not a known nationality"}
        if missing := [name for name in NEEDS[kind] if not body.get(name) and body.get(name) != 0]:
            return 400, {"message": f"The {missing[0]} field is required."}
        if trouble.refuses_unknown and (more := set(body) - set(self.takes[kind])):
            return 400, {"message": f"Could not find member '{min(more)}'"}
        own = trouble.refuses_own
        if own and body.get(own):
            return 422, {"message": f"'{body[own]}' is not a known value", "modelState": {own: []}}
        return None

    def _write(
        self, kind: RecordKind, record_id: str, body: Mapping[str, object], trouble: WriteTrouble
    ) -> None:
        row = dict(self._held[kind, record_id].now or {})
        for name in (*self.takes[kind], *trouble.hides):
            if name in body:
                row[name] = deepcopy(body[name])
            elif self.semantics == "replaces":
                row[name] = None
        if trouble.derives:
            row[trouble.derives] = "derived"
        self._keep(kind, record_id, row)

    def _keep(self, kind: RecordKind, record_id: str, row: Row) -> None:
        self._changes += 1
        if "lastUpdated" in row:
            row["lastUpdated"] = f"2026-09-14T21:00:00.{self._changes:07}"
        self._held[kind, record_id].versions.append((self._clock(), row))


def swagger(
    version: Literal["2.0", "3.0"],
    students: Collection[str],
    employees: Collection[str] = (),
    takes: Mapping[RecordKind, tuple[str, ...]] = TAKES,
) -> str:
    """Return the document of an iSAMS that shows these fields, and takes those.

    Written as Swashbuckle writes it: schemas by `$ref`, and a circle deep inside, where a contact
    refers to its student.
    """
    shown: Mapping[RecordKind, Collection[str]] = {"students": students, "employees": employees}
    schemas = {
        "Contact": {"type": "object", "properties": {"student": _ref("StudentsShown", version)}},
        **{f"{kind.title()}Shown": _schema(names, version) for kind, names in shown.items()},
        **{f"{kind.title()}Taken": _schema(takes[kind], version) for kind in shown},
    }
    paths = {
        _PATHS[kind]: {
            "get": {"responses": {"200": _content(f"{kind.title()}Shown", version)}},
            "put": _taking(f"{kind.title()}Taken", version)
            | {"responses": {"200": {"description": "OK"}}},
        }
        for kind, names in shown.items()
        if names
    }
    if version == "2.0":
        return json.dumps(
            {"swagger": "2.0", "basePath": "/", "paths": paths, "definitions": schemas}
        )
    return json.dumps({"openapi": "3.0.1", "paths": paths, "components": {"schemas": schemas}})


_PATHS: Mapping[RecordKind, str] = {
    "students": "/api/students/{schoolId}",
    "employees": "/api/humanresources/employees/{id}",
}


def _ref(name: str, version: str) -> Row:
    place = "definitions" if version == "2.0" else "components/schemas"
    return {"$ref": f"#/{place}/{name}"}


def _schema(names: Collection[str], version: str) -> Row:
    properties: Row = {name: {"type": "string"} for name in names}
    if "homeAddresses" in properties:
        properties["homeAddresses"] = {"type": "array", "items": _ref("Contact", version)}
    return {"type": "object", "properties": properties}


def _content(name: str, version: str) -> Row:
    if version == "2.0":
        return {"description": "OK", "schema": _ref(name, version)}
    return {"description": "OK", "content": {"application/json": {"schema": _ref(name, version)}}}


def _taking(name: str, version: str) -> Row:
    if version == "2.0":
        body = {"name": "model", "in": "body", "required": True, "schema": _ref(name, version)}
        return {"parameters": [{"name": "id", "in": "path", "type": "string"}, body]}
    return {"requestBody": {"content": {"application/json": {"schema": _ref(name, version)}}}}
