"""`python dev.py demo [--azure | --page] [--pupils N]`: the whole story, against the simulators."""

from __future__ import annotations

import argparse
import sys

from simulators.demo.story import demo
from simulators.demo.telling import Teller
from sync.edge.quiet import quieten
from sync.terminal.stopping import INTERRUPTED, unwritten

FEWEST, MOST = 200, 20_000  # fewer have no room for what the story does


def main(words: list[str]) -> int:
    """Run the demo; 0 if everything was as expected."""
    parser = argparse.ArgumentParser(
        prog="python dev.py demo",
        description="Run the app against an invented iSAMS and SDS on this machine.",
    )
    way = parser.add_mutually_exclusive_group()
    way.add_argument(
        "--page",
        action="store_true",
        help="leave the page open at the end, on what is held then, until Ctrl-C",
    )
    way.add_argument(
        "--azure",
        action="store_true",
        help="as on Azure: in a Functions host, over HTTP, on emulated storage; waits are real",
    )
    parser.add_argument(
        "--pupils",
        type=_pupils,
        default=300,
        metavar="N",
        help=f"how many pupils, {FEWEST} to {MOST}; left out: %(default)s",
    )
    options = parser.parse_args(words)
    quieten()
    if options.azure:
        from simulators.demo.azure import demo as azure_demo

        return azure_demo(options.pupils, Teller())
    return demo(options.pupils, Teller(), page=options.page)


def _pupils(text: str) -> int:
    if not (text.isdecimal() and FEWEST <= int(text) <= MOST):
        raise argparse.ArgumentTypeError(f"expected {FEWEST} to {MOST}")
    return int(text)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except BrokenPipeError as error:  # whoever was reading has seen enough
        sys.exit(unwritten(error))
