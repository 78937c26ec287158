"""Participants, whom the clients call users."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clew.dialects.literal import beside
from clew.dialects.literal.mapping.common import object_of
from clew.dialects.literal.paging import connection, query_of
from clew.domain.patch import unless_null
from clew.domain.problem import NotFound
from clew.service import catalog, people

if TYPE_CHECKING:
    from clew.dialects.literal.call import Call


async def page(call: Call) -> dict[str, Any]:
    """`participants`."""
    found = await catalog.participants(call.core, call.caller, query_of(call, "participants"))
    return connection(found, await beside.of_participants(call, found.things, "edges.node."))


async def get(call: Call) -> dict[str, Any] | None:
    """`participant`, by its id or else by its identifier. Null where there is none."""
    try:
        found = await people.get(call.core, call.caller, id=call.get("id"), identifier=call.get("identifier"))
    except NotFound:
        return None
    return (await beside.of_participants(call, [found], ""))[0]


async def create(call: Call) -> dict[str, Any]:
    """`createParticipant`. Raises `AlreadyExists`: of two that race, one is told."""
    made = await people.create(call.core, call.caller, call.arguments["identifier"], _metadata(call))
    return (await beside.of_participants(call, [made], ""))[0]


async def update(call: Call) -> dict[str, Any]:
    """`updateParticipant`. Raises `NotFound`, `AlreadyExists`."""
    told = unless_null({name: call.get(name) for name in ("identifier", "metadata")})
    if "metadata" in told:
        told["metadata"] = _metadata(call)
    changed = await people.modify(call.core, call.caller, call.arguments["id"], **told)
    return (await beside.of_participants(call, [changed], ""))[0]


async def delete(call: Call) -> dict[str, Any] | None:
    """`deleteParticipant`: its threads stay. Null where there was none."""
    try:
        await people.delete(call.core, call.caller, call.arguments["id"])
    except NotFound:
        return None
    return {"id": call.arguments["id"]}


def _metadata(call: Call) -> dict[str, Any] | None:
    sent = call.get("metadata")
    return None if sent is None else object_of("metadata", sent)
