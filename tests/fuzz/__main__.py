"""`python -m tests.fuzz [SEED SECONDS]`: mutants read twice, as `tests.fuzz.two_readers` says.

Without words everything that is put into documents is put everywhere, once. It tells how many
mutants there were, how they ended, and of each that was read in two ways in which file it lies.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random

from tests.fuzz.documents import Document, late_spots
from tests.fuzz.two_readers import SPICE, Trial, outcome, spiced, trial


def main(trials: Iterator[Trial]) -> int:
    """Read each of *trials* twice; return 1 if any was read in two ways."""
    outcomes, apart = Counter[str](), 0
    for made in trials:
        plain, ahead = outcome(made, ahead=False), outcome(made, ahead=True)
        outcomes[plain.name] += 1
        if plain != ahead:
            apart += 1
            name = f"mutant-{'-'.join(sys.argv[1:])}-{outcomes.total()}.xml"
            file = Path(tempfile.gettempdir()) / name
            file.write_bytes(made.document.body)
            say(f"{file}: {made._replace(document=made.document._replace(body=b''))}")
            say(f"  expat alone: {plain.name}, with records ahead: {ahead.name}")
    say(f"{outcomes.total()} mutants, {apart} read in two ways; {dict(outcomes)}")
    return 1 if apart else 0


def at_random(seed: int, seconds: float) -> Iterator[Trial]:
    """Yield mutants for so many *seconds*."""
    random, ends_s = Random(seed), time.monotonic() + seconds
    while time.monotonic() < ends_s:
        yield trial(random)


def everything_everywhere() -> Iterator[Trial]:
    """Yield a mutant for each thing at each place of a small document."""
    for spice in SPICE:
        for spot in late_spots():
            yield Trial(Document(spiced(spot, spice)), 1 << 30)


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    if sys.argv[1:]:
        sys.exit(main(at_random(int(sys.argv[1]), float(sys.argv[2]))))
    sys.exit(main(everything_everywhere()))
