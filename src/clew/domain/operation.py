"""Operations: work on an index that a caller may ask about by an id of its own."""

from __future__ import annotations

from typing import Final

from clew.domain.index import Index, IndexFile
from clew.domain.item import Fault
from clew.domain.noun import Noun, replace

CANCELLED: Final = Fault(code="cancelled", message="The operation was cancelled.")


class Operation(Noun, frozen=True, kw_only=True):
    """One operation: files on their way into an index, which is new where it `makes_index`.

    Once it is done it has an `error`, or what came of it as it was then, whatever becomes of the index later:
    `result_index` where it made one, else `result_files`. Until then `modified_at` is when it was made. One that
    failed to make an index has no `index_id`.
    """

    project_id: str
    id: str
    created_at: int
    modified_at: int
    index_id: str | None = None
    file_ids: tuple[str, ...] = ()
    makes_index: bool = False
    description: str = ""
    done: bool = False
    error: Fault | None = None
    result_index: Index | None = None
    result_files: tuple[IndexFile, ...] = ()
    folder: str | None = None
    created_by: str | None = None


def succeed(operation: Operation, *, now: int, index: Index, files: tuple[IndexFile, ...]) -> Operation:
    """The operation with what came of it."""
    if operation.makes_index:
        return replace(operation, done=True, modified_at=now, result_index=index)
    return replace(operation, done=True, modified_at=now, result_files=files)


def fail(operation: Operation, *, now: int, error: Fault) -> Operation:
    """The operation, ended with nothing to show."""
    return replace(operation, done=True, modified_at=now, error=error)
