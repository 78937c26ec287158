"""Runs as callers meet them: the lock of a thread, cancelling, tool outputs, expiry, and following."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

import pytest
from openai import BadRequestError, NotFoundError

from clew.domain.expiration import Expiration, Policy
from clew.domain.item import ItemStatus, Kind
from clew.domain.noun import replace
from clew.domain.page import Window
from clew.domain.problem import NotFound, OutputsMismatch, ThreadBusy, WrongState
from clew.domain.project import Caller
from clew.domain.run import Overrides, RunState, Truncation, TruncationMode
from clew.service import assistants, runs, threads
from clew.service import messages as messages_of
from clew.service.runs import NewRun, Output
from clew.service.threads import NewThread
from support.sse import ended, events_path, names, opened, wait_for
from support.world import WEATHER, World, text

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from openai import OpenAI

    from support.server import RunningServer

TOOL: dict[str, Any] = {"type": "function", "function": {"name": "get_weather", "parameters": {"type": "object"}}}
TIME = replace(WEATHER, name="get_time")
STATES = ("queued", "in_progress", "requires_action")


class Held:
    """A thread with a run that is in one of the active states, until the test is over."""

    def __init__(self, server: RunningServer, client: OpenAI, model: Any, state: str) -> None:
        self.server, self.client, self.model = server, client, model
        self.assistant = client.beta.assistants.create(model="gpt-4o", tools=[TOOL])
        self.thread = client.beta.threads.create(messages=[{"role": "user", "content": "How is Oslo?"}])
        self.gate = None
        if state == "queued":
            server.assembled.engine._stopping = True
        elif state == "requires_action":
            model.call(("get_weather", {"city": "Oslo"}), ("get_weather", {"city": "Rome"}))
        else:
            self.gate = model.hold("One two three", after=1)
        self.run = client.beta.threads.runs.create(thread_id=self.thread.id, assistant_id=self.assistant.id)
        if state == "requires_action":
            self.wait("thread.run.requires_action")
        elif state == "in_progress":
            self.wait("thread.message.delta")
        elif state == "cancelling":
            self.wait("thread.message.delta")
            self.kill()
            self.cancel()

    def kill(self) -> None:
        """The engine is gone: nobody performs the run, and nobody will."""
        engine = self.server.assembled.engine

        async def killed() -> None:
            engine._stopping = True
            tasks = list(engine._performing.values())
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

        self.server.do(killed())

    def wait(self, name: str) -> Any:
        return wait_for(self.server, self.thread.id, self.run.id, name).data

    def get(self) -> Any:
        return self.client.beta.threads.runs.retrieve(self.run.id, thread_id=self.thread.id)

    def ended(self) -> dict[str, Any]:
        return ended(self.server, self.thread.id, self.run.id)

    def cancel(self) -> Any:
        return self.client.beta.threads.runs.cancel(self.run.id, thread_id=self.thread.id)

    def say(self) -> Any:
        return self.client.beta.threads.messages.create(self.thread.id, role="user", content="And Rome?")

    def start(self, **more: Any) -> Any:
        return self.client.beta.threads.runs.create(thread_id=self.thread.id, assistant_id=self.assistant.id, **more)

    def submit(self, outputs: list[tuple[str, str]]) -> Any:
        given = [{"tool_call_id": call, "output": output} for call, output in outputs]
        return self.client.beta.threads.runs.submit_tool_outputs(
            self.run.id, thread_id=self.thread.id, tool_outputs=given
        )

    def owed(self) -> list[str]:
        return [call.id for call in self.get().required_action.submit_tool_outputs.tool_calls]


@pytest.fixture
def held(server, client, model):
    made: list[Held] = []

    def holding(state: str) -> Held:
        made.append(Held(server, client, model, state))
        assert made[-1].get().status == state
        return made[-1]

    yield holding
    for one in made:
        if one.gate is not None:
            one.gate.release()


def sentence(refused: Any) -> str:
    error = refused.value.body
    assert (error["type"], error["param"], error["code"]) == ("invalid_request_error", None, None)
    return error["message"]


@pytest.mark.parametrize("state", [*STATES, "cancelling"])
class TestLock:
    """reference/openai.md, 4.3."""

    def test_keeps_messages_out(self, held, state):
        it = held(state)
        with pytest.raises(BadRequestError) as refused:
            it.say()
        assert sentence(refused) == f"Can't add messages to {it.thread.id} while a run {it.run.id} is active."
        assert len(it.client.beta.threads.messages.list(it.thread.id, order="asc").data) <= 2

    def test_keeps_runs_out(self, held, state):
        it = held(state)
        with pytest.raises(BadRequestError) as refused:
            it.start()
        assert sentence(refused) == f"Thread {it.thread.id} already has an active run {it.run.id}."

    def test_keeps_runs_with_messages_out_and_nothing_of_them_stays(self, held, state):
        it = held(state)
        with pytest.raises(BadRequestError) as refused:
            it.start(additional_messages=[{"role": "user", "content": "And Rome?"}])
        assert sentence(refused) == f"Thread {it.thread.id} already has an active run {it.run.id}."
        said = [one.content[0].text.value for one in it.client.beta.threads.messages.list(it.thread.id).data]
        assert "And Rome?" not in said

    def test_lets_everything_be_read_and_labelled(self, held, state):
        it = held(state)
        beta = it.client.beta.threads
        labels = {"seen": "yes"}
        message = beta.messages.list(it.thread.id, order="asc").data[0]
        assert beta.update(it.thread.id, metadata=labels).metadata == labels
        assert beta.messages.update(message.id, thread_id=it.thread.id, metadata=labels).metadata == labels
        assert beta.runs.update(it.run.id, thread_id=it.thread.id, metadata=labels).metadata == labels
        assert (it.get().metadata, it.get().status) == (labels, state)

    def test_lets_a_message_be_deleted(self, held, state):
        it = held(state)
        message = it.client.beta.threads.messages.list(it.thread.id, order="asc").data[0]
        assert it.client.beta.threads.messages.delete(message.id, thread_id=it.thread.id).deleted

    def test_lets_the_thread_be_deleted_which_ends_its_run_and_its_followers(self, held, server, state):
        it = held(state)
        with opened(server, events_path(it.thread.id, it.run.id)) as follower:
            next(follower)
            assert it.client.beta.threads.delete(it.thread.id).deleted
            assert names(follower)[-1] == "done"
        with pytest.raises(NotFoundError):
            it.get()


class TestLockEnds:
    def test_with_the_run(self, held):
        it = held("in_progress")
        it.gate.release()
        assert it.ended()["status"] == "completed"
        assert it.say().role == "user"
        assert it.start().status == "queued"

    @pytest.mark.parametrize("state", STATES)
    def test_with_its_cancellation(self, held, state):
        it = held(state)
        it.cancel()
        it.ended()
        assert it.say().role == "user"

    def test_with_its_expiry(self, held, server):
        it = held("requires_action")
        server.advance(600)
        assert it.say().role == "user"

    async def test_where_nobody_asks_for_it_several_runs_go_on_at_once(self, tmp_path, model):
        async with World(tmp_path, model) as world:
            first = await world.begun()
            second = await world.start(first.thread_id, first.assistant_id)
            new = NewRun(assistant_id=first.assistant_id)
            with pytest.raises(ThreadBusy):
                await runs.create(world.core, world.caller, first.thread_id, new, unless_busy=True)
            async with world.engine():
                states = [(await world.ended(run)).state for run in (first, second)]
            assert states == [RunState.COMPLETED, RunState.COMPLETED]
            answers = [one for one in await world.messages(first.thread_id) if one.role == "assistant"]
            assert {one.run_id for one in answers} == {first.id, second.id}


class TestCancel:
    @pytest.mark.parametrize("state", ["queued", "requires_action"])
    def test_of_a_run_that_nobody_performs_is_done_by_the_next_read(self, held, state):
        it = held(state)
        assert it.cancel().status == "cancelling"
        now = it.get()
        assert (now.status, now.required_action, now.expires_at) == ("cancelled", None, None)
        assert now.cancelled_at is not None

    def test_of_a_run_in_progress_keeps_its_text(self, held):
        it = held("in_progress")
        assert it.cancel().status == "cancelling"
        assert it.ended()["status"] == "cancelled"
        message = it.client.beta.threads.messages.list(it.thread.id).data[0]
        assert (message.status, message.incomplete_details.reason) == ("incomplete", "run_cancelled")
        assert message.content[0].text.value == "One"

    def test_closes_the_step_of_calls(self, held):
        it = held("requires_action")
        it.cancel()
        (step,) = it.client.beta.threads.runs.steps.list(it.run.id, thread_id=it.thread.id).data
        assert step.status == "cancelled"
        assert step.cancelled_at is not None

    def test_is_refused_while_it_is_under_way(self, held):
        it = held("cancelling")
        with pytest.raises(BadRequestError) as refused:
            it.cancel()
        assert sentence(refused) == "Cannot cancel run with status 'cancelling'."

    def test_is_refused_after_the_end(self, held):
        it = held("in_progress")
        it.gate.release()
        it.ended()
        with pytest.raises(BadRequestError) as refused:
            it.cancel()
        assert sentence(refused) == "Cannot cancel run with status 'completed'."

    def test_is_refused_the_second_time(self, held):
        it = held("queued")
        it.cancel()
        with pytest.raises(BadRequestError) as refused:
            it.cancel()
        assert sentence(refused) == "Cannot cancel run with status 'cancelled'."

    def test_of_two_at_once_is_done_once(self, held):
        it = held("in_progress")
        with ThreadPoolExecutor(4) as pool:
            outcomes = [one.exception() for one in [pool.submit(it.cancel) for _ in range(4)]]
        assert sum(outcome is None for outcome in outcomes) == 1
        assert it.ended()["status"] == "cancelled"


class TestSubmit:
    def test_completes_the_step_and_queues_the_run(self, held, model):
        it = held("requires_action")
        gate = model.hold("Rain", after=0)
        queued = it.submit([(call, "rain") for call in it.owed()])
        assert (queued.status, queued.required_action) == ("queued", None)
        gate.release()
        assert it.ended()["status"] == "completed"
        steps = it.client.beta.threads.runs.steps.list(it.run.id, thread_id=it.thread.id, order="asc").data
        assert [(step.type, step.status) for step in steps] == [
            ("tool_calls", "completed"),
            ("message_creation", "completed"),
        ]
        assert [call.function.output for call in steps[0].step_details.tool_calls] == ["rain", "rain"]

    def test_takes_outputs_in_any_order(self, held):
        it = held("requires_action")
        first, second = it.owed()
        it.submit([(second, "sun"), (first, "rain")])
        it.ended()
        tools = [one for one in it.model.requests[1]["messages"] if one["role"] == "tool"]
        assert [(one["tool_call_id"], one["content"]) for one in tools] == [(first, "rain"), (second, "sun")]

    @pytest.mark.parametrize(
        "choose",
        [
            lambda first, second: [first],
            lambda first, second: [],
            lambda first, second: [first, first],
            lambda first, second: [first, second, "call_x"],
            lambda first, second: [first, "call_x"],
            lambda first, second: [first, second, second],
        ],
        ids=["missing", "none", "twice", "extra", "wrong", "doubled"],
    )
    def test_of_other_calls_is_refused_and_nothing_is_kept(self, held, choose):
        it = held("requires_action")
        owed = it.owed()
        got = choose(*owed)
        with pytest.raises(BadRequestError) as refused:
            it.submit([(call, "rain") for call in got])
        assert sentence(refused) == f"Expected tool outputs for call_ids {owed}, got {got}"
        assert it.owed() == owed
        (step,) = it.client.beta.threads.runs.steps.list(it.run.id, thread_id=it.thread.id).data
        assert [call.function.output for call in step.step_details.tool_calls] == [None, None]

    @pytest.mark.parametrize("state", ["queued", "in_progress", "cancelling"])
    def test_to_a_run_that_does_not_wait_is_refused(self, held, state):
        it = held(state)
        with pytest.raises(BadRequestError) as refused:
            it.submit([("call_x", "rain")])
        assert sentence(refused) == f'Runs in status "{state}" do not accept tool outputs.'

    def test_of_several_at_once_is_taken_once(self, held, model):
        it = held("requires_action")
        gate = model.hold("Rain", after=0)
        owed = it.owed()
        with ThreadPoolExecutor(5) as pool:
            asked = [pool.submit(it.submit, [(call, f"rain {n}") for call in owed]) for n in range(5)]
            outcomes = [one.exception() for one in asked]
        refused = [outcome.body["message"] for outcome in outcomes if outcome is not None]
        assert len(refused) == 4
        assert set(refused) <= {
            f'Runs in status "{status}" do not accept tool outputs.' for status in ("queued", "in_progress")
        }
        gate.release()
        assert it.ended()["status"] == "completed"

    def test_does_not_lengthen_the_run(self, held, server, model):
        it = held("requires_action")
        gate = model.hold("Rain", after=0)
        server.advance(599)
        queued = it.submit([(call, "rain") for call in it.owed()])
        assert queued.expires_at == it.run.expires_at
        server.advance(1)
        assert it.ended()["status"] == "expired"
        gate.release()

    def test_after_the_expiry_is_refused(self, held, server):
        it = held("requires_action")
        owed = it.owed()
        server.advance(600)
        with pytest.raises(BadRequestError) as refused:
            it.submit([(call, "rain") for call in owed])
        assert sentence(refused) == 'Runs in status "expired" do not accept tool outputs.'


class TestExpiry:
    @pytest.mark.parametrize("state", [*STATES, "cancelling"])
    def test_ends_a_run_in_any_active_state_after_ten_minutes(self, held, server, state):
        it = held(state)
        assert it.run.expires_at - it.run.created_at == 600
        server.advance(599)
        assert it.get().status == state
        server.advance(1)
        now = it.get()
        assert (now.status, now.expires_at, now.required_action) == ("expired", None, None)

    def test_closes_the_step_that_waits(self, held, server):
        it = held("requires_action")
        server.advance(600)
        (step,) = it.client.beta.threads.runs.steps.list(it.run.id, thread_id=it.thread.id).data
        assert (step.status, step.expired_at is not None) == ("expired", True)


class TestFrozen:
    def test_what_is_asked_of_the_model_does_not_follow_the_assistant(self, held, client, model):
        it = held("requires_action")
        client.beta.assistants.update(it.assistant.id, model="other", instructions="Be rude.", tools=[])
        it.submit([(call, "rain") for call in it.owed()])
        run = it.ended()
        assert (run["model"], run["instructions"], len(run["tools"])) == ("gpt-4o", "", 1)
        asked = model.requests[1]
        assert (asked["model"], len(asked["tools"])) == ("gpt-4o", 1)
        assert asked["messages"][0]["role"] == "user"

    def test_an_assistant_that_is_deleted_lets_its_run_end(self, held, client, server, model):
        it = held("requires_action")
        client.beta.assistants.delete(it.assistant.id)
        it.submit([(call, "rain") for call in it.owed()])
        run = it.ended()
        assert (run["status"], run["assistant_id"]) == ("completed", it.assistant.id)
        with pytest.raises(NotFoundError):
            it.start()

    async def test_an_assistant_that_is_deleted_while_its_run_is_queued_lets_it_end(self, tmp_path, model):
        async with World(tmp_path, model) as world:
            run = await world.begun()
            await assistants.delete(world.core, world.caller, run.assistant_id)
            async with world.engine():
                assert (await world.ended(run)).state is RunState.COMPLETED

    def test_instructions_are_replaced_and_added_to(self, server, client, model):
        assistant = client.beta.assistants.create(model="gpt-4o", instructions="Be kind.")
        thread = client.beta.threads.create(messages=[{"role": "user", "content": "Hi"}])

        def effective(**more: Any) -> str:
            run = client.beta.threads.runs.create(thread_id=thread.id, assistant_id=assistant.id, **more)
            ended(server, thread.id, run.id)
            return run.instructions

        assert effective() == "Be kind."
        assert effective(instructions="Be brief.") == "Be brief."
        assert effective(additional_instructions="And quick.") == "Be kind.\n\nAnd quick."
        assert effective(instructions="Be brief.", additional_instructions="And quick.") == "Be brief.\n\nAnd quick."
        assert model.requests[-1]["messages"][0]["content"] == "Be brief.\n\nAnd quick."


class TestContext:
    """What later runs see of earlier ones."""

    def roles(self, request: dict[str, Any]) -> list[str]:
        return [one["role"] for one in request["messages"]]

    def test_calls_and_outputs_of_earlier_runs_are_seen(self, held, model):
        it = held("requires_action")
        it.submit([(call, "rain") for call in it.owed()])
        it.ended()
        it.say()
        ended(it.server, it.thread.id, it.start().id)
        assert self.roles(model.requests[-1]) == ["user", "assistant", "tool", "tool", "assistant", "user"]

    def test_the_text_of_a_cancelled_run_is_seen(self, held, model):
        it = held("in_progress")
        it.cancel()
        it.ended()
        ended(it.server, it.thread.id, it.start().id)
        assert [one["content"] for one in model.requests[-1]["messages"]] == ["How is Oslo?", "One"]

    def test_calls_that_nobody_answered_are_not_seen(self, held, model):
        it = held("requires_action")
        it.cancel()
        ended(it.server, it.thread.id, it.start().id)
        assert self.roles(model.requests[-1]) == ["user"]

    def test_additional_messages_come_first_and_are_not_the_runs(self, server, client, model):
        assistant = client.beta.assistants.create(model="gpt-4o")
        thread = client.beta.threads.create()
        more = [{"role": "user", "content": "one"}, {"role": "assistant", "content": "two"}]
        run = client.beta.threads.runs.create(thread_id=thread.id, assistant_id=assistant.id, additional_messages=more)
        ended(server, thread.id, run.id)
        assert [one["content"] for one in model.requests[0]["messages"]] == ["one", "two"]
        (answer,) = client.beta.threads.messages.list(thread.id, run_id=run.id).data
        assert answer.run_id == run.id


class TestService:
    @pytest.fixture
    async def world(self, tmp_path, model) -> AsyncIterator[World]:
        async with World(tmp_path, model) as world:
            yield world

    async def test_of_another_project_is_not_found(self, world):
        run = await world.begun()
        stranger = Caller(project_id="other")
        for asked in (
            runs.get(world.core, stranger, run.thread_id, run.id),
            runs.cancel(world.core, stranger, run.thread_id, run.id),
            runs.submit(world.core, stranger, run.thread_id, run.id, []),
            runs.modify(world.core, stranger, run.thread_id, run.id, metadata={}),
            anext(runs.follow(world.core, stranger, run.thread_id, run.id)),
        ):
            with pytest.raises(NotFound):
                await asked

    async def test_of_another_thread_is_not_found(self, world):
        run, other = await world.begun(), await world.begun()
        with pytest.raises(NotFound) as raised:
            await runs.get(world.core, world.caller, other.thread_id, run.id)
        assert (raised.value.noun, raised.value.id) == ("run", run.id)

    async def test_a_run_of_a_missing_assistant_leaves_no_thread(self, world):
        with pytest.raises(NotFound):
            await runs.create_with_thread(
                world.core, world.caller, threads.NewThread(id="thread_mine"), NewRun(assistant_id="asst_x")
            )
        with pytest.raises(NotFound):
            await threads.get(world.core, world.caller, "thread_mine")

    async def test_metadata_may_be_changed_after_the_end(self, world):
        run = await world.begun()
        await runs.cancel(world.core, world.caller, run.thread_id, run.id)
        changed = await runs.modify(world.core, world.caller, run.thread_id, run.id, metadata={"a": "b"})
        assert (changed.state, changed.progress.metadata) == (RunState.CANCELLED, {"a": "b"})

    async def test_outputs_fill_only_the_calls_of_the_newest_turn(self, world, model):
        model.call(("get_weather", {}))
        model.call(("get_weather", {}))
        run = await world.begun(tools=[WEATHER])
        async with world.engine():
            for output in ("first", "second"):
                (call,) = (await world.until_waiting(run)).progress.owed
                await runs.submit(
                    world.core, world.caller, run.thread_id, run.id, [Output(call_id=call.id, output=output)]
                )
            await world.ended(run)
        outputs = [one["content"] for one in model.requests[-1]["messages"] if one["role"] == "tool"]
        assert outputs == ["first", "second"]

    async def test_a_step_of_another_run_is_not_found(self, world):
        run, other = await world.begun(), await world.begun()
        async with world.engine():
            await world.ended(run)
            await world.ended(other)
        (step,) = await world.steps(run)
        assert (await runs.step(world.core, world.caller, run.thread_id, run.id, step.id))[0] == step
        with pytest.raises(NotFound) as raised:
            await runs.step(world.core, world.caller, other.thread_id, other.id, step.id)
        assert raised.value.noun == "step"

    async def test_a_step_comes_with_its_calls(self, world, model):
        model.call(("get_weather", {}), ("get_weather", {}))
        run = await world.begun(tools=[WEATHER])
        async with world.engine():
            await world.until(run, RunState.WAITING)
        (step,) = await world.steps(run)
        _, calls = await runs.step(world.core, world.caller, run.thread_id, run.id, step.id)
        assert [call.status for call in calls] == [ItemStatus.IN_PROGRESS] * 2

    async def test_a_cancel_of_a_run_that_ended_meanwhile_is_refused(self, world):
        run = await world.begun()
        async with world.engine():
            await world.ended(run)
        with pytest.raises(WrongState):
            await runs.cancel(world.core, world.caller, run.thread_id, run.id)


class TestFollow:
    @pytest.fixture
    async def world(self, tmp_path, model) -> AsyncIterator[World]:
        async with World(tmp_path, model) as world:
            yield world

    async def test_hears_of_what_another_process_does(self, world, monkeypatch):
        """Nothing tells this process: it looks again by itself."""
        monkeypatch.setattr(runs, "LOOK_AGAIN_SECONDS", 0.01)
        run = await world.begun()
        other = world.another_core()
        following = asyncio.ensure_future(world.ended(run))
        async with world.engine(core=other):
            assert (await following).state is RunState.COMPLETED

    async def test_hears_of_an_end_that_was_never_announced(self, world, monkeypatch):
        monkeypatch.setattr(runs, "LOOK_AGAIN_SECONDS", 0.01)
        run = await world.begun()
        following = asyncio.ensure_future(world.ended(run))
        world.core.feeds.join(run.id).publish(await world.events(run))
        await runs.cancel(world.another_core(), world.caller, run.thread_id, run.id)
        assert (await following).state is RunState.CANCELLED

    async def test_ends_with_a_thread_that_goes_without_a_word(self, world, monkeypatch):
        monkeypatch.setattr(runs, "LOOK_AGAIN_SECONDS", 0.01)
        run = await world.begun()
        async with aclosing(world.follow(run)) as events:
            await anext(events)
            await threads.delete(world.another_core(), world.caller, run.thread_id)
            assert [event async for event in events] == []

    async def test_from_beyond_the_end_ends_at_once(self, world):
        run = await world.begun()
        await runs.cancel(world.core, world.caller, run.thread_id, run.id)
        assert await _all(world, run, after=99) == []

    async def test_reads_a_long_log_in_pieces(self, world, model, monkeypatch):
        monkeypatch.setattr(runs, "EVENTS_AT_ONCE", 2)
        run = await world.begun()
        async with world.engine():
            await world.ended(run)
        numbers = [event.number for event in await _all(world, run)]
        assert numbers == list(range(1, (await world.get(run)).last_event + 1))

    async def test_leaves_nothing_behind(self, world):
        run = await world.begun()
        async with world.engine():
            await asyncio.gather(*(_all(world, run) for _ in range(3)))
        assert world.core.feeds._by_run == {}
        assert world.core.signals._stops == {}


async def _all(world: World, run: Any, *, after: int = 0) -> list[Any]:
    return [event async for event in world.follow(run, after=after)]


async def test_what_a_message_is_told_while_it_is_written_is_kept(tmp_path, model):
    """Metadata may be set at any time, also on a message that the engine has in hand."""
    gate = model.hold("One two", after=1)
    async with World(tmp_path, model) as world:
        run = await world.start(await world.thread(text("user", "Hi")), await world.assistant())
        async with world.engine():
            await world.until_said(run)
            message = (await world.messages(run.thread_id))[-1]
            await messages_of.modify(world.core, world.caller, run.thread_id, message.id, metadata={"a": "b"})
            gate.release()
            await world.ended(run)
        done = (await world.messages(run.thread_id))[-1]
    assert (done.metadata, done.parts[0].text) == ({"a": "b"}, "One two")


class TestByItsIdAlone:
    """Runs for callers who name no thread, and functions but not calls."""

    @pytest.fixture
    async def world(self, tmp_path, model) -> AsyncIterator[World]:
        async with World(tmp_path, model) as world:
            yield world

    async def test_a_run_is_found_until_its_thread_is_gone(self, world):
        run = await world.begun()
        assert await runs.find(world.core, world.caller, run.id) == run
        for caller in (Caller(project_id="other"), Caller(project_id="")):
            with pytest.raises(NotFound):
                await runs.find(world.core, caller, run.id)
        await threads.delete(world.core, world.caller, run.thread_id)
        with pytest.raises(NotFound):
            await runs.find(world.core, world.caller, run.id)

    async def test_a_run_of_an_expired_thread_is_not_found(self, world):
        ends = Expiration(policy=Policy.STATIC, ttl_seconds=60)
        thread = await threads.create(world.core, world.caller, NewThread(expiration=ends))
        run = await world.start(thread.id, await world.assistant())
        world.clock.advance(60)
        with pytest.raises(NotFound):
            await runs.find(world.core, world.caller, run.id)
        assert (await runs.page_all(world.core, world.caller, Window())).things == ()

    async def test_the_runs_of_a_project_stand_newest_first(self, world):
        begun = [await world.begun() for _ in range(3)]
        page = await runs.page_all(world.core, world.caller, Window(limit=2))
        assert ([run.id for run in page.things], page.has_more) == ([begun[2].id, begun[1].id], True)

    async def test_the_last_run_of_a_thread(self, world):
        thread_id, assistant_id = await world.thread(text("user", "Hello")), await world.assistant()
        with pytest.raises(NotFound):
            await runs.last(world.core, world.caller, thread_id)
        begun = [await world.start(thread_id, assistant_id) for _ in range(2)]
        assert (await runs.last(world.core, world.caller, thread_id)).id == begun[1].id

    async def test_results_go_to_the_calls_of_their_name_in_order(self, world, model):
        model.call(("get_weather", {"city": "Oslo"}), ("get_time", {}), ("get_weather", {"city": "Rome"}))
        async with world.engine():
            run = await world.until_waiting(await world.begun(tools=[WEATHER, TIME]))
            results = [("get_weather", "snow"), ("get_weather", "sun"), ("get_time", "noon")]
            await runs.submit_by_name(world.core, world.caller, run.id, results)
            await world.ended(run)
        calls = [item for item in await _items(world, run) if item.kind is Kind.TOOL_CALL]
        outputs = [(call.trace.name, call.trace.input, call.trace.output) for call in calls]
        assert [(name, output) for name, _, output in outputs] == [
            ("get_weather", "snow"),
            ("get_time", "noon"),
            ("get_weather", "sun"),
        ]

    @pytest.mark.parametrize("names", [[], ["get_time"], ["get_weather", "get_weather"], ["get_weather", "get_time"]])
    async def test_results_for_anything_else_than_what_is_owed_change_nothing(self, world, model, names):
        model.call(("get_weather", {}))
        async with world.engine():
            run = await world.until_waiting(await world.begun(tools=[WEATHER]))
        with pytest.raises(OutputsMismatch) as mismatch:
            await runs.submit_by_name(world.core, world.caller, run.id, [(name, "") for name in names])
        assert (mismatch.value.expected, mismatch.value.got) == (["get_weather"], names)
        assert await world.get(run) == run

    async def test_results_for_a_run_that_does_not_wait_are_refused(self, world):
        run = await world.begun()
        with pytest.raises(WrongState):
            await runs.submit_by_name(world.core, world.caller, run.id, [])

    async def test_a_found_run_is_followed_and_cancelled(self, world):
        run = await runs.find(world.core, world.caller, (await world.begun()).id)
        await runs.cancel(world.core, world.caller, run.thread_id, run.id)
        assert (await _all(world, run))[-1].progress.state is RunState.CANCELLED

    async def test_who_asks_for_the_lock_is_refused_while_others_run_side_by_side(self, world):
        thread_id, assistant_id = await world.thread(text("user", "Hello")), await world.assistant()
        begun = [await world.start(thread_id, assistant_id) for _ in range(3)]
        new = NewRun(assistant_id=assistant_id)
        with pytest.raises(ThreadBusy) as busy:
            await runs.create(world.core, world.caller, thread_id, new, unless_busy=True)
        assert busy.value.run_id == begun[0].id
        async with world.engine():
            for run in begun:
                assert (await world.ended(run)).state is RunState.COMPLETED
        assert (await runs.create(world.core, world.caller, thread_id, new, unless_busy=True)).run.seq > begun[2].seq


class TestOverrides:
    """What a caller sets for one run goes before the assistant, and is kept as it was sent."""

    @pytest.fixture
    async def world(self, tmp_path) -> AsyncIterator[World]:
        async with World(tmp_path) as world:
            yield world

    async def test_the_assistants_limits_hold_where_nothing_is_said(self, world):
        cut = Truncation(mode=TruncationMode.LAST_MESSAGES, count=2)
        assistant_id = await world.assistant(truncation=cut, max_prompt_tokens=7000, max_completion_tokens=100)
        run = await world.start(await world.thread(), assistant_id)
        assert (run.truncation, run.max_prompt_tokens, run.max_completion_tokens) == (cut, 7000, 100)
        assert (run.overrides, run.streamed) == (None, True)

    async def test_what_is_overridden_stands_and_is_kept_as_sent(self, world):
        assistant_id = await world.assistant(temperature=1.0, max_prompt_tokens=7000)
        overrides = Overrides(temperature=0.0, max_completion_tokens=5, truncation=Truncation())
        new = NewRun(assistant_id=assistant_id, overrides=overrides, streamed=False)
        run = (await runs.create(world.core, world.caller, await world.thread(), new)).run
        assert (run.temperature, run.max_prompt_tokens, run.max_completion_tokens) == (0.0, 7000, 5)
        kept = await runs.find(world.core, world.caller, run.id)
        assert (kept.overrides, kept.streamed) == (overrides, False)

    async def test_tools_of_thread_and_run_come_on_top_of_the_assistants(self, world):
        new = NewThread(tools=(TIME, replace(WEATHER, description="of the thread")), folder="b1g")
        thread = await threads.create(world.core, world.caller, new)
        own = replace(TIME, description="of the run")
        assistant_id = await world.assistant(tools=(WEATHER,))
        run = await world.start(thread.id, assistant_id, overrides=Overrides(tools=(own,)))
        assert [(tool.name, tool.description) for tool in run.tools] == [
            ("get_weather", "of the thread"),
            ("get_time", "of the run"),
        ]
        assert run.folder == "b1g"
        assert (await world.start(thread.id, assistant_id, tools=(WEATHER,))).tools == (WEATHER,)


async def _items(world: World, run: Any) -> list[Any]:
    return await world.store.read(lambda tx: tx.items.of_run(run.project_id, run.thread_id, run.id))
