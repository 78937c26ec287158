"""Attachments of steps. Their bytes came by an upload, or are elsewhere."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from clew.dialects.literal.handlers.uploads import UPLOADER
from clew.dialects.literal.mapping.attachments import attachment_from_wire, attachment_to_wire
from clew.domain.problem import Invalid, NotFound
from clew.service import enclosures as service
from clew.service import files, steps

if TYPE_CHECKING:
    from clew.dialects.literal.call import Call
    from clew.domain.enclosure import Enclosure


async def create(call: Call) -> dict[str, Any]:
    """`createAttachment`. Its step may come later."""
    if not call.arguments["name"]:
        raise Invalid("name", "an attachment needs a name")
    made = await service.create(call.core, call.caller, attachment_from_wire(call.arguments))
    return await _shown(call, made)


async def update(call: Call) -> dict[str, Any]:
    """`updateAttachment`. Raises `NotFound`."""
    change = attachment_from_wire(call.arguments)
    return await _shown(call, await service.update(call.core, call.caller, call.arguments["id"], change))


async def get(call: Call) -> dict[str, Any] | None:
    """`attachment`. Null where there is none."""
    try:
        found = await service.get(call.core, call.caller, call.arguments["id"])
    except NotFound:
        return None
    return await _shown(call, found)


async def delete(call: Call) -> dict[str, Any] | None:
    """`deleteAttachment`, with the bytes that were uploaded for it. Null where there was none."""
    attachment_id = call.arguments["id"]
    try:
        found = await service.get(call.core, call.caller, attachment_id)
        await service.delete(call.core, call.caller, attachment_id)
    except NotFound:
        return None
    if found.object_key is not None:
        with suppress(NotFound):
            file = await files.get(call.core, call.caller, found.object_key)
            if file.created_by == UPLOADER:  # a file of another dialect is more than this attachment
                await files.delete(call.core, call.caller, file.id)
    return {"id": attachment_id}


async def _shown(call: Call, enclosure: Enclosure) -> dict[str, Any]:
    thread_id = None
    if call.wants("threadId"):
        with suppress(NotFound):  # its step has not come yet
            thread_id = (await steps.get(call.core, call.caller, enclosure.step_id)).thread_id
    return attachment_to_wire(enclosure, call.visit.url_of, thread_id)
