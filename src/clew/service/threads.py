"""Threads: making, reading, changing, listing and deleting them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clew.domain.event import Event, EventKind
from clew.domain.noun import Noun, replace
from clew.domain.problem import NotFound
from clew.domain.run import RunState, move
from clew.domain.thread import Thread, expiring
from clew.service import indexes, messages, quotas
from clew.service.closing import close

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clew.domain.expiration import Expiration
    from clew.domain.page import Page, Window
    from clew.domain.patch import Change
    from clew.domain.project import Caller
    from clew.domain.run import Run
    from clew.domain.tool import Tool, ToolResources
    from clew.service.core import Core
    from clew.service.indexes import NewIndex
    from clew.service.messages import NewMessage
    from clew.storage.port import Tx


class NewThread(Noun, frozen=True, kw_only=True):
    """What a new thread is to be. `new_indexes` are made with it and put into its resources."""

    id: str | None = None
    name: str | None = None
    description: str | None = None
    metadata: dict[str, Any] = {}
    tags: tuple[str, ...] = ()
    participant_id: str | None = None
    environment: str | None = None
    tools: tuple[Tool, ...] = ()
    tool_resources: ToolResources | None = None
    new_indexes: tuple[NewIndex, ...] = ()
    default_author_id: str | None = None
    expiration: Expiration | None = None
    folder: str | None = None
    messages: tuple[NewMessage, ...] = ()


async def insert(tx: Tx, core: Core, caller: Caller, new: NewThread) -> Thread:
    """Within a unit: keep a new thread with its first messages.

    Raises `NotFound` for a file or index it names, `AlreadyExists` for a taken id.
    """
    now = core.now()
    resources = await indexes.resolved(
        tx, core, caller, new.tool_resources, new.new_indexes, expiration=indexes.THREAD_EXPIRATION
    )
    thread = expiring(
        Thread(
            project_id=caller.project_id,
            id=new.id or core.ids.new("thread"),
            created_at=now,
            updated_at=now,
            last_active_at=now,
            name=new.name,
            description=new.description,
            metadata=new.metadata,
            tags=new.tags,
            participant_id=new.participant_id,
            environment=new.environment,
            tools=new.tools,
            tool_resources=resources,
            default_author_id=new.default_author_id,
            expiration=new.expiration,
            folder=new.folder,
            created_by=caller.subject or None,
            updated_by=caller.subject or None,
        )
    )
    await tx.threads.insert(thread)
    if new.messages:
        entered = await messages.enter(tx, core, caller, thread.id)
        thread, _ = await messages.append(tx, core, caller, entered, new.messages)
    return thread


async def create(core: Core, caller: Caller, new: NewThread) -> Thread:
    """A new thread with its first messages, all or nothing.

    Raises `NotFound` for a file or index it names, `AlreadyExists` for a taken id.
    """

    async def unit(tx: Tx) -> Thread:
        await quotas.take(tx, core, caller.project_id, threads=1, messages=len(new.messages))
        return await insert(tx, core, caller, new)

    return await core.store.write(unit)


async def require(tx: Tx, core: Core, caller: Caller, thread_id: str) -> Thread:
    """Within a unit: the thread. Raises `NotFound`, also where it is another project's or has expired."""
    thread = await tx.threads.get(caller.project_id, thread_id, now=core.expiry_now())
    if thread is None:
        raise NotFound("thread", thread_id)
    return thread


async def get(core: Core, caller: Caller, thread_id: str) -> Thread:
    """The thread. Raises `NotFound`, also where it is another project's or has expired."""

    async def unit(tx: Tx) -> Thread:
        return await require(tx, core, caller, thread_id)

    return await core.store.read(unit)


async def page(core: Core, caller: Caller, window: Window, *, metadata: Mapping[str, str]) -> Page[Thread]:
    """A page of the project's threads whose metadata has all these pairs. Raises `NotFound` for an unknown cursor."""

    async def unit(tx: Tx) -> Page[Thread]:
        return await tx.threads.page(caller.project_id, window, metadata=metadata, now=core.expiry_now())

    return await core.store.read(unit)


async def modify(core: Core, caller: Caller, thread_id: str, change: Change[Thread]) -> Thread:
    """The thread as `change` makes it of the one that stands: of any of its fields but ids and times.

    Who changed it, when, and when it ends are set here. Raises `NotFound` for the thread, or a file or index that
    the change names.
    """

    async def unit(tx: Tx) -> Thread:
        old = await require(tx, core, caller, thread_id)
        thread = expiring(replace(change(old), updated_at=core.now(), updated_by=caller.subject or None))
        await indexes.check_changed(tx, core, caller, old.tool_resources, thread.tool_resources)
        await tx.threads.update(thread)
        return thread

    return await core.store.write(unit)


async def delete(core: Core, caller: Caller, thread_id: str) -> None:
    """Take the thread and all that is in it away, and end its runs. Raises `NotFound`."""

    async def unit(tx: Tx) -> list[tuple[str, list[Event]]]:
        await require(tx, core, caller, thread_id)
        ended = [
            (run.id, await _cancelled(tx, core, run)) for run in await tx.runs.active(caller.project_id, thread_id)
        ]
        await tx.threads.delete(caller.project_id, thread_id)
        return ended

    for run_id, events in await core.store.write(unit):
        core.feeds.publish(run_id, events)
        core.signals.stop(run_id)
        core.feeds.close(run_id)


async def _cancelled(tx: Tx, core: Core, run: Run) -> list[Event]:
    """Within a unit: the events with which the run ends for those who follow it. They go with it and its thread."""
    now = core.now()
    before: list[Event] = []
    if run.state is not RunState.CANCELLING:
        run = move(run, RunState.CANCELLING, owed=())
        before = [Event(kind=EventKind.RUN_MOVED, at=now, progress=run.progress)]
    _, events = await close(tx, run, RunState.CANCELLED, now=now)
    return await tx.events.append(run, [*before, *events])
