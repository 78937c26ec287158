"""Participants: the end users of a project's app."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clew.domain.expiration import timed
from clew.domain.noun import Noun, replace
from clew.domain.participant import Participant
from clew.domain.problem import NotFound

if TYPE_CHECKING:
    from clew.domain.expiration import Expiration
    from clew.domain.page import Page, Window
    from clew.domain.patch import Change
    from clew.domain.project import Caller
    from clew.service.core import Core
    from clew.storage.port import Tx


class NewParticipant(Noun, frozen=True, kw_only=True):
    """What a new participant is to be. Where the app has no name of its own for the person, the id is the name."""

    identifier: str | None = None
    name: str | None = None
    description: str | None = None
    source: str | None = None
    metadata: dict[str, Any] = {}
    expiration: Expiration | None = None
    folder: str | None = None


async def create(core: Core, caller: Caller, new: NewParticipant) -> Participant:
    """A new participant. Raises `AlreadyExists` for a taken identifier."""

    async def unit(tx: Tx) -> Participant:
        now = core.now()
        id = core.ids.new("participant")  # noqa: A001 (the field's standard name)
        participant = timed(
            Participant(
                project_id=caller.project_id,
                id=id,
                identifier=id if new.identifier is None else new.identifier,
                created_at=now,
                updated_at=now,
                name=new.name,
                description=new.description,
                source=new.source,
                metadata=new.metadata,
                expiration=new.expiration,
                folder=new.folder,
                created_by=caller.subject or None,
                updated_by=caller.subject or None,
            )
        )
        await tx.participants.insert(participant)
        return participant

    return await core.store.write(unit)


async def require(tx: Tx, core: Core, caller: Caller, participant_id: str) -> Participant:
    """Within a unit: the participant. Raises `NotFound`, also where it is another project's or has expired."""
    participant = await tx.participants.get(caller.project_id, participant_id, now=core.expiry_now())
    if participant is None:
        raise NotFound("participant", participant_id)
    return participant


async def get(core: Core, caller: Caller, participant_id: str) -> Participant:
    """The participant. Raises `NotFound`, also where it is another project's or has expired."""

    async def unit(tx: Tx) -> Participant:
        return await require(tx, core, caller, participant_id)

    return await core.store.read(unit)


async def page(core: Core, caller: Caller, window: Window) -> Page[Participant]:
    """A page of the project's participants, by time of creation. Raises `NotFound` for an unknown cursor."""

    async def unit(tx: Tx) -> Page[Participant]:
        return await tx.participants.page(caller.project_id, window, now=core.expiry_now())

    return await core.store.read(unit)


async def modify(core: Core, caller: Caller, participant_id: str, change: Change[Participant]) -> Participant:
    """The participant as `change` makes it of the one that stands: of any of its fields but ids and times.

    Who changed it, when, and when it ends are set here. Raises `NotFound`.
    """

    async def unit(tx: Tx) -> Participant:
        old = await require(tx, core, caller, participant_id)
        now = core.now()
        participant = timed(replace(change(old), updated_at=now, updated_by=caller.subject or None))
        await tx.participants.update(participant)
        return participant

    return await core.store.write(unit)


async def delete(core: Core, caller: Caller, participant_id: str) -> None:
    """Remove the participant. Threads that name it stay. Raises `NotFound`."""

    async def unit(tx: Tx) -> None:
        await require(tx, core, caller, participant_id)
        await tx.participants.delete(caller.project_id, participant_id)

    await core.store.write(unit)
