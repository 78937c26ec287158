"""Threads, as this dialect's clients see them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clew.dialects.openai import mapping, wire
from clew.dialects.openai.handlers.lists import Shown, listed_again, window_of
from clew.domain.patch import UNSET, change
from clew.service import threads
from clew.web.answer import Answer

if TYPE_CHECKING:
    from clew.service.core import Core
    from clew.web.request import Request


_shown = Shown(mapping.thread_to_wire)


async def create(core: Core, request: Request) -> Answer:
    """`createThread`."""
    thread = await threads.create(core, request.caller, mapping.thread_from_wire(request.body))
    return Answer(value=mapping.thread_to_wire(thread))


async def page(core: Core, request: Request) -> Answer:
    """`listThreads`, ours: upstream published none. `metadata[name]=value` narrows the list."""
    found = await threads.page(
        core, request.caller, window_of(request), metadata=mapping.metadata_filter(request.query_pairs())
    )
    return listed_again(found, _shown)


async def get(core: Core, request: Request) -> Answer:
    """`getThread`."""
    thread = await threads.get(core, request.caller, request.params["thread_id"])
    return _shown.answer(thread)


async def modify(core: Core, request: Request) -> Answer:
    """`modifyThread`. Metadata is replaced as a whole; null empties it."""
    thread = await threads.modify(
        core,
        request.caller,
        request.params["thread_id"],
        change(
            metadata=mapping.replaced_metadata(request.body),
            tool_resources=mapping.resources_from_wire(request.body["tool_resources"])
            if "tool_resources" in request.body
            else UNSET,
        ),
    )
    return Answer(value=mapping.thread_to_wire(thread))


async def delete(core: Core, request: Request) -> Answer:
    """`deleteThread`."""
    thread_id = request.params["thread_id"]
    await threads.delete(core, request.caller, thread_id)
    return Answer(value=wire.Deleted(id=thread_id, object="thread.deleted"))
