"""`sdk.assistants` and an assistant: what programs set, what comes back, and its versions."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from clients.yandex.desk import MODEL, Desk, check, each, got, refused

WEATHER: dict[str, Any] = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "days": {"type": "integer", "maximum": 7.5}},
    "required": ["city"],
}


def weather(desk: Desk) -> Any:
    """A function, as the clients describe one."""
    return desk.sdk.tools.function(WEATHER, name="get_weather", description="What it is like outside")


@check
async def an_assistant_is_made_of_a_model(desk: Desk) -> None:
    assistant = await desk.assistant()
    assert assistant.model.uri == f"gpt://{desk.folder}/{MODEL}/latest"
    assert (assistant.name, assistant.description, assistant.labels, assistant.instruction) == (None,) * 4
    assert (assistant.tools, assistant.response_format, assistant.max_prompt_tokens) == ((), None, None)
    assert type(assistant.prompt_truncation_options.strategy).__name__ == "AutoPromptTruncationStrategy"
    assert (assistant.expiration_config.ttl_days, assistant.expiration_config.expiration_policy.name) == (
        7,
        "SINCE_LAST_ACTIVE",
    )


@check
async def an_assistant_has_everything_that_was_said(desk: Desk) -> None:
    assistant = await desk.assistant(
        temperature=0.25,
        max_tokens=100,
        instruction="Be brief.",
        max_prompt_tokens=5000,
        prompt_truncation_strategy=desk.part("assistants").LastMessagesPromptTruncationStrategy(num_messages=3),
        name="n",
        description="d",
        labels={"a": "b"},
        ttl_days=3,
        expiration_policy="static",
        tools=[weather(desk)],
        response_format="json",
    )
    found = await got(desk.sdk.assistants.get(assistant.id))
    for one in (assistant, found):
        assert (one.model.config.temperature, one.model.config.max_tokens) == (0.25, 100)
        assert (one.instruction, one.name, one.description, one.labels) == ("Be brief.", "n", "d", {"a": "b"})
        assert (one.max_prompt_tokens, one.prompt_truncation_options.strategy.num_messages) == (5000, 3)
        assert one.expires_at == one.created_at + timedelta(days=3)
        assert one.response_format == "json"
        assert one.created_by == one.updated_by
    (tool,) = found.tools
    assert (tool.name, tool.description) == ("get_weather", "What it is like outside")
    assert tool.parameters == WEATHER


@check
async def an_assistant_takes_a_configured_model(desk: Desk) -> None:
    model = desk.sdk.models.completions(MODEL, model_version="rc").configure(temperature=0.5, max_tokens=50)
    assistant = await got(desk.sdk.assistants.create(model))
    assert assistant.model.uri == f"gpt://{desk.folder}/{MODEL}/rc"
    assert (assistant.model.config.temperature, assistant.model.config.max_tokens) == (0.5, 50)


@check
async def an_assistant_takes_a_schema_for_answers(desk: Desk) -> None:
    schema = {"type": "object", "properties": {"sum": {"type": "number"}}}
    assistant = await desk.assistant(response_format={"json_schema": schema})
    assert assistant.response_format == {"json_schema": schema}


@check
async def a_web_search_comes_back_with_its_settings(desk: Desk) -> None:
    tool = desk.sdk.tools.generative_search(
        description="the news", site=["example.org"], search_filters=[{"lang": "ru"}], enable_nrfm_docs=True
    )
    assistant = await desk.assistant(tools=[tool])
    assert assistant.tools == (tool,)


@check
async def assistants_are_listed_and_deleted(desk: Desk) -> None:
    made = [(await desk.assistant()).id for _ in range(3)]
    listed = [assistant async for assistant in each(desk.sdk.assistants.list(page_size=2))]
    assert [assistant.id for assistant in listed] == made[::-1]
    for assistant in listed:
        await got(assistant.delete())
    assert [one async for one in each(desk.sdk.assistants.list())] == []
    await refused(ValueError, lambda: listed[0].update(name="n"))
    assert await desk.refusal(lambda: desk.sdk.assistants.get(made[0])) == (
        "NOT_FOUND",
        f"assistant {made[0]} not found",
    )


@check
async def an_assistants_update_changes_what_it_names(desk: Desk) -> None:
    assistant = await desk.assistant(name="n", instruction="Be brief.", temperature=0.5, labels={"a": "b"})
    same = await got(assistant.update(name="other", temperature=0.25, max_tokens=10))
    assert same is assistant
    assert (assistant.name, assistant.instruction, assistant.labels) == ("other", "Be brief.", {"a": "b"})
    assert (assistant.model.config.temperature, assistant.model.config.max_tokens) == (0.25, 10)
    await got(assistant.update(model="other-model", ttl_days=2, expiration_policy="static"))
    assert assistant.model.uri == f"gpt://{desk.folder}/other-model/latest"
    assert assistant.expires_at == assistant.created_at + timedelta(days=2)
    await got(assistant.update(instruction=None, labels=None))
    assert (assistant.instruction, assistant.labels, assistant.name) == (None, None, "other")


@check
async def truncation_is_updated_part_by_part(desk: Desk) -> None:
    strategies = desk.part("assistants")
    assistant = await desk.assistant(max_prompt_tokens=4000)
    last = strategies.LastMessagesPromptTruncationStrategy(num_messages=2)
    await got(assistant.update(prompt_truncation_strategy=last))
    assert (assistant.prompt_truncation_options.strategy, assistant.max_prompt_tokens) == (last, 4000)
    await got(assistant.update(prompt_truncation_strategy="auto", max_prompt_tokens=3000))
    auto = strategies.AutoPromptTruncationStrategy()
    assert (assistant.prompt_truncation_options.strategy, assistant.max_prompt_tokens) == (auto, 3000)


@check
async def tools_and_formats_are_replaced_and_taken_away(desk: Desk) -> None:
    assistant = await desk.assistant(tools=[weather(desk)], response_format="json")
    await got(assistant.update(tools=[weather(desk), desk.sdk.tools.function(WEATHER, name="other")]))
    assert [tool.name for tool in assistant.tools] == ["get_weather", "other"]
    assert assistant.response_format == "json"
    await got(assistant.update(tools=[]))
    assert assistant.tools == ()


@check
async def every_update_is_a_version(desk: Desk) -> None:
    assistant = await desk.assistant(name="first", instruction="Be brief.")
    await got(assistant.update(name="second"))
    await got(assistant.update(instruction="Be long.", temperature=0.5))
    versions = [version async for version in each(assistant.list_versions(page_size=2))]
    assert [version.assistant.name for version in versions] == ["second", "second", "first"]
    assert [version.assistant.instruction for version in versions] == ["Be long.", "Be brief.", "Be brief."]
    assert [set(version.update_mask) for version in versions] == [
        {"instruction", "completion_options.temperature"},
        {"name"},
        set(),
    ]
    assert len({version.id for version in versions}) == 3
