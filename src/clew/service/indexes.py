"""Indexes: searchable sets of files, and how threads and assistants come to name them."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, Final

from clew.domain.expiration import DAY_SECONDS, Expiration, Policy, lives_on_use, timed, used
from clew.domain.index import Batch, Chunking, Index, IndexFile, IndexingState
from clew.domain.item import Fault
from clew.domain.noun import Noun, replace
from clew.domain.problem import NotFound, Unsupported
from clew.domain.tool import ToolResources

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clew.domain.file import File
    from clew.domain.page import Page, Window
    from clew.domain.patch import Change
    from clew.domain.project import Caller
    from clew.service.core import Core
    from clew.storage.port import Tx

THREAD_EXPIRATION: Final = Expiration(policy=Policy.SINCE_LAST_ACTIVE, ttl_seconds=7 * DAY_SECONDS)
"""Indexes that come about through a thread end a week after they were last used (reference/openai.md, 10.1)."""

SEARCHABLE: Final = frozenset(
    [
        ".c",
        ".cpp",
        ".cs",
        ".css",
        ".doc",
        ".docx",
        ".go",
        ".html",
        ".java",
        ".js",
        ".json",
        ".md",
        ".pdf",
        ".php",
        ".pptx",
        ".py",
        ".rb",
        ".sh",
        ".tex",
        ".ts",
        ".txt",
    ]
)


class NewPlace(Noun, frozen=True, kw_only=True):
    """A file to put into an index."""

    file_id: str
    chunking: Chunking = Chunking()
    attributes: dict[str, Any] = {}


class NewIndex(Noun, frozen=True, kw_only=True):
    """What a new index is to be."""

    name: str | None = None
    description: str | None = None
    metadata: dict[str, Any] = {}
    expiration: Expiration | None = None
    config: dict[str, Any] | None = None
    folder: str | None = None
    files: tuple[NewPlace, ...] = ()


def expired(index: Index, *, now: int) -> bool:
    """Whether the index is past its end; `now` is the core's `expiry_now`. It is still shown, and runs over it fail."""
    return index.expires_at is not None and index.expires_at <= now


async def insert(tx: Tx, core: Core, caller: Caller, new: NewIndex) -> Index:
    """Within a unit: a new index with its files. Raises `NotFound` for one of them."""
    now = core.now()
    index = timed(
        Index(
            project_id=caller.project_id,
            id=core.ids.new("index"),
            created_at=now,
            updated_at=now,
            last_active_at=now,
            name=new.name,
            description=new.description,
            metadata=new.metadata,
            expiration=new.expiration,
            config=new.config,
            folder=new.folder,
            created_by=caller.subject or None,
            updated_by=caller.subject or None,
        )
    )
    await tx.indexes.insert(index)
    for place in new.files:
        await _put_searchable(tx, core, caller, index.id, place)
    return await require(tx, caller, index.id)


async def put(
    tx: Tx,
    core: Core,
    caller: Caller,
    index_id: str,
    place: NewPlace,
    *,
    batch_id: str | None = None,
    any_kind: bool = False,
) -> IndexFile:
    """Within a unit: a file, put into the index. Raises `NotFound` for the file.

    One that cannot be searched by the end of its name is there as failed, for whoever asks about it, unless `any_kind`
    will do.
    """
    file = await tx.files.get(caller.project_id, place.file_id, now=core.expiry_now())
    if file is None:
        raise NotFound("file", place.file_id)
    suffix = None if any_kind else _unsupported(file)
    kept = IndexFile(
        project_id=caller.project_id,
        index_id=index_id,
        file_id=file.id,
        created_at=core.now(),
        state=IndexingState.COMPLETED if suffix is None else IndexingState.FAILED,
        size=file.size if suffix is None else 0,
        chunking=place.chunking,
        attributes=place.attributes,
        error=None
        if suffix is None
        else Fault(code="unsupported_file", message=f"Files that end in {suffix} cannot be searched."),
        batch_id=batch_id,
        created_by=caller.subject or None,
    )
    await tx.indexes.put_file(kept)
    if lives_on_use(file):
        await tx.files.update(used(file, now=core.now()))
    return kept


def _unsupported(file: File) -> str | None:
    """The end of the file's name where it says that there is no text to search; None where there may be."""
    suffix = PurePosixPath(file.name.lower()).suffix
    return None if not suffix or suffix in SEARCHABLE else suffix


async def _put_searchable(tx: Tx, core: Core, caller: Caller, index_id: str, place: NewPlace) -> None:
    """Put a file into the index that came with something else. Raises `NotFound`, `Unsupported`.

    What makes the index on the way, a thread or a message, is refused as a whole, as the hosted service did.
    """
    file = await tx.files.get(caller.project_id, place.file_id, now=core.expiry_now())
    if file is not None and (suffix := _unsupported(file)) is not None:
        raise Unsupported("file_ids", suffix)
    await put(tx, core, caller, index_id, place)


async def put_attached(tx: Tx, core: Core, caller: Caller, index_ids: Sequence[str], file_ids: Sequence[str]) -> str:
    """Within a unit: files into the first of these indexes that there is, else into a new one. Returns its id."""
    for index_id in index_ids:
        if await tx.indexes.get(caller.project_id, index_id) is not None:
            for file_id in file_ids:
                await _put_searchable(tx, core, caller, index_id, NewPlace(file_id=file_id))
            return index_id
    new = NewIndex(expiration=THREAD_EXPIRATION, files=tuple(NewPlace(file_id=file_id) for file_id in file_ids))
    return (await insert(tx, core, caller, new)).id


async def check(tx: Tx, core: Core, caller: Caller, resources: ToolResources) -> None:
    """Within a unit: raise `NotFound` for the first file or index that these resources name and that is not there."""
    if resources.code_file_ids and (
        missing := await tx.files.missing(caller.project_id, resources.code_file_ids, now=core.expiry_now())
    ):
        raise NotFound("file", missing)
    for index_id in resources.index_ids or ():
        await require(tx, caller, index_id)


async def check_changed(
    tx: Tx, core: Core, caller: Caller, old: ToolResources | None, new: ToolResources | None
) -> None:
    """Within a unit: `check` the resources that an update says anew. Those that it left alone are the same object."""
    if new is not None and new is not old:
        await check(tx, core, caller, new)


async def resolved(
    tx: Tx,
    core: Core,
    caller: Caller,
    resources: ToolResources | None,
    new: Sequence[NewIndex],
    *,
    expiration: Expiration | None,
) -> ToolResources | None:
    """Within a unit: the resources, checked, with the indexes that are to be made along with them."""
    if resources is not None:
        await check(tx, core, caller, resources)
    if not new:
        return resources
    made = [await insert(tx, core, caller, replace(one, expiration=one.expiration or expiration)) for one in new]
    return replace(resources or ToolResources(), index_ids=tuple(index.id for index in made))


async def require(tx: Tx, caller: Caller, index_id: str, *, now: int | None = None) -> Index:
    """Within a unit: the index, without `now` also one that has expired. Raises `NotFound`."""
    index = await tx.indexes.get(caller.project_id, index_id, now=now)
    if index is None:
        raise NotFound("index", index_id)
    return index


async def create(core: Core, caller: Caller, new: NewIndex) -> Index:
    """A new index with its files. Raises `NotFound` for one of them."""

    async def unit(tx: Tx) -> Index:
        return await insert(tx, core, caller, new)

    return await core.store.write(unit)


async def get(core: Core, caller: Caller, index_id: str, *, unless_expired: bool = False) -> Index:
    """The index, also one that has expired unless told otherwise. Raises `NotFound`."""

    async def unit(tx: Tx) -> Index:
        return await require(tx, caller, index_id, now=core.expiry_now() if unless_expired else None)

    return await core.store.read(unit)


async def page(core: Core, caller: Caller, window: Window, *, unless_expired: bool = False) -> Page[Index]:
    """A page of the project's indexes, also of expired ones unless told otherwise.

    Raises `NotFound` for an unknown cursor.
    """

    async def unit(tx: Tx) -> Page[Index]:
        return await tx.indexes.page(caller.project_id, window, now=core.expiry_now() if unless_expired else None)

    return await core.store.read(unit)


async def modify(
    core: Core, caller: Caller, index_id: str, change: Change[Index], *, unless_expired: bool = False
) -> Index:
    """The index as `change` makes it of the one that stands: of any of its fields but ids, times and counts.

    Who changed it, when, and when it ends are set here. Raises `NotFound`, for one that has expired only where told to.
    """

    async def unit(tx: Tx) -> Index:
        old = await require(tx, caller, index_id, now=core.expiry_now() if unless_expired else None)
        index = timed(replace(change(old), updated_at=core.now(), updated_by=caller.subject or None))
        await tx.indexes.update(index)
        return index

    return await core.store.write(unit)


async def touch(tx: Tx, core: Core, index: Index) -> None:
    """Within a unit: the index was used now, which moves its end, if it has one that is still to come."""
    if index.expiration is not None and not expired(index, now=core.expiry_now()):
        await tx.indexes.update(used(index, now=core.now()))


async def delete(core: Core, caller: Caller, index_id: str, *, unless_expired: bool = False) -> None:
    """Remove the index; its files stay. Raises `NotFound`, for one that has expired only where told to."""

    async def unit(tx: Tx) -> None:
        if unless_expired:
            await require(tx, caller, index_id, now=core.expiry_now())
        if not await tx.indexes.delete(caller.project_id, index_id):
            raise NotFound("index", index_id)

    await core.store.write(unit)


async def put_file(core: Core, caller: Caller, index_id: str, place: NewPlace) -> IndexFile:
    """A file's place in the index. Raises `NotFound` for the index, else for the file."""

    async def unit(tx: Tx) -> IndexFile:
        await require(tx, caller, index_id)
        return await put(tx, core, caller, index_id, place)

    return await core.store.write(unit)


async def require_file(tx: Tx, caller: Caller, index_id: str, file_id: str) -> IndexFile:
    """Within a unit: the file's place. Raises `NotFound` for the index, else for the file in it."""
    await require(tx, caller, index_id)
    file = await tx.indexes.get_file(caller.project_id, index_id, file_id)
    if file is None:
        raise NotFound("file", file_id, within=("index", index_id))
    return file


async def get_file(
    core: Core, caller: Caller, index_id: str, file_id: str, *, unless_expired: bool = False
) -> IndexFile:
    """The file's place in the index. Raises `NotFound`, for an index that has expired only where told to."""

    async def unit(tx: Tx) -> IndexFile:
        if unless_expired:
            await require(tx, caller, index_id, now=core.expiry_now())
        return await require_file(tx, caller, index_id, file_id)

    return await core.store.read(unit)


async def modify_file(
    core: Core, caller: Caller, index_id: str, file_id: str, *, attributes: dict[str, Any]
) -> IndexFile:
    """The file's place with these attributes in place of what it had. Raises `NotFound`."""

    async def unit(tx: Tx) -> IndexFile:
        file = replace(await require_file(tx, caller, index_id, file_id), attributes=attributes)
        await tx.indexes.put_file(file)
        return file

    return await core.store.write(unit)


async def drop_file(core: Core, caller: Caller, index_id: str, file_id: str) -> None:
    """Take the file out of the index; it stays a file. Raises `NotFound`."""

    async def unit(tx: Tx) -> None:
        await require_file(tx, caller, index_id, file_id)
        await tx.indexes.drop_file(caller.project_id, index_id, file_id)

    await core.store.write(unit)


async def page_files(
    core: Core,
    caller: Caller,
    index_id: str,
    window: Window,
    *,
    state: IndexingState | None = None,
    batch_id: str | None = None,
    unless_expired: bool = False,
) -> Page[IndexFile]:
    """A page of the files in the index, or of one batch.

    Raises `NotFound` for index, batch or cursor, for an index that has expired only where told to.
    """

    async def unit(tx: Tx) -> Page[IndexFile]:
        await require(tx, caller, index_id, now=core.expiry_now() if unless_expired else None)
        if batch_id is not None:
            await require_batch(tx, caller, index_id, batch_id)
        return await tx.indexes.page_files(caller.project_id, index_id, window, state=state, batch_id=batch_id)

    return await core.store.read(unit)


async def require_batch(tx: Tx, caller: Caller, index_id: str, batch_id: str) -> Batch:
    """Within a unit: the batch. Raises `NotFound` for the index, else for the batch."""
    await require(tx, caller, index_id)
    batch = await tx.indexes.get_batch(caller.project_id, index_id, batch_id)
    if batch is None:
        raise NotFound("batch", batch_id)
    return batch


async def create_batch(core: Core, caller: Caller, index_id: str, places: Sequence[NewPlace]) -> Batch:
    """Files put into the index together, all or none. Raises `NotFound` for the index, else for a file."""

    async def unit(tx: Tx) -> Batch:
        await require(tx, caller, index_id)
        batch = Batch(
            project_id=caller.project_id,
            index_id=index_id,
            id=core.ids.new("batch"),
            created_at=core.now(),
            created_by=caller.subject or None,
        )
        await tx.indexes.insert_batch(batch)
        for place in places:
            await put(tx, core, caller, index_id, place, batch_id=batch.id)
        return await require_batch(tx, caller, index_id, batch.id)

    return await core.store.write(unit)


async def get_batch(core: Core, caller: Caller, index_id: str, batch_id: str) -> Batch:
    """The batch. Raises `NotFound`."""

    async def unit(tx: Tx) -> Batch:
        return await require_batch(tx, caller, index_id, batch_id)

    return await core.store.read(unit)


async def cancel_batch(core: Core, caller: Caller, index_id: str, batch_id: str) -> Batch:
    """The batch, with nothing more of it to be done. What is done stays done. Raises `NotFound`."""

    async def unit(tx: Tx) -> Batch:
        batch = await require_batch(tx, caller, index_id, batch_id)
        if batch.counts.in_progress:
            batch = replace(batch, cancelled=True)
            await tx.indexes.update_batch(batch)
        return batch

    return await core.store.write(unit)
