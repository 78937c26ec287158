"""Indexes of files, in SQLite. Counts and sizes are kept beside the index as its files change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clew.domain.index import Batch, Counts, Index, IndexFile
from clew.domain.noun import replace
from clew.domain.problem import AlreadyExists, NotFound
from clew.storage.bodies import dump, load
from clew.storage.sqlite.paging import marked, start
from clew.storage.sqlite.table import Row, Table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clew.domain.index import IndexingState
    from clew.domain.page import Page, Window
    from clew.storage.sqlite.paging import Place

_NO_COUNTS = Counts()


def count(table: Table, index_no: int, by_state: Mapping[str, int], *, size: int) -> None:
    """Add to the counts of an index; what is taken away is negative."""
    table.run(
        "index_count",
        index_no=index_no,
        size=size,
        in_progress=by_state.get("in_progress", 0),
        completed=by_state.get("completed", 0),
        failed=by_state.get("failed", 0),
        cancelled=by_state.get("cancelled", 0),
    )


def _index_from_row(row: Row) -> Index:
    in_progress, completed, failed, cancelled, size, body = row
    counts = Counts(in_progress=in_progress, completed=completed, failed=failed, cancelled=cancelled)
    return replace(load(Index, body), counts=counts, size=size)


def _file_from_row(row: Row) -> IndexFile:
    return load(IndexFile, row[0])


class IndexTable(Table):
    """The SQLite answer to `port.Indexes`."""

    async def insert(self, index: Index) -> None:
        self.run(
            "index_insert",
            project_id=index.project_id,
            id=index.id,
            created_at=index.created_at,
            expires_at=index.expires_at,
            body=dump(replace(index, counts=_NO_COUNTS, size=0)),
        )
        if not self._changes():
            raise AlreadyExists("index", index.id)

    async def get(self, project_id: str, index_id: str, *, now: int | None = None) -> Index | None:
        row = self.one("index_get", project_id=project_id, id=index_id, now=now)
        return _index_from_row(row) if row else None

    async def update(self, index: Index) -> None:
        self.run(
            "index_update",
            project_id=index.project_id,
            id=index.id,
            expires_at=index.expires_at,
            body=dump(replace(index, counts=_NO_COUNTS, size=0)),
        )

    async def delete(self, project_id: str, index_id: str) -> bool:
        self.run("index_files_delete", project_id=project_id, id=index_id)
        self.run("batches_delete", project_id=project_id, id=index_id)
        return self.one("index_delete", project_id=project_id, id=index_id) is not None

    async def page(self, project_id: str, window: Window, *, now: int | None = None) -> Page[Index]:
        return self.page_of("index_place", "index_page", window, _index_from_row, project_id=project_id, now=now)

    def _no(self, project_id: str, index_id: str) -> int:
        row = self.one("index_place", project_id=project_id, id=index_id)
        if row is None:
            raise NotFound("index", index_id)
        return int(row[0])

    async def put_file(self, file: IndexFile) -> None:
        keys = {"project_id": file.project_id, "index_id": file.index_id, "file_id": file.file_id}
        index_no = self._no(file.project_id, file.index_id)
        old = self.one("index_file_old", **keys)
        self.run(
            "index_file_put",
            **keys,
            created_at=file.created_at,
            state=file.state,
            batch_id=file.batch_id,
            size=file.size,
            body=dump(file),
        )
        if old is not None:
            count(self, index_no, {old[0]: -1}, size=-old[1])
        count(self, index_no, {file.state: 1}, size=file.size)

    async def get_file(self, project_id: str, index_id: str, file_id: str) -> IndexFile | None:
        row = self.one("index_file_get", project_id=project_id, index_id=index_id, file_id=file_id)
        return _file_from_row(row) if row else None

    async def drop_file(self, project_id: str, index_id: str, file_id: str) -> bool:
        row = self.one("index_file_drop", project_id=project_id, index_id=index_id, file_id=file_id)
        if row is None:
            return False
        count(self, self._no(project_id, index_id), {row[0]: -1}, size=-row[1])
        return True

    def _file_place(self, project_id: str, index_id: str, file_id: str | None) -> Place | None:
        if file_id is None:
            return None
        row = self.one("index_file_place", project_id=project_id, index_id=index_id, file_id=file_id)
        if row is None:
            raise NotFound("file", file_id, within=("index", index_id))
        return row[1], row[0]

    async def page_files(
        self,
        project_id: str,
        index_id: str,
        window: Window,
        *,
        state: IndexingState | None,
        batch_id: str | None = None,
    ) -> Page[IndexFile]:
        def place(file_id: str | None) -> Place | None:
            return self._file_place(project_id, index_id, file_id)

        where = self.by_time(window, start(window, place), place(window.before))
        keys: dict[str, Any] = {"project_id": project_id, "index_id": index_id}
        name = "index_file_page"
        if batch_id is not None:
            name, keys = "index_file_batch", {**keys, "batch_id": batch_id, "state": state}
        elif state is not None:
            name, keys = "index_file_state", {**keys, "state": state}
        found = self.page_by_time(name, window, where, _file_from_row, **keys)
        return marked(window, found, lambda file: place(file.file_id))

    async def insert_batch(self, batch: Batch) -> None:
        self.run(
            "batch_insert",
            project_id=batch.project_id,
            index_id=batch.index_id,
            id=batch.id,
            body=dump(replace(batch, counts=_NO_COUNTS)),
        )

    async def get_batch(self, project_id: str, index_id: str, batch_id: str) -> Batch | None:
        row = self.one("batch_get", project_id=project_id, index_id=index_id, id=batch_id)
        if row is None:
            return None
        found: dict[str, int] = dict(
            self.all("batch_counts", project_id=project_id, index_id=index_id, batch_id=batch_id)
        )
        return replace(load(Batch, row[0]), counts=Counts(**found))

    async def update_batch(self, batch: Batch) -> None:
        self.run(
            "batch_update",
            project_id=batch.project_id,
            index_id=batch.index_id,
            id=batch.id,
            body=dump(replace(batch, counts=_NO_COUNTS)),
        )
