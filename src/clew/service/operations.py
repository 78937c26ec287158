"""Operations: files put into indexes, with an id by which a caller asks how it went.

Putting files into an index is done at once so far, so every operation is done in the unit that makes it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from clew.domain.expiration import DAY_SECONDS
from clew.domain.index import chunking_of
from clew.domain.item import Fault
from clew.domain.noun import replace
from clew.domain.operation import CANCELLED, Operation, fail, succeed
from clew.domain.problem import NotFound
from clew.service import files, indexes
from clew.service.indexes import NewPlace

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from clew.domain.file import File
    from clew.domain.project import Caller
    from clew.service.core import Core
    from clew.service.indexes import NewIndex
    from clew.storage.port import Tx

KEPT_SECONDS: Final = DAY_SECONDS
"""How long an operation can be asked about once it is done."""


UNFIT: Final = "unsupported_file"
"""The fault's code of an operation with a file that cannot be searched."""


async def create_index(
    core: Core,
    caller: Caller,
    new: NewIndex,
    *,
    description: str = "",
    unfit: Callable[[File], str | None] = lambda _: None,
) -> Operation:
    """A new index with its files, and the operation that made it: both or neither.

    `unfit` says why a file cannot be searched: then the operation has failed, and there is no index. Raises `NotFound`
    for a file that there is not, `AlreadyExists` where the core's ids were used before.
    """

    async def unit(tx: Tx) -> Operation:
        fault = await _fault(tx, core, caller, [place.file_id for place in new.files], unfit)
        file_ids = tuple(place.file_id for place in new.files)
        operation = _fresh(core, caller, file_ids, folder=new.folder, makes_index=True, description=description)
        if fault is not None:
            return await _failed(tx, core, operation, fault)
        index = await indexes.insert(tx, core, caller, replace(new, files=()))
        return await _performed(tx, core, caller, operation, new.files, index_id=index.id)

    return await core.store.write(unit)


async def add_files(
    core: Core,
    caller: Caller,
    index_id: str,
    file_ids: Sequence[str],
    *,
    description: str = "",
    unfit: Callable[[File], str | None] = lambda _: None,
) -> Operation:
    """Files put into an index, all or none, and the operation that did it.

    `unfit` says why a file cannot be searched: then the operation has failed.

    Raises `NotFound` for the index, also where it has expired, else for a file.
    """

    async def unit(tx: Tx) -> Operation:
        index = await indexes.require(tx, caller, index_id, now=core.expiry_now())
        operation = _fresh(
            core, caller, tuple(file_ids), folder=index.folder, makes_index=False, description=description
        )
        if (fault := await _fault(tx, core, caller, file_ids, unfit)) is not None:
            return await _failed(tx, core, replace(operation, index_id=index_id), fault)
        places = [NewPlace(file_id=file_id, chunking=chunking_of(index)) for file_id in file_ids]
        return await _performed(tx, core, caller, operation, places, index_id=index_id)

    return await core.store.write(unit)


def _fresh(
    core: Core,
    caller: Caller,
    file_ids: tuple[str, ...],
    *,
    folder: str | None,
    makes_index: bool,
    description: str,
) -> Operation:
    now = core.now()
    return Operation(
        project_id=caller.project_id,
        id=core.ids.new("operation"),
        created_at=now,
        modified_at=now,
        file_ids=file_ids,
        makes_index=makes_index,
        description=description,
        folder=folder,
        created_by=caller.subject or None,
    )


async def _fault(
    tx: Tx, core: Core, caller: Caller, file_ids: Sequence[str], unfit: Callable[[File], str | None]
) -> Fault | None:
    """Within a unit: why these files cannot go into an index. Raises `NotFound` for one of them."""
    for file_id in file_ids:
        if (reason := unfit(await files.require(tx, core, caller, file_id))) is not None:
            return Fault(code=UNFIT, message=reason)
    return None


async def _failed(tx: Tx, core: Core, operation: Operation, fault: Fault) -> Operation:
    """Within a unit: the operation, ended and kept."""
    operation = fail(operation, now=core.now(), error=fault)
    await tx.operations.insert(operation)
    return operation


async def _performed(
    tx: Tx, core: Core, caller: Caller, operation: Operation, places: Sequence[NewPlace], *, index_id: str
) -> Operation:
    """Within a unit: the operation, done to the index and kept."""
    there = tuple([await indexes.put(tx, core, caller, index_id, place, any_kind=True) for place in places])
    index = await indexes.require(tx, caller, index_id)
    operation = succeed(replace(operation, index_id=index_id), now=core.now(), index=index, files=there)
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
