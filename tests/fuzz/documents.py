"""Documents that are read in two ways, and made into mutants, by `tests.fuzz.two_readers`."""

from __future__ import annotations

import re
from functools import cache
from random import Random
from typing import NamedTuple
from xml.etree import ElementTree as ET

from simulators.isams.documents import batch_xml
from simulators.school import invent
from sync.isams.datasets import ALWAYS, BY_METHOD, EXTRAS, Dataset

_RECORD = re.compile(
    rb"\s*<(SetList|Pupil|Set|StaffMember|Schedule|Form|Year|Term|TeachingForm)( [^>]*)>.*?</\1>",
    re.DOTALL,
)
# What stands in every record, so that it may be learned: not what iSAMS writes, but it could.
_STRANGE = (
    (
        rb"<Teachers>",
        b'<Teachers StaffId="98"><TeacherNote StaffId="99"> StaffId="97"</TeacherNote>',
    ),
    (
        rb"(<Teacher [^>]*)/>",
        rb"\1> StaffId='96' StaffId=&quot;95&quot; a=\"b\"</Teacher><Teacher/>",
    ),
    (rb'StaffId="(\d+)"', rb'StaffId="\1&quot; StaffId=&quot;41"'),
    (rb"(<Teacher [^>]*)/>", rb"\1>&lt;Teacher StaffId=&quot;41&quot;/></Teacher>"),
    (rb"</(Pupil|SetList|Set)>", rb"</\1>&#32;"),
    (rb"<Teachers>(\s*)(<Teacher )", rb'<Teachers>\1<Old><Teacher StaffId="41"/></Old>\2'),
    (rb"</Teachers>", b'</Teachers><Teachers><Teacher StaffId="41"/></Teachers>'),
    (rb"(<Forename>.*?</Forename>)", rb"<Contact>\1</Contact>\1<Contact>\1</Contact>"),
    (rb"(<Forename>)(.*?</Forename>)", rb"\1\2\1B\2"),
    (rb"<(Surname|Name)>(..)(.*?)</\1>", rb"<\1>\2<b>x</b>\3</\1>"),
    (rb"</Pupil>", b'<Siblings><Pupil Id="5"><Surname>X</Surname></Pupil></Siblings></Pupil>'),
    (rb"</SetList>", b"<SetList/></SetList>"),
    (rb' SetId="', b' setid="1" SETID="2" SetId="'),
    (rb' SetId="(\d+)"', rb' setid="\1" Id2=""'),
    (rb"<(Pupil|SetList|Set) ", rb'<\1 xml:lang="en" '),
    (rb"</(Forename|SchoolId|SetCode)>", rb"</\1> <!-- \1 -->"),
    (rb"<(Forename|SetCode|SetId[^>]*)>(.*?)</", rb"<\1><![CDATA[\2]]></"),
    (rb"<(Forename|SetCode)>(.*?)</", rb"<\1>\r\n&#65;\2\t</"),
    (rb"<(Forename|SetCode)>(.*?)</", rb"<\1>&amp;amp;&lt;\2&quot;&apos; &gt;</"),
    (rb"(SetId|PupilId|[A-Za-z]*HouseId|DivisionId)=\"(\d+)\"", rb'\1=" \2&amp;"'),
    (rb"</(Pupil|SetList)>", rb"</\1>text<New><\1 Id='1'/></New>"),
    (rb"<SchoolId Legacy=.*?</SchoolId>", b""),
    (rb' PupilId="70\d"', b""),
    (rb"</StaffMember>", b"</StaffMember><StaffMember Id='999'/>"),
)
_LEAN = (
    """<StaffMember Id="{0}" PersonId="3{0}">
<Initials>A{0}</Initials>
<UserCode>C{0}</UserCode>
<Forename>Zoë</Forename>
<Surname> Vale {0}</Surname>
<Roles>
<Role Id="1"/></Roles>
<SchoolEmailAddress>s{0}@northbank.example</SchoolEmailAddress>
</StaffMember>
""",
    """<Pupil Id="{0}" DivisionId="1">
<SchoolId>0{0}</SchoolId>
<Title>Mr</Title>
<Forename>Al</Forename>
<Home>
<Line>{0} Way &amp; Co</Line>
</Home>
<Surname>Noé</Surname>
<NCYear>8</NCYear>
<Photo/>
</Pupil>
""",
    """<Set Id="{0}" SubjectId="21">
<Teacher Legacy="True">C12</Teacher>
<SetCode>8A/{0}</SetCode>
<Teachers>
<Teacher Id="9" StaffId="{0}"/>
</Teachers>
<Name/>
</Set>
""",
    """<SetList Id="7{0}" SetId="{0}" PupilId="{0}">
<SchoolId Legacy="True">0{0}</SchoolId>
<Author/>
</SetList>
""",
)
# Of each kind: some for a pattern to be learned from, and some for it to take.
_LEAN_RECORDS = range(10, 24)


class Document(NamedTuple):
    """A document, and what is read of it beyond a school, or its subjects alone."""

    body: bytes
    extras: tuple[Dataset, ...] = ()
    is_whole: bool = True


@cache
def documents() -> tuple[Document, ...]:
    """Return the documents that mutants are made of."""
    plain = thinned(b"".join(batch_xml(invent(150), [dataset.method for dataset in ALWAYS])))
    odd = thinned(b"".join(batch_xml(invent(150), BY_METHOD)))
    dense = re.sub(rb">\s+<", b"><", plain)
    foreign = re.sub(
        rb"<(Forename|Surname)>(\w+)", "<\\1>\N{NO-BREAK SPACE}\\2é𝄞\N{NEXT LINE}".encode(), plain
    )
    return (
        Document(plain),
        Document(odd),
        Document(odd, EXTRAS),
        Document(plain.replace(b"\n", b"\r\n")),
        Document(dense),
        Document(foreign),
        Document(plain.replace(b"/>", b" />").replace(b'Id="7', b'Id=" 7')),
        Document(in_another_order(dense)),
        Document(odd.replace(b"\n", b"\r\n"), is_whole=False),
        *(Document(re.sub(old, new, plain)) for old, new in _STRANGE),
    )


@cache
def lean() -> bytes:
    """Return a document that holds as little as shows every way in which records are taken."""
    staff, pupils, sets, rows = ("".join(map(each.format, _LEAN_RECORDS)) for each in _LEAN)
    subject = '<Department><Subjects><Subject Id="21"><Name>Art</Name></Subject></Subjects>'
    text = (
        f"<iSAMS><HRManager><CurrentStaff>{staff}</CurrentStaff></HRManager>\n"
        f"<PupilManager><CurrentPupils>{pupils}</CurrentPupils></PupilManager>\n<TeachingManager>"
        f"<Departments>{subject}</Department></Departments>\n"
        f"<Sets>{sets}</Sets>\n<SetLists>{rows}</SetLists></TeachingManager></iSAMS>"
    )
    return text.encode()


def rearranged(random: Random) -> bytes:
    """Return the `lean` document, of which some records hold what they hold in another way."""
    share = random.choice((0.05, 0.2, 0.6))

    def some(match: re.Match[bytes]) -> bytes:
        return _rearranged(match[0], random) if random.random() < share else match[0]

    return _RECORD.sub(some, lean())


def _rearranged(record: bytes, random: Random) -> bytes:
    """Return *record* with new elements and attributes, others gone, twice or in other places."""
    tree = ET.fromstring(record)
    for element in list(tree.iter()):
        held = list(element)
        for _ in range(random.choice((0, 0, 1, 2))):
            at = random.randrange(len(held) + 1)
            match random.randrange(4):
                case 0:
                    held.insert(at, ET.Element(f"New{random.randrange(4)}"))
                case 1 if held:
                    held.insert(at, held[at % len(held)])
                case 2:
                    random.shuffle(held)
                case _:
                    del held[at : at + 1]
        element[:] = held
        attributes = [*element.attrib.items(), *[("New", "1")] * random.choice((0, 0, 1))]
        if random.random() < 0.3:
            random.shuffle(attributes)
        element.attrib = dict(attributes)
    return ET.tostring(tree, encoding="unicode").encode() + b"\n"


@cache
def late_spots() -> tuple[int, ...]:
    """Return places in and around a late record of each kind in the `lean` document.

    One for each thing that a place can be: between which two characters, in which tag or behind it.
    """
    body, spots = lean(), dict[tuple[int, str, bool, int, str], int]()
    for kind, record in enumerate(_LEAN):
        text = record.format(_LEAN_RECORDS[-2])
        start = body.index(text.encode())
        for place in range(len(text) + 1):
            begin = text.rfind("<", 0, place)
            tag = re.match(r"/?\w*", text[begin + 1 :])
            is_inside, is_value = ">" in text[begin:place], text[begin:place].count('"') % 2
            around = re.sub(r"\w", "a", text[max(0, place - 1) : place + 1])
            what = (kind, tag[0] if tag else "", is_inside, is_value, around)
            spots.setdefault(what, start + len(text[:place].encode()))
    return tuple(spots.values())


def thinned(body: bytes) -> bytes:
    """Return *body* with some records of each kind, the last too, and rows of these pupils."""
    left = {tag: body.count(b"<%b " % tag) for tag in (b"SetList", b"Pupil", b"Set", b"Schedule")}
    kept = set[bytes]()

    def some(match: re.Match[bytes]) -> bytes:
        tag, attributes = match[1], match[2]
        if tag not in left:
            return match[0]
        left[tag] -= 1
        if left[tag] < 12 or left[tag] % 24 == 0:
            kept.update(re.findall(rb'\bId="\d+"', attributes) if tag == b"Pupil" else ())
            return match[0]
        is_theirs = any(b"Pupil" + pupil in attributes for pupil in kept)
        return match[0] if is_theirs and left[tag] % 4 == 0 else b""

    return _RECORD.sub(some, body)


def in_another_order(body: bytes) -> bytes:
    """Return *body* with the set lists before all else: then no pupil is known."""
    start, end = body.index(b"<SetLists>"), body.index(b"</SetLists>") + len(b"</SetLists>")
    first = b"<TeachingManager>" + body[start:end] + b"</TeachingManager>"
    return b"<iSAMS>" + first + (body[:start] + body[end:]).split(b"<iSAMS>", 1)[1]
