"""UserService: the people whom an app talks with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clew.dialects.yandex import masks, wire
from clew.dialects.yandex.mapping.common import revised
from clew.dialects.yandex.mapping.users import user_from_wire, user_to_wire
from clew.dialects.yandex.paging import page_in_folder
from clew.service import participants

if TYPE_CHECKING:
    from clew.dialects.yandex.call import Call
    from clew.domain.page import Page, Window
    from clew.domain.participant import Participant
    from clew.service.core import Core


async def create(core: Core, call: Call, request: wire.CreateUserRequest) -> wire.User:
    """`Create`."""
    new = user_from_wire(request, folder=call.folder(request.folder_id))
    return user_to_wire(await participants.create(core, call.caller, new))


async def get(core: Core, call: Call, request: wire.GetUserRequest) -> wire.User:
    """`Get`."""
    return user_to_wire(await participants.get(core, call.caller, request.user_id))


async def update(core: Core, call: Call, request: wire.UpdateUserRequest) -> wire.User:
    """`Update`. Where a user comes from stays as it was said first."""

    def changed(participant: Participant) -> Participant:
        shown = user_to_wire(participant)
        return revised(participant, shown, masks.apply(request, shown))

    return user_to_wire(await participants.modify(core, call.caller, request.user_id, changed))


async def delete(core: Core, call: Call, request: wire.DeleteUserRequest) -> wire.DeleteUserResponse:
    """`Delete`. Threads and messages that name the user stay."""
    await participants.delete(core, call.caller, request.user_id)
    return wire.DeleteUserResponse()


async def page(core: Core, call: Call, request: wire.ListUsersRequest) -> wire.ListUsersResponse:
    """`List`."""

    async def read(window: Window) -> Page[Participant]:
        return await participants.page(core, call.caller, window)

    found, token = await page_in_folder(call, request, read)
    return wire.ListUsersResponse(users=[user_to_wire(one) for one in found], next_page_token=token)
