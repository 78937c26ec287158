"""Threads told piece by piece: made or changed by whoever names one, with a participant who may be new."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clew.domain.noun import Noun
from clew.domain.patch import UNSET, Given, changed, check_depth
from clew.domain.problem import Invalid
from clew.service import people, quotas, threads
from clew.service.threads import NewThread

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clew.domain.project import Caller
    from clew.domain.thread import Thread
    from clew.service.core import Core
    from clew.storage.port import Tx


class ThreadChange(Noun, frozen=True, kw_only=True):
    """What is told of a thread. `participant` is the id or the identifier of one, who is made where there is none.

    `id` None makes a new one. `made_in` is the environment of one that is new, where none is told.
    """

    id: str | None = None
    name: Given[str | None] = UNSET
    metadata: Given[dict[str, Any]] = UNSET
    tags: Given[tuple[str, ...]] = UNSET
    participant: Given[str | None] = UNSET
    environment: Given[str] = UNSET
    made_in: str | None = None


async def upsert(core: Core, caller: Caller, change: ThreadChange) -> Thread:
    """The thread after this change, which may be its first. Raises `QuotaSpent`, `Invalid` for what nests too deep."""
    check_depth("metadata", change.metadata)

    async def unit(tx: Tx) -> Thread:
        await tx.catalog.open(caller.project_id)
        thread = None
        if change.id is not None:
            thread = await tx.threads.get(caller.project_id, change.id, now=core.expiry_now())
        if thread is None:
            return await _made(tx, core, caller, change)
        return await _changed(tx, core, caller, thread, change)

    return await core.store.write(unit)


async def update(core: Core, caller: Caller, change: ThreadChange) -> Thread:
    """The thread after this change. Raises `NotFound`, `Invalid` for what nests too deep."""
    check_depth("metadata", change.metadata)

    async def unit(tx: Tx) -> Thread:
        await tx.catalog.open(caller.project_id)
        thread = await threads.require(tx, core, caller, change.id or "")
        return await _changed(tx, core, caller, thread, change)

    return await core.store.write(unit)


async def every(core: Core, caller: Caller, thread_ids: Sequence[str]) -> dict[str, Thread]:
    """Those of these threads that there are, by id: for whoever shows a page of steps."""

    async def unit(tx: Tx) -> dict[str, Thread]:
        found = {one: await tx.threads.get(caller.project_id, one, now=core.expiry_now()) for one in set(thread_ids)}
        return {one: thread for one, thread in found.items() if thread is not None}

    return await core.store.read(unit)


async def _participant_id(tx: Tx, core: Core, caller: Caller, change: ThreadChange) -> Given[str | None]:
    if change.participant is UNSET or not change.participant:
        return UNSET if change.participant is UNSET else None
    return (await people.found_or_made(tx, core, caller, change.participant)).id


async def _made(tx: Tx, core: Core, caller: Caller, change: ThreadChange) -> Thread:
    if change.id == "":
        raise Invalid("id", "a thread needs an id")
    await quotas.take(tx, core, caller.project_id, threads=1)
    if change.id is not None:
        await tx.threads.delete(caller.project_id, change.id)  # one that has expired: ids can be used again
    environment = change.made_in if change.environment is UNSET else change.environment
    new = NewThread(id=change.id, environment=environment)
    participant_id = await _participant_id(tx, core, caller, change)
    new = changed(new, name=change.name, metadata=change.metadata, tags=change.tags, participant_id=participant_id)
    thread = await threads.insert(tx, core, caller, new)
    await tx.catalog.put_thread(thread)
    return thread


async def _changed(tx: Tx, core: Core, caller: Caller, thread: Thread, change: ThreadChange) -> Thread:
    after = changed(
        thread,
        name=change.name,
        metadata=change.metadata,
        tags=change.tags,
        environment=change.environment,
        participant_id=await _participant_id(tx, core, caller, change),
    )
    if after == thread:
        return thread
    after = changed(after, updated_at=core.now(), updated_by=caller.subject or None)
    await tx.threads.update(after)
    await tx.catalog.put_thread(after)
    return after
