"""The real Python worker library, driven as Azure's own worker drives it.

So annotations are judged, and calls run beside each other or not, as the library has it:
docs/reference/functions.md#out-list, docs/reference/functions.md#async-blocks
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import uuid
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import azure_functions_runtime as runtime

from simulators.host import protos


class HostError(Exception):
    """The app cannot be hosted: the message says what the worker, or the host, objects to."""


class FunctionError(Exception):
    """One invocation failed; `stack` is the traceback as the worker sends it."""

    def __init__(self, message: str, stack: str = "") -> None:
        super().__init__(message)
        self.stack = stack


@dataclass(frozen=True, slots=True)
class Retry:
    """A timer's retry policy; `count` is -1 for without end."""

    count: int
    first_s: float
    longest_s: float

    def delay_s(self, retries: int) -> float:
        """Return the wait before the retry after *retries* earlier ones: fixed, or doubling."""
        return min(self.first_s * 2.0**retries, self.longest_s)


@dataclass(frozen=True, slots=True)
class Function:
    """One function of the app; `trigger` is its trigger binding as function.json would say it."""

    id: str
    name: str
    trigger: Mapping[str, Any]  # Any: parsed JSON
    retry: Retry | None

    @property
    def kind(self) -> str:
        return str(self.trigger["type"])


@contextmanager
def surroundings(app_dir: Path, settings: Mapping[str, str]) -> Generator[None]:
    """Make *settings* the environment's and *app_dir* importable; put both back after.

    `function_app` is imported anew for each host; the modules that it imports stay loaded.
    """
    before = {name: os.environ.get(name) for name in settings}
    os.environ.update(settings)
    sys.path.insert(0, str(app_dir))
    sys.modules.pop("function_app", None)
    try:
        yield
    finally:
        sys.modules.pop("function_app", None)
        sys.path.remove(str(app_dir))
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


async def start(app_dir: Path) -> tuple[Function, ...]:
    """Index the app in *app_dir*; one at a time in a process, for the library keeps globals."""
    runtime.start_threadpool_executor()
    begun = await _ask("worker_init_request", capabilities={}, function_app_directory=str(app_dir))
    if begun.result.status != protos.StatusResult.Success:
        raise HostError(begun.result.exception.message)
    found = (await _ask("functions_metadata_request")).function_metadata_results
    if not found:
        raise HostError("there are no functions in function_app.py")
    for metadata in found:
        await _ask("function_load_request", function_id=metadata.function_id, metadata=metadata)
    return tuple(_function(metadata) for metadata in found)


async def stop() -> None:
    """End the worker once the functions that are running have returned."""
    await asyncio.to_thread(runtime.stop_threadpool_executor)


async def invoke(
    function: Function,
    invocation_id: str,
    value: protos.TypedData,
    metadata: Mapping[str, protos.TypedData],
    retries: int,
) -> protos.TypedData | None:
    """Run *function* once and return what it returned; raise `FunctionError` if it failed."""
    answer = await _ask(
        "invocation_request",
        invocation_id=invocation_id,
        function_id=function.id,
        input_data=[protos.ParameterBinding(name=function.trigger["name"], data=value)],
        trigger_metadata=metadata,
        trace_context=SimpleNamespace(
            trace_parent=f"00-{uuid.uuid4().hex}-{uuid.uuid4().hex[:16]}-01",
            trace_state="",
            attributes={},
        ),
        retry_context=SimpleNamespace(
            retry_count=retries,
            max_retry_count=function.retry.count if function.retry else 0,
            exception=None,
        ),
    )
    if answer.result.status != protos.StatusResult.Success:
        error = answer.result.exception
        raise FunctionError(error.message, error.stack_trace)
    if answer.output_data:
        raise HostError(f"{function.name} sets an output binding, and this host writes none")
    returned: protos.TypedData | None = answer.return_value
    return returned


async def _ask(verb: str, **fields: object) -> protos.Message:
    request = SimpleNamespace(
        request=SimpleNamespace(**{verb: SimpleNamespace(**fields)}),
        properties={"host": "127.0.0.1", "protos": protos},
    )
    answer: protos.Message = await getattr(runtime, verb)(request)
    return answer


def _function(metadata: protos.Message) -> Function:
    bindings = [json.loads(binding) for binding in metadata.raw_bindings]
    trigger = next(binding for binding in bindings if binding["type"].endswith("Trigger"))
    return Function(metadata.function_id, metadata.name, trigger, _retry(metadata.retry_options))


def _retry(options: protos.Message | None) -> Retry | None:
    if options is None:
        return None
    if options.retry_strategy == "fixed_delay":
        fixed_s = options.delay_interval.total_seconds()
        return Retry(options.max_retry_count, fixed_s, fixed_s)
    return Retry(
        options.max_retry_count,
        options.minimum_interval.total_seconds(),
        options.maximum_interval.total_seconds(),
    )
