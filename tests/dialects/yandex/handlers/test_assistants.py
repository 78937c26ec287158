"""Assistants over gRPC: what is filled in, what an update touches, what is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import grpc
import pytest

from clew.dialects.yandex import wire
from support.talk import URI, assistant, function, refused

if TYPE_CHECKING:
    from openai import OpenAI

    from support.stub import Stub

INVALID = grpc.StatusCode.INVALID_ARGUMENT


def updated(stub: Stub, assistant_id: str, *paths: str, **more: Any) -> wire.Assistant:
    mask = wire.FieldMask(paths=paths)
    changed: wire.Assistant = stub(
        "AssistantService.Update",
        wire.UpdateAssistantRequest(assistant_id=assistant_id, update_mask=mask, **more),
    )
    return changed


def completion(temperature: float | None = None, max_tokens: int | None = None) -> wire.CompletionOptions:
    options = wire.CompletionOptions()
    if temperature is not None:
        options.temperature.value = temperature
    if max_tokens is not None:
        options.max_tokens.value = max_tokens
    return options


def prompt(limit: int | None = None, last: int | None = None) -> wire.PromptTruncationOptions:
    options = wire.PromptTruncationOptions()
    if limit is not None:
        options.max_prompt_tokens.value = limit
    if last is not None:
        options.last_messages_strategy.num_messages = last
    return options


def test_what_clients_need_is_filled_in(stub: Stub) -> None:
    made = assistant(stub)
    assert made.prompt_truncation_options.HasField("auto_strategy")
    assert not made.prompt_truncation_options.HasField("max_prompt_tokens")
    assert made.HasField("completion_options")
    assert not made.HasField("response_format")
    assert (made.expiration_config.ttl_days, made.expiration_config.expiration_policy) == (7, 2)
    assert made.updated_at == made.created_at


def test_everything_that_is_sent_comes_back(stub: Stub) -> None:
    schema = wire.Struct()
    schema.update({"type": "object", "properties": {"n": {"type": "integer", "minimum": 3}}})
    search = wire.SearchIndexTool()
    web = wire.GenSearchTool(description="News.")
    web.options.site.site.append("example.com")
    sent = {
        "name": "n",
        "description": "d",
        "labels": {"a": "b"},
        "model_uri": "anything at all",
        "instruction": "Be kind.",
        "prompt_truncation_options": prompt(500, 3),
        "completion_options": completion(0.5, 100),
        "tools": [function(parameters=schema), wire.Tool(search_index=search), wire.Tool(gen_search=web)],
        "response_format": wire.ResponseFormat(json_schema=wire.JsonSchema(schema=schema)),
        "expiration_config": wire.ExpirationConfig(expiration_policy=1, ttl_days=3),
    }
    made = assistant(stub, **sent)
    want = wire.Assistant(**sent)
    want.tools[1].search_index.call_strategy.always_call.SetInParent()
    for field in sent:
        assert getattr(made, field) == getattr(want, field), field
    assert stub("AssistantService.Get", wire.GetAssistantRequest(assistant_id=made.id)) == made


@pytest.mark.parametrize(
    ("sent", "saying"),
    [
        ({"completion_options": completion(1.1)}, "completion_options.temperature: must be between 0 and 1"),
        ({"completion_options": completion(float("nan"))}, "completion_options.temperature: must be between 0 and 1"),
        ({"completion_options": completion(max_tokens=0)}, "completion_options.max_tokens: must be greater than 0"),
        (
            {"prompt_truncation_options": prompt(-1)},
            "prompt_truncation_options.max_prompt_tokens: must be greater than 0",
        ),
        (
            {"prompt_truncation_options": prompt(last=0)},
            "prompt_truncation_options.last_messages_strategy.num_messages: must be greater than 0",
        ),
        ({"model_uri": ""}, "model_uri: field is required"),
        ({"tools": [wire.Tool()]}, "tools[0]: one of search_index, function and gen_search is needed"),
        ({"tools": [wire.Tool(gen_search=wire.GenSearchTool())]}, "tools[0].gen_search.description: field is required"),
    ],
)
def test_what_breaks_a_rule_is_refused_with_its_path(stub: Stub, sent: dict[str, Any], saying: str) -> None:
    with refused(INVALID, saying):
        assistant(stub, **sent)


class TestUpdate:
    def test_touches_what_the_mask_names(self, stub: Stub) -> None:
        made = assistant(stub, name="n", instruction="Be kind.", completion_options=completion(0.5, 100))
        changed = updated(
            stub,
            made.id,
            "name",
            "completion_options.temperature",
            name="m",
            instruction="ignored",
            completion_options=completion(0.1, 7),
        )
        assert (changed.name, changed.instruction) == ("m", "Be kind.")
        assert changed.completion_options == completion(0.1, 100)

    def test_of_a_strategy_drops_the_other_and_keeps_the_limit(self, stub: Stub) -> None:
        made = assistant(stub, prompt_truncation_options=prompt(500))
        path = "prompt_truncation_options.last_messages_strategy"
        changed = updated(stub, made.id, path, prompt_truncation_options=prompt(last=2))
        assert changed.prompt_truncation_options == prompt(500, 2)
        back = wire.PromptTruncationOptions(auto_strategy=wire.PromptTruncationOptions.AutoStrategy())
        path = "prompt_truncation_options.auto_strategy"
        changed = updated(stub, made.id, path, prompt_truncation_options=back)
        assert changed.prompt_truncation_options.HasField("auto_strategy")
        assert changed.prompt_truncation_options.max_prompt_tokens.value == 500

    def test_of_a_number_that_is_not_given_leaves_a_0(self, stub: Stub) -> None:
        made = assistant(stub, completion_options=completion(0.5, 100))
        changed = updated(stub, made.id, "completion_options.temperature", "completion_options.max_tokens")
        assert changed.completion_options == completion(0.0, 0)

    def test_of_a_whole_message_that_is_not_given_leaves_the_defaults(self, stub: Stub) -> None:
        made = assistant(stub, completion_options=completion(0.5), prompt_truncation_options=prompt(500, 3))
        changed = updated(stub, made.id, "completion_options", "prompt_truncation_options")
        assert changed.completion_options == completion()
        assert changed.prompt_truncation_options.HasField("auto_strategy")
        assert not changed.prompt_truncation_options.HasField("max_prompt_tokens")

    def test_without_a_mask_replaces_everything(self, stub: Stub) -> None:
        made = assistant(stub, name="n", labels={"a": "b"}, tools=[function()], completion_options=completion(0.5))
        changed = updated(stub, made.id, model_uri="another", description="d")
        assert (changed.name, changed.description, dict(changed.labels)) == ("", "d", {})
        assert (len(changed.tools), changed.model_uri) == (0, "another")
        assert changed.completion_options == completion()

    def test_without_a_mask_leaves_the_model_where_none_is_sent(self, stub: Stub) -> None:
        made = assistant(stub, name="n")
        changed = updated(stub, made.id)
        assert (changed.name, changed.model_uri) == ("", URI)

    def test_of_a_format_takes_either_kind(self, stub: Stub) -> None:
        made = assistant(stub)
        plain = wire.ResponseFormat(json_object=True)
        assert updated(stub, made.id, "response_format", response_format=plain).response_format == plain
        assert not updated(stub, made.id, "response_format").HasField("response_format")

    @pytest.mark.parametrize(
        ("path", "more", "saying"),
        [
            ("id", {}, "update_mask: there is no field 'id' that can be updated"),
            ("tools.function", {}, "update_mask: there is no field 'tools.function' that can be updated"),
            (
                "completion_options.top_p",
                {},
                "update_mask: there is no field 'completion_options.top_p' that can be updated",
            ),
            ("model_uri", {}, "model_uri: field is required"),
            (
                "completion_options.temperature",
                {"completion_options": completion(2)},
                "completion_options.temperature: must be between 0 and 1",
            ),
        ],
    )
    def test_that_cannot_be_changes_nothing(self, stub: Stub, path: str, more: dict[str, Any], saying: str) -> None:
        made = assistant(stub, name="n")
        with refused(INVALID, saying):
            updated(stub, made.id, "name", path, name="m", **more)
        assert stub("AssistantService.Get", wire.GetAssistantRequest(assistant_id=made.id)) == made

    def test_keeps_what_cannot_be_said_here(self, stub: Stub, client: OpenAI) -> None:
        theirs = client.beta.assistants.create(
            model="gpt-4o", top_p=0.5, temperature=1.5, tools=[{"type": "code_interpreter"}], metadata={"a": "b"}
        )
        changed = updated(stub, theirs.id, "name", "tools", "completion_options.max_tokens", name="n")
        assert (changed.name, changed.completion_options.temperature.value) == ("n", 1.5)
        again = client.beta.assistants.retrieve(theirs.id)
        assert (again.top_p, again.temperature, again.metadata) == (0.5, 1.5, {"a": "b"})
        assert [tool.type for tool in again.tools] == ["code_interpreter"]


class TestVersions:
    def test_are_snapshots_newest_first_with_their_masks(self, stub: Stub) -> None:
        made = assistant(stub, name="one")
        updated(stub, made.id, "name", "expiration_config.ttl_days", name="two")
        asked = wire.ListAssistantVersionsRequest(assistant_id=made.id)
        found = stub("AssistantService.ListVersions", asked)
        assert [version.assistant.name for version in found.versions] == ["two", "one"]
        assert [list(version.update_mask.paths) for version in found.versions] == [
            ["name", "expiration_config.ttl_days"],
            [],
        ]
        assert len({version.id for version in found.versions} | {made.id}) == 3
        assert found.versions[1].assistant == made

    def test_are_listed_page_by_page_to_an_empty_one(self, stub: Stub) -> None:
        made = assistant(stub)
        updated(stub, made.id, "name", name="two")
        names, token = [], ""
        while True:
            asked = wire.ListAssistantVersionsRequest(assistant_id=made.id, page_size=1, page_token=token)
            found = stub("AssistantService.ListVersions", asked)
            token = found.next_page_token
            if not found.versions:
                break
            names += [version.assistant.name for version in found.versions]
        assert (names, token) == (["two", ""], "")

    def test_of_a_missing_assistant_are_not_found(self, stub: Stub) -> None:
        with refused(grpc.StatusCode.NOT_FOUND, "assistant nope not found"):
            stub("AssistantService.ListVersions", wire.ListAssistantVersionsRequest(assistant_id="nope"))


def test_a_list_is_of_one_folder_and_ends_with_an_empty_page(stub: Stub) -> None:
    stub("AssistantService.Create", wire.CreateAssistantRequest(folder_id="elsewhere", model_uri=URI))
    mine = [stub("AssistantService.Create", wire.CreateAssistantRequest(folder_id="a", model_uri=URI)).id]
    found = stub("AssistantService.List", wire.ListAssistantsRequest(folder_id="a"))
    assert [one.id for one in found.assistants] == mine
    asked = wire.ListAssistantsRequest(folder_id="a", page_token=found.next_page_token)
    last = stub("AssistantService.List", asked)
    assert (len(last.assistants), last.next_page_token) == (0, "")


def test_a_deleted_assistant_is_not_found(stub: Stub) -> None:
    made = assistant(stub)
    stub("AssistantService.Delete", wire.DeleteAssistantRequest(assistant_id=made.id))
    for method, request in (
        ("Get", wire.GetAssistantRequest(assistant_id=made.id)),
        ("Delete", wire.DeleteAssistantRequest(assistant_id=made.id)),
    ):
        with refused(grpc.StatusCode.NOT_FOUND, f"assistant {made.id} not found"):
            stub(f"AssistantService.{method}", request)


def test_an_assistant_made_here_is_read_by_an_openai_client(stub: Stub, client: OpenAI) -> None:
    parameters = wire.Struct()
    parameters.update({"type": "object", "properties": {"n": {"type": "integer", "minimum": 3}}})
    made = assistant(
        stub,
        name="n",
        instruction="Be kind.",
        labels={"a": "b"},
        completion_options=completion(0.5),
        tools=[function(description="d", parameters=parameters)],
        response_format=wire.ResponseFormat(json_schema=wire.JsonSchema(schema=parameters)),
    )
    read = client.beta.assistants.retrieve(made.id).model_dump()
    assert (read["name"], read["instructions"], read["model"]) == ("n", "Be kind.", URI)
    assert (read["metadata"], read["temperature"]) == ({"a": "b"}, 0.5)
    shown = {"type": "object", "properties": {"n": {"type": "integer", "minimum": 3}}}
    assert read["tools"][0]["function"]["parameters"] == shown
    assert read["response_format"]["json_schema"]["schema_"] == shown
