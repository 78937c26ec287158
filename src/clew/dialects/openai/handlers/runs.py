"""Runs, as this dialect's clients see them: one at a time on a thread, as JSON or as a stream."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clew.dialects.openai import mapping
from clew.dialects.openai.handlers import models
from clew.dialects.openai.handlers.lists import listed, window_of
from clew.dialects.openai.stream import stream_of
from clew.domain.run import CANCELLABLE, RunState
from clew.service import runs
from clew.web.answer import Answer

if TYPE_CHECKING:
    from clew.domain.run import Run
    from clew.service.core import Core
    from clew.service.runs import Changed
    from clew.web.answer import Streamed
    from clew.web.request import Request


def _shown(request: Request, run: Run) -> Answer:
    """The run; while it is not over, with the hint that polling helpers of the clients follow."""
    headers: tuple[tuple[str, str], ...] = ()
    if run.state in CANCELLABLE or run.state is RunState.CANCELLING:
        headers = (("openai-poll-after-ms", str(request.context.options.poll_after_ms)),)
    return Answer(value=mapping.run_to_wire(run), headers=headers)


def _begun(core: Core, request: Request, changed: Changed) -> Answer | Streamed:
    if request.body.get("stream"):
        return stream_of(core, request.caller, changed.run, after=changed.events_before, thread=changed.thread)
    return _shown(request, changed.run)


async def create(core: Core, request: Request) -> Answer | Streamed:
    """`createRun`."""
    models.check(request)
    changed = await runs.create(
        core, request.caller, request.params["thread_id"], mapping.run_from_wire(request.body), unless_busy=True
    )
    return _begun(core, request, changed)


async def create_with_thread(core: Core, request: Request) -> Answer | Streamed:
    """`createThreadAndRun`."""
    models.check(request)
    changed = await runs.create_with_thread(
        core,
        request.caller,
        mapping.thread_from_wire(request.body.get("thread") or {}),
        mapping.run_from_wire(request.body),
    )
    return _begun(core, request, changed)


async def page(core: Core, request: Request) -> Answer:
    """`listRuns`."""
    found = await runs.page(core, request.caller, request.params["thread_id"], window_of(request))
    return listed(found, mapping.run_to_wire)


async def get(core: Core, request: Request) -> Answer:
    """`getRun`."""
    run = await runs.get(core, request.caller, request.params["thread_id"], request.params["run_id"])
    return _shown(request, run)


async def modify(core: Core, request: Request) -> Answer:
    """`modifyRun`: only its metadata can be changed."""
    run = await runs.modify(
        core,
        request.caller,
        request.params["thread_id"],
        request.params["run_id"],
        metadata=mapping.replaced_metadata(request.body),
    )
    return _shown(request, run)


async def cancel(core: Core, request: Request) -> Answer:
    """`cancelRun`."""
    run = await runs.cancel(core, request.caller, request.params["thread_id"], request.params["run_id"])
    return _shown(request, run)


async def submit(core: Core, request: Request) -> Answer | Streamed:
    """`submitToolOutputsToRun`."""
    changed = await runs.submit(
        core,
        request.caller,
        request.params["thread_id"],
        request.params["run_id"],
        mapping.outputs_from_wire(request.body),
    )
    return _begun(core, request, changed)


async def events(core: Core, request: Request) -> Streamed:
    """`listRunEvents`, ours: the run's stream from any number on, while it runs and for as long as the thread lives."""
    run = await runs.get(core, request.caller, request.params["thread_id"], request.params["run_id"])
    return stream_of(core, request.caller, run, after=request.query.get("after", 0), through=True)
