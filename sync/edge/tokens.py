"""Keeping a token while it lives, whoever issues it: iSAMS's sign-in or Microsoft's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock

from pydantic import SecretStr

from sync.edge.clock import Clock


@dataclass(frozen=True, slots=True)
class Issued:
    """A token, and the moment (UTC) from which it is worthless."""

    token: SecretStr
    expires_at: datetime


class TokenKeeper[**Need]:
    """Keeps what *obtain* gave until *early_s* before its end; safe to share between threads.

    *obtain* is called with whatever `token` is given, and what it raises passes. By the wall clock,
    as tokens live by it: a stopwatch stands still while a machine sleeps.
    """

    def __init__(self, obtain: Callable[Need, Issued], clock: Clock, *, early_s: float) -> None:
        self._obtain = obtain
        self._clock = clock
        self._early = timedelta(seconds=early_s)
        self._lock = Lock()
        self._kept: Issued | None = None

    def token(self, *args: Need.args, **kwargs: Need.kwargs) -> SecretStr:
        """Return a token that lasts *early_s* yet, unless it was issued for less."""
        with self._lock:
            if self._kept is None or self._clock.now() >= self._kept.expires_at - self._early:
                self._kept = self._obtain(*args, **kwargs)
            return self._kept.token

    def forget(self, token: SecretStr) -> None:
        """Ask for a new token next time, if *token* was refused and is still what is kept.

        Several answers may refuse the same token: the first to say so renews it for all.
        """
        with self._lock:
            if self._kept is not None and self._kept.token == token:
                self._kept = None
