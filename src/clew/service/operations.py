"""Operations: files put into indexes, with an id by which a caller asks how it went.

Putting files into an index is done at once so far, so every operation is done in the unit that makes it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from clew.domain.expiration import DAY_SECONDS
from clew.domain.noun import replace
from clew.domain.operation import CANCELLED, Operation, fail, succeed
from clew.domain.problem import NotFound
from clew.service import indexes
from clew.service.indexes import NewPlace

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clew.domain.index import Index
    from clew.domain.project import Caller
    from clew.service.core import Core
    from clew.service.indexes import NewIndex
    from clew.storage.port import Tx

KEPT_SECONDS: Final = DAY_SECONDS
"""How long an operation can be asked about once it is done."""


async def create_index(core: Core, caller: Caller, new: NewIndex, *, description: str = "") -> Operation:
    """A new index with its files, and the operation that made it: both or neither.

    Files are taken whatever their kind. Raises `NotFound` for one that there is not, `AlreadyExists` where the core's
    ids were used before.
    """

    async def unit(tx: Tx) -> Operation:
        index = await indexes.insert(tx, core, caller, replace(new, files=()))
        file_ids = tuple(place.file_id for place in new.files)
        operation = _fresh(core, caller, index, file_ids, makes_index=True, description=description)
        return await _performed(tx, core, caller, operation, new.files)

    return await core.store.write(unit)


async def add_files(
    core: Core, caller: Caller, index_id: str, file_ids: Sequence[str], *, description: str = ""
) -> Operation:
    """Files put into an index, and the operation that did it. Files are taken whatever their kind.

    Raises `NotFound` for the index, also where it has expired, else for a file.
    """

    async def unit(tx: Tx) -> Operation:
        index = await indexes.require(tx, caller, index_id, now=core.expiry_now())
        operation = _fresh(core, caller, index, tuple(file_ids), makes_index=False, description=description)
        places = [NewPlace(file_id=file_id) for file_id in file_ids]
        return await _performed(tx, core, caller, operation, places)

    return await core.store.write(unit)


def _fresh(
    core: Core, caller: Caller, index: Index, file_ids: tuple[str, ...], *, makes_index: bool, description: str
) -> Operation:
    now = core.now()
    return Operation(
        project_id=caller.project_id,
        id=core.ids.new("operation"),
        created_at=now,
        modified_at=now,
        index_id=index.id,
        file_ids=file_ids,
        makes_index=makes_index,
        description=description,
        folder=index.folder,
        created_by=caller.subject or None,
    )


async def _performed(tx: Tx, core: Core, caller: Caller, operation: Operation, places: Sequence[NewPlace]) -> Operation:
    """Within a unit: the operation, done and kept."""
    files = tuple([await indexes.put(tx, core, caller, operation.index_id, place, any_kind=True) for place in places])
    index = await indexes.require(tx, caller, operation.index_id)
    operation = succeed(operation, now=core.now(), index=index, files=files)
    await tx.operations.insert(operation)
    await tx.indexes.update(replace(index, updated_at=operation.modified_at, updated_by=caller.subject or None))
    return operation


async def require(tx: Tx, caller: Caller, operation_id: str) -> Operation:
    """Within a unit: the operation. Raises `NotFound`, also once it has been done for long."""
    operation = await tx.operations.get(caller.project_id, operation_id)
    if operation is None:
        raise NotFound("operation", operation_id)
    return operation


async def get(core: Core, caller: Caller, operation_id: str) -> Operation:
    """The operation. Raises `NotFound`, also once it has been done for long."""

    async def unit(tx: Tx) -> Operation:
        return await require(tx, caller, operation_id)

    return await core.store.read(unit)


async def cancel(core: Core, caller: Caller, operation_id: str) -> Operation:
    """The operation, of which nothing more is done. One that is done stays as it is. Raises `NotFound`."""

    async def unit(tx: Tx) -> Operation:
        operation = await require(tx, caller, operation_id)
        if not operation.done:
            operation = fail(operation, now=core.now(), error=CANCELLED)
            await tx.operations.update(operation)
        return operation

    return await core.store.write(unit)
