"""Forced calls on servers that ignore `tool_choice`."""

from __future__ import annotations

import asyncio
import json
from contextlib import aclosing
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from clew.engine.completions import Completions
from clew.engine.forcing import is_needed, rewritten
from clew.engine.model import Ask, CallArguments, CallStarted, Finished, ModelConfig, ModelFault, Piece, Usage
from support.scripted_model import ScriptedModel

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

CITY: dict[str, Any] = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
WEATHER: dict[str, Any] = {"type": "function", "function": {"name": "get_weather", "parameters": CITY}}
CLOCK: dict[str, Any] = {"type": "function", "function": {"name": "get_time", "description": "The time."}}
ASK = Ask(
    model="m",
    messages=[{"role": "user", "content": "Weather in Oslo?"}],
    tools=[WEATHER, CLOCK],
    tool_choice="required",
)


@pytest.fixture
def model() -> Iterator[ScriptedModel]:
    with ScriptedModel() as model:
        yield model


@pytest.fixture
def config(model: ScriptedModel) -> ModelConfig:
    return ModelConfig(pattern="*", base_url=model.base_url, tool_choice_honoured=False)


@pytest.fixture
async def completions() -> AsyncIterator[Completions]:
    completions = Completions()
    yield completions
    await completions.close()


async def pieces_of(completions: Completions, config: ModelConfig, ask: Ask = ASK) -> list[Piece]:
    async with aclosing(completions.stream(config, ask)) as pieces:
        return [piece async for piece in pieces]


def schema_of(ask: Ask) -> Any:
    assert ask.response_format is not None
    return ask.response_format["json_schema"]["schema"]


class TestIsNeeded:
    @pytest.mark.parametrize("choice", ["none", "auto"])
    def test_a_free_choice_is_left_to_the_model(self, config: ModelConfig, choice: Any) -> None:
        assert not is_needed(config, replace(ASK, tool_choice=choice))

    @pytest.mark.parametrize("choice", ["required", {"name": "get_time"}])
    def test_a_demand_is_not(self, config: ModelConfig, choice: Any) -> None:
        assert is_needed(config, replace(ASK, tool_choice=choice))
        assert not is_needed(replace(config, tool_choice_honoured=True), replace(ASK, tool_choice=choice))


class TestRewritten:
    def test_every_tool_is_one_member_of_the_union(self) -> None:
        members = schema_of(rewritten(ASK))["anyOf"]
        assert [member["properties"]["name"]["const"] for member in members] == ["get_weather", "get_time"]
        assert members[0]["properties"]["arguments"] == CITY
        assert members[1]["properties"]["arguments"]["properties"] == {}

    def test_a_named_tool_is_the_only_member(self) -> None:
        members = schema_of(rewritten(replace(ASK, tool_choice={"name": "get_time"})))["anyOf"]
        assert [member["properties"]["name"]["const"] for member in members] == ["get_time"]

    def test_a_tool_that_is_not_there_cannot_be_named(self) -> None:
        with pytest.raises(ModelFault, match="no tool named 'nope'") as caught:
            rewritten(replace(ASK, tool_choice={"name": "nope"}))
        assert caught.value.kind == "invalid_prompt"

    def test_references_follow_the_schema_to_its_new_place(self) -> None:
        parameters = {"properties": {"to": {"$ref": "#/$defs/City"}}, "$defs": {"City": {"type": "string"}}}
        tool = {"type": "function", "function": {"name": "go", "parameters": parameters}}
        moved = schema_of(rewritten(replace(ASK, tools=[CLOCK, tool])))["anyOf"][1]["properties"]["arguments"]
        assert moved["properties"]["to"]["$ref"] == "#/anyOf/1/properties/arguments/$defs/City"

    def test_the_model_is_told_of_the_tools_that_it_is_not_sent(self) -> None:
        ask = rewritten(ASK)
        assert ask.tools == []
        assert "- get_time: The time." in ask.messages[0]["content"]


class TestCalls:
    async def test_the_json_comes_back_as_a_call(
        self, completions: Completions, config: ModelConfig, model: ScriptedModel
    ) -> None:
        model.say('{"name": "get_weather", "arguments": {"city": "Oslo"}}')
        pieces = await pieces_of(completions, config)
        prompt = sum(len(message["content"].split()) for message in model.requests[0]["messages"])
        assert pieces == [
            CallStarted(index=0, name="get_weather"),
            CallArguments(index=0, fragment='{"city": "Oslo"}'),
            Finished(reason="tool_calls", usage=Usage(prompt_tokens=prompt, completion_tokens=5)),
        ]

    async def test_the_server_sees_a_schema_and_no_tools(
        self, completions: Completions, config: ModelConfig, model: ScriptedModel
    ) -> None:
        model.say('{"name": "get_time", "arguments": {}}')
        await pieces_of(completions, config)
        assert model.requests[0]["response_format"]["type"] == "json_schema"
        assert model.requests[0].keys().isdisjoint({"tools", "tool_choice"})

    async def test_a_fence_and_prose_around_the_json_are_forgiven(
        self, completions: Completions, config: ModelConfig, model: ScriptedModel
    ) -> None:
        model.say('Sure!\n```json\n{"name": "get_time"}\n```')
        assert CallArguments(index=0, fragment="{}") in await pieces_of(completions, config)

    @pytest.mark.parametrize(
        "rubbish",
        [
            "",
            "It is sunny in Oslo.",
            "{}",
            "{" * 2000,
            '{"name": 1, "arguments": {}}',
            '{"name": "get_weather", "arguments": "Oslo"}',
            '{"name": "rm_rf", "arguments": {}}',
            json.dumps({"name": "get_time", "arguments": {}})[:-3],
        ],
    )
    async def test_rubbish_is_a_fault_and_never_a_call(
        self, completions: Completions, config: ModelConfig, model: ScriptedModel, rubbish: str
    ) -> None:
        model.say(rubbish)
        with pytest.raises(ModelFault, match="the model was to call a tool") as caught:
            await pieces_of(completions, config)
        assert caught.value.kind == "server"

    async def test_an_answer_cut_short_calls_nothing(
        self, completions: Completions, config: ModelConfig, model: ScriptedModel
    ) -> None:
        model.length('{"name": "get_wea')
        (only,) = await pieces_of(completions, config)
        assert isinstance(only, Finished)
        assert only.reason == "length"

    async def test_a_free_choice_sends_the_tools_as_usual(
        self, completions: Completions, config: ModelConfig, model: ScriptedModel
    ) -> None:
        model.call(("get_weather", {"city": "Oslo"}))
        pieces = await pieces_of(completions, config, replace(ASK, tool_choice="auto"))
        assert model.requests[0]["tools"] == [WEATHER, CLOCK]
        assert pieces[0] == CallStarted(index=0, name="get_weather")

    async def test_cancelling_closes_the_response(
        self, completions: Completions, config: ModelConfig, model: ScriptedModel
    ) -> None:
        gate = model.hold("{")
        asking = asyncio.create_task(pieces_of(completions, config))
        await gate.reached()
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        await model.exchanges[0].dropped()
