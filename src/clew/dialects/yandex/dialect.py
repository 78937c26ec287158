"""The Yandex dialect, whatever it comes over: who may call, what is refused before a handler runs.

`rpc.py` brings calls over gRPC, `rest.py` over HTTP.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from clew.dialects.yandex import errors, paging, rules
from clew.dialects.yandex.call import Call, Options
from clew.dialects.yandex.errors import Code, Refusal
from clew.dialects.yandex.repeats import KEYED, Repeats
from clew.domain.problem import Denied, Problem
from clew.domain.project import Caller

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable

    from google.protobuf.message import Message

    from clew.auth.gate import Gate
    from clew.dialects.yandex.operation import Operation
    from clew.service.core import Core

log = logging.getLogger("clew.yandex")

NOBODY: Final = Caller(project_id="", scopes=frozenset())
"""Who calls what is open to everybody."""

_SCHEMES: Final = frozenset({"api-key", "bearer"})


class Yandex:
    """The dialect."""

    def __init__(self, core: Core, gate: Gate, options: Options) -> None:
        self.core = core
        self.options = options
        self._gate = gate
        self._repeats = Repeats(core)

    def reached_at(self, *, grpc_address: str, public_url: str) -> None:
        """Say where clients reach the server: known only when it listens."""
        self.options = replace(self.options, grpc_address=grpc_address, public_url=public_url)

    async def call(
        self,
        operation: Operation,
        authorization: str | None,
        *,
        id: str | None = None,  # noqa: A002 (the field's standard name)
        request_key: str | None = None,
        client_request_id: str | None = None,
    ) -> Call:
        """A call of the operation by whoever these credentials belong to. Raises `Refusal`, `Denied`.

        `id` is the request's where it has one already.
        """
        caller = NOBODY if operation.need is None else await self._admitted(authorization)
        call = Call(
            caller=caller,
            id=id or self.core.ids.new("request"),
            options=self.options,
            request_key=request_key,
            client_request_id=client_request_id,
            admit=self._gate.admit,
        )
        if operation.need is not None and operation.need not in caller.scopes:
            raise Denied(operation.need)
        if operation.handler is None:
            raise Refusal(Code.UNIMPLEMENTED, f"{operation.name} is not offered here: {operation.why_not}")
        return call

    async def _admitted(self, authorization: str | None) -> Caller:
        scheme, _, secret = (authorization or "").strip().partition(" ")
        secret = secret.strip()
        if (not secret or scheme.lower() not in _SCHEMES) and not self._gate.is_open:
            raise Refusal(Code.UNAUTHENTICATED, errors.NO_CREDENTIALS)
        caller = await self._gate.admit(secret)
        if caller is None:
            raise Refusal(Code.UNAUTHENTICATED, errors.UNKNOWN_CREDENTIALS)
        return caller

    def perform(self, operation: Operation, call: Call, request: Message) -> Awaitable[Message]:
        """The answer of an operation without streams. Raises `Refusal` and `Problem`."""
        rules.check(request)
        handler = self._handler(operation)
        if call.request_key and operation.name in KEYED:
            return self._repeats.perform(operation, call, request)
        if operation.gives_page:
            return paging.fitting(handler, self.core, call, request)
        answer: Awaitable[Message] = handler(self.core, call, request)
        return answer

    def stream(self, operation: Operation, call: Call, request: Any) -> AsyncIterator[Message]:  # noqa: ANN401 (a message, or a stream of them)
        """The answers of an operation that gives a stream. Raises `Refusal` and `Problem`, also between them."""
        if not operation.takes_stream:
            rules.check(request)
        answers: AsyncIterator[Message] = self._handler(operation)(self.core, call, request)
        return answers

    @staticmethod
    def _handler(operation: Operation) -> Any:  # noqa: ANN401 (as the table has it)
        assert operation.handler is not None, "a call of a declined operation was refused before"  # noqa: S101
        return operation.handler


def refusal_of(error: Exception, what: str) -> Refusal:
    """How an exception is said. What is neither a refusal nor a problem is a bug: logged with `what` was asked."""
    if isinstance(error, Refusal):
        return error
    if isinstance(error, Problem):
        return errors.refusal_of(error)
    log.error("%s failed", what, exc_info=error)
    return errors.INTERNAL
