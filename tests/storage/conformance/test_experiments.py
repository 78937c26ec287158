"""Experiments and their results."""

import pytest

from clew.domain.problem import AlreadyExists
from storage.conformance import nouns
from storage.conformance.nouns import OURS, THEIRS

EXPERIMENT = nouns.experiment(dataset_id="d", variant_id="v", version_id="n", params={"a": [1]})
RESULT = nouns.experiment_item(dataset_item_id="i", step_id="s", input={"q": 1}, output="text")


async def test_an_experiment_is_kept_in_its_project(store):
    await store.write(lambda tx: tx.experiments.insert(EXPERIMENT))
    assert await store.read(lambda tx: tx.experiments.get(OURS, EXPERIMENT.id)) == EXPERIMENT
    assert await store.read(lambda tx: tx.experiments.get(THEIRS, EXPERIMENT.id)) is None
    with pytest.raises(AlreadyExists):
        await store.write(lambda tx: tx.experiments.insert(EXPERIMENT))


async def test_a_result_is_kept_in_its_project(store):
    await store.write(lambda tx: tx.experiments.insert_item(RESULT))
    assert await store.read(lambda tx: tx.experiments.get_item(OURS, RESULT.id)) == RESULT
    assert await store.read(lambda tx: tx.experiments.get_item(THEIRS, RESULT.id)) is None
    with pytest.raises(AlreadyExists):
        await store.write(lambda tx: tx.experiments.insert_item(RESULT))
