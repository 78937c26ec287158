"""The pen: fragments gather while a write is under way, and whatever was kept is announced."""

from __future__ import annotations

import asyncio
import gc
from typing import TYPE_CHECKING, Any

import pytest

from clew.domain.event import Delta, Event, EventKind
from clew.domain.run import RunState, move
from clew.engine.pen import GATHERED, Lost, Pen, Stopped, merge
from clew.service import runs, threads
from clew.storage.port import StoreProblem
from support.world import World

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from clew.domain.run import Run


@pytest.fixture
async def world(tmp_path) -> AsyncIterator[World]:
    async with World(tmp_path) as world:
        yield world


@pytest.fixture
async def run(world) -> Run:
    """A run that is ours, and running."""
    await world.begun()
    (run,) = await world.store.write(lambda tx: tx.runs.claim(owner="me", now=0, lease_until=10**18, limit=1))
    return await Pen(world.core, run, "me").change(running)


@pytest.fixture
def pen(world, run) -> Pen:
    return Pen(world.core, run, "me")


async def running(tx: Any, run: Run) -> Any:
    return move(run, RunState.RUNNING), []


async def nothing(tx: Any, run: Run) -> Any:
    return run, []


async def note(tx: Any, run: Run) -> Any:
    return run, [Event(kind=EventKind.RUN_MOVED, at=0, progress=run.progress)]


def said(text: str, **more: Any) -> Delta:
    return Delta(item_id="msg", text=text, **more)


class TestMerge:
    def test_joins_neighbours_of_one_text(self):
        assert merge([said("a"), said("b"), said("c")]) == [said("abc")]

    def test_joins_neighbours_of_one_refusal(self):
        assert merge([Delta(item_id="m", refusal="a"), Delta(item_id="m", refusal="b")]) == [
            Delta(item_id="m", refusal="ab")
        ]

    def test_joins_the_arguments_of_one_call_but_not_its_name(self):
        named = Delta(item_id="s", call_id="c", name="f", arguments="")
        pieces = [named, Delta(item_id="s", arguments="{"), Delta(item_id="s", arguments="}")]
        assert merge(pieces) == [named, Delta(item_id="s", arguments="{}")]

    @pytest.mark.parametrize(
        "other",
        [
            Delta(item_id="other", text="b"),
            Delta(item_id="msg", index=1, text="b"),
            Delta(item_id="msg", refusal="b"),
            Delta(item_id="msg", arguments="b"),
        ],
    )
    def test_keeps_apart_what_belongs_apart(self, other):
        assert merge([said("a"), other, said("c")]) == [said("a"), other, said("c")]

    def test_of_nothing_is_nothing(self):
        assert merge([]) == []


class TestFragment:
    async def test_is_written_soon(self, world, run, pen):
        pen.fragment(said("a"))
        await pen.flush()
        assert [event.delta for event in await world.events(run) if event.delta] == [said("a")]

    async def test_waits_for_the_write_before_it_and_goes_with_its_neighbours(self, world, run, pen):
        pen.fragment(said("a"))
        await asyncio.sleep(0)  # the first is on its way
        for text in "bcd":
            pen.fragment(said(text))
        await pen.flush()
        assert [event.delta.text for event in await world.events(run) if event.delta] == ["a", "bcd"]

    async def test_that_waits_long_is_put_together_and_takes_no_room_for_each(self, world, run, pen):
        pen.fragment(said("first"))
        for _ in range(10_000):
            pen.fragment(said("x"))
        assert len(pen._waiting) <= GATHERED
        await pen.flush()
        assert "".join(event.delta.text for event in await world.events(run) if event.delta) == "first" + "x" * 10_000

    async def test_comes_before_the_change_after_it(self, world, run, pen):
        pen.fragment(said("a"))
        await pen.change(note)
        assert [event.kind for event in await world.events(run)][-2:] == [EventKind.DELTA, EventKind.RUN_MOVED]

    async def test_that_cannot_be_written_is_told_with_the_next(self, world, run, pen):
        await threads.delete(world.core, world.caller, run.thread_id)
        pen.fragment(said("a"))
        with pytest.raises(Lost):
            await pen.flush()
        with pytest.raises(Lost):
            pen.fragment(said("b"))

    async def test_that_the_store_refuses_is_told(self, world, pen, monkeypatch):
        async def broken(unit):
            raise StoreProblem("The disk is full.")

        monkeypatch.setattr(world.store, "write", broken)
        pen.fragment(said("a"))
        with pytest.raises(StoreProblem):
            await pen.flush()

    async def test_after_laying_down_is_not_written(self, world, run, pen):
        pen.fragment(said("a"))
        await asyncio.sleep(0)
        pen.fragment(said("b"))
        await pen.lay_down()
        assert [event.delta.text for event in await world.events(run) if event.delta] == ["a"]


class TestChange:
    async def test_gives_the_run_as_it_stands_in_the_store(self, world, run, pen):
        await runs.modify(world.core, world.caller, run.thread_id, run.id, metadata={"a": "b"})
        assert (await pen.change(nothing)).progress.metadata == {"a": "b"}

    async def test_of_a_run_that_is_being_cancelled_is_stopped(self, world, run, pen):
        await runs.cancel(world.core, world.caller, run.thread_id, run.id)
        with pytest.raises(Stopped):
            await pen.change(nothing)
        pen.fragment(said("a"))
        with pytest.raises(Stopped):
            await pen.flush()

    async def test_may_be_made_even_then(self, world, run, pen):
        await runs.cancel(world.core, world.caller, run.thread_id, run.id)
        pen.fragment(said("a"))
        await pen.change(note, even_if_stopped=True)
        kinds = [event.kind for event in await world.events(run)]
        assert EventKind.DELTA not in kinds

    async def test_of_a_run_that_is_gone_is_lost(self, world, run, pen):
        await threads.delete(world.core, world.caller, run.thread_id)
        with pytest.raises(Lost):
            await pen.change(nothing, even_if_stopped=True)

    async def test_that_is_interrupted_is_announced_all_the_same(self, world, run, pen):
        feed = world.core.feeds.join(run.id)
        task = asyncio.ensure_future(pen.change(note))
        await asyncio.sleep(0)
        await asyncio.sleep(0)  # on its way to the store
        task.cancel()
        await asyncio.wait({task})
        await pen.lay_down()
        assert task.cancelled()
        stored = await world.events(run)
        assert feed.after(stored[-1].number - 1) == stored[-1:]

    async def test_that_is_interrupted_and_lost_leaves_no_complaint(self, world, run, pen):
        complaints: list[Any] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, complaint: complaints.append(complaint))
        await threads.delete(world.core, world.caller, run.thread_id)
        task = asyncio.ensure_future(pen.change(note))
        await asyncio.sleep(0)
        await asyncio.sleep(0)  # on its way to the store
        task.cancel()
        await asyncio.wait({task})
        await pen.lay_down()
        del pen._changing
        gc.collect()
        assert task.cancelled()
        assert complaints == []

    async def test_that_is_interrupted_before_its_fragments_are_written_loses_none(self, world, run, pen):
        feed = world.core.feeds.join(run.id)
        pen.fragment(said("a"))
        task = asyncio.ensure_future(pen.change(note))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait({task})
        await pen.lay_down()
        stored = await world.events(run)
        assert feed.after(stored[-1].number - 1) == stored[-1:]
        assert stored[-1].delta == said("a")
