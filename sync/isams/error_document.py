"""What iSAMS answers instead of data, and who must act on it.

The Description is free text of the vendor's, at times a raw exception: it is looked at, never
repeated. Only method names of our table leave this module.

See docs/reference/isams.md#error-prose, docs/reference/isams.md#errors-unknown.
"""

from __future__ import annotations

from collections.abc import Mapping
from xml.parsers.expat import XMLParserType

from sync.errors import SourceError, SourceMalformed, SourceRefused, SourceUnavailable
from sync.isams import xmltext
from sync.isams.datasets import ALWAYS, BY_METHOD, KEY_SCREEN

LIMIT_BYTES = 64 * 1024  # error documents are a few hundred bytes

_READ = ("MessageId", "Description")
# The database's words, in a raw exception: docs/reference/isams.md#unhandled
_DATABASE_BUSY = ("deadlock", "lock request", "timeout", "time-out", "timed out", "time out")
# What it says of a body with a byte order mark: docs/reference/isams.md#bom
_NOT_XML = "data at the root level is invalid"


class ErrorDocument:
    """Reads a `Message`: attach it where the root element has just begun."""

    def __init__(self) -> None:
        self._texts: dict[str, list[str]] = {name: [] for name in _READ}
        self._depth = 0

    def attach(self, parser: XMLParserType) -> None:
        """Set the handlers; what follows is read as children of the root."""
        self._parser = parser
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end

    def error(self, status: int) -> SourceError:
        """Return what the document means, when it came with *status*."""
        message_id, description = ("".join(self._texts[name]).strip() for name in _READ)
        return meaning(message_id, description, status)

    def _start(self, name: str, attributes: Mapping[str, str]) -> None:
        del attributes
        self._depth += 1
        if self._depth == 1 and name in self._texts:
            self._parser.CharacterDataHandler = self._texts[name].append

    def _end(self, name: str) -> None:
        del name
        self._depth -= 1
        self._parser.CharacterDataHandler = None


def read_error(body: bytes, status: int) -> SourceError:
    """Return what a *body* that came with the bad *status* means; it may be anything at all."""
    document = ErrorDocument()
    roots: list[str] = []

    def attach(parser: XMLParserType) -> None:
        def root(name: str, attributes: Mapping[str, str]) -> None:
            del attributes
            roots.append(name)
            document.attach(parser)

        parser.StartElementHandler = root

    try:
        xmltext.parse([body], attach, limit_bytes=LIMIT_BYTES)
    except SourceError:
        return by_status(status)
    return document.error(status) if roots == ["Message"] else by_status(status)


def meaning(message_id: str, description: str, status: int) -> SourceError:
    """Return the error for a `Message`; an id that we do not know is judged by *status*."""
    match message_id:
        case "InvalidApiKey":  # docs/reference/isams.md#invalid-key
            return SourceRefused(
                "iSAMS does not know this key: check ISAMS_KEY, and that the key is active in"
                f" {KEY_SCREEN}",
                status=status,
                message_id=message_id,
            )
        case "MissingParameter":  # docs/reference/isams.md#missing-parameter
            return SourceRefused(
                "iSAMS finds no key in the request, or not the form of one: check ISAMS_KEY",
                status=status,
                message_id=message_id,
            )
        case "MethodsNotAllocatedToKeyException":  # docs/reference/isams.md#methods-not-allocated
            return _methods_missing(description, status)
        case "FiltersRequiredException":  # docs/reference/isams.md#filters-required-error
            return SourceMalformed(
                "iSAMS asks for a filter, though none of our methods has one",
                status=status,
                message_id=message_id,
            )
        case "UnhandledException":  # docs/reference/isams.md#unhandled
            return _unhandled(description, status)
        case _:
            return by_status(status)


def tells_of_busy_database(description: str) -> bool:
    """Say whether *description* tells of a database that was locked or too slow."""
    text = description.lower()
    return any(sign in text for sign in _DATABASE_BUSY)


def by_status(status: int) -> SourceError:
    """Return what *status* means where no document explains it; it is never good news."""
    if status in {408, 429} or status >= 500:
        return SourceUnavailable("iSAMS is busy or away", status=status)
    if status == 401:
        return SourceRefused(
            "iSAMS refuses the key or the sign-in: check ISAMS_KEY, and ISAMS_CLIENT_SECRET if"
            " iSAMS asks this key for OAuth",
            status=status,
        )
    if status == 403:
        return SourceRefused(
            # docs/reference/isams.md#key-limits
            "iSAMS keeps this app out: check the key's IP, domain and SSL settings in"
            f" {KEY_SCREEN}",
            status=status,
        )
    if 300 <= status < 500:
        return SourceRefused(
            "no iSAMS answers there: check that ISAMS_HOST is the host of iSAMS, without a path",
            status=status,
        )
    return SourceMalformed("iSAMS answers with a message that we do not know", status=status)


def _methods_missing(description: str, status: int) -> SourceError:
    # iSAMS names the methods in lower case, somewhere in a sentence.
    text = description.lower()
    missing = [each for each in BY_METHOD.values() if each.method.lower() in text] or ALWAYS
    names = ", ".join(dataset.ui_name for dataset in missing)
    return SourceRefused(
        f"this key may not read everything: tick {names} under Batch Methods of this key in"
        f" {KEY_SCREEN}",
        status=status,
        message_id="MethodsNotAllocatedToKeyException",
        methods=", ".join(dataset.method for dataset in missing),
    )


def _unhandled(description: str, status: int) -> SourceError:
    if _NOT_XML in description.lower():
        return SourceMalformed("iSAMS could not read our request as XML", status=status)
    if tells_of_busy_database(description):
        return SourceUnavailable("iSAMS's database was locked or too slow", status=status)
    # Any other exception of theirs. The text of the 35 s time-out is not known, slowness is the
    # commonest cause, and to ask again does no harm: so it is "later", not "never".
    # docs/reference/isams.md#timeout-35s, docs/reference/isams.md#errors-unknown
    return SourceUnavailable("iSAMS failed while it answered", status=status)
