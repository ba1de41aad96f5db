"""`ADDRESS_MATCH`: which attribute of a user in Entra holds which id of iSAMS.

Which it is differs by school, and there is none that could be guessed: docs/reference/sds.md#users
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, NamedTuple, override

from pydantic import BeforeValidator

from sync.settings.text import of_text, parts
from sync.texts import ADDRESS, folded

ATTRIBUTES = ("employeeId", *(f"extensionAttribute{number}" for number in range(1, 16)))
PUPIL_FIELDS = ("schoolCode", "schoolId")
STAFF_FIELDS = ("id",)


class AddressMatch(NamedTuple):
    """The attribute in Entra, and the field of iSAMS whose value it holds."""

    attribute: str
    field: str

    @override
    def __str__(self) -> str:
        """Return it as it stands in a setting: `employeeId:schoolCode`."""
        return f"{self.attribute}:{self.field}"


def _reader(fields: tuple[str, ...]) -> Callable[[object], object]:
    attributes = {folded(name): name for name in ATTRIBUTES}
    known = {folded(name): name for name in fields}

    @of_text
    def read(value: str) -> AddressMatch:
        attribute, _, field = (part.strip() for part in value.partition(":"))
        if folded(attribute) not in attributes or folded(field) not in known:
            raise ValueError(
                "expected employeeId or extensionAttribute1 to extensionAttribute15, a colon, and"
                f" {' or '.join(fields)}"
            )
        return AddressMatch(attributes[folded(attribute)], known[folded(field)])

    return read


@of_text
def domains(value: str) -> tuple[str, ...]:
    """Read what stands behind the @ of addresses, each once, in small letters."""
    found = tuple(dict.fromkeys(folded(part.removeprefix("@")) for part in parts(value)))
    if not all(ADDRESS.fullmatch(f"a@{domain}") for domain in found):
        raise ValueError("expected domains, such as northbank.example, with commas between them")
    return found


PupilMatch = Annotated[AddressMatch, BeforeValidator(_reader(PUPIL_FIELDS))]
StaffMatch = Annotated[AddressMatch, BeforeValidator(_reader(STAFF_FIELDS))]
Domains = Annotated[tuple[str, ...], BeforeValidator(domains)]
