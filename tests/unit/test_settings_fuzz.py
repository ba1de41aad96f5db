"""Any environment is read whole, or refused with a line for each fault."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync.errors import ConfigError
from sync.settings import load as environment
from sync.settings import names
from tests.unit.app_settings import ANY_JSON, ANY_TEXT, BASE, CANARY, PARTS, REFERENCE

HEADS = st.sampled_from(
    ["SCHOOLS", "PROFILES", "SDS", "STORAGE", "SCHOOL", "sds", "PROFILE", "X", "DEFAULTS"]
)


MARKS = st.sampled_from(["__", "__", "__", "_", ":", ""])


NAMES = (
    st.tuples(HEADS, MARKS, PARTS | ANY_TEXT, MARKS, PARTS | ANY_TEXT).map("".join)
    | st.sampled_from(sorted({names.written(path) for path in names.DECLARED})).flatmap(
        lambda name: st.sampled_from(["NORTHBANK", "a"]).map(lambda k: name.replace("<key>", k))
    )
    | st.tuples(st.sampled_from(["SCHOOL", "PROFILE", "X"]), PARTS).map(
        lambda parts: "__".join(("DEFAULTS", *parts))
    )
    | st.sampled_from([*names.HOST, *names.JSON.values(), "WEBSITE_SITE_NAME"])
    | ANY_TEXT
)


VALUES = (
    ANY_TEXT
    | ANY_JSON
    | st.sampled_from(
        [
            "7-13",
            "true",
            "10",
            "22:00",
            "https://a.example",
            REFERENCE,
            "@Microsoft.AppConfiguration(a)",
        ]
    )
)


SECRETS = [
    names.written(path).replace("<key>", "NORTHBANK")
    for path, field in names.DECLARED.items()
    if names.is_secret(field)
] + ["AzureWebJobsStorage", "DEFAULTS__SCHOOL__ISAMS_KEY"]


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(NAMES, VALUES, max_size=8), st.sets(st.sampled_from(SECRETS)))
@pytest.mark.parametrize("base", [{}, BASE], ids=["nothing else", "a working set"])
def test_any_environment_gives_settings_or_a_refusal(
    base: dict[str, str], env: dict[str, str], secret: set[str]
) -> None:
    """Whatever the names and texts: `Settings` or `ConfigError`, and no secret in its text."""
    try:
        shown = repr(environment.load(base | env | dict.fromkeys(secret, CANARY)))
    except ConfigError as refused:
        shown = str(refused)

    assert shown.strip()
    assert CANARY not in shown
    assert shown.encode("utf-8")  # half a character would break the log
