"""Records taken ahead of expat change nothing that is read."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest

from tests.fuzz.documents import Document, documents, late_spots, lean, rearranged
from tests.fuzz.two_readers import SIZES_BYTES, SPICE, Trial, outcome, spiced, trial

MUTANTS = 150
# What a pattern that allowed a little more would take: this is put into more places.
# `python -m tests.fuzz` puts everything everywhere.
DANGEROUS = {b"\r", b"\t", b"]", b"\x01", b"&#65;", b"&amp;", b"\xef\xbf\xbf", b"\xc2\xa0"}


@pytest.mark.parametrize("document", documents())
def test_both_readers_read_a_whole_document_alike(document: Document) -> None:
    """Pretty printed or dense, with CRLF, in any order, in chunks of any size."""
    small = SIZES_BYTES if document == documents()[0] else ()
    for size_bytes in {997, 65_536, *small}:
        made = Trial(document, size_bytes)
        assert outcome(made, ahead=True) == outcome(made, ahead=False), size_bytes


@pytest.mark.parametrize("spice", SPICE)
def test_both_readers_read_what_is_put_anywhere_alike(spice: bytes) -> None:
    """Into a text that is heard and one that is not, a value, a tag, between two records."""
    spots = late_spots()[len(spice) :: 5 if spice in DANGEROUS else 90]
    for spot in spots:
        made = Trial(Document(spiced(spot, spice)), 1 << 30)
        assert outcome(made, ahead=True) == outcome(made, ahead=False), spot


@pytest.mark.parametrize("seed", range(4))
def test_both_readers_read_records_of_any_shape_alike(seed: int) -> None:
    """Also while a pattern is still learned: with other children, in another order, or twice."""
    random = Random(seed)
    for number in range(60):
        made = Trial(Document(rearranged(random)), 1 << 30)
        assert outcome(made, ahead=True) == outcome(made, ahead=False), number


@pytest.mark.parametrize("deep", [30, 400, 3_000])
def test_both_readers_read_what_is_deep_alike(deep: int) -> None:
    """Elements in elements in a record that nobody wants: expat has no bound, and Python has."""
    inside = b"<New>" * deep + b"</New>" * deep
    for record in (b"</Pupil>", b"</SetList>"):
        for size_bytes in (4_096, 1 << 30):
            made = Trial(Document(lean().replace(record, inside + record)), size_bytes)
            assert outcome(made, ahead=True) == outcome(made, ahead=False), (record, size_bytes)


@pytest.mark.parametrize("seed", range(3))
def test_both_readers_read_mutants_alike(seed: int) -> None:
    """The same school in the same order, or the same error of the same record."""
    random = Random(seed)
    outcomes = Counter[str]()
    for _ in range(MUTANTS):
        made = trial(random)
        read = outcome(made, ahead=True)
        assert read == outcome(made, ahead=False), made
        outcomes[read.name] += 1

    # A set of mutants that all fail alike would prove nothing.
    assert min(outcomes[name] for name in ("School", "SourceIllegible", "SourceMalformed")) > 9
