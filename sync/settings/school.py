"""`SCHOOLS__<key>__…`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import time
from typing import ClassVar, Literal
from zoneinfo import ZoneInfo

from pydantic import Field, SecretStr, ValidationInfo, field_validator, model_validator

from sync.settings import text
from sync.settings.address_match import Domains, PupilMatch, StaffMatch
from sync.settings.export_kinds import LESSON_COLUMNS, LESSON_HEADER, Datasets, LessonHeader
from sync.settings.limits import SchoolLimits
from sync.settings.types import (
    Authority,
    Block,
    Host,
    Hour,
    OrgId,
    SchoolYear,
    ShownName,
    Times,
    YearStarts,
    Zone,
)

_NEEDED = {"batch": ("isams_key",), "rest": ("isams_client_secret", "isams_client_id")}


class SchoolSettings(Block):
    """`SCHOOLS__<key>__…`: a school and the way to its iSAMS."""

    RIVALS: ClassVar[Mapping[tuple[str, str], str]] = {
        ("school_year", "year_starts"): (
            "give one of them: each says when the academic year turns"
        ),
    }
    OWN: ClassVar[Mapping[str, str]] = {
        "write_client_id": "each school has its own, as it has its secret",
        "isams_client_id": "each school has its own, as it has its secret",
        "isams_ca": "an authority is trusted for the iSAMS of one school alone",
    }

    name: ShownName = Field(
        min_length=1,
        max_length=120,
        description="The school's name, as SDS shall show it.",
        examples=["Northbank School"],
    )
    id: OrgId = Field(
        description="The school's own number, such as its DfE number: up to 20 letters, digits,"
        " hyphens, and dots one by one but not at the end. Part of every id in SDS: never change"
        " it.",
        examples=["9990001"],
    )
    isams_host: Host = Field(
        description="The host of iSAMS, without https://.",
        examples=["northbank.isams.example"],
    )
    isams_api: Literal["batch", "rest"] = Field(
        default="batch",
        description="Which API of iSAMS to read: `batch` needs ISAMS_KEY, `rest` needs"
        " ISAMS_CLIENT_ID and ISAMS_CLIENT_SECRET.",
        examples=["batch"],
    )
    isams_key: SecretStr | None = Field(
        default=None,
        validate_default=True,
        min_length=8,
        description="The Batch API key, from API Services Manager: required unless ISAMS_API is"
        " rest. On Azure a Key Vault reference.",
        examples=["00000000-0000-0000-0000-000000000000"],
    )
    isams_client_secret: SecretStr | None = Field(
        default=None,
        validate_default=True,
        description="The client secret: of the REST client, or of the key where iSAMS asks for"
        " OAuth as well. On Azure a Key Vault reference.",
        examples=["invented-client-secret"],
    )
    isams_client_id: str | None = Field(
        default=None,
        validate_default=True,
        description="The client id: of the REST client, or of the key's OAuth client if it is not"
        " the key itself.",
        examples=["00000000-0000-0000-0000-000000000000"],
    )
    isams_ca: Authority | None = Field(
        default=None,
        description="The certificate of the school's own authority, as PEM text, where that has"
        " signed the certificate of a self-hosted iSAMS. Trusted for this school's ISAMS_HOST"
        " alone, beside the public authorities; several may follow each other.",
        examples=["-----BEGIN CERTIFICATE----- … -----END CERTIFICATE-----"],
    )
    time_zone: Zone = Field(
        default=ZoneInfo("Europe/London"),
        description="The school's time zone, by its city: PULL_AT and the academic year follow it."
        " GMT and the like are taken, and told: they have no summer time.",
        examples=["Europe/London"],
    )
    pull_at: Times = Field(
        default=(time(22, 0),),
        description="When to read iSAMS, in school time; several times by commas.",
        examples=["22:00"],
    )
    retry_until: Hour = Field(
        default=time(6, 0),
        description="Until when, in school time, a reading at PULL_AT that failed is tried again:"
        " up to eight times, with growing pauses, and never past the next PULL_AT. A reading that"
        " a person asked for does not go by it.",
        examples=["06:00"],
    )
    school_year: SchoolYear | None = Field(
        default=None,
        description="The calendar year in which the academic year began; or `terms`, to go by"
        " iSAMS's School Terms. Left out, it turns on YEAR_STARTS.",
        examples=["2026"],
    )
    year_starts: YearStarts | None = Field(
        default=None,
        description="The month and day on which every academic year starts, such as 01-28 in"
        " Australia: then all classes get other Teams. Left out, 09-01. Not beside SCHOOL_YEAR.",
        examples=["08-15"],
    )
    datasets: Datasets = Field(
        default=(),
        description="Which of the school's records each pull also keeps as CSV files beside its"
        " marks, for as long as rosters are kept: `all`, or names from docs/datasets.md by commas."
        " They name people. Left out, none.",
        examples=["subjects,rooms,timetable"],
    )
    timetable_header: LessonHeader = Field(
        default=LESSON_HEADER,
        description="The columns of timetable.csv, in order, each with the heading that it shall"
        " have if that is another: " + ", ".join(f"`{column}`" for column in LESSON_COLUMNS) + ".",
        examples=["code=SetCode,teacher=Teacher,period=PeriodId,room=Room"],
    )

    address_match: PupilMatch | None = Field(
        default=None,
        description="For `addresses pupils`: which attribute of a user in Entra holds which id of"
        " a pupil in iSAMS, as exact text. employeeId or extensionAttribute1 to 15, a colon, and"
        " schoolCode (the admission number) or schoolId. Nothing is guessed if it is left out.",
        examples=["employeeId:schoolCode"],
    )
    address_match_staff: StaffMatch | None = Field(
        default=None,
        description="The same for `addresses staff`: the attribute, a colon, and id.",
        examples=["employeeId:id"],
    )
    address_domains: Domains = Field(
        default=(),
        description="In which domains an address may be that `addresses` proposes, by commas.",
        examples=["northbank.example"],
    )
    write_client_id: str | None = Field(
        default=None,
        min_length=1,
        description="The id of a second REST client, which may write: for `addresses learn`,"
        " `plan`, `write`, `undo`. In the environment of the machine where they are typed: never on"
        " Azure, nor in local.settings.json. Never the client that reads.",
        examples=["00000000-0000-0000-0000-000000000001"],
    )
    write_client_secret: SecretStr | None = Field(
        default=None,
        min_length=1,
        description="Its secret. In the environment as well, and gone when the window is closed.",
        examples=["invented-secret-of-the-writer"],
    )

    limits: SchoolLimits = SchoolLimits()

    @field_validator("isams_key", "isams_client_secret", "isams_client_id")
    @classmethod
    def _api_has_its_keys[Value](cls, value: Value | None, info: ValidationInfo) -> Value | None:
        # Here rather than once all is read, so that it is told together with what else is missing.
        if value is None and info.field_name in _NEEDED.get(info.data.get("isams_api", ""), ()):
            raise ValueError("is needed for this ISAMS_API")
        return value

    @property
    def batch_key(self) -> str:
        """The Batch API key, "" where the school has none."""
        return self.isams_key.get_secret_value() if self.isams_key else ""

    @property
    def source(self) -> tuple[str, str]:
        """Which records of which iSAMS are read: the host, and the key or client that asks.

        Both are guids, which may be written in braces, without hyphens, or in capitals.
        """
        rest = self.isams_api == "rest"
        asks = self.isams_client_id or "" if rest else self.batch_key
        return self.isams_host.removesuffix(":443"), f"{self.isams_api} {_plain(asks)}"

    def writes_as(self, other: SchoolSettings) -> bool:
        """Say whether the client that may write here is the one by which *other* is read."""
        reads, writes = other.isams_client_id, self.write_client_id
        return bool(reads and writes) and _plain(reads or "") == _plain(writes or "")

    @property
    def isams_url(self) -> str:
        """Where iSAMS answers, without a path; http only for the simulator on this machine."""
        host = self.isams_host
        return host if host.startswith("http://") else f"https://{host}"

    @property
    def year_turns(self) -> text.MonthDay:
        """The month and day on which the academic year turns, if SCHOOL_YEAR does not say it."""
        return self.year_starts or text.SEPTEMBER

    @model_validator(mode="after")
    def _go_together(self) -> SchoolSettings:
        faults = self.rivals()
        if self.isams_client_id and not self.isams_client_secret:
            names = ("isams_client_id",), ("isams_client_secret",)
            faults.append((names, "give both, or the secret alone"))
        if bool(self.write_client_id) != bool(self.write_client_secret):
            faults.append(((("write_client_id",), ("write_client_secret",)), "give both"))
        if faults:
            raise text.Contradiction(*faults)
        return self


def _plain(guid: str) -> str:
    """Return a guid as it can be compared, however it is written."""
    return "".join(filter(str.isalnum, guid.lower()))
