"""Reading back what reached Teams: classes, and who is in them, by Graph's education view.

In the order of a read-back: `roles`, `classes`, then `people` of some classes at a time, and
`accounts`. Errors are `TargetError` and nothing else. All of it only reads: `$batch` is a POST
whose items are GETs. Of every record only what `$select` names is looked at, whatever comes; a
failure is never an empty list.

See docs/reference/sds.md#read-back.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import quote, unquote

import httpx

from sync.edge.clock import Budget, Clock
from sync.edge.graph import education_values as values
from sync.edge.graph.answers import Json, objects, text_of
from sync.edge.graph.education_values import ClassPeople, ClassSeen, PersonSeen
from sync.edge.graph.identity import Tokens, roles_in
from sync.edge.graph.requests import Errand, GraphRequests, is_busy
from sync.edge.graph.wire import Answer
from sync.edge.http import retry_after_s
from sync.errors import TargetMalformed, TargetUnavailable
from sync.settings import SdsSettings

V1 = "/v1.0/"
CLASSES = Errand("list the classes of the tenant", values.READS_CLASSES, values.HOLDER)
MEMBERS = Errand("show who is in a class", values.READS_MEMBERS, values.HOLDER)
ACCOUNTS = Errand("show whether somebody has an account", values.READS_ACCOUNTS, values.HOLDER)

# Without $select Graph gives birth dates and addresses: docs/reference/sds.md#select
_OF_CLASS = ("id", "externalId", "mailNickname", "displayName")
_OF_PERSON = ("id", "userPrincipalName", "mail")
_OF_ACCOUNT = (*_OF_PERSON, "accountEnabled")

BATCH = 20  # docs/reference/sds.md#batch
_TOP = 999  # of classes a page: the largest that a client is known to ask for
_TRIES = 4  # of an item that is busy
_PAGES = 50  # of one class: Teams takes 25,000 people, Graph gives a hundred or so a page
_FIRST_WAIT_S = 2.0


@dataclass(slots=True, eq=False)
class _Item:
    """A request within a batch: what it is for, its next page, and when it may be asked."""

    key: tuple[str, str]
    path: str
    not_before_s: float = 0.0
    tries: int = 0
    pages: int = 0
    was_gone: bool = False
    seen: set[str] = field(default_factory=set)
    records: list[Json] = field(default_factory=list)


class EducationReader:
    """A tenant's education view. *graph* is a transport that stands for it in tests.

    `gave_more` says that Graph sent more of somebody or of a class than was asked for; it was not
    looked at.
    """

    def __init__(
        self,
        settings: SdsSettings,
        tokens: Tokens,
        clock: Clock,
        *,
        graph: httpx.BaseTransport | None = None,
    ) -> None:
        self._tokens = tokens
        self._clock = clock
        self._graph = GraphRequests(settings.graph_url, tokens, clock, graph, base=V1)
        self.gave_more = False

    def roles(self) -> frozenset[str]:
        """Return the application roles that the identity's token says it carries."""
        return roles_in(self._tokens.token())

    def classes(self, budget: Budget) -> list[ClassSeen]:
        """Return every class of the tenant once, of every source, in Graph's order."""
        path = f"education/classes?$select={','.join(_OF_CLASS)}&$top={_TOP}"
        seen = dict[str, ClassSeen]()  # pages may overlap where classes come while they are read
        for record in self._graph.pages(path, CLASSES, budget, strict=True):
            given = self._chosen(record, _OF_CLASS)
            class_id = text_of(given, "id")
            if not class_id:
                raise TargetMalformed("Graph gave a class without an id")
            texts = (text_of(given, name) for name in _OF_CLASS[1:])
            seen[class_id] = ClassSeen(class_id, *texts)
        return [*seen.values()]

    def people(self, class_ids: Sequence[str], budget: Budget) -> dict[str, ClassPeople | None]:
        """Return who is in each of *class_ids*, by Graph's id; None of a class that is gone.

        One that is not there is asked for once more before it counts as gone.
        """
        items = [
            _Item((class_id, kind), _people_path(class_id, kind))
            for class_id in class_ids
            for kind in ("members", "teachers")
        ]
        found = self._gathered(items, MEMBERS, budget)
        people = dict[str, ClassPeople | None]()
        for class_id in class_ids:
            lists = [found[class_id, kind] for kind in ("members", "teachers")]
            members, teachers = (self._persons(listed or ()) for listed in lists)
            people[class_id] = None if None in lists else ClassPeople(members, teachers)
        return people

    def accounts(self, addresses: Iterable[str], budget: Budget) -> dict[str, bool | None]:
        """Return of each address whether an enabled account has it; None where no account has."""
        items = [_Item((address, "account"), _account_path(address)) for address in addresses]
        states = dict[str, bool | None]()
        for (address, _), records in self._gathered(items, ACCOUNTS, budget).items():
            given = [self._chosen(record, _OF_ACCOUNT) for record in records or ()]
            enabled = [record.get("accountEnabled") is True for record in given]
            states[address] = any(enabled) if enabled else None
        return states

    def close(self) -> None:
        self._graph.close()

    # -- records

    def _persons(self, records: Iterable[Json]) -> tuple[PersonSeen, ...]:
        persons = []
        for record in records:
            given = self._chosen(record, _OF_PERSON)
            if not text_of(given, "id"):
                raise TargetMalformed("Graph gave a member of a class without an id")
            persons.append(PersonSeen(*(text_of(given, name) for name in _OF_PERSON)))
        return tuple(persons)

    def _chosen(self, record: Json, fields: Sequence[str]) -> Json:
        """Return what was asked for of *record*; the rest is dropped unread."""
        if any(name not in fields and not name.startswith("@") for name in record):
            self.gave_more = True
        return {name: record[name] for name in fields if name in record}

    # -- batches

    def _gathered(
        self, items: Sequence[_Item], errand: Errand, budget: Budget
    ) -> dict[tuple[str, str], list[Json] | None]:
        """Ask all *items*, with all their pages; None for what is gone.

        An item that is busy is asked again alone, when it wishes, while the others go on.
        """
        waiting, found = deque(items), dict[tuple[str, str], list[Json] | None]()
        while waiting:
            batch = self._ready(waiting, budget, errand)
            answers = self._answers(batch, errand, budget)
            for number, item in enumerate(batch):
                answer = answers.get(str(number))
                if self._is_done(item, answer, errand):
                    found[item.key] = None if item.was_gone and not item.pages else item.records
                else:
                    waiting.append(item)
        return found

    def _ready(self, waiting: deque[_Item], budget: Budget, errand: Errand) -> list[_Item]:
        """Take the next items of a batch; wait for the first if none may be asked yet."""
        now_s = self._clock.monotonic_s()
        wait_s = min(item.not_before_s for item in waiting) - now_s
        if wait_s > 0:
            if wait_s >= budget.left_s:
                busy = f"Graph could not {errand.words}: it is busy"
                raise TargetUnavailable(busy, retry_after_s=wait_s)
            self._clock.sleep(wait_s)
            now_s = self._clock.monotonic_s()
        ready = [item for item in waiting if item.not_before_s <= now_s][:BATCH]
        for item in ready:
            waiting.remove(item)
        return ready

    def _answers(
        self, batch: Sequence[_Item], errand: Errand, budget: Budget
    ) -> Mapping[str, Answer]:
        """Return what each item was answered, by its number in *batch*."""
        requests = [
            {"id": str(number), "method": "GET", "url": f"/{item.path}"}
            for number, item in enumerate(batch)
        ]
        given = self._graph.post("$batch", {"requests": requests}, errand, budget)
        answers = {}
        for response in objects(given.get("responses")):
            status, headers = response.get("status"), response.get("headers")
            if isinstance(status, int):
                texts = headers if isinstance(headers, Mapping) else {}
                told = httpx.Headers({str(name): str(text) for name, text in texts.items()})
                content = json.dumps(response.get("body")).encode()
                answers[text_of(response, "id")] = Answer(status, told, content)
        return answers

    def _is_done(self, item: _Item, answer: Answer | None, errand: Errand) -> bool:
        """Take *answer* into *item*; False if it must be asked again, or goes on."""
        if answer is None or answer.status == 424 or is_busy(answer.status):
            self._put_off(item, answer, errand)
            return False
        if answer.status == 404:
            was_gone, item.was_gone = item.was_gone, True
            item.records, item.pages, item.path = [], 0, _start_of(item)
            item.seen.clear()
            return was_gone
        if error := self._graph.fault(answer, errand):
            raise error
        return self._is_last_page(item, answer.json())

    def _is_last_page(self, item: _Item, page: Json) -> bool:
        listed = page.get("value")
        if not isinstance(listed, list) or len(objects(listed)) != len(listed):
            raise TargetMalformed("Graph gave a page without a list of records")
        item.records += objects(listed)
        item.pages, item.tries = item.pages + 1, 0
        link = page.get("@odata.nextLink")
        if link is None:
            return True
        if item.pages >= _PAGES or link in item.seen:
            raise TargetMalformed("Graph's pages do not end", pages=item.pages)
        item.seen.add(str(link))
        path = self._graph.following(link).partition(V1)[2]
        if _resource(path) != _resource(item.path):
            raise TargetMalformed("Graph's next page is of something else: not followed")
        item.path = path
        return False

    def _put_off(self, item: _Item, answer: Answer | None, errand: Errand) -> None:
        """Have a busy *item* asked again, not before it wishes."""
        item.tries += 1
        wish_s = retry_after_s(answer.headers, self._clock.now()) if answer else None
        if item.tries >= _TRIES:
            busy = f"Graph could not {errand.words}: it is busy"
            raise TargetUnavailable(busy, retry_after_s=wish_s)
        wait_s = _FIRST_WAIT_S**item.tries if wish_s is None else wish_s
        item.not_before_s = self._clock.monotonic_s() + wait_s


def _resource(path: str) -> str:
    """Return what *path* asks for, without its query: docs/reference/sds.md#paths-know-no-case."""
    return unquote(path.partition("?")[0]).lower()


def _people_path(class_id: str, kind: str) -> str:
    return f"education/classes/{quote(class_id, safe='')}/{kind}?$select={','.join(_OF_PERSON)}"


def _account_path(address: str) -> str:
    text = address.replace("'", "''")
    either = quote(f"userPrincipalName eq '{text}' or mail eq '{text}'", safe="")
    return f"users?$select={','.join(_OF_ACCOUNT)}&$filter={either}"


def _start_of(item: _Item) -> str:
    whose, kind = item.key
    return _account_path(whose) if kind == "account" else _people_path(whose, kind)
