"""Through a batch document to the collections that are wanted, passing over the rest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from xml.parsers.expat import XMLParserType

from sync.errors import SourceMalformed
from sync.isams import xmltext
from sync.isams.batch.collection import Extract, read_collection
from sync.isams.batch.nested import Attributes, read_nested
from sync.isams.datasets import Dataset
from sync.isams.error_document import ErrorDocument


class BatchDocument:
    """The handlers; `attach` and `place` are for `xmltext.parse`.

    *counts* are the records that have been taken so far, by dataset name. Afterwards `message`
    holds the error document, if it was such, and `seen` the datasets whose collection was there,
    empty or not. A collection may occur several times. `collection` is what is taken of the one
    that is being read, None elsewhere, and where records hold records; `passed` is the tag of the
    element that is being passed over, else "".

    See docs/reference/isams.md#node-twice.
    """

    def __init__(self, extracts: Sequence[Extract], counts: Mapping[str, int]) -> None:
        self.message: ErrorDocument | None = None
        self.seen: set[Dataset] = set()
        self._collections = {extract.dataset.path: extract.dataset for extract in extracts}
        self._extracts = {(*e.dataset.path, *e.dataset.below): e for e in extracts}
        self._ways = {path[:end] for path in self._extracts for end in range(1, len(path))}
        self._path: tuple[str, ...] = ()
        self._depth = 0
        self._counts = counts
        self._reading: Dataset | None = None
        self._between: object = None  # the handler of where a collection's next record may begin
        self.collection: Extract | None = None
        self.passed = ""

    def attach(self, parser: XMLParserType) -> None:
        """Make *parser* call these handlers from the root on."""
        self._parser = parser
        parser.StartElementHandler = self._root

    def place(self) -> str:
        """Return which record is being read, by its number in the document; "" outside of any."""
        if self._reading is None:
            return ""
        number = self._counts.get(self._reading.name, 0) + 1
        return f"record {number} of {self._reading.ui_name}"

    def is_between_records(self) -> bool:
        """Say whether the last that was heard was a record's end, or its collection's start."""
        return self._parser.StartElementHandler is self._between

    def _root(self, name: str, attributes: Attributes) -> None:
        del attributes
        if name == "Message":  # docs/reference/isams.md#root
            self.message = ErrorDocument()
            self.message.attach(self._parser)
        elif name == "iSAMS":
            self._path = ("isams",)
            self._go_on()
        elif name.lower() == "html":
            raise xmltext.web_page()
        else:
            raise SourceMalformed("the answer is XML, but not iSAMS's: check ISAMS_HOST")

    def _go_on(self) -> None:
        self._reading = self.collection = None
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end

    # On the way: modules, collections, and what stands between a collection and its records.

    def _start(self, name: str, attributes: Attributes) -> None:
        del attributes
        path = (*self._path, name.lower())
        if path in self._collections:
            self.seen.add(self._collections[path])
        if path in self._extracts:
            self._read(self._extracts[path], name)
        elif path in self._ways:
            self._path = path
        else:
            self.passed, self._depth = name, 1
            self._parser.StartElementHandler = self._passed_start
            self._parser.EndElementHandler = self._passed_end

    def _read(self, extract: Extract, name: str) -> None:
        self._reading = extract.dataset
        if extract.take_whole:
            read_nested(self._parser, extract.dataset.record, extract.take_whole, self._go_on)
        else:
            read_collection(self._parser, extract, name, self._go_on)
            self.collection, self._between = extract, self._parser.StartElementHandler

    def _end(self, name: str) -> None:
        del name
        self._path = self._path[:-1]

    # Something that nobody wants, to whatever depth: its end is the one that fits its start.

    def _passed_start(self, name: str, attributes: Attributes) -> None:
        del attributes
        if name == self.passed:
            self._depth += 1

    def _passed_end(self, name: str) -> None:
        if name == self.passed:
            self._depth -= 1
            if not self._depth:
                self.passed = ""
                self._go_on()
