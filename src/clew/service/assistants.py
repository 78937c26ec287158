"""Assistants: making, reading, changing and deleting them. Every change makes a version."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clew.domain.assistant import Assistant
from clew.domain.noun import Noun, replace
from clew.domain.patch import UNSET, changed, revised
from clew.domain.problem import NotFound
from clew.service import indexes

if TYPE_CHECKING:
    from clew.domain.page import Page, Window
    from clew.domain.project import Caller
    from clew.domain.tool import ResponseFormat, Tool, ToolResources
    from clew.service.core import Core
    from clew.service.indexes import NewIndex
    from clew.storage.port import Tx


class NewAssistant(Noun, frozen=True, kw_only=True):
    """What a new assistant is to be. `new_indexes` are made with it and put into its resources."""

    model: str
    name: str | None = None
    description: str | None = None
    instructions: str | None = None
    tools: tuple[Tool, ...] = ()
    tool_resources: ToolResources | None = None
    new_indexes: tuple[NewIndex, ...] = ()
    metadata: dict[str, Any] = {}
    temperature: float | None = None
    top_p: float | None = None
    response_format: ResponseFormat | None = None
    reasoning_effort: str | None = None


async def create(core: Core, caller: Caller, new: NewAssistant) -> Assistant:
    """A new assistant. Raises `NotFound` for a file or index it names."""

    async def unit(tx: Tx) -> Assistant:
        now = core.now()
        assistant = Assistant(
            project_id=caller.project_id,
            id=core.ids.new("assistant"),
            version_id=core.ids.new("version"),
            created_at=now,
            updated_at=now,
            model=new.model,
            name=new.name,
            description=new.description,
            instructions=new.instructions,
            tools=new.tools,
            tool_resources=await indexes.resolved(
                tx, core, caller, new.tool_resources, new.new_indexes, expiration=None
            ),
            metadata=new.metadata,
            temperature=new.temperature,
            top_p=new.top_p,
            response_format=new.response_format,
            reasoning_effort=new.reasoning_effort,
            created_by=caller.subject or None,
            updated_by=caller.subject or None,
        )
        await tx.assistants.insert(assistant)
        return assistant

    return await core.store.write(unit)


async def require(tx: Tx, core: Core, caller: Caller, assistant_id: str) -> Assistant:
    """Within a unit: the assistant. Raises `NotFound`."""
    assistant = await tx.assistants.get(caller.project_id, assistant_id, now=core.expiry_now())
    if assistant is None:
        raise NotFound("assistant", assistant_id)
    return assistant


async def get(core: Core, caller: Caller, assistant_id: str) -> Assistant:
    """The assistant. Raises `NotFound`."""

    async def unit(tx: Tx) -> Assistant:
        return await require(tx, core, caller, assistant_id)

    return await core.store.read(unit)


async def page(core: Core, caller: Caller, window: Window) -> Page[Assistant]:
    """A page of the project's assistants. Raises `NotFound` for an unknown cursor."""

    async def unit(tx: Tx) -> Page[Assistant]:
        return await tx.assistants.page(caller.project_id, window, now=core.expiry_now())

    return await core.store.read(unit)


async def modify(core: Core, caller: Caller, assistant_id: str, fields: dict[str, Any]) -> Assistant:
    """The assistant with these fields (names of `Assistant`) replaced, as a further version.

    Raises `NotFound` for the assistant, or a file or index it is to name.
    """

    async def unit(tx: Tx) -> Assistant:
        old = await require(tx, core, caller, assistant_id)
        resources = fields.get("tool_resources", UNSET)
        if resources is not UNSET and resources is not None:
            await indexes.check(tx, core, caller, resources)
        if not fields:
            return old
        metadata = revised(old.metadata, fields.get("metadata", UNSET))
        assistant = replace(
            changed(old, **{**fields, "metadata": metadata}),
            version=old.version + 1,
            version_id=core.ids.new("version"),
            updated_at=core.now(),
            updated_by=caller.subject or None,
        )
        await tx.assistants.update(assistant, mask=sorted(fields))
        return assistant

    return await core.store.write(unit)


async def delete(core: Core, caller: Caller, assistant_id: str) -> None:
    """Remove the assistant. Threads, messages and runs that name it stay. Raises `NotFound`."""

    async def unit(tx: Tx) -> None:
        if not await tx.assistants.delete(caller.project_id, assistant_id):
            raise NotFound("assistant", assistant_id)

    await core.store.write(unit)
