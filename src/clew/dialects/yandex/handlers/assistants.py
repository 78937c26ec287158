"""AssistantService."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clew.dialects.yandex import masks, wire
from clew.dialects.yandex.mapping.assistants import (
    assistant_from_wire,
    assistant_revised,
    assistant_to_wire,
    check,
    version_to_wire,
)
from clew.dialects.yandex.paging import page_in_folder, page_of
from clew.service import assistants

if TYPE_CHECKING:
    from clew.dialects.yandex.call import Call
    from clew.domain.assistant import Assistant, AssistantVersion
    from clew.domain.page import Page, Window
    from clew.service.core import Core


async def create(core: Core, call: Call, request: wire.CreateAssistantRequest) -> wire.Assistant:
    """`Create`. Whether a model answers to the URI shows when it is run."""
    new = assistant_from_wire(request, folder=call.folder(request.folder_id))
    return assistant_to_wire(await assistants.create(core, call.caller, new))


async def get(core: Core, call: Call, request: wire.GetAssistantRequest) -> wire.Assistant:
    """`Get`."""
    return assistant_to_wire(await assistants.get(core, call.caller, request.assistant_id))


async def update(core: Core, call: Call, request: wire.UpdateAssistantRequest) -> wire.Assistant:
    """`Update`. It makes a version, also where nothing came out different."""

    def revised(assistant: Assistant) -> Assistant:
        shown = assistant_to_wire(assistant)
        fields = masks.apply(request, shown)
        if not request.update_mask.paths and not request.model_uri:
            fields.discard("model_uri")  # all is to be reset, and this has nothing to be reset to
        check(request, fields)
        return assistant_revised(assistant, shown, fields)

    mask = tuple(request.update_mask.paths)
    return assistant_to_wire(await assistants.modify(core, call.caller, request.assistant_id, revised, mask=mask))


async def delete(core: Core, call: Call, request: wire.DeleteAssistantRequest) -> wire.DeleteAssistantResponse:
    """`Delete`."""
    await assistants.delete(core, call.caller, request.assistant_id)
    return wire.DeleteAssistantResponse()


async def page(core: Core, call: Call, request: wire.ListAssistantsRequest) -> wire.ListAssistantsResponse:
    """`List`."""

    async def read(window: Window) -> Page[Assistant]:
        return await assistants.page(core, call.caller, window)

    found, token = await page_in_folder(call, request, read)
    return wire.ListAssistantsResponse(assistants=[assistant_to_wire(one) for one in found], next_page_token=token)


async def versions(
    core: Core, call: Call, request: wire.ListAssistantVersionsRequest
) -> wire.ListAssistantVersionsResponse:
    """`ListVersions`, newest first."""

    async def read(window: Window) -> Page[AssistantVersion]:
        return await assistants.versions(core, call.caller, request.assistant_id, window)

    found, token = await page_of(request, read)
    return wire.ListAssistantVersionsResponse(versions=[version_to_wire(one) for one in found], next_page_token=token)
