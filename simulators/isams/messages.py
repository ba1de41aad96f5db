"""What iSAMS says instead of data.

Each has the shape of the error documents that clients have met: the root is `Message`, and
the declaration says utf-16 over bytes that are not. The statuses and texts marked *chosen* are
ours, because nobody has published what iSAMS sends there.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from xml.sax.saxutils import escape

XML = "application/xml"
DECLARATION = '<?xml version="1.0" encoding="utf-16"?>'


@dataclass(frozen=True, slots=True)
class Message:
    """One error document, and the status that it comes with."""

    id: str
    status: int
    title: str
    description: str

    @property
    def body(self) -> bytes:
        """The document as it is sent: single-byte text, whatever its declaration says."""
        return (
            f"{DECLARATION}\n<Message>\n"
            f"  <MessageId>{escape(self.id)}</MessageId>\n"
            f"  <MessageName>{escape(self.id)}</MessageName>\n"
            f"  <Title>{escape(self.title)}</Title>\n"
            f"  <Description>{escape(self.description)}</Description>\n"
            "</Message>\n"
        ).encode()


INVALID_KEY = Message(
    "InvalidApiKey",
    401,
    "Invalid API Key",
    "The API key is invalid.\nPlease contact your iSAMS administrator.",
)


def _unhandled(description: str) -> Message:
    return Message("UnhandledException", 500, "Unknown Error", description)


DEADLOCK = _unhandled(
    "Transaction (Process ID 118) was deadlocked on lock resources with another process and has "
    "been chosen as the deadlock victim. Rerun the transaction."
)
LOCK_TIMEOUT = _unhandled(
    "Lock request time out period exceeded.  The statement has been terminated."
)
NOT_XML = _unhandled("Data at the root level is invalid. Line 1, position 1.")
# Chosen: that a slow request ends in an error document is known, its text is not.
TIMED_OUT = _unhandled("Timeout expired. The operation did not complete in time.")


def missing_key(status: int) -> Message:
    return Message(
        "MissingParameter",
        status,
        "Missing Field: apiKey",
        'The required field "apiKey" was not supplied or was in an incorrect format.',
    )


def not_allotted(methods: Iterable[str]) -> Message:
    """Return the refusal of *methods*, whose names iSAMS repeats in lower case."""
    names = ", ".join(method.lower() for method in methods)
    return Message(
        "MethodsNotAllocatedToKeyException",
        403,
        "Methods Not Allocated To Key",
        "The following methods specified in the MethodsToRun filter are not allocated to the "
        f"requested key: {names}",
    )


def filters_required(method: str, status: int) -> Message:
    shown = method.replace("_", " - ", 1)
    return Message(
        "FiltersRequiredException",
        status,
        "Filters Required",
        f'Method "{shown}" requires at least one filter. No filters have been supplied.',
    )


def throttled() -> Message:
    """Chosen: that a key can be throttled is known, the answer is not."""
    return Message(
        "RequestThrottled", 429, "Request Throttled", "The key has made too many requests."
    )
