"""A turn: the pieces of an answer, and the items and events they become."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from clew.domain.event import EventKind
from clew.domain.item import ItemStatus, Kind, PartKind, Usage
from clew.domain.run import RunState, move
from clew.engine.model import CallArguments, CallStarted, Finished, RefusalPiece, TextPiece
from clew.engine.model import Usage as Counted
from clew.engine.pen import Pen, Stopped
from clew.engine.turn import Turn, give_up
from clew.service import messages, runs
from support.world import World

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from clew.domain.item import Item
    from clew.domain.run import Run
    from clew.engine.model import Piece

STOP = Finished(reason="stop", usage=Counted(prompt_tokens=3, completion_tokens=2))
CALLS = Finished(reason="tool_calls", usage=Counted(prompt_tokens=3, completion_tokens=2))
CUT = Finished(reason="length", usage=Counted(prompt_tokens=3, completion_tokens=2))


@pytest.fixture
async def world(tmp_path) -> AsyncIterator[World]:
    async with World(tmp_path) as world:
        yield world


@pytest.fixture
async def run(world) -> Run:
    await world.begun()
    (run,) = await world.store.write(lambda tx: tx.runs.claim(owner="me", now=0, lease_until=10**18, limit=1))

    async def running(tx: Any, run: Run) -> Any:
        return move(run, RunState.RUNNING), []

    return await Pen(world.core, run, "me").change(running)


@pytest.fixture
def pen(world, run) -> Pen:
    return Pen(world.core, run, "me")


async def take(world: World, pen: Pen, *pieces: Piece) -> Turn:
    turn = Turn(world.core, pen)
    for piece in pieces:
        await turn.take(piece)
    await pen.flush()
    return turn


async def answer(world: World, run: Run) -> Item:
    return (await world.messages(run.thread_id))[-1]


class TestText:
    async def test_is_open_from_the_first_piece_on(self, world, run, pen):
        await take(world, pen, TextPiece(text="Hello"))
        message = await answer(world, run)
        assert (message.status, message.parts, message.role) == (ItemStatus.IN_PROGRESS, (), "assistant")

    async def test_is_whole_at_the_end(self, world, run, pen):
        await take(world, pen, TextPiece(text="Hel"), TextPiece(text="lo"), STOP)
        message = await answer(world, run)
        assert (message.status, message.parts[0].text) == (ItemStatus.COMPLETED, "Hello")
        assert (await world.get(run)).state is RunState.COMPLETED

    async def test_belongs_to_its_step_its_run_and_its_assistant(self, world, run, pen):
        await take(world, pen, TextPiece(text="Hello"), STOP)
        (step,) = await world.steps(run)
        message = await answer(world, run)
        assert (message.parent_id, message.run_id, message.author_id) == (step.id, run.id, run.assistant_id)
        assert (step.trace.output, step.usage) == (message.id, Usage(prompt_tokens=3, completion_tokens=2))

    async def test_that_is_empty_is_a_message_with_an_empty_text(self, world, run, pen):
        await take(world, pen, STOP)
        (part,) = (await answer(world, run)).parts
        assert (part.kind, part.text) == (PartKind.TEXT, "")

    async def test_and_a_refusal_stand_in_the_order_they_began_in(self, world, run, pen):
        await take(world, pen, RefusalPiece(text="No"), TextPiece(text="But"), RefusalPiece(text="."), STOP)
        parts = (await answer(world, run)).parts
        assert [(part.kind, part.text) for part in parts] == [(PartKind.REFUSAL, "No."), (PartKind.TEXT, "But")]

    async def test_keeps_metadata_that_was_set_while_it_was_written(self, world, run, pen):
        turn = await take(world, pen, TextPiece(text="Hello"))
        message = await answer(world, run)
        await messages.modify(world.core, world.caller, run.thread_id, message.id, metadata={"seen": "yes"})
        await turn.take(STOP)
        assert (await answer(world, run)).metadata == {"seen": "yes"}

    async def test_that_was_deleted_while_it_was_written_stays_deleted(self, world, run, pen):
        turn = await take(world, pen, TextPiece(text="Hello"))
        await messages.delete(world.core, world.caller, run.thread_id, (await answer(world, run)).id)
        await turn.take(TextPiece(text=" there"))
        await turn.take(STOP)
        assert [message.role for message in await world.messages(run.thread_id)] == ["user"]
        assert (await world.get(run)).state is RunState.COMPLETED

    async def test_that_a_filter_stopped_is_incomplete(self, world, run, pen):
        await take(world, pen, TextPiece(text="Hello"), Finished(reason="content_filter", usage=None))
        message = await answer(world, run)
        assert (message.status, message.incomplete_reason) == (ItemStatus.INCOMPLETE, "content_filter")


class TestCalls:
    async def test_are_owed_in_the_order_of_their_beginning(self, world, run, pen):
        await take(
            world, pen,
            CallStarted(index=0, name="a"), CallStarted(index=1, name="b"),
            CallArguments(index=1, fragment='{"x"'), CallArguments(index=0, fragment="{}"),
            CallArguments(index=1, fragment=":1}"), CALLS,
        )  # fmt: skip
        now = await world.get(run)
        assert now.state is RunState.WAITING
        assert [(call.name, call.arguments) for call in now.progress.owed] == [("a", "{}"), ("b", '{"x":1}')]

    async def test_without_arguments_have_an_empty_object(self, world, run, pen):
        await take(world, pen, CallStarted(index=0, name="a"), CALLS)
        assert (await world.get(run)).progress.owed[0].arguments == "{}"

    async def test_whose_numbers_have_gaps_are_counted_anew(self, world, run, pen):
        await take(world, pen, CallStarted(index=4, name="a"), CallArguments(index=4, fragment="{}"), CALLS)
        indexes = [event.delta.index for event in await world.events(run) if event.delta]
        assert set(indexes) == {0}

    async def test_give_the_lease_back_and_count_the_turn(self, world, run, pen):
        await take(world, pen, CallStarted(index=0, name="a"), CALLS)
        now = await world.get(run)
        assert (now.lease_owner, now.lease_until, now.turns) == (None, None, 1)
        assert now.progress.usage == Usage(prompt_tokens=3, completion_tokens=2)

    async def test_end_the_text_before_them(self, world, run, pen):
        await take(world, pen, TextPiece(text="Let me see."), CallStarted(index=0, name="a"), CALLS)
        said, calls = await world.steps(run)
        assert (said.status, calls.status) == (ItemStatus.COMPLETED, ItemStatus.IN_PROGRESS)
        assert (said.usage, calls.usage) == (Usage(), Usage(prompt_tokens=3, completion_tokens=2))
        assert (await answer(world, run)).status is ItemStatus.COMPLETED

    async def test_keep_the_text_after_them_with_their_step(self, world, run, pen):
        await take(world, pen, CallStarted(index=0, name="a"), TextPiece(text="Wait."), CALLS)
        (step,) = await world.steps(run)
        assert step.trace.output == "Wait."
        assert [message.role for message in await world.messages(run.thread_id)] == ["user"]

    async def test_that_the_budget_cut_are_never_owed(self, world, run, pen):
        await take(world, pen, CallStarted(index=0, name="a"), CallArguments(index=0, fragment="{"), CUT)
        now = await world.get(run)
        (step,) = await world.steps(run)
        assert (now.state, now.progress.owed, step.status) == (RunState.INCOMPLETE, (), ItemStatus.COMPLETED)

    async def test_stop_where_the_run_is_being_cancelled(self, world, run, pen):
        turn = await take(world, pen, CallStarted(index=0, name="a"))
        await runs.cancel(world.core, world.caller, run.thread_id, run.id)
        with pytest.raises(Stopped):
            await turn.take(CALLS)


class TestEnd:
    async def test_does_not_complete_a_run_that_is_being_cancelled_with_words_that_no_reader_has_seen(
        self, world, run, pen
    ):
        turn = await take(world, pen, TextPiece(text="Hello"))
        await runs.cancel(world.core, world.caller, run.thread_id, run.id)
        await turn.take(TextPiece(text=" there"))
        with pytest.raises(Stopped):
            await turn.take(STOP)
        await give_up(world.core, pen, RunState.CANCELLED)
        assert (await answer(world, run)).parts[0].text == "Hello"

    async def test_may_come_before_a_cancel_is_noticed(self, world, run, pen):
        turn = await take(world, pen, TextPiece(text="Hello"))
        await runs.cancel(world.core, world.caller, run.thread_id, run.id)
        await turn.take(STOP)
        assert (await world.get(run)).state is RunState.COMPLETED

    async def test_that_is_early_closes_what_is_open(self, world, run, pen):
        await take(world, pen, TextPiece(text="Hello"))
        await give_up(world.core, pen, RunState.INCOMPLETE, incomplete_reason="max_prompt_tokens")
        (step,) = await world.steps(run)
        message = await answer(world, run)
        assert (step.status, message.status, message.parts[0].text) == (
            ItemStatus.COMPLETED,
            ItemStatus.INCOMPLETE,
            "Hello",
        )

    async def test_is_told_in_the_order_that_streams_show(self, world, run, pen):
        await take(world, pen, TextPiece(text="Hello"), STOP)
        told = [(event.kind, event.item.kind if event.item else None) for event in await world.events(run)][1:]
        assert told == [
            (EventKind.ITEM_CREATED, Kind.GENERATION),
            (EventKind.ITEM_CREATED, Kind.MESSAGE),
            (EventKind.DELTA, None),
            (EventKind.ITEM_ENDED, Kind.MESSAGE),
            (EventKind.ITEM_ENDED, Kind.GENERATION),
            (EventKind.RUN_MOVED, None),
        ]
