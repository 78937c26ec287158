"""Run steps, as this dialect's clients see them: a view of what the model did turn by turn."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clew.dialects.openai import mapping
from clew.dialects.openai.handlers.lists import listed, window_of
from clew.service import runs
from clew.web.answer import Answer

if TYPE_CHECKING:
    from clew.service.core import Core
    from clew.web.request import Request


async def page(core: Core, request: Request) -> Answer:
    """`listRunSteps`."""
    found = await runs.steps_page(
        core, request.caller, request.params["thread_id"], request.params["run_id"], window_of(request)
    )
    return listed(found, lambda found: mapping.step_to_wire(*found))


async def get(core: Core, request: Request) -> Answer:
    """`getRunStep`."""
    step, children = await runs.step(
        core,
        request.caller,
        request.params["thread_id"],
        request.params["run_id"],
        request.params["step_id"],
    )
    return Answer(value=mapping.step_to_wire(step, children))
