"""`python -m simulators.demo.picture FILE`: what the demo prints, as the picture in the README."""

from __future__ import annotations

import io
import re
import sys
from pathlib import Path

from rich.console import Console
from rich.text import Text

from simulators.demo.story import demo
from simulators.demo.telling import Teller

WIDTH = 134
PUPILS = 300
_WEB_FONTS = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)  # the picture asks the web for nothing


def main(file: str) -> int:
    """Run the demo and draw what it printed; return the demo's exit code."""
    recorded = io.StringIO()
    console = Console(file=recorded, width=WIDTH, force_terminal=True, force_interactive=False)
    code = demo(PUPILS, Teller(console))
    paper = Console(file=io.StringIO(), width=WIDTH, record=True)
    paper.print(Text.from_ansi(recorded.getvalue().strip()))
    picture = paper.export_svg(title="python dev.py demo", unique_id="demo")
    Path(file).write_text(_WEB_FONTS.sub("", picture), encoding="utf-8")
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
