"""SearchIndexService: sets of files that can be searched. Making one is an operation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from clew.dialects.yandex import masks, wire
from clew.dialects.yandex.mapping.common import revised
from clew.dialects.yandex.mapping.indexes import index_from_wire, index_to_wire
from clew.dialects.yandex.mapping.operations import operation_to_wire
from clew.dialects.yandex.paging import page_in_folder
from clew.service import indexes, operations

if TYPE_CHECKING:
    from clew.dialects.yandex.call import Call
    from clew.domain.file import File
    from clew.domain.index import Index
    from clew.domain.page import Page, Window
    from clew.service.core import Core

MIMES: Final = frozenset(
    {
        "application/json",
        "application/jsonl",
        "application/msword",
        "application/pdf",
        "application/rtf",
        "application/vnd.ms-excel",
        "application/vnd.ms-outlook",
        "application/vnd.ms-powerpoint",
        "application/vnd.ms-project",
        "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "application/x-latex",
        "application/x-tex",
        "application/xhtml+xml",
        "application/xml",
        "application/yaml",
    }
)
"""What can be searched besides texts of every kind. Contract: section 9."""


def unfit(file: File) -> str | None:
    """Why a file cannot be searched; None where it can, or where nobody knows what it is."""
    kind = (file.mime or "text/plain").partition(";")[0].strip()
    if kind.startswith(("text/", "application/vnd.ms-excel.")) or kind in MIMES:
        return None
    return f"file {file.id}: unsupported type {kind}"


async def create(core: Core, call: Call, request: wire.CreateSearchIndexRequest) -> wire.Operation:
    """`Create`."""
    new = index_from_wire(request, folder=call.folder(request.folder_id))
    made = await operations.create_index(core, call.caller, new, description="search index creation", unfit=unfit)
    return operation_to_wire(made)


async def get(core: Core, call: Call, request: wire.GetSearchIndexRequest) -> wire.SearchIndex:
    """`Get`."""
    return index_to_wire(await indexes.get(core, call.caller, request.search_index_id, unless_expired=True))


async def update(core: Core, call: Call, request: wire.UpdateSearchIndexRequest) -> wire.SearchIndex:
    """`Update`. How an index searches stays."""

    def changed(index: Index) -> Index:
        shown = index_to_wire(index)
        return revised(index, shown, masks.apply(request, shown))

    found = await indexes.modify(core, call.caller, request.search_index_id, changed, unless_expired=True)
    return index_to_wire(found)


async def delete(core: Core, call: Call, request: wire.DeleteSearchIndexRequest) -> wire.DeleteSearchIndexResponse:
    """`Delete`. The files stay."""
    await indexes.delete(core, call.caller, request.search_index_id, unless_expired=True)
    return wire.DeleteSearchIndexResponse()


async def page(core: Core, call: Call, request: wire.ListSearchIndicesRequest) -> wire.ListSearchIndicesResponse:
    """`List`."""

    async def read(window: Window) -> Page[Index]:
        return await indexes.page(core, call.caller, window, unless_expired=True)

    found, token = await page_in_folder(call, request, read)
    return wire.ListSearchIndicesResponse(indices=[index_to_wire(index) for index in found], next_page_token=token)
