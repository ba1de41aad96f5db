"""The docs against the code and against each other: parts, links and cited facts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests import mark_names
from tests.addresses import ADDRESSES
from tests.infra.test_shipped import tree
from tests.pages import picture, rooms
from tests.pages.parts import PARTS, ROOT, names, pages, refreshed, stale

CITED = re.compile(r"docs/([\w/-]+\.md)(?:#([\w-]+))?")
# A citation of old, or a fact cited by its page alone: neither says which fact is meant.
LOOSE = re.compile(r"(?<![\w/])(?:sds|isams|functions)\.md|docs/reference/\w+\.md(?![#\w])")


def relative(path: Path) -> str:
    """Return the name of a file as the repository knows it."""
    return path.relative_to(ROOT).as_posix()


@cache
def anchors(page: Path) -> frozenset[str]:
    """Return what can be linked to on *page*: its headings, as GitHub writes them, and its ids."""
    text = page.read_text(encoding="utf-8")
    heads = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    slugs = {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}
    return frozenset(slugs | set(re.findall(r'<a id="([^"]+)">', text)))


def sources() -> Iterator[tuple[str, str]]:
    """Yield name and text of every file of code; this file speaks of citations and is left out."""
    for name in sorted(tree()):
        path = ROOT / name
        if path.suffix in {".py", ".bicep"} and path != Path(__file__):
            yield name, path.read_text(encoding="utf-8")


def test_the_docs_say_what_the_code_says() -> None:
    """Every part between marks, and the picture, is as `python dev.py docs` would write it."""
    assert [relative(page) for page, _ in stale()] == []


def test_every_part_stands_on_one_page() -> None:
    """Nothing is written for nobody, and no table stands twice."""
    standing = [name for page in pages() for name in names(page.read_text(encoding="utf-8"))]

    assert sorted(standing) == sorted(PARTS)


@pytest.mark.parametrize(
    "page",
    [
        "<!-- from the code: fates -->\n| old |\n",
        "| old |\n<!-- end -->\n",
        "<!-- from the code: no-such-part -->\n<!-- end -->\n",
        "<!-- from the code: fates -->\n<!-- from the code: rooms -->\n<!-- end -->\n",
    ],
)
def test_a_part_that_nobody_would_write_is_an_error(page: str) -> None:
    """A mark that is mistyped or alone cannot leave a table to go stale unseen."""
    with pytest.raises(ValueError, match=r"mark|nothing writes"):
        refreshed(page)


def test_prose_around_a_part_is_left() -> None:
    """Only what stands between the marks is written anew."""
    page = "before\n<!-- from the code: fates -->\nold\n<!-- end -->\nafter\n"
    written = refreshed(page)

    assert written.startswith("before\n")
    assert written.endswith("<!-- end -->\nafter\n")
    assert "\nold\n" not in written


def test_the_picture_has_every_room_and_the_rooms_are_few() -> None:
    """Whoever looks at the picture sees the whole house, and can hold it in mind."""
    boxes = re.findall(r"font-weight='600'[^>]*>(\w+)<", picture.drawn())

    assert sorted(boxes) == sorted(rooms.rooms())
    assert len(boxes) <= 14


def test_an_arrow_is_left_out_only_where_a_longer_way_leads() -> None:
    """From every room the picture leads to exactly the rooms that it may know."""
    chain = frozenset({("web", "steps"), ("steps", "edge"), ("web", "edge")})

    assert rooms.needed(chain) == {("web", "steps"), ("steps", "edge")}


def house() -> str:
    """Return the page on the architecture."""
    return (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")


def walked(heading: str) -> list[str]:
    """Return the files of the app that a section of the architecture walks through."""
    section = house().partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    return sorted(set(re.findall(r"`([\w/]+\.py)`", section)))


def test_a_pupil_passes_few_files_and_a_setting_one_room() -> None:
    """Whoever follows either with the page in hand has read it all within the hour."""
    pupil, setting = walked("One pupil's way"), walked("One setting's way")

    assert 10 < len(pupil) <= 20
    assert len(setting) > 3
    assert {name.partition("/")[0] for name in setting} == {"settings"}


def prose() -> Iterator[tuple[str, str]]:
    """Yield name and text of every file whose prose may name a file or a module of the code."""
    for name in sorted(tree()):
        suffixes = {".md", ".yml"} if name.startswith((".", "docs/")) else {".md", ".py", ".bicep"}
        if (ROOT / name).suffix in suffixes and not name.startswith("tests/"):
            yield name, (ROOT / name).read_text(encoding="utf-8")


def is_there(path: str) -> bool:
    """Say whether *path*, as a page writes it, is a file here; pages leave out `sync/`."""
    return (ROOT / path).exists() or (ROOT / "sync" / path).exists()


def is_module(dotted: str) -> bool:
    """Say whether *dotted* is a room, a module, or a name that stands in either."""
    path = ROOT.joinpath(*dotted.split("."))
    if path.is_dir() or path.with_suffix(".py").exists():
        return True
    fronts = (path.parent.with_suffix(".py"), path.parent / "__init__.py")
    return any(
        front.exists() and re.search(rf"\b{path.name}\b", front.read_text(encoding="utf-8"))
        for front in fronts
    )


def test_a_file_that_prose_names_exists() -> None:
    """A module that is renamed takes its name along, in pages and in docstrings."""
    paths = {
        (name, path)
        for name, text in prose()
        for path in re.findall(r"\b((?:sync|infra|simulators|tests)/[\w/-]+\.py)\b", text)
    }
    paths |= {("docs/architecture.md", path) for path in re.findall(r"`([\w/]+\.py)`", house())}
    modules = {
        (name, dotted)
        for name, text in prose()
        for dotted in re.findall(r"`(sync(?:\.\w+)+)`", text)
    }

    assert sorted(named for named in paths if not is_there(named[1])) == []
    assert sorted(named for named in modules if not is_module(named[1])) == []


def test_links_lead_somewhere() -> None:
    """A page that was renamed, or a heading that was reworded, leaves no dead link."""
    dead = []
    for page in pages():
        for link in re.findall(r"\]\((?!https?:)([^)\s]+)\)", page.read_text(encoding="utf-8")):
            path, _, anchor = link.partition("#")
            goal = page.parent / path if path else page
            if not goal.exists() or (anchor and anchor not in anchors(goal)):
                dead.append(f"{relative(page)}: {link}")

    assert dead == []


def test_every_citation_in_the_code_resolves() -> None:
    """Whoever doubts a rule finds the page and the fact that it rests on."""
    dead = [
        f"{name}: docs/{page}#{anchor}"
        for name, text in sources()
        for page, anchor in CITED.findall(text)
        if not (ROOT / "docs" / page).exists()
        or (anchor and anchor not in anchors(ROOT / "docs" / page))
    ]

    assert dead == []


def test_a_fact_of_a_vendor_is_cited_by_its_anchor() -> None:
    """A page has a hundred facts: a citation that names no anchor cannot be followed."""
    loose = [
        f"{name}: {found[0]}" for name, text in sources() for found in re.finditer(LOOSE, text)
    ]

    assert loose == []


def test_every_address_has_a_section_in_the_api_page() -> None:
    """A heading names it whole, or by its last word after the address of a sister."""
    page = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    heads = re.findall(r"^## (.+)$", page, re.MULTILINE)
    untold = [
        address.path
        for address in ADDRESSES.values()
        if not any(
            f"{address.method} /api/{address.path}" in head
            or (head.startswith(address.method) and f"…/{address.path.split('/')[-1]}" in head)
            for head in heads
        )
    ]

    assert untold == []


def test_every_mark_stands_in_the_table_of_blobs() -> None:
    """Who looks into storage finds each name there, with the folder in which it lies."""
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    rows = "\n".join(line for line in page.splitlines() if line.startswith("| `"))
    told = set(re.findall(r"`(?:…/)?([\w-]+?)(?:\.json)?`", rows))
    names = (name for key, name in vars(mark_names).items() if key.isupper())
    marks = {name.removesuffix(".json").replace("*", "N") for name in names}

    assert marks - told == set()
