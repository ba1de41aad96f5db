"""The way to one school's iSAMS by its REST API: the same school as by batch, in many questions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import count, islice

import httpx

from sync.edge.clock import Budget, Clock
from sync.edge.http import make_client
from sync.edge.isams.questions import ANSWER_S, Asking
from sync.edge.isams.rest_structure import read_frame
from sync.edge.isams.rest_tokens import RestTokens
from sync.isams.datasets import ALWAYS, LESSONS, NOTHING_MORE, Wanted
from sync.isams.rest import answers, endpoints, fields, reader, timetables, weeks
from sync.isams.rest.endpoints import Place
from sync.isams.school import School, Subject
from sync.settings import SchoolSettings

PLACES: Mapping[str, Place] = {place.name: place for place in endpoints.ALL}

_TRIED = 20  # lists, timetables or divisions, to find one that is not empty
# Where the ids come from that these are asked for by.
_ABOVE = {
    endpoints.MEMBERS.name: endpoints.TEACHING_SETS,
    endpoints.TIMETABLES.name: endpoints.EMPLOYEES,
    endpoints.YEAR_DIVISIONS.name: endpoints.YEAR_GROUPS,
}


class RestIsams:
    """One school's iSAMS. A token is kept for its life, nothing else between calls.

    Every call ends within its budget. Each reads from the start and gives all or nothing, raising
    a `SourceError`; only `SourceUnavailable` is worth asking again, which has then been done.
    *tell* hears how many set lists, and timetables if they are wanted, have been read, of how many.
    """

    def __init__(
        self,
        settings: SchoolSettings,
        clock: Clock,
        *,
        transport: httpx.BaseTransport | None = None,
        tell: Callable[[int, int], None] | None = None,
        limit_bytes: int = answers.LIMIT_BYTES,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._transport = transport
        self._tell = tell
        self._limit_bytes = limit_bytes
        self._tokens = RestTokens(settings, clock)

    def school(self, budget: Budget, wanted: Wanted = NOTHING_MORE) -> School:
        """Read employees, students, subjects and sets, what is *wanted* beyond, then each list.

        Raises `SourceRefused` before anything is asked if REST does not tell what is needed.
        """
        gathered = reader.Gathered(wanted)
        with self._asking(budget) as asking:
            gathered.take_employees(asking.collection(endpoints.EMPLOYEES).rows)
            must = endpoints.must(endpoints.STUDENTS, wanted)
            gathered.take_students(asking.collection(endpoints.STUDENTS, must=must).rows)
            gathered.take_subjects(asking.collection(endpoints.TEACHING).rows)
            gathered.take_sets(asking.collection(endpoints.TEACHING_SETS).rows)
            read_frame(asking, gathered.frame, wanted)
            self._read_each(asking, gathered)
        return gathered.school()

    def _read_each(self, asking: Asking, gathered: reader.Gathered) -> None:
        """Read the list of each set and, if they are wanted, the timetable of each employee."""

        def timetable(own: str) -> timetables.Timetable:
            return timetables.read(asking.one(endpoints.TIMETABLES, own), own)

        def members(own: str) -> tuple[str, ...]:
            return reader.members(asking.one(endpoints.MEMBERS, own), own)

        employees, sets = gathered.timetables_of, gathered.set_ids
        done = count(1)
        for _, told in asking.each(employees, timetable):
            gathered.take_timetable(told)
            self._tell_of(next(done), len(employees) + len(sets))
        for own, school_ids in asking.each(sets, members):
            gathered.take_list(own, school_ids)
            self._tell_of(next(done), len(employees) + len(sets))

    def _tell_of(self, done: int, of: int) -> None:
        if self._tell:
            self._tell(done, of)

    def subjects(self, budget: Budget) -> Mapping[str, Subject]:
        """Read only the subjects, by id."""
        with self._asking(budget) as asking:
            return reader.subjects(asking.collection(endpoints.TEACHING).rows)

    def try_place(
        self, name: str, budget: Budget, wanted: Wanted = NOTHING_MORE
    ) -> tuple[int, list[str]] | None:
        """Ask one of `PLACES` alone: how many rows there are, and what their fields are called.

        It fails as it would for a school from which that is *wanted*. Of lists, timetables and
        divisions some are asked for, until one is not empty. None: timetables are not needed,
        because sets name their teachers.
        """
        place = PLACES[name]
        needed = not (set(ALWAYS) | wanted.needed).isdisjoint(place.datasets)
        with self._asking(budget) as asking:
            if "{" in place.path:
                return _try_some(asking, place, wanted)
            if place is endpoints.STRUCTURE:
                told = weeks.read(asking.one(place))
                return len(told.periods), fields.names(told.names)
            must = endpoints.must(place, wanted)
            reading = asking.collection(place, must=must, may_be_empty=not needed)
        return len(reading.rows), fields.names(reading.names)

    @contextmanager
    def _asking(self, budget: Budget) -> Iterator[Asking]:
        with make_client(
            base_url=self._settings.isams_url, timeout_s=ANSWER_S, transport=self._transport
        ) as client:
            yield Asking(client, self._tokens, self._clock, budget, self._limit_bytes)


def _try_some(asking: Asking, place: Place, wanted: Wanted) -> tuple[int, list[str]] | None:
    """Ask for the answers of a few ids, until one has rows."""
    if place is endpoints.TIMETABLES and LESSONS not in wanted.extras:
        gathered = reader.Gathered()
        gathered.take_sets(asking.collection(endpoints.TEACHING_SETS).rows)
        if not gathered.lacks_teachers:
            return None
    rows: list[object] = []
    for own in islice(asking.collection(_ABOVE[place.name]).rows, _TRIED):
        rows = answers.rows(asking.one(place, own), place) or []
        if rows:
            break
    return len(rows), fields.names({key for row in rows for key in fields.keys(row)})
