"""The dialect over HTTP: a route for each row of the table that has a path. Contract: sections 2, 11 and 12."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

import msgspec

from clew.dialects.yandex import errors
from clew.dialects.yandex.dialect import refusal_of
from clew.dialects.yandex.errors import Code, Refusal, invalid
from clew.dialects.yandex.json_reader import read, read_params
from clew.dialects.yandex.json_writer import Shape, value_of, write
from clew.dialects.yandex.operations import OPERATIONS
from clew.domain.problem import TooLarge
from clew.domain.project import Scope
from clew.web.answer import Answer, Streamed
from clew.web.operation import Operation as Row
from clew.web.request import ClientGone
from clew.web.routing import Router

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from google.protobuf.message import Message

    from clew.dialects.yandex.call import Call
    from clew.dialects.yandex.dialect import Yandex
    from clew.dialects.yandex.operation import Operation
    from clew.web.request import Request

PREFIXES: Final = ("/assistants/v1", "/users/v1", "/files/v1", "/operations", "/endpoints", "/iam/v1")
"""Where its paths begin. The vendor had several hosts, which we are all at once."""

SHAPE_HEADER: Final = b"x-clew-json"
SHAPE_PARAM: Final = "clew_json"
"""With which a request says how its answer is to look, `camel` or `snake`."""

FIRST_SECONDS: Final = 1.0
"""How long a stream is waited for before it begins: what is wrong by then can be said with a status."""

TURN_LINES: Final = 32
"""After so many lines of a stream others have their turn: neither a store that answers from memory nor a client that
takes all there is, or is gone, ever makes it wait."""

LARGE_BYTES: Final = 1024 * 1024
"""Bodies from this size on, which are files, are read beside everybody else."""

_CANCEL: Final = ":cancel"
_encode: Final = msgspec.json.Encoder().encode
_UNBUFFERED: Final = (("cache-control", "no-store"), ("x-accel-buffering", "no"))
_BODILESS: Final = frozenset({"GET", "DELETE"})


class Rest:
    """The dialect, as `web.app.App` calls it."""

    def __init__(self, dialect: Yandex) -> None:
        self._dialect = dialect
        self._operations = {operation.name: operation for operation in OPERATIONS if operation.verb is not None}
        self._router = Router(map(_row, self._operations.values()))

    async def answer(self, request: Request) -> Answer | Streamed:
        """The answer, also to what is wrong with the request. What it raises is a bug of ours."""
        try:
            answer = await self._handle(request)
        except ClientGone:
            raise
        except Exception as error:  # noqa: BLE001 (what it is, is asked there)
            answer = _refused(self._refusal(error, request), request.id)
        if (echo := request.headers.find(b"x-client-request-id")) is not None:
            answer.headers += (("x-client-request-id", echo),)
        return answer

    def internal_error(self, request: Request) -> Answer:
        """The answer to a bug of ours: nothing of it shows."""
        return _refused(errors.INTERNAL, request.id)

    def _refusal(self, error: Exception, request: Request) -> Refusal:
        return refusal_of(error, f"{request.method} {request.path} {request.id}")

    async def _handle(self, request: Request) -> Answer | Streamed:
        operation, params = self._find(request)
        call = await self._dialect.call(
            operation,
            request.headers.find(b"authorization"),
            id=request.id,
            request_key=request.headers.find(b"idempotency-key"),
            client_request_id=request.headers.find(b"x-client-request-id"),
        )
        query = request.query_pairs()
        shape = self._shape(request, query)
        message = operation.takes()
        if request.method not in _BODILESS:
            content = await self._content(request)
            if len(content) < LARGE_BYTES:
                _read(content, message)
            else:
                await asyncio.to_thread(_read, content, message)
        read_params(query, message)
        read_params(params.items(), message)
        if operation.gives_stream:
            return await self._streamed(operation, call, message, shape)
        return Answer(content=write(await self._dialect.perform(operation, call, message), shape))

    def _find(self, request: Request) -> tuple[Operation, dict[str, str]]:
        path = request.path
        if path.endswith(_CANCEL):
            path = f"{path.removesuffix(_CANCEL)}/{_CANCEL}"
        row, params, is_known = self._router.find(request.method, path)
        if row is not None:
            return self._operations[row.name], params
        if is_known:
            raise Refusal(Code.UNIMPLEMENTED, f"There is no {request.method} of {request.path}.", status=405)
        raise Refusal(Code.NOT_FOUND, f"There is nothing at {request.path}.")

    def _shape(self, request: Request, query: list[tuple[str, str]]) -> Shape:
        said = next((value for name, value in query if name == SHAPE_PARAM), None)
        if said is None:
            said = request.headers.find(SHAPE_HEADER)
        if said is None:
            return Shape.SNAKE if self._dialect.options.snake_case else Shape.CAMEL
        if said not in list(Shape):
            raise invalid(SHAPE_PARAM, f"must be one of {', '.join(Shape)}")
        return Shape(said)

    async def _content(self, request: Request) -> bytes:
        limit = self._dialect.options.body_bytes_max
        try:
            return await request.read(limit=limit)
        except TooLarge:
            raise Refusal(Code.INVALID_ARGUMENT, f"The body is larger than {limit} bytes.") from None

    async def _streamed(self, operation: Operation, call: Call, message: Message, shape: Shape) -> Streamed:
        lines = _Lines(self._dialect.stream(operation, call, message), call, shape, operation.name)
        await lines.begin()
        return Streamed(pieces=lines, content_type="application/json", headers=_UNBUFFERED)


def _read(content: bytes, message: Message) -> None:
    """Fill the message with a body, whatever type it claims to have: curl calls all that it sends a form."""
    if not content.strip():
        return
    try:
        value = msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Refusal(Code.INVALID_ARGUMENT, "The body is not JSON in UTF-8.") from None
    if value is not None:
        read(value, message)


def _row(operation: Operation) -> Row:
    """The operation as a router takes it: what follows a colon stands as a word of its own after a parameter."""
    assert operation.verb is not None  # noqa: S101 (those without are not asked for)
    assert operation.path is not None  # noqa: S101 (the same)
    path = operation.path.replace("}:", "}/:")
    return Row(name=operation.name, method=operation.verb, path=path, need=operation.need or Scope.READ)


class _Lines:
    """The messages of a stream, a line for each; what goes wrong after the beginning is the last line.

    No generator: one that was never begun cannot close what it stands on.
    """

    def __init__(self, messages: AsyncIterator[Message], call: Call, shape: Shape, what: str) -> None:
        self._messages = messages
        self._call = call
        self._shape = shape
        self._what = what
        self._first: asyncio.Future[Message] | None = None
        self._count = 0
        self._is_over = False

    async def begin(self) -> None:
        """Wait a little for the first message. Raises what the stream raises instead of it."""
        self._first = asyncio.ensure_future(anext(self._messages))
        try:
            await asyncio.wait({self._first}, timeout=FIRST_SECONDS)
        except asyncio.CancelledError:
            await self.aclose()
            raise
        error = self._first.exception() if self._first.done() else None
        if error is not None and not isinstance(error, StopAsyncIteration):
            raise error

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        if self._is_over:
            raise StopAsyncIteration
        self._count += 1
        if self._count % TURN_LINES == 0:
            await asyncio.sleep(0)
        try:
            if self._first is None:
                message = await anext(self._messages)
            else:
                message = await self._first
                self._first = None
            return _encode({"result": value_of(message, self._shape)}) + b"\n"
        except Exception as error:
            self._is_over = True
            if isinstance(error, StopAsyncIteration):
                raise
            refusal = refusal_of(error, f"{self._what} {self._call.id}")
            return _encode({"error": _late(refusal, self._call.id)}) + b"\n"

    async def aclose(self) -> None:
        """Close the stream that it stands on."""
        self._is_over = True
        if self._first is not None:
            self._first.cancel()
            await asyncio.gather(self._first, return_exceptions=True)
        close: Any = getattr(self._messages, "aclose", None)
        if close is not None:
            await close()


def _refused(refusal: Refusal, request_id: str) -> Answer:
    value = {
        "error": refusal.message,
        "code": int(refusal.code),
        "message": refusal.message,
        "details": [_packed(one) for one in errors.details_of(refusal, request_id)],
    }
    return Answer(status=refusal.status, value=value)


def _late(refusal: Refusal, request_id: str) -> dict[str, object]:
    """An error in a stream whose status has been sent."""
    return {
        "grpc_code": int(refusal.code),
        "http_code": refusal.status,
        "message": refusal.message,
        "details": [_packed(one) for one in errors.details_of(refusal, request_id)],
    }


def _packed(message: Message) -> object:
    return {"@type": f"type.googleapis.com/{message.DESCRIPTOR.full_name}", **value_of(message, Shape.CAMEL)}
