"""Datasets and their items: making, reading, changing, listing and deleting them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from clew.domain.dataset import Between, Dataset, DatasetItem, DatasetKind
from clew.domain.noun import Noun
from clew.domain.patch import UNSET, Given, change, check_depth
from clew.domain.problem import NotFound

if TYPE_CHECKING:
    from clew.domain.project import Caller
    from clew.domain.query import Found, Query
    from clew.service.core import Core
    from clew.storage.port import Tx

AT_ONCE: Final = 500
"""Items that are read together: whoever wants all of a long dataset holds nobody up."""


class NewDataset(Noun, frozen=True, kw_only=True):
    """What a new dataset is to be."""

    name: str | None = None
    description: str | None = None
    metadata: dict[str, Any] = {}
    kind: DatasetKind = DatasetKind.KEY_VALUE


class NewItem(Noun, frozen=True, kw_only=True):
    """What a new item is to be."""

    input: Any = None
    expected: Any = None
    between: tuple[Between, ...] | None = None
    metadata: dict[str, Any] = {}
    step_id: str | None = None


async def create(core: Core, caller: Caller, new: NewDataset) -> Dataset:
    """A new dataset. Raises `AlreadyExists` for a taken name."""
    check_depth("metadata", new.metadata)

    async def unit(tx: Tx) -> Dataset:
        now = core.now()
        dataset = Dataset(
            project_id=caller.project_id,
            id=core.ids.new("dataset"),
            created_at=now - now % 1000,
            updated_at=now,
            name=new.name or None,
            description=new.description,
            metadata=new.metadata,
            kind=new.kind,
            created_by=caller.subject or None,
        )
        await tx.datasets.insert(dataset)
        return dataset

    return await core.store.write(unit)


async def require(tx: Tx, caller: Caller, dataset_id: str) -> Dataset:
    """Within a unit: the dataset. Raises `NotFound`."""
    dataset = await tx.datasets.get(caller.project_id, dataset_id)
    if dataset is None:
        raise NotFound("dataset", dataset_id)
    return dataset


async def get(core: Core, caller: Caller, *, id: str | None = None, name: str | None = None) -> Dataset:  # noqa: A002 (the field's standard name)
    """The dataset of this id, or else of this name. Raises `NotFound`."""

    async def unit(tx: Tx) -> Dataset:
        if id:
            return await require(tx, caller, id)
        dataset = await tx.datasets.by_name(caller.project_id, name) if name else None
        if dataset is None:
            raise NotFound("dataset", name or "")
        return dataset

    return await core.store.read(unit)


async def page(core: Core, caller: Caller, query: Query) -> Found[Dataset]:
    """The project's datasets, by time of creation. Raises `Invalid` for what cannot be asked."""
    return await core.store.read(lambda tx: tx.datasets.page(caller.project_id, query))


async def modify(
    core: Core,
    caller: Caller,
    dataset_id: str,
    *,
    name: Given[str] = UNSET,
    description: Given[str | None] = UNSET,
    metadata: Given[dict[str, Any]] = UNSET,
) -> Dataset:
    """The dataset with these fields replaced. Raises `NotFound`, `AlreadyExists` for another's name."""
    check_depth("metadata", metadata)
    changes = change(name=name, description=description, metadata=metadata, updated_at=core.now())

    async def unit(tx: Tx) -> Dataset:
        dataset: Dataset = changes(await require(tx, caller, dataset_id))
        await tx.datasets.update(dataset)
        return dataset

    return await core.store.write(unit)


async def delete(core: Core, caller: Caller, dataset_id: str) -> Dataset:
    """Remove the dataset with its items, and return what it was. Results of experiments stay. Raises `NotFound`."""

    async def unit(tx: Tx) -> Dataset:
        dataset = await require(tx, caller, dataset_id)
        await tx.datasets.delete(caller.project_id, dataset_id)
        return dataset

    return await core.store.write(unit)


async def add(core: Core, caller: Caller, dataset_id: str, new: NewItem) -> DatasetItem:
    """A new item at the end of the dataset. Raises `NotFound`."""
    for field in ("input", "expected", "metadata"):
        check_depth(field, getattr(new, field))

    async def unit(tx: Tx) -> DatasetItem:
        now = core.now()
        item = DatasetItem(
            project_id=caller.project_id,
            dataset_id=dataset_id,
            id=core.ids.new("dataset_item"),
            created_at=now - now % 1000,
            input=new.input,
            expected=new.expected,
            between=new.between,
            metadata=new.metadata,
            step_id=new.step_id,
            created_by=caller.subject or None,
        )
        await tx.datasets.insert_item(item)
        return item

    return await core.store.write(unit)


async def require_item(tx: Tx, caller: Caller, item_id: str) -> DatasetItem:
    """Within a unit: the item. Raises `NotFound`, also where its dataset is gone."""
    item = await tx.datasets.get_item(caller.project_id, item_id)
    if item is None:
        raise NotFound("dataset item", item_id)
    return item


async def get_item(core: Core, caller: Caller, item_id: str) -> DatasetItem:
    """The item. Raises `NotFound`, also where its dataset is gone."""
    return await core.store.read(lambda tx: require_item(tx, caller, item_id))


async def delete_item(core: Core, caller: Caller, item_id: str) -> DatasetItem:
    """Remove the item, and return what it was. Raises `NotFound`."""

    async def unit(tx: Tx) -> DatasetItem:
        item = await require_item(tx, caller, item_id)
        await tx.datasets.delete_item(caller.project_id, item_id)
        return item

    return await core.store.write(unit)


async def items(core: Core, caller: Caller, dataset_id: str) -> list[DatasetItem]:
    """All the items of the dataset, in the order in which they were added. None of a dataset that there is not."""
    found: list[DatasetItem] = []
    while True:
        after = found[-1].id if found else None
        more = await core.store.read(
            lambda tx, after=after: tx.datasets.items(caller.project_id, dataset_id, after=after, limit=AT_ONCE)  # type: ignore[misc]
        )
        found += more
        if len(more) < AT_ONCE:
            return found
