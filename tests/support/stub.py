"""A raw gRPC client: any method of the table, over a real channel, with the dialect's own messages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import grpc

from clew.dialects.yandex.operations import OPERATIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from google.protobuf.message import Message

SECONDS = 20
"""A call that takes longer hangs."""


class Stub:
    """`with Stub(address, key) as stub: stub("ThreadService.Get", wire.GetThreadRequest(…))`."""

    def __init__(self, address: str, key: str | None = "any", credentials: Any = None, *, own: bool = False) -> None:
        """`own` is for a connection of its own: gRPC lets the channels of a process share one."""
        options = [("grpc.use_local_subchannel_pool", int(own))]
        self._channel = (
            grpc.secure_channel(address, credentials, options)
            if credentials
            else grpc.insecure_channel(address, options)
        )
        self._metadata = () if key is None else (("authorization", f"Api-Key {key}"),)
        self._by_name = {operation.name: operation for operation in OPERATIONS}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._channel.close()

    def __call__(self, name: str, request: Message, **metadata: str) -> Any:
        """The answer, or an iterator over the answers. Raises `grpc.RpcError`."""
        operation = self._by_name[name]
        many = self._channel.unary_stream if operation.gives_stream else self._channel.unary_unary
        method: Any = many(operation.rpc, type(request).SerializeToString, operation.gives.FromString)
        return method(request, timeout=SECONDS, metadata=self._all(metadata))

    def takes(self, name: str) -> type[Message]:
        """The request of a method."""
        return self._by_name[name].takes

    def talk(self, name: str, requests: Iterable[Message], **metadata: str) -> Iterator[Any]:
        """The answers of a method that takes a stream."""
        operation = self._by_name[name]
        method: Any = self._channel.stream_stream(
            operation.rpc, operation.takes.SerializeToString, operation.gives.FromString
        )
        return method(iter(requests), timeout=SECONDS, metadata=self._all(metadata))

    def _all(self, metadata: dict[str, str]) -> tuple[tuple[str, str], ...]:
        return (*self._metadata, *((name.replace("_", "-"), value) for name, value in metadata.items()))


def refused(call: Callable[[], Any]) -> tuple[grpc.StatusCode, str]:
    """The code and the text of the error that a call ends with."""
    try:
        call()
    except grpc.RpcError as error:
        said: Any = error
        return said.code(), said.details()
    raise AssertionError("the call was answered")
