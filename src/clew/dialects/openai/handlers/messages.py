"""Messages, as this dialect's clients see them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clew.dialects.openai import mapping, wire
from clew.dialects.openai.handlers.lists import Shown, listed_again, window_of
from clew.service import messages
from clew.web.answer import Answer

if TYPE_CHECKING:
    from clew.service.core import Core
    from clew.web.request import Request


_shown = Shown(mapping.message_to_wire)


async def create(core: Core, request: Request) -> Answer:
    """`createMessage`. An active run keeps messages out."""
    item = await messages.create(
        core,
        request.caller,
        request.params["thread_id"],
        mapping.message_from_wire(request.body),
        unless_busy=True,
    )
    return Answer(value=mapping.message_to_wire(item))


async def page(core: Core, request: Request) -> Answer:
    """`listMessages`."""
    found = await messages.page(
        core,
        request.caller,
        request.params["thread_id"],
        window_of(request),
        run_id=request.query.get("run_id"),
    )
    return listed_again(found, _shown)


async def get(core: Core, request: Request) -> Answer:
    """`getMessage`."""
    item = await messages.get(core, request.caller, request.params["thread_id"], request.params["message_id"])
    return _shown.answer(item)


async def modify(core: Core, request: Request) -> Answer:
    """`modifyMessage`: only its metadata can be changed."""
    item = await messages.modify(
        core,
        request.caller,
        request.params["thread_id"],
        request.params["message_id"],
        metadata=mapping.replaced_metadata(request.body),
    )
    return Answer(value=mapping.message_to_wire(item))


async def delete(core: Core, request: Request) -> Answer:
    """`deleteMessage`."""
    message_id = request.params["message_id"]
    await messages.delete(core, request.caller, request.params["thread_id"], message_id)
    return Answer(value=wire.Deleted(id=message_id, object="thread.message.deleted"))
