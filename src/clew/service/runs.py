"""Runs, as callers see them: starting, reading, cancelling, answering their tool calls, following their events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from clew.domain.event import Event, EventKind
from clew.domain.expiration import SECOND
from clew.domain.item import Item, ItemStatus, Kind
from clew.domain.noun import Noun, replace
from clew.domain.page import Order, Page, Window
from clew.domain.patch import Revision, revised
from clew.domain.problem import NotFound, OutputsMismatch, ThreadBusy, Unavailable, WrongState
from clew.domain.run import CANCELLABLE, Overrides, Progress, Run, RunState, Truncation, move
from clew.domain.tool import ResponseFormat, Tool, ToolChoice, ToolKind, ToolResources
from clew.service import activity, assistants, indexes, messages, quotas, threads
from clew.service.closing import close

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterator, Sequence

    from clew.domain.assistant import Assistant
    from clew.domain.project import Caller
    from clew.domain.thread import Thread
    from clew.service.core import Core
    from clew.service.messages import NewMessage
    from clew.service.threads import NewThread
    from clew.storage.port import Tx

EVENTS_AT_ONCE: Final = 500
LOOK_AGAIN_SECONDS: Final = 15


class NewRun(Noun, frozen=True, kw_only=True):
    """What a new run is to be. None means: as the assistant has it.

    `tools` stand in place of all that assistant and thread have. `overrides` go before the other fields, and are
    kept on the run as they are; their tools come on top.
    """

    assistant_id: str
    model: str | None = None
    instructions: str | None = None
    additional_instructions: str | None = None
    additional_messages: tuple[NewMessage, ...] = ()
    tools: tuple[Tool, ...] | None = None
    tool_resources: ToolResources | None = None
    metadata: dict[str, Any] = {}
    temperature: float | None = None
    top_p: float | None = None
    reasoning_effort: str | None = None
    response_format: ResponseFormat | None = None
    tool_choice: ToolChoice = ToolChoice()
    parallel_tool_calls: bool = True
    truncation: Truncation | None = None
    max_prompt_tokens: int | None = None
    max_completion_tokens: int | None = None
    overrides: Overrides | None = None
    streamed: bool = True
    limits_each_turn: bool = False


class Output(Noun, frozen=True, kw_only=True):
    """What a caller's function gave for one call."""

    call_id: str
    output: str


class Changed(Noun, frozen=True, kw_only=True):
    """A run after a change, and the number of the last event before that change: where a stream of it begins."""

    run: Run
    events_before: int
    thread: Thread | None = None


def _effective(new: NewRun, assistant: Assistant) -> str:
    text = assistant.instructions if new.instructions is None else new.instructions
    return "\n\n".join(part for part in (text, new.additional_instructions) if part)


def _first(*values: Any) -> Any:  # noqa: ANN401 (any field of a run)
    """The first that is said."""
    return next((value for value in values if value is not None), None)


def _tools(thread: Thread, assistant: Assistant, new: NewRun) -> tuple[Tool, ...]:
    """The assistant's tools, the thread's and the run's: of functions with one name the last that was named."""
    first = assistant.tools if new.tools is None else new.tools
    more = (*(thread.tools if new.tools is None else ()), *((new.overrides and new.overrides.tools) or ()))
    if not more:
        return first
    tools = (*first, *more)
    named = {tool.name: tool for tool in tools if tool.kind is ToolKind.FUNCTION}
    return tuple(tool for tool in tools if tool.kind is not ToolKind.FUNCTION or named[tool.name] is tool)


def _fresh(core: Core, caller: Caller, thread: Thread, assistant: Assistant, new: NewRun) -> Run:
    """The run, with everything it asks of the model frozen as it is now."""
    now = core.now()
    over = new.overrides or Overrides()
    return Run(
        project_id=thread.project_id,
        thread_id=thread.id,
        id=core.ids.within("run", thread.id),
        assistant_id=assistant.id,
        created_at=now,
        model=new.model or assistant.model,
        progress=Progress(
            state=RunState.QUEUED, expires_at=now + core.limits.run_seconds * SECOND, metadata=new.metadata
        ),
        instructions=_effective(new, assistant),
        tools=_tools(thread, assistant, new),
        tool_resources=new.tool_resources,
        tool_choice=new.tool_choice,
        parallel_tool_calls=new.parallel_tool_calls,
        response_format=_first(over.response_format, new.response_format, assistant.response_format, ResponseFormat()),
        truncation=_first(over.truncation, new.truncation, assistant.truncation, Truncation()),
        temperature=_first(over.temperature, new.temperature, assistant.temperature),
        top_p=_first(new.top_p, assistant.top_p),
        reasoning_effort=new.reasoning_effort or assistant.reasoning_effort,
        # An assistant's limit of 0, which one dialect's updates leave behind, is none.
        max_prompt_tokens=_first(over.max_prompt_tokens, new.max_prompt_tokens, assistant.max_prompt_tokens or None),
        max_completion_tokens=_first(
            over.max_completion_tokens, new.max_completion_tokens, assistant.max_completion_tokens or None
        ),
        overrides=new.overrides,
        streamed=new.streamed,
        limits_each_turn=new.limits_each_turn,
        folder=thread.folder,
        created_by=caller.subject or None,
    )


async def _start(
    tx: Tx,
    core: Core,
    caller: Caller,
    new: NewRun,
    *,
    thread: Thread,
    assistant: Assistant,
    first: Sequence[Event] = (),
) -> tuple[Run, list[Event]]:
    if new.additional_messages:
        entered = await messages.enter(tx, core, caller, thread.id)
        thread, _ = await messages.append(tx, core, caller, entered, new.additional_messages)
    run = await tx.runs.insert(_fresh(core, caller, thread, assistant, new))
    created = Event(kind=EventKind.RUN_CREATED, at=run.created_at, progress=run.progress)
    events = await tx.events.append(run, [*first, created])
    return replace(run, last_event=events[-1].number), events


def _announce(core: Core, run: Run, events: Sequence[Event]) -> None:
    core.feeds.publish(run.id, events)
    if run.state is RunState.QUEUED:
        core.signals.work.set()


async def create(core: Core, caller: Caller, thread_id: str, new: NewRun, *, unless_busy: bool = False) -> Changed:
    """A queued run of the assistant over the thread, after its additional messages. With `unless_busy` one at a time.

    Raises `NotFound` for thread, assistant or a file or index that is named, `ThreadBusy`, `TooLarge`.
    """

    async def unit(tx: Tx) -> tuple[Run, list[Event]]:
        thread = await threads.require(tx, core, caller, thread_id)
        assistant = await assistants.require(tx, core, caller, new.assistant_id)
        if unless_busy and (busy := await tx.runs.active(caller.project_id, thread_id)):
            raise ThreadBusy(thread_id, busy[0].id, attempt="run")
        await indexes.check_changed(tx, core, caller, None, new.tool_resources)
        await quotas.take(tx, core, caller.project_id, messages=len(new.additional_messages), runs=1)
        return await _start(tx, core, caller, new, thread=thread, assistant=assistant)

    run, events = await core.store.write(unit)
    _announce(core, run, events)
    return Changed(run=run, events_before=0)


async def create_with_thread(core: Core, caller: Caller, new_thread: NewThread, new: NewRun) -> Changed:
    """A new thread and a queued run over it, both or neither.

    Raises `NotFound` for the assistant, or a file or index that is named.
    """

    async def unit(tx: Tx) -> tuple[Thread, Run, list[Event]]:
        assistant = await assistants.require(tx, core, caller, new.assistant_id)
        said = len(new_thread.messages) + len(new.additional_messages)
        await quotas.take(tx, core, caller.project_id, threads=1, messages=said, runs=1)
        thread = await threads.insert(tx, core, caller, new_thread)
        created = Event(kind=EventKind.THREAD_CREATED, at=thread.created_at)
        run, events = await _start(tx, core, caller, new, thread=thread, assistant=assistant, first=(created,))
        return thread, run, events

    thread, run, events = await core.store.write(unit)
    _announce(core, run, events)
    return Changed(run=run, events_before=0, thread=thread)


async def require(tx: Tx, core: Core, caller: Caller, thread_id: str, run_id: str) -> Run:
    """Within a unit: the run. Raises `NotFound` for the thread, else for the run."""
    await threads.require(tx, core, caller, thread_id)
    run = await tx.runs.get(caller.project_id, thread_id, run_id)
    if run is None:
        raise NotFound("run", run_id)
    return run


async def get(core: Core, caller: Caller, thread_id: str, run_id: str) -> Run:
    """The run. Raises `NotFound` for the thread, else for the run."""

    async def unit(tx: Tx) -> Run:
        return await require(tx, core, caller, thread_id, run_id)

    return await core.store.read(unit)


async def require_found(tx: Tx, core: Core, caller: Caller, run_id: str) -> Run:
    """Within a unit: the run, by its id alone. Raises `NotFound`, also where its thread is gone."""
    run = await tx.runs.find(caller.project_id, run_id, now=core.expiry_now())
    if run is None:
        raise NotFound("run", run_id)
    return run


async def find(core: Core, caller: Caller, run_id: str) -> Run:
    """The run, by its id alone; it names its thread. Raises `NotFound`, also where its thread is gone."""

    async def unit(tx: Tx) -> Run:
        return await require_found(tx, core, caller, run_id)

    return await core.store.read(unit)


async def last(core: Core, caller: Caller, thread_id: str) -> Run:
    """The thread's newest run. Raises `NotFound` for the thread, and for a run where it has none."""

    async def unit(tx: Tx) -> Run:
        await threads.require(tx, core, caller, thread_id)
        found = await tx.runs.page(caller.project_id, thread_id, Window(limit=1, order=Order.DESC))
        if not found.things:
            raise NotFound("run", "", within=("thread", thread_id))
        return found.things[0]

    return await core.store.read(unit)


async def answers(core: Core, caller: Caller, found: Sequence[Run]) -> dict[str, Item]:
    """By run, the last message that it wrote: of those of these runs that came to one, while their thread has it."""
    over = [run for run in found if run.state in (RunState.COMPLETED, RunState.INCOMPLETE)]
    newest = Window(limit=1, order=Order.DESC)

    async def unit(tx: Tx) -> dict[str, Item]:
        read = [
            await tx.items.page(caller.project_id, run.thread_id, newest, kind=Kind.MESSAGE, run_id=run.id)
            for run in over
        ]
        return {run.id: page.things[0] for run, page in zip(over, read, strict=True) if page.things}

    return await core.store.read(unit) if over else {}


async def page_all(core: Core, caller: Caller, window: Window) -> Page[Run]:
    """A page of all the project's runs, in order of their making. Raises `NotFound` for an unknown cursor."""

    async def unit(tx: Tx) -> Page[Run]:
        return await tx.runs.page_all(caller.project_id, window, now=core.expiry_now())

    return await core.store.read(unit)


async def page(core: Core, caller: Caller, thread_id: str, window: Window) -> Page[Run]:
    """A page of the thread's runs. Raises `NotFound` for the thread or an unknown cursor."""

    async def unit(tx: Tx) -> Page[Run]:
        await threads.require(tx, core, caller, thread_id)
        return await tx.runs.page(caller.project_id, thread_id, window)

    return await core.store.read(unit)


async def modify(core: Core, caller: Caller, thread_id: str, run_id: str, *, metadata: Revision) -> Run:
    """The run with its metadata revised, whatever its state. Raises `NotFound`."""

    async def unit(tx: Tx) -> Run:
        run = await require(tx, core, caller, thread_id, run_id)
        run = replace(run, progress=replace(run.progress, metadata=revised(run.progress.metadata, metadata)))
        await tx.runs.update(run)
        return run

    return await core.store.write(unit)


async def cancel(core: Core, caller: Caller, thread_id: str, run_id: str) -> Run:
    """The run as it is being cancelled. Whoever performs it is told; one that nobody performs is cancelled at once.

    Raises `NotFound`, and `WrongState` where it is over or being cancelled already.
    """

    async def unit(tx: Tx) -> tuple[Run, list[Event]]:
        run = await require(tx, core, caller, thread_id, run_id)
        if run.state not in CANCELLABLE:
            raise WrongState("run", run_id, state=run.state, attempt="cancel")
        performed = run.state is RunState.RUNNING
        cancelling = move(run, RunState.CANCELLING, owed=())
        events = [Event(kind=EventKind.RUN_MOVED, at=core.now(), progress=cancelling.progress)]
        if performed:
            await tx.runs.update(cancelling)
        else:
            await activity.touch(tx, core, run)
            ended, more = await close(tx, cancelling, RunState.CANCELLED, now=core.now())
            await tx.runs.update(ended)
            events += more
        return cancelling, await tx.events.append(run, events)

    run, events = await core.store.write(unit)
    core.feeds.publish(run.id, events)
    core.signals.stop(run.id)
    return run


async def submit(core: Core, caller: Caller, thread_id: str, run_id: str, outputs: Sequence[Output]) -> Changed:
    """The run, queued again with the outputs of all the calls it waited for.

    Raises `NotFound`, `WrongState` where it does not wait, `OutputsMismatch` where they are for other calls.
    """

    async def unit(tx: Tx) -> tuple[Run, int, list[Event]]:
        run = _waiting(await require(tx, core, caller, thread_id, run_id))
        owed = [call.id for call in run.progress.owed]
        got = [output.call_id for output in outputs]
        if sorted(owed) != sorted(got):
            raise OutputsMismatch(expected=owed, got=got)
        return await _submitted(tx, core, run, {output.call_id: output.output for output in outputs})

    return _resumed(core, *await core.store.write(unit))


async def submit_by_name(core: Core, caller: Caller, run_id: str, results: Sequence[tuple[str, str]]) -> Changed:
    """The same for a caller who knows functions by name only: pairs of a name and what the function gave.

    Several results for one name go to its calls in order. Raises `NotFound`, `WrongState` where the run does not
    wait, `OutputsMismatch` (with names) where there is not exactly one result for each call that is owed.
    """

    async def unit(tx: Tx) -> tuple[Run, int, list[Event]]:
        run = _waiting(await require_found(tx, core, caller, run_id))
        owed = [call.name for call in run.progress.owed]
        got = [name for name, _ in results]
        if sorted(owed) != sorted(got):
            raise OutputsMismatch(expected=owed, got=got)
        by_name: dict[str, Iterator[str]] = {
            name: iter([output for other, output in results if other == name]) for name in owed
        }
        return await _submitted(tx, core, run, {call.id: next(by_name[call.name]) for call in run.progress.owed})

    return _resumed(core, *await core.store.write(unit))


def _waiting(run: Run) -> Run:
    if run.state is not RunState.WAITING:
        raise WrongState("run", run.id, state=run.state, attempt="submit")
    return run


async def _submitted(tx: Tx, core: Core, run: Run, outputs: dict[str, str]) -> tuple[Run, int, list[Event]]:
    """Within a unit: the run, queued with these outputs by call, its last event before, and its events."""
    ended = await _fill(tx, core, run, outputs)
    queued = replace(move(run, RunState.QUEUED, owed=()), lease_owner=None, lease_until=None)
    await tx.runs.update(queued)
    moved = Event(kind=EventKind.RUN_MOVED, at=core.now(), progress=queued.progress)
    return queued, run.last_event, await tx.events.append(run, [*ended, moved])


def _resumed(core: Core, run: Run, before: int, events: list[Event]) -> Changed:
    _announce(core, run, events)
    return Changed(run=replace(run, last_event=events[-1].number), events_before=before)


async def _fill(tx: Tx, core: Core, run: Run, outputs: dict[str, str]) -> list[Event]:
    """Put the outputs into their calls and complete the generations that asked for them."""
    now = core.now()
    items = await tx.items.of_run(run.project_id, run.thread_id, run.id)
    filled: list[Item] = []
    for item in items:
        if item.kind is Kind.TOOL_CALL and item.id in outputs and item.trace is not None:
            done = replace(
                item,
                status=ItemStatus.COMPLETED,
                finished_at=now,
                trace=replace(item.trace, output=outputs[item.id], ended_at=now),
            )
            await tx.items.update(run.project_id, done)
            filled.append(done)
    parents = {item.parent_id for item in filled}
    events: list[Event] = []
    for item in items:
        if item.kind is Kind.GENERATION and item.id in parents:
            done = replace(item, status=ItemStatus.COMPLETED, finished_at=now)
            await tx.items.update(run.project_id, done)
            calls = tuple(call for call in filled if call.parent_id == item.id)
            events.append(Event(kind=EventKind.ITEM_ENDED, at=now, item=done, calls=calls))
    return events


async def follow(
    core: Core, caller: Caller, thread_id: str, run_id: str, *, after: int = 0
) -> AsyncGenerator[list[Event], None]:
    """The run's events above `after`, as they come, in small lists. Ends with the run or its thread.

    An empty list comes where there was nothing for a while: a sign of life for whoever passes them on.

    Raises `NotFound` for the thread, else for the run, and `Unavailable` where the server goes first. A reader
    that is slow misses nothing. Hold it in `contextlib.aclosing`.
    """
    run = await get(core, caller, thread_id, run_id)
    feed = core.feeds.join(run.id)
    # Nothing tells this process of what another process writes, or of a run that goes with its expired thread.
    feed.watch(LOOK_AGAIN_SECONDS)
    number = after
    doubtful = True
    try:
        while True:
            moved, silences = feed.moved(), feed.silences
            events = None if doubtful else feed.after(number)
            if events is None:
                events = await _stored(core, caller, thread_id, run_id, number)
            if events:
                number, doubtful = events[-1].number, False
                yield events
                if events[-1].progress is not None and events[-1].progress.ended_at is not None:
                    return
            elif (feed.closed or doubtful) and await _over(core, caller, thread_id, run_id, number):
                return
            elif feed.closed:
                raise Unavailable("the server is stopping; the run goes on with its next start, and can be read on")
            else:
                await moved.wait()
                if feed.silences > silences:
                    doubtful = True
                    yield []
    finally:
        core.feeds.leave(run.id)


async def _stored(core: Core, caller: Caller, thread_id: str, run_id: str, number: int) -> list[Event]:
    async def unit(tx: Tx) -> list[Event]:
        return await tx.events.after(caller.project_id, thread_id, run_id, number=number, limit=EVENTS_AT_ONCE)

    return await core.store.read(unit)


async def _over(core: Core, caller: Caller, thread_id: str, run_id: str, number: int) -> bool:
    """Whether no event above `number` will ever come."""

    async def unit(tx: Tx) -> Run | None:
        return await tx.runs.get(caller.project_id, thread_id, run_id)

    run = await core.store.read(unit)
    return run is None or (run.progress.ended_at is not None and run.last_event <= number)


async def steps_page(
    core: Core, caller: Caller, thread_id: str, run_id: str, window: Window
) -> Page[tuple[Item, tuple[Item, ...]]]:
    """A page of what the run's model did turn by turn: each generation with its tool calls, or the message it wrote.

    Raises `NotFound` for thread, run or an unknown cursor.
    """

    async def unit(tx: Tx) -> Page[tuple[Item, tuple[Item, ...]]]:
        await require(tx, core, caller, thread_id, run_id)
        for cursor in (window.after, window.before):
            await _check_cursor(tx, caller, thread_id, run_id, cursor)
        found = await tx.items.page(caller.project_id, thread_id, window, kind=Kind.GENERATION, run_id=run_id)
        children = await _children(tx, caller, thread_id, run_id)
        return Page(things=tuple((item, children.get(item.id, ())) for item in found.things), has_more=found.has_more)

    return await core.store.read(unit)


async def _check_cursor(tx: Tx, caller: Caller, thread_id: str, run_id: str, cursor: str | None) -> None:
    """Raise `NotFound` where the cursor is no step of this run, though it may be one of another."""
    if cursor is not None:
        item = await tx.items.get(caller.project_id, thread_id, cursor)
        if item is None or item.run_id != run_id:
            raise NotFound("step", cursor)


async def step(core: Core, caller: Caller, thread_id: str, run_id: str, step_id: str) -> tuple[Item, tuple[Item, ...]]:
    """One generation of the run with what it made. Raises `NotFound` for thread, run, else step."""

    async def unit(tx: Tx) -> tuple[Item, tuple[Item, ...]]:
        await require(tx, core, caller, thread_id, run_id)
        item = await tx.items.get(caller.project_id, thread_id, step_id)
        if item is None or item.kind is not Kind.GENERATION or item.run_id != run_id:
            raise NotFound("step", step_id)
        return item, (await _children(tx, caller, thread_id, run_id)).get(step_id, ())

    return await core.store.read(unit)


async def _children(tx: Tx, caller: Caller, thread_id: str, run_id: str) -> dict[str | None, tuple[Item, ...]]:
    by_parent: dict[str | None, tuple[Item, ...]] = {}
    for item in await tx.items.of_run(caller.project_id, thread_id, run_id):
        by_parent[item.parent_id] = (*by_parent.get(item.parent_id, ()), item)
    return by_parent
