"""Where rosters and queues are kept, as settings say it."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from sync.settings import StorageSettings
from tests.unit.app_settings import AZURE, load, only


def test_rosters_lie_in_a_folder_unless_told_otherwise() -> None:
    """On somebody's own machine the app works without an account."""
    assert load().storage.folder == ".rosters"
    assert load({"STORAGE__CONNECTION": "UseDevelopmentStorage=true"}).storage.folder is None


@pytest.mark.parametrize("sign", ["WEBSITE_SITE_NAME", "Website_Instance_Id"])
def test_on_azure_rosters_never_lie_in_a_folder(sign: str) -> None:
    """There a folder would be lost with the machine, and with it what was delivered last."""
    assert only({sign: "x"}).startswith("STORAGE__ACCOUNT_URL: is not set; on Azure give")
    assert "STORAGE__ACCOUNT_URL" in only({sign: "x", "STORAGE__CONTAINER": "rosters"})
    assert only({sign: "x", "STORAGE__FOLDER": "y"}).startswith(
        "STORAGE__FOLDER: a folder is lost with the machine: take it out, and on Azure give"
    )
    assert load(AZURE, {sign: "x"}).storage.account_url == "https://a.example"


@pytest.mark.parametrize(
    ("more", "connection", "queue_url"),
    [
        ({}, None, None),
        ({"AzureWebJobsStorage": "UseDevelopmentStorage=true"}, "UseDevelopmentStorage=true", None),
        (
            {"AZUREWEBJOBSSTORAGE__ACCOUNTNAME": "host1"},
            None,
            "https://host1.queue.core.windows.net",
        ),
        ({"AzureWebJobsStorage__queueServiceUri": "https://q.example/"}, None, "https://q.example"),
        (
            {
                "AzureWebJobsStorage__accountName": "host1",
                "AzureWebJobsStorage__queueServiceUri": "https://q.example",
            },
            None,
            "https://q.example",
        ),
        ({"AzureWebJobsStorage": "x=y", "AzureWebJobsStorage__accountName": "host1"}, "x=y", None),
    ],
)
def test_the_queues_are_where_the_host_has_its_own(
    more: dict[str, str], connection: str | None, queue_url: str | None
) -> None:
    """A connection string beats an endpoint, an endpoint beats an account's name."""
    host = load(more).host

    assert (host.connection.get_secret_value() if host.connection else None) == connection
    assert host.queue_url == queue_url


def test_an_account_that_cannot_be_one_is_refused() -> None:
    """The name becomes part of a host name."""
    line = only({"AzureWebJobsStorage__accountName": "a.example/x"})

    assert line == (
        "AzureWebJobsStorage__accountName: got 'a.example/x'; expected a storage account:"
        " 3 to 24 small letters and digits. Example: northbankhost"
    )


@pytest.mark.parametrize("name", ["abc", "a-b", "rosters", "2026-a-b", "a" * 63])
def test_a_name_that_storage_takes_is_taken(name: str) -> None:
    """3 to 63 small letters, digits and single hyphens, as Azure Storage demands."""
    assert StorageSettings(folder="x", container=name).container == name


@pytest.mark.parametrize("name", ["ab", "a" * 64, "a--b", "-ab", "ab-", "Abc", "a_b", "abc\n\n."])
def test_a_name_that_storage_would_refuse_is_refused(name: str) -> None:
    """The container is not the place to learn that at the first run."""
    with pytest.raises(ValidationError, match="container"):
        StorageSettings(folder="x", container=name)
