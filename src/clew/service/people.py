"""Participants as apps know them that have names of their own for people: found by id or by that name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clew.domain.participant import Participant
from clew.domain.patch import UNSET, Given, changed, check_depth
from clew.domain.problem import Invalid, NotFound

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clew.domain.project import Caller
    from clew.service.core import Core
    from clew.storage.port import Tx


async def find(tx: Tx, core: Core, caller: Caller, name: str) -> Participant | None:
    """Within a unit: the participant of this id or, else, of this identifier."""
    found = await tx.participants.get(caller.project_id, name, now=core.expiry_now())
    return found or await tx.participants.by_identifier(caller.project_id, name, now=core.expiry_now())


async def insert(
    tx: Tx, core: Core, caller: Caller, identifier: str, metadata: dict[str, Any] | None = None
) -> Participant:
    """Within a unit: a new participant. Raises `AlreadyExists` where the identifier is taken, `Invalid` for none."""
    check_depth("metadata", metadata)
    if not identifier:
        raise Invalid("identifier", "a participant needs an identifier")
    now = core.now()
    participant = Participant(
        project_id=caller.project_id,
        id=core.ids.new("participant"),
        identifier=identifier,
        created_at=now - now % 1000,
        updated_at=now,
        metadata=metadata or {},
        created_by=caller.subject or None,
        updated_by=caller.subject or None,
    )
    await tx.participants.insert(participant)
    return participant


async def found_or_made(tx: Tx, core: Core, caller: Caller, name: str) -> Participant:
    """Within a unit: the participant of this id or identifier, made with that identifier where there is none."""
    return await find(tx, core, caller, name) or await insert(tx, core, caller, name)


async def get(core: Core, caller: Caller, *, id: str | None = None, identifier: str | None = None) -> Participant:  # noqa: A002 (the field's standard name)
    """The participant of this id, or else of this identifier. Raises `NotFound`."""

    async def unit(tx: Tx) -> Participant:
        found = await tx.participants.get(caller.project_id, id, now=core.expiry_now()) if id else None
        if found is None and identifier:
            found = await tx.participants.by_identifier(caller.project_id, identifier, now=core.expiry_now())
        if found is None:
            raise NotFound("participant", id or identifier or "")
        return found

    return await core.store.read(unit)


async def every(core: Core, caller: Caller, ids: Sequence[str]) -> dict[str, Participant]:
    """Those of these participants that there are, by id: for whoever shows a page of threads."""

    async def unit(tx: Tx) -> dict[str, Participant]:
        found = {one: await tx.participants.get(caller.project_id, one, now=core.expiry_now()) for one in set(ids)}
        return {one: participant for one, participant in found.items() if participant is not None}

    return await core.store.read(unit)


async def create(core: Core, caller: Caller, identifier: str, metadata: dict[str, Any] | None = None) -> Participant:
    """A new participant. Raises `AlreadyExists` where the identifier is taken, `Invalid` for none."""
    return await core.store.write(lambda tx: insert(tx, core, caller, identifier, metadata))


async def modify(
    core: Core,
    caller: Caller,
    participant_id: str,
    *,
    identifier: Given[str] = UNSET,
    metadata: Given[dict[str, Any]] = UNSET,
) -> Participant:
    """The participant with these fields replaced. Raises `NotFound`, `AlreadyExists` for another's identifier."""
    check_depth("metadata", metadata)

    async def unit(tx: Tx) -> Participant:
        participant = await tx.participants.get(caller.project_id, participant_id, now=core.expiry_now())
        if participant is None:
            raise NotFound("participant", participant_id)
        now, by = core.now(), caller.subject or None
        participant = changed(participant, identifier=identifier, metadata=metadata, updated_at=now, updated_by=by)
        await tx.participants.update(participant)
        return participant

    return await core.store.write(unit)


async def delete(core: Core, caller: Caller, participant_id: str) -> Participant:
    """Remove the participant, and return what it was. Its threads stay, and name nobody. Raises `NotFound`."""

    async def unit(tx: Tx) -> Participant:
        participant = await tx.participants.get(caller.project_id, participant_id, now=core.expiry_now())
        if participant is None:
            raise NotFound("participant", participant_id)
        await tx.participants.delete(caller.project_id, participant_id)
        return participant

    return await core.store.write(unit)
