"""What a person types from the pages: in the shell that they have, with all that it needs."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.az.lines import ROOT, pages
from tests.infra.test_shipped import tree

BLOCK = re.compile(r"^ *```(bash|sh|powershell)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
# For a Unix shell alone: a variable before a command or in its words, a line that goes on.
UNIX_ALONE = re.compile(r"^\w+=|\$\w|\$\(|\\$|\\\"|^read -", re.MULTILINE)
SET = re.compile(r"^(?:\$(?=[A-Z_]+ =)|read -rs |(?=[A-Z_]+=))([A-Z_]+)")
USED = re.compile(r"\$([A-Z][A-Z_]+)\b")
ROLE_DELAY = re.compile(r"role[^.|]{0,40}just granted[^.|]{0,80}|granted[^.|]{0,60}hour")


def sections() -> Iterator[tuple[str, str]]:
    """Yield page and text of every section."""
    for name, text in pages():
        if name.endswith(".md"):
            for section in re.split(r"^#+ ", text, flags=re.MULTILINE):
                yield name, section


def test_what_a_unix_shell_alone_understands_has_its_form_for_powershell() -> None:
    """In the same section: Windows is promised."""
    alone = [
        (name, section.partition("\n")[0])
        for name, section in sections()
        for shell, block in BLOCK.findall(section)
        if shell != "powershell" and UNIX_ALONE.search(block) and "PowerShell" not in section
    ]

    assert alone == []


def test_a_variable_is_set_on_the_page_on_which_it_is_used() -> None:
    """Whoever begins there has set nothing."""
    unset = []
    for name, text in pages():
        known = {"bash": set[str](), "powershell": set[str]()}
        for shell, block in BLOCK.findall(text):
            names = known["powershell" if shell == "powershell" else "bash"]
            for line in block.splitlines():
                names.update(SET.findall(line))
                unset += [(name, used) for used in USED.findall(line) if used not in names]

    assert unset == []


def test_a_post_says_its_body_or_that_it_is_empty() -> None:
    """Azure has answered 411 to one that does not: docs/reference/functions.md#empty-post."""
    posts = [line for _, text in pages() for line in text.splitlines() if "curl -X POST" in line]

    assert len(posts) > 2
    assert [line for line in posts if "-d '" not in line] == []
    empty = [line for line in posts if "-d ''" in line]
    assert {line for line in posts if line not in empty and "api/explain" not in line} == set()


def test_no_line_asks_azure_for_an_output_by_its_name() -> None:
    """Azure spells it otherwise, and prints nothing: docs/reference/functions.md#output-names."""
    assert [name for name, text in pages() if re.search(r"outputs\.[A-Za-z]", text)] == []


def test_a_role_is_said_to_take_up_to_a_day_wherever_it_is_said() -> None:
    """Whoever reads an hour in one place and a day in another waits for the wrong thing."""
    said = [
        (name, " ".join(found.split()))
        for name in tree()
        if name.endswith((".md", ".py", ".sh", ".ps1")) and not name.startswith("tests/")
        for found in ROLE_DELAY.findall((ROOT / name).read_text(encoding="utf-8"))
    ]

    assert len(said) > 2
    assert [place for place in said if "up to a day" not in place[1]] == []


@pytest.mark.parametrize("least", ["azd`) 1.23.5", "az`, which brings\n  Bicep) 2.68"])
def test_the_least_versions_stand_on_the_page(least: str) -> None:
    """And azd itself refuses an older one."""
    page = (ROOT / "docs" / "deploying.md").read_text(encoding="utf-8")
    told = (ROOT / "azure.yaml").read_text(encoding="utf-8")

    assert least in page
    assert 'requiredVersions:\n  azd: ">= 1.23.5"\n' in told
