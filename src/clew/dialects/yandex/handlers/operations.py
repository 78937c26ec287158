"""OperationService: how work that was asked for goes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clew.dialects.yandex.mapping.operations import operation_to_wire
from clew.service import operations

if TYPE_CHECKING:
    from clew.dialects.yandex import wire
    from clew.dialects.yandex.call import Call
    from clew.service.core import Core


async def get(core: Core, call: Call, request: wire.GetOperationRequest) -> wire.Operation:
    """`Get`. Operations are done when they are made, so that clients, which look every ten seconds, never wait."""
    return operation_to_wire(await operations.get(core, call.caller, request.operation_id))


async def cancel(core: Core, call: Call, request: wire.CancelOperationRequest) -> wire.Operation:
    """`Cancel`. What is done stays done."""
    return operation_to_wire(await operations.cancel(core, call.caller, request.operation_id))
