"""Every way a run can end badly, and who must act.

    SyncError
    ├── ConfigError              operator: correct a setting                    never retried
    ├── SourceError              iSAMS
    │   ├── SourceUnavailable        nobody: try again later                    retried
    │   ├── SourceUnreachable        operator: correct host or port             retried
    │   ├── SourceRefused            school: renew the key, tick a method       never retried
    │   ├── SourceIncomplete         school: a dataset is missing or empty      never retried
    │   ├── SourceIllegible          school: a record holds what XML forbids    never retried
    │   └── SourceMalformed          developer: the answer broke the contract   never retried
    ├── RosterInvalid            developer: we built what SDS would refuse      never retried
    ├── MergeConflict            operator: two profiles contradict each other   never retried
    ├── PlanOutdated             nobody: the next pull compares anew            never retried
    ├── AnswerRefused            caller: this delivery cannot be answered       never retried
    ├── AnswerInexact            caller: the answer does not say what it is for never retried
    ├── AnswerOutdated           caller: the answer is for something else       never retried
    ├── WordRefused              caller: a Team cannot be given so              never retried
    ├── AddressRefused           caller: addresses cannot be written so         never retried
    ├── RequestRefused           caller: the page cannot read what was sent     never retried
    ├── CallerRefused            operator: give the caller the app's role       never retried
    ├── UnexpectedError          developer: a fault of ours that nobody foresaw never retried
    ├── StoreError               blob storage
    │   ├── StoreUnavailable         nobody: try again later                    retried
    │   ├── StoreUnreachable         operator: correct host or port             retried
    │   ├── StoreRefused             operator: give the identity its role       never retried
    │   ├── StoreMissing             operator: a blob that must be there is gone never retried
    │   └── StoreConflict            developer: other bytes under a sealed name never retried
    └── TargetError              SDS through Microsoft Graph
        ├── TargetUnavailable        nobody: try again later                    retried
        ├── TargetUnreachable        operator: correct host or port             retried
        ├── TargetRefused            operator: grant the role, mend the flow    never retried
        ├── TargetRejected           school: SDS found faults in the files      never retried
        └── TargetMalformed          developer: the answer broke the contract   never retried

Messages reach logs, status answers and e-mail. They carry counts, file names, host and port of a
setting, the names of settings, methods and permissions; and never the name or address of a person,
a key, a token or a URL.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import ClassVar


class SyncError(Exception):
    """Base of everything this package raises; not raised itself.

    Args:
        message: what happened and what to do next, in words an administrator knows.
        facts: numbers, setting names, file names, iSAMS or SDS error codes.
    """

    retry: ClassVar[bool] = False
    who: ClassVar[str] = ""

    def __init__(self, message: str, **facts: int | str) -> None:
        if not self.who:
            raise TypeError("raise a subclass that says who must act")
        super().__init__(message)
        self.facts = facts

    def concerns(self, **whom: str) -> None:
        """Tell, as facts, what this is about; what it tells of itself stays.

        *whom* are `school`, `profile`, `connector` or `delivery`, by key, name or id.
        """
        self.facts = {**whom, **self.facts}

    @property
    def code(self) -> str:
        """The class name: what logs, status and the handbook call this error."""
        return type(self).__name__


@contextmanager
def concerning(**whom: str) -> Generator[None]:
    """Have every error that passes tell what it is about; see `SyncError.concerns`.

    The innermost, who knows best, has the word.
    """
    try:
        yield
    except SyncError as error:
        error.concerns(**whom)
        raise


class _LaterError(SyncError):
    """Something was busy or away. `retry_after_s` is what it wishes, in seconds, if it said so."""

    retry = True

    def __init__(
        self, message: str, *, retry_after_s: float | None = None, **facts: int | str
    ) -> None:
        super().__init__(message, **facts)
        self.retry_after_s = retry_after_s


class ConfigError(SyncError):
    """A setting is missing, unknown, contradictory or out of range."""

    who = "operator"


class SourceError(SyncError):
    """iSAMS did not give us the school."""


class SourceUnavailable(SourceError, _LaterError):
    """iSAMS timed out, closed the connection, was deadlocked, or answered 408, 429 or 5xx."""

    who = "nobody"


class SourceUnreachable(SourceError, _LaterError):
    """There is no such host or port, or another host's certificate is there."""

    who = "operator"


class SourceRefused(SourceError):
    """iSAMS refuses key, client, address or method; or its certificate is not to be trusted."""

    who = "school"


class SourceIncomplete(SourceError):
    """A dataset that a school always has is missing or empty: unknown, never "nobody"."""

    who = "school"


class SourceIllegible(SourceError):
    """A record holds a character that XML forbids: only who mends the record can let us read on."""

    who = "school"


class SourceMalformed(SourceError):
    """The answer is not what iSAMS documents: not XML, too large, a bad record."""

    who = "developer"


class RosterInvalid(SyncError):
    """The tables break a rule of SDS. Nothing is sealed: this is a fault of ours."""

    who = "developer"


class MergeConflict(SyncError):
    """Two profiles or schools of a connector say different things under one id or address."""

    who = "operator"


class PlanOutdated(SyncError):
    """SDS may hold another delivery since this was compared."""

    who = "nobody"


class AnswerRefused(SyncError):
    """Somebody approved or rejected a delivery that is not waiting for an answer."""

    who = "caller"


class AnswerInexact(SyncError):
    """Somebody answers over HTTP, and does not say by its digest what exactly they answer."""

    who = "caller"


class AnswerOutdated(SyncError):
    """Somebody answers what was offered before, or something else: not what waits now."""

    who = "caller"


class WordRefused(SyncError):
    """Somebody says which Team is whose, of classes that are not there or cannot exchange them."""

    who = "caller"


class AddressRefused(SyncError):
    """Somebody would write addresses by a Swagger, a plan or a word that does not allow it."""

    who = "caller"


class RequestRefused(SyncError):
    """What a browser sent is nothing that the page knows, or comes from elsewhere."""

    who = "caller"


class CallerRefused(SyncError):
    """The caller lacks a role, cannot be told, or says who they are where nobody is signed in."""

    who = "operator"


class UnexpectedError(SyncError):
    """Anything else: known by type and place only, because its text may quote a record."""

    who = "developer"


class StoreError(SyncError):
    """Blob storage, or the folder that stands for it."""


class StoreUnavailable(StoreError, _LaterError):
    """Storage timed out, broke the connection, or answered 408, 429 or 5xx."""

    who = "nobody"


class StoreUnreachable(StoreError, _LaterError):
    """There is no such host or port, or a proxy does not let us through."""

    who = "operator"


class StoreRefused(StoreError):
    """Storage refuses our identity, its certificate is no good, or there is no such container."""

    who = "operator"


class StoreMissing(StoreError):
    """There is no blob of that name."""

    who = "operator"


class StoreConflict(StoreError):
    """A name that is written once holds other bytes than ours."""

    who = "developer"


class TargetError(SyncError):
    """SDS, its upload storage, or Microsoft Graph before them."""

    @property
    def outcome_unknown(self) -> bool:
        """Say whether SDS may have done what was asked although this error was raised."""
        return self.facts.get("outcome") == "unknown"


class TargetUnavailable(TargetError, _LaterError):
    """Graph, SDS or its storage timed out, is busy, or answered 408, 409, 423, 429 or 5xx."""

    who = "nobody"


class TargetUnreachable(TargetError, _LaterError):
    """There is no such host or port, or another host's certificate is there."""

    who = "operator"


class TargetRefused(TargetError):
    """A role, a connector, a flow or a sign-in is missing, expired or wrong."""

    who = "operator"


class TargetRejected(TargetError):
    """SDS has read the files and found faults in them."""

    who = "school"


class TargetMalformed(TargetError):
    """The answer is not what Microsoft documents, or names a host we may not talk to."""

    who = "developer"
