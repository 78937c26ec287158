"""Operations, in SQLite."""

from __future__ import annotations

from clew.domain.operation import Operation
from clew.domain.problem import AlreadyExists
from clew.storage.bodies import dump, load
from clew.storage.sqlite.table import Table


def _done_at(operation: Operation) -> int | None:
    return operation.modified_at if operation.done else None


class OperationTable(Table):
    """The SQLite answer to `port.Operations`."""

    async def insert(self, operation: Operation) -> None:
        row = self.one(
            "operation_insert",
            project_id=operation.project_id,
            id=operation.id,
            done_at=_done_at(operation),
            body=dump(operation),
        )
        if row is None:
            raise AlreadyExists("operation", operation.id)

    async def get(self, project_id: str, operation_id: str) -> Operation | None:
        row = self.one("operation_get", project_id=project_id, id=operation_id)
        return load(Operation, row[0]) if row else None

    async def update(self, operation: Operation) -> None:
        self.run(
            "operation_update",
            project_id=operation.project_id,
            id=operation.id,
            done_at=_done_at(operation),
            body=dump(operation),
        )

    async def sweep(self, *, done_by: int, limit: int) -> int:
        return len(self.all("operation_ended", done_by=done_by, limit=limit))
