"""Experiments: what they name has to be there when they are made, and may go later."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from clew.domain.problem import Invalid, NotFound
from clew.domain.project import Caller
from clew.service import datasets, experiments
from clew.service.datasets import NewDataset, NewItem
from clew.service.experiments import NewExperiment, NewResult
from support.world import World

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@pytest.fixture
async def world(tmp_path) -> AsyncIterator[World]:
    async with World(tmp_path) as world:
        yield world


@pytest.mark.parametrize("named", [{"dataset_id": "x"}, {"variant_id": "x"}, {"version_id": "x"}])
async def test_what_an_experiment_names_has_to_be_there(world, named):
    with pytest.raises(NotFound):
        await experiments.create(world.core, world.caller, NewExperiment(name="try", **named))


async def test_an_experiment_needs_a_name(world):
    with pytest.raises(Invalid):
        await experiments.create(world.core, world.caller, NewExperiment(name=""))


async def test_results_stay_when_their_dataset_goes(world):
    dataset = await datasets.create(world.core, world.caller, NewDataset())
    item = await datasets.add(world.core, world.caller, dataset.id, NewItem(input=1))
    made = await experiments.create(world.core, world.caller, NewExperiment(name="try", dataset_id=dataset.id))
    new = NewResult(dataset_item_id=item.id, step_id="later", input=1, output=2)
    result = await experiments.add(world.core, world.caller, made.id, new)
    await datasets.delete(world.core, world.caller, dataset.id)
    assert await experiments.get(world.core, world.caller, made.id) == made
    assert await experiments.get_item(world.core, world.caller, result.id) == result
    with pytest.raises(NotFound):
        await experiments.add(world.core, world.caller, made.id, new)


async def test_another_projects_experiment_is_not_found(world):
    made = await experiments.create(world.core, world.caller, NewExperiment(name="try"))
    result = await experiments.add(world.core, world.caller, made.id, NewResult())
    stranger = Caller(project_id="theirs")
    for reached in (
        experiments.get(world.core, stranger, made.id),
        experiments.get_item(world.core, stranger, result.id),
        experiments.add(world.core, stranger, made.id, NewResult()),
    ):
        with pytest.raises(NotFound):
            await reached
