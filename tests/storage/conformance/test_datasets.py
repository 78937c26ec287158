"""Datasets and their items, and what is left of deleted ones."""

import pytest

from clew.domain.dataset import Between
from clew.domain.noun import replace
from clew.domain.page import Order
from clew.domain.problem import AlreadyExists, NotFound
from clew.domain.query import Query
from storage.conformance import nouns
from storage.conformance.nouns import NOW, OURS, THEIRS


async def with_items(store, *ids, dataset_id="dataset_a"):
    await store.write(lambda tx: tx.datasets.insert(nouns.dataset(dataset_id)))
    for one in ids:
        await store.write(lambda tx, it=one: tx.datasets.insert_item(nouns.dataset_item(it, dataset_id)))


async def items(store, *, after=None, limit=100, project_id=OURS):
    found = await store.read(lambda tx: tx.datasets.items(project_id, "dataset_a", after=after, limit=limit))
    return [item.id for item in found]


async def test_a_dataset_is_found_by_id_and_by_name_in_its_project(store):
    await with_items(store)
    assert await store.read(lambda tx: tx.datasets.get(OURS, "dataset_a")) == nouns.dataset()
    assert await store.read(lambda tx: tx.datasets.by_name(OURS, "name-of-dataset_a")) == nouns.dataset()
    assert await store.read(lambda tx: tx.datasets.get(THEIRS, "dataset_a")) is None
    assert await store.read(lambda tx: tx.datasets.by_name(THEIRS, "name-of-dataset_a")) is None


async def test_a_taken_name_already_exists_and_no_name_is_never_taken(store):
    await with_items(store)
    with pytest.raises(AlreadyExists):
        await store.write(lambda tx: tx.datasets.insert(nouns.dataset("b", name="name-of-dataset_a")))
    for one in "bc":
        await store.write(lambda tx, it=one: tx.datasets.insert(nouns.dataset(it, name=None)))
    with pytest.raises(AlreadyExists):
        await store.write(lambda tx: tx.datasets.update(nouns.dataset("b", name="name-of-dataset_a")))
    assert await store.read(lambda tx: tx.datasets.get(OURS, "b")) == nouns.dataset("b", name=None)


async def test_datasets_come_in_pages_by_time(store):
    for number, one in enumerate("abcde"):
        await store.write(lambda tx, it=one, n=number: tx.datasets.insert(nouns.dataset(it, at=NOW + n // 2)))
    await store.write(lambda tx: tx.datasets.insert(nouns.dataset("t", THEIRS)))

    async def page(**asked):
        return await store.read(lambda tx: tx.datasets.page(OURS, Query(limit=2, **asked)))

    first = await page(counted=True)
    second = await page(after=first.cursors[-1])
    last = await page(after=second.cursors[-1])
    assert [[one.id for one in found.things] for found in (first, second, last)] == [["e", "d"], ["c", "b"], ["a"]]
    assert (first.total, first.has_next, last.has_next, last.has_previous) == (5, True, False, True)
    assert [one.id for one in (await page(order=Order.ASC)).things] == ["a", "b"]


async def test_items_come_in_the_order_of_their_coming(store):
    await with_items(store, "c", "a", "b")
    assert await items(store) == ["c", "a", "b"]
    assert [await items(store, limit=2), await items(store, after="a", limit=2)] == [["c", "a"], ["b"]]
    assert await items(store, project_id=THEIRS) == []


async def test_an_item_is_kept_whole(store):
    await with_items(store)
    between = (Between(type="message:user", name="n", input={"a": 1}, output=[None]),)
    item = nouns.dataset_item(input="text", expected={"x": [1]}, between=between, metadata={"m": 1}, step_id="s")
    await store.write(lambda tx: tx.datasets.insert_item(item))
    assert await store.read(lambda tx: tx.datasets.get_item(OURS, item.id)) == item
    assert await store.read(lambda tx: tx.datasets.get_item(THEIRS, item.id)) is None
    with pytest.raises(AlreadyExists):
        await store.write(lambda tx: tx.datasets.insert_item(item))


@pytest.mark.parametrize("where", [{"dataset_id": "none"}, {"project_id": THEIRS}])
async def test_an_item_needs_its_dataset(store, where):
    await with_items(store)
    with pytest.raises(NotFound):
        await store.write(lambda tx: tx.datasets.insert_item(nouns.dataset_item(**where)))


async def test_a_deleted_item_is_gone_once(store):
    await with_items(store, "a", "b")
    answers = [
        await store.write(lambda tx, it=project: tx.datasets.delete_item(it, "a")) for project in (THEIRS, OURS, OURS)
    ]
    assert answers == [False, True, False]
    assert await items(store) == ["b"]


async def test_a_deleted_dataset_takes_its_items_out_of_sight_and_the_sweep_frees_them(store):
    await with_items(store, "a", "b", "c")
    assert not await store.write(lambda tx: tx.datasets.delete(THEIRS, "dataset_a"))
    assert await store.write(lambda tx: tx.datasets.delete(OURS, "dataset_a"))
    assert await store.read(lambda tx: tx.datasets.get_item(OURS, "a")) is None
    assert await items(store) == []
    await with_items(store, "d")  # the same name and id again: what is freed is not theirs
    freed = [await store.write(lambda tx: tx.datasets.sweep(limit=2)) for _ in range(3)]
    assert freed == [2, 2, 0]  # three items, and that there were any
    assert await items(store) == ["d"]


async def test_a_dataset_is_kept_as_it_now_is(store):
    await with_items(store, "a")
    changed = replace(nouns.dataset(), name="new", metadata={"a": [1]})
    await store.write(lambda tx: tx.datasets.update(changed))
    assert await store.read(lambda tx: tx.datasets.by_name(OURS, "new")) == changed
    assert await items(store) == ["a"]
