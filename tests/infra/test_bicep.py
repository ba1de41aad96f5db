"""The Bicep files are Bicep, and hold nothing that this plan refuses.

Whether Azure knows every word of them is the compiler's to say: `test_predicted.py`.
"""

from __future__ import annotations

import pytest

from tests.infra.bicep import INFRA, File, load, parsed

TEXTS = load()

# Site settings that exist, but with which Azure refuses an app on Flex Consumption (error 51021).
NOT_ON_FLEX = {
    "alwaysOn",
    "ftpsState",
    "functionAppScaleLimit",
    "functionsRuntimeScaleMonitoringEnabled",
    "linuxFxVersion",
    "netFrameworkVersion",
    "preWarmedInstanceCount",
    "use32BitWorkerProcess",
    "windowsFxVersion",
}


def files(name: str = "", old: str = "", new: str = "") -> dict[str, File]:
    """Return every file, with *old* made *new* in the one called *name*."""
    if name:
        assert TEXTS[name].count(old) == 1, f"{old!r} is not just once in {name}"
    return {
        file: parsed(file, text.replace(old, new) if file == name else text)
        for file, text in TEXTS.items()
    }


@pytest.mark.parametrize("name", TEXTS)
def test_every_file_is_bicep(name: str) -> None:
    """No part of any file is beyond the grammar, so what is read from it is what it says."""
    assert not parsed(name, TEXTS[name]).root.has_error


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("main.bicep", "targetScope = 'subscription'", "targetScope = "),
        ("vault.bicep", "family: 'A'", "family: 'A"),
        ("app.bicep", "reserved: true // Linux\n  }", "reserved: true // Linux"),
        ("main.bicepparam", "ID: '9990001'", "ID '9990001'"),
    ],
)
def test_what_is_no_bicep_is_noticed(name: str, old: str, new: str) -> None:
    """A mark that was forgotten is not read over."""
    assert files(name, old, new)[name].root.has_error


def test_the_app_has_no_setting_that_its_plan_refuses() -> None:
    """Azure's models know them, as other plans have them; here the deployment would end on one."""
    config = (
        parsed("app.bicep", TEXTS["app.bicep"]).of("resource")["app"].at("properties.siteConfig")
    )

    assert isinstance(config, dict)
    assert not NOT_ON_FLEX & config.keys()


def test_there_is_no_second_copy_to_forget() -> None:
    """No template that a person would have to keep in step with the Bicep files."""
    assert not list(INFRA.rglob("azuredeploy*.json"))
