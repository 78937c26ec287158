"""The chat-completions adapter against a scripted server on a real socket."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from clew.engine.completions import Completions, request_body
from clew.engine.model import (
    Ask,
    CallArguments,
    CallStarted,
    Finished,
    ModelConfig,
    ModelFault,
    Piece,
    RefusalPiece,
    TextPiece,
    Usage,
)
from support.scripted_model import ScriptedModel

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

WEATHER: dict[str, Any] = {
    "type": "function",
    "function": {"name": "get_weather", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}},
}
ASK = Ask(model="gpt-4o", messages=[{"role": "user", "content": "What is up?"}])


@pytest.fixture
def model() -> Iterator[ScriptedModel]:
    with ScriptedModel() as model:
        yield model


@pytest.fixture
def config(model: ScriptedModel) -> ModelConfig:
    return ModelConfig(pattern="*", base_url=model.base_url, api_key="sk-secret", first_token_seconds=5, retries=2)


@pytest.fixture
def pauses() -> list[float]:
    return []


@pytest.fixture
async def completions(pauses: list[float]) -> AsyncIterator[Completions]:
    async def pause(seconds: float) -> None:
        pauses.append(seconds)

    completions = Completions(pause=pause)
    yield completions
    await completions.close()


async def pieces_of(completions: Completions, config: ModelConfig, ask: Ask = ASK) -> list[Piece]:
    async with aclosing(completions.stream(config, ask)) as pieces:
        return [piece async for piece in pieces]


async def fault_of(completions: Completions, config: ModelConfig, ask: Ask = ASK) -> ModelFault:
    with pytest.raises(ModelFault) as caught:
        await pieces_of(completions, config, ask)
    return caught.value


def text_of(pieces: list[Piece]) -> str:
    return "".join(piece.text for piece in pieces if isinstance(piece, TextPiece))


class TestAnAnswer:
    async def test_text_comes_word_by_word_and_ends_with_usage(
        self, completions: Completions, config: ModelConfig, model: ScriptedModel
    ) -> None:
        model.say("Hello there")
        usage = Usage(prompt_tokens=3, completion_tokens=2)
        assert await pieces_of(completions, config) == [
            TextPiece(text="Hello"),
            TextPiece(text=" there"),
            Finished(reason="stop", usage=usage),
        ]

    async def test_calls_come_with_their_arguments_in_fragments(
        self, completions: Completions, config: ModelConfig, model: ScriptedModel
    ) -> None:
        model.call(("get_weather", {"city": "Oslo"}), ("get_weather", {"city": "Bergen"}))
        pieces = await pieces_of(completions, config, replace(ASK, tools=[WEATHER]))
        arguments = ["", ""]
        for piece in pieces:
            if isinstance(piece, CallArguments):
                arguments[piece.index] += piece.fragment
        assert arguments == ['{"city": "Oslo"}', '{"city": "Bergen"}']
        assert [piece.index for piece in pieces if isinstance(piece, CallStarted)] == [0, 1]
        assert isinstance(pieces[-1], Finished)
        assert pieces[-1].reason == "tool_calls"

    async def test_only_the_first_call_is_passed_on_where_one_is_allowed(
        self, completions: Completions, config: ModelConfig, model: ScriptedModel
    ) -> None:
        model.call(("get_weather", {"city": "Oslo"}), ("get_weather", {"city": "Bergen"}))
        pieces = await pieces_of(completions, config, replace(ASK, tools=[WEATHER], parallel_tool_calls=False))
        assert {piece.index for piece in pieces if isinstance(piece, CallStarted | CallArguments)} == {0}

    async def test_a_refusal_is_told_from_text(
        self, completions: Completions, config: ModelConfig, model: ScriptedModel
    ) -> None:
        model.refuse("I will not")
        pieces = await pieces_of(completions, config)
        assert "".join(piece.text for piece in pieces if isinstance(piece, RefusalPiece)) == "I will not"

    @pytest.mark.parametrize("reason", ["length", "content_filter"])
    async def test_an_answer_cut_short_says_why(
        self, completions: Completions, config: ModelConfig, model: ScriptedModel, reason: str
    ) -> None:
        model.say("partial", finish=reason)
        last = (await pieces_of(completions, config))[-1]
        assert isinstance(last, Finished)
        assert last.reason == reason

    async def test_one_connection_serves_several_asks(
        self, completions: Completions, config: ModelConfig, model: ScriptedModel
    ) -> None:
        for _ in range(3):
            assert text_of(await pieces_of(completions, config)) == "You said: What is up?"
        assert model.connections == 1

    async def test_closing_early_closes_the_response(
        self, completions: Completions, config: ModelConfig, model: ScriptedModel
    ) -> None:
        model.hold("Hello there")
        async with aclosing(completions.stream(config, ASK)) as pieces:
            assert await anext(pieces) == TextPiece(text="Hello")
        await model.exchanges[0].dropped()

    async def test_cancelling_closes_the_response(
        self, completions: Completions, config: ModelConfig, model: ScriptedModel
    ) -> None:
        gate = model.hang()
        asking = asyncio.create_task(pieces_of(completions, config))
        await gate.reached()
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        await model.exchanges[0].dropped()


class TestServersWithWaysOfTheirOwn:
    async def test_usage_is_estimated_where_none_is_sent(
        self, completions: Completions, config: ModelConfig, model: ScriptedModel
    ) -> None:
        model.counts_usage = False
        model.say("12345")
        last = (await pieces_of(completions, config))[-1]
        assert isinstance(last, Finished)
        assert last.usage == Usage(prompt_tokens=11, completion_tokens=2)

    async def test_a_server_that_refuses_stream_options_is_asked_without_from_then_on(
        self, completions: Completions, config: ModelConfig, model: ScriptedModel
    ) -> None:
        model.refuses_stream_options = True
        for _ in range(2):
            assert text_of(await pieces_of(completions, config)) == "You said: What is up?"
        assert ["stream_options" in request for request in model.requests] == [True, False, False]

    async def test_a_missing_finish_reason_is_forgiven_after_done(
        self, completions: Completions, config: ModelConfig, model: ScriptedModel
    ) -> None:
        model.say("Hello", finish=None)
        last = (await pieces_of(completions, config))[-1]
        assert isinstance(last, Finished)
        assert last.reason == "stop"

    async def test_a_missing_done_is_forgiven_after_a_finish_reason(
        self, completions: Completions, config: ModelConfig, model: ScriptedModel
    ) -> None:
        model.choices({"delta": {"content": "Hello"}}, {"delta": {}, "finish_reason": "stop"}, done=False)
        assert text_of(await pieces_of(completions, config)) == "Hello"

    async def test_bare_newlines_comments_and_crlf_are_read(
        self, completions: Completions, config: ModelConfig, model: ScriptedModel
    ) -> None:
        model.choices(
            b": thinking\r\n\r\n",
            b'data:{"choices":[{"delta":{"content":"Hel"}}]}\r\n\r\n',
            b'event: message\ndata: {"choices":[{"delta":{"content":"lo"}}]}\n',
            b'data: {"choices":[]}\n\ndata: {"choices":[{"delta":{},"finish_reason":"eos"}]}\n\n',
        )
        assert text_of(await pieces_of(completions, config)) == "Hello"

    async def test_a_line_may_come_in_parts(
        self, completions: Completions, config: ModelConfig, model: ScriptedModel
    ) -> None:
        event = b'data: {"choices":[{"delta":{"content":"Gr\xc3\xbc\xc3\x9fe"}}]}\n\n'
        model.choices(*(event[place : place + 1] for place in range(len(event))))
        assert text_of(await pieces_of(completions, config)) == "Grüße"

    async def test_thoughts_are_not_part_of_the_answer(
        self, completions: Completions, config: ModelConfig, model: ScriptedModel
    ) -> None:
        model.think("hmm, well", "Hello")
        assert text_of(await pieces_of(completions, config)) == "Hello"


class TestTooMuch:
    async def test_a_large_delta_is_passed_on_where_it_is_allowed(
        self, completions: Completions, config: ModelConfig, model: ScriptedModel
    ) -> None:
        model.huge(10_000_000)
        pieces = await pieces_of(completions, replace(config, answer_bytes_max=10_000_000))
        assert len(text_of(pieces)) == 10_000_000

    async def test_an_answer_beyond_the_limit_is_a_fault(
        self, completions: Completions, config: ModelConfig, model: ScriptedModel
    ) -> None:
        model.huge(1001)
        fault = await fault_of(completions, replace(config, answer_bytes_max=1000))
        assert (fault.kind, str(fault)) == ("server", "the model's answer is larger than allowed here")

    async def test_a_line_without_end_is_not_held(
        self, completions: Completions, config: ModelConfig, model: ScriptedModel
    ) -> None:
        model.endless_line(1_000_000)
        fault = await fault_of(completions, replace(config, answer_bytes_max=1000))
        assert str(fault) == "the model's answer is larger than allowed here"


class TestFaults:
    @pytest.mark.parametrize(
        ("status", "kind"),
        [(429, "rate_limit"), (400, "invalid_prompt"), (422, "invalid_prompt"), (401, "server"), (500, "server")],
    )
    async def test_the_providers_own_reason_is_kept_and_nothing_is_tried_again(
        self, completions: Completions, config: ModelConfig, model: ScriptedModel, status: int, kind: str
    ) -> None:
        model.fail(status, "for a reason")
        fault = await fault_of(completions, config)
        assert (fault.kind, str(fault)) == (kind, "for a reason")
        assert len(model.requests) == 1

    async def test_our_key_never_stands_in_a_fault(
        self, completions: Completions, config: ModelConfig, model: ScriptedModel
    ) -> None:
        model.fail(401, "bad key sk-secret")
        assert str(await fault_of(completions, config)) == "bad key ***"

    async def test_a_refused_connection_is_said_plainly(
        self, completions: Completions, config: ModelConfig, model: ScriptedModel, pauses: list[float]
    ) -> None:
        model.refuse_connection()
        fault = await fault_of(completions, config)
        assert (fault.kind, str(fault)) == ("server", "the model server cannot be reached: it refuses the connection")
        assert len(pauses) == config.retries

    async def test_an_answer_that_breaks_off_is_not_begun_again(
        self, completions: Completions, config: ModelConfig, model: ScriptedModel
    ) -> None:
        model.break_off(after=2)
        async with aclosing(completions.stream(config, ASK)) as pieces:
            assert [await anext(pieces), await anext(pieces)] == [TextPiece(text="Once"), TextPiece(text=" upon")]
            with pytest.raises(ModelFault, match="ended before it finished"):
                await anext(pieces)
        assert len(model.requests) == 1

    async def test_an_answer_that_just_stops_is_a_fault(
        self, completions: Completions, config: ModelConfig, model: ScriptedModel
    ) -> None:
        model.trail_off("Once upon")
        fault = await fault_of(completions, config)
        assert (fault.kind, str(fault)) == ("server", "the model's answer ended before it finished")

    async def test_rubbish_is_a_fault(
        self, completions: Completions, config: ModelConfig, model: ScriptedModel
    ) -> None:
        model.rubbish()
        assert str(await fault_of(completions, config)).endswith("is not a chat completion")

    async def test_a_page_instead_of_a_stream_is_a_fault(
        self, completions: Completions, config: ModelConfig, model: ScriptedModel
    ) -> None:
        model.page()
        assert str(await fault_of(completions, config)) == "the model server did not answer with a stream"

    async def test_an_error_inside_the_stream_keeps_its_kind(
        self, completions: Completions, config: ModelConfig, model: ScriptedModel
    ) -> None:
        model.fail_midway("Hello", "slow down", code="rate_limit_exceeded")
        fault = await fault_of(completions, config)
        assert (fault.kind, str(fault)) == ("rate_limit", "slow down")


class TestRetries:
    @pytest.mark.parametrize("status", [502, 503, 504])
    async def test_a_gateway_fault_is_tried_again_with_growing_pauses(
        self, completions: Completions, config: ModelConfig, model: ScriptedModel, pauses: list[float], status: int
    ) -> None:
        model.fail(status, "later", times=2)
        model.say("Hello")
        assert text_of(await pieces_of(completions, config)) == "Hello"
        assert 0 <= pauses[0] <= 0.5
        assert 0 <= pauses[1] <= 1

    async def test_the_last_fault_is_reported_when_tries_run_out(
        self, completions: Completions, config: ModelConfig, model: ScriptedModel
    ) -> None:
        model.fail(503, "later", times=3)
        assert str(await fault_of(completions, config)) == "later"
        assert len(model.requests) == 3

    async def test_a_dropped_connection_is_tried_again(
        self, completions: Completions, config: ModelConfig, model: ScriptedModel
    ) -> None:
        model.drop()
        model.say("Hello")
        assert text_of(await pieces_of(completions, config)) == "Hello"

    async def test_silence_before_the_first_token_is_tried_again(
        self, completions: Completions, config: ModelConfig, model: ScriptedModel
    ) -> None:
        model.hang()
        model.say("Hello")
        pieces = await pieces_of(completions, replace(config, first_token_seconds=1))
        assert text_of(pieces) == "Hello"

    async def test_silence_after_the_first_token_is_a_fault(
        self, completions: Completions, config: ModelConfig, model: ScriptedModel
    ) -> None:
        model.hold("Hello there")
        fault = await fault_of(completions, replace(config, token_gap_seconds=0.05))
        assert str(fault) == "the model server was silent for too long"
        assert len(model.requests) == 1


class TestRequestBody:
    CONFIG = ModelConfig(pattern="*", base_url="http://model/v1")

    def test_what_nobody_set_is_not_sent(self) -> None:
        assert request_body(self.CONFIG, ASK) == {"model": "gpt-4o", "messages": ASK.messages, "stream": True}

    def test_the_configured_name_is_sent_upstream(self) -> None:
        assert request_body(replace(self.CONFIG, name="llama"), ASK)["model"] == "llama"

    def test_the_budget_goes_under_the_name_that_the_server_knows(self) -> None:
        config = replace(self.CONFIG, budget_field="max_tokens")
        body = request_body(config, replace(ASK, max_completion_tokens=7))
        assert body["max_tokens"] == 7
        assert "max_completion_tokens" not in body

    def test_a_named_tool_is_chosen_in_the_protocols_shape(self) -> None:
        body = request_body(self.CONFIG, replace(ASK, tools=[WEATHER], tool_choice={"name": "get_weather"}))
        assert body["tool_choice"] == {"type": "function", "function": {"name": "get_weather"}}

    def test_one_call_at_a_time_is_asked_for_only_where_it_is_understood(self) -> None:
        ask = replace(ASK, tools=[WEATHER], parallel_tool_calls=False)
        assert request_body(self.CONFIG, ask)["parallel_tool_calls"] is False
        assert "parallel_tool_calls" not in request_body(replace(self.CONFIG, parallel_tool_calls_honoured=False), ask)

    def test_tools_that_must_not_be_called_are_hidden_from_a_server_that_would_call_them(self) -> None:
        ask = replace(ASK, tools=[WEATHER], tool_choice="none")
        assert request_body(self.CONFIG, ask)["tool_choice"] == "none"
        assert "tools" not in request_body(replace(self.CONFIG, tool_choice_honoured=False), ask)

    def test_a_schema_is_told_in_words_where_it_is_not_enforced(self) -> None:
        wanted = {"type": "json_schema", "json_schema": {"name": "x", "schema": {"type": "array"}}}
        config = replace(self.CONFIG, json_schema_honoured=False)
        body = request_body(config, replace(ASK, response_format=wanted))
        assert body["response_format"] == {"type": "json_object"}
        assert '{"type": "array"}' in body["messages"][0]["content"]
