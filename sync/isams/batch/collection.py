"""Inside a collection of a batch document: each record is taken, then forgotten.

Expat calls whichever handlers are set, and a call costs more than the parsing itself: that is why
handlers change here, why those that are called most do least, and why they are closures, which cost
a tenth less than methods (measured). Only the children of a record itself count: a `Forename`
deeper inside a pupil is not the pupil's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from xml.parsers.expat import XMLParserType

from sync.errors import SourceMalformed
from sync.isams.batch.nested import Attributes, Node
from sync.isams.datasets import Dataset

Texts = Mapping[str, str]
Take = Callable[[Attributes, Texts, list[Attributes]], None]


def none_of(_: Iterable[tuple[str, ...]]) -> int:
    """Take no record by its attributes alone."""
    return 0


@dataclass(frozen=True, slots=True)
class Extract:
    """What to take of each record of a dataset.

    `texts` are the children whose text is wanted, `parts` a child and the children in it,
    whose attributes are wanted. `take` is called at the end of each record with its attributes, the
    stripped texts that are not blank, and the parts' attributes.

    Before that, `take_bare` may take records by their attributes alone: it is given the values of
    those in `bare` ("" where one is missing), record by record, and returns how many it took before
    it met one that it leaves to `take`. Of those taken, the children are passed over.
    """

    dataset: Dataset
    take: Take
    texts: frozenset[str]
    parts: tuple[str, str] = ("", "")
    bare: tuple[str, ...] = ()
    take_bare: Callable[[Iterable[tuple[str, ...]]], int] = none_of
    take_whole: Callable[[Node], None] | None = None


def passed_over(dataset: Dataset) -> Extract:
    """Return what takes nothing of the records of *dataset*."""
    return Extract(dataset, _pass_over, frozenset())


def read_collection(
    parser: XMLParserType, extract: Extract, name: str, leave: Callable[[], None]
) -> None:
    """Set the handlers for a collection whose element is *name*; `leave` is called at its end."""
    record, bare, take_bare = extract.dataset.record, extract.bare, extract.take_bare

    def start(tag: str, attributes: Attributes) -> None:
        if tag != record:
            read_record(attributes, _pass_over)
        elif bare and take_bare([tuple(attributes.get(name, "") for name in bare)]):
            skip()
        else:
            read_record(attributes, extract.take)

    def end(tag: str) -> None:
        if tag != name:
            # A record that was passed over holds another, whose end was taken for the outer's.
            raise SourceMalformed("iSAMS's answer holds a record within a record")
        leave()

    def begin() -> None:
        parser.StartElementHandler = start
        parser.EndElementHandler = end

    def pass_over(tag: str) -> None:
        if tag == record:
            begin()

    def skip() -> None:
        """Pass over the rest of the record: its ends alone are heard."""
        parser.StartElementHandler = None
        parser.EndElementHandler = pass_over

    read_record = _record_reader(parser, extract, begin, skip)
    begin()


def _record_reader(  # noqa: C901  # closures over a record's state: see the module's header
    parser: XMLParserType,
    extract: Extract,
    done: Callable[[], None],
    skip: Callable[[], None],
) -> Callable[[Attributes, Take], None]:
    """Return what reads a record, given its attributes.

    `done` is called at its end; or `skip`, as soon as a record of texts alone has them all.
    """
    wanted, (whole, part) = extract.texts, extract.parts
    enough = 0  # how many texts are all there can be; never met where it is 0
    depth = 0  # 1 in the record's children
    child = ""
    heard: list[str] = []
    texts: dict[str, str] = {}
    parts: list[Attributes] = []
    given: Attributes = {}
    take = extract.take

    def start(tag: str, attributes: Attributes) -> None:
        nonlocal depth, child
        depth += 1
        if depth == 1:
            child = tag
            if tag in wanted:
                parser.CharacterDataHandler = heard.append
        elif tag == part and depth == 2 and child == whole:
            parts.append(attributes)

    def end(tag: str) -> None:
        nonlocal depth
        depth -= 1
        if depth < 0:
            take(given, texts, parts)
            done()
        elif depth == 0 and tag in wanted:
            keep_text(tag)

    def keep_text(tag: str) -> None:
        parser.CharacterDataHandler = None
        text = "".join(heard).strip()
        heard.clear()
        if text:
            texts.setdefault(tag, text)
            if len(texts) == enough:
                take(given, texts, parts)
                skip()

    def read(attributes: Attributes, taker: Take) -> None:
        nonlocal depth, given, take, texts, parts, enough
        depth, given, take, texts, parts = 0, attributes, taker, {}, []
        enough = len(wanted) if taker is extract.take and not part else 0
        parser.StartElementHandler = start
        parser.EndElementHandler = end

    return read


def _pass_over(attributes: Attributes, texts: Texts, parts: list[Attributes]) -> None:
    """Take nothing: an element that is no record of this dataset."""
