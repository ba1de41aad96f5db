"""Records that a strict pattern proves well-formed, taken before expat sees them.

Most of a document are records that look alike. Where expat stands between two records of a
collection, a pattern that was learned from those it has read takes the run of records that comes
next; whatever the pattern does not prove goes to expat and today's handlers, unchanged. What is
left is well-formed if and only if the whole is: a pattern spells out every tag and attribute, each
attribute once, and matches nothing but whole elements.

The law: with this module and without it the same document gives the same school, or the same error
with the same place. `tests/fuzz` holds that; docs/decisions/0028-records-taken-ahead.md
says why it is worth it.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from xml.parsers.expat import ExpatError, ParserCreate, XMLParserType
from xml.sax.saxutils import unescape

from sync.isams.batch.collection import Extract
from sync.isams.batch.document import BatchDocument
from sync.isams.batch.nested import Attributes, Node, read_nested

_WINDOW_BYTES = (8 * 1024, 128 * 1024)  # looked at in one go: the least, and the most
_HELD_BYTES = 16 * 1024  # of a record whose end has not come yet
_STEP_BYTES = 256  # fed at once where no collection is read, lest its beginning be missed
_VAIN_BYTES = 16 * 1024  # fed at once where nothing can be taken
_FIRST_RECORDS = 8  # read by expat before the first pattern
_ELEMENTS = 200  # in a record: what is larger is no record of iSAMS's, and no pattern worth making
_DEEP = 20  # so is what holds elements in elements beyond this; Python would give up at hundreds
_MISSES = 64  # records beyond a pattern, after which
_WORTH = 16  # so many taken for each of them are what trying it costs (measured)

_BLANK = b" \t\r\n"
# XML's white space, of which Python's \s has more. Possessive, as all repeats here: what was
# matched is never tried in another way, so a hostile document costs no more time than its length.
_SPACE = r"[ \t\r\n]*+"
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*+")  # nothing that a pattern would take for its own
# Each is narrower than XML, so that what stands there is what expat would tell: no line end that it
# turns into another, no `]` that could end in `]]>`. `_first_doubt` sees to the rest.
_VALUE = r'[^"<\x00-\x1f]*+'
_TEXT = r"[^<\]\x00-\x08\x0b-\x1f]*+"
_OTHER_REFERENCE = re.compile("&(?!(?:amp|lt|gt|quot|apos);)")
_REST = "(?s:(.+))"  # from the first record on that the pattern does not prove
_QUOTES = {"&quot;": '"', "&apos;": "'"}
_ATTRIBUTE = re.compile(r' ([^ =]++)="([^"]*+)"')

type Columns = Sequence[Sequence[str | None]]
"""Of some records, what each group of a pattern has matched; None where it has not."""


class Ahead:
    """What stands between a document's pieces and expat; `left_of` is for `xmltext.parse`."""

    def __init__(self, document: BatchDocument) -> None:
        self._document = document
        self._runs: dict[str, _Run] = {}
        self._fed_bytes = 0
        self._held = b""
        self._in_cdata = False

    def left_of(self, pieces: Iterator[bytes], parser: XMLParserType) -> Iterator[bytes]:
        """Yield what *parser* must still be fed of *pieces*, whose text is UTF-8.

        It must be fed each piece before the next is asked for. Records are taken in between, so
        this raises what taking a record raises.
        """
        parser.StartCdataSectionHandler = self._enter_cdata
        parser.EndCdataSectionHandler = self._leave_cdata
        try:
            for piece in pieces:
                yield from self._left(self._held + piece, parser)
        except Exception:
            yield self._held  # what is wrong in it comes before what went wrong behind it
            raise
        yield self._held

    def _left(self, data: bytes, parser: XMLParserType) -> Iterator[bytes]:
        at, self._held = 0, b""
        while at < len(data):
            run = self._run()
            if run and run.is_vain():
                end = at + _VAIN_BYTES
                yield self._fed(data[at:end])
            elif run and self._stands_between(parser):
                at = run.take(data, at)
                if run.is_begun(data, at):
                    self._held = data[at:]
                    return
                is_record = run.begins(data, at)
                end = run.end(data, at) if is_record else at + _STEP_BYTES
                yield self._fed(data[at:end])
                if is_record:
                    run.learn(data[at:end])
            elif run:
                end = run.end(data, at)
                yield self._fed(data[at:end])
            else:
                end = yield from self._pass(data, at, parser)
            at = end

    def _pass(self, data: bytes, at: int, parser: XMLParserType) -> Generator[bytes, None, int]:
        """Yield some of *data* from *at* on, where no records are, and return how far that was.

        As long as the name of an element that is passed over is not in it, it goes on: nobody need
        listen.
        """
        passed = self._document.passed
        end = _found(data, passed.encode(), at)
        if not passed or end - at < _STEP_BYTES or not self._has_read_all(parser):
            end = at + _STEP_BYTES
            yield self._fed(data[at:end])
            return end
        start_handler, end_handler = parser.StartElementHandler, parser.EndElementHandler
        parser.StartElementHandler = parser.EndElementHandler = None
        yield self._fed(data[at:end])
        parser.StartElementHandler, parser.EndElementHandler = start_handler, end_handler
        return end

    def _fed(self, data: bytes) -> bytes:
        self._fed_bytes += len(data)
        return data

    def _run(self) -> _Run | None:
        """Return the run of the collection that is being read, None outside of any."""
        extract = self._document.collection
        if extract is None:
            return None
        if extract.dataset.name not in self._runs:
            self._runs[extract.dataset.name] = _Run(extract)
        return self._runs[extract.dataset.name]

    def _stands_between(self, parser: XMLParserType) -> bool:
        """Say whether expat has read all it was fed, and is in no record and no CDATA section."""
        return (
            self._document.is_between_records()
            and self._has_read_all(parser)
            and not self._in_cdata
        )

    def _has_read_all(self, parser: XMLParserType) -> bool:
        """Say whether no tag is half read."""
        return parser.CurrentByteIndex == self._fed_bytes

    def _enter_cdata(self) -> None:
        self._in_cdata = True

    def _leave_cdata(self) -> None:
        self._in_cdata = False


@dataclass(slots=True)
class _Shape:
    """What records have held so far: names of attributes and of children, each in their order."""

    attributes: list[str] = field(default_factory=list)
    met: int = 0
    always: set[str] = field(default_factory=set)  # the attributes that none was without
    order: list[str] = field(default_factory=list)
    children: dict[str, _Shape] = field(default_factory=dict)

    def grow(self, node: Node) -> bool:
        """Take in what *node* holds; False if it holds it in another order, and this is spoilt."""
        self.always = self.always & node.attributes.keys() if self.met else {*node.attributes}
        self.met += 1
        tags = dict.fromkeys(child.tag for child in node.children)
        if not (_put_in(self.attributes, node.attributes) and _put_in(self.order, tags)):
            return False
        return all(
            self.children.setdefault(child.tag, _Shape()).grow(child) for child in node.children
        )

    def elements(self) -> int:
        """Return how many elements it knows, with those in them."""
        return 1 + sum(child.elements() for child in self.children.values())


def _put_in(known: list[str], names: Iterable[str]) -> bool:
    """Put *names* among the *known*, in their order; False if those have another."""
    at = 0
    for name in names:
        if name not in known:
            known.insert(at, name)
        elif known.index(name) < at:
            return False
        at = known.index(name) + 1
    return True


class _Run:
    """The records of one dataset, as far as a pattern proves them."""

    def __init__(self, extract: Extract) -> None:
        self._extract = extract
        self._record = extract.dataset.record
        self._open, self._close = f"<{self._record}".encode(), f"</{self._record}>".encode()
        self._begin = re.compile(_SPACE.encode() + self._open)
        self._shape = _Shape()
        self._pattern: re.Pattern[str] | None = None
        self._attributes: list[str] = []  # the names of the first groups of the pattern
        self._children: list[str] = []  # those of the others
        self._part = re.compile(f'<{extract.parts[1]}((?: [^ =]++="[^"]*+")*+)(?=[ />])')
        self._window_bytes = _WINDOW_BYTES[0]
        self._taken = self._missed = 0

    def take(self, data: bytes, at: int) -> int:
        """Take the records that stand in *data* from *at* on, and return where the next begins."""
        while self._pattern and not self.is_vain():
            end = data.rfind(self._close, at, at + self._window_bytes)
            if end < 0:
                break
            end += len(self._close)
            left_bytes = self._take(data[at:end], self._pattern)
            at = end - left_bytes
            least, most = _WINDOW_BYTES
            self._window_bytes = least if left_bytes else min(2 * self._window_bytes, most)
            if left_bytes:
                break
        return at

    def is_vain(self) -> bool:
        """Say whether so few records fit that all are read as without this module."""
        return self._missed > _MISSES and self._missed * _WORTH > self._taken

    def begins(self, data: bytes, at: int) -> bool:
        """Say whether a record comes next in *data* from *at* on."""
        return bool(self._begin.match(data, at))

    def is_begun(self, data: bytes, at: int) -> bool:
        """Say whether *data* ends, from *at* on, in a record that may be held until it is whole."""
        if len(data) - at > _HELD_BYTES or self.is_vain() or self._close in data[at:]:
            return False
        rest = data[at:].lstrip(_BLANK)
        return rest.startswith(self._open) or self._open.startswith(rest)

    def end(self, data: bytes, at: int) -> int:
        """Return where the next end tag of a record ends in *data*, else where *data* does."""
        return min(len(data), _found(data, self._close, at) + len(self._close))

    def learn(self, read: bytes) -> None:
        """Take in how the record looks that expat has *read*, if it is one and whole."""
        self._missed += 1
        if self.is_vain():
            return
        for node in _records_in(read, self._record):
            if _is_small(node) and _is_plain(node, self._extract):
                grown = deepcopy(self._shape)
                self._shape = grown if grown.grow(node) else self._shape
        if self._missed >= _FIRST_RECORDS and self._missed.bit_count() == 1:
            self._make_pattern()

    def _make_pattern(self) -> None:
        if self._shape.elements() > _ELEMENTS:
            return
        made, self._children = _pattern(self._record, self._shape, self._extract)
        self._attributes = list(self._shape.attributes)
        self._pattern = re.compile(made)

    def _take(self, read: bytes, pattern: re.Pattern[str]) -> int:
        """Take the records at the beginning of *read*; return how many bytes are left."""
        try:
            text = read.decode()
        except UnicodeDecodeError:
            return len(read)
        certain = _first_doubt(text)
        if not certain:
            return len(read)
        groups = pattern.groups + 1
        columns = pattern.split(text[:certain])
        rest = columns[-2] or ""
        count = len(columns) // groups - bool(rest)
        self._taken += count
        cells = [columns[start : count * groups : groups] for start in range(1, groups - 1)]
        self._give(self._unescaped(cells) if "&" in text else cells, count)
        return len(f"{rest}{text[certain:]}".encode())

    def _unescaped(self, columns: Columns) -> Columns:
        """Return *columns* with references resolved, but not in what is searched for parts."""
        whole, _ = self._extract.parts
        tags = [*(None for _ in self._attributes), *self._children]
        return [
            column if tag == whole else [cell and _unescaped(cell) for cell in column]
            for tag, column in zip(tags, columns, strict=True)
        ]

    def _give(self, columns: Columns, count: int) -> None:
        """Take the *count* records whose cells are *columns*, as `read_collection` does."""
        names, tags, take = self._attributes, self._children, self._extract.take
        whole, _ = self._extract.parts
        for at in self._not_bare(columns, count):
            row = [column[at] for column in columns]
            given = {name: cell for name, cell in zip(names, row, strict=False) if cell is not None}
            cells = zip(tags, row[len(names) :], strict=True)
            texts = {tag: text for tag, cell in cells if cell and (text := cell.strip())}
            starts = self._part.findall(texts.pop(whole, "")) if whole else ()
            take(given, texts, [_attributes_in(start) for start in starts])

    def _not_bare(self, columns: Columns, count: int) -> Iterator[int]:
        """Yield the numbers of the records that are not taken by their attributes alone.

        The records before each have been taken then, and none behind it.
        """
        extract = self._extract
        if not extract.bare:
            yield from range(count)
            return
        by_name = dict(zip(self._attributes, columns, strict=False))
        none = [""] * count
        cells = ([cell or "" for cell in by_name.get(name, none)] for name in extract.bare)
        bare = zip(*cells, strict=True)
        at = extract.take_bare(bare)
        while at < count:
            yield at
            at += 1 + extract.take_bare(bare)


def _first_doubt(text: str) -> int:
    """Return where in *text* the first is that patterns do not look for, and XML may not take.

    That are references but its own five, and U+FFFE and U+FFFF; UTF-8 that cannot be decoded is
    met before. Else *text*'s length. Patterns that looked for these took twice as long to make.
    """
    doubts = [text.find("\ufffe"), text.find("\uffff")]
    if "&" in text and (match := _OTHER_REFERENCE.search(text)):
        doubts.append(match.start())
    return min((doubt for doubt in doubts if doubt >= 0), default=len(text))


def _found(data: bytes, part: bytes, at: int) -> int:
    """Return where *part* stands in *data* from *at* on, else where *data* ends."""
    found = data.find(part, at)
    return len(data) if found < 0 else found


def _records_in(read: bytes, record: str) -> list[Node]:
    """Return the records, each as a tree, in some whole elements that expat has read."""
    found: list[Node] = []
    parser = ParserCreate("utf-8")
    parser.Parse(b"<records>")
    read_nested(parser, record, found.append, lambda: None)
    try:
        parser.Parse(read)
    except ExpatError:  # it ends what began before it
        return []
    return found


def _is_small(node: Node) -> bool:
    """Say whether *node* has few elements, in few of each other; whoever goes on may recurse."""
    level = [node]
    count = 0
    for _ in range(_DEEP):
        count += len(level)
        level = [child for each in level for child in each.children]
    return not level and count <= _ELEMENTS


def _is_plain(node: Node, extract: Extract) -> bool:
    """Say whether of *node* a pattern can give what is taken of it."""
    whole, _ = extract.parts
    if any(part.children for child in node.at(whole) for part in child.children):
        return False
    return all(map(_NAME.fullmatch, _names(node))) and not any(
        name == node.tag for child in node.children for name in _names(child)
    )


def _names(node: Node) -> Iterator[str]:
    """Yield the names of all elements and attributes of *node*, and of all in it."""
    yield node.tag
    yield from node.attributes
    for child in node.children:
        yield from _names(child)


def _pattern(record: str, shape: _Shape, extract: Extract) -> tuple[str, list[str]]:
    """Return what matches records of *shape*, and the tags of its groups behind the attributes.

    Its last group is all else that there is, from the first record on that it does not prove.
    """
    whole, _ = extract.parts
    tags: list[str] = []
    inside = ""
    for tag in shape.order:
        child = shape.children[tag]
        if tag in extract.texts:
            inside += f"(?:<{tag}{_attributes(child)}(?:>({_TEXT})</{tag}>| ?/>){_SPACE})?+"
            tags.append(tag)
        elif tag == whole:
            inside += f"({_element(tag, child)}{_SPACE})?+"
            tags.append(tag)
        else:
            inside += f"(?:{_element(tag, child)}{_SPACE})*+"
    start = f"{_SPACE}<{record}{_attributes(shape, f'({_VALUE})')}"
    return f"{start}(?:>{_SPACE}{inside}</{record}>| ?/>)|{_REST}", tags


def _element(tag: str, shape: _Shape) -> str:
    inside = "".join(f"(?:{_element(t, shape.children[t])}{_SPACE})*+" for t in shape.order)
    inside = f"{_SPACE}{inside}" if inside else _TEXT
    return f"<{tag}{_attributes(shape)}(?:>{inside}</{tag}>| ?/>)"


def _attributes(shape: _Shape, value: str = _VALUE) -> str:
    each = ((f' {name}="{value}"', name in shape.always) for name in shape.attributes)
    return "".join(text if always else f"(?:{text})?+" for text, always in each)


def _attributes_in(start: str) -> Attributes:
    """Return the attributes of a start tag that a pattern has matched."""
    return {name: _unescaped(value) for name, value in _ATTRIBUTE.findall(start)}


def _unescaped(text: str) -> str:
    return unescape(text, _QUOTES) if "&" in text else text
