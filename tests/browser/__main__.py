"""`python -m tests.browser pictures FOLDER`: leave a picture of every screen, for people.

They are those of the tests, so no screen is forgotten. What follows FOLDER goes to pytest.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent


def main(words: list[str]) -> int:
    """Run the tests that look at screens, with FOLDER for their pictures."""
    if len(words) < 2 or words[0] != "pictures":
        sys.stderr.write(f"{(__doc__ or '').splitlines()[0]}\n")
        return 2
    os.environ["PICTURES"] = str(Path(words[1]).resolve())
    return pytest.main(["-q", str(HERE), *words[2:]])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
