"""Mutants for the law of `sync.isams.batch.ahead`: it changes nothing that is read.

Each mutant is read twice, once with records taken ahead of expat and once without. Equal are the
school to its last field, in the same order, or the error: its type, its words, which name the
record, and its facts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from random import Random
from typing import NamedTuple

from sync.errors import SourceError, SourceUnavailable
from sync.isams.batch import reader
from sync.isams.batch.reader import LIMIT_BYTES
from sync.isams.datasets import ALWAYS, SUBJECTS
from tests.fuzz.documents import Document, documents, late_spots, lean, rearranged

SIZES_BYTES = (1, 7, 1_000, 4_096, 65_536, 1 << 30)
_FAR = b" " * 600  # further than what is fed at once
_HIDDEN = (
    b"</SetList>" + _FAR,
    b'<SetList Id="7" SetId="10" PupilId="11"></SetList>',
    b"</Pupil>" + _FAR,
    b'<Pupil Id="99" DivisionId="1"><SchoolId>99</SchoolId></Pupil>',
)
SPICE = (
    *(b"<![CDATA[%b]]>" % b"".join(_HIDDEN[at : at + 2]) for at in (0, 2)),
    *(b"<New>%b%b</New>" % (_FAR, _HIDDEN[at]) for at in (1, 3)),
    *(b"<!--%b-->" % b"".join(_HIDDEN[at : at + 2]) for at in (0, 2)),
    *(b"<", b">", b"&", b'"', b"'", b"/", b"=", b"]", b"]]", b"]]>", b"\r", b"\r\n", b"\n", b"\t"),
    *(b"\0", b"\x01", b"\x0b", b"\x1f", b"\x7f", b"\xc2\x85", b"\xc2\xa0", b"\xe2\x80\xa8", b" "),
    *(b"\xff", b"\xc3", b"\xe2\x80", b"\xef\xbf\xbe", b"\xef\xbf\xbf", b"\xed\xa0\x80"),
    *(b"\xf4\x90\x80\x80", b"\xc0\xaf", b"\xf0\x9f\x98\x80", b"\xef\xbb\xbf"),
    *(b"&amp;", b"&lt;", b"&quot;", b"&apos;", b"&gt;", b"&#65;", b"&#x20;", b"&#31;", b"&nbsp;"),
    *(b"&amp;lt;", b"&#xD800;", b"&#xFFFE;", b"&amp", b"&#13;"),
    *(b"<!-- x -->", b"<!-- </SetList> -->", b"<!--", b"-->", b"<?p i?>", b"<?p </Pupil>?>"),
    *(
        b"<![CDATA[a<b]]>",
        b"<![CDATA[</SetList>",
        b"<![CDATA[</Pupil>",
        b"<![CDATA[",
        b"<!DOCTYPE a>",
    ),
    *(
        b' Id="1"',
        b' Id="1" Id="2"',
        b' SetId="3"',
        b' setid="3"',
        b' PupilID="701"',
        b' A="&lt;>]]>"',
    ),
    *(
        b" Id='1'",
        b' Id = "1"',
        b'Id="1"',
        b' x:Id="1"',
        b' SetId=""',
        b' PupilId=" "',
        b' A="a\tb"',
    ),
    *(b"<SetList>", b"<SetList ", b"</SetList>", b"</SetList >", b"<SetList/>", b"<SetLists>"),
    *(b"</SetLists>", b"<SetLists/>", b'<SetList Id="1" SetId="301" PupilId="701"/>'),
    *(b"<Pupil>", b'<Pupil Id="9">', b"</Pupil>", b"<Pupil/>", b"<x:Pupil/>", b"</CurrentPupils>"),
    *(b"<SchoolId>7</SchoolId>", b"<SchoolId/>", b"<SchoolId> </SchoolId>", b"<SetId>301</SetId>"),
    *(b"<Forename> x </Forename>", b"<Forename>x<b/>y</Forename>", b"<Forename>", b"</Forename>"),
    *(b"<Teachers>", b"</Teachers>", b'<Teacher StaffId="41"/>', b"<Teacher>", b"<New/>", b"<New>"),
    *(b"<Teachers/>", b"<New><New/></New>", b'<Teachers><Teacher StaffId="41"/></Teachers>'),
    *(b"</New>", b"<LastUpdated />", b"</iSAMS>", b"<Sets>", b"</Sets>", b"<Set/>", b"</Set>"),
)
# Where something may be put so that it is not merely noise.
_SPOTS = tuple(
    re.compile(spot)
    for spot in (rb'(?<=")[^"<>=]*(?=")', rb"(?<=>)[^<>]*(?=<)", rb"(?=<)", rb"(?=/?>)", rb"(?= )")
)


class Trial(NamedTuple):
    """A document as it comes: in chunks, up to a limit, perhaps broken off behind some bytes."""

    document: Document
    size_bytes: int
    limit_bytes: int = LIMIT_BYTES
    breaks_at: int | None = None

    def chunks(self) -> Iterator[bytes]:
        """Yield them, and then raise if the network does."""
        body = self.document.body[: self.breaks_at]
        for at in range(0, len(body), self.size_bytes):
            yield body[at : at + self.size_bytes]
        if self.breaks_at is not None:
            raise SourceUnavailable("the connection was lost")


class Outcome(NamedTuple):
    """How reading ended: `School` or the error's name, and all that can be told of either."""

    name: str
    told: object


def directed(random: Random) -> Document:
    """Return the `lean` document with one thing put into, or for, a byte of a late record."""
    body, at = lean(), random.choice(late_spots())
    match random.randrange(8):
        case 0:
            return Document(body[:at] + random.randbytes(1) + body[at + 1 :])
        case 1:
            return Document(body[:at] + body[at + random.choice((1, 1, 2, 9, 60)) :])
        case 2:
            return Document(body[:at] + random.choice(SPICE) + body[at + 1 :])
        case _:
            return Document(spiced(at, random.choice(SPICE)))


def spiced(at: int, spice: bytes) -> bytes:
    """Return the `lean` document with *spice* put into it."""
    return lean()[:at] + spice + lean()[at:]


def mutant(document: Document, random: Random) -> Document:
    """Return *document* with one to three faults in it, most of them where records are."""
    body = bytearray(document.body)
    for _ in range(random.choice((1, 1, 1, 2, 3))):
        at = _spot(body, random)
        upto = min(len(body), at + random.choice((1, 1, 2, 5, 40)))
        match random.randrange(10):
            case 0:
                body[at:upto] = random.randbytes(upto - at)
            case 1:
                del body[at:upto]
            case 2:
                begin = random.randrange(len(body))
                body[at:at] = body[begin : begin + random.randrange(600)]
            case 3:
                del body[random.randrange(len(body)) :]
            case 4:
                body[at:upto] = random.choice(SPICE)
            case _:
                body[at:at] = random.choice(SPICE)
    return document._replace(body=bytes(body))


def of_whole(random: Random) -> Document:
    """Return a mutant of one of the documents."""
    return mutant(random.choice(documents()), random)


def of_records(random: Random) -> Document:
    """Return a document whose records hold what they hold in other ways, and perhaps a fault."""
    made = Document(rearranged(random))
    return mutant(made, random) if random.random() < 0.2 else made


def _spot(body: bytearray, random: Random) -> int:
    """Return a place in *body*: in or near the next tag, value or text after any byte."""
    at = random.randrange(len(body) + 1)
    if random.random() < 0.2:
        return at
    found = random.choice(_SPOTS).search(body, at)
    return random.randint(found.start(), found.end()) if found else at


def trial(random: Random) -> Trial:
    """Return a mutant, and how it is read: mostly whole, in one of the sizes of chunks."""
    made = random.choices((directed, of_whole, of_records), (5, 3, 2))[0](random)
    size = len(made.body)
    return Trial(
        made,
        # A chunk of a byte costs as much as one of many: such are few.
        random.choices(SIZES_BYTES, (1, 4, 20, 25, 25, 25))[0],
        limit_bytes=random.randrange(size + 1) if random.random() < 0.03 else LIMIT_BYTES,
        breaks_at=random.randrange(size + 1) if random.random() < 0.03 else None,
    )


def outcome(trial: Trial, *, ahead: bool) -> Outcome:
    """Read it with records taken *ahead* or not."""
    extras, is_whole = trial.document.extras, trial.document.is_whole
    datasets = ALWAYS if is_whole else (SUBJECTS,)
    try:
        read = reader._read(
            trial.chunks(), datasets, trial.limit_bytes, extras, tutors=bool(extras), ahead=ahead
        )
        if not is_whole:
            return Outcome("Subjects", list(read.subjects.items()))
        school = read.whole()
    except SourceError as error:
        return Outcome(type(error).__name__, (str(error), error.facts))
    return Outcome("School", (school, list(school.pupils), list(school.sets), list(school.counts)))
