"""The host's queue side: poll, run, then delete, retry or put aside as poison."""

from __future__ import annotations

import asyncio
import base64
import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from datetime import datetime

from azure.core.exceptions import AzureError, ResourceExistsError, ResourceNotFoundError
from azure.storage.queue import QueueClient, QueueMessage

from simulators.host import protos
from simulators.host.hostjson import QueuePace
from simulators.host.invocation import Invocation

# docs/reference/functions.md#no-queue
STORAGE = "Azure.Core.1"  # the category of storage's refusals
QUEUES = "Host.Triggers.Queue"

# docs/reference/functions.md#held-message
LEASE_S = 600  # while a message is in work; after that it is handed out again
# After an empty poll; doubles up to `max_polling_interval_s`.
FIRST_PAUSE_S = 0.1

Run = Callable[[protos.TypedData, dict[str, protos.TypedData], int], Awaitable[Invocation]]


class Listener:
    """Feeds the messages of one queue to one function.

    *run* gets the value, its metadata and how many attempts there were before; *record* gets
    what came of it once the message is settled; *log* gets level, category and text of a line of
    the host's own. `empty_polls` counts the polls that found nothing while nothing was in work.

    See docs/reference/functions.md#queue-retry, docs/reference/functions.md#poison.
    """

    def __init__(
        self,
        connection: str,
        queue: str,
        pace: QueuePace,
        run: Run,
        record: Callable[[Invocation], None],
        log: Callable[[int, str, str], None],
    ) -> None:
        self._queue = QueueClient.from_connection_string(connection, queue)
        self._poison = QueueClient.from_connection_string(connection, f"{queue}-poison")
        self._pace, self._run, self._record, self._log = pace, run, record, log
        self._in_work: set[asyncio.Task[None]] = set()
        self._stopping = asyncio.Event()
        self.empty_polls = 0

    def stop(self) -> None:
        """Let `listen` come to its end: no further poll, but what was taken is worked off."""
        self._stopping.set()

    async def listen(self) -> None:
        """Poll until stopped."""
        pause_s = FIRST_PAUSE_S
        while not self._stopping.is_set():
            was_idle = not self._in_work
            batch = await asyncio.to_thread(self._receive)
            for message in batch:
                self._begin(message)
            if batch:
                pause_s = FIRST_PAUSE_S
                await self._until_ready_for_more()
            else:
                self.empty_polls += was_idle
                await self._pause(pause_s)
                pause_s *= 2
        await asyncio.gather(*self._in_work)
        self._queue.close()
        self._poison.close()

    async def _pause(self, pause_s: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(min(pause_s, self._pace.max_polling_interval_s)):
                await self._stopping.wait()

    def _receive(self) -> list[QueueMessage]:
        size = self._pace.batch_size
        try:
            return list(
                self._queue.receive_messages(
                    messages_per_page=size, max_messages=size, visibility_timeout=LEASE_S
                )
            )
        except ResourceNotFoundError as missing:
            # The app has not made the queue yet; the host does not make it either.
            self._log(logging.WARNING, STORAGE, str(missing))
            return []
        except AzureError as error:
            self._complain(f"cannot be read: {error}")
            return []

    def _begin(self, message: QueueMessage) -> None:
        task = asyncio.create_task(self._handle(message))
        self._in_work.add(task)
        task.add_done_callback(self._in_work.discard)

    async def _until_ready_for_more(self) -> None:
        while len(self._in_work) > self._pace.new_batch_threshold:
            await asyncio.wait(self._in_work, return_when=asyncio.FIRST_COMPLETED)

    async def _handle(self, message: QueueMessage) -> None:
        attempt, limit = message.dequeue_count or 1, self._pace.max_dequeue_count
        text = self._text(message)
        # A count over the limit means that earlier attempts died with their host.
        if text is None or attempt > limit:
            await asyncio.to_thread(self._settle, self._put_aside, message)
            return
        done = await self._run(protos.TypedData(string=text), _metadata(message, text), attempt - 1)
        if not done.error:
            how = self._delete
        else:
            how = self._put_back if attempt < limit else self._put_aside
        await asyncio.to_thread(self._settle, how, message)
        self._record(done)

    def _text(self, message: QueueMessage) -> str | None:
        """Return what the function shall get; None if it is not what host.json promises.

        See docs/reference/functions.md#base64.
        """
        if not self._pace.is_base64:
            return str(message.content)
        try:
            return base64.b64decode(message.content, validate=True).decode(errors="replace")
        except ValueError:
            return None

    def _delete(self, message: QueueMessage) -> None:
        self._queue.delete_message(message)

    def _put_back(self, message: QueueMessage) -> None:
        wait_s = int(self._pace.visibility_timeout_s)
        self._queue.update_message(message, visibility_timeout=wait_s)

    def _put_aside(self, message: QueueMessage) -> None:
        poison, limit = self._poison.queue_name, self._pace.max_dequeue_count
        reached = f"Message has reached MaxDequeueCount of {limit}. Moving message to '{poison}'."
        self._log(logging.WARNING, QUEUES, reached)
        try:
            self._poison.send_message(message.content)
        except ResourceNotFoundError as missing:
            self._log(logging.WARNING, STORAGE, str(missing))
            with suppress(ResourceExistsError):
                self._poison.create_queue()
            self._poison.send_message(message.content)
        self._queue.delete_message(message)

    def _settle(self, how: Callable[[QueueMessage], None], message: QueueMessage) -> None:
        """End the host's hold on *message*; if storage refuses, the hold runs out by itself."""
        try:
            how(message)
        except AzureError as error:
            self._complain(f"cannot settle a message: {error}")

    def _complain(self, what: str) -> None:
        self._log(logging.ERROR, QUEUES, f"queue {self._queue.queue_name} {what}")


def details(metadata: Mapping[str, protos.TypedData]) -> str:
    """Return what the host writes of a message in work: never what is in it."""
    message, count = metadata["Id"].string, metadata["DequeueCount"].json
    inserted = json.loads(metadata["InsertionTime"].json)
    return f"Trigger Details: MessageId: {message}, DequeueCount: {count}, InsertedOn: {inserted}"


def _metadata(message: QueueMessage, text: str) -> dict[str, protos.TypedData]:
    return {
        "Id": protos.TypedData(string=message.id),
        "PopReceipt": protos.TypedData(string=message.pop_receipt),
        "DequeueCount": protos.TypedData(json=str(message.dequeue_count)),
        "QueueTrigger": protos.TypedData(string=text),
        "InsertionTime": _moment(message.inserted_on),
        "ExpirationTime": _moment(message.expires_on),
        "NextVisibleTime": _moment(message.next_visible_on),
    }


def _moment(when: datetime | None) -> protos.TypedData:
    return protos.TypedData(json=json.dumps(when.isoformat() if when else None))
