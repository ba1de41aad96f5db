"""A secret is never shown, wherever it stands; a key that was pasted wrongly is named as that."""

from __future__ import annotations

import pytest

from sync.errors import ConfigError
from sync.settings import names
from sync.settings.names import Path
from tests.unit.app_settings import load, only, refusal

# As iSAMS and Entra give them; invented.
KEYS = (
    "3f2b8a1c9d4e4f60a1b2c3d4e5f60718",
    "0f8Q~abcDEF.ghi_123-xyz",
    "12345678-ab12",
    "invented-client-secret",
)

SECRET_IN_NAME = "5eed0000-0000-4000-8000-00000000beef"


@pytest.mark.parametrize("path", names.DECLARED, ids=names.written)
@pytest.mark.parametrize("key", KEYS[:3])
def test_a_key_under_any_name_is_not_shown(path: Path, key: str) -> None:
    """Who pastes a key into the wrong line of the portal does not find it in the log."""
    block = "NORTHBANK" if path[0] == "schools" else "SENIORS"
    name = names.written(path).replace(names.KEY, block)
    for value in (key, f"{key} ", f"{key},{key}"):
        said = ""
        try:
            load({name: value})
        except ConfigError as error:
            said = str(error)

        assert key not in said


@pytest.mark.parametrize("name", ["SDS__TENANT_ID", "SCHOOLS__NORTHBANK__ISAMS_HOST"])
def test_a_word_in_a_text_may_be_a_secret(name: str) -> None:
    """Beside the lines for secrets nothing tells a text from one, so its length is shown."""
    lines = refusal({name: f"{KEYS[3]}!"})

    assert f"{name}: got a value of 23 characters;" in lines[0]
    assert KEYS[3] not in "".join(lines)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PROFILES__SENIORS__CLASSES", "sets,clubs"),
        ("PROFILES__SENIORS__YEAR_GROUPS", "R,1-6"),
        ("SCHOOLS__NORTHBANK__TIME_ZONE", "Europe/Lundon"),
        ("PROFILES__SENIORS__PUPILS_FROM", "2027-02-30"),
        ("PROFILES__SENIORS__FORM_TITLE", "{name} {tutor}"),
    ],
)
def test_what_can_be_no_secret_is_shown(name: str, value: str) -> None:
    """A mistyped word is found sooner if it is seen."""
    assert f"{name}: got {value!r};" in only({name: value})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SCHOOLS__NORTHBANK__ISAMS_KEY", f'"{KEYS[0]}"'),
        ("SCHOOLS__NORTHBANK__ISAMS_KEY", f" '{KEYS[0]}' "),
        ("SCHOOLS__NORTHBANK__ISAMS_KEY", f'{KEYS[0]}"'),  # half of them went with the command
        ("SCHOOLS__NORTHBANK__ISAMS_KEY", f"\u201c{KEYS[0]}\u201d"),
        ("SDS__CONNECTOR", '"iSAMS nightly"'),
        ("SCHOOLS__NORTHBANK__NAME", "'Northbank School'"),
        ("PROFILES__SENIORS__YEAR_GROUPS", '"7-13"'),
    ],
)
def test_quotation_marks_that_were_pasted_are_named_as_that(name: str, value: str) -> None:
    """A key is looked at in iSAMS, which refuses it: nobody looks at its ends."""
    assert only({name: value}) == (
        f"{name}: has quotation marks around it, as in a command: take them away"
    )


def test_an_apostrophe_in_a_text_is_no_fault() -> None:
    """A suffix may begin with one."""
    read = load({"PROFILES__SENIORS__SUFFIX": " '27"})

    assert read.profiles["seniors"].suffix == "'27"


@pytest.mark.parametrize(
    "name",
    [
        f"SDS__CLIENT_SECRET={SECRET_IN_NAME}",
        f"PROFILES__{SECRET_IN_NAME}__SUFFIX",
        f"SDS__{SECRET_IN_NAME}",
    ],
)
def test_a_secret_that_was_typed_as_a_name_is_not_shown(name: str) -> None:
    """A key and its value changed places, or an equals sign stands in the name."""
    told = "\n".join(refusal({name: "x"}))

    assert SECRET_IN_NAME not in told
    assert "characters)" in told
