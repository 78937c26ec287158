"""Experiments: saying that something is tried out, and what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clew.domain.experiment import Experiment, ExperimentItem
from clew.domain.noun import Noun
from clew.domain.patch import check_depth
from clew.domain.problem import Invalid, NotFound
from clew.service import datasets

if TYPE_CHECKING:
    from clew.domain.project import Caller
    from clew.service.core import Core
    from clew.storage.port import Tx


class NewExperiment(Noun, frozen=True, kw_only=True):
    """What a new experiment is to be."""

    name: str
    dataset_id: str | None = None
    variant_id: str | None = None
    version_id: str | None = None
    params: Any = None


class NewResult(Noun, frozen=True, kw_only=True):
    """What a new result is to be. The step that `step_id` names may come later."""

    dataset_item_id: str | None = None
    step_id: str | None = None
    input: Any = None
    output: Any = None


async def create(core: Core, caller: Caller, new: NewExperiment) -> Experiment:
    """A new experiment. Raises `NotFound` for a dataset, variant or version that it names, `Invalid` for no name."""
    if not new.name:
        raise Invalid("name", "an experiment needs a name")
    check_depth("params", new.params)

    async def unit(tx: Tx) -> Experiment:
        if new.dataset_id is not None:
            await datasets.require(tx, caller, new.dataset_id)
        if new.variant_id is not None and await tx.prompts.get_variant(caller.project_id, new.variant_id) is None:
            raise NotFound("prompt variant", new.variant_id)
        if new.version_id is not None and await tx.prompts.get_version(caller.project_id, new.version_id) is None:
            raise NotFound("prompt version", new.version_id)
        now = core.now()
        experiment = Experiment(
            project_id=caller.project_id,
            id=core.ids.new("experiment"),
            created_at=now - now % 1000,
            name=new.name,
            dataset_id=new.dataset_id,
            variant_id=new.variant_id,
            version_id=new.version_id,
            params=new.params,
            created_by=caller.subject or None,
        )
        await tx.experiments.insert(experiment)
        return experiment

    return await core.store.write(unit)


async def get(core: Core, caller: Caller, experiment_id: str) -> Experiment:
    """The experiment. Raises `NotFound`."""
    return await core.store.read(lambda tx: require(tx, caller, experiment_id))


async def require(tx: Tx, caller: Caller, experiment_id: str) -> Experiment:
    """Within a unit: the experiment. Raises `NotFound`."""
    experiment = await tx.experiments.get(caller.project_id, experiment_id)
    if experiment is None:
        raise NotFound("experiment", experiment_id)
    return experiment


async def add(core: Core, caller: Caller, experiment_id: str, new: NewResult) -> ExperimentItem:
    """A new result of the experiment. Raises `NotFound` for it, or for an item of a dataset that it names."""
    for field in ("input", "output"):
        check_depth(field, getattr(new, field))

    async def unit(tx: Tx) -> ExperimentItem:
        await require(tx, caller, experiment_id)
        if new.dataset_item_id is not None:
            await datasets.require_item(tx, caller, new.dataset_item_id)
        now = core.now()
        item = ExperimentItem(
            project_id=caller.project_id,
            experiment_id=experiment_id,
            id=core.ids.new("experiment_item"),
            created_at=now - now % 1000,
            dataset_item_id=new.dataset_item_id,
            step_id=new.step_id,
            input=new.input,
            output=new.output,
            created_by=caller.subject or None,
        )
        await tx.experiments.insert_item(item)
        return item

    return await core.store.write(unit)


async def get_item(core: Core, caller: Caller, item_id: str) -> ExperimentItem:
    """The result. Raises `NotFound`."""

    async def unit(tx: Tx) -> ExperimentItem:
        item = await tx.experiments.get_item(caller.project_id, item_id)
        if item is None:
            raise NotFound("experiment item", item_id)
        return item

    return await core.store.read(unit)
