"""The judges of pages: each kind of fault is seen on a page that has it, and none on a good one."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page
from werkzeug import Request, Response

from simulators.serving import serve
from tests.browser.chromium import Browser, Scheme, Window, tab_to
from tests.browser.looks import Judge

GOOD = """
<p>Nothing waits for you. What went last <a href="/last">is told here</a>.</p>
<details><summary>What this means</summary><p>Three classes go on as they are.</p></details>
<form method="post" action="/done">
  <p><label><input type="checkbox" name="seen"> I have seen whom it is about</label></p>
  <p><label>Why <input name="why"></label></p>
  <p><label><input type="radio" name="much"> All</label>
     <label><input type="radio" name="much"> Some</label></p>
  <button>Let it go</button>
</form>
<p style="position: absolute; width: 1px; height: 1px; overflow: hidden">For those who listen</p>
<div style="overflow-x: auto" tabindex="0" role="group" aria-label="Classes"><div
  style="width: 2000px">Scrolls</div></div>
"""
STYLE = """
html { background: #fff; color: #111; font: 16px/1.5 sans-serif }
@media (prefers-color-scheme: dark) { html { background: #111; color: #eee } a { color: #9cf } }
:root { color-scheme: light dark }
body { margin: 0 16px }
:focus-visible { outline: 3px solid; outline-offset: 2px }
summary, button, input { min-height: 24px; min-width: 24px }
label { display: inline-block }
"""
PAGE = """<!doctype html>
<html lang="en-GB">
<head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width"><link rel="icon" href="data:,">
<style>{style}</style></head>
<body><main><h1>{title}</h1>{content}</main></body>
</html>"""
# As a page of ours: no script at all.
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data: 'self'; form-action 'self'"


def _in_two(text: str) -> Iterator[str]:
    begun = len("<!doctype html>")
    yield text[:begun]
    time.sleep(0.3)
    yield text[begun:]


@Request.application
def pages(request: Request) -> Response:
    """A page of what the query says; what is not there has a page too, with status 404.

    The answer to a form that is sent begins at once, and takes its time then.
    """
    title = {"/": "How things stand", "/done": "It is done"}.get(request.path)
    text = PAGE.format(
        title=title or "There is no such page",
        style=STYLE + request.args.get("style", ""),
        content=request.headers.get("X-Told") or request.args.get("content", GOOD),
    )
    parts = _in_two(text) if request.method == "POST" else text
    answer = Response(parts, 200 if title else 404, content_type="text/html; charset=utf-8")
    answer.headers["Content-Security-Policy"] = POLICY
    return answer


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    """Where the pages are."""
    with serve(pages) as url:
        yield url


def at(site: str, content: str, style: str = "") -> str:
    """Return the address of a page of *content*."""
    return str(httpx.URL(f"{site}/", params={"content": content, "style": style}))


@pytest.mark.parametrize(("scheme", "width_px"), [("light", 320), ("dark", 1280)])
def test_nothing_is_wrong_with_a_good_page(
    judge: Judge, site: str, scheme: Scheme, width_px: int
) -> None:
    """No judge finds a fault, nor in what is folded, scrolls, or is meant for who listens."""
    assert judge.judge(f"{site}/", scheme, width_px).faults == {}


LINK = "<p>See <a href='/a'>this page</a>.</p>"
COVER = "<div style='position: fixed; inset: 0; background: #fff'></div>"
FOLDED = "<details><summary>More</summary><p style='color: #bbb'>Faint</p></details>"
LOW = "<button style='min-height: 0; height: 20px; padding: 0'>Low</button>"
FAR = "<p>Go <a href='/a' tabindex='-1'>past it</a>.</p>"
NARROW = "<p style='width: 60px; {}'>It ends incomprehensibly early</p>"
LOW_BOX = "p {min-width: 9em; height: 2em; overflow: clip}"
SLOPE = "p {background: linear-gradient(red, #fff)}"
LINE = "width: 220px; overflow: hidden; white-space: nowrap; {}"


@pytest.mark.parametrize(
    ("kind", "told", "content", "style"),
    [
        ("violations", "color-contrast: p:", FOLDED, ""),
        ("violations", "label: input:", "<input>", ""),
        ("violations", "heading-order: h4:", "<h4>Too deep</h4>", ""),
        (
            "unsure",
            "color-contrast: p:",
            "<p>Slope</p>",
            "p {background: linear-gradient(red, #fff)}",
        ),
        ("small_targets", "button «Low» .*x20", LOW, ""),
        ("small_targets", "a «Alone»", "<p><a href='/a'>Alone</a></p>", "a {font-size: 12px}"),
        ("cut_words", "^cut off: early$", NARROW.format(LINE), ""),
        ("cut_words", "^cut off: early$", NARROW.format(LINE), "p {text-overflow: ellipsis}"),
        (
            "cut_words",
            "^cut off: early$",
            NARROW,
            LOW_BOX,
        ),
        ("cut_words", "^broken: incomprehensibly$", NARROW, "p {overflow-wrap: anywhere}"),
        ("cut_words", "^outside of its box: incomprehensibly$", NARROW, ""),
        ("unseen_focus", "a «this page»: 0 pixels", LINK, "a:focus {outline: none}"),
        ("unseen_focus", "a «this page»: ", LINK, "a:focus {outline: 3px solid #eee}"),
        ("unseen_focus", "a «this page»: 0 pixels", LINK + COVER, ""),
        ("unreached", "a «past it»", FAR, ""),
        ("console", "crest.example", "<img alt='A crest' src='https://crest.example/a.png'>", ""),
        ("console", "error: .* 404", "<img alt='A crest' src='/crest.png'>", ""),
    ],
)
def test_a_fault_is_seen_by_the_judge_of_its_kind(
    judge: Judge, site: str, kind: str, told: str, content: str, style: str
) -> None:
    """It says where, and no other judge finds anything."""
    found = judge.judge(at(site, content, style)).faults

    assert found.keys() == {kind}
    assert [one for one in found[kind] if re.search(told, one)]


def test_a_page_that_is_too_wide_is_measured(judge: Judge, site: str) -> None:
    """By how much it is wider than the window."""
    wide = "<div style='width: 384px'>Wide</div>"

    assert judge.judge(at(site, wide), width_px=320).faults == {"over_px": 80}


def test_a_screen_is_judged_where_the_steps_lead(judge: Judge, site: str) -> None:
    """After a form was sent, however long its answer takes; scripts have no part in it."""
    wide = "/done?content=<div style='width: 384px'>Wide</div>"
    form = f'<form method="post" action="{wide}"><button>Let it go</button></form>'

    def send(page: Page) -> None:
        page.get_by_role("button", name="Let it go").click()

    assert judge.judge(at(site, form), width_px=320, then=send).faults == {"over_px": 80}


def test_a_screen_with_a_status_of_its_own_is_no_fault(judge: Judge, site: str) -> None:
    """The browser notes a 404 in its console, also of a page that says what is not there."""
    assert judge.judge(f"{site}/nowhere").faults == {}


def test_scripts_of_a_page_do_not_run(judge: Judge, site: str) -> None:
    """What only a script would show is not there to be judged."""
    late = "<p id=p>Early</p><script>p.style.width = '4000px'</script>"

    assert judge.judge(at(site, late)).faults == {}


def test_a_picture_is_left_of_what_has_a_name(browser: Browser, site: str, tmp_path: Path) -> None:
    """One a look, for a person."""
    judge = Judge(browser, tmp_path / "pictures")
    judge.judge(f"{site}/", "dark", 320, name="front")
    judge.judge(f"{site}/", "dark", 320)

    assert [one.name for one in tmp_path.rglob("*.*")] == ["front-dark-320.png"]


def test_whoever_has_no_mouse_gets_there(browser: Browser, site: str) -> None:
    """By Tab to a name, by Enter through it."""

    def send(page: Page) -> str:
        tab_to(page, "Why")
        page.keyboard.type("It is right")
        tab_to(page, "Let it go")
        page.keyboard.press("Enter")
        page.wait_for_url("**/done*")
        return page.inner_text("h1")

    assert browser.walk(f"{site}/", send) == "It is done"


def test_a_window_asks_as_its_headers_say(browser: Browser, site: str) -> None:
    """As the platform's sign-in would add them."""
    told = Window(headers={"X-Told": "For you"})

    assert "For you" in browser.walk(f"{site}/", lambda page: page.inner_text("main"), told)


def test_what_the_keyboard_never_comes_to_is_said(browser: Browser, site: str) -> None:
    """With the stops on the way: somebody must see why."""
    with pytest.raises(LookupError, match=r"'Let it go'.*'this page'"):
        browser.walk(at(site, LINK), lambda page: tab_to(page, "Let it go"))
