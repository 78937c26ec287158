"""Steps, and the generations that steps of models have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clew.dialects.literal import beside
from clew.dialects.literal.mapping.generations import generation_to_wire
from clew.dialects.literal.mapping.steps import step_from_wire
from clew.dialects.literal.paging import connection, query_of
from clew.domain.item import Kind
from clew.domain.problem import NotFound
from clew.service import steps as service

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clew.dialects.literal.call import Call
    from clew.dialects.literal.refusal import Refusal
    from clew.domain.step import Step, StepChange


async def ingest(calls: Sequence[Call]) -> list[dict[str, Any] | Exception]:
    """`ingestStep`, as many as stand side by side, each by itself."""
    if not calls:
        return []
    changes: list[StepChange | Exception] = []
    for call in calls:
        try:
            changes.append(_change(call))
        except Exception as problem:  # noqa: BLE001 (the neighbours are told all the same)
            changes.append(problem)
    told = [change for change in changes if not isinstance(change, Exception)]
    problems = iter(await service.ingest(calls[0].core, calls[0].caller, told))
    said = [change if isinstance(change, Exception) else next(problems) for change in changes]
    return [{"ok": True, "message": None} if problem is None else problem for problem in said]


def refused(refusal: Refusal) -> dict[str, Any]:
    """What a step of a batch says that could not be kept."""
    return {"ok": False, "message": refusal.message}


async def create(call: Call) -> dict[str, Any]:
    """`createStep`."""
    made = await service.create(call.core, call.caller, _change(call, id=call.core.ids.new("step")))
    return (await beside.of_steps(call, [made], ""))[0]


async def update(call: Call) -> dict[str, Any]:
    """`updateStep`. Raises `NotFound`."""
    changed = await service.update(call.core, call.caller, _change(call))
    return (await beside.of_steps(call, [changed], ""))[0]


def _change(call: Call, **more: Any) -> StepChange:  # noqa: ANN401 (arguments)
    return step_from_wire({**call.arguments, **more}, environment=call.visit.written_in)


async def get(call: Call) -> dict[str, Any] | None:
    """`step`. Null where there is none."""
    try:
        found = await service.get(call.core, call.caller, call.arguments["id"])
    except NotFound:
        return None
    return (await beside.of_steps(call, [found], ""))[0]


async def delete(call: Call) -> dict[str, Any] | None:
    """`deleteStep`. Null where there was none."""
    try:
        await service.delete(call.core, call.caller, call.arguments["id"])
    except NotFound:
        return None
    return {"id": call.arguments["id"]}


async def page(call: Call) -> dict[str, Any]:
    """`steps`."""
    found = await service.page(call.core, call.caller, query_of(call, "steps"))
    return connection(found, await beside.of_steps(call, found.things, "edges.node."))


async def generations(call: Call) -> dict[str, Any]:
    """`generations`: steps of models, by what the models did."""
    found = await service.page(call.core, call.caller, query_of(call, "generations"), kind=Kind.GENERATION)
    shown = [_generation(call, step) for step in found.things]
    if call.wants("edges.node.step"):
        for one, step in zip(shown, await beside.of_steps(call, found.things, "edges.node.step."), strict=True):
            one["step"] = step
    return connection(found, shown)


async def create_generation(call: Call) -> dict[str, Any]:
    """`createGeneration`: a step of a model without a thread, whose id is the generation's."""
    payload = call.arguments["generation"]
    sent = payload.get("id")
    step_id = sent if isinstance(sent, str) and sent else call.core.ids.new("step")
    arguments = {"id": step_id, "type": "llm", "generation": payload}
    made = await service.create(call.core, call.caller, step_from_wire(arguments, environment=call.visit.written_in))
    return _generation(call, made)


def _generation(call: Call, step: Step) -> dict[str, Any]:
    return {**(generation_to_wire(step) or {"id": step.item.id}), "projectId": call.caller.project_id}
