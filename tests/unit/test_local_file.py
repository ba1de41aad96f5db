"""local.settings.json: what the environment does not say, the file does."""

from __future__ import annotations

import json
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync.errors import ConfigError
from sync.settings.load import load
from sync.settings.local_file import with_local_file
from tests.unit.app_settings import ANY_JSON, ANY_TEXT


def local_file(values: object, **more: object) -> str:
    return json.dumps({"Values": values, **more})


def test_the_environment_wins_over_the_file() -> None:
    """A name that the environment sets, in any case, is not taken from the file; a blank is."""
    text = local_file({"SDS__CONNECTOR": "file", "A": "file", "B": "file"})

    merged = with_local_file({"sds__connector": "env", "A": " ", "C": "env"}, text)

    assert merged == ({"sds__connector": "env", "A": "file", "B": "file", "C": "env"}, [])


def test_without_a_file_the_environment_stands_alone() -> None:
    """On Azure there is no such file."""
    assert with_local_file({"A": "env"}, None) == ({"A": "env"}, [])


def test_the_mark_that_windows_puts_before_a_text_is_no_fault() -> None:
    """Notepad saves with a byte order mark."""
    assert with_local_file({}, "\ufeff" + local_file({"A": "x"})) == ({"A": "x"}, [])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "there is nothing in it"),
        ('{"Values": {"A": "x",}}', "character 21: a comma after the last entry"),
        ("9" * 5_000, "is not JSON that can be read"),
        ("[]", "expected a JSON object"),
        ("{}", 'expected an object "Values"'),
        (local_file([]), 'expected an object "Values"'),
        (local_file({"A": 7}), "A: expected a text in quotation marks"),
        (local_file({"A": None}), "A: expected a text in quotation marks"),
        ('{"Values": {"A": "x", "a": "y"}}', "a: the same name twice"),
        (local_file({}, IsEncrypted=True), "is encrypted"),
    ],
)
def test_a_broken_file_is_named(text: str, expected: str) -> None:
    """The message names the file, and shows none of its values."""
    with pytest.raises(ConfigError, match=f"^local.settings.json[:,] .*{expected}"):
        load({}, local=text)


@settings(deadline=None)
@given(ANY_TEXT | ANY_JSON, st.dictionaries(ANY_TEXT, ANY_TEXT, max_size=3))
def test_any_file_gives_names_or_a_refusal(text: str, env: dict[str, str]) -> None:
    """Whatever the file holds: a mapping of texts or `ConfigError`."""
    for body in (text, f'{{"Values": {text}}}'):
        with suppress(ConfigError):
            merged, _ = with_local_file(env, body)
            assert all(isinstance(value, str) for value in merged.values())
