"""Lists over a whole project, filtered and counted: its threads and people, and what they come to.

They are read from the project's catalog, which is kept from the first time on that somebody asks for one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clew.domain.participant import Participant
    from clew.domain.project import Caller
    from clew.domain.query import Found, Query
    from clew.domain.thread import Thread
    from clew.service.core import Core
    from clew.storage.port import ParticipantSum, ThreadSum

AT_ONCE: Final = 200
"""Things that one unit brings in: callers who write wait no longer than for these."""
BEFORE_A_READ: Final = 2_000
"""Things that are brought in before a list is read. The rest follows by and by."""


async def fresh(core: Core, caller: Caller) -> None:
    """See to it that the project has a catalog, and that it has what was written before now.

    A project that begins with much in it is brought in by and by: until then its lists lack what is oldest.
    """
    project_id = caller.project_id
    if not await core.store.read(lambda tx: tx.catalog.behind(project_id)):
        return
    await core.store.write(lambda tx: tx.catalog.open(project_id))
    await catch_up(core, limit=BEFORE_A_READ)


async def catch_up(core: Core, *, limit: int) -> int:
    """Bring in up to about so much of what waits, of every project. Returns how much that was."""
    done = 0
    while done < limit:
        caught = await core.store.write(lambda tx: tx.catalog.catch_up(limit=AT_ONCE))
        await core.store.read(lambda tx, caught=caught: tx.catalog.caught_up(caught))  # type: ignore[misc]
        done += caught.count
        if caught.is_all:
            break
    return done


async def threads(core: Core, caller: Caller, query: Query) -> Found[Thread]:
    """The project's threads that fit. Raises `Invalid` for what cannot be asked, or a cursor that is none.

    Fields: id created_at name metadata tags tokens seconds environment step_type step_name step_output
    participant_id participant_identifier score. Sorted by: created_at tokens participant.
    """
    await fresh(core, caller)
    return await core.store.read(lambda tx: tx.catalog.threads(caller.project_id, query, now=core.expiry_now()))


async def thread_sums(core: Core, caller: Caller, thread_ids: Sequence[str]) -> dict[str, ThreadSum]:
    """What the steps of these threads come to. One that has none is left out."""
    await fresh(core, caller)
    return await core.store.read(lambda tx: tx.catalog.thread_sums(caller.project_id, thread_ids))


async def participants(core: Core, caller: Caller, query: Query) -> Found[Participant]:
    """The project's participants that fit. Raises `Invalid` for what cannot be asked, or a cursor that is none.

    Fields: id created_at identifier last_active_at threads tokens metadata. Sorted by: created_at.
    """
    await fresh(core, caller)
    return await core.store.read(lambda tx: tx.catalog.participants(caller.project_id, query, now=core.expiry_now()))


async def participant_sums(core: Core, caller: Caller, participant_ids: Sequence[str]) -> dict[str, ParticipantSum]:
    """What the threads of these participants come to. One that has none is left out."""
    await fresh(core, caller)
    return await core.store.read(lambda tx: tx.catalog.participant_sums(caller.project_id, participant_ids))
