"""What must never leave the app, and a watch over the whole suite that it does not (P13).

Every person of every invented school has a surname of one list, and an address made of it, so
the list stands for all of them. Secrets are known by their form as well: whatever looks like a
key in a URL, a token or a signature is one.
"""

from __future__ import annotations

import gzip
import importlib
import json
import logging
import re
import sys
from collections.abc import Generator, Iterator
from typing import override

import pytest

from simulators.invented.names import SURNAMES, plain
from simulators.isams import DEMO_KEY
from simulators.sds import Knobs
from sync.edge import quiet

NAMES = frozenset(
    form.lower()
    for name in SURNAMES
    for form in (name, plain(name), json.dumps(name)[1:-1], json.dumps(name.upper())[1:-1])
)
LITERALS = NAMES | {DEMO_KEY.lower(), Knobs().client_secret}
_NAME = re.compile("|".join(map(re.escape, sorted(LITERALS, key=len, reverse=True))))
_SECRET = re.compile(
    r"""
      eyJ[\w-]{10,}                     # a token: JSON in base64
    | \bsig=[\w%+/]                     # the signature of a SAS
    | \bapiKey=[^\s'"&<]                # iSAMS's key in a URL
    | \bBearer\ [\w.~+/-]{4}
    | \bAccountKey=[\w+/]{4}
    | -----BEGIN\ [A-Z ]*PRIVATE\ KEY
    """,
    re.VERBOSE | re.IGNORECASE,
)


def found_in(text: str) -> set[str]:
    """Return the canaries in *text*, in whatever case: names, addresses and secrets."""
    return set(_NAME.findall(text.lower())) | set(_SECRET.findall(text))


def text_of(body: bytes) -> str:
    """Return what a blob says, also one that is packed."""
    return (gzip.decompress(body) if body.startswith(b"\x1f\x8b") else body).decode()


class Watch(logging.Handler):
    """Hears every record of every logger, and reads what each test has printed.

    A test under which a canary got out fails, however well it went otherwise.
    """

    def __init__(self) -> None:
        super().__init__(logging.NOTSET)
        self.heard: list[str] = []

    @override
    def emit(self, record: logging.LogRecord) -> None:
        rest = [str(value) for value in record.__dict__.values()]
        if leaked := found_in("\n".join([self.format(record), *rest])):
            place = f"{record.pathname}:{record.lineno}"
            self.heard.append(f"logger {record.name} at {place}: {', '.join(sorted(leaked))}")

    def leaks(self, printed: str) -> Iterator[str]:
        """Yield what was heard since the last time, and what of *printed* is a canary."""
        heard, self.heard = self.heard, []
        yield from heard
        if leaked := found_in(printed):
            yield f"printed: {', '.join(sorted(leaked))}"

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self,
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        leaks = list(self.leaks(report.capstdout + report.capstderr))
        if leaks and report.passed:
            report.outcome = "failed"
            report.longrepr = "\n".join(["P13: a name or a secret has got out", *leaks])
        return report

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Fail the session over what was heard when no test was running."""
        for leak in self.heard:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
            sys.stderr.write(f"P13: outside of any test: {leak}\n")


def pytest_configure(config: pytest.Config) -> None:
    """Begin to listen. What the app keeps quiet in its host is quiet here too."""
    importlib.import_module("sync.web.handlers")  # which quiets them, as in the host
    if not all(logging.getLogger(name).level == logging.WARNING for name in quiet.QUIET):
        raise pytest.UsageError("sync.web.handlers must quiet the loggers that write URLs")
    watch = Watch()
    config.pluginmanager.register(watch, "canaries")
    root = logging.getLogger()
    root.addHandler(watch)
    root.setLevel(logging.DEBUG)
