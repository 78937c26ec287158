"""Datasets and their items, in SQLite."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clew.domain.dataset import Dataset, DatasetItem
from clew.domain.problem import AlreadyExists, NotFound
from clew.storage.bodies import dump, load
from clew.storage.sqlite.listings import DATASETS
from clew.storage.sqlite.reading import read_page
from clew.storage.sqlite.table import Table

if TYPE_CHECKING:
    from clew.domain.query import Found, Query


class DatasetTable(Table):
    """The SQLite answer to `port.Datasets`."""

    async def insert(self, dataset: Dataset) -> None:
        row = self.one(
            "dataset_insert",
            project_id=dataset.project_id,
            id=dataset.id,
            name=dataset.name,
            created_at=dataset.created_at,
            body=dump(dataset),
        )
        if row is None:
            raise AlreadyExists("dataset", dataset.name or dataset.id)

    async def get(self, project_id: str, dataset_id: str) -> Dataset | None:
        row = self.one("dataset_get", project_id=project_id, id=dataset_id)
        return load(Dataset, row[0]) if row else None

    async def by_name(self, project_id: str, name: str) -> Dataset | None:
        row = self.one("dataset_by_name", project_id=project_id, name=name)
        return load(Dataset, row[0]) if row else None

    async def page(self, project_id: str, query: Query) -> Found[Dataset]:
        return read_page(self, DATASETS, project_id, query, lambda row: load(Dataset, row[0]), now=0)

    async def update(self, dataset: Dataset) -> None:
        keys = {"project_id": dataset.project_id, "id": dataset.id, "name": dataset.name}
        if self.one("dataset_update", body=dump(dataset), **keys) is None:
            raise AlreadyExists("dataset", dataset.name or dataset.id)

    async def delete(self, project_id: str, dataset_id: str) -> bool:
        row = self.one("dataset_delete", project_id=project_id, id=dataset_id)
        if row is not None:
            self.run("dataset_gone_insert", dataset_no=row[0])
        return row is not None

    async def sweep(self, *, limit: int) -> int:
        freed = 0
        while freed < limit and (row := self.one("dataset_gone_next")) is not None:
            rows = self.all("dataset_items_free", dataset_no=row[0], limit=limit - freed)
            freed += len(rows)
            if freed < limit:
                self.run("dataset_gone_delete", dataset_no=row[0])
                freed += 1
        return freed

    async def insert_item(self, item: DatasetItem) -> None:
        keys = {"project_id": item.project_id, "dataset_id": item.dataset_id, "id": item.id}
        if self.one("dataset_item_insert", body=dump(item), **keys) is None:
            if await self.get(item.project_id, item.dataset_id) is None:
                raise NotFound("dataset", item.dataset_id)
            raise AlreadyExists("dataset item", item.id)

    async def get_item(self, project_id: str, item_id: str) -> DatasetItem | None:
        row = self.one("dataset_item_get", project_id=project_id, id=item_id)
        return load(DatasetItem, row[0]) if row else None

    async def delete_item(self, project_id: str, item_id: str) -> bool:
        return self.one("dataset_item_delete", project_id=project_id, id=item_id) is not None

    async def items(self, project_id: str, dataset_id: str, *, after: str | None, limit: int) -> list[DatasetItem]:
        keys = {"project_id": project_id, "dataset_id": dataset_id}
        return [load(DatasetItem, row[0]) for row in self.all("dataset_items_after", after=after, limit=limit, **keys)]
