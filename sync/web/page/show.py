"""What each screen shows: a step is asked, and its values are drawn."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import timedelta

from sync.errors import RequestRefused
from sync.ledger import callers, ids
from sync.report import Outcome, Step
from sync.settings import changed
from sync.settings.as_read import as_read
from sync.steps import checked, explain
from sync.steps import findings as findings_step
from sync.steps import held as held_step
from sync.steps import what_if as what_if_step
from sync.steps.course import course
from sync.steps.landed.told import RowsTold, all_landed, landed_of, landed_rows
from sync.steps.status_values import NightWord
from sync.steps.trust import rows_of
from sync.web.exchange import CSV, Response
from sync.web.page import findings as findings_page
from sync.web.page import held as held_page
from sync.web.page import home as home_page
from sync.web.page import landed as landed_page
from sync.web.page import sds as sds_page
from sync.web.page import tags
from sync.web.page import trust as trust_page
from sync.web.page import whatif as whatif_page
from sync.web.page import why as why_page
from sync.web.page.drawing import SAFE, drawn, see
from sync.web.page.forms import form_of
from sync.web.page.panel import held_headline
from sync.web.page.run import run_of
from sync.web.page.visit import PageVisit
from sync.web.page.words import duration

_KEY: Sequence[NightWord] = ("delivered", "unchanged", "held", "failed")


def front(visit: PageVisit) -> Response:
    """Show the home of the only school, or a line for each of several."""
    schools = visit.world.settings.schools
    if len(schools) == 1:
        return _home(visit, next(iter(schools)))
    rows = trust_page.rows(visit.status, rows_of(visit.world, visit.status))
    return drawn(visit, "trust", {"trust": rows, "asked": "asked" in visit.asked.query})


def _in_teams(visit: PageVisit, school: str) -> str:
    """Return what the last read-back says of the connectors of *school*, "" where nothing is."""
    settings = visit.world.settings
    if not settings.sds.read_back:
        return ""
    connectors = sorted({settings.connector_of(each) for each in settings.profiles_of(school)})
    return " ".join(landed_of(visit.world, connector).headline for connector in connectors)


def home(visit: PageVisit) -> Response:
    """Show the home of a school."""
    return _home(visit, _school(visit))


def _home(visit: PageVisit, school: str) -> Response:
    shown = home_page.home(visit.world.settings, visit.status, school)
    values = {
        "home": shown,
        "several": visit.is_of_several,
        "in_teams": _in_teams(visit, school),
        "has_sds": any(row.sds is not None for row in shown.numbers.rows),
        "columns": [f"#{profile}" for profile in shown.profiles],
        "key": [tags.OF_NIGHT[word] for word in _KEY],
        "asked": "asked" in visit.asked.query,
    }
    return drawn(visit, "home", values)


def run(visit: PageVisit) -> Response:
    """Show the steps of a reading, and of the delivery that it came into."""
    told = course(visit.world, visit.parts[0], visit.asked.query.get("school", ""))
    return drawn(visit, "run", {"run": run_of(told)})


def waiting(visit: PageVisit) -> Response:
    """Show the only thing that waits, or list all; what cannot be answered is in the list too."""
    waits = [
        (visit.world.settings.called(school), shown)
        for school, shown in visit.standing()
        if shown.state == "held"
    ]
    if len(waits) == 1 and waits[0][1].offer:
        return see(f"/page/held/{waits[0][1].offer}")
    rows = [
        {
            "name": name,
            "tag": tags.of_school(shown),
            "headline": held_headline(shown.why, shown.hold),
            "offer": shown.offer,
            "since": shown.since,
        }
        for name, shown in waits
    ]
    return drawn(visit, "waiting", {"rows": rows})


def held(visit: PageVisit) -> Response:
    """Show what an offer or a delivery would change, and ask what happened in iSAMS."""
    return _held(visit, names=False)


def held_names(visit: PageVisit) -> Response:
    """Show whom it is about, by name."""
    form_of(visit.asked)
    return _held(visit, names=True)


def _held(visit: PageVisit, *, names: bool) -> Response:
    (held_id,) = visit.parts
    waits = held_step.held(visit.world, held_id)
    sheets = [held_page.sheet(school, names=names) for school in waits.plan.schools]
    if names:
        _looked(visit, "held", sum(sheet.people for sheet in sheets))
    values = {
        "held": waits,
        "sheets": sheets,
        "id": held_id,
        "names": names,
        "people": sum(sheet.people for sheet in sheets),
        "headline": _headline(visit, held_id),
        "pictures": held_page.PICTURES,
        "read_at": ids.pulled_at(held_id),
        "said_by": callers.in_words(waits.said_by),
    }
    return drawn(visit, "held", values)


def _headline(visit: PageVisit, held_id: str) -> str:
    for _, shown in visit.standing():
        if shown.offer == held_id:
            return held_headline(shown.why, shown.hold)
    return "What this delivery would change"


def held_csv(visit: PageVisit) -> Response:
    """Give the whole plan as a file for a spreadsheet."""
    form_of(visit.asked)
    plan = held_step.held(visit.world, visit.parts[0]).plan
    sheets = [held_page.sheet(school, names=False) for school in plan.schools]
    _looked(visit, "plan", sum(sheet.people for sheet in sheets))
    return _file(plan.csv(), f"plan-{plan.id}.csv")


def sds(visit: PageVisit) -> Response:
    """Show what was sent, what SDS reported, what is in Teams, and what SDS will do."""
    return _sds(visit, None)


def sds_named(visit: PageVisit) -> Response:
    """Show which class, teacher or pupil is in Teams otherwise than sent."""
    connector = form_of(visit.asked).get("connector", "")
    if connector not in visit.world.settings.connectors():
        raise RequestRefused("this form does not say which connector. Go to SDS, and click again")
    rows = landed_rows(visit.world, connector)
    _looked(visit, "landed", min(len(rows.rows), landed_page.SHOWN))
    return _sds(visit, rows)


def _sds(visit: PageVisit, rows: RowsTold | None) -> Response:
    named = {rows.connector: rows} if rows else {}
    told = all_landed(visit.world) if visit.world.settings.sds.read_back else []
    landed = {each.connector: landed_page.shown(each, named.get(each.connector)) for each in told}
    shown = sds_page.connectors(visit.status, checked.last(visit.world), landed)
    return drawn(visit, "sds", {"sds": shown, "tags": tags.OF_CHECK})


def health(visit: PageVisit) -> Response:
    """Show what came of the last check, with its age."""
    last = checked.last(visit.world)
    states = ("wrong", "warning", "not tried", "ok")
    rows = sorted(last.rows, key=lambda row: states.index(row.state)) if last else []
    counted = Counter(row.state for row in rows)
    values = {
        "last": last,
        "rows": rows,
        "tags": tags.OF_CHECK,
        "counts": [(state, counted[state]) for state in states if counted[state]],
        "took": duration(timedelta(seconds=last.took_s)) if last else "",
    }
    return drawn(visit, "health", values)


def _looked(visit: PageVisit, screen: str, people: int) -> None:
    """Log who looked at how many people's names on which screen; never at whom."""
    facts: dict[str, int | str] = {"people": people, "screen": screen}
    step = Step("names", Outcome.LOOKED, facts=facts | callers.facts(visit.world.caller))
    visit.world.tell(step)


def _file(text: str, name: str) -> Response:
    """Return a file to keep; the byte order mark tells a spreadsheet that it is UTF-8."""
    kept_as = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(200, text.encode("utf-8-sig"), CSV, more={**SAFE, **kept_as})


# -- why, and what there is to mend ----------------------------------------------------------------


def why(visit: PageVisit) -> Response:
    """Ask of whom or what."""
    return _why(visit, "", next(iter(visit.world.settings.schools)))


def why_answered(visit: PageVisit) -> Response:
    """Say why somebody or something is in SDS, or is not."""
    form, schools = form_of(visit.asked), visit.world.settings.schools
    who, school = form.get("who", ""), form.get("school", next(iter(schools)))
    fault = explain.fault_of(who)
    if school not in schools:
        fault = "choose the school, and ask again"
    if fault:
        return _why(visit, who[: explain.WHO_LIMIT], school, fault)
    explained = explain.explain(visit.world, who, school)
    _looked(visit, "why", why_page.people(explained))
    return _why(visit, who, school, answer=why_page.why(explained))


def _why(
    visit: PageVisit,
    who: str,
    school: str,
    fault: str = "",
    answer: why_page.WhyShown | None = None,
) -> Response:
    settings = visit.world.settings
    values = {
        "asked": who,
        "school": school,
        "schools": [(key, settings.called(key)) for key in sorted(settings.schools)],
        "fault": fault,
        "why": answer,
    }
    return drawn(visit, "why", values, 400 if fault else 200)


def findings(visit: PageVisit) -> Response:
    """Show how many findings of each kind the only school has, or how many each of several."""
    schools = visit.world.settings.schools
    if len(schools) == 1:
        return _findings(visit, next(iter(schools)), "")
    rows = trust_page.rows(visit.status, rows_of(visit.world, visit.status))
    listed = {row.key: row for group in rows.groups for row in group.schools if row.is_known}
    most = sorted(listed.values(), key=lambda row: (-(row.findings or 0), row.name))
    return drawn(visit, "findings-of-all", {"schools": most})


def findings_of(visit: PageVisit) -> Response:
    """Show how many findings of each kind a school has."""
    return _findings(visit, _school(visit), "")


def findings_named(visit: PageVisit) -> Response:
    """Show the findings of a kind by name."""
    return _findings(visit, _school(visit), form_of(visit.asked).get("code", ""))


def _findings(visit: PageVisit, school: str, code: str) -> Response:
    told = _newest_findings(visit, school)
    found = findings_page.page(told, code)
    if found.shown:
        _looked(visit, "findings", len(found.shown.rows))
    values = {
        "found": found,
        "read": bool(told),
        "school": school,
        "name": visit.world.settings.called(school),
        "several": visit.is_of_several,
    }
    return drawn(visit, "findings", values)


def findings_csv(visit: PageVisit) -> Response:
    """Give all findings as a file for a spreadsheet."""
    form_of(visit.asked)
    school = _school(visit)
    told = _newest_findings(visit, school)
    _looked(visit, "findings", sum(len(each.there) + len(each.mended) for each in told))
    return _file(findings_step.findings_csv(told), f"findings-{school}.csv")


def _newest_findings(visit: PageVisit, school: str) -> list[findings_step.Findings]:
    profiles = visit.world.settings.profiles_of(school)
    newest = (findings_step.newest_findings(visit.world, profile) for profile in profiles)
    return [each for each in newest if each]


def _school(visit: PageVisit) -> str:
    """Return the school that the address names; raise `RequestRefused` if there is none."""
    school = visit.parts[0]
    if school not in visit.world.settings.schools:
        raise RequestRefused(
            "there is no such school in the settings. Go to Home, which lists those there are",
            status=404,
        )
    return school


# -- what if ---------------------------------------------------------------------------------------


def what_if(visit: PageVisit) -> Response:
    """Show the settings of the first profile."""
    return _what_if(visit, min(visit.world.settings.profiles), {})


def what_if_of(visit: PageVisit) -> Response:
    """Show the settings of a profile."""
    return _what_if(visit, _profile(visit), {})


def what_if_tried(visit: PageVisit) -> Response:
    """Show what other settings of a profile would do."""
    profile, form = _profile(visit), form_of(visit.asked)
    typed = {key: form.get(key, "") for key in whatif_page.FIELDS}
    return _what_if(visit, profile, typed)


def _what_if(visit: PageVisit, profile: str, typed: Mapping[str, str]) -> Response:
    given, settings = visit.given, visit.world.settings
    written = changed.written(given.env, given.local, profile)
    shown = whatif_page.fields(written, typed)
    tried = None
    if typed:
        changes = whatif_page.changes(shown)
        tried = what_if_step.what_if(visit.world, given.env, profile, changes, local=given.local)
    values = {
        "profile": profile,
        "profiles": sorted(settings.profiles),
        "fields": shown,
        "faults": tried.faults if tried else (),
        "told": whatif_page.outlook(tried.tried) if tried and tried.tried else None,
        "copy": whatif_page.copied(tried) if tried and not tried.faults else "",
        "settings": whatif_page.listed(as_read(settings)),
    }
    return drawn(visit, "what-if", values)


def _profile(visit: PageVisit) -> str:
    """Return the profile that the address names; raise `RequestRefused` if there is none."""
    profile = visit.parts[0]
    if profile not in visit.world.settings.profiles:
        raise RequestRefused(
            "there is no such profile in the settings. Go to What if, which lists those there are",
            status=404,
        )
    return profile
