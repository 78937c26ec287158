"""Enclosures, the things beside steps: making, reading, changing and deleting them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clew.domain.enclosure import Enclosure
from clew.domain.noun import replace
from clew.domain.patch import UNSET, changed
from clew.domain.problem import Invalid, NotFound

if TYPE_CHECKING:
    from clew.domain.project import Caller
    from clew.domain.step import EnclosureChange
    from clew.service.core import Core
    from clew.storage.port import Tx


async def put(tx: Tx, core: Core, caller: Caller, change: EnclosureChange) -> Enclosure:
    """Within a unit: the enclosure, new or with what the change says. Its step may come later.

    Raises `Invalid` where a new one has no step.
    """
    now = core.now()
    enclosure_id = change.id or core.ids.new("enclosure")
    enclosure = await tx.enclosures.get(caller.project_id, enclosure_id, now=core.expiry_now()) if change.id else None
    if enclosure is None:
        if change.step_id is UNSET or not change.step_id:
            raise Invalid("step_id", "it has to stand beside a step")
        enclosure = Enclosure(
            project_id=caller.project_id, id=enclosure_id, created_at=now - now % 1000, step_id=change.step_id
        )
    fields = ("step_id", "name", "mime", "object_key", "url", "metadata")
    enclosure = changed(enclosure, **{name: getattr(change, name) for name in fields})
    await tx.enclosures.put(enclosure)
    return enclosure


async def create(core: Core, caller: Caller, change: EnclosureChange) -> Enclosure:
    """The enclosure. Raises `Invalid` where it has no step."""
    return await core.store.write(lambda tx: put(tx, core, caller, change))


async def update(core: Core, caller: Caller, enclosure_id: str, change: EnclosureChange) -> Enclosure:
    """The enclosure with what the change says. Raises `NotFound`."""

    async def unit(tx: Tx) -> Enclosure:
        await require(tx, core, caller, enclosure_id)
        return await put(tx, core, caller, replace(change, id=enclosure_id))

    return await core.store.write(unit)


async def require(tx: Tx, core: Core, caller: Caller, enclosure_id: str) -> Enclosure:
    """Within a unit: the enclosure. Raises `NotFound`."""
    enclosure = await tx.enclosures.get(caller.project_id, enclosure_id, now=core.expiry_now())
    if enclosure is None:
        raise NotFound("enclosure", enclosure_id)
    return enclosure


async def get(core: Core, caller: Caller, enclosure_id: str) -> Enclosure:
    """The enclosure. Raises `NotFound`."""
    return await core.store.read(lambda tx: require(tx, core, caller, enclosure_id))


async def delete(core: Core, caller: Caller, enclosure_id: str) -> None:
    """Remove the enclosure; bytes that it names are left to the sweep. Raises `NotFound`."""

    async def unit(tx: Tx) -> None:
        await require(tx, core, caller, enclosure_id)
        await tx.enclosures.delete(caller.project_id, enclosure_id)

    await core.store.write(unit)
