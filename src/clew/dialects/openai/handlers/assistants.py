"""Assistants, as this dialect's clients see them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clew.dialects.openai import mapping, wire
from clew.dialects.openai.handlers import models
from clew.dialects.openai.handlers.lists import listed, window_of
from clew.domain.patch import change
from clew.service import assistants
from clew.web.answer import Answer

if TYPE_CHECKING:
    from clew.service.core import Core
    from clew.web.request import Request


async def create(core: Core, request: Request) -> Answer:
    """`createAssistant`."""
    models.check(request)
    assistant = await assistants.create(core, request.caller, mapping.assistant_from_wire(request.body))
    return Answer(value=mapping.assistant_to_wire(assistant))


async def page(core: Core, request: Request) -> Answer:
    """`listAssistants`."""
    found = await assistants.page(core, request.caller, window_of(request))
    return listed(found, mapping.assistant_to_wire)


async def get(core: Core, request: Request) -> Answer:
    """`getAssistant`."""
    assistant = await assistants.get(core, request.caller, request.params["assistant_id"])
    return Answer(value=mapping.assistant_to_wire(assistant))


async def modify(core: Core, request: Request) -> Answer:
    """`modifyAssistant`. Absent stays, null clears."""
    models.check(request)
    fields = mapping.assistant_patch(request.body)
    if not fields:  # nothing is said, so nothing makes a version
        return await get(core, request)
    assistant = await assistants.modify(
        core, request.caller, request.params["assistant_id"], change(**fields), mask=sorted(fields)
    )
    return Answer(value=mapping.assistant_to_wire(assistant))


async def delete(core: Core, request: Request) -> Answer:
    """`deleteAssistant`."""
    assistant_id = request.params["assistant_id"]
    await assistants.delete(core, request.caller, assistant_id)
    return Answer(value=wire.Deleted(id=assistant_id, object="assistant.deleted"))
