"""Scores, and the feedback that they were in early 2024."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from clew.dialects.literal import beside
from clew.dialects.literal.mapping.scores import feedback_from_wire, feedback_to_wire, score_from_wire, score_to_wire
from clew.dialects.literal.paging import connection, query_of
from clew.domain.noun import replace
from clew.domain.problem import NotFound
from clew.service import scores as service

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clew.dialects.literal.call import Call


async def create(calls: Sequence[Call]) -> list[dict[str, Any] | BaseException]:
    """`createScore`, as many as stand side by side, each by itself."""
    return await asyncio.gather(*(_created(call) for call in calls), return_exceptions=True)


async def _created(call: Call) -> dict[str, Any]:
    (score,) = await service.create(call.core, call.caller, [score_from_wire(call.arguments)])
    return (await beside.of_scores(call, [score], ""))[0]


async def update(call: Call) -> dict[str, Any]:
    """`updateScore`. Raises `NotFound`."""
    score = await service.update(call.core, call.caller, call.arguments["id"], score_from_wire(call.arguments))
    return (await beside.of_scores(call, [score], ""))[0]


async def delete(call: Call) -> dict[str, Any] | None:
    """`deleteScore`. Null where there was none."""
    try:
        await service.delete(call.core, call.caller, call.arguments["id"])
    except NotFound:
        return None
    return {"id": call.arguments["id"]}


async def page(call: Call) -> dict[str, Any]:
    """`scores`."""
    found = await service.page(call.core, call.caller, query_of(call, "scores"))
    return connection(found, await beside.of_scores(call, found.things, "edges.node."))


async def create_feedback(call: Call) -> dict[str, Any]:
    """`createFeedback` of early 2024: the score by which the step's feedback goes now."""
    change = replace(feedback_from_wire(call.arguments), step_id=call.arguments["stepId"])
    (score,) = await service.create(call.core, call.caller, [change])
    return feedback_to_wire(score_to_wire(score), None)


async def update_feedback(call: Call) -> dict[str, Any]:
    """`updateFeedback`. Raises `NotFound`."""
    change = feedback_from_wire(call.arguments)
    score = await service.update(call.core, call.caller, call.arguments["id"], change)
    return feedback_to_wire(score_to_wire(score), None)
