"""The dialect over gRPC: a handler for each row of the table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import grpc
from google.protobuf.message import DecodeError

from clew.dialects.yandex import wire
from clew.dialects.yandex.dialect import refusal_of
from clew.dialects.yandex.errors import Code, Refusal, details_of
from clew.dialects.yandex.operations import OPERATIONS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from google.protobuf.message import Message

    from clew.dialects.yandex.call import Call
    from clew.dialects.yandex.dialect import Yandex
    from clew.dialects.yandex.operation import Operation

    Context = grpc.aio.ServicerContext[Any, Any]

_CODES: Final = {code.value[0]: code for code in grpc.StatusCode}
WORDS_MAX: Final = 300
"""Longer words of an error, as when an endless id is not found, are cut: of an end over 8 KiB clients see nothing, and
take it for overload."""

_CLIENT_REQUEST_ID: Final = "x-client-request-id"


def handlers(dialect: Yandex) -> list[grpc.GenericRpcHandler]:
    """What a gRPC server is given: the services of the table, with their methods."""
    by_service: dict[str, dict[str, grpc.RpcMethodHandler[Any, Any]]] = {}
    for operation in OPERATIONS:
        by_service.setdefault(operation.service, {})[operation.method] = _method(dialect, operation)
    return [grpc.method_handlers_generic_handler(service, methods) for service, methods in by_service.items()]


def service_names() -> Sequence[str]:
    """The services, for reflection and health."""
    return sorted({operation.service for operation in OPERATIONS})


def _method(dialect: Yandex, operation: Operation) -> grpc.RpcMethodHandler[Any, Any]:
    """Requests are read by us and not by the server, which has one answer for bytes that are no message: INTERNAL."""

    def serialize(message: Message) -> bytes:
        return message.SerializeToString()

    served = _Served(dialect, operation)
    if operation.takes_stream:
        return grpc.stream_stream_rpc_method_handler(served.stream_stream, None, serialize)
    if operation.gives_stream:
        return grpc.unary_stream_rpc_method_handler(served.unary_stream, None, serialize)
    return grpc.unary_unary_rpc_method_handler(served.unary_unary, None, serialize)


class _Served:
    """One operation, as the server calls it."""

    def __init__(self, dialect: Yandex, operation: Operation) -> None:
        self._dialect = dialect
        self._operation = operation

    async def unary_unary(self, content: bytes, context: Context) -> Message:
        call = None
        try:
            call = await self._call(context)
            return await self._dialect.perform(self._operation, call, self._read(content))
        except Exception as error:
            await self._refuse(context, call, error)
            raise  # never: refusing raises

    async def unary_stream(self, content: bytes, context: Context) -> AsyncIterator[Message]:
        call = None
        try:
            call = await self._call(context)
            async for message in self._dialect.stream(self._operation, call, self._read(content)):
                yield message
        except Exception as error:  # noqa: BLE001 (as above)
            await self._refuse(context, call, error)

    async def stream_stream(self, contents: AsyncIterator[bytes], context: Context) -> AsyncIterator[Message]:
        call = None
        try:
            call = await self._call(context)
            requests = (self._read(content) async for content in contents)
            async for message in self._dialect.stream(self._operation, call, requests):
                yield message
        except Exception as error:  # noqa: BLE001 (as above)
            await self._refuse(context, call, error)

    async def _call(self, context: Context) -> Call:
        said = {name: value for name, value in context.invocation_metadata() or () if isinstance(value, str)}
        echo = said.get(_CLIENT_REQUEST_ID)
        if echo is not None:
            # The clients show it with an error, taken from what comes back.
            context.set_trailing_metadata(((_CLIENT_REQUEST_ID, echo),))
        return await self._dialect.call(
            self._operation,
            said.get("authorization"),
            request_key=said.get("idempotency-key"),
            client_request_id=echo,
        )

    def _read(self, content: bytes) -> Message:
        limit = self._dialect.options.body_bytes_max
        if len(content) > limit:
            raise Refusal(Code.INVALID_ARGUMENT, f"the request is larger than {limit} bytes")
        try:
            return self._operation.takes.FromString(content)
        except DecodeError:
            raise Refusal(Code.INVALID_ARGUMENT, f"the request is no {self._operation.takes.DESCRIPTOR.name}") from None

    async def _refuse(self, context: Context, call: Call | None, error: Exception) -> None:
        if isinstance(error, grpc.aio.AbortError | grpc.aio.BaseError):
            raise error
        refusal = refusal_of(error, f"{self._operation.name} {call.id if call else ''}")
        trailing: list[tuple[str, str | bytes]] = [(name, value) for name, value in context.trailing_metadata() or ()]
        if call is not None:
            trailing.append(("x-request-id", call.id))
            if len(refusal.message) <= WORDS_MAX:
                trailing.append(("grpc-status-details-bin", _status(refusal, call.id)))
        await context.abort(_CODES[refusal.code], refusal.message[:WORDS_MAX], tuple(trailing))


def _status(refusal: Refusal, request_id: str) -> bytes:
    """The refusal as tools read it that show more than code and words."""
    status = wire.Status(code=int(refusal.code), message=refusal.message)
    for detail in details_of(refusal, request_id):
        status.details.add().Pack(detail)
    return status.SerializeToString()
