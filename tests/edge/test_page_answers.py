"""From what is held to SDS's receipt by buttons: one delivery or none, each with a sentence."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import override

import pytest

from simulators.demo import nights
from simulators.school import invent
from sync.report import Outcome
from sync.steps import approval, identity, pull, restore
from sync.steps.delivery import list_pulls
from sync.steps.send import send
from sync.web.access import HOLDS, Role
from sync.web.exchange import Response
from tests.edge.group_stage import offer_of
from tests.edge.page_stage import SECOND, Browser, drawn, plan_of, rest, swapped, text
from tests.mark_names import APPROVED, REJECTED
from tests.memory_store import MemoryStore
from tests.worlds import CONNECTOR, TESTER, TestWorld, make_group, make_world


def written(scene: TestWorld) -> list[str]:
    """Return the names of the answers that were written."""
    return [blob.name for blob in scene.store.blobs("") if blob.name.endswith((APPROVED, REJECTED))]


def submissions(scene: TestWorld) -> int:
    """Send until all rests; return how often SDS was given anything."""
    scene.send_until_still()
    return len(scene.sds.submissions)


def approve(browser: Browser, shown: Response) -> Response:
    """Tick that one has looked, and click."""
    return browser.click(shown, "/approve", seen="yes")


# -- the way that it should go ---------------------------------------------------------------------


def test_what_is_held_is_looked_at_by_name_approved_and_taken_by_sds() -> None:
    """Home, Held, the names, the button; then SDS's receipt, and Home says so."""
    scene = swapped()
    browser = Browser(scene)
    home = browser.get("/")
    [way] = [link for link in drawn(home).links if link.startswith("/page/held/")]
    plan = browser.get(way)
    names = browser.click(plan, "/names")
    answered = approve(browser, names)
    shown = browser.follow(answered)

    assert "Held: you decide" in text(home)
    assert "exchange" in text(plan)
    assert "Names are shown." in text(names)
    assert "This plan was approved, and goes to SDS" in text(shown)
    assert f"By {TESTER}" in text(shown)
    assert submissions(scene) == 2
    assert scene.sds.submissions[-1].unfinished == ()
    rest(scene)
    assert "SDS has what iSAMS has" in text(browser.get("/"))
    assert "Nobody is waited for" in text(browser.get("/page/held"))


def test_a_held_night_that_is_approved_is_shown_as_delivered() -> None:
    """The square of that night, and its run from asking to SDS's receipt."""
    scene = swapped()
    browser = Browser(scene)
    assert "Held for a person" in text(browser.get("/"))
    approve(browser, browser.get(plan_of(scene)))
    scene.send_until_still()
    rest(scene)
    home = browser.get("/")
    [*_, run] = [link for link in drawn(home).links if link.startswith("/page/run/")]
    told = text(browser.get(run))

    assert home.body.decode().count('aria-label="Delivered: SDS took it"') == 2
    assert 'aria-label="Held for a person"' not in home.body.decode()
    for step in ("Approved by a person", "Handed over to SDS", "Accepted by SDS", "Ended: done"):
        assert step in told


def test_a_first_delivery_is_approved_in_the_same_way() -> None:
    """There is nothing to compare it with: the page says how much it is."""
    scene = make_world(invent(40, quirks=False), SDS__HOLD_FIRST="true")
    scene.pull()
    assert scene.send_until_still().outcome is Outcome.HELD
    browser = Browser(scene)
    plan = browser.get(plan_of(scene))
    approve(browser, plan)

    assert "it is the first delivery of this school" in text(plan)
    assert submissions(scene) == 1


def test_what_is_rejected_is_never_sent_and_says_so() -> None:
    """The plan ends, SDS keeps what it has, and Home tells that a person said no."""
    scene = swapped()
    browser = Browser(scene)
    shown = browser.follow(browser.click(browser.get(plan_of(scene)), "/reject"))

    assert "This plan was rejected, and nothing of it goes" in text(shown)
    assert submissions(scene) == 1
    assert "A person said no to what was read" in text(browser.get("/"))


def test_a_swap_keeps_each_team_with_its_pupils() -> None:
    """Two sets were only renamed: read again, nobody would see another group's work."""
    scene = swapped()
    browser = Browser(scene)
    shown = browser.follow(browser.click(browser.get(plan_of(scene)), "/swap"))
    before = pupils_at_sds(scene)
    scene.isams.flush()
    pull.pull(scene.world, "northbank")
    scene.send_until_still()

    assert "Somebody has said which Team is whose" in text(shown)
    assert not [form for form in drawn(shown).forms if "digest" in form.fields]
    assert len(scene.sds.submissions) == 2
    assert pupils_at_sds(scene) == before


@pytest.mark.parametrize("word", ["approve", "reject", "swap"])
def test_once_a_swap_is_asked_nobody_can_answer_what_was_read_before(word: str) -> None:
    """It would bring the pupils into each other's Teams although somebody has said whose they are.

    Another tab has the plan open with its digest: it is told, and so is whoever opens it anew.
    """
    scene = swapped()
    browser, other = Browser(scene), Browser(scene)
    plan = other.get(plan_of(scene))
    browser.click(browser.get(plan_of(scene)), "/swap")
    late = approve(other, plan) if word == "approve" else other.click(plan, f"/{word}")
    opened_anew = other.get(plan_of(scene))
    scene.send_until_still()

    assert late.status == 409
    assert "said which Team is whose" in text(late)
    assert "Somebody has said which Team is whose" in text(opened_anew)
    assert submissions(scene) == 1
    assert len(identity.said(scene.world, "northbank")) == 1


def test_what_else_lies_beside_the_words_keeps_nobody_from_answering() -> None:
    """Somebody's own note in the folder is no word."""
    scene = swapped()
    browser = Browser(scene)
    scene.store.create("identity/northbank/notes.txt", b"ask Ms Okafor")

    assert approve(browser, browser.get(plan_of(scene))).status == 303


def test_what_was_approved_is_not_sent_any_more_once_a_swap_is_asked() -> None:
    """Whoever approved it did not know; what is left of it is offered again."""
    scene = swapped()
    browser = Browser(scene)
    plan = browser.get(plan_of(scene))
    form = next(each for each in drawn(plan).forms if each.action.endswith("/swap"))
    approve(browser, plan)
    identity.swap(scene.world, form.fields["first"], form.fields["second"])
    before = pupils_at_sds(scene)
    scene.send_until_still()
    stopped = submissions(scene)
    scene.isams.flush()
    pull.pull(scene.world, "northbank")
    scene.send_until_still()

    assert stopped == 1
    assert pupils_at_sds(scene) == before


def pupils_at_sds(scene: TestWorld) -> set[tuple[str, ...]]:
    """Return which pupil is in which Team."""
    return {row for row in scene.sds.store.memberships.active if "student" in row}


# -- twice, back, and both at once -----------------------------------------------------------------


@pytest.mark.parametrize("word", ["approve", "reject"])
def test_a_second_click_changes_nothing_and_is_told_who_was_first(word: str) -> None:
    """A double click sends the form twice: one answer, and a page that says so."""
    scene = swapped()
    browser = Browser(scene)
    plan = browser.get(plan_of(scene))
    first = browser.click(plan, f"/{word}", seen="yes")
    answers = written(scene)
    second = browser.click(plan, f"/{word}", seen="yes")

    assert (first.status, second.status) == (303, 409)
    said = {"approve": "approved", "reject": "rejected"}[word]
    assert f"{said} at " in text(second)
    assert f"by {TESTER}" in text(second)
    assert "Go to Held" in text(second)
    assert written(scene) == answers
    assert submissions(scene) == (2 if word == "approve" else 1)


def test_a_click_after_it_went_changes_nothing() -> None:
    """The page was left open over night: SDS is not given the same again."""
    scene = swapped()
    browser = Browser(scene)
    plan = browser.get(plan_of(scene))
    approve(browser, plan)
    assert submissions(scene) == 2
    late = approve(browser, plan)

    assert late.status == 409
    assert "SDS has what the school offers already" in text(late)
    assert submissions(scene) == 2


def test_going_back_shows_what_became_of_it_and_no_button() -> None:
    """An answer ends in a redirect, so back and reload ask for the plan and send no form again."""
    scene = swapped()
    browser = Browser(scene)
    where = plan_of(scene)
    answered = approve(browser, browser.get(where))
    steps = len(scene.steps)
    shown = [browser.get(where) for _ in range(3)]

    assert answered.headers["Location"] == where
    assert {each.status for each in shown} == {200}
    assert not [form for form in drawn(shown[0]).forms if form.action.endswith(("e", "t", "p"))]
    assert len(scene.steps) == steps


def together(*clicks: Callable[[], Response]) -> list[Response]:
    """Let several people click at the same moment."""
    barrier = Barrier(len(clicks))

    def click(each: Callable[[], Response]) -> Response:
        barrier.wait()
        return each()

    with ThreadPoolExecutor(len(clicks)) as pool:
        return list(pool.map(click, clicks))


def test_two_who_approve_at_once_make_one_delivery() -> None:
    """One is sent on, the other is told that it was answered: in whichever order."""
    scene = swapped()
    first, second = Browser(scene), Browser(scene, caller=SECOND)
    plan = first.get(plan_of(scene))
    answers = together(lambda: approve(first, plan), lambda: approve(second, plan))

    assert sorted(each.status for each in answers) == [303, 409]
    [late] = [each for each in answers if each.status == 409]
    assert "so nothing was changed" in text(late)
    assert submissions(scene) == 2


def test_of_two_who_answer_differently_at_once_the_no_stands() -> None:
    """Nothing is sent, whoever was quicker, and both can read what became of it."""
    scene = swapped()
    first, second = Browser(scene), Browser(scene, caller=SECOND)
    plan = first.get(plan_of(scene))
    together(lambda: approve(first, plan), lambda: second.click(plan, "/reject"))

    assert submissions(scene) == 1
    assert "This plan was rejected" in text(first.get(plan_of_id(plan)))


def plan_of_id(plan: Response) -> str:
    """Return the address of *plan*, which may not wait any more."""
    [form] = [form for form in drawn(plan).forms if form.action.endswith("/reject")]
    return form.action.removesuffix("/reject")


def test_whoever_is_second_is_told_whose_answer_it_was() -> None:
    """By an id, as the log has it: the page names nobody."""
    scene = swapped()
    first, second = Browser(scene, caller=SECOND), Browser(scene)
    plan = second.get(plan_of(scene))
    approve(first, plan)
    told = text(approve(second, plan))
    shown = text(second.get(plan_of_id(plan)))

    assert f"by {SECOND}" in told
    assert f"By {SECOND}" in shown


def test_a_second_swap_after_the_reading_does_not_undo_the_first() -> None:
    """The page was still open: its plan waits no more, so its button says so."""
    scene = swapped()
    browser = Browser(scene)
    plan = browser.get(plan_of(scene))
    browser.click(plan, "/swap")
    pull.pull(scene.world, "northbank")
    words = len(scene.store.blobs("identity/"))
    late = browser.click(plan, "/swap")

    assert late.status == 409
    assert len(scene.store.blobs("identity/")) == words == 1


def test_a_swap_that_is_clicked_twice_is_one_word() -> None:
    """A second exchange would undo the first."""
    scene = swapped()
    browser = Browser(scene)
    plan = browser.get(plan_of(scene))
    statuses = [browser.click(plan, "/swap").status for _ in range(2)]

    assert statuses == [303, 409]
    assert len(scene.store.blobs("identity/")) == 1


# -- not what waits --------------------------------------------------------------------------------


@pytest.mark.parametrize("word", ["approve", "reject"])
def test_a_plan_that_a_newer_reading_has_replaced_is_not_answered(word: str) -> None:
    """Somebody read again meanwhile: what was looked at is not what would go."""
    scene = swapped()
    browser = Browser(scene)
    plan = browser.get(plan_of(scene))
    scene.next_night(without=[scene.isams.school.pupils[-1].school_id], after_h=1)
    scene.send_until_still()
    late = browser.click(plan, f"/{word}", seen="yes")

    assert late.status == 409
    assert "he school offers something newer since" in text(late)
    assert "Go to Held" in text(late)
    assert written(scene) == []
    assert submissions(scene) == 1


def test_a_replaced_plan_says_so_and_leads_to_what_waits_now() -> None:
    """Its address may stand in an e-mail: it shows what it was, and has no button to answer."""
    scene = swapped()
    where = plan_of(scene)
    scene.next_night(without=[scene.isams.school.pupils[-1].school_id], after_h=1)
    scene.send_until_still()
    shown = Browser(scene).get(where)

    assert "This plan waits for nobody any more" in text(shown)
    assert "/page/held" in drawn(shown).links
    assert not [form for form in drawn(shown).forms if form.action.endswith("/approve")]


def test_a_plan_that_sds_was_given_something_after_is_not_answered() -> None:
    """What it was compared with is not what SDS has: a restore went out meanwhile."""
    scene = swapped()
    browser = Browser(scene)
    plan = browser.get(plan_of(scene))
    [first, *_] = scene.look().deliveries
    restore.restore(scene.world, first.id)
    approve(browser, plan)

    sent = submissions(scene)
    assert sent in {1, 2}
    files = [each.files for each in scene.sds.submissions]
    assert all(each == files[0] for each in files)


@pytest.mark.parametrize("digest", ["0" * 64, "00000000", "approve", "%", "d" * 300])
@pytest.mark.parametrize("word", ["approve", "reject"])
def test_an_answer_for_something_else_changes_nothing(word: str, digest: str) -> None:
    """412: what waits is another plan, and a link leads to it."""
    scene = swapped()
    browser = Browser(scene)
    refused = browser.post(f"{plan_of(scene)}/{word}", digest=digest, seen="yes")

    assert refused.status == 412
    assert "this answer is for something else, so nothing was changed" in text(refused)
    assert "Go to Held" in text(refused)
    assert written(scene) == []


@pytest.mark.parametrize("word", ["approve", "reject"])
def test_an_answer_without_a_digest_changes_nothing(word: str) -> None:
    """428: nobody can tell what it is for."""
    scene = swapped()
    refused = Browser(scene).post(f"{plan_of(scene)}/{word}", seen="yes")

    assert refused.status == 428
    assert f"It was not said what to {word}. Nothing was changed" in text(refused)
    assert written(scene) == []


@pytest.mark.parametrize("seen", ["", "no", "on"])
def test_whoever_has_not_said_that_they_looked_approves_nothing(seen: str) -> None:
    """428: the box is there for a reason, also for a browser that forgets it is required."""
    scene = swapped()
    browser = Browser(scene)
    refused = browser.click(browser.get(plan_of(scene)), "/approve", seen=seen)

    assert refused.status == 428
    assert "Nobody has said that they have looked at whom it is about" in text(refused)
    assert written(scene) == []


def test_the_form_says_the_whole_digest_of_the_plan() -> None:
    """64 digits: eight are for who types, and could be made to meet."""
    scene = swapped()
    shown = Browser(scene).get(plan_of(scene))

    digests = [form.fields["digest"] for form in drawn(shown).forms if "digest" in form.fields]
    assert len(digests) == 3
    assert all(len(each) == 64 and int(each, 16) for each in digests)


def test_an_approval_that_was_not_used_within_a_day_has_to_be_given_anew() -> None:
    """It expires, nothing is sent by it, and the same plan can be answered again."""
    scene = swapped()
    browser = Browser(scene)
    where = plan_of(scene)
    approve(browser, browser.get(where))
    scene.clock.advance(25 * 3600)
    send(scene.world, CONNECTOR)

    assert len(scene.sds.submissions) == 1
    assert [form for form in drawn(browser.get(where)).forms if form.action.endswith("/reject")]


def test_a_plan_of_two_days_ago_waits_for_nobody() -> None:
    """No change older than 48 hours is sent, and its page says so instead of asking."""
    scene = swapped()
    where = plan_of(scene)
    browser = Browser(scene)
    plan = browser.get(where)
    scene.clock.advance(49 * 3600)
    shown, late = browser.get(where), approve(browser, plan)

    assert "it is older than 48 hours" in text(shown)
    assert late.status == 409
    assert submissions(scene) == 1


def test_a_plan_whose_files_are_past_their_time_says_so() -> None:
    """A month later nobody can see what it would have changed."""
    scene = swapped()
    where = plan_of(scene)
    scene.next_night(without=[scene.isams.school.pupils[-1].school_id])
    scene.send_until_still()
    for _ in range(10):
        scene.clock.advance(24 * 3600)
        rest(scene)
    gone = Browser(scene).get(where)

    assert gone.status == 409
    assert "Its files are past their time, so nobody can see any more" in text(gone)


def test_a_run_whose_files_are_past_their_time_is_still_told() -> None:
    """What is left of it are its marks: when it was made, approved and taken."""
    scene = swapped()
    browser = Browser(scene)
    approve(browser, browser.get(plan_of(scene)))
    scene.send_until_still()
    run = f"/page/run/{scene.look().deliveries[-1].id}"
    for _ in range(10):
        scene.clock.advance(24 * 3600)
        rest(scene)
    shown = browser.get(run)

    assert shown.status == 200
    assert "Handed over to SDS" in text(shown)


def test_who_may_only_look_answers_nothing_even_with_the_right_form() -> None:
    """The button is not drawn, and its form is refused as well."""
    scene = swapped()
    reader = Browser(scene, HOLDS[Role.READ])
    form = next(f for f in drawn(Browser(scene).get(plan_of(scene))).forms if "digest" in f.fields)
    refused = reader.post(form.action, **form.fields, seen="yes")

    assert refused.status == 403
    assert written(scene) == []


def test_a_swap_of_what_is_no_class_changes_nothing() -> None:
    """Ids that are not those of two classes of the school, or none at all."""
    scene = swapped()
    browser = Browser(scene)
    where = plan_of(scene)
    digest = drawn(browser.get(where)).forms[-2].fields["digest"]
    strange = browser.post(
        f"{where}/swap", first="x", second="y", school="northbank", digest=digest
    )
    nothing = browser.post(f"{where}/swap")
    nowhere = browser.post(f"{where}/swap", first="x", second="y", school="nowhere")

    assert [each.status for each in (strange, nothing, nowhere)] == [409, 400, 400]
    assert scene.store.blobs("identity/") == []


def test_reading_again_from_a_plan_replaces_it() -> None:
    """It was mended in iSAMS already: one reading, and the plan is gone."""
    scene = swapped()
    browser = Browser(scene)
    where = plan_of(scene)
    before = len(list_pulls(scene.world.store, "northbank"))
    browser.click(browser.get(where), "/page/sync")
    scene.isams.school = nights.exchanged(scene.isams.school)
    scene.isams.flush()
    pull.pull(scene.world, "northbank")
    scene.send_until_still()

    assert len(list_pulls(scene.world.store, "northbank")) == before + 1
    assert "This plan waits for nobody any more" in text(browser.get(where))
    assert "Nobody is waited for" in text(browser.get("/page/held"))


def test_of_two_schools_that_are_held_each_is_answered_alone() -> None:
    """Held lists both, each with its own plan; of the other nothing is sent."""
    scene = make_group(SDS__HOLD_FIRST="true")
    for school in ("northbank", "southbank"):
        scene.pull(school)
    scene.send_until_still()
    browser = Browser(scene)
    held = browser.get("/page/held")
    links = [link for link in drawn(held).links if link.startswith("/page/held/")]
    south = browser.get(links[-1])
    answered = approve(browser, south)
    scene.send_until_still()

    assert len({*links}) == 2
    assert "2 to answer" in text(held)
    assert answered.status == 303
    [sent] = scene.sds.submissions
    assert b"9990002" in sent.files["orgs.csv"]
    assert b"9990001" not in sent.files["orgs.csv"]
    assert plan_of(scene) == links[0]


class _Meanwhile(MemoryStore):
    """Lets something happen just before files are read: somebody else is answering."""

    happens: Callable[[], object] | None = None

    @override
    def read(self, name: str) -> bytes:
        happens = self.happens
        if happens and name.endswith("/users.csv"):
            self.happens = None
            happens()
        return super().read(name)


def test_what_is_answered_is_never_newer_than_the_plan_that_is_shown() -> None:
    """While a delivery of two schools is drawn, one is rejected: its yes is for neither then."""
    scene = make_group(SDS__HOLD_FIRST="true", store=_Meanwhile)
    for school in ("northbank", "southbank"):
        scene.pull(school)
    scene.send_until_still()
    delivery, south = scene.look().deliveries[-1].id, offer_of(scene, "southbank").name.id
    assert isinstance(scene.store, _Meanwhile)
    scene.store.happens = lambda: approval.reject(scene.world, south)
    browser = Browser(scene)
    plan = browser.get(f"/page/held/{delivery}")
    answers = written(scene)
    late = approve(browser, plan)

    assert "Southbank School" in text(plan)
    assert late.status == 412
    assert written(scene) == answers
