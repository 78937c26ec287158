"""Datasets and their items."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clew.dialects.literal import errors
from clew.dialects.literal.beside import aside
from clew.dialects.literal.mapping.common import text_of
from clew.dialects.literal.mapping.datasets import (
    dataset_to_wire,
    item_from_generation,
    item_from_step,
    item_from_wire,
    item_to_wire,
    metadata_of,
)
from clew.dialects.literal.paging import connection, query_of
from clew.domain.dataset import DatasetKind
from clew.domain.patch import unless_null
from clew.domain.problem import NotFound
from clew.service import datasets as service
from clew.service import steps
from clew.service.datasets import NewDataset
from clew.web.answer import Answer

if TYPE_CHECKING:
    from clew.dialects.literal.call import Call
    from clew.service.core import Core
    from clew.web.request import Request


async def page(call: Call) -> dict[str, Any]:
    """`datasets`, the newest first."""
    found = await service.page(call.core, call.caller, query_of(call, "datasets"))
    return connection(found, [dataset_to_wire(one) for one in found.things])


async def create(call: Call) -> dict[str, Any]:
    """`createDataset`. Raises `AlreadyExists` for a taken name."""
    new = NewDataset(
        name=call.get("name"),
        description=call.get("description"),
        metadata=metadata_of(call.arguments),
        kind=DatasetKind(call.get("type") or DatasetKind.KEY_VALUE),
    )
    return dataset_to_wire(await service.create(call.core, call.caller, new))


async def update(call: Call) -> dict[str, Any]:
    """`updateDataset`. Raises `NotFound`, `AlreadyExists` for another's name."""
    told = unless_null({name: call.get(name) for name in ("name", "description", "metadata")})
    if "metadata" in told:
        told["metadata"] = metadata_of(told)
    return dataset_to_wire(await service.modify(call.core, call.caller, call.arguments["id"], **told))


async def delete(call: Call) -> dict[str, Any]:
    """`deleteDataset`, as it was. Raises `NotFound`: its clients make an object of whatever is answered."""
    return dataset_to_wire(await service.delete(call.core, call.caller, call.arguments["id"]))


async def export(core: Core, request: Request) -> Answer:
    """`POST /api/export/dataset`: one with all of its items, by id or else by name. Null where there is none."""
    id, name = text_of(request.body, "id"), text_of(request.body, "name")  # noqa: A001 (the field's standard name)
    if not (id or name):
        raise errors.bad_request("A dataset is asked for by id or by name.")
    try:
        dataset = await service.get(core, request.caller, id=id, name=name)
    except NotFound:
        return Answer(value={"data": None})
    items = await service.items(core, request.caller, dataset.id)
    shown = await aside(len(items), lambda: [item_to_wire(item) for item in items])
    return Answer(value={"data": {**dataset_to_wire(dataset), "items": shown}})


async def create_item(call: Call) -> dict[str, Any]:
    """`createDatasetItem`. Raises `NotFound`."""
    new = item_from_wire(call.arguments)
    return item_to_wire(await service.add(call.core, call.caller, call.arguments["datasetId"], new))


async def get_item(call: Call) -> dict[str, Any]:
    """`datasetItem`. Raises `NotFound`: its clients make an object of whatever is answered."""
    return item_to_wire(await service.get_item(call.core, call.caller, call.arguments["id"]))


async def delete_item(call: Call) -> dict[str, Any]:
    """`deleteDatasetItem`, as it was. Raises `NotFound`, for the same reason."""
    return item_to_wire(await service.delete_item(call.core, call.caller, call.arguments["id"]))


async def add_step(call: Call) -> dict[str, Any]:
    """`addStepToDataset`. Raises `NotFound` for the step or the dataset."""
    step = await steps.get(call.core, call.caller, call.arguments["stepId"])
    children = await steps.children(call.core, call.caller, step.item.id)
    new = item_from_step(step, children, metadata_of(call.arguments))
    return item_to_wire(await service.add(call.core, call.caller, call.arguments["datasetId"], new))


async def add_generation(call: Call) -> dict[str, Any]:
    """`addGenerationToDataset`. Raises `NotFound` for the step or the dataset, `Invalid` for a step without one."""
    step = await steps.get(call.core, call.caller, call.arguments["generationId"])
    new = item_from_generation(step, metadata_of(call.arguments))
    return item_to_wire(await service.add(call.core, call.caller, call.arguments["datasetId"], new))
