"""The engine over a real store: claiming, leases, taking over from workers that are lost, and the last guard."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from clew.domain.event import EventKind
from clew.domain.expiration import SECOND
from clew.domain.item import ItemStatus
from clew.domain.run import RunState
from clew.engine.engine import BEAT_SECONDS, LEASE_SECONDS, LOOK_SECONDS, Engine
from clew.service import runs, threads
from clew.service.runs import Output
from clew.storage.port import RunKey, StoreProblem
from support.world import WEATHER, World

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from clew.domain.run import Run


@pytest.fixture
async def world(tmp_path, model) -> AsyncIterator[World]:
    async with World(tmp_path, model) as world:
        yield world


def kill(engine: Engine) -> list[asyncio.Task[None]]:
    """End everything the engine does without a good-bye: no lease is given back, nothing is closed."""
    tasks = [*engine._loops, *engine._performing.values()]
    for task in tasks:
        task.cancel()
    return tasks


async def killed(engine: Engine) -> None:
    await asyncio.gather(*kill(engine), return_exceptions=True)


class TestClaim:
    async def test_takes_up_what_was_queued_before_it_started(self, world, model):
        run = await world.begun()
        async with world.engine():
            assert (await world.ended(run)).state is RunState.COMPLETED

    async def test_performs_many_runs_at_once(self, world, model):
        gates = [model.hold(f"Answer {n}", after=1) for n in range(8)]
        begun = [await world.begun() for _ in range(8)]
        async with world.engine():
            for gate in gates:
                await gate.reached()
            for gate in gates:
                gate.release()
            states = [(await world.ended(run)).state for run in begun]
        assert states == [RunState.COMPLETED] * 8

    async def test_performs_no_more_than_it_may_and_the_oldest_first(self, world, model):
        gate = model.hold("The first", after=1)
        first, second = await world.begun("one"), await world.begun("two")
        async with world.engine(runs_at_once=1):
            await gate.reached()
            world.core.signals.work.set()
            assert (await world.get(second)).state is RunState.QUEUED
            gate.release()
            await world.ended(first)
            assert (await world.ended(second)).state is RunState.COMPLETED
        assert [request["messages"][-1]["content"] for request in model.requests] == ["one", "two"]

    async def test_of_a_run_whose_last_turn_is_not_quite_over_begins_it_again(self, world, model, monkeypatch):
        """Outputs may come in before the task of the turn that asked for them has let go of the model."""
        asked_again, let_go = asyncio.Event(), asyncio.Event()
        model.call(("get_weather", {}))
        run = await world.begun(tools=[WEATHER])
        async with world.engine() as engine:
            stream, begin = engine._model.stream, engine._begin

            async def slow(config, ask):
                async for piece in stream(config, ask):
                    yield piece
                await let_go.wait()

            def begun(run):
                begin(run)
                if engine._again:
                    asked_again.set()

            monkeypatch.setattr(engine._model, "stream", slow)
            monkeypatch.setattr(engine, "_begin", begun)
            waiting = await world.until(run, RunState.WAITING)
            outputs = [Output(call_id=call.id, output="rain") for call in waiting.progress.owed]
            await runs.submit(world.core, world.caller, run.thread_id, run.id, outputs)
            await asked_again.wait()
            let_go.set()
            assert (await world.ended(run)).state is RunState.COMPLETED


class TestCancel:
    async def test_lets_go_of_the_model(self, world, model):
        gate = model.hold("One two", after=1)
        run = await world.begun()
        async with world.engine():
            await world.until_said(run)
            cancelling = await runs.cancel(world.core, world.caller, run.thread_id, run.id)
            assert cancelling.state is RunState.CANCELLING
            assert (await world.ended(run)).state is RunState.CANCELLED
            await model.exchanges[0].dropped()
        gate.release()

    async def test_of_a_run_whose_worker_is_lost_is_done_by_another(self, world, model):
        gate = model.hold("One two", after=1)
        run = await world.begun()
        async with world.engine("lost") as lost:
            await world.until_said(run)
            await killed(lost)
            assert (await runs.cancel(world.core, world.caller, run.thread_id, run.id)).state is RunState.CANCELLING
            world.clock.advance(LEASE_SECONDS)
            async with world.engine("other"):
                assert (await world.ended(run)).state is RunState.CANCELLED
        gate.release()

    async def test_that_comes_while_the_end_is_being_written_loses_nothing_for_readers(self, world, model, monkeypatch):
        """The write of the end is under way when its task is interrupted: readers must be told of it all the same."""
        run = await world.begun()
        written, go = asyncio.Event(), asyncio.Event()
        write = world.store.write

        async def late(unit):
            answer = await write(unit)
            if isinstance(answer, tuple) and getattr(answer[0], "state", None) is RunState.COMPLETED:
                written.set()
                await go.wait()
            return answer

        monkeypatch.setattr(world.store, "write", late)
        async with world.engine():
            following = asyncio.ensure_future(world.ended(run))
            await written.wait()
            world.core.signals.stop(run.id)
            await world.get(run)  # the engine has had a look at it as well by then
            await world.get(run)
            go.set()
            assert (await following).state is RunState.COMPLETED

    async def test_a_word_to_look_again_does_not_disturb_a_run_that_goes_on(self, world, model):
        gate = model.hold("One two", after=1)
        run = await world.begun()
        async with world.engine():
            await world.until_said(run)
            world.core.signals.stop(run.id)
            await world.store.read(lambda tx: tx.runs.get(run.project_id, run.thread_id, run.id))
            gate.release()
            assert (await world.ended(run)).state is RunState.COMPLETED
        assert len(model.requests) == 1


class TestTakeOver:
    """A worker is lost without a word; when its lease has ended, another goes on."""

    async def taken_over(self, world: World, run: Run) -> Run:
        world.clock.advance(LEASE_SECONDS)
        other = world.another_core()
        async with world.engine("other", core=other):
            return await world.ended(run, core=other)

    async def test_in_the_middle_of_a_text_asks_again(self, world, model):
        gate = model.hold("One two", after=1)
        model.say("Three four")
        run = await world.begun()
        async with world.engine("lost") as lost:
            await world.until_said(run)
            await killed(lost)
            assert (await self.taken_over(world, run)).state is RunState.COMPLETED
        gate.release()
        said = [(item.role, item.status, item.parts[0].text) for item in await world.messages(run.thread_id)]
        assert said == [
            ("user", ItemStatus.COMPLETED, "How is Oslo?"),
            ("assistant", ItemStatus.COMPLETED, "Three four"),
        ]

    async def test_fails_the_step_that_was_lost(self, world, model):
        gate = model.hold("One two", after=1)
        run = await world.begun()
        async with world.engine("lost") as lost:
            await world.until_said(run)
            await killed(lost)
            await self.taken_over(world, run)
        gate.release()
        first, second = await world.steps(run)
        assert (first.status, second.status) == (ItemStatus.FAILED, ItemStatus.COMPLETED)
        assert "lost" in first.trace.error.message

    async def test_in_the_middle_of_calls_asks_again(self, world, model):
        gate = model.hold("", after=0)
        model.when(lambda request: not gate._opened.done()).choices(
            {"delta": {"tool_calls": [{"index": 0, "id": "c", "function": {"name": "get_weather", "arguments": "{"}}]}},
            gate,
        )
        model.call(("get_weather", {"city": "Oslo"}))
        run = await world.begun(tools=[WEATHER])
        async with world.engine("lost") as lost:
            await world.until_said(run)
            await killed(lost)
            gate.release()
            model.take()
            world.clock.advance(LEASE_SECONDS)
            async with world.engine("other"):
                waiting = await world.until(run, RunState.WAITING)
                (call,) = waiting.progress.owed
                await runs.submit(
                    world.core, world.caller, run.thread_id, run.id, [Output(call_id=call.id, output="rain")]
                )
                assert (await world.ended(run)).state is RunState.COMPLETED
        statuses = [step.status for step in await world.steps(run)]
        assert statuses == [ItemStatus.FAILED, ItemStatus.COMPLETED, ItemStatus.COMPLETED]

    async def test_readers_read_on(self, world, model):
        gate = model.hold("One two", after=1)
        model.say("Three four")
        run = await world.begun()
        async with world.engine("lost") as lost:
            reading = asyncio.ensure_future(_all(world, run))
            await world.until_said(run)
            await killed(lost)
            world.clock.advance(LEASE_SECONDS)
            async with world.engine("other"):
                events = await reading
        gate.release()
        assert [event.number for event in events] == list(range(1, len(events) + 1))
        ends = [(event.item.kind, event.item.status) for event in events if event.kind is EventKind.ITEM_ENDED]
        assert ends == [
            ("message", ItemStatus.INCOMPLETE),
            ("generation", ItemStatus.FAILED),
            ("message", ItemStatus.COMPLETED),
            ("generation", ItemStatus.COMPLETED),
        ]

    async def test_leaves_the_worker_that_was_only_slow_nothing_to_write(self, world, model):
        slow, fresh = model.hold("One two", after=1), model.hold("Three four", after=1)
        run = await world.begun()
        async with world.engine("slow"):
            await slow.reached()
            world.clock.advance(0)
            await _expire_lease(world, run)
            other = world.another_core()
            async with world.engine("other", core=other):
                await fresh.reached()
                slow.release()
                fresh.release()
                await world.ended(run, core=other)
        answers = [item.parts[0].text for item in await world.messages(run.thread_id) if item.role == "assistant"]
        assert answers == ["Three four"]


async def _all(world: World, run: Run) -> list:
    return [event async for event in world.follow(run)]


async def _expire_lease(world: World, run: Run) -> None:
    """As if the clock had run on past the lease without a beat."""

    async def unit(tx) -> None:
        await tx.runs.renew(
            owner="slow",
            run_keys=[RunKey(project_id=run.project_id, thread_id=run.thread_id, run_id=run.id)],
            lease_until=world.clock.now(),
        )

    await world.store.write(unit)


class TestLease:
    async def test_of_a_long_run_is_kept(self, world, model):
        gate = model.hold("One two", after=1)
        run = await world.begun()
        other = world.another_core()
        async with world.engine("one") as engine, world.engine("other", core=other):
            await world.until_said(run)
            for _ in range(LEASE_SECONDS // BEAT_SECONDS + 2):
                beat = asyncio.ensure_future(engine._beat())
                await asyncio.sleep(0)  # until it sleeps on the clock
                world.clock.advance(BEAT_SECONDS)
                await beat
                now = await world.get(run)
                assert (now.lease_owner, now.lease_until) == ("one", world.clock.now() + LEASE_SECONDS * SECOND)
            gate.release()
            assert (await world.ended(run)).state is RunState.COMPLETED
        assert len(model.requests) == 1

    async def test_is_given_back_when_the_server_stops(self, world, model):
        gate = model.hold("One two", after=1)
        run = await world.begun()
        async with world.engine():
            await world.until_said(run)
        now = await world.get(run)
        assert (now.state, now.lease_owner, now.lease_until) == (RunState.RUNNING, None, None)
        gate.release()

    async def test_that_was_left_behind_is_taken_at_once_by_the_only_worker_there_can_be(self, world, model):
        gate = model.hold("One two", after=1)
        run = await world.begun()
        async with world.engine("lost") as lost:
            await world.until_said(run)
            await killed(lost)
            only = Engine(world.core, lost._model, world.routes, owner="only")
            await only.start(alone=True)
            assert (await world.ended(run)).state is RunState.COMPLETED
            await only.stop(drain_seconds=0)
        gate.release()


class TestStop:
    async def test_waits_for_what_is_in_flight(self, world, model):
        gate = model.hold("One two", after=1)
        run = await world.begun()
        async with world.engine() as engine:
            await world.until_said(run)
            stopping = asyncio.ensure_future(engine.stop(drain_seconds=10))
            gate.release()
            await stopping
            assert (await world.get(run)).state is RunState.COMPLETED

    async def test_takes_nothing_new(self, world, model):
        gate = model.hold("One two", after=1)
        run = await world.begun()
        async with world.engine() as engine:
            await world.until_said(run)
            stopping = asyncio.ensure_future(engine.stop(drain_seconds=10))
            late = await world.begun()
            gate.release()
            await stopping
            assert (await world.get(late)).state is RunState.QUEUED


class TestLastGuard:
    """Every run ends: expiry asks nobody."""

    async def expired(self, world: World, engine: Engine, run: Run) -> Run:
        world.clock.advance(600)
        await engine.end_overdue()
        return await world.get(run)

    async def test_expires_a_queued_run(self, world):
        run = await world.begun()
        engine = Engine(world.core, None, world.routes, owner="one")
        now = await self.expired(world, engine, run)
        assert (now.state, now.progress.expires_at) == (RunState.EXPIRED, None)

    async def test_expires_nothing_before_its_time(self, world):
        run = await world.begun()
        engine = Engine(world.core, None, world.routes, owner="one")
        world.clock.advance(599)
        await engine.end_overdue()
        assert (await world.get(run)).state is RunState.QUEUED

    async def test_expires_a_run_that_waits(self, world, model):
        model.call(("get_weather", {}))
        run = await world.begun(tools=[WEATHER])
        async with world.engine() as engine:
            await world.until(run, RunState.WAITING)
            assert (await self.expired(world, engine, run)).state is RunState.EXPIRED
        (step,) = await world.steps(run)
        assert (step.status, step.finished_at) == (ItemStatus.EXPIRED, world.clock.now())

    async def test_expires_a_run_whose_model_hangs_and_lets_go_of_it(self, world, model):
        gate = model.hang()
        run = await world.begun()
        async with world.engine() as engine:
            await gate.reached()
            assert (await self.expired(world, engine, run)).state is RunState.EXPIRED
            await model.exchanges[0].dropped()
        gate.release()

    async def test_expires_a_run_that_is_being_cancelled_by_nobody(self, world, model):
        gate = model.hold("One two", after=1)
        run = await world.begun()
        async with world.engine() as engine:
            await world.until_said(run)
            await killed(engine)
            await runs.cancel(world.core, world.caller, run.thread_id, run.id)
            assert (await self.expired(world, engine, run)).state is RunState.EXPIRED
        gate.release()

    async def test_expires_the_others_where_one_cannot_be(self, world, monkeypatch, caplog):
        bad, good = await world.begun(), await world.begun()
        engine = Engine(world.core, None, world.routes, owner="one")
        expire = engine._expire

        async def sometimes(run):
            if run.id == bad.id:
                raise RuntimeError("a bug")
            await expire(run)

        monkeypatch.setattr(engine, "_expire", sometimes)
        assert (await self.expired(world, engine, good)).state is RunState.EXPIRED
        assert "could not be expired" in caplog.text

    async def test_expires_more_runs_than_one_look_takes(self, world, monkeypatch):
        monkeypatch.setattr("clew.engine.engine.OVERDUE_AT_ONCE", 2)
        begun = [await world.begun() for _ in range(5)]
        engine = Engine(world.core, None, world.routes, owner="one")
        assert (await self.expired(world, engine, begun[-1])).state is RunState.EXPIRED
        assert {(await world.get(run)).state for run in begun} == {RunState.EXPIRED}


class TestTrouble:
    async def test_a_bug_fails_the_run_and_stands_in_the_log(self, world, model, monkeypatch, caplog):
        def broken(*_):
            raise RuntimeError("this is a bug")

        monkeypatch.setattr("clew.engine.performance.Turn.take", broken)
        run = await world.begun()
        async with world.engine():
            over = await world.ended(run)
        assert (over.state, over.progress.error.code) == (RunState.FAILED, "server")
        assert over.progress.error.message == "The run met an internal error."
        assert "this is a bug" in caplog.text

    async def test_a_store_that_fails_leaves_the_run_to_its_lease(self, world, model, monkeypatch, caplog):
        failed = asyncio.Event()

        async def broken(*_):
            failed.set()
            raise StoreProblem("The disk is full.")

        run = await world.begun()
        async with world.engine() as engine:
            with monkeypatch.context() as patched:
                patched.setattr("clew.engine.performance.Turn.take", broken)
                await failed.wait()
                await asyncio.gather(*engine._performing.values())
            assert (await world.get(run)).state is RunState.RUNNING
            world.clock.advance(LEASE_SECONDS)
            assert (await world.ended(run)).state is RunState.COMPLETED
        assert "The disk is full." in caplog.text

    async def test_a_loop_outlives_what_happens_in_it(self, world, caplog):
        troubles = [StoreProblem("The disk is full."), RuntimeError("a bug")]
        well_again = asyncio.Event()

        async def step() -> None:
            if troubles:
                raise troubles.pop(0)
            well_again.set()
            await asyncio.Event().wait()

        engine = Engine(world.core, None, world.routes, owner="one")
        loop = asyncio.ensure_future(engine._forever(step))
        for _ in range(2):
            await world.clock.until_someone_sleeps()
            world.clock.advance(LOOK_SECONDS)
        await well_again.wait()
        loop.cancel()
        assert "The disk is full." in caplog.text
        assert "a bug" in caplog.text

    async def test_a_thread_that_is_deleted_takes_its_run_along(self, world, model):
        gate = model.hold("One two", after=1)
        run = await world.begun()
        async with world.engine() as engine:
            await world.until_said(run)
            await threads.delete(world.core, world.caller, run.thread_id)
            await model.exchanges[0].dropped()
            await asyncio.gather(*engine._performing.values())
        gate.release()
        assert world.core.signals._stops == {}
