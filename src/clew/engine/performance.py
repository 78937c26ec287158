"""Performing one run, from where it stands to where it ends or waits."""

from __future__ import annotations

import logging
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, Final

from clew.domain.event import Event, EventKind
from clew.domain.item import Fault, ItemStatus, Kind
from clew.domain.noun import replace
from clew.domain.run import Run, RunState, move
from clew.domain.tool import ChoiceMode, FormatKind, ToolKind
from clew.engine.model import Ask, CallStarted, ModelFault, plain
from clew.engine.pen import Lost, Pen, Stopped
from clew.engine.prompt import PromptTooLong, build
from clew.engine.tools import Offer
from clew.engine.turn import Turn, give_up
from clew.service import activity, indexes
from clew.service.closing import close_items

if TYPE_CHECKING:
    from clew.domain.tool import ResponseFormat
    from clew.engine.model import Model, ModelConfig, ModelRoutes, ToolChoice
    from clew.service.core import Core
    from clew.storage.port import Tx

log = logging.getLogger("clew.engine")

_WORKER_LOST: Final = Fault(
    code="server", message="The worker that performed this run was lost; the turn was asked again."
)


async def perform(core: Core, model: Model, routes: ModelRoutes, run: Run, *, owner: str) -> None:
    """Take a claimed run as far as it goes: to the end, or to tool calls whose outputs the caller owes.

    Whatever goes wrong ends the run as failed, with the reason on it. The store's own trouble is raised:
    the run then waits for its lease to end, and for another worker.
    """
    pen = Pen(core, run, owner)
    try:
        if await _begin(core, pen):
            await _turn(core, model, routes, pen)
    except Lost:
        log.info("run %s is no longer ours", run.id)
    except Stopped:
        await _cancel(core, pen)
    except PromptTooLong as problem:
        await _prompt_too_long(core, pen, problem)
    except ModelFault as fault:
        await _fail(core, pen, Fault(code=fault.kind, message=str(fault)))
    finally:
        await pen.lay_down()


async def _begin(core: Core, pen: Pen) -> bool:
    """Take the run up. Whether there is something to perform: one that is being cancelled only ends."""

    async def begun(tx: Tx, run: Run) -> tuple[Run, list[Event]]:
        now = core.now()
        if run.state is RunState.RUNNING:
            return run, await _take_over(tx, run, now=now)
        run = move(run, RunState.RUNNING, started_at=now)
        await activity.touch(tx, core, run)
        return run, [Event(kind=EventKind.RUN_MOVED, at=now, progress=run.progress)]

    await pen.change(begun)
    left = _answer_left(pen.run)
    if left is not None and left <= 0:
        await give_up(core, pen, RunState.INCOMPLETE, incomplete_reason="max_completion_tokens")
        return False
    missing = await _expired_index(core, pen.run)
    if missing is not None:
        await _fail(core, pen, Fault(code="server", message=f"Vector store {missing} has expired."))
        return False
    return True


async def _take_over(tx: Tx, run: Run, *, now: int) -> list[Event]:
    """Close what a lost worker left open. Its unfinished message goes: the turn is asked again from the start.

    Readers of the log see the message end as incomplete before the new one begins; in the thread it would only
    be the same answer twice.
    """
    still = [
        item.id
        for item in await tx.items.of_run(run.project_id, run.thread_id, run.id)
        if item.kind is Kind.MESSAGE and item.status is ItemStatus.IN_PROGRESS
    ]
    events = await close_items(tx, run, ItemStatus.FAILED, "run_failed", now=now, error=_WORKER_LOST)
    for message_id in still:
        await tx.items.delete(run.project_id, run.thread_id, message_id)
    return events


async def _expired_index(core: Core, run: Run) -> str | None:
    """The first index the run would search that is past its end. Upstream fails such a run, and so do we."""

    async def unit(tx: Tx) -> str | None:
        for index_id in await activity.index_ids(tx, core, run):
            index = await tx.indexes.get(run.project_id, index_id)
            if index is not None and indexes.expired(index, now=core.expiry_now()):
                return index_id
        return None

    return await core.store.read(unit)


async def _turn(core: Core, model: Model, routes: ModelRoutes, pen: Pen) -> None:
    run = pen.run
    config = routes.find(run.model)
    if config is None:
        raise _no_model(run, routes)
    offer = Offer(run.tools)
    window, images = config.context_window_tokens, config.images_honoured
    messages = await build(core, run, window=window, images=images, tools=offer.functions)
    turn = Turn(core, pen)
    async with aclosing(model.stream(config, _ask(run, config, messages, offer.functions))) as pieces:
        async for piece in pieces:
            if isinstance(piece, CallStarted):
                offer.check(piece.name)
            await turn.take(piece)
    await pen.flush()


def _no_model(run: Run, routes: ModelRoutes) -> ModelFault:
    if routes.refuses(run.model):
        return ModelFault("unknown_model", f"No model is configured for {run.model!r}.")
    return ModelFault("server", "No model is configured. Start the server with --model-url or --local-model.")


def _ask(run: Run, config: ModelConfig, messages: list[dict[str, Any]], tools: list[dict[str, Any]]) -> Ask:
    return Ask(
        model=config.name or plain(run.model),
        messages=messages,
        tools=tools,
        tool_choice=_choice(run) if tools else "auto",
        parallel_tool_calls=run.parallel_tool_calls,
        temperature=run.temperature,
        top_p=run.top_p,
        response_format=_format(run.response_format),
        max_completion_tokens=_answer_left(run),
        reasoning_effort=run.reasoning_effort,
    )


def _answer_left(run: Run) -> int | None:
    """How many tokens the next answer may have, None for as many as it takes."""
    if run.max_completion_tokens is None or run.limits_each_turn or run.progress.usage is None:
        return run.max_completion_tokens
    return run.max_completion_tokens - run.progress.usage.completion_tokens


def _choice(run: Run) -> ToolChoice:
    """A forced call is forced in the first turn only: for ever after, it would never let the run end."""
    choice = run.tool_choice
    if choice.mode is ChoiceMode.NONE:
        return "none"
    if run.turns > 0:
        return "auto"
    if choice.mode is ChoiceMode.REQUIRED:
        return "required"
    if choice.mode is ChoiceMode.NAMED and choice.kind is ToolKind.FUNCTION and choice.name:
        return {"name": choice.name}
    return "auto"


def _format(asked: ResponseFormat) -> dict[str, Any] | None:
    match asked.kind:
        case FormatKind.JSON_OBJECT:
            return {"type": "json_object"}
        case FormatKind.JSON_SCHEMA:
            schema = {
                "name": asked.name,
                "description": asked.description,
                "schema": asked.schema,
                "strict": asked.strict,
            }
            return {"type": "json_schema", "json_schema": {k: v for k, v in schema.items() if v is not None}}
        case _:
            return None


async def _cancel(core: Core, pen: Pen) -> None:
    try:
        await give_up(core, pen, RunState.CANCELLED)
    except Lost:
        log.info("run %s was cancelled and then gone", pen.run.id)


async def _prompt_too_long(core: Core, pen: Pen, problem: PromptTooLong) -> None:
    if not problem.by_run:
        await _fail(core, pen, Fault(code="invalid_prompt", message=f"{str(problem)[:1].upper()}{str(problem)[1:]}."))
        return
    try:
        await give_up(core, pen, RunState.INCOMPLETE, incomplete_reason="max_prompt_tokens")
    except Lost:
        log.info("run %s had no budget left and is gone", pen.run.id)


async def _fail(core: Core, pen: Pen, error: Fault) -> None:
    try:
        await give_up(core, pen, RunState.FAILED, error=error)
    except Lost:
        log.info("run %s failed after it was no longer ours", pen.run.id)


async def fail_as_bug(core: Core, run: Run, *, owner: str) -> None:
    """End a run that met a bug of ours. What the bug was stands in the log."""
    pen = Pen(core, replace(run), owner)
    await _fail(core, pen, Fault(code="server", message="The run met an internal error."))
