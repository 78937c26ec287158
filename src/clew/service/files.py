"""Files: uploaded bytes and what is known about them."""

from __future__ import annotations

import logging
import re
from mimetypes import MimeTypes
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, Final

from clew.domain.expiration import DAY_SECONDS, Expiration, Policy, timed
from clew.domain.file import File
from clew.domain.noun import Noun, replace
from clew.domain.problem import NotFound, Problem
from clew.service import quotas
from clew.storage.port import StoreProblem

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable

    from clew.domain.page import Page, Window
    from clew.domain.patch import Change
    from clew.domain.project import Caller
    from clew.service.core import Core
    from clew.storage.blobs import Stored
    from clew.storage.port import Tx

log = logging.getLogger("clew.service")

BATCH_EXPIRATION: Final = Expiration(policy=Policy.STATIC, ttl_seconds=30 * DAY_SECONDS)
"""Files for batches end after a month (reference/openai.md, 2.7)."""

GENERIC: Final = frozenset({"application/octet-stream", "binary/octet-stream"})
"""What clients send that did not look at the file."""

_MIME = re.compile(r"[\w.+-]+/[\w.+-]+(?:; ?[\w.+-]+=[\w.+:-]+)*", re.ASCII)
# Python's own table without the machine's files, so that the same name is the same kind everywhere; before
# it what it lacks, or lacks in some versions.
_TABLE = MimeTypes().types_map[1]
_MORE: Final = {
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".gz": "application/gzip",
    ".js": "text/javascript",
    ".jsonl": "application/jsonl",
    ".md": "text/markdown",
    ".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    ".webp": "image/webp",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".yaml": "application/yaml",
}
_SOURCES: Final = frozenset({".cpp", ".cs", ".go", ".java", ".php", ".rb", ".ts"})


class NewFile(Noun, frozen=True, kw_only=True):
    """What a new file is to be. Without `expiration` it ends when files of its purpose usually do.

    `id` is one of ours that was given out before the bytes came.
    """

    name: str
    id: str | None = None
    purpose: str | None = None
    mime: str | None = None
    description: str | None = None
    metadata: dict[str, Any] = {}
    expiration: Expiration | None = None
    folder: str | None = None


def default_expiration(purpose: str | None) -> Expiration | None:
    """When files of this purpose end if nobody says: None for never."""
    return BATCH_EXPIRATION if purpose == "batch" else None


def is_mime(said: str) -> bool:
    """Whether this is the name of a kind of file, whatever kind."""
    return _MIME.fullmatch(said.strip()) is not None


def mime_of(name: str, said: str | None) -> str | None:
    """The kind of a file: what its sender said, or what its name tells where that says nothing or is no kind at all."""
    kind = (said or "").strip().lower()
    if _MIME.fullmatch(kind) and kind not in GENERIC:
        return kind
    suffix = PurePosixPath(name.lower()).suffix
    if suffix in _SOURCES:
        return "text/plain"
    return _MORE.get(suffix) or _TABLE.get(suffix) or (kind if kind in GENERIC else None)


def made(core: Core, caller: Caller, new: NewFile, stored: Stored) -> File:
    """The file over bytes that are safely kept."""
    now = core.now()
    expiration = new.expiration or default_expiration(new.purpose)
    return timed(
        File(
            project_id=caller.project_id,
            id=new.id or core.ids.new("file"),
            created_at=now,
            updated_at=now,
            name=new.name,
            size=stored.size,
            blob=stored.blob,
            purpose=new.purpose,
            mime=mime_of(new.name, new.mime),
            description=new.description,
            metadata=new.metadata,
            expiration=expiration,
            folder=new.folder,
            created_by=caller.subject or None,
            updated_by=caller.subject or None,
        )
    )


async def create(
    core: Core, caller: Caller, new: NewFile | Callable[[], NewFile], chunks: AsyncIterable[bytes]
) -> File:
    """A new file of these bytes. Raises `TooLarge`, `QuotaSpent`, and what the source raises: both leave nothing.

    `new` may be a function that is asked once the bytes are kept: a form can name its file after it. What it
    raises leaves nothing either.

    The bytes are durable before the file is known, so there is never a file without its bytes. Where
    the second step fails they are left to the sweep: whoever stopped waiting for a write cannot know
    whether it was done.
    """
    stored = await core.blobs.put(chunks, size_max=core.limits.file_bytes)
    try:
        file = made(core, caller, new() if callable(new) else new, stored)
    except Exception:
        await drop_blobs(core, [stored.blob])
        raise

    async def unit(tx: Tx) -> None:
        await quotas.take(tx, core, caller.project_id, bytes=file.size)
        await tx.files.insert(file)

    try:
        await core.store.write(unit)
    except Problem:  # refused, so it is certain that nothing names these bytes
        await drop_blobs(core, [stored.blob])
        raise
    return file


async def require(tx: Tx, core: Core, caller: Caller, file_id: str) -> File:
    """Within a unit: the file. Raises `NotFound`, also where it is another project's or has expired."""
    file = await tx.files.get(caller.project_id, file_id, now=core.expiry_now())
    if file is None:
        raise NotFound("file", file_id)
    return file


async def get(core: Core, caller: Caller, file_id: str) -> File:
    """The file. Raises `NotFound`, also where it is another project's or has expired."""

    async def unit(tx: Tx) -> File:
        return await require(tx, core, caller, file_id)

    return await core.store.read(unit)


async def page(core: Core, caller: Caller, window: Window, *, purpose: str | None = None) -> Page[File]:
    """A page of the project's files, or of those with this purpose. Raises `NotFound` for an unknown cursor."""

    async def unit(tx: Tx) -> Page[File]:
        return await tx.files.page(caller.project_id, window, purpose=purpose, now=core.expiry_now())

    return await core.store.read(unit)


async def modify(core: Core, caller: Caller, file_id: str, change: Change[File]) -> File:
    """The file as `change` makes it of the one that stands: of any of its fields but ids, times and bytes.

    Who changed it, when, and when it ends are set here. Raises `NotFound`.
    """

    async def unit(tx: Tx) -> File:
        old = await require(tx, core, caller, file_id)
        file = timed(replace(change(old), updated_at=core.now(), updated_by=caller.subject or None))
        await tx.files.update(file)
        return file

    return await core.store.write(unit)


async def content(core: Core, caller: Caller, file_id: str) -> tuple[File, AsyncIterator[bytes]]:
    """The file and its bytes. Raises `NotFound`; so do the bytes where the file is deleted before they begin."""
    file = await get(core, caller, file_id)
    return file, pieces(core, file)


async def pieces(core: Core, file: File, *, start: int = 0, length: int | None = None) -> AsyncIterator[bytes]:
    """The file's bytes, or so many from a place on. Raises `NotFound` where it is deleted before they begin."""
    try:
        async for chunk in core.blobs.read(file.blob, start=start, length=length):
            yield chunk
    except NotFound as error:
        raise NotFound("file", file.id) from error


async def delete(core: Core, caller: Caller, file_id: str) -> None:
    """Remove the file, also from every index, and its bytes. Raises `NotFound`.

    Threads and assistants whose tool resources name the file keep the id, and are not filtered when
    they are read either: the one would be a search through every thread of the project, the other a
    look at every file on each read of a thread. An id that stays leads to nothing, and whatever uses
    tool resources has to bear that anyway, because files expire.
    """

    async def unit(tx: Tx) -> File:
        file = await require(tx, core, caller, file_id)
        await tx.files.delete(caller.project_id, file_id)
        return file

    file = await core.store.write(unit)
    await drop_blobs(core, [file.blob])


async def drop_blobs(core: Core, blobs: Iterable[str]) -> None:
    """Let bytes go that nothing names any more. What cannot be deleted now is left to the sweep."""
    for blob in blobs:
        try:
            await core.blobs.delete(blob)
        except StoreProblem:
            log.warning("bytes that nothing needs could not be deleted yet", exc_info=True)
