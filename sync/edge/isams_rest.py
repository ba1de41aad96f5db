"""The way to one school's iSAMS by its REST API: the same school as by batch, in many questions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import islice

import httpx

from sync.edge.clock import Budget, Clock
from sync.edge.http import make_client
from sync.edge.isams_rest_asking import Asking
from sync.edge.isams_rest_token import RestTokens
from sync.isams import rest, rest_answers, rest_fields, rest_places
from sync.isams.rest_places import Place
from sync.school import School, Subject
from sync.settings import SchoolSettings

PLACES: Mapping[str, Place] = {place.name: place for place in rest_places.ALL}

_ANSWER_S = 60.0
_TRIED = 20  # lists or timetables, to find one that is not empty


class RestIsams:
    """One school's iSAMS. A token is kept for its life, nothing else between calls.

    Every call ends within its budget. Each reads from the start and gives all or nothing, raising
    a `SourceError`; only `SourceUnavailable` is worth asking again, which has then been done.
    *tell* hears how many set lists have been read, of how many.
    """

    def __init__(
        self,
        settings: SchoolSettings,
        clock: Clock,
        *,
        transport: httpx.BaseTransport | None = None,
        tell: Callable[[int, int], None] | None = None,
        limit_bytes: int = rest_answers.LIMIT_BYTES,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._transport = transport
        self._tell = tell
        self._limit_bytes = limit_bytes
        self._tokens = RestTokens(settings, clock)

    def school(self, budget: Budget) -> School:
        """Read employees, students, subjects and sets, then each set's list."""
        gathered = rest.Gathered()
        with self._asking(budget) as asking:
            gathered.take_employees(asking.collection(rest_places.EMPLOYEES).rows)
            gathered.take_students(asking.collection(rest_places.STUDENTS).rows)
            gathered.take_subjects(asking.collection(rest_places.TEACHING).rows)
            gathered.take_sets(asking.collection(rest_places.TEACHING_SETS).rows)
            if gathered.lacks_teachers:
                # All employees: one who is not marked as teaching may teach all the same.
                ids = gathered.employee_ids
                for own, set_ids in asking.each(rest_places.LESSONS, ids, _taught):
                    gathered.take_timetable(own, set_ids)
            ids = gathered.set_ids
            lists = asking.each(rest_places.MEMBERS, ids, rest.members)
            for done, (own, school_ids) in enumerate(lists, start=1):
                gathered.take_list(own, school_ids)
                if self._tell:
                    self._tell(done, len(ids))
        return gathered.school()

    def subjects(self, budget: Budget) -> Mapping[str, Subject]:
        """Read only the subjects, by id."""
        with self._asking(budget) as asking:
            return rest.subjects(asking.collection(rest_places.TEACHING).rows)

    def try_place(self, name: str, budget: Budget) -> tuple[int, list[str]] | None:
        """Ask one of `PLACES` alone: how many rows there are, and what their fields are called.

        Of set lists and timetables some are asked for, until one is not empty. None: timetables
        are not needed, because sets name their teachers.
        """
        place = PLACES[name]
        with self._asking(budget) as asking:
            if "{" not in place.path:
                reading = asking.collection(place)
                return len(reading.rows), rest_fields.names(reading.names)
            above = asking.collection(rest_places.TEACHING_SETS).rows
            if place is rest_places.LESSONS:
                gathered = rest.Gathered()
                gathered.take_sets(above)
                if not gathered.lacks_teachers:
                    return None
                above = asking.collection(rest_places.EMPLOYEES).rows
            rows: list[object] = []
            for own in islice(above, _TRIED):
                rows = rest_answers.rows(asking.one(place, own), place) or []
                if rows:
                    break
        fields = {key for row in rows if isinstance(row, dict) for key in row}
        return len(rows), rest_fields.names(fields)

    @contextmanager
    def _asking(self, budget: Budget) -> Iterator[Asking]:
        host = self._settings.isams_host
        base_url = host if host.startswith("http://") else f"https://{host}"
        with make_client(
            base_url=base_url, timeout_s=_ANSWER_S, transport=self._transport
        ) as client:
            yield Asking(client, self._tokens, self._clock, budget, self._limit_bytes)


def _taught(answer: rest_answers.Answer, _: str) -> frozenset[str]:
    return rest.taught(answer)
