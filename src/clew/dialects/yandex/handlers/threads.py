"""ThreadService."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clew.dialects.yandex import masks, wire
from clew.dialects.yandex.mapping.threads import thread_from_wire, thread_revised, thread_to_wire
from clew.dialects.yandex.paging import page_in_folder
from clew.service import threads

if TYPE_CHECKING:
    from clew.dialects.yandex.call import Call
    from clew.domain.page import Page, Window
    from clew.domain.thread import Thread
    from clew.service.core import Core


async def create(core: Core, call: Call, request: wire.CreateThreadRequest) -> wire.Thread:
    """`Create`."""
    folder = call.folder(request.folder_id)
    new = thread_from_wire(request, folder=folder, author_id=core.ids.new("participant"))
    return thread_to_wire(await threads.create(core, call.caller, new))


async def get(core: Core, call: Call, request: wire.GetThreadRequest) -> wire.Thread:
    """`Get`."""
    return thread_to_wire(await threads.get(core, call.caller, request.thread_id))


async def update(core: Core, call: Call, request: wire.UpdateThreadRequest) -> wire.Thread:
    """`Update`."""

    def revised(thread: Thread) -> Thread:
        shown = thread_to_wire(thread)
        return thread_revised(thread, shown, masks.apply(request, shown))

    return thread_to_wire(await threads.modify(core, call.caller, request.thread_id, revised))


async def delete(core: Core, call: Call, request: wire.DeleteThreadRequest) -> wire.DeleteThreadResponse:
    """`Delete`."""
    await threads.delete(core, call.caller, request.thread_id)
    return wire.DeleteThreadResponse()


async def page(core: Core, call: Call, request: wire.ListThreadsRequest) -> wire.ListThreadsResponse:
    """`List`."""

    async def read(window: Window) -> Page[Thread]:
        return await threads.page(core, call.caller, window, metadata={})

    found, token = await page_in_folder(call, request, read)
    return wire.ListThreadsResponse(threads=[thread_to_wire(thread) for thread in found], next_page_token=token)
