"""`python -m tests.fuzz SEED SECONDS`: mutants read twice, as `tests.fuzz.two_readers` says.

It tells how many there were, how they ended, and of each that did not end the same its number, and
leaves it as a file in the folder for temporary files.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from random import Random

from tests.fuzz.two_readers import documents, outcome, trial


def main(seed: int, seconds: float) -> int:
    """Read mutants for so many *seconds*; return 1 if any was read in two ways."""
    random, ends_s = Random(seed), time.monotonic() + seconds
    outcomes, apart = Counter[str](), 0
    while time.monotonic() < ends_s:
        made = trial(random.choice(documents()), random)
        plain, ahead = outcome(made, ahead=False), outcome(made, ahead=True)
        outcomes[plain.name] += 1
        if plain != ahead:
            apart += 1
            file = Path(tempfile.gettempdir()) / f"mutant-{seed}-{outcomes.total()}.xml"
            file.write_bytes(made.document.body)
            say(f"{file}: {made._replace(document=made.document._replace(body=b''))}")
            say(f"  expat alone: {plain.name}, with records ahead: {ahead.name}")
    say(f"seed {seed}: {outcomes.total()} mutants, {apart} read in two ways; {dict(outcomes)}")
    return 1 if apart else 0


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), float(sys.argv[2])))
