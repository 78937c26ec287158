"""Uploads: bytes that come in parts and become a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clew.domain.expiration import SECOND
from clew.domain.file import Upload, UploadPart, UploadState
from clew.domain.noun import Noun, replace
from clew.domain.problem import Invalid, NotFound, Problem, TooLarge, WrongState
from clew.service import files, quotas
from clew.service.files import NewFile

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, Callable, Sequence

    from clew.domain.expiration import Expiration
    from clew.domain.file import File
    from clew.domain.project import Caller
    from clew.service.core import Core
    from clew.storage.blobs import Stored
    from clew.storage.port import Tx


class NewUpload(Noun, frozen=True, kw_only=True):
    """What a new upload announces. `size` counts all its bytes; `expiration` is the file's."""

    name: str
    purpose: str
    size: int
    mime: str
    expiration: Expiration | None = None


async def create(core: Core, caller: Caller, new: NewUpload) -> Upload:
    """A new upload that waits for its parts. Raises `TooLarge`."""
    if new.size > core.limits.upload_bytes:
        raise TooLarge("bytes", limit=core.limits.upload_bytes, got=new.size, unit="bytes")
    now = core.now()
    upload = Upload(
        project_id=caller.project_id,
        id=core.ids.new("upload"),
        created_at=now,
        expires_at=now + core.limits.upload_seconds * SECOND,
        name=new.name,
        purpose=new.purpose,
        size=new.size,
        mime=new.mime,
        file_expiration=new.expiration,
    )

    async def unit(tx: Tx) -> None:
        await tx.files.insert_upload(upload)

    await core.store.write(unit)
    return upload


async def _kept(tx: Tx, caller: Caller, upload_id: str) -> Upload:
    upload = await tx.files.get_upload(caller.project_id, upload_id)
    if upload is None:
        raise NotFound("upload", upload_id)
    return upload


def _seen(upload: Upload, *, now: int) -> Upload:
    """The upload as of now: nobody writes down that time ran out."""
    if upload.state is UploadState.PENDING and upload.expires_at <= now:
        return replace(upload, state=UploadState.EXPIRED)
    return upload


def _pending(upload: Upload, *, attempt: str) -> Upload:
    if upload.state is not UploadState.PENDING:
        raise WrongState("upload", upload.id, state=upload.state, attempt=attempt)
    return upload


async def require(tx: Tx, core: Core, caller: Caller, upload_id: str) -> Upload:
    """Within a unit: the upload, whatever its state. Raises `NotFound`."""
    return _seen(await _kept(tx, caller, upload_id), now=core.now())


async def get(core: Core, caller: Caller, upload_id: str) -> Upload:
    """The upload, whatever its state. Raises `NotFound`."""

    async def unit(tx: Tx) -> Upload:
        return await require(tx, core, caller, upload_id)

    return await core.store.read(unit)


async def add_part(
    core: Core,
    caller: Caller,
    upload_id: str,
    chunks: AsyncIterable[bytes],
    *,
    sent: Callable[[], None] = lambda: None,
) -> UploadPart:
    """A further part, of these bytes. Raises `NotFound`, `WrongState`, `TooLarge`, and what the source raises.

    `sent` is called once the bytes are kept, and may raise to refuse them after all: nothing is left then.
    """

    async def able(tx: Tx) -> None:
        _pending(await require(tx, core, caller, upload_id), attempt="add a part to")

    await core.store.read(able)
    stored = await core.blobs.put(chunks, size_max=core.limits.part_bytes)
    try:
        sent()
    except Exception:
        await files.drop_blobs(core, [stored.blob])
        raise
    part = UploadPart(
        project_id=caller.project_id,
        upload_id=upload_id,
        id=core.ids.new("part"),
        created_at=core.now(),
        size=stored.size,
        blob=stored.blob,
    )

    async def unit(tx: Tx) -> None:
        await able(tx)
        # Not the announced size: a client that is unsure of a part sends it again, and names only one of the two.
        size = sum(other.size for other in await tx.files.parts(caller.project_id, upload_id)) + part.size
        if size > core.limits.upload_bytes:
            raise TooLarge("bytes", limit=core.limits.upload_bytes, got=size, unit="bytes")
        await quotas.take(tx, core, caller.project_id, bytes=part.size)
        await tx.files.insert_part(part)

    try:
        await core.store.write(unit)
    except Problem:  # refused, so it is certain that nothing names these bytes
        await files.drop_blobs(core, [stored.blob])
        raise
    return part


async def complete(
    core: Core, caller: Caller, upload_id: str, part_ids: Sequence[str], *, md5: str | None = None
) -> tuple[Upload, File]:
    """The upload and the file that its parts became, in the order of `part_ids`; its parts are gone.

    Raises `NotFound` for the upload or a part, `WrongState`, and `Invalid` where a part is named twice, where
    the bytes are not as many as announced, or where their MD5 (hex) is another one.
    """
    upload, blobs = await _chosen(core, caller, upload_id, part_ids)
    stored = await _joined(core, caller, upload, blobs)
    try:
        if md5 is not None and md5.lower() != stored.md5:
            raise Invalid("md5", "the bytes that arrived have another MD5")
        upload, file, parts = await _completed(core, caller, upload, stored)
    except Problem:  # refused, so it is certain that nothing names the joined bytes
        await files.drop_blobs(core, [stored.blob])
        raise
    await files.drop_blobs(core, [part.blob for part in parts])
    return upload, file


async def _chosen(core: Core, caller: Caller, upload_id: str, part_ids: Sequence[str]) -> tuple[Upload, list[str]]:
    """The upload, able to be completed, and the blobs of these parts of it."""

    async def unit(tx: Tx) -> tuple[Upload, list[UploadPart]]:
        upload = _pending(await require(tx, core, caller, upload_id), attempt="complete")
        return upload, await tx.files.parts(caller.project_id, upload_id)

    upload, arrived = await core.store.read(unit)
    if len(set(part_ids)) != len(part_ids):
        raise Invalid("part_ids", "a part is named twice")
    by_id = {part.id: part for part in arrived}
    if unknown := [part_id for part_id in part_ids if part_id not in by_id]:
        raise NotFound("part", unknown[0])
    chosen = [by_id[part_id] for part_id in part_ids]
    if (size := sum(part.size for part in chosen)) != upload.size:
        raise Invalid("bytes", f"the parts hold {size}, {upload.size} were announced")
    return upload, [part.blob for part in chosen]


async def _joined(core: Core, caller: Caller, upload: Upload, blobs: list[str]) -> Stored:
    try:
        return await core.blobs.join(blobs, size_max=upload.size)
    except NotFound:  # the upload ended while its parts were read, and they went with it
        _pending(await get(core, caller, upload.id), attempt="complete")
        raise


async def _completed(
    core: Core, caller: Caller, upload: Upload, stored: Stored
) -> tuple[Upload, File, list[UploadPart]]:
    new = NewFile(name=upload.name, purpose=upload.purpose, mime=upload.mime, expiration=upload.file_expiration)
    file = files.made(core, caller, new, stored)
    completed = replace(upload, state=UploadState.COMPLETED, file_id=file.id)

    async def unit(tx: Tx) -> list[UploadPart]:
        # Joining takes its time: an upload that was completed or cancelled meanwhile has ended, one whose time
        # ran out meanwhile has not, because it was asked in time.
        _pending(await _kept(tx, caller, upload.id), attempt="complete")
        parts = await tx.files.parts(caller.project_id, upload.id)
        await tx.files.drop_parts(caller.project_id, upload.id)
        await quotas.take(tx, core, caller.project_id, bytes=file.size)  # no more than the parts, which were counted
        await tx.files.insert(file)
        await tx.files.update_upload(completed)
        return parts

    return completed, file, await core.store.write(unit)


async def cancel(core: Core, caller: Caller, upload_id: str) -> Upload:
    """The upload, cancelled; its parts are gone. Raises `NotFound`, `WrongState`."""

    async def unit(tx: Tx) -> tuple[Upload, list[UploadPart]]:
        upload = _pending(await require(tx, core, caller, upload_id), attempt="cancel")
        upload = replace(upload, state=UploadState.CANCELLED)
        parts = await tx.files.parts(caller.project_id, upload_id)
        await tx.files.update_upload(upload)
        await tx.files.drop_parts(caller.project_id, upload_id)
        return upload, parts

    upload, parts = await core.store.write(unit)
    await files.drop_blobs(core, [part.blob for part in parts])
    return upload
