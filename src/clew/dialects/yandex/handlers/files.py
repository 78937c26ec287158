"""FileService."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from clew.dialects.yandex import masks, wire
from clew.dialects.yandex.mapping.files import file_from_wire, file_revised, file_to_wire
from clew.dialects.yandex.paging import page_in_folder
from clew.domain.problem import TooLarge
from clew.service import files
from clew.web.links import link

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from clew.dialects.yandex.call import Call
    from clew.domain.file import File
    from clew.domain.page import Page, Window
    from clew.service.core import Core

CONTENT_BYTES_MAX: Final = 128 * 1024 * 1024
"""What the hosted service took; the server's own limit may be less."""

_CHUNK_BYTES: Final = 1024 * 1024


async def create(core: Core, call: Call, request: wire.CreateFileRequest) -> wire.File:
    """`Create`. The bytes come whole, within the one message."""
    content = request.content  # each look at the field copies all of it
    limit = min(CONTENT_BYTES_MAX, core.limits.file_bytes)
    if len(content) > limit:
        raise TooLarge("content", limit=limit, got=len(content), unit="bytes")
    new = file_from_wire(request, content, folder=call.folder(request.folder_id))
    return file_to_wire(await files.create(core, call.caller, new, _chunks(content)))


async def _chunks(content: bytes) -> AsyncIterator[bytes]:
    for at in range(0, len(content), _CHUNK_BYTES):
        yield content[at : at + _CHUNK_BYTES]


async def get(core: Core, call: Call, request: wire.GetFileRequest) -> wire.File:
    """`Get`."""
    return file_to_wire(await files.get(core, call.caller, request.file_id))


async def update(core: Core, call: Call, request: wire.UpdateFileRequest) -> wire.File:
    """`Update`."""

    def revised(file: File) -> File:
        shown = file_to_wire(file)
        return file_revised(file, shown, masks.apply(request, shown))

    return file_to_wire(await files.modify(core, call.caller, request.file_id, revised))


async def delete(core: Core, call: Call, request: wire.DeleteFileRequest) -> wire.DeleteFileResponse:
    """`Delete`."""
    await files.delete(core, call.caller, request.file_id)
    return wire.DeleteFileResponse()


async def get_url(core: Core, call: Call, request: wire.GetFileUrlRequest) -> wire.GetFileUrlResponse:
    """`GetUrl`: for an hour, and without credentials, as the clients fetch it."""
    file = await files.get(core, call.caller, request.file_id)
    return wire.GetFileUrlResponse(url=link(core, call.options.public_url, file))


async def page(core: Core, call: Call, request: wire.ListFilesRequest) -> wire.ListFilesResponse:
    """`List`: files of every purpose, also those that other dialects made."""

    async def read(window: Window) -> Page[File]:
        return await files.page(core, call.caller, window)

    found, token = await page_in_folder(call, request, read)
    return wire.ListFilesResponse(files=[file_to_wire(file) for file in found], next_page_token=token)
