"""Records taken ahead of expat change nothing that is read."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest

from tests.fuzz.two_readers import SIZES_BYTES, Document, Trial, documents, outcome, trial

MUTANTS = 500


@pytest.mark.parametrize("size_bytes", SIZES_BYTES)
@pytest.mark.parametrize("document", documents(), ids=lambda document: len(document.body))
def test_both_readers_read_a_whole_document_alike(document: Document, size_bytes: int) -> None:
    """Pretty printed or dense, with CRLF, in any order, in chunks of any size."""
    made = Trial(document, size_bytes)
    read = outcome(made, ahead=True)

    assert read == outcome(made, ahead=False)
    assert read.name == "School" if document.is_whole else "Subjects"


@pytest.mark.parametrize("seed", range(4))
def test_both_readers_read_mutants_alike(seed: int) -> None:
    """The same school in the same order, or the same error of the same record."""
    random = Random(seed)
    outcomes = Counter[str]()
    for _ in range(MUTANTS):
        made = trial(random.choice(documents()), random)
        read = outcome(made, ahead=True)
        assert read == outcome(made, ahead=False), made
        outcomes[read.name] += 1

    # A set of mutants that all fail alike would prove nothing.
    assert min(outcomes[name] for name in ("School", "SourceIllegible", "SourceMalformed")) > 20
