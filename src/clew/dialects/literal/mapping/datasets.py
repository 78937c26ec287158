"""Datasets, their items, and the experiments that are made with them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clew.dialects.literal import times
from clew.dialects.literal.mapping.common import object_of
from clew.dialects.literal.mapping.generations import generation_to_wire
from clew.dialects.literal.mapping.steps import step_to_wire, word_of
from clew.domain.dataset import Between
from clew.domain.problem import Invalid
from clew.domain.step import type_of
from clew.service.datasets import NewItem

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from clew.domain.dataset import Dataset, DatasetItem
    from clew.domain.experiment import Experiment, ExperimentItem
    from clew.domain.step import Step


def dataset_to_wire(dataset: Dataset) -> dict[str, Any]:
    """The dataset by itself."""
    return {
        "id": dataset.id,
        "createdAt": times.shown(dataset.created_at),
        "name": dataset.name,
        "description": dataset.description,
        "metadata": dataset.metadata,
        "type": dataset.kind.value,
    }


def item_to_wire(item: DatasetItem) -> dict[str, Any]:
    """The item."""
    between = None if item.between is None else [_between_to_wire(one) for one in item.between]
    return {
        "id": item.id,
        "createdAt": times.shown(item.created_at),
        "datasetId": item.dataset_id,
        "metadata": item.metadata,
        "input": item.input,
        "expectedOutput": item.expected,
        "intermediarySteps": between,
        "stepId": item.step_id,
    }


def _between_to_wire(step: Between) -> dict[str, Any]:
    return {"name": step.name, "type": word_of(step.type), "input": step.input, "output": step.output}


def metadata_of(sent: Mapping[str, Any]) -> dict[str, Any]:
    """The metadata of a mutation, which is empty where it was not sent. Raises `Invalid`."""
    value = sent.get("metadata")
    return {} if value is None else object_of("metadata", value)


def item_from_wire(sent: Mapping[str, Any]) -> NewItem:
    """The item that a mutation spells out."""
    return NewItem(
        input=sent.get("input"),
        expected=sent.get("expectedOutput"),
        metadata=metadata_of(sent),
        step_id=sent.get("generationId") or None,
    )


def item_from_step(step: Step, children: Sequence[Step], metadata: dict[str, Any]) -> NewItem:
    """The item that a step makes: what went in, what came out, and the steps right below it."""
    shown = step_to_wire(step, lambda _: None)
    return NewItem(
        input=shown["input"],
        expected=shown["output"],
        between=tuple(_between(one) for one in children),
        metadata=metadata,
        step_id=step.item.id,
    )


def _between(step: Step) -> Between:
    shown = step_to_wire(step, lambda _: None)
    return Between(type=type_of(step.item), name=shown["name"], input=shown["input"], output=shown["output"])


def item_from_generation(step: Step, metadata: dict[str, Any]) -> NewItem:
    """The item that a model's work makes. Raises `Invalid` for a step without any."""
    shown = generation_to_wire(step)
    if shown is None:
        raise Invalid("generationId", "this step has no generation")
    is_chat = shown["type"] == "CHAT"
    return NewItem(
        input={"messages": shown["messages"] or []} if is_chat else {"prompt": shown["prompt"]},
        expected=(shown["messageCompletion"] or {}) if is_chat else {"completion": shown["completion"]},
        metadata={**metadata, "promptType": shown["type"]},
        step_id=step.item.id,
    )


def experiment_to_wire(experiment: Experiment) -> dict[str, Any]:
    """The experiment."""
    return {
        "id": experiment.id,
        "createdAt": times.shown(experiment.created_at),
        "name": experiment.name,
        "datasetId": experiment.dataset_id,
        "promptExperimentId": experiment.variant_id,
        "params": experiment.params,
    }


def result_to_wire(item: ExperimentItem) -> dict[str, Any]:
    """One result of an experiment."""
    return {
        "id": item.id,
        "input": item.input,
        "output": item.output,
        "datasetExperimentId": item.experiment_id,
        "experimentRunId": item.step_id,
        "datasetItemId": item.dataset_item_id,
    }
