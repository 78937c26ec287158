"""MessageService."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clew.dialects.yandex.mapping.messages import message_from_wire, message_to_wire
from clew.service import messages

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from clew.dialects.yandex import wire
    from clew.dialects.yandex.call import Call
    from clew.service.core import Core


async def create(core: Core, call: Call, request: wire.CreateMessageRequest) -> wire.Message:
    """`Create`. Runs do not keep messages out here."""
    new = message_from_wire(request)
    return message_to_wire(
        await messages.create(
            core, call.caller, request.thread_id, new, once=call.message_letters, is_first=call.is_first
        )
    )


async def get(core: Core, call: Call, request: wire.GetMessageRequest) -> wire.Message:
    """`Get`."""
    return message_to_wire(await messages.get(core, call.caller, request.thread_id, request.message_id))


async def every(core: Core, call: Call, request: wire.ListMessagesRequest) -> AsyncIterator[wire.Message]:
    """`List`: the whole thread, newest first, a page of it in memory at a time."""
    async for items in messages.backwards(core, call.caller, request.thread_id):
        for item in items:
            yield message_to_wire(item)
