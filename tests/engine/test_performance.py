"""Performing a run: what the model is asked, turn by turn, and what its answers and failures make of the run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from clew.domain.expiration import Expiration, Policy
from clew.domain.item import ItemStatus, Part, PartKind, Usage
from clew.domain.noun import replace
from clew.domain.run import RunState
from clew.domain.tool import ChoiceMode, FormatKind, ResponseFormat, Tool, ToolChoice, ToolKind, ToolResources
from clew.engine.model import ModelConfig, ModelRoutes
from clew.engine.pen import Lost, Pen
from clew.engine.performance import fail_as_bug, perform
from clew.service import indexes, runs
from clew.service.indexes import NewIndex
from clew.service.messages import NewMessage
from clew.service.runs import Output
from support.world import WEATHER, World, text

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from clew.domain.run import Run

SEARCH = Tool(kind=ToolKind.SEARCH)
FORCED = ToolChoice(mode=ChoiceMode.REQUIRED)


@pytest.fixture
async def world(tmp_path, model) -> AsyncIterator[World]:
    async with World(tmp_path, model) as world:
        yield world


async def over(world: World, run: Run, *outputs: str) -> Run:
    """Perform the run to its end; each time it waits, every call gets the next output."""
    async with world.engine():
        for output in outputs:
            await answered(world, await world.until(run, RunState.WAITING), output)
        return await world.ended(run)


async def answered(world: World, run: Run, output: str) -> None:
    given = [Output(call_id=call.id, output=output) for call in run.progress.owed]
    await runs.submit(world.core, world.caller, run.thread_id, run.id, given)


class TestAsk:
    async def test_passes_the_settings_of_the_run_on(self, world, model):
        run = await world.begun(temperature=0.5, top_p=0.25, reasoning_effort="low", max_completion_tokens=500)
        await over(world, run)
        asked = model.requests[0]
        assert (asked["model"], asked["temperature"], asked["top_p"]) == ("gpt-4o", 0.5, 0.25)
        assert (asked["reasoning_effort"], asked["max_completion_tokens"]) == ("low", 500)

    async def test_leaves_out_what_the_run_does_not_say(self, world, model):
        await over(world, await world.begun())
        assert set(model.requests[0]) == {"model", "messages", "stream", "stream_options"}

    async def test_tells_of_functions_and_of_no_other_tools(self, world, model):
        tool = replace(WEATHER, description="The weather.", strict=True)
        await over(world, await world.begun(tools=[tool, SEARCH]))
        function = {
            "name": "get_weather",
            "description": "The weather.",
            "parameters": {"type": "object", "properties": {}},
            "strict": True,
        }
        assert model.requests[0]["tools"] == [{"type": "function", "function": function}]

    async def test_begins_with_the_instructions(self, world, model):
        await over(world, await world.begun(instructions="Be brief.", additional_instructions="And kind."))
        assert model.requests[0]["messages"][0] == {"role": "system", "content": "Be brief.\n\nAnd kind."}

    async def test_over_an_empty_thread_has_the_instructions_only(self, world, model):
        run = await world.start(await world.thread(), await world.assistant(instructions="Say hello."))
        assert (await over(world, run)).state is RunState.COMPLETED
        assert model.requests[0]["messages"] == [{"role": "system", "content": "Say hello."}]

    @pytest.mark.parametrize(
        ("asked", "sent"),
        [
            (ResponseFormat(), None),
            (ResponseFormat(kind=FormatKind.TEXT), None),
            (ResponseFormat(kind=FormatKind.JSON_OBJECT), {"type": "json_object"}),
            (
                ResponseFormat(kind=FormatKind.JSON_SCHEMA, name="n", schema={"type": "object"}, strict=True),
                {"type": "json_schema", "json_schema": {"name": "n", "schema": {"type": "object"}, "strict": True}},
            ),
        ],
    )
    async def test_passes_the_response_format_on(self, world, model, asked, sent):
        await over(world, await world.begun(response_format=asked))
        assert model.requests[0].get("response_format") == sent

    async def test_forbids_parallel_calls_where_the_run_does(self, world, model):
        model.call(("get_weather", {"city": "Oslo"}), ("get_weather", {"city": "Rome"}))
        run = await world.begun(tools=[WEATHER], parallel_tool_calls=False)
        async with world.engine():
            waiting = await world.until(run, RunState.WAITING)
        assert model.requests[0]["parallel_tool_calls"] is False
        assert len(waiting.progress.owed) == 1

    @pytest.mark.parametrize("honoured", [True, False])
    async def test_shows_images_to_models_that_see(self, tmp_path, model, honoured):
        image = Part(kind=PartKind.IMAGE_URL, url="https://example.com/a.png")
        async with World(tmp_path, model, images_honoured=honoured) as world:
            thread_id = await world.thread(NewMessage(role="user", parts=(image,)))
            await over(world, await world.start(thread_id, await world.assistant()))
        shown = [{"type": "image_url", "image_url": {"url": "https://example.com/a.png", "detail": "auto"}}]
        told = "[image: https://example.com/a.png]"
        assert model.requests[0]["messages"][0]["content"] == (shown if honoured else told)

    async def test_fits_the_window_that_is_configured(self, tmp_path, model):
        async with World(tmp_path, model, context_window_tokens=80) as world:
            run = await world.begun(f"{0:040}")
            for n in range(1, 10):
                await world.say(run.thread_id, f"{n:040}")
            await over(world, run)
        assert [int(one["content"]) for one in model.requests[0]["messages"]] == [0, 7, 8, 9]


class TestForcedCall:
    @pytest.mark.parametrize(
        ("choice", "sent"),
        [
            (FORCED, "required"),
            (
                ToolChoice(mode=ChoiceMode.NAMED, kind=ToolKind.FUNCTION, name="get_weather"),
                {"type": "function", "function": {"name": "get_weather"}},
            ),
        ],
    )
    async def test_is_forced_in_the_first_turn_only(self, world, model, choice, sent):
        model.call(("get_weather", {}))
        run = await world.begun(tools=[WEATHER], tool_choice=choice)
        assert (await over(world, run, "rain")).state is RunState.COMPLETED
        assert [request.get("tool_choice") for request in model.requests] == [sent, None]

    async def test_that_is_forbidden_stays_forbidden(self, world, model):
        await over(world, await world.begun(tools=[WEATHER], tool_choice=ToolChoice(mode=ChoiceMode.NONE)))
        assert model.requests[0]["tool_choice"] == "none"

    async def test_of_a_tool_that_is_ours_is_left_to_the_model(self, world, model):
        choice = ToolChoice(mode=ChoiceMode.NAMED, kind=ToolKind.SEARCH)
        await over(world, await world.begun(tools=[WEATHER, SEARCH], tool_choice=choice))
        assert "tool_choice" not in model.requests[0]

    async def test_on_a_server_that_ignores_the_choice_is_asked_for_as_json(self, tmp_path, model):
        async with World(tmp_path, model, tool_choice_honoured=False) as world:
            model.say('{"name": "get_weather", "arguments": {"city": "Oslo"}}')
            run = await world.begun(tools=[WEATHER], tool_choice=FORCED)
            async with world.engine():
                (call,) = (await world.until(run, RunState.WAITING)).progress.owed
            assert (call.name, call.arguments) == ("get_weather", '{"city": "Oslo"}')
            assert "tools" not in model.requests[0]


class TestBudget:
    async def test_of_completion_tokens_is_shared_by_all_turns(self, world, model):
        model.call(("get_weather", {}), text="word " * 98)
        run = await world.begun(tools=[WEATHER], max_completion_tokens=300)
        await over(world, run, "rain")
        assert [request["max_completion_tokens"] for request in model.requests] == [300, 200]

    async def test_of_completion_tokens_that_is_spent_ends_the_run_without_another_question(self, world, model):
        model.call(("get_weather", {}), text="word " * 300)
        run = await world.begun(tools=[WEATHER], max_completion_tokens=300)
        ended = await over(world, run, "rain")
        assert (ended.state, ended.progress.incomplete_reason) == (RunState.INCOMPLETE, "max_completion_tokens")
        assert len(model.requests) == 1

    async def test_of_completion_tokens_that_cuts_a_text_leaves_it_incomplete(self, world, model):
        model.length("It is raining in")
        run = await world.begun(max_completion_tokens=256)
        ended = await over(world, run)
        answer = (await world.messages(run.thread_id))[-1]
        assert (ended.state, ended.progress.incomplete_reason) == (RunState.INCOMPLETE, "max_completion_tokens")
        assert (answer.status, answer.incomplete_reason) == (ItemStatus.INCOMPLETE, "max_tokens")
        assert answer.parts[0].text == "It is raining in"

    async def test_that_cuts_a_call_owes_nothing(self, world, model):
        model.choices(
            {"delta": {"tool_calls": [{"index": 0, "id": "c", "function": {"name": "get_weather", "arguments": "{"}}]}},
            {"delta": {}, "finish_reason": "length"},
        )
        run = await world.begun(tools=[WEATHER], max_completion_tokens=256)
        ended = await over(world, run)
        assert (ended.state, ended.progress.owed) == (RunState.INCOMPLETE, ())

    async def test_of_prompt_tokens_that_the_newest_message_does_not_fit_ends_the_run(self, world, model):
        run = await world.begun("x" * 4 * 300, max_prompt_tokens=256)
        ended = await over(world, run)
        assert (ended.state, ended.progress.incomplete_reason) == (RunState.INCOMPLETE, "max_prompt_tokens")
        assert model.requests == []

    async def test_of_prompt_tokens_is_shared_by_all_turns(self, world, model):
        model.call(("get_weather", {}))
        run = await world.begun("word " * 200, tools=[WEATHER], max_prompt_tokens=400)
        ended = await over(world, run, "rain")
        assert (ended.state, ended.progress.incomplete_reason) == (RunState.INCOMPLETE, "max_prompt_tokens")
        assert len(model.requests) == 1

    async def test_that_is_meant_for_each_turn_is_not_shared(self, world, model):
        model.call(("get_weather", {}), text="word " * 98)
        limits = {"max_prompt_tokens": 500, "max_completion_tokens": 100, "limits_each_turn": True}
        run = await world.begun("word " * 200, tools=[WEATHER], **limits)
        assert (await over(world, run, "rain")).state is RunState.COMPLETED
        assert [request["max_completion_tokens"] for request in model.requests] == [100, 100]

    async def test_of_an_assistant_that_is_0_is_none(self, world, model):
        assistant_id = await world.assistant(max_prompt_tokens=0, max_completion_tokens=0)
        ended = await over(world, await world.start(await world.thread(text("user", "Hi")), assistant_id))
        assert (ended.state, ended.max_prompt_tokens) == (RunState.COMPLETED, None)
        assert "max_completion_tokens" not in model.requests[0]

    async def test_of_the_model_that_the_newest_message_does_not_fit_fails_the_run(self, tmp_path, model):
        async with World(tmp_path, model, context_window_tokens=100) as world:
            ended = await over(world, await world.begun("x" * 400, max_prompt_tokens=10_000))
            assert (ended.state, ended.progress.error.code) == (RunState.FAILED, "invalid_prompt")
            assert ended.progress.error.message == "The prompt does not fit the limit of 75 tokens."

    async def test_usage_is_the_sum_of_the_steps(self, world, model):
        model.call(("get_weather", {}), text="Let me see.")
        model.say("It rains.")
        run = await world.begun("How is Oslo?", tools=[WEATHER])
        ended = await over(world, run, "rain")
        total = Usage()
        for step in await world.steps(run):
            total = total.plus(step.usage)
        assert ended.progress.usage == total
        assert total.completion_tokens == 3 + 2 + 2
        assert ended.turns == 2


class TestModels:
    async def test_a_name_that_nobody_configured_goes_to_the_default(self, world, model):
        await over(world, await world.begun(model="no-such-model"))
        assert model.requests[0]["model"] == "no-such-model"

    async def test_a_name_goes_to_the_first_pattern_that_fits(self, world, model):
        dead = ModelConfig(pattern="*", base_url="http://127.0.0.1:1/v1", retries=0)
        fits = ModelConfig(pattern="gpt-*", base_url=model.base_url, name="llama")
        world.routes = ModelRoutes(configs=(fits,), default=dead)
        assert (await over(world, await world.begun())).state is RunState.COMPLETED
        assert model.requests[0]["model"] == "llama"

    async def test_none_at_all_fails_the_run_in_a_sentence_that_says_what_to_do(self, tmp_path):
        async with World(tmp_path) as world:
            ended = await over(world, await world.begun())
        assert ended.state is RunState.FAILED
        assert ended.progress.error.message.startswith("No model is configured. Start the server with --model-url")

    async def test_one_that_no_table_is_for_fails_the_run(self, world, model):
        other = ModelConfig(pattern="other", base_url=model.base_url)
        world.routes = ModelRoutes(configs=(other,))
        ended = await over(world, await world.begun(model="gpt://folder/name/latest"))
        assert ended.progress.error.code == "unknown_model"
        assert "'gpt://folder/name/latest'" in ended.progress.error.message

    async def test_an_addressed_one_is_asked_for_by_its_name(self, world, model):
        await over(world, await world.begun(model="gpt://folder/yandexgpt/latest"))
        assert model.requests[0]["model"] == "yandexgpt"


class TestFailure:
    @pytest.mark.parametrize(
        ("status", "code"), [(429, "rate_limit"), (400, "invalid_prompt"), (401, "server"), (500, "server")]
    )
    async def test_of_the_provider_stands_on_the_run(self, world, model, status, code):
        model.fail(status, "Something is wrong")
        run = await world.begun()
        ended = await over(world, run)
        assert (ended.state, ended.progress.error.code) == (RunState.FAILED, code)
        assert ended.progress.error.message == "Something is wrong"
        assert await world.steps(run) == []
        assert ended.progress.usage == Usage()

    async def test_of_a_model_that_is_not_there_fails_the_run(self, world, model):
        model.refuse_connection()
        ended = await over(world, await world.begun())
        assert (ended.state, ended.progress.error.code) == (RunState.FAILED, "server")
        assert "cannot be reached" in ended.progress.error.message

    async def test_in_the_middle_keeps_the_text_so_far(self, world, model):
        model.break_off("Once upon a time", after=2)
        run = await world.begun()
        ended = await over(world, run)
        answer = (await world.messages(run.thread_id))[-1]
        (step,) = await world.steps(run)
        assert (ended.state, step.status, step.trace.error) == (
            RunState.FAILED,
            ItemStatus.FAILED,
            ended.progress.error,
        )
        assert (answer.status, answer.incomplete_reason) == (ItemStatus.INCOMPLETE, "run_failed")
        assert answer.parts[0].text == "Once upon"

    async def test_in_the_middle_of_calls_owes_nothing(self, world, model):
        model.choices(
            {"delta": {"tool_calls": [{"index": 0, "id": "c", "function": {"name": "get_weather", "arguments": "{"}}]}},
            done=False,
        )
        ended = await over(world, await world.begun(tools=[WEATHER]))
        assert (ended.state, ended.progress.owed) == (RunState.FAILED, ())

    async def test_frees_the_thread(self, world, model):
        model.fail(500, "no")
        run = await world.begun()
        await over(world, run)
        again = await runs.create(
            world.core, world.caller, run.thread_id, runs.NewRun(assistant_id=run.assistant_id), unless_busy=True
        )
        assert again.run.state is RunState.QUEUED


class TestIndexes:
    async def index(self, world: World) -> str:
        expiration = Expiration(policy=Policy.SINCE_LAST_ACTIVE, ttl_seconds=86_400)
        made = await indexes.create(world.core, world.caller, NewIndex(expiration=expiration))
        return made.id

    async def searching(self, world: World, index_id: str) -> Run:
        return await world.begun(tools=[SEARCH], tool_resources=ToolResources(index_ids=(index_id,)))

    async def test_that_has_expired_fails_the_run(self, world, model):
        index_id = await self.index(world)
        world.clock.advance(86_401)
        ended = await over(world, await self.searching(world, index_id))
        assert (ended.state, ended.progress.error.code) == (RunState.FAILED, "server")
        assert ended.progress.error.message == f"Vector store {index_id} has expired."
        assert model.requests == []

    async def test_that_is_used_lives_on(self, world, model):
        index_id = await self.index(world)
        world.clock.advance(80_000)
        await over(world, await self.searching(world, index_id))
        index = await indexes.get(world.core, world.caller, index_id)
        assert index.last_active_at == world.clock.now()

    async def test_without_the_tool_does_not_matter(self, world, model):
        index_id = await self.index(world)
        world.clock.advance(86_401)
        run = await world.begun(tool_resources=ToolResources(index_ids=(index_id,)))
        assert (await over(world, run)).state is RunState.COMPLETED


class TestLost:
    """A run that has ended, or was taken by another, is not touched."""

    async def claimed(self, world: World) -> Run:
        await world.begun()
        (run,) = await world.store.write(lambda tx: tx.runs.claim(owner="me", now=0, lease_until=10**18, limit=1))
        return run

    async def test_a_run_of_another_is_left_alone(self, world, model):
        run = await self.claimed(world)
        await perform(world.core, _Silent(), world.routes, run, owner="somebody else")
        assert (await world.get(run)).state is RunState.QUEUED

    async def test_a_bug_in_a_run_of_another_fails_nothing(self, world):
        run = await self.claimed(world)
        await fail_as_bug(world.core, run, owner="somebody else")
        assert (await world.get(run)).state is RunState.QUEUED

    async def test_a_run_that_was_cancelled_before_it_began_only_ends(self, world, model):
        run = await self.claimed(world)
        await runs.cancel(world.core, world.caller, run.thread_id, run.id)
        await perform(world.core, _Silent(), world.routes, run, owner="me")
        assert (await world.get(run)).state is RunState.CANCELLED

    async def test_a_worker_that_was_away_too_long_cannot_write(self, world):
        run = await self.claimed(world)
        pen = Pen(world.core, run, "me")
        (taken,) = await world.store.write(
            lambda tx: tx.runs.claim(owner="other", now=10**18, lease_until=2 * 10**18, limit=1)
        )

        async def nothing(tx: Any, run: Run) -> Any:
            return run, []

        assert taken.lease_owner == "other"
        with pytest.raises(Lost):
            await pen.change(nothing)


class _Silent:
    """A model that must not be asked."""

    def stream(self, *_: object) -> Any:
        raise AssertionError("the model was asked")

    async def close(self) -> None:
        pass
