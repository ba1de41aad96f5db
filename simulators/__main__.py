"""`python dev.py simulators isams|sds|all`: serve on loopback until Ctrl-C, to try the app."""

from __future__ import annotations

import argparse
import os
import sys
import threading
from collections.abc import Generator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime

from simulators import staging
from simulators.isams import BatchKey, IsamsSimulator, RestClient
from simulators.school import invent
from simulators.sds import Knobs, SdsSimulator
from simulators.sds.listening import listening
from simulators.serving import serve
from simulators.users import UserDirectory, members_of
from sync.terminal.stopping import unwritten

SHELLS = {"sh": "export {name}='{value}'", "powershell": "$env:{name} = '{value}'"}
RUN_S = 60.0  # SDS's own runs take hours: here, somebody is waiting
PERSON_S = 8 * 3600.0  # a token of Entra's ends within 90 minutes: here, somebody is learning


class _Options(argparse.Namespace):
    what: str
    shell: str
    api: staging.Api
    pupils: int
    seed: int
    port: int
    empty: bool


def main(words: Sequence[str], until: threading.Event) -> int:
    """Serve until *until* is set or Ctrl-C is pressed."""
    parser = _parser()
    options = parser.parse_args(words, _Options())
    if options.empty and options.what == "isams":
        parser.error("--empty speaks of SDS: take it with sds or all")
    try:
        with _serving(options) as settings:
            print("# Paste these settings into another terminal, then: isams-sync check")
            for name, value in settings.items():
                print(SHELLS[options.shell].format(name=name, value=value))
            print("# Serving on this machine alone. Ctrl-C ends it.", flush=True)
            while not until.wait(1.0):
                pass
    except KeyboardInterrupt:
        print()
    return 0


@contextmanager
def _serving(options: _Options) -> Generator[Mapping[str, str]]:
    """Yield the settings. With `all`, SDS is on the two ports after that of iSAMS.

    `GRAPH_TOKEN` among them is what a person brings to look at SDS's set-up, or to make it,
    and to list the tenant's users.
    """
    settings: dict[str, str] = {}
    what, port = options.what, options.port
    users = None
    with ExitStack() as stack:
        if what in {"isams", "all"}:
            school = invent(options.pupils, seed=options.seed)
            isams = IsamsSimulator(school, keys=[BatchKey(production=False), RestClient()])
            url = stack.enter_context(serve(isams, port))
            settings |= staging.isams_settings(school, url, options.api)
            if what == "all":
                users = UserDirectory(users=members_of(school))
                settings |= staging.address_settings(school)
        if what in {"sds", "all"}:
            sds = _sds(empty=options.empty)
            sds_port = port + 1 if port and what == "all" else port
            url = stack.enter_context(listening(sds, sds_port, users))
            settings |= staging.sds_settings(sds, url)
            settings["GRAPH_TOKEN"] = sds.person_token(lifetime_s=PERSON_S)
            if users:
                users.token = settings["GRAPH_TOKEN"]
        yield settings


def _sds(*, empty: bool) -> SdsSimulator:
    """Return a tenant as a sender wants it, or *empty*: switched on, and nothing made."""
    sds = SdsSimulator(clock=lambda: datetime.now(UTC), knobs=Knobs(run_duration_s=RUN_S))
    if empty:
        sds.connectors, sds.years, sds.flow_sets = (), (), ()
    return sds


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python dev.py simulators",
        description="Serve on this machine alone until Ctrl-C, for the app to be tried.",
    )
    parser.add_argument("what", choices=("isams", "sds", "all"))
    parser.add_argument(
        "--shell",
        choices=tuple(SHELLS),
        default="powershell" if os.name == "nt" else "sh",
        help="for which shell the settings are printed (here: %(default)s)",
    )
    parser.add_argument(
        "--api",
        choices=("batch", "rest"),
        default="batch",
        help="for which API of iSAMS the settings are printed (%(default)s)",
    )
    parser.add_argument("--pupils", type=_pupils, default=300, metavar="N", help="1 to 60000")
    parser.add_argument(
        "--seed", type=int, default=1, metavar="N", help="another seed, another school"
    )
    parser.add_argument(
        "--port",
        type=_port,
        default=0,
        metavar="P",
        help="1 to 65533, and the two after it; left out: any free ones",
    )
    parser.add_argument(
        "--empty",
        action="store_true",
        help="SDS with nothing made in it yet, to try its set-up by hand",
    )
    return parser


def _pupils(text: str) -> int:
    return _number(text, 60_000)


def _port(text: str) -> int:
    return _number(text, 65_533)  # SDS takes the two ports after it


def _number(text: str, most: int) -> int:
    if not (text.isdecimal() and 1 <= int(text) <= most):
        raise argparse.ArgumentTypeError(f"expected 1 to {most}")
    return int(text)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:], threading.Event()))
    except BrokenPipeError as error:  # whoever was reading has seen enough
        sys.exit(unwritten(error))
