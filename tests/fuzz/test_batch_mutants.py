"""P4: any bytes give a school or a typed error, nothing else."""

from __future__ import annotations

from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from sync.errors import SourceError
from sync.isams.batch.reader import read_document
from sync.isams.error_document import read_error
from sync.isams.school import School
from tests.unit.batch_samples import emptied, sample

MUTANTS = 10_000
_SPICE = (
    *(b"<", b">", b"/", b"&", b'"', b"\0", b"\xff", b"\xed\xa0\x80", b"\xef\xbb\xbf", b"9" * 50),
    *(b"<![CDATA[", b"]]>", b"<!--", b"-->", b"&#0;", b"&#xD800;", b"<!DOCTYPE a>"),
    *(b"<SetList>", b"</SetList>", b"<Pupil>", b"</Pupil>", b"<Teachers>", b"</iSAMS>", b"Id="),
    b"<?xml version='1.0' encoding='utf-16'?>",
)


def _mutant(seeds: tuple[bytes, ...], random: Random) -> bytes:
    body = bytearray(random.choice(seeds))
    for _ in range(random.randint(1, 6)):
        at = random.randrange(len(body) + 1)
        upto = min(len(body), at + random.choice((0, 1, 1, 8, 200)))
        match random.randrange(5):
            case 0:
                body[at:upto] = random.randbytes(upto - at)
            case 1:
                del body[at:upto]
            case 2:
                body[at:at] = random.choice(_SPICE)
            case 3:
                to = random.randrange(len(body) + 1)
                body[to:to] = body[at:upto]
            case _:
                body[at : at + 1] = random.choice(_SPICE)
    return bytes(body)


def _outcome(body: bytes, size_bytes: int) -> str:
    chunks = [body[at : at + size_bytes] for at in range(0, len(body), size_bytes)]
    try:
        school = read_document(chunks)
    except SourceError as error:
        return error.code
    assert isinstance(school, School)
    assert school.pupils
    assert school.employees
    assert school.subjects
    assert school.sets
    assert school.counts["SetList"]
    return "School"


def test_ten_thousand_mutants_give_a_school_or_a_source_error() -> None:
    """And a school is never without one of its five parts."""
    random = Random(20_260_914)
    text = sample().decode()
    seeds = (
        sample(),
        sample(),
        text.encode("utf-16"),
        b"<?xml version='1.0' encoding='utf-16'?>" + sample(),
        b"<?xml version='1.0' encoding='windows-1252'?>" + sample(),
        sample("refusal-methods.xml"),
        emptied("SetLists"),
    )
    outcomes = {_outcome(_mutant(seeds, random), 997) for _ in range(MUTANTS)}

    # A set of mutants that all fail alike would prove nothing.
    assert outcomes >= {"School", "SourceMalformed", "SourceIncomplete", "SourceRefused"}


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=300), st.integers(min_value=1, max_value=50))
def test_noise_is_an_error_of_ours(noise: bytes, size_bytes: int) -> None:
    """Bytes without any XML in them never end otherwise, and never as a school."""
    assert _outcome(noise, size_bytes) != "School"
    assert isinstance(read_error(noise, 500), SourceError)
