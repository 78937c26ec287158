"""RunService."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from clew.dialects.yandex import rules, stream, wire
from clew.dialects.yandex.errors import Code, Refusal, invalid
from clew.dialects.yandex.mapping.runs import results_from_wire, run_from_wire, run_to_wire
from clew.dialects.yandex.paging import page_in_folder
from clew.domain.problem import NotFound, OutputsMismatch
from clew.service import runs

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Coroutine

    from clew.dialects.yandex.call import Call
    from clew.domain.page import Page, Window
    from clew.domain.run import Run
    from clew.service.core import Core


async def create(core: Core, call: Call, request: wire.CreateRunRequest) -> wire.Run:
    """`Create`. A thread may have several runs at once here."""
    made = await runs.create(core, call.caller, request.thread_id, run_from_wire(request))
    return run_to_wire(made.run, None)


async def get(core: Core, call: Call, request: wire.GetRunRequest) -> wire.Run:
    """`Get`."""
    return await _shown(core, call, await runs.find(core, call.caller, request.run_id))


async def last(core: Core, call: Call, request: wire.GetLastRunByThreadRequest) -> wire.Run:
    """`GetLastByThread`."""
    try:
        run = await runs.last(core, call.caller, request.thread_id)
    except NotFound as problem:
        if problem.noun != "run":
            raise
        raise Refusal(Code.NOT_FOUND, f"run of thread {request.thread_id} not found") from None
    return await _shown(core, call, run)


async def _shown(core: Core, call: Call, run: Run) -> wire.Run:
    return run_to_wire(run, (await runs.answers(core, call.caller, [run])).get(run.id))


async def page(core: Core, call: Call, request: wire.ListRunsRequest) -> wire.ListRunsResponse:
    """`List`."""

    async def read(window: Window) -> Page[Run]:
        return await runs.page_all(core, call.caller, window)

    found, token = await page_in_folder(call, request, read)
    answers = await runs.answers(core, call.caller, found)
    return wire.ListRunsResponse(runs=[run_to_wire(run, answers.get(run.id)) for run in found], next_page_token=token)


async def submit(core: Core, call: Call, request: wire.SubmitToRunRequest) -> wire.SubmitToRunResponse:
    """`Submit`."""
    if not request.HasField("tool_result_list"):
        raise invalid("tool_result_list", "field is required")
    await _take(core, call, request.run_id, request.tool_result_list)
    return wire.SubmitToRunResponse()


async def _take(core: Core, call: Call, run_id: str, sent: wire.ToolResultList) -> None:
    """Give a run the results that it waits for, all of them at once. Raises `Refusal` and `Problem`."""
    try:
        await runs.submit_by_name(core, call.caller, run_id, results_from_wire(sent))
    except OutputsMismatch as problem:
        named = ", ".join(problem.expected)
        raise invalid("tool_result_list", f"one result for each call is needed: {named}") from None


async def listen(core: Core, call: Call, request: wire.ListenRunRequest) -> AsyncGenerator[wire.StreamEvent, None]:
    """`Listen`: also past tool calls, until the run is over."""
    start = _start(request)
    run = await runs.find(core, call.caller, request.run_id)
    async with aclosing(stream.events(core, call.caller, run, start=start)) as events:
        async for event in events:
            yield event


def _start(request: wire.ListenRunRequest | wire.AttachRunRequest) -> int:
    start = request.events_start_idx.value
    if start < 0:
        raise invalid("events_start_idx", "must not be negative")
    return start


async def attach(
    core: Core, call: Call, requests: AsyncIterator[wire.AttachRunRequest]
) -> AsyncGenerator[wire.StreamEvent, None]:
    """`Attach`: what `Listen` gives, and results for the run are taken meanwhile.

    Those of the first message are taken before any event is sent. Clients read a few events and go away, so results
    that have come in are taken even then.
    """
    first = await anext(requests, None)
    if first is None:
        raise invalid("run_id", "field is required")
    rules.check(first)
    start = _start(first)
    run = await runs.find(core, call.caller, first.run_id)
    await _take_from(core, call, run, first)
    taking = asyncio.ensure_future(_take_more(core, call, run, requests))
    taking.add_done_callback(_look_at)
    try:
        async with aclosing(stream.events(core, call.caller, run, start=start)) as events:
            async for event in _unless_broken(events, taking):
                yield event
    finally:
        taking.cancel()


async def _take_from(core: Core, call: Call, run: Run, request: wire.AttachRunRequest) -> None:
    if request.run_id and request.run_id != run.id:
        raise invalid("run_id", f"this call is attached to the run {run.id}")
    if request.HasField("tool_result_list"):
        await _to_its_end(_take(core, call, run.id, request.tool_result_list))


async def _take_more(core: Core, call: Call, run: Run, requests: AsyncIterator[wire.AttachRunRequest]) -> None:
    async for request in requests:
        await _take_from(core, call, run, request)


async def _to_its_end(work: Coroutine[None, None, None]) -> None:
    """Do it, also where whoever waits for it goes away."""
    doing = asyncio.ensure_future(work)
    doing.add_done_callback(_look_at)
    await asyncio.shield(doing)


def _look_at(done: asyncio.Future[None]) -> None:
    """Errors of what nobody waits for any more are nobody's, and asyncio complains of those."""
    if not done.cancelled():
        done.exception()


async def _unless_broken(
    events: AsyncGenerator[wire.StreamEvent, None], taking: asyncio.Future[None]
) -> AsyncGenerator[wire.StreamEvent, None]:
    """The events. Raises what goes wrong with `taking` as soon as it does."""
    while True:
        following = asyncio.ensure_future(anext(events, None))
        try:
            while not following.done():
                awaited: set[asyncio.Future[Any]] = {following} if taking.done() else {following, taking}
                await asyncio.wait(awaited, return_when=asyncio.FIRST_COMPLETED)
                if taking.done():
                    taking.result()
            event = following.result()
        finally:
            following.cancel()
            await asyncio.wait({following})
        if event is None:
            return
        yield event
