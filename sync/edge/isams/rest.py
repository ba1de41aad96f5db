"""The way to a school's iSAMS by its REST API: the same school as by batch, in many questions."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from itertools import count, islice
from threading import Event

import httpx

from sync.edge.clock import Budget, Clock
from sync.edge.http import make_client
from sync.edge.isams.rest_requests import ANSWER_S, RestBase, RestRequests
from sync.edge.isams.rest_structure import read_besides, read_structure
from sync.edge.isams.rest_tokens import rest_tokens
from sync.errors import SourceError
from sync.isams.datasets import ALWAYS, LESSONS, NOTHING_MORE, Wanted
from sync.isams.rest import answers, endpoints, fields, reader, timetables, weeks
from sync.isams.rest.endpoints import Endpoint
from sync.isams.school import CurrentPeople, School, Subject
from sync.settings import SchoolSettings

ENDPOINTS: Mapping[str, Endpoint] = {endpoint.name: endpoint for endpoint in endpoints.ALL}

_TRIED = 20  # lists, timetables or divisions, until any is not empty
# Where the ids come from that these are asked for by.
_ABOVE = {
    endpoints.MEMBERS.name: endpoints.TEACHING_SETS,
    endpoints.TIMETABLES.name: endpoints.EMPLOYEES,
    endpoints.YEAR_DIVISIONS.name: endpoints.YEAR_GROUPS,
}


class RestIsams:
    """A school's iSAMS. A token is kept for its life, nothing else between calls.

    Every call ends within its budget. Each reads from the start and gives all or nothing, raising
    a `SourceError`; what is worth asking again says `retry`, and has then been asked.
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
        self._tokens = rest_tokens(settings, clock)
        self._answered = Event()
        self._base = RestBase()

    def school(self, budget: Budget, wanted: Wanted = NOTHING_MORE) -> School:
        """Read employees, students, subjects and sets, what is needed beyond, then each list.

        Last comes what is only wanted besides: whatever goes wrong there is noted in the school.
        Raises `SourceRefused` before anything is asked if REST does not give what is needed.
        """
        school = reader.RestSchool(wanted)
        self._base = RestBase()  # what was true of the last reading need not be of this one
        with self._requests(budget) as requests:
            school.take_employees(requests.collection(endpoints.EMPLOYEES).rows)
            must = endpoints.needed_fields(endpoints.STUDENTS, wanted)
            school.take_students(requests.collection(endpoints.STUDENTS, must=must).rows)
            school.take_subjects(requests.collection(endpoints.TEACHING).rows)
            school.take_sets(requests.collection(endpoints.TEACHING_SETS).rows)
            read_structure(requests, school.structure, wanted.needed)
            steps = len(school.timetables_of) + len(school.set_ids)
            done = self._counted(steps)
            if school.needs_timetables:
                _read_timetables(requests, school, done)
            _read_lists(requests, school, done)
            for dataset, error in read_besides(requests, school.structure, wanted.optional):
                school.leave_untold(dataset, error)
            if not school.needs_timetables:
                _try_timetables(requests, school, done)
        unusual = self.base if self.base != endpoints.BASES[0] else ""
        return replace(school.whole(), rest_base=unusual)

    @property
    def base(self) -> str:
        """What the paths of the last answers began with, such as `/api`."""
        return self._base.known

    def _counted(self, of: int) -> Callable[[], None]:
        """Return what tells that another list or timetable has been read."""
        done = count(1)

        def tell() -> None:
            if self._tell:
                self._tell(next(done), of)

        return tell

    def subjects(self, budget: Budget) -> Mapping[str, Subject]:
        """Read only the subjects, by id."""
        with self._requests(budget) as requests:
            return reader.subjects_by_id(requests.collection(endpoints.TEACHING).rows)

    def people(self, budget: Budget) -> CurrentPeople:
        """Read only employees and students."""
        school = reader.RestSchool()
        with self._requests(budget) as requests:
            school.take_employees(requests.collection(endpoints.EMPLOYEES).rows)
            school.take_students(requests.collection(endpoints.STUDENTS).rows)
        return school.people

    def try_endpoint(
        self, name: str, budget: Budget, wanted: Wanted = NOTHING_MORE
    ) -> tuple[int, list[str]] | None:
        """Ask a single endpoint: how many rows there are, and what their fields are called.

        It fails as it would for a school from which that is *wanted*. Of lists, timetables and
        divisions some are asked for, until any is not empty. None: timetables are not needed,
        because sets name their teachers.
        """
        endpoint = ENDPOINTS[name]
        needed = not (set(ALWAYS) | wanted.needed).isdisjoint(endpoint.datasets)
        with self._requests(budget) as requests:
            if "{" in endpoint.path:
                return _try_some(requests, endpoint, wanted)
            if endpoint is endpoints.STRUCTURE:
                cycle = weeks.read_cycle(requests.answer(endpoint))
                return len(cycle.periods), fields.names(cycle.names)
            must = endpoints.needed_fields(endpoint, wanted)
            pages = requests.collection(endpoint, must=must, may_be_empty=not needed)
        return len(pages.rows), fields.names(pages.names)

    @contextmanager
    def _requests(self, budget: Budget) -> Generator[RestRequests]:
        with make_client(
            base_url=self._settings.isams_url,
            timeout_s=ANSWER_S,
            transport=self._transport,
            answered=self._answered,
            authority=self._settings.isams_ca,
        ) as client:
            yield RestRequests(
                client,
                self._tokens,
                self._clock,
                budget,
                self._limit_bytes,
                self._answered,
                self._base,
                self._settings.isams_ca,
            )


def _read_lists(
    requests: RestRequests, school: reader.RestSchool, done: Callable[[], None]
) -> None:
    """Read the list of each set."""

    def members_of(set_id: str) -> tuple[str, ...]:
        return reader.school_ids_in(requests.answer(endpoints.MEMBERS, set_id), set_id)

    for set_id, school_ids in requests.each(school.set_ids, members_of):
        school.take_list(set_id, school_ids)
        done()


def _read_timetables(
    requests: RestRequests, school: reader.RestSchool, done: Callable[[], None]
) -> None:
    """Read the timetable of each employee, if any are wanted."""

    def timetable_of(employee_id: str) -> timetables.Timetable:
        answer = requests.answer(endpoints.TIMETABLES, employee_id)
        return timetables.read_timetable(answer, employee_id)

    for _, timetable in requests.each(school.timetables_of, timetable_of):
        school.take_timetable(timetable)
        done()


def _try_timetables(
    requests: RestRequests, school: reader.RestSchool, done: Callable[[], None]
) -> None:
    """Read the timetables that no class needs: all of them, or none is known."""
    try:
        _read_timetables(requests, school, done)
    except SourceError as error:
        school.leave_untold(LESSONS, error)


def _try_some(
    requests: RestRequests, endpoint: Endpoint, wanted: Wanted
) -> tuple[int, list[str]] | None:
    """Ask for the answers of a few ids, until any has rows."""
    if endpoint is endpoints.TIMETABLES and LESSONS not in wanted.extras:
        school = reader.RestSchool()
        school.take_sets(requests.collection(endpoints.TEACHING_SETS).rows)
        if not school.lacks_teachers:
            return None
    rows: list[object] = []
    for record_id in islice(requests.collection(_ABOVE[endpoint.name]).rows, _TRIED):
        rows = answers.rows_of(requests.answer(endpoint, record_id), endpoint) or []
        if rows:
            break
    return len(rows), fields.names({key for row in rows for key in fields.keys(row)})
