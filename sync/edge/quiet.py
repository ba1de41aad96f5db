"""Keeping other packages' loggers from saying what ours never would."""

from __future__ import annotations

import logging

# httpx and urllib3 log each request's URL at INFO and below, and iSAMS's holds the key.
QUIET = ("azure", "httpcore", "httpx", "msal", "urllib3")


def quieten() -> None:
    """Let the loggers of `QUIET` speak of warnings only, and azure-identity of errors only.

    The levels in host.json would come too late: they are the host's, which by then has been sent
    the line. At WARNING azure-identity quotes what the identity endpoint answered; what went wrong
    stands in our error.

    See docs/reference/functions.md#log-categories.
    """
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.getLogger("azure.identity").setLevel(logging.ERROR)
