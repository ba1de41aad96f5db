"""`python dev.py audit`: the app's packages as a CycloneDX list, and what is known against them.

Called with the folder of the tools, which are not in the app's own environment. Writes
`out/sbom.cdx.json` whether or not the advisories can be reached. Ends with 0 if every package was
looked up and nothing is known, 1 for a known fault or a tool that failed, 3 if it could not look.
"""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from tests.audit.verdict import ACCEPTED, Code, pinned, verdict

ROOT = Path(__file__).resolve().parents[2]
LOCK = ROOT / "requirements.txt"
OUT = ROOT / "out"
WAIT_S = 15  # for each package; pip-audit tries again by itself


def main(tools: Path, out: Path) -> int:
    """Make the list, look the packages up, say what came of it."""
    out.mkdir(exist_ok=True)
    listed = make_sbom(tools, out / "sbom.cdx.json")
    report = look_up(tools, out / "audit.json")
    found = verdict(
        report,
        pinned(LOCK.read_text("utf-8")),
        accepted=ACCEPTED,
        today=datetime.now(UTC).date(),
    )
    for line in found.lines:
        say(line)
    return found.code if listed or found.code is Code.FAULTY else Code.FAULTY


def make_sbom(tools: Path, target: Path) -> bool:
    """Write the list of what requirements.txt pins; False if that failed."""
    target.unlink(missing_ok=True)
    # The same lock gives the same bytes: no time, no serial number.
    words = ("--output-reproducible", "--pyproject", "pyproject.toml", "-o", str(target))
    run = _run(tools / "cyclonedx-py", "requirements", LOCK.name, *words)
    if run.returncode or not target.exists():
        say(f"no list was made: {_last(run.stderr)}")
        return False
    say(f"wrote {target.parent.name}/{target.name} (CycloneDX)")
    return True


def look_up(tools: Path, target: Path) -> str | None:
    """Return pip-audit's report, None if there is none.

    Its exit code is not asked: it is 1 for a fault and for a failure, 0 where it skipped all.
    """
    target.unlink(missing_ok=True)
    words = ("--disable-pip", "--require-hashes", "--desc", "off", "--progress-spinner", "off")
    asked = ("-r", LOCK.name, "-f", "json", "-o", str(target), "--timeout", str(WAIT_S))
    run = _run(tools / "pip-audit", *asked, *words)
    if target.exists():
        return target.read_text("utf-8")
    say(f"the advisories could not be reached: {_last(run.stderr)}")
    return None


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _run(tool: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [str(tool.with_suffix(".exe") if os.name == "nt" else tool), *words]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def _last(said: str) -> str:
    lines = said.strip().splitlines()
    return lines[-1][:160] if lines else "it said nothing"


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), OUT))
