"""Requests that come again: clients give a call a key, and the key stays the same through its retries.

A call that makes something makes it once for each key, project and method, also where two come at once, and also where
the server was killed before it had answered the first. Whoever asks again is shown what there is by now. How this is
done without keeping keys stands in `service/once.py`.

Messages are the exception: they say their place in their id, so that a second one is found only by looking through the
end of its thread. That costs as much as writing a message does, and nearly no call is a second one. So the keys of the
last minutes are remembered in two small tables of bits, which know for sure what they have *not* seen; only a key that
they may have seen, or any while the server has not run for as long, is looked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from clew.dialects.yandex.operations import OPERATIONS
from clew.domain.expiration import SECOND
from clew.service.once import letters, once

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from google.protobuf.message import Message

    from clew.dialects.yandex.call import Call
    from clew.dialects.yandex.operation import Operation
    from clew.service.core import Core

_SHOWN_BY: Final = {
    "ThreadService.Create": ("ThreadService.Get", "thread_id", "thread"),
    "RunService.Create": ("RunService.Get", "run_id", "run"),
    "AssistantService.Create": ("AssistantService.Get", "assistant_id", "assistant"),
    "UserService.Create": ("UserService.Get", "user_id", "participant"),
    "FileService.Create": ("FileService.Get", "file_id", "file"),
    "SearchIndexService.Create": ("OperationService.Get", "operation_id", "operation"),
    "SearchIndexFileService.BatchCreate": ("OperationService.Get", "operation_id", "operation"),
}
"""What shows a thing that a method has made: another method, its field for the id, and the kind of the id."""

_MESSAGES: Final = "MessageService.Create"
"""Messages say their place in their id, and are looked for in their thread."""

_BY_NAME: Final = {operation.name: operation for operation in OPERATIONS}
KEYED: Final = frozenset({*_SHOWN_BY, _MESSAGES})
"""The methods for which a key counts: those that make something."""


KEPT_SECONDS: Final = 300
"""For so long at least a key is remembered. The clients' retries end after a minute, unless told otherwise."""


class Repeats:
    """The keyed calls of one server."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._seen = Seen(now=core.now())

    async def perform(self, operation: Operation, call: Call, request: Any) -> Message:  # noqa: ANN401 (any request)
        """The answer of a method of `KEYED` to a call that has a key."""
        if operation.name != _MESSAGES:
            return await _perform(operation, self._core, call, request)
        ending = letters(self._core, call.caller, operation.name, call.request_key or "")
        call.message_letters = ending
        call.is_first = not self._seen.add(ending, now=self._core.now())
        handler: Any = operation.handler
        answer: Message = await handler(self._core, call, request)
        return answer


class Seen:
    """What was added in the last minutes, as bits: some other things seem to have been added, too.

    Two tables take turns: one that is full of old things is forgotten whole.
    """

    _BITS: Final = 24
    """Of a place in a table. At a thousand keys a second, one in a hundred is taken for another."""
    _PLACES: Final = (1 << _BITS) - 1

    def __init__(self, *, now: int) -> None:
        self._started_at = self._turned_at = now
        self._new, self._old = self._empty(), self._empty()

    def _empty(self) -> bytearray:
        return bytearray(1 << (self._BITS - 3))

    def add(self, key: str, *, now: int) -> bool:
        """Add it. Whether it may have been added before, or may have come to a server before this one."""
        age = now - self._turned_at
        if not 0 <= age < KEPT_SECONDS * SECOND:
            self._turned_at, self._old, self._new = now, self._new, self._empty()
        number = hash(key)
        one, other = number & self._PLACES, (number >> self._BITS) & self._PLACES
        byte, bit, other_byte, other_bit = one >> 3, 1 << (one & 7), other >> 3, 1 << (other & 7)
        new, old = self._new, self._old
        seen = (new[byte] & bit and new[other_byte] & other_bit) or (old[byte] & bit and old[other_byte] & other_bit)
        new[byte] |= bit
        new[other_byte] |= other_bit
        return bool(seen) or now - self._started_at < KEPT_SECONDS * SECOND


async def _perform(operation: Operation, core: Core, call: Call, request: Any) -> Message:  # noqa: ANN401 (any request)
    handler: Any = operation.handler
    key = call.request_key or ""
    method, field, kind = _SHOWN_BY[operation.name]
    shows = _BY_NAME[method]
    get: Any = shows.handler

    def make(core: Core) -> Awaitable[Message]:
        made: Awaitable[Message] = handler(core, call, request)
        return made

    def again(core: Core) -> Awaitable[Message]:
        id = core.ids.within(kind, request.thread_id) if kind == "run" else core.ids.new(kind)  # noqa: A001 (the field's standard name)
        found: Awaitable[Message] = get(core, call, shows.takes(**{field: id}))
        return found

    return await once(core, call.caller, operation.name, key, make=make, again=again)
