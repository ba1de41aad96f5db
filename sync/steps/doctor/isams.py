"""Each school's iSAMS: does it answer, does it know us, and may we read each thing we need?"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from functools import partial
from typing import Literal

from sync.edge.certificate import Validity, not_valid, validities
from sync.edge.isams.batch import Isams
from sync.edge.isams.rest import RestIsams
from sync.errors import (
    ConfigError,
    SourceIncomplete,
    SourceMalformed,
    SourceRefused,
    SyncError,
    concerning,
)
from sync.isams.datasets import ALWAYS, Dataset, Wanted
from sync.isams.rest import endpoints
from sync.report import NEAR_END
from sync.settings import SchoolSettings, Settings
from sync.steps.doctor.checks import Check, Note, Visit
from sync.steps.needs import datasets_of_school
from sync.texts import as_day

# docs/reference/isams.md#key-cache
_CACHE_H = 24.0  # Cache Expiry of a key as iSAMS sets it
_ENTRY = frozenset({400, 401, 403})  # where the host answers, and keeps us out

type Tries = Mapping[str, Callable[[], Note]]


def check_isams(settings: Settings, visit: Visit) -> Iterator[Check]:
    """Try each school's host, key or client, and alone each thing that a pull of it asks for."""
    for school, school_settings in settings.schools.items():
        about, needs = f"iSAMS of {school}", datasets_of_school(settings, school)
        if school_settings.isams_api == "rest":
            proof, tries = "client", _places(school_settings, needs, visit)
        else:
            proof, tries = "key", _methods(school_settings, needs, visit)
        named = {name: partial(_of, school, work) for name, work in tries.items()}
        if pem := school_settings.isams_ca:
            now = visit.clock.now()
            ask = partial(validities, pem, now)
            note = partial(_authority_ends, now)
            yield visit.examine(f"{about}: end of ISAMS_CA", ask, note, school=school).check
        yield from _school(about, proof, named, visit)


def _authority_ends(now: datetime, those: list[Validity]) -> Note:
    """Judge the authority that a school trusts by the certificate that ends first."""
    out = not_valid(those, now)
    if len(out) == len(those):
        raise ConfigError(f"ISAMS_CA {out[-1]}: put the one that is valid now there")
    if out:
        return Note(f"one of {len(those)} {out[-1]}", "put the one that is valid now into ISAMS_CA")
    near = those[0].ends - now <= NEAR_END
    return Note(
        as_day(those[0].ends),
        "before that day, put its successor into ISAMS_CA, below it" if near else "",
    )


def _of(school: str, work: Callable[[], Note]) -> Note:
    with concerning(school=school):
        return work()


def _methods(settings: SchoolSettings, needs: Wanted, visit: Visit) -> Tries:
    isams = Isams(settings, visit.clock)
    must = {*ALWAYS, *needs.needed}
    return {
        _on_screen(dataset): partial(
            _count, isams, dataset, visit, may_be_empty=dataset not in must
        )
        for dataset in (*ALWAYS, *needs.extras)
    }


def _places(settings: SchoolSettings, needs: Wanted, visit: Visit) -> Tries:
    isams = RestIsams(settings, visit.clock)
    return {
        endpoint.name: partial(_fields, isams, endpoint.name, needs, visit)
        for endpoint in endpoints.asked_for(needs)
    }


def _school(about: str, proof: str, tries: Tries, visit: Visit) -> Iterator[Check]:
    """Try them in turn, until any fails for a reason that every other would have as well.

    Whether host and key are good is seen by the first: a host that is away or a key that is
    unknown is told once, as what it is.
    """
    host, key = f"{about}: host", f"{about}: {proof}"
    waiting = [f"{about}: {name}" for name in tries]
    work = iter(tries.values())
    first = _tried(waiting.pop(0), next(work), visit)
    blame = _blame(first.error)
    if first.skipped:
        yield from (Check(name, first.note, skipped=True) for name in (host, key, first.name))
    elif blame == "host":
        yield Check(host, error=first.error)
        yield from visit.skipped((key, first.name, *waiting), host)
        return
    elif blame == "key":
        yield Check(host, Note("answers"))
        yield Check(key, error=first.error)
        yield from visit.skipped((first.name, *waiting), key)
        return
    else:
        yield Check(host, Note("answers"))
        if isinstance(first.error, SourceMalformed):  # whoever it is that answers
            yield from visit.skipped((key,), first.name)
        else:
            yield Check(key, Note("accepted"))
        yield first
    for one in work:
        check = _tried(waiting.pop(0), one, visit)
        yield check
        if _blame(check.error):
            yield from visit.skipped(waiting, check.name)
            return


def _tried(check: str, work: Callable[[], Note], visit: Visit) -> Check:
    return visit.examine(check, work, lambda note: note).check


def _blame(error: SyncError | None) -> Literal["", "host", "key"]:
    """Return what *error* is about, if not the thing that was asked for."""
    if error is None:
        return ""
    if error.retry:
        return "host"
    if not isinstance(error, SourceRefused) or {"methods", "module", "place"} & error.facts.keys():
        return ""
    return "key" if error.facts.get("status") in _ENTRY else "host"


def _on_screen(dataset: Dataset) -> str:
    """Return what iSAMS's screen calls the method: newer ones speak of students.

    See docs/reference/isams.md#m-pupils.
    """
    return dataset.ui_name.replace("Current Pupils", "Current Pupils (or Current Students)")


def _count(isams: Isams, dataset: Dataset, visit: Visit, *, may_be_empty: bool) -> Note:
    try:
        answer = isams.try_method(dataset.method, visit.budget())
    except SourceIncomplete:
        if not may_be_empty:
            raise
        return Note("no records: no class needs any")
    text = f"{answer.records:,} records"
    if answer.age_s is None:
        return Note(f"{text}; their age is unknown")
    age_h = answer.age_s / 3600
    text = f"{text}, {age_h:.1f} h old"
    # Two vendors differ: at once, or within an hour: docs/reference/isams.md#key-cache-save
    old = "shorten Cache Expiry of this key in iSAMS; Save & Close on it empties the cache"
    return Note(text, old if age_h > _CACHE_H else "")


def _fields(isams: RestIsams, place: str, needs: Wanted, visit: Visit) -> Note:
    """Tell what the records call their fields: never a value."""
    answer = isams.try_endpoint(place, visit.budget(), needs)
    if answer is None:
        return Note("not needed: sets name their teachers")
    count, names = answer
    return Note(f"{isams.base}: 200, {count:,} records with {', '.join(names) or 'no fields'}")
