"""Datasets: made, changed, deleted and read whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from clew.domain.problem import AlreadyExists, NotFound
from clew.service import datasets
from clew.service.datasets import NewDataset, NewItem
from clew.upkeep.sweep import sweep_once
from support.kept import everything
from support.world import World

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@pytest.fixture
async def world(tmp_path) -> AsyncIterator[World]:
    async with World(tmp_path) as world:
        yield world


async def test_a_change_keeps_what_it_does_not_say(world):
    new = NewDataset(name="a", description="d", metadata={"k": 1})
    made = await datasets.create(world.core, world.caller, new)
    changed = await datasets.modify(world.core, world.caller, made.id, name="b")
    assert (changed.name, changed.description, changed.metadata) == ("b", "d", {"k": 1})
    assert await datasets.get(world.core, world.caller, name="b") == changed
    assert await datasets.get(world.core, world.caller, id=made.id, name="other") == changed


async def test_a_taken_name_is_refused_and_changes_nothing(world):
    for name in "ab":
        await datasets.create(world.core, world.caller, NewDataset(name=name))
    before = await datasets.get(world.core, world.caller, name="b")
    with pytest.raises(AlreadyExists):
        await datasets.modify(world.core, world.caller, before.id, name="a", description="x")
    assert await datasets.get(world.core, world.caller, name="b") == before


async def test_datasets_may_have_no_name(world):
    made = [await datasets.create(world.core, world.caller, NewDataset(name=name)) for name in (None, None, "")]
    assert {one.name for one in made} == {None}
    with pytest.raises(NotFound):
        await datasets.get(world.core, world.caller, name="")


async def test_a_long_dataset_is_read_whole_and_in_order(world, monkeypatch):
    monkeypatch.setattr(datasets, "AT_ONCE", 3)
    made = await datasets.create(world.core, world.caller, NewDataset())
    for number in range(7):
        await datasets.add(world.core, world.caller, made.id, NewItem(input=number))
    assert [item.input for item in await datasets.items(world.core, world.caller, made.id)] == list(range(7))


async def test_what_was_deleted_is_gone_and_freed_by_the_sweep(world):
    made = await datasets.create(world.core, world.caller, NewDataset(name="a"))
    item = await datasets.add(world.core, world.caller, made.id, NewItem(input="a secret"))
    assert await datasets.delete(world.core, world.caller, made.id) == made
    for gone in (
        datasets.delete(world.core, world.caller, made.id),
        datasets.get_item(world.core, world.caller, item.id),
        datasets.delete_item(world.core, world.caller, item.id),
        datasets.add(world.core, world.caller, made.id, NewItem()),
    ):
        with pytest.raises(NotFound):
            await gone
    assert "a secret" in str(everything(world.folder / "clew.db"))
    assert await sweep_once(world.core) > 0
    assert "a secret" not in str(everything(world.folder / "clew.db"))
