"""Experiments and their results. What is scored of a result goes by its own mutations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clew.dialects.literal.mapping.datasets import experiment_to_wire, result_to_wire
from clew.service import experiments as service
from clew.service.experiments import NewExperiment, NewResult

if TYPE_CHECKING:
    from clew.dialects.literal.call import Call


async def create(call: Call) -> dict[str, Any]:
    """`createDatasetExperiment`. Raises `NotFound` for a dataset or prompt that it names."""
    new = NewExperiment(
        name=call.arguments["name"],
        dataset_id=call.get("datasetId") or None,
        variant_id=call.get("promptExperimentId") or None,
        version_id=call.get("promptId") or None,
        params=call.get("params"),
    )
    return experiment_to_wire(await service.create(call.core, call.caller, new))


async def add(call: Call) -> dict[str, Any]:
    """`createDatasetExperimentItem`. Raises `NotFound` for the experiment, or an item of a dataset that it names."""
    new = NewResult(
        dataset_item_id=call.get("datasetItemId") or None,
        step_id=call.get("experimentRunId") or None,
        input=call.get("input"),
        output=call.get("output"),
    )
    return result_to_wire(await service.add(call.core, call.caller, call.arguments["datasetExperimentId"], new))
