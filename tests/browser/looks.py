"""How a screen is judged: by axe-core, and by what somebody would see who looks at it."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dev
from tests.browser.chromium import Browser, Scheme, Window, lead_on

if TYPE_CHECKING:
    from playwright.sync_api import CDPSession, ConsoleMessage, Page

type Json = Any  # parsed JSON

HERE = Path(__file__).parent
AXE = dev.AZURITE / "node_modules" / "axe-core" / "axe.min.js"
SCHEMES: tuple[Scheme, ...] = ("light", "dark")
WIDTHS_PX = (320, 768, 1280)
LOOKS = tuple(itertools.product(SCHEMES, WIDTHS_PX))

# WCAG 2.2, levels A and AA, and what axe-core advises besides.
# https://www.deque.com/axe/core-documentation/api-documentation/#axecore-tags (axe-core 4.14)
TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
MOST_STOPS = 1_000
ALIKE = 2  # of stops of one kind only the first are looked at: they are drawn alike


@dataclass(frozen=True, slots=True)
class Judged:
    """What is wrong with a screen, each fault in words: all are empty, and `over_px` 0, if nothing.

    `violations` and `unsure` are axe-core's: what breaks a rule, and what it could not tell.
    `over_px` is by how much the page is wider than its window. `small_targets` can hardly be
    pressed, `cut_words` hardly be read. `unseen_focus` are stops of the keyboard that do not show,
    `unreached` what can be pressed and is no stop. `console` is what the browser complained of.
    """

    violations: tuple[str, ...] = ()
    unsure: tuple[str, ...] = ()
    over_px: int = 0
    small_targets: tuple[str, ...] = ()
    cut_words: tuple[str, ...] = ()
    unseen_focus: tuple[str, ...] = ()
    unreached: tuple[str, ...] = ()
    console: tuple[str, ...] = ()

    @property
    def faults(self) -> dict[str, Json]:
        """Return what is not as it should be, by its name: {} is a good screen."""
        each = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: found for name, found in each.items() if found}


@dataclass(frozen=True, slots=True)
class Judge:
    """Looks at screens in *browser*, and leaves pictures of those with a name in *pictures*."""

    browser: Browser
    pictures: Path | None = None

    def judge(
        self,
        url: str,
        scheme: Scheme = "light",
        width_px: int = 1280,
        *,
        headers: Mapping[str, str] | None = None,
        cookies: Mapping[str, str] | None = None,
        then: Callable[[Page], object] | None = None,
        name: str = "",
        keyboard: bool = True,
    ) -> Judged:
        """Judge the screen at *url*, or to which *then* leads from there, with all details open.

        The page's own scripts never run. *name* is that of its picture. Without *keyboard* it is
        not gone through by Tab, which takes longest.
        """
        window = Window(scheme, width_px, headers, cookies)

        def look(page: Page) -> Judged:
            with_script = page.context.new_cdp_session(page)
            with_script.send("Emulation.setScriptExecutionDisabled", {"value": True})
            console = list[str]()
            page.on("console", lambda message: console.extend(_complaint(message, page)))
            page.goto(url)
            if then:
                lead_on(page, then)
            # axe-core waits by timers, which run only where scripts do. Those of the page were
            # passed over as it was read, and are not caught up on.
            with_script.send("Emulation.setScriptExecutionDisabled", {"value": False})
            judged = _judged(page, with_script, keyboard=keyboard)
            if name and self.pictures:
                self.pictures.mkdir(parents=True, exist_ok=True)
                page.evaluate("looks.start()")
                picture = self.pictures / f"{name}-{scheme}-{width_px}.png"
                page.screenshot(path=picture, full_page=True)
            return Judged(**judged, console=tuple(console))

        return self.browser.take(look, window, script=True)


def _judged(page: Page, session: CDPSession, *, keyboard: bool) -> dict[str, Json]:
    page.evaluate(f"() => {{ globalThis.looks = {(HERE / 'looks.js').read_text('utf-8')}; }}")
    page.evaluate("looks.open()")
    page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate(_AXE, list(TAGS))
    return {
        "violations": tuple(_told(found["violations"])),
        "unsure": tuple(_told(found["incomplete"])),
        "over_px": page.evaluate("looks.over()"),
        "small_targets": tuple(page.evaluate("looks.small()")),
        "cut_words": tuple(page.evaluate("looks.cut()")),
        **(_by_keyboard(page, session) if keyboard else {}),
    }


def _by_keyboard(page: Page, session: CDPSession) -> dict[str, Json]:
    return {
        "unseen_focus": tuple(_unseen_focus(page, session)),
        "unreached": tuple(page.evaluate("looks.unmet()")),
    }


_AXE = "async (tags) => await axe.run(document, { runOnly: tags })"


def _told(rules: list[Json]) -> Iterator[str]:
    """Yield rule, element and what to mend, an element at a time."""
    for rule in rules:
        for node in rule["nodes"]:
            why = " ".join(str(node.get("failureSummary") or rule["help"]).split())
            yield f"{rule['id']}: {' '.join(map(str, node['target']))}: {why}"


def _complaint(message: ConsoleMessage, page: Page) -> Iterator[str]:
    """Yield what the browser said, but for a page's own status: a 404 has a screen as well."""
    own = message.location.get("url") == page.url
    if not (own and message.text.startswith("Failed to load resource")):
        yield f"{message.type}: {message.text}"


def _unseen_focus(page: Page, session: CDPSession) -> Iterator[str]:
    """Go through the page by Tab, and yield each stop that looks as it does without the keyboard.

    It shows if as many pixels as lie along half of its edge have changed by 3 to 1.
    """
    empty = page.context.new_page()
    page.bring_to_front()
    page.evaluate("looks.start()")
    for _ in range(MOST_STOPS):
        page.keyboard.press("Tab")
        stop = page.evaluate("looks.stop()")
        if stop is None:
            return
        if not stop["new"] or stop["alike"] >= ALIKE:
            continue
        focused = _picture(session, stop["clip"])
        page.evaluate("looks.blur()")  # Tab goes on from there all the same
        plain = _picture(session, stop["clip"])
        if focused is None or plain is None:
            yield f"{stop['name']}: not on the screen"
            continue
        changed = 0
        if focused != plain:
            pictures = [plain, focused]
            changed = empty.evaluate((HERE / "pixels.js").read_text("utf-8"), pictures)
        if changed < stop["around_px"]:
            yield f"{stop['name']}: {changed} pixels change, {round(stop['around_px'])} would show"
    yield f"the keyboard does not leave the page in {MOST_STOPS} stops"


def _picture(session: CDPSession, clip: Mapping[str, float]) -> str | None:
    """Return what is drawn in *clip*, as PNG in base64; None if that is nothing."""
    if min(clip["width"], clip["height"]) <= 0:
        return None
    asked = {"format": "png", "clip": dict(clip), "optimizeForSpeed": True}
    return str(session.send("Page.captureScreenshot", asked)["data"])
