"""Assistants: making, reading, changing and deleting them. Every change makes a version."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clew.domain.assistant import Assistant
from clew.domain.expiration import timed
from clew.domain.noun import Noun, replace
from clew.domain.problem import NotFound
from clew.service import indexes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clew.domain.assistant import AssistantVersion
    from clew.domain.expiration import Expiration
    from clew.domain.page import Page, Window
    from clew.domain.patch import Change
    from clew.domain.project import Caller
    from clew.domain.run import Truncation
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
    truncation: Truncation | None = None
    max_prompt_tokens: int | None = None
    max_completion_tokens: int | None = None
    expiration: Expiration | None = None
    folder: str | None = None


async def create(core: Core, caller: Caller, new: NewAssistant) -> Assistant:
    """A new assistant. Raises `NotFound` for a file or index it names."""

    async def unit(tx: Tx) -> Assistant:
        now = core.now()
        assistant = timed(
            Assistant(
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
                truncation=new.truncation,
                max_prompt_tokens=new.max_prompt_tokens,
                max_completion_tokens=new.max_completion_tokens,
                expiration=new.expiration,
                folder=new.folder,
                created_by=caller.subject or None,
                updated_by=caller.subject or None,
            )
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


async def modify(
    core: Core, caller: Caller, assistant_id: str, change: Change[Assistant], *, mask: Sequence[str]
) -> Assistant:
    """The assistant as `change` makes it of the one that stands: of any of its fields but ids, versions and times.

    It is a further version, which keeps `mask`: what the caller says was changed, in the caller's words. Who changed
    it, when, and when it ends are set here. Raises `NotFound` for the assistant, or a file or index that the change
    names.
    """

    async def unit(tx: Tx) -> Assistant:
        old = await require(tx, core, caller, assistant_id)
        assistant = timed(
            replace(
                change(old),
                version=old.version + 1,
                version_id=core.ids.new("version"),
                updated_at=core.now(),
                updated_by=caller.subject or None,
            )
        )
        await indexes.check_changed(tx, core, caller, old.tool_resources, assistant.tool_resources)
        await tx.assistants.update(assistant, mask=mask)
        return assistant

    return await core.store.write(unit)


async def versions(core: Core, caller: Caller, assistant_id: str, window: Window) -> Page[AssistantVersion]:
    """A page of the assistant's versions. Raises `NotFound` for the assistant or an unknown cursor."""

    async def unit(tx: Tx) -> Page[AssistantVersion]:
        await require(tx, core, caller, assistant_id)
        return await tx.assistants.versions(caller.project_id, assistant_id, window)

    return await core.store.read(unit)


async def delete(core: Core, caller: Caller, assistant_id: str) -> None:
    """Remove the assistant. Threads, messages and runs that name it stay. Raises `NotFound`."""

    async def unit(tx: Tx) -> None:
        await require(tx, core, caller, assistant_id)
        await tx.assistants.delete(caller.project_id, assistant_id)

    await core.store.write(unit)
