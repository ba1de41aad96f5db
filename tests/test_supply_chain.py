"""What is installed, built and run from others: pinned, listed, and looked up honestly."""

from __future__ import annotations

import json
import re
import sys
from datetime import date
from importlib.metadata import version
from pathlib import Path

import pytest

import dev
from tests.audit.__main__ import main
from tests.audit.verdict import ACCEPTED, Accepted, Code, Verdict, pinned, verdict

ROOT = Path(__file__).parent.parent
TODAY = date(2026, 11, 21)
EXPECTED = frozenset({"httpx", "typing-extensions"})
HELD_UP = "Dependency not found on PyPI and could not be audited"


def package(name: str, *advisories: str, skipped: bool = False) -> dict[str, object]:
    if skipped:
        return {"name": name, "skip_reason": HELD_UP}
    vulns = [{"id": one, "aliases": ["CVE-2026-1"], "fix_versions": ["9.9"]} for one in advisories]
    return {"name": name, "version": "1.0", "vulns": vulns}


def report(*packages: dict[str, object]) -> str:
    return json.dumps({"dependencies": packages, "fixes": []})


def judged(said: str | None, *accepted: Accepted) -> Verdict:
    return verdict(said, EXPECTED, accepted=accepted, today=TODAY)


def test_clean_is_said_only_of_packages_that_were_looked_up() -> None:
    """Every pinned package was found, under any spelling of its name, and nothing is known."""
    found = judged(report(package("httpx"), package("Typing_Extensions")))

    assert found.code is Code.CLEAN
    assert "2 packages looked up" in found.lines[-1]


@pytest.mark.parametrize(
    "said",
    [
        None,
        "",
        "Traceback",
        "[]",
        report(),
        report(package("httpx")),
        report(package("httpx"), package("typing-extensions", skipped=True)),
    ],
)
def test_what_was_not_looked_up_is_never_clean(said: str | None) -> None:
    """No report, half a report, or skipped packages: the result is unknown, exit code 3."""
    found = judged(said)

    assert found.code is Code.UNKNOWN
    assert "typing-extensions" in " ".join(found.lines)
    assert ("not found on PyPI" in " ".join(found.lines)) == (HELD_UP in (said or ""))


def test_an_empty_lock_is_not_clean() -> None:
    """A lock in which no package could be recognised proves nothing."""
    found = verdict(report(), frozenset(), accepted=(), today=TODAY)

    assert found.code is Code.UNKNOWN


def test_a_known_fault_is_told_with_its_remedy() -> None:
    """It weighs more than a package that could not be looked up."""
    found = judged(report(package("httpx", "PYSEC-1"), package("typing-extensions", skipped=True)))

    assert found.code is Code.FAULTY
    assert "httpx 1.0: PYSEC-1; mended in: 9.9" in found.lines


@pytest.mark.parametrize("advisory", ["PYSEC-1", "CVE-2026-1"])
def test_an_accepted_fault_passes_until_its_day(advisory: str) -> None:
    """By any of its ids; it is still told, with the reason."""
    said = report(package("httpx", "PYSEC-1"), package("typing-extensions"))
    found = judged(said, Accepted(advisory, TODAY, "we never call it"))

    assert found.code is Code.CLEAN
    assert "we never call it" in found.lines[0]


def test_an_accepted_fault_comes_back_after_its_day() -> None:
    """Nobody forgets one for good."""
    said = report(package("httpx", "PYSEC-1"), package("typing-extensions"))
    yesterday = date(2026, 11, 20)

    assert judged(said, Accepted("PYSEC-1", yesterday, "we never call it")).code is Code.FAULTY


def test_each_exception_is_argued() -> None:
    """An accepted fault says why."""
    assert all(len(one.why) > 20 for one in ACCEPTED)


SBOM = '#!/bin/sh\nfor last; do :; done\necho "{}" > "$last"\n'
NO_SBOM = "#!/bin/sh\necho broken >&2\nexit 1\n"
OFFLINE = "#!/bin/sh\necho 'NameResolutionError' >&2\nexit 1\n"


@pytest.mark.skipif(sys.platform == "win32", reason="stands in for the tools with shell scripts")
@pytest.mark.parametrize(("sbom", "code"), [(SBOM, Code.UNKNOWN), (NO_SBOM, Code.FAULTY)])
def test_without_the_advisories_the_list_is_made_all_the_same(
    sbom: str, code: Code, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 3 says that nothing could be looked up; a tool that failed is code 1."""
    for name, text in (("cyclonedx-py", sbom), ("pip-audit", OFFLINE)):
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)
    out = tmp_path / "out"

    assert main(tmp_path, out) == code
    assert (out / "sbom.cdx.json").exists() == (sbom is SBOM)
    said = capsys.readouterr().out
    assert "could not be reached: NameResolutionError" in said
    assert "nothing is known of these" in said


@pytest.mark.skipif(sys.platform == "win32", reason="stands in for the tools with shell scripts")
def test_a_report_of_another_day_is_not_read(tmp_path: Path) -> None:
    """What an earlier look left behind proves nothing about today."""
    for name, text in (("cyclonedx-py", SBOM), ("pip-audit", OFFLINE)):
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)
    lock = pinned((ROOT / "requirements.txt").read_text("utf-8"))
    (tmp_path / "audit.json").write_text(report(*map(package, sorted(lock))))

    assert main(tmp_path, tmp_path) == Code.UNKNOWN


@pytest.mark.parametrize("name", dev.LOCKS)
def test_every_package_is_pinned_by_hash_and_from_nowhere_in_particular(name: str) -> None:
    """A lock names versions and hashes, and no address: where from is the installer's affair."""
    text = (ROOT / f"{name}.txt").read_text("utf-8")

    entries = re.split(r"\n(?=[A-Za-z0-9])", text)
    assert len(pinned(text)) == len(entries)
    assert all("--hash=sha256:" in entry for entry in entries)
    assert not re.search(r"://|--(?:extra-)?index-url|--find-links|\s@\s", text)
    assert (ROOT / f"{name}.in").exists()


@pytest.mark.parametrize("name", ["azure-functions", "azure-functions-runtime"])
def test_azure_runs_the_worker_that_the_tests_have_run(name: str) -> None:
    """Without a version in requirements.txt the platform would take its own, of any day."""
    lock = (ROOT / "requirements.txt").read_text("utf-8")

    assert f"\n{name}=={version(name)} " in lock


@pytest.mark.parametrize(
    ("command", "tools"),
    [
        ("audit", {"pip-audit", "cyclonedx-bom"}),
        ("judge", {"checkov", "zizmor", "check-jsonschema"}),
    ],
)
def test_the_tools_that_look_at_the_app_are_not_beside_it(command: str, tools: set[str]) -> None:
    """They are not among the app's packages, nor among those of its tests."""
    for name in dev.LOCKS:
        found = tools & pinned((ROOT / f"{name}.txt").read_text("utf-8"))
        assert found == (tools if name == f"requirements-{command}" else set())


def test_what_a_workflow_builds_from_source_is_pinned_by_commit() -> None:
    """As an action is; Go looks its checksum up besides."""
    text = (ROOT / ".github" / "workflows" / "test.yml").read_text("utf-8")

    assert re.findall(r"go install \S+@(\S+)  # v\d+\.\d+\.\d+\n", text)
    assert all(
        re.fullmatch("[0-9a-f]{40}", one) for one in re.findall(r"go install \S+@(\S+)", text)
    )


def test_every_action_is_pinned_by_commit() -> None:
    """A tag can be moved by whoever owns the action; a commit cannot."""
    workflows = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
    used = [
        line
        for path in workflows
        for line in path.read_text("utf-8").splitlines()
        if "uses:" in line
    ]

    assert used
    for line in used:
        assert re.search(r"uses: [\w-]+/[\w-]+@[0-9a-f]{40}  # v\d+\.\d+\.\d+$", line), line


def test_a_workflow_may_only_read() -> None:
    """No workflow has more rights in the repository than to read it, or keeps a token in it."""
    for path in (ROOT / ".github" / "workflows").glob("*.yml"):
        text = path.read_text("utf-8")
        writes = text.count("permissions:\n      contents: write\n")
        assert "\npermissions:\n  contents: read\n" in text
        assert text.count("permissions:") == 1 + writes
        assert writes == (path.name == "release.yml")
        assert text.count("persist-credentials: false") == text.count("actions/checkout@")
        assert "secrets." not in text


def test_what_may_write_a_release_runs_nothing_of_ours() -> None:
    """The one job with that right has no checkout, and starts only `gh` on what was built."""
    text = (ROOT / ".github" / "workflows" / "release.yml").read_text("utf-8")
    build, publish = text.split("\n  publish:\n")

    assert "contents: write" not in build
    assert re.findall(r"uses: ([\w/-]+)@", publish) == ["actions/download-artifact"]
    assert [line.split()[2:5] for line in publish.splitlines() if "run:" in line] == [
        ["gh", "release", "create"]
    ]


def test_a_release_holds_what_is_shipped() -> None:
    """The app's archive has what `.funcignore` lets through, and nothing beside it."""
    text = (ROOT / ".github" / "workflows" / "release.yml").read_text("utf-8")
    (packed,) = re.findall(r"zip -q -r \S+ (.+)", text)
    shipped = re.findall(r"^!/(\S+?)/?$", (ROOT / ".funcignore").read_text("utf-8"), re.MULTILINE)

    assert sorted(packed.split()) == sorted(shipped)
