"""Every setting: what it is called, what it may hold, what it is when left out.

This is the one declaration. `docs/settings.md`, `local.settings.sample.json` and the app settings
in `infra/` are tested against it. `sync.environment` turns app settings into it; nothing else in
the package reads an environment variable.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import time
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    StringConstraints,
    ValidationInfo,
    field_validator,
    model_validator,
)

from sync import setting_text as text

Years = Annotated[frozenset[int], BeforeValidator(text.years)]
Words = Annotated[tuple[str, ...], BeforeValidator(text.words)]
Times = Annotated[tuple[time, ...], BeforeValidator(text.times)]
Zone = Annotated[ZoneInfo, BeforeValidator(text.zone)]
Host = Annotated[str, BeforeValidator(text.host)]
ServiceUrl = Annotated[str, BeforeValidator(text.service_url)]
Grades = Annotated[Mapping[int, str], BeforeValidator(text.grades)]
SchoolKey = Annotated[str, BeforeValidator(text.key)]
Title = Annotated[str, BeforeValidator(text.title_template)]
OrgId = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9.-]{0,19}$")]
Suffix = Annotated[str, StringConstraints(strip_whitespace=False, max_length=40)]
Flag = Annotated[bool, BeforeValidator(text.flag)]
Whole = Annotated[int, BeforeValidator(text.whole)]
Percent = Annotated[Whole, Field(ge=0, le=50)]
Rows = Annotated[Whole, Field(ge=0, le=1000)]


PLACES = ("folder", "account_url", "connection")  # of `StorageSettings`: exactly one is set


_NEEDED = {"batch": ("isams_key",), "rest": ("isams_client_secret", "isams_client_id")}


class _Group(BaseModel):
    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        hide_input_in_errors=True,
        arbitrary_types_allowed=True,
        str_strip_whitespace=True,
    )


class SchoolSettings(_Group):
    """`SCHOOLS__<key>__…`: one school and the way to its iSAMS."""

    name: str = Field(
        min_length=1,
        max_length=120,
        description="The school's name, as SDS shall show it.",
        examples=["Northbank School"],
    )
    id: OrgId = Field(
        description="The school's own number, such as its DfE number: up to 20 letters, digits,"
        " dots and hyphens. Part of every id in SDS: never change it.",
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
    time_zone: Zone = Field(
        default=ZoneInfo("Europe/London"),
        description="The school's time zone: PULL_AT and the academic year follow it.",
        examples=["Europe/London"],
    )
    pull_at: Times = Field(
        default=(time(22, 0),),
        description="When to read iSAMS, in school time; several times by commas.",
        examples=["22:00"],
    )
    school_year: Whole | None = Field(
        default=None,
        ge=2000,
        le=2100,
        description="The calendar year in which the academic year began. Left out, it turns on"
        " 1 September.",
        examples=["2026"],
    )

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

    @model_validator(mode="after")
    def _client_is_whole(self) -> SchoolSettings:
        if self.isams_client_id and not self.isams_client_secret:
            names = ("isams_client_id",), ("isams_client_secret",)
            raise text.Contradiction((names, "give both, or the secret alone"))
        return self


class ProfileSettings(_Group):
    """`PROFILES__<key>__…`: which part of a school goes to SDS, and how its classes look."""

    school: SchoolKey | None = Field(
        default=None,
        description="The key of the school; needed only where there are several.",
        examples=["northbank"],
    )
    connector: str | None = Field(
        default=None,
        min_length=1,
        description="The SDS connector, by name or id, if it is not SDS__CONNECTOR.",
        examples=["iSAMS nightly"],
    )
    year_groups: Years = Field(
        default=frozenset(range(14)),
        description="NC years, from -2 to 17: pupils and sets of these years belong to the"
        " profile.",
        examples=["7-13"],
    )
    included_subjects: Words = Field(
        default=(),
        description="Only sets of these subjects, by id or code.",
        examples=["21,Ma"],
    )
    excluded_subjects: Words = Field(
        default=(),
        description="No sets of these subjects, by id or code. Not together with"
        " INCLUDED_SUBJECTS.",
        examples=["21,Ga"],
    )
    class_title: Title = Field(
        default="{set_code}{suffix}",
        description="How a class is called: "
        + ", ".join(f"{{{name}}}" for name in text.TITLE_FIELDS)
        + ". At least one of the first four.",
        examples=["{set_code}{suffix}"],
    )
    suffix: Suffix = Field(
        default="",
        description="Put where CLASS_TITLE says {suffix}, with the blanks that you type.",
        examples=[" 2026-27"],
    )
    extra_teachers: Words = Field(
        default=(),
        description="Addresses that teach every class: * and ? match staff in iSAMS; a full address"
        " that iSAMS does not know is a service account.",
        examples=["head@northbank.example,svc-*@northbank.example"],
    )
    keep_without_teacher: Flag = Field(
        default=False,
        description="Keep sets that have no teacher. Their Team has no owner.",
        examples=["false"],
    )
    id_style: Literal["year", "legacy"] = Field(
        default="year",
        description="`year`: ids carry the school and, for classes, the academic year. `legacy`:"
        " ids as the 2020 script wrote them.",
        examples=["year"],
    )
    names: Flag = Field(
        default=False,
        description="Send forenames and surnames. Only where SDS creates the users.",
        examples=["false"],
    )
    grades: Grades = Field(
        default={},
        description="SDS grade codes for NC years, where the built-in ones do not suit.",
        examples=["-1=PK,14=14"],
    )

    @model_validator(mode="after")
    def _one_way_to_choose_subjects(self) -> ProfileSettings:
        if self.included_subjects and self.excluded_subjects:
            names = ("included_subjects",), ("excluded_subjects",)
            raise text.Contradiction((names, "give one of them, not both"))
        return self


class Limits(_Group):
    """`SDS__LIMITS__…`: how much a delivery may differ from the last accepted one.

    A table may lose as many rows as the larger of the percentage and the number of rows says.
    """

    removed_percent: Percent = Field(
        default=10, description="Rows that a table may lose, in percent.", examples=["10"]
    )
    removed_rows: Rows = Field(
        default=10,
        description="Rows that a table may lose, whatever the percentage.",
        examples=["10"],
    )
    enrollments_removed_percent: Percent = Field(
        default=20, description="The same for enrollments, in percent.", examples=["20"]
    )
    users_added_percent: Percent = Field(
        default=25, description="Users that may be new, in percent.", examples=["25"]
    )
    users_added_rows: Rows = Field(
        default=25, description="Users that may be new, whatever the percentage.", examples=["25"]
    )


class SdsSettings(_Group):
    """`SDS__…`: the connector, and how we sign in to Microsoft Graph."""

    connector: str | None = Field(
        default=None,
        min_length=1,
        description="The SDS connector, by name or id, for every profile without its own.",
        examples=["iSAMS nightly"],
    )
    start_run: Flag = Field(
        default=False,
        description="Ask SDS to run at once. Needs IndustryData-Run.Start; left out, SDS runs on"
        " its own, twice a day.",
        examples=["false"],
    )
    hold_first: Flag = Field(
        default=True,
        description="Hold the first delivery of a connector for a person to approve.",
        examples=["true"],
    )
    limits: Limits = Limits()
    tenant_id: str | None = Field(
        default=None,
        pattern=r"^[A-Za-z0-9.-]+$",
        description="The tenant of SDS, by id or domain. Left out, the app's own managed identity"
        " is used.",
        examples=["11111111-1111-1111-1111-111111111111"],
    )
    client_id: str | None = Field(
        default=None,
        description="The app registration in that tenant. Without secret or certificate: federated"
        " with the managed identity.",
        examples=["22222222-2222-2222-2222-222222222222"],
    )
    client_secret: SecretStr | None = Field(
        default=None,
        description="Its secret. A Key Vault reference.",
        examples=["invented-client-secret"],
    )
    certificate: SecretStr | None = Field(
        default=None,
        description="Its certificate with private key, as PEM text. A Key Vault reference.",
        examples=["@Microsoft.KeyVault(VaultName=invented;SecretName=sds-certificate)"],
    )
    graph_url: ServiceUrl = Field(
        default="https://graph.microsoft.com",
        description="Where Microsoft Graph is. Change it only to try the simulator.",
        examples=["https://graph.microsoft.com"],
    )
    login_url: ServiceUrl = Field(
        default="https://login.microsoftonline.com",
        description="Where tokens come from. Change it only to try the simulator.",
        examples=["https://login.microsoftonline.com"],
    )

    @model_validator(mode="after")
    def _one_way_to_sign_in(self) -> SdsSettings:
        faults: list[text.Fault] = []
        proofs = ("client_secret",), ("certificate",)
        if self.client_secret and self.certificate:
            faults.append((proofs, "give one of them, not both"))
        if (self.client_secret or self.certificate) and not self.client_id:
            given = tuple(name for name in proofs if getattr(self, name[0]))
            faults.append(((*given, ("client_id",)), "a secret or certificate needs its client id"))
        if bool(self.client_id) != bool(self.tenant_id):
            faults.append(((("client_id",), ("tenant_id",)), "give both or neither"))
        if faults:
            raise text.Contradiction(*faults)
        return self


class StorageSettings(_Group):
    """`STORAGE__…`: where rosters are kept. Exactly one of the three."""

    folder: str | None = Field(
        default=None,
        min_length=1,
        description="A folder on this machine, private to its user. Not on Azure. `.rosters` if"
        " nothing else is set under STORAGE__.",
        examples=[".rosters"],
    )
    account_url: ServiceUrl | None = Field(
        default=None,
        description="The blob endpoint of the rosters' account, reached by managed identity.",
        examples=["https://rosters.blob.core.example"],
    )
    connection: SecretStr | None = Field(
        default=None,
        description="A connection string. For development only.",
        examples=["UseDevelopmentStorage=true"],
    )
    container: str = Field(
        default="rosters",
        min_length=3,
        max_length=63,
        pattern=r"^[a-z0-9](?:-?[a-z0-9])+$",
        description="The container in that account: small letters, digits and single hyphens.",
        examples=["rosters"],
    )

    @model_validator(mode="after")
    def _one_place(self) -> StorageSettings:
        if sum(bool(getattr(self, name)) for name in PLACES) != 1:
            names = tuple((name,) for name in PLACES)
            raise text.Contradiction((names, "give exactly one of them"))
        return self


class HostStorage(_Group):
    """`AzureWebJobsStorage`, the Functions host's own account: the queues live there."""

    connection: SecretStr | None = Field(
        default=None,
        description="The host's storage account as a connection string. For development; on Azure"
        " take one of the next two.",
        examples=["UseDevelopmentStorage=true"],
    )
    queue_url: ServiceUrl | None = Field(
        default=None,
        description="The queue endpoint of the host's account, reached by managed identity.",
        examples=["https://host.queue.core.example"],
    )


class Settings(_Group):
    """All of one run's settings, read once and frozen."""

    schools: Mapping[str, SchoolSettings] = Field(min_length=1)
    profiles: Mapping[str, ProfileSettings] = Field(min_length=1)
    sds: SdsSettings
    storage: StorageSettings
    host: HostStorage = HostStorage()

    @model_validator(mode="after")
    def _profiles_fit_their_schools(self) -> Settings:
        faults = [fault for key in sorted(self.profiles) for fault in self._misfits(key)]
        seen: dict[str, str] = {}
        for key, school in self.schools.items():
            # SDS would take two spellings for two ids; a person would take them for one.
            first = seen.setdefault(school.id.casefold(), key)
            if first != key:
                names = ("schools", first, "id"), ("schools", key, "id")
                faults.append((names, "two schools may not have the same number"))
        if faults:
            raise text.Contradiction(*faults)
        return self

    def _misfits(self, key: str) -> Iterator[text.Fault]:
        profile, school = self.profiles[key], ("profiles", key, "school")
        if profile.school is None and len(self.schools) > 1:
            yield (school,), f"there are several schools: expected one of {_listed(self.schools)}"
        if profile.school is not None and profile.school not in self.schools:
            yield (school,), f"not one of the schools: expected {_listed(self.schools)}"
        if not (profile.connector or self.sds.connector):
            names = ("profiles", key, "connector"), ("sds", "connector")
            yield names, "give one of them"
        for other in sorted(self.profiles):
            if other < key and self._clash(key, other):
                styles = ("profiles", other, "id_style"), ("profiles", key, "id_style")
                yield styles, "profiles of one school on one connector need the same ID_STYLE"

    def _clash(self, key: str, other: str) -> bool:
        """Say whether one person would go to one connector under two ids."""
        one, two = self.profiles[key], self.profiles[other]
        connector = self.sds.connector
        same = one.school == two.school and (one.connector or connector) == (
            two.connector or connector
        )
        return same and one.id_style != two.id_style

    def school_of(self, profile: str) -> str:
        """Return the key of the school that *profile* selects from."""
        return self.profiles[profile].school or next(iter(self.schools))

    def profiles_of(self, school: str) -> tuple[str, ...]:
        """Return the keys of the profiles of *school*, sorted."""
        return tuple(key for key in sorted(self.profiles) if self.school_of(key) == school)

    def connector_of(self, profile: str) -> str:
        """Return the connector, by name or id, that *profile* is delivered to."""
        return self.profiles[profile].connector or self.sds.connector or ""

    def connectors(self) -> dict[str, tuple[str, ...]]:
        """Return each connector's profiles, both sorted."""
        names = sorted({self.connector_of(profile) for profile in self.profiles})
        return {
            name: tuple(key for key in sorted(self.profiles) if self.connector_of(key) == name)
            for name in names
        }


def _listed(keys: Iterable[str]) -> str:
    return " or ".join(sorted(keys))
