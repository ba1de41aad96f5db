"""The messages that the worker library builds and reads.

The library never imports its wire format: its caller hands it an object with these names,
and it touches only the attributes seen here. Passing this module is enough.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import ClassVar


class Message(SimpleNamespace):
    """A message that holds the fields it is made with."""


class TypedData(Message):
    """A value in transit: exactly one field is set, and its name is the kind of the value."""

    def _kind(self, _group: str) -> str | None:
        return next((kind for kind, value in vars(self).items() if value is not None), None)

    WhichOneof = _kind

    def content(self) -> bytes:
        """Return the value as the bytes that a client or a blob would get."""
        kind = self._kind("data")
        value = getattr(self, kind) if kind else b""
        return value if isinstance(value, bytes) else str(value).encode()


class ParameterBinding(Message):
    """A named value: what one parameter gets, or what one output was set to."""

    data: TypedData

    def _kind(self, _group: str) -> str:
        return "data"

    WhichOneof = _kind


class BindingInfo(Message):
    """Direction and data type of one binding."""

    in_, out, inout = 0, 1, 2
    undefined, string, binary, stream = 0, 1, 2, 3


class StatusResult(Message):
    """How a request to the worker ended."""

    Failure: ClassVar[int] = 0
    Success: ClassVar[int] = 1


class RpcException(Message):
    """An exception as text."""

    message: str
    stack_trace: str


class RpcHttp(Message):
    """An HTTP request on its way in, or an answer on its way out."""


class _SameSite:
    Lax, Strict, ExplicitNone = 1, 2, 3


setattr(_SameSite, "None", 0)  # the library's own name for "not said"


class RpcHttpCookie(Message):
    """A cookie that an answer sets."""

    SameSite = _SameSite


class RpcRetryOptions(Message):
    """A function's retry policy; intervals are timedeltas."""


class RpcFunctionMetadata(Message):
    """One function, as indexing found it."""


class WorkerInitResponse(Message):
    """Whether the app could be indexed."""


class WorkerMetadata(Message):
    """Versions of the worker."""


class FunctionMetadataResponse(Message):
    """All functions of the app."""


class FunctionLoadResponse(Message):
    """Whether one function is ready."""


class InvocationResponse(Message):
    """How one invocation ended, and its outputs."""


class NullableString(Message):
    """A cookie's text, or none."""


class NullableBool(Message):
    """A cookie's flag, or none."""


class NullableDouble(Message):
    """A cookie's number, or none."""


class NullableTimestamp(Message):
    """A cookie's moment, or none."""
