"""Threads, as this dialect's clients see them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clew.dialects.literal import beside
from clew.dialects.literal.mapping.threads import thread_from_wire
from clew.dialects.literal.paging import STEPS_LIMIT_MAX, connection, query_of
from clew.domain.problem import Invalid, NotFound
from clew.service import catalog, conversations
from clew.service import threads as service

if TYPE_CHECKING:
    from clew.dialects.literal.call import Call
    from clew.domain.thread import Thread


async def create(call: Call) -> dict[str, Any]:
    """`createThread`."""
    return await _upserted(call, {**call.arguments, "id": None})


async def upsert(call: Call) -> dict[str, Any]:
    """`upsertThread`: made or changed, whichever it takes."""
    if not call.arguments["id"]:
        raise Invalid("id", "a thread needs an id")
    return await _upserted(call, call.arguments)


async def _upserted(call: Call, arguments: dict[str, Any]) -> dict[str, Any]:
    change = thread_from_wire(arguments, environment=call.visit.written_in)
    return await _one(call, await conversations.upsert(call.core, call.caller, change))


async def update(call: Call) -> dict[str, Any]:
    """`updateThread`. Raises `NotFound`."""
    change = thread_from_wire(call.arguments, environment=call.visit.written_in)
    return await _one(call, await conversations.update(call.core, call.caller, change))


async def get(call: Call) -> dict[str, Any] | None:
    """`threadDetail`, and `thread` of early 2024. Null where there is none."""
    try:
        thread = await service.get(call.core, call.caller, call.arguments["id"])
    except NotFound:
        return None
    return await _one(call, thread)


async def delete(call: Call) -> dict[str, Any] | None:
    """`deleteThread`. Null where there was none."""
    try:
        await service.delete(call.core, call.caller, call.arguments["id"])
    except NotFound:
        return None
    return {"id": call.arguments["id"]}


async def page(call: Call) -> dict[str, Any]:
    """`threads`, and `exportThreads` of early 2024: with as much of each thread as is asked for."""
    limit = {"limit_max": STEPS_LIMIT_MAX} if call.wants("edges.node.steps") else {}
    found = await catalog.threads(call.core, call.caller, query_of(call, "threads", **limit))
    return connection(found, await beside.of_threads(call, found.things, "edges.node."))


async def _one(call: Call, thread: Thread) -> dict[str, Any]:
    return (await beside.of_threads(call, [thread], ""))[0]
