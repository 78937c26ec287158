"""SearchIndexFileService: the files in an index. They come by an operation, and go with the index."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clew.dialects.yandex import wire
from clew.dialects.yandex.handlers.indexes import unfit
from clew.dialects.yandex.mapping.indexes import index_file_to_wire
from clew.dialects.yandex.mapping.operations import operation_to_wire
from clew.dialects.yandex.paging import page_of
from clew.domain.index import IndexingState
from clew.domain.problem import NotFound
from clew.service import indexes, operations

if TYPE_CHECKING:
    from clew.dialects.yandex.call import Call
    from clew.domain.index import IndexFile
    from clew.domain.page import Page, Window
    from clew.service.core import Core


async def create(core: Core, call: Call, request: wire.BatchCreateSearchIndexFileRequest) -> wire.Operation:
    """`BatchCreate`: all of the files, or none."""
    index_id = request.search_index_id
    description = f"indexing files for search index {index_id}"
    file_ids = list(dict.fromkeys(request.file_ids))
    made = await operations.add_files(core, call.caller, index_id, file_ids, description=description, unfit=unfit)
    return operation_to_wire(made)


async def get(core: Core, call: Call, request: wire.GetSearchIndexFileRequest) -> wire.SearchIndexFile:
    """`Get`. A file that could not be searched, which only other dialects keep, is not there."""
    index_id, file_id = request.search_index_id, request.file_id
    file = await indexes.get_file(core, call.caller, index_id, file_id, unless_expired=True)
    if file.state is not IndexingState.COMPLETED:
        raise NotFound("file", file_id, within=("index", index_id))
    return index_file_to_wire(file)


async def page(core: Core, call: Call, request: wire.ListSearchIndexFilesRequest) -> wire.ListSearchIndexFilesResponse:
    """`List`."""

    async def read(window: Window) -> Page[IndexFile]:
        return await indexes.page_files(
            core,
            call.caller,
            request.search_index_id,
            window,
            state=IndexingState.COMPLETED,
            unless_expired=True,
        )

    found, token = await page_of(request, read)
    return wire.ListSearchIndexFilesResponse(files=[index_file_to_wire(file) for file in found], next_page_token=token)
