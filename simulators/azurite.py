"""Azurite, the storage emulator: real blobs and queues over loopback, gone when it stops.

Nothing is written to disk. It ends with the process that started it, however that one ends:
it watches its standard input, which the system closes when the starter is gone.
"""

from __future__ import annotations

import base64
import os
import re
import secrets
import subprocess
import tempfile
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from urllib.parse import quote

import dev
from simulators.certificate import write_self_signed

ACCOUNT = "invented"
SCRIPT = dev.AZURITE / "node_modules" / "azurite" / "dist" / "src" / "azurite.js"
START_S = 60.0  # it takes about 1; a machine that runs many tests at once may need more

_FLAGS = (
    "--inMemoryPersistence",
    "--skipApiVersionCheck",  # the SDKs ask for versions newer than it knows by name
    "--loose",
    "--silent",
    "--disableTelemetry",
    *("--blobPort", "0", "--queuePort", "0", "--tablePort", "0"),  # 0: any free one
)
_END_WITH_STDIN = "process.stdin.on('end', () => process.exit()).resume()"
_LISTENING = re.compile(r"Azurite (Blob|Queue|Table) service is successfully listening at (\S+)")


class AzuriteError(Exception):
    """It is not installed, or did not start; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Azurite:
    """Where a running Azurite answers.

    The URLs name the account and have no slash at the end. `certificate` is set over https
    alone: the file that clients must trust (`REQUESTS_CA_BUNDLE`, or `connection_verify=`).
    """

    blob_url: str
    queue_url: str
    connection: str
    certificate: Path | None = None


@contextmanager
def start(*, https: bool = False) -> Generator[Azurite]:
    """Run an empty Azurite on free ports until the block ends.

    With *https* it also accepts bearer tokens, whose claims it checks and whose signature
    it does not; `simulators.identity` hands out such tokens.
    """
    key = base64.b64encode(secrets.token_bytes(32)).decode("ascii")
    with tempfile.TemporaryDirectory(prefix="azurite-") as folder:
        certificate = Path(folder) / "certificate.pem" if https else None
        flags = [*_FLAGS, *(_tls_flags(certificate) if certificate else ())]
        with _process(flags, key, folder) as process:
            try:
                blob_url, queue_url = _await_services(process)
                yield Azurite(
                    blob_url, queue_url, _connection(key, blob_url, queue_url), certificate
                )
            finally:
                process.kill()  # there is nothing to put away


def _process(flags: list[str], key: str, folder: str) -> subprocess.Popen[str]:
    node = dev.installed_node()
    if node is None or not SCRIPT.exists():
        raise AzuriteError("the storage emulator is not installed: run python dev.py setup")
    preload = f"--import=data:text/javascript,{quote(_END_WITH_STDIN)}"
    return subprocess.Popen(  # noqa: S603 - the emulator that dev.py installed, with flags from here
        [node.node, preload, str(SCRIPT), *flags],
        cwd=folder,
        env={**os.environ, "AZURITE_ACCOUNTS": f"{ACCOUNT}:{key}"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def _await_services(process: subprocess.Popen[str]) -> tuple[str, str]:
    """Return the blob and the queue URL once all three services listen."""
    output = process.stdout
    if output is None:
        raise AssertionError("started with a pipe")
    said: list[str] = []
    found: dict[str, str] = {}
    give_up = threading.Timer(START_S, process.kill)
    give_up.start()
    for line in output:
        said.append(line)
        if match := _LISTENING.search(line):
            found[match[1]] = f"{match[2]}/{ACCOUNT}"
        if len(found) == 3:
            break
    give_up.cancel()
    if len(found) < 3:
        raise AzuriteError(f"the storage emulator did not start:\n{''.join(said)}")
    threading.Thread(target=_drain, args=(output,), daemon=True).start()
    return found["Blob"], found["Queue"]


def _drain(output: IO[str]) -> None:
    """Read on to the end: a full pipe would stop the emulator in the middle of an answer."""
    for _ in output:
        pass


def _tls_flags(certificate: Path) -> tuple[str, ...]:
    key_file = certificate.with_name("key.pem")
    write_self_signed(certificate, key_file)
    return ("--cert", str(certificate), "--key", str(key_file), "--oauth", "basic")


def _connection(key: str, blob_url: str, queue_url: str) -> str:
    return (
        f"DefaultEndpointsProtocol={blob_url.partition(':')[0]};AccountName={ACCOUNT};"
        f"AccountKey={key};BlobEndpoint={blob_url};QueueEndpoint={queue_url};"
    )
