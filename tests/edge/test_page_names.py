"""Who is named on which screen (P13), and that no name does anything there but stand."""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

import pytest

from simulators.demo import nights
from simulators.invented.records import InventedSchool
from simulators.school import invent, without_pupils
from sync.ledger import callers
from sync.report import Outcome
from sync.steps import pull, schedule
from sync.texts import FORMULA
from sync.web.access import HOLDS, Role
from sync.web.exchange import Response
from tests.canaries import found_in
from tests.edge.page_stage import (
    Browser,
    Drawn,
    crawl,
    delivered,
    drawn,
    plan_of,
    rest,
    swapped,
    text,
)
from tests.worlds import TestWorld

SCHOOL = invent(200)


def held_after(change: Callable[[InventedSchool], InventedSchool]) -> TestWorld:
    """Return a school with tutor groups that is held after *change*."""
    scene = delivered(
        SCHOOL, PROFILES__SENIORS__CLASSES="sets,forms,tutors", PROFILES__SENIORS__NAMES="true"
    )
    scene.next_night(changed=change(scene.isams.school))
    assert scene.send_until_still().outcome is Outcome.HELD
    rest(scene)
    return scene


def half(school: InventedSchool) -> InventedSchool:
    return without_pupils(school, [pupil.school_id for pupil in school.pupils[::2]])


def other_tutors(school: InventedSchool) -> InventedSchool:
    """Let every pupil have the tutor of the next: tutor groups have others' pupils."""
    tutors = sorted({pupil.tutor_id for pupil in school.pupils if pupil.tutor_id})
    after = dict(zip(tutors, tutors[1:] + tutors[:1], strict=True))
    pupils = (replace(p, tutor_id=after.get(p.tutor_id or 0, p.tutor_id)) for p in school.pupils)
    return replace(school, pupils=tuple(pupils))


def other_teachers(school: InventedSchool) -> InventedSchool:
    """Let all that a teacher taught be taught by another."""
    [first, second, *_] = [one for one in school.staff if one.teaches and one.email]

    def taught(one: object) -> object:
        return replace(one, staff_id=second.id) if one.staff_id == first.id else one  # type: ignore[attr-defined,type-var]

    sets = (replace(s, teachers=tuple(map(taught, s.teachers))) for s in school.sets)  # type: ignore[arg-type]
    return half(replace(school, sets=tuple(sets)))


def other_addresses(school: InventedSchool) -> InventedSchool:
    """Let each pupil have the address of the next."""
    emails = [pupil.email for pupil in school.pupils]
    moved = zip(school.pupils, emails[1:] + emails[:1], strict=True)
    return replace(school, pupils=tuple(replace(p, email=email) for p, email in moved))


CHANGES: Mapping[str, Callable[[InventedSchool], InventedSchool]] = {
    "two sets exchanged": nights.exchanged,
    "half of the pupils": half,
    "other tutors": other_tutors,
    "other teachers": other_teachers,
    "other addresses": other_addresses,
}


@pytest.fixture(scope="module", params=CHANGES)
def held(request: pytest.FixtureRequest) -> TestWorld:
    """Schools that are held for what could be told with names."""
    return held_after(CHANGES[request.param])


def named(browser: Browser) -> Iterator[tuple[str, Response]]:
    """Yield every screen and file that may name people."""
    plan = plan_of(browser.scene)
    yield "held", browser.post(f"{plan}/names")
    yield "plan", browser.post(f"{plan}/plan")
    for code in sorted(codes(browser)):
        yield f"findings {code}", browser.post("/page/findings/northbank", code=code)
    yield "findings as CSV", browser.post("/page/findings/northbank/csv")
    school = browser.scene.isams.school
    for who in (school.pupils[1].school_id, school.staff[1].email or "", str(school.sets[0].id)):
        yield f"why {who}", browser.post("/page/why", who=who, school="northbank")


def codes(browser: Browser) -> set[str]:
    """Return the kinds of findings whose names can be asked for."""
    forms = drawn(browser.get("/page/findings/northbank")).forms
    return {form.fields["code"] for form in forms if "code" in form.fields}


# -- who is named where ----------------------------------------------------------------------------


def test_no_screen_that_can_be_opened_by_a_link_names_anybody(held: TestWorld) -> None:
    """Every address that a visitor with all roles can reach from Home without a form."""
    shown = dict(crawl(Browser(held)))

    assert {"/", "/page/held", "/page/sds", "/page/health", "/page/why"} <= shown.keys()
    assert any(address.startswith("/page/run/") for address in shown)
    assert [at for at, page in shown.items() if found_in(page.body.decode())] == []


def test_the_title_of_a_tutor_group_is_a_name() -> None:
    """It is that of its tutor: without names it is `a tutor group`, with them its title."""
    scene = held_after(other_tutors)
    browser = Browser(scene)
    plan = browser.get(plan_of(scene))
    names = browser.click(plan, "/names")

    assert "a tutor group" in text(plan)
    assert not found_in(plan.body.decode())
    assert "Tutor group " in text(names)


def test_every_screen_of_names_names_somebody(held: TestWorld) -> None:
    """What the others are held against would be seen if it were there."""
    shown = dict(named(Browser(held)))

    assert found_in(shown["held"].body.decode())
    assert found_in(shown["plan"].body.decode())
    assert found_in(shown["findings as CSV"].body.decode())
    assert any(found_in(page.body.decode()) for at, page in shown.items() if at.startswith("why"))


def test_nobody_is_named_in_a_log_an_address_or_a_cookie(held: TestWorld) -> None:
    """Whatever is opened and clicked: headers and lines hold ids and counts alone."""
    held.steps.clear()
    browser = Browser(held)
    dict(named(browser))
    dict(crawl(browser))
    browser.post("/page/why", who=held.isams.school.pupils[0].email or "", school="nowhere")
    browser.post("/page/sync", school=held.isams.school.pupils[0].surname)
    browser.get(f"/page/run/{held.isams.school.pupils[0].surname}")
    told = "\n".join(step.line() for step in held.steps)

    assert len(held.steps) > 8
    assert found_in(told) == set()
    for response in browser.seen:
        assert found_in(str(response.headers)) == set()


def test_no_refusal_names_whom_it_was_asked_about(held: TestWorld) -> None:
    """An address of somebody typed into an address line, or a form of another site."""
    browser, pupil = Browser(held), held.isams.school.pupils[0]
    pages = [
        browser.get(f"/page/home/{pupil.surname}"),
        browser.get(f"/page/held/{pupil.email}"),
        browser.get(f"/{pupil.email}"),
        browser.post(f"/page/held/{pupil.email}/approve", digest="1", seen="yes"),
        browser.post("/page/sync", school=pupil.surname),
        browser.ask("POST", f"/page/why?who={pupil.email}", {}),
    ]

    assert {page.status for page in pages} <= {400, 403, 404, 409}
    for page in pages:
        assert found_in(page.body.decode()) == set()


def test_the_user_of_a_terminal_is_named_on_no_screen() -> None:
    """What somebody did there says `at a terminal`: their user name may be a person's."""
    scene = delivered(invent(20, quirks=False))
    scene.clock.advance(60)
    schedule.ask(Browser(scene, caller=callers.at_terminal("wren.example")).world, "northbank", "x")
    pull.pull(scene.world, "northbank")
    scene.send_until_still()
    rest(scene)
    shown = dict(crawl(Browser(scene)))
    pages = "".join(page.body.decode() for page in shown.values())

    assert "At a terminal." in pages
    assert "wren" not in pages.lower()


# -- what the log says -----------------------------------------------------------------------------


def looks(scene: TestWorld) -> list[tuple[str, int]]:
    """Return which screens of names were looked at, and of how many people."""
    steps = [step for step in scene.steps if step.outcome is Outcome.LOOKED]
    assert {step.facts["caller"] for step in steps} <= {"0b1f8a52-0000-4000-8000-0000000007e5"}
    return [(str(step.facts["screen"]), int(step.facts["people"])) for step in steps]


def test_a_look_at_the_names_of_a_plan_is_logged_with_how_many_there_are() -> None:
    """As many as the page says that it shows; and nothing is logged of a look without names."""
    scene = held_after(nights.exchanged)
    scene.steps.clear()
    browser = Browser(scene)
    plan = browser.get(plan_of(scene))
    assert looks(scene) == []
    names = browser.click(plan, "/names")
    browser.click(plan, "/plan")
    [(_, people), _] = looks(scene)

    assert looks(scene) == [("held", people), ("plan", people)]
    assert people > 5
    assert f"The log notes that you looked at {people} people, not at whom" in text(names)


def test_a_look_at_findings_is_logged_with_how_many_there_are() -> None:
    """Of a kind those that are shown, of the file all."""
    scene = delivered(SCHOOL)
    browser = Browser(scene)
    code = min(codes(browser))
    scene.steps.clear()
    shown = browser.post("/page/findings/northbank", code=code)
    file = browser.post("/page/findings/northbank/csv")
    rows = [*csv.reader(io.StringIO(file.body.decode("utf-8-sig"), newline=""))]
    [(_, of_kind), (_, of_file)] = looks(scene)

    assert of_kind == sum(row[1] == code or code in row for row in rows)
    assert of_file == len(rows) - 1
    assert shown.status == 200


def test_an_answer_about_a_class_counts_everybody_who_is_named_in_it() -> None:
    """A set of twenty is a look at twenty; a pupil is a look at one."""
    scene = delivered(invent(200, quirks=False))
    browser, school = Browser(scene), scene.isams.school
    one = next(s for s in school.sets if s.year == 9)
    members = {m.school_id for m in school.memberships if m.set_id == one.id}
    scene.steps.clear()
    browser.post("/page/why", who=school.pupils[0].school_id, school="northbank")
    browser.post("/page/why", who=one.code, school="northbank")
    [(_, of_pupil), (_, of_set)] = looks(scene)

    assert of_pupil == 1
    assert of_set >= len(members) > 1


# -- names that would like to do something ---------------------------------------------------------

LONG = "Långåsa" * 43
HOSTILE = (
    "<script>alert(1)</script>",
    '" onfocus="alert(1)',
    "' autofocus onfocus='alert(1)",
    "\N{RIGHT-TO-LEFT OVERRIDE}nerW",
    "\N{RIGHT-TO-LEFT ISOLATE}\N{LEFT-TO-RIGHT OVERRIDE}Wren",
    "{{7*7}}{% raw %}",
    "&lt;b&gt;&#0;",
    "=HYPERLINK(1)",
    "@SUM(A1)",
    LONG,
)
DIRECTIONS = {"RLO", "LRO", "RLE", "LRE", "PDF", "RLI", "LRI", "FSI", "PDI"}


def hostile_school() -> InventedSchool:
    """A school in which everything that people may write is one of these."""
    school, words = invent(200, quirks=False), len(HOSTILE)

    def word(number: int) -> str:
        return HOSTILE[number % words]

    pupils = (
        replace(p, forename=word(n), surname=word(n + 1), preferred_name=word(n))
        for n, p in enumerate(school.pupils)
    )
    staff = (replace(s, forename=word(n), surname=word(n + 3)) for n, s in enumerate(school.staff))
    sets = (
        replace(s, code=f"{word(n)[:40]} {n}", name=f"{word(n)[:60]} {n}")
        for n, s in enumerate(school.sets)
    )
    return replace(school, pupils=tuple(pupils), staff=tuple(staff), sets=tuple(sets))


@pytest.fixture(scope="module")
def hostile() -> TestWorld:
    scene = swapped(
        hostile_school(),
        SCHOOLS__NORTHBANK__NAME="<script>Northbank</script>",
        PROFILES__SENIORS__CLASSES="sets,tutors",
        PROFILES__SENIORS__NAMES="true",
        PROFILES__PREP__NAMES="true",
    )
    scene.isams.school = half(scene.isams.school)  # so that more kinds of lines are there
    return scene


def pages(scene: TestWorld) -> dict[str, Drawn]:
    """Return every page, with names and without."""
    browser = Browser(scene, called='"><script>alert(1)</script>')
    shown = {**dict(crawl(browser)), **dict(named(browser))}
    return {at: drawn(page) for at, page in shown.items() if page.content_type == "text/html"}


def test_no_name_becomes_an_element_or_an_attribute(hostile: TestWorld) -> None:
    """Of a pupil, a teacher, a class, a school or the visitor, on any screen."""
    for at, page in pages(hostile).items():
        for tag, attributes in page.elements:
            assert tag not in {"script", "b0"}, at
            assert not [name for name in attributes if name.startswith(("on", "autofocus"))], at


def test_names_stand_as_they_are_written(hostile: TestWorld) -> None:
    """Nothing is cut off, worked out or taken for a template."""
    shown = dict(named(Browser(hostile)))
    said = "".join(text(page) for page in shown.values() if page.content_type == "text/html")

    assert "<script>alert(1)</script>" in said
    assert '" onfocus="alert(1)' in said
    assert "{{7*7}}{% raw %}" in said
    assert LONG in said


def test_no_name_turns_the_text_around_it(hostile: TestWorld) -> None:
    """Whatever has a mark of direction stands in an element of its own direction."""
    apart = {"bdi", "title", "option"}
    found = 0
    for at, page in pages(hostile).items():
        for data, around in page.texts:
            if any(unicodedata.bidirectional(letter) in DIRECTIONS for letter in data):
                found += 1
                assert apart & {*around} or "hide" in str(around), (at, data, around)

    assert found


def test_no_cell_of_a_file_is_a_formula(hostile: TestWorld) -> None:
    """What a spreadsheet would work out stands there as a text."""
    files = [page for _, page in named(Browser(hostile)) if page.content_type == "text/csv"]
    cells = [
        cell
        for file in files
        for row in csv.reader(io.StringIO(file.body.decode("utf-8-sig"), newline=""))
        for cell in row
    ]

    assert len(files) == 2
    assert [cell for cell in cells if cell.lstrip().startswith(FORMULA)] == []
    assert [cell for cell in cells if cell.startswith("'=HYPERLINK(1)")]


def test_a_file_is_kept_and_never_shown(hostile: TestWorld) -> None:
    """It has a name of its own, which names nobody, and no browser takes it for a page."""
    for at, page in named(Browser(hostile)):
        if page.content_type == "text/csv":
            kept = page.headers["Content-Disposition"]
            assert kept.startswith('attachment; filename="'), at
            assert kept.endswith('.csv"'), at
            assert page.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("who", [*HOSTILE, "", " ", "x" * 400, "\0", "a\nb"])
def test_whatever_is_asked_of_why_is_shown_as_it_was_typed(who: str, hostile: TestWorld) -> None:
    """In the field, escaped; what is too long or nothing gets a sentence."""
    response = Browser(hostile).post("/page/why", who=who, school="northbank")
    [field] = [a for tag, a in drawn(response).elements if a.get("id") == "who"]

    assert response.status in {200, 400}
    assert field["value"] == who.strip()[:320]
    assert not [tag for tag, _ in drawn(response).elements if tag == "script"]


@pytest.mark.parametrize("role", [Role.READ, Role.RUN, Role.APPROVE])
def test_without_the_role_no_name_is_given_whatever_is_asked(
    role: Role, hostile: TestWorld
) -> None:
    """403 for every screen of names; of the others none differs."""
    browser = Browser(hostile, HOLDS[role])
    plan = plan_of(hostile)
    refused = [
        browser.post(f"{plan}/names"),
        browser.post(f"{plan}/plan"),
        browser.post("/page/findings/northbank", code="no-email"),
        browser.post("/page/findings/northbank/csv"),
        browser.post("/page/why", who=hostile.isams.school.pupils[0].school_id),
    ]

    assert {page.status for page in refused} == {403}
    assert "Sync.Names" in text(refused[0])
