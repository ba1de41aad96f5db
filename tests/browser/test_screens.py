"""Every screen in a real browser: by axe-core, in width, by keyboard, in light and dark."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

import pytest

from tests.browser import mornings
from tests.browser.chromium import Browser, Scheme, Window, lead_on, tab_to
from tests.browser.looks import LOOKS, Judge
from tests.browser.mornings import Opened

if TYPE_CHECKING:
    from playwright.sync_api import Page

type Then = Callable[[Page], object]


def press(name: str) -> Then:
    """Return the step of pressing the first button that is called *name*."""
    return lambda page: page.get_by_role("button", name=name).first.click()


def ask(who: str) -> Then:
    """Return the step of asking why of *who*."""

    def asked(page: Page) -> None:
        page.fill("#who", who)
        page.get_by_role("button", name="Ask", exact=True).click()

    return asked


def type_in(field: str, value: str) -> Then:
    """Return the step of trying another value of a setting."""

    def tried(page: Page) -> None:
        page.fill(f"#{field}", value)
        page.get_by_role("button", name="Show what would change").click()

    return tried


@pytest.fixture(scope="module")
def well() -> Iterator[Opened]:
    with mornings.opened(mornings.well()) as page:
        yield page


@pytest.fixture(scope="module")
def held() -> Iterator[Opened]:
    with mornings.opened(mornings.swapped()) as page:
        yield page


@pytest.fixture(scope="module")
def hostile() -> Iterator[Opened]:
    with mornings.opened(mornings.hostile()) as page:
        yield page


@pytest.fixture(scope="module")
def landed() -> Iterator[Opened]:
    with mornings.opened(mornings.landed()) as page:
        yield page


@pytest.fixture(scope="module")
def trust() -> Iterator[Opened]:
    with mornings.opened(mornings.trust()) as page:
        yield page


BY_KEYBOARD = {("light", 1280), ("dark", 320)}
"""The keyboard is slow, and the same rules of the style sheet draw it everywhere."""

PUPIL = "0400000868"
FIRST_NIGHT = ".nights a >> nth=0"

# Each screen: of which morning, where it is, and what is done there before it is looked at.
SCREENS: Mapping[str, tuple[str, str, Then | None]] = {
    "home-well": ("well", "/", None),
    "home": ("held", "/", None),
    "held": ("held", "/page/held", None),
    "held-names": ("held", "/page/held", press("Show the names")),
    "run": ("held", "/", lambda page: page.click(FIRST_NIGHT)),
    "nothing-held": ("well", "/page/held", None),
    "why-empty": ("held", "/page/why", None),
    "why": ("held", "/page/why", ask(PUPIL)),
    "why-left-out": ("held", "/page/why", ask("4700000789")),
    "why-near": ("held", "/page/why", ask("0400")),
    "findings": ("held", "/page/findings", None),
    "findings-names": ("held", "/page/findings", press("Names")),
    "sds": ("held", "/page/sds", None),
    "home-landed": ("landed", "/", None),
    "landed": ("landed", "/page/sds", None),
    "landed-names": ("landed", "/page/sds", press("Show which ones")),
    "what-if": ("held", "/page/what-if", None),
    "what-if-tried": ("held", "/page/what-if/seniors", press("Show what would change")),
    "what-if-fewer": ("held", "/page/what-if/seniors", type_in("YEAR_GROUPS", "7-11")),
    "what-if-wrong": ("held", "/page/what-if/seniors", type_in("YEAR_GROUPS", "seven")),
    "health-never": ("well", "/page/health", None),
    "nowhere": ("held", "/page/nowhere", None),
    "hostile-home": ("hostile", "/", None),
    "hostile-held": ("hostile", "/page/held", press("Show the names")),
    "hostile-findings": ("hostile", "/page/findings", press("Names")),
    "trust": ("trust", "/", None),
    "trust-held": ("trust", "/page/held", None),
    "trust-findings": ("trust", "/page/findings", None),
    "trust-why": ("trust", "/page/why", None),
}


@pytest.mark.parametrize("name", SCREENS)
def test_a_screen_is_as_it_should_be_for_everybody(
    name: str, judge: Judge, request: pytest.FixtureRequest
) -> None:
    """No rule of axe-core is broken, nothing is cut or too wide, and the keyboard is seen."""
    morning, path, then = SCREENS[name]
    page: Opened = request.getfixturevalue(morning)
    found = {
        f"{scheme} {width_px}": faults
        for scheme, width_px in LOOKS
        if (faults := _faults(judge, page, path, then, scheme, width_px, name))
    }

    assert found == {}


def _faults(
    judge: Judge,
    page: Opened,
    path: str,
    then: Then | None,
    scheme: Scheme,
    width_px: int,
    name: str,
) -> object:
    judged = judge.judge(
        f"{page.url}{path}",
        scheme,
        width_px,
        cookies=page.cookies,
        then=then,
        name=name,
        keyboard=(scheme, width_px) in BY_KEYBOARD,
    )
    return judged.faults


def enter(page: Page) -> None:
    """Press Enter on what has the keyboard."""
    page.keyboard.press("Enter")


def test_a_plan_is_approved_by_keyboard_alone(browser: Browser) -> None:
    """From Home to the approval, by Tab, Space and Enter, and what came of it is told."""
    with mornings.opened(mornings.swapped()) as page:

        def walk(shown: Page) -> tuple[str, str]:
            tab_to(shown, "See whom it is about, and answer")
            lead_on(shown, enter)
            tab_to(shown, "I have looked at whom it is about.")
            shown.keyboard.press("Space")
            tab_to(shown, "Approve exactly this plan")
            lead_on(shown, enter)
            once = shown.locator(".panel h2").first.inner_text()
            shown.go_back()
            return once, shown.locator(".panel h2").first.inner_text()

        window = Window(cookies=page.cookies)
        once, after_going_back = browser.walk(f"{page.url}/", walk, window)

    assert once == "This plan was approved, and goes to SDS"
    assert after_going_back == once


def test_a_plan_is_rejected_by_keyboard_alone(browser: Browser) -> None:
    """And nothing of it is left to answer."""
    with mornings.opened(mornings.swapped()) as page:

        def walk(shown: Page) -> str:
            tab_to(shown, "Reject")
            lead_on(shown, enter)
            return shown.locator(".panel h2").first.inner_text()

        window = Window(cookies=page.cookies)
        said = browser.walk(f"{page.url}/page/held", walk, window)

    assert said == "This plan was rejected, and nothing of it goes"


def test_pupils_are_kept_in_their_teams_by_one_button(browser: Browser) -> None:
    """The two sets were only renamed: their Teams are exchanged, and iSAMS is read again."""
    with mornings.opened(mornings.swapped()) as page:

        def walk(shown: Page) -> str:
            lead_on(shown, press("Keep pupils in their Teams"))
            return shown.locator(".panel h2").first.inner_text()

        window = Window(cookies=page.cookies)
        said = browser.walk(f"{page.url}/page/held", walk, window)

    assert said == "Somebody has said which Team is whose"


def test_nothing_that_isams_says_becomes_part_of_the_page(
    browser: Browser, hostile: Opened
) -> None:
    """Names and codes that look like HTML are shown as they are, and run nothing."""

    def walk(shown: Page) -> tuple[int, str]:
        lead_on(shown, press("Show the names"))
        return shown.locator("main script, main [onfocus]").count(), shown.inner_text("main")

    window = Window(cookies=hostile.cookies)
    made, text = browser.walk(f"{hostile.url}/page/held", walk, window)

    assert made == 0
    assert '<script>alert("x")</script>' in text
    assert "{{ 7 * 7 }}" in text
