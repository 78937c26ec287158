"""How runs end early: what is open is closed, in the order that streams show."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from clew.domain.event import Delta, Event, EventKind
from clew.domain.item import Fault, Item, ItemStatus, Kind, Part, PartKind, Trace
from clew.domain.run import RunState, move
from clew.service.closing import Written, close
from support.world import World

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from clew.domain.run import Run

FAULT = Fault(code="server", message="It broke.")


@pytest.fixture
async def world(tmp_path) -> AsyncIterator[World]:
    async with World(tmp_path) as world:
        yield world


@pytest.fixture
async def run(world) -> Run:
    """A run that is in the middle of a message, with a call open from before."""
    run = await world.begun()

    def item(id_: str, kind: Kind, parent_id: str, **more: Any) -> Item:
        return Item(
            thread_id=run.thread_id, id=id_, kind=kind, created_at=0, status=ItemStatus.IN_PROGRESS,
            parent_id=parent_id, run_id=run.id, trace=Trace(name="x"), **more,
        )  # fmt: skip

    async def unit(tx: Any) -> Run:
        running = move(run, RunState.RUNNING)
        await tx.runs.update(running)
        await tx.items.append(
            run.project_id,
            run.thread_id,
            [
                item("step_1", Kind.GENERATION, run.id),
                item("call_1", Kind.TOOL_CALL, "step_1"),
                item("step_2", Kind.GENERATION, run.id),
                item("msg_1", Kind.MESSAGE, "step_2", role="assistant"),
            ],
        )
        deltas = [Delta(item_id="msg_1", text="Hel"), Delta(item_id="msg_1", text="lo")]
        await tx.events.append(running, [Event(kind=EventKind.DELTA, at=0, delta=delta) for delta in deltas])
        return running

    return await world.store.write(unit)


async def closed(world: World, run: Run, to: RunState, **more: Any) -> tuple[Run, list[Event]]:
    async def unit(tx: Any) -> tuple[Run, list[Event]]:
        ended, events = await close(tx, run, to, now=7, **more)
        await tx.runs.update(ended)
        return ended, events

    return await world.store.write(unit)


async def test_messages_end_first_then_steps_then_the_run(world, run):
    _, events = await closed(world, run, RunState.FAILED, error=FAULT)
    assert [event.item.id if event.item else event.progress.state for event in events] == [
        "msg_1",
        "step_1",
        "step_2",
        RunState.FAILED,
    ]


@pytest.mark.parametrize(
    ("to", "step", "reason"),
    [
        (RunState.FAILED, ItemStatus.FAILED, "run_failed"),
        (RunState.EXPIRED, ItemStatus.EXPIRED, "run_expired"),
        (RunState.INCOMPLETE, ItemStatus.COMPLETED, "max_tokens"),
    ],
)
async def test_each_item_ends_as_the_run_does(world, run, to, step, reason):
    await closed(world, run, to)
    (message,) = [one for one in await world.messages(run.thread_id) if one.run_id]
    assert (message.status, message.incomplete_reason, message.finished_at) == (ItemStatus.INCOMPLETE, reason, 7)
    assert {one.status for one in await world.steps(run)} == {step}


async def test_a_message_keeps_what_readers_have_seen_of_it(world, run):
    _, events = await closed(world, run, RunState.EXPIRED)
    assert events[0].item.parts == (Part(kind=PartKind.TEXT, text="Hello"),)


async def test_calls_end_with_the_step_that_asked_for_them(world, run):
    _, events = await closed(world, run, RunState.FAILED, error=FAULT)
    (call,) = events[1].calls
    assert (call.id, call.status, call.trace.error, events[2].calls) == ("call_1", ItemStatus.FAILED, FAULT, ())


async def test_the_run_owes_nothing_and_is_nobodys(world, run):
    ended, _ = await closed(world, run, RunState.FAILED, error=FAULT)
    progress = ended.progress
    assert (progress.ended_at, progress.expires_at, progress.owed, progress.error) == (7, None, (), FAULT)
    assert (ended.lease_owner, ended.lease_until) == (None, None)


async def test_what_is_closed_stays_as_it_is(world, run):
    await closed(world, run, RunState.FAILED, error=FAULT)
    again = await world.begun()
    _, events = await closed(world, again, RunState.FAILED)
    assert [event.kind for event in events] == [EventKind.RUN_MOVED]


class TestWritten:
    def test_has_a_part_for_text_and_one_for_a_refusal_as_they_begin(self):
        written = Written()
        assert (written.index(PartKind.REFUSAL), written.index(PartKind.TEXT)) == (0, 0)
        for delta in (
            Delta(item_id="m", refusal="No"),
            Delta(item_id="m", text="But"),
            Delta(item_id="m", refusal="."),
        ):
            written.add(delta)
        assert (written.index(PartKind.REFUSAL), written.index(PartKind.TEXT)) == (0, 1)
        assert [part.text for part in written.parts()] == ["No.", "But"]

    def test_of_nothing_is_nothing(self):
        assert Written().parts() == ()
