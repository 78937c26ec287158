"""Operations, as their callers see them: done at once, with what came of them inside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clew.dialects.yandex import wire
from clew.dialects.yandex.errors import Code
from clew.dialects.yandex.mapping.common import time_to_wire
from clew.dialects.yandex.mapping.indexes import index_file_to_wire, index_to_wire
from clew.domain.operation import CANCELLED

if TYPE_CHECKING:
    from clew.domain.item import Fault
    from clew.domain.operation import Operation


def operation_to_wire(operation: Operation) -> wire.Operation:
    """The operation. The clients want an error or a response of one that is done, and never both."""
    shown = wire.Operation(
        id=operation.id,
        description=operation.description,
        created_at=time_to_wire(operation.created_at),
        created_by=operation.created_by,
        modified_at=time_to_wire(operation.modified_at),
        done=operation.done,
    )
    if operation.error is not None:
        shown.error.code = _code(operation.error)
        shown.error.message = operation.error.message
    elif operation.done:
        shown.response.Pack(_response(operation))
    return shown


def _code(error: Fault) -> Code:
    return Code.CANCELLED if error.code == CANCELLED.code else Code.INVALID_ARGUMENT


def _response(operation: Operation) -> Any:  # noqa: ANN401 (one message or another)
    if operation.result_index is not None:
        return index_to_wire(operation.result_index)
    files = [index_file_to_wire(file) for file in operation.result_files]
    return wire.BatchCreateSearchIndexFileResponse(files=files)
