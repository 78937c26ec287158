"""Vector stores, as this dialect's clients see them. Files are kept in them; searching comes later."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from clew.dialects.openai import mapping, wire
from clew.dialects.openai.handlers.lists import listed, window_of
from clew.domain.index import IndexingState
from clew.domain.patch import UNSET, change
from clew.service import indexes
from clew.web.answer import Answer

if TYPE_CHECKING:
    from clew.domain.index import Index
    from clew.service.core import Core
    from clew.web.request import Request


def _shown(core: Core, index: Index) -> Answer:
    return Answer(value=mapping.index_to_wire(index, now=core.expiry_now()))


async def create(core: Core, request: Request) -> Answer:
    """`createVectorStore`."""
    return _shown(core, await indexes.create(core, request.caller, mapping.index_from_wire(request.body)))


async def page(core: Core, request: Request) -> Answer:
    """`listVectorStores`."""
    found = await indexes.page(core, request.caller, window_of(request))
    return listed(found, partial(mapping.index_to_wire, now=core.expiry_now()))


async def get(core: Core, request: Request) -> Answer:
    """`getVectorStore`."""
    return _shown(core, await indexes.get(core, request.caller, request.params["vector_store_id"]))


async def modify(core: Core, request: Request) -> Answer:
    """`modifyVectorStore`."""
    body = request.body
    index = await indexes.modify(
        core,
        request.caller,
        request.params["vector_store_id"],
        change(
            name=body.get("name", UNSET),
            expiration=mapping.index_expiration(body["expires_after"]) if "expires_after" in body else UNSET,
            metadata=mapping.replaced_metadata(body),
        ),
    )
    return _shown(core, index)


async def delete(core: Core, request: Request) -> Answer:
    """`deleteVectorStore`. The files in it stay files."""
    index_id = request.params["vector_store_id"]
    await indexes.delete(core, request.caller, index_id)
    return Answer(value=wire.Deleted(id=index_id, object="vector_store.deleted"))


async def put_file(core: Core, request: Request) -> Answer:
    """`createVectorStoreFile`."""
    file = await indexes.put_file(
        core, request.caller, request.params["vector_store_id"], mapping.place_from_wire(request.body)
    )
    return Answer(value=mapping.index_file_to_wire(file))


async def get_file(core: Core, request: Request) -> Answer:
    """`getVectorStoreFile`."""
    file = await indexes.get_file(core, request.caller, request.params["vector_store_id"], request.params["file_id"])
    return Answer(value=mapping.index_file_to_wire(file))


async def modify_file(core: Core, request: Request) -> Answer:
    """`updateVectorStoreFileAttributes`."""
    file = await indexes.modify_file(
        core,
        request.caller,
        request.params["vector_store_id"],
        request.params["file_id"],
        attributes=request.body["attributes"] or {},
    )
    return Answer(value=mapping.index_file_to_wire(file))


async def drop_file(core: Core, request: Request) -> Answer:
    """`deleteVectorStoreFile`. It stays a file."""
    file_id = request.params["file_id"]
    await indexes.drop_file(core, request.caller, request.params["vector_store_id"], file_id)
    return Answer(value=wire.Deleted(id=file_id, object="vector_store.file.deleted"))


async def page_files(core: Core, request: Request) -> Answer:
    """`listVectorStoreFiles`."""
    return await _page_files(core, request, None)


async def page_batch(core: Core, request: Request) -> Answer:
    """`listFilesInVectorStoreBatch`."""
    return await _page_files(core, request, request.params["batch_id"])


async def _page_files(core: Core, request: Request, batch_id: str | None) -> Answer:
    state = request.query.get("filter")
    found = await indexes.page_files(
        core,
        request.caller,
        request.params["vector_store_id"],
        window_of(request),
        state=None if state is None else IndexingState(state),
        batch_id=batch_id,
    )
    return listed(found, mapping.index_file_to_wire)


async def create_batch(core: Core, request: Request) -> Answer:
    """`createVectorStoreFileBatch`."""
    batch = await indexes.create_batch(
        core, request.caller, request.params["vector_store_id"], mapping.batch_places(request.body)
    )
    return Answer(value=mapping.batch_to_wire(batch))


async def get_batch(core: Core, request: Request) -> Answer:
    """`getVectorStoreFileBatch`."""
    batch = await indexes.get_batch(core, request.caller, request.params["vector_store_id"], request.params["batch_id"])
    return Answer(value=mapping.batch_to_wire(batch))


async def cancel_batch(core: Core, request: Request) -> Answer:
    """`cancelVectorStoreFileBatch`."""
    batch = await indexes.cancel_batch(
        core, request.caller, request.params["vector_store_id"], request.params["batch_id"]
    )
    return Answer(value=mapping.batch_to_wire(batch))
