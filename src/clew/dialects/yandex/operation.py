"""An operation of this dialect: one method of a service, over gRPC, and over REST where it has a path."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from clew.dialects.yandex import wire

if TYPE_CHECKING:
    from collections.abc import Callable

    from google.protobuf.message import Message

    from clew.domain.project import Scope

ASSISTANTS: Final = "yandex.cloud.ai.assistants.v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """`handler(core, call, request)` answers it, or `why_not` says why nothing does.

    A handler gives a message, or where `gives_stream` an async iterator of them; where `takes_stream`, `request` is an
    async iterator as well. `need` is None for what is open to everybody.
    """

    service: str
    method: str
    need: Scope | None
    handler: Callable[..., Any] | None
    why_not: str | None
    takes: type[Message]
    gives: type[Message]
    takes_stream: bool
    gives_stream: bool
    verb: str | None
    path: str | None

    @property
    def name(self) -> str:
        """The service's and the method's, as in `ThreadService.Create`."""
        return f"{self.service.rpartition('.')[2]}.{self.method}"

    @property
    def gives_page(self) -> bool:
        """Whether it answers with a page of a list."""
        return "next_page_token" in self.gives.DESCRIPTOR.fields_by_name

    @property
    def rpc(self) -> str:
        """The path under which gRPC knows it."""
        return f"/{self.service}/{self.method}"


def operation(
    service: str,
    method: str,
    need: Scope | None,
    handler: Callable[..., Any] | None = None,
    why_not: str | None = None,
) -> Operation:
    """A row of the table. What it takes, gives and is over REST stands in the service's definition."""
    takes, gives, takes_stream, gives_stream = wire.method_types(service, method)
    verb, path = wire.http_rule(service, method) or (None, None)
    return Operation(
        service=service,
        method=method,
        need=need,
        handler=handler,
        why_not=why_not,
        takes=takes,
        gives=gives,
        takes_stream=takes_stream,
        gives_stream=gives_stream,
        verb=verb,
        path=path,
    )
