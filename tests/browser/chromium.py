"""One browser, driven from a thread of its own.

Playwright keeps an event loop running in the thread that it is used from, and would forbid one to
every test that comes after it there. It is imported only where a browser is opened.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from playwright.sync_api import Browser as Driven
    from playwright.sync_api import Page

type Scheme = Literal["light", "dark"]

MISSING = "no Chromium on the PATH: apt-get install chromium; CONTRIBUTING.md, *Set up*"
HEIGHT_PX = 900

# Nothing but this machine is reached: what a page wants from elsewhere fails, and is told.
WORDS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)


@dataclass(frozen=True, slots=True)
class Window:
    """How a page is opened: with which colours, how wide, what each request says besides.

    `cookies` are those that 127.0.0.1 has given before.
    """

    scheme: Scheme = "light"
    width_px: int = 1280
    headers: Mapping[str, str] | None = None
    cookies: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Browser:
    """A browser that runs. Each window has no cookies, and none of another's."""

    _driven: Driven
    _thread: ThreadPoolExecutor

    def walk[T](self, url: str, steps: Callable[[Page], T], window: Window = Window()) -> T:
        """Open *url* without script, take *steps* on its page, and return what they return.

        *steps* is called in the browser's thread: it may wait for the page, and for nothing else
        that the caller's thread must do. What it raises is raised here.
        """
        return self.take(lambda page: (page.goto(url), steps(page))[1], window, script=False)

    def take[T](self, steps: Callable[[Page], T], window: Window, *, script: bool) -> T:
        """Take *steps* on an empty page in a *window* of its own, which is closed after them."""
        return self._thread.submit(self._take, steps, window, script=script).result()

    def _take[T](self, steps: Callable[[Page], T], window: Window, *, script: bool) -> T:
        context = self._driven.new_context(
            java_script_enabled=script,
            viewport={"width": window.width_px, "height": HEIGHT_PX},
            color_scheme=window.scheme,
            reduced_motion="reduce",
            extra_http_headers=dict(window.headers or {}),
        )
        given = (window.cookies or {}).items()
        try:
            context.add_cookies(
                [
                    {"name": name, "value": value, "domain": "127.0.0.1", "path": "/"}
                    for name, value in given
                ]
            )
            return steps(context.new_page())
        finally:
            context.close()


@contextmanager
def opened(program: str) -> Generator[Browser]:
    """Run *program* for as long as the block lasts."""
    from playwright.sync_api import sync_playwright

    with ThreadPoolExecutor(1, thread_name_prefix="browser") as thread:
        playwright = thread.submit(lambda: sync_playwright().start()).result()
        try:
            driven = thread.submit(
                playwright.chromium.launch, executable_path=program, args=list(WORDS)
            ).result()
            try:
                yield Browser(driven, thread)
            finally:
                thread.submit(driven.close).result()
        finally:
            thread.submit(playwright.stop).result()


def lead_on(page: Page, step: Callable[[Page], object]) -> None:
    """Take *step*, which opens another screen of *page*, and wait until that is there.

    A click returns before the next screen has come; what is asked then may be asked of either.
    """
    with page.expect_navigation():
        step(page)


def tab_to(page: Page, name: str) -> None:
    """Press Tab until the keyboard is at what is called *name*, as whoever has no mouse would.

    Raises LookupError with the stops on the way if it leaves the page before.
    """
    passed = list[str]()
    while (at := page.evaluate(_AT)) is not None or not passed:
        passed.append(str(at))
        page.keyboard.press("Tab")
        if page.evaluate(_AT) == name:
            return
        if len(passed) > 500:
            break
    raise LookupError(f"the keyboard never comes to {name!r}; it came to {passed[1:]}")


# By what a person would call it: what it says, its label, or what only a screen reader tells.
_AT = """() => {
  const at = document.activeElement;
  if (!at || at === document.body) return null;
  const told = at.getAttribute("aria-label") || at.labels?.[0]?.innerText;
  return (told || at.innerText || at.name || at.tagName).trim().replace(/\\s+/g, " ");
}"""
