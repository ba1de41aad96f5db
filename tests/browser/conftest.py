"""The browser that tests of pages share, and the judge that looks with it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

import dev
from tests.browser import chromium
from tests.browser.chromium import Browser
from tests.browser.looks import Judge


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One browser for the whole session, or for each xdist worker."""
    program = dev.installed_browser()
    if program is None:
        pytest.skip(chromium.MISSING)
    with chromium.opened(program) as running:
        yield running


@pytest.fixture(scope="session")
def judge(browser: Browser) -> Judge:
    """Judges screens; `python -m tests.browser pictures FOLDER` has it leave pictures of them."""
    folder = os.environ.get("PICTURES")
    return Judge(browser, Path(folder) if folder else None)
