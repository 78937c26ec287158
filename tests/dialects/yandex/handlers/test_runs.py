"""Runs over gRPC: their life, what is set for one of them, tools, and runs that other clients began."""

from __future__ import annotations

from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

import grpc
import openai
import pytest

from clew.dialects.yandex import wire
from clew.engine.model import ModelConfig, ModelRoutes
from support.server import RunningServer
from support.stub import Stub
from support.talk import (
    Event,
    RunStatus,
    assistant,
    begun,
    content,
    ended,
    function,
    got,
    listened,
    refused,
    results,
    submit,
    texts,
    thread,
    waiting,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from openai import OpenAI

    from support.scripted_model import ScriptedModel

INVALID = grpc.StatusCode.INVALID_ARGUMENT
MISSING = grpc.StatusCode.NOT_FOUND
WEATHER = ("weather", {"city": "Oslo", "days": 5})


def messages(stub: Stub, thread_id: str) -> list[wire.Message]:
    """The thread's, newest first."""
    return list(stub("MessageService.List", wire.ListMessagesRequest(thread_id=thread_id)))


class TestLife:
    def test_a_run_is_pending_then_in_progress_then_completed(self, stub: Stub, model: ScriptedModel) -> None:
        gate = model.hold("It rains.")
        run = begun(stub)
        assert run.state.status == RunStatus.PENDING
        assert not run.HasField("usage")
        gate.wait_reached()
        assert got(stub, run.id).state.status == RunStatus.IN_PROGRESS
        gate.release()
        over = ended(stub, run.id)
        assert over.state.status == RunStatus.COMPLETED
        assert (over.usage.prompt_tokens, over.usage.completion_tokens, over.usage.total_tokens) == (1, 2, 3)

    def test_its_answer_is_the_threads_message(self, stub: Stub, model: ScriptedModel) -> None:
        model.say("It rains.")
        run = begun(stub, labels={"a": "b"})
        answer = ended(stub, run.id).state.completed_message
        assert messages(stub, run.thread_id)[0] == answer
        assert (texts(answer), answer.status) == (["It rains."], wire.Message.COMPLETED)
        assert (answer.author.id, answer.author.role) == (run.assistant_id, "ASSISTANT")
        assert answer.created_by == run.created_by == "anyone"
        assert dict(run.labels) == {"a": "b"}

    def test_additional_messages_come_before_it(self, stub: Stub, model: ScriptedModel) -> None:
        more = [wire.MessageData(content=content(text)) for text in ("one", "two")]
        run = begun(stub, "zero", additional_messages=more)
        ended(stub, run.id)
        assert [message["content"] for message in model.requests[0]["messages"]] == ["zero", "one", "two"]

    def test_a_failure_has_a_reason_and_no_usage(self, stub: Stub, model: ScriptedModel) -> None:
        model.fail(400, "Something is wrong")
        over = ended(stub, begun(stub).id)
        assert over.state.status == RunStatus.FAILED
        assert (over.state.error.code, over.state.error.message) == (0, "Something is wrong")
        assert not over.HasField("usage")

    def test_an_answer_without_room_is_truncated(self, stub: Stub, model: ScriptedModel) -> None:
        model.length("It rains in")
        over = ended(stub, begun(stub).id)
        assert over.state.status == RunStatus.COMPLETED
        assert over.state.completed_message.status == wire.Message.TRUNCATED

    def test_an_answer_that_was_deleted_is_not_shown(self, stub: Stub, client: OpenAI, model: ScriptedModel) -> None:
        run = ended(stub, begun(stub).id)
        client.beta.threads.messages.delete(run.state.completed_message.id, thread_id=run.thread_id)
        left = got(stub, run.id).state
        assert (left.status, left.HasField("completed_message")) == (RunStatus.COMPLETED, False)


class TestFind:
    def test_the_newest_of_a_thread(self, stub: Stub) -> None:
        assistant_id, thread_id = assistant(stub).id, thread(stub, "hello")
        asked = wire.CreateRunRequest(assistant_id=assistant_id, thread_id=thread_id)
        made = [stub("RunService.Create", asked).id for _ in range(2)]
        last = stub("RunService.GetLastByThread", wire.GetLastRunByThreadRequest(thread_id=thread_id))
        assert last.id == made[-1]

    def test_none_of_a_thread(self, stub: Stub) -> None:
        thread_id = thread(stub)
        with refused(MISSING, f"run of thread {thread_id} not found"):
            stub("RunService.GetLastByThread", wire.GetLastRunByThreadRequest(thread_id=thread_id))

    def test_all_of_a_folder_page_by_page(self, stub: Stub) -> None:
        made = [ended(stub, begun(stub, f"hello {n}").id) for n in range(3)]
        found, token = [], ""
        while True:
            asked = wire.ListRunsRequest(folder_id="default", page_size=2, page_token=token)
            page = stub("RunService.List", asked)
            token = page.next_page_token
            if not page.runs:
                break
            found += page.runs
        assert (found, token) == (made[::-1], "")

    def test_not_of_a_deleted_thread(self, stub: Stub) -> None:
        run = ended(stub, begun(stub).id)
        stub("ThreadService.Delete", wire.DeleteThreadRequest(thread_id=run.thread_id))
        with refused(MISSING, f"run {run.id} not found"):
            got(stub, run.id)
        assert list(stub("RunService.List", wire.ListRunsRequest(folder_id="default")).runs) == []

    def test_also_of_a_deleted_assistant(self, stub: Stub) -> None:
        run = ended(stub, begun(stub).id)
        stub("AssistantService.Delete", wire.DeleteAssistantRequest(assistant_id=run.assistant_id))
        assert got(stub, run.id) == run

    @pytest.mark.parametrize("method", ["Get", "Submit", "Listen"])
    def test_not_what_is_not_there(self, stub: Stub, method: str) -> None:
        asked = {"Get": wire.GetRunRequest, "Submit": wire.SubmitToRunRequest, "Listen": wire.ListenRunRequest}[method]
        request = asked(run_id="nope")
        if isinstance(request, wire.SubmitToRunRequest):
            request.tool_result_list.SetInParent()
        with refused(MISSING, "run nope not found"):
            answer = stub(f"RunService.{method}", request)
            list(answer)

    def test_no_run_of_a_missing_assistant_or_thread(self, stub: Stub) -> None:
        with refused(MISSING, "assistant nope not found"):
            stub("RunService.Create", wire.CreateRunRequest(assistant_id="nope", thread_id=thread(stub)))
        with refused(MISSING, "thread nope not found"):
            stub("RunService.Create", wire.CreateRunRequest(assistant_id=assistant(stub).id, thread_id="nope"))


def completion(temperature: float, max_tokens: int) -> wire.CompletionOptions:
    options = wire.CompletionOptions()
    options.temperature.value = temperature
    options.max_tokens.value = max_tokens
    return options


def prompt(limit: int | None = None, last: int | None = None) -> wire.PromptTruncationOptions:
    options = wire.PromptTruncationOptions()
    if limit is not None:
        options.max_prompt_tokens.value = limit
    if last is not None:
        options.last_messages_strategy.num_messages = last
    return options


class TestOptions:
    def test_of_the_assistant_hold(self, stub: Stub, model: ScriptedModel) -> None:
        made = assistant(stub, completion_options=completion(0.5, 100), instruction="Be kind.")
        thread_id = thread(stub, "hello")
        run = stub("RunService.Create", wire.CreateRunRequest(assistant_id=made.id, thread_id=thread_id))
        ended(stub, run.id)
        asked = model.requests[0]
        assert (asked["temperature"], asked["max_completion_tokens"]) == (0.5, 100)
        assert asked["messages"][0] == {"role": "system", "content": "Be kind."}
        assert not run.HasField("custom_completion_options")
        assert not run.HasField("custom_prompt_truncation_options")

    def test_of_the_run_go_before_them_and_come_back_as_sent(self, stub: Stub, model: ScriptedModel) -> None:
        made = assistant(stub, completion_options=completion(0.5, 100))
        plain = wire.ResponseFormat(json_object=True)
        asked = wire.CreateRunRequest(
            assistant_id=made.id,
            thread_id=thread(stub, "hello"),
            custom_completion_options=wire.CompletionOptions(temperature=wire.DoubleValue(value=0.1)),
            custom_prompt_truncation_options=prompt(4000),
            custom_response_format=plain,
        )
        over = ended(stub, stub("RunService.Create", asked).id)
        assert over.custom_completion_options == asked.custom_completion_options
        assert over.custom_prompt_truncation_options.max_prompt_tokens.value == 4000
        assert over.custom_prompt_truncation_options.HasField("auto_strategy")
        assert over.custom_response_format == plain
        sent = model.requests[0]
        assert (sent["temperature"], sent["max_completion_tokens"]) == (0.1, 100)
        assert sent["response_format"] == {"type": "json_object"}

    @pytest.mark.parametrize(
        ("sent", "saying"),
        [
            (
                {"custom_completion_options": completion(2, 1)},
                "custom_completion_options.temperature: must be between 0 and 1",
            ),
            (
                {"custom_completion_options": completion(0, -1)},
                "custom_completion_options.max_tokens: must be greater than 0",
            ),
            (
                {"custom_prompt_truncation_options": prompt(0)},
                "custom_prompt_truncation_options.max_prompt_tokens: must be greater than 0",
            ),
            ({"additional_messages": [wire.MessageData()]}, "additional_messages[0].content: field is required"),
        ],
    )
    def test_that_cannot_be_make_no_run(self, stub: Stub, sent: dict[str, Any], saying: str) -> None:
        thread_id = thread(stub, "hello")
        with refused(INVALID, saying):
            made = assistant(stub)
            stub("RunService.Create", wire.CreateRunRequest(assistant_id=made.id, thread_id=thread_id, **sent))
        assert list(stub("RunService.List", wire.ListRunsRequest(folder_id="default")).runs) == []

    def test_a_prompt_of_the_last_message_is_shorter(self, stub: Stub) -> None:
        said = ["a first message of some length", "a second one"]
        last = ended(stub, begun(stub, *said, custom_prompt_truncation_options=prompt(last=1)).id)
        both = ended(stub, begun(stub, *said).id)
        assert last.usage.prompt_tokens < both.usage.prompt_tokens

    def test_a_prompt_that_cannot_fit_fails_the_run_by_name_of_the_limit(self, stub: Stub) -> None:
        state = ended(stub, begun(stub, custom_prompt_truncation_options=prompt(1)).id).state
        assert state.status == RunStatus.FAILED
        assert (state.error.code, state.error.message) == (0, "the prompt does not fit into the limit of 1 tokens")


class TestTools:
    def test_calls_are_answered_by_name(self, stub: Stub, model: ScriptedModel) -> None:
        model.call(WEATHER, ("time", "no JSON"), WEATHER, text="Let me see.")
        run = begun(stub, tools=[function(), function("time")])
        state = waiting(stub, run.id)
        calls = [call.function_call for call in state.state.tool_call_list.tool_calls]
        assert state.state.status == RunStatus.TOOL_CALLS
        assert [call.name for call in calls] == ["weather", "time", "weather"]
        assert dict(calls[0].arguments) == {"city": "Oslo", "days": 5.0}
        assert dict(calls[1].arguments) == {}
        assert state.usage.total_tokens > 0
        submit(stub, run.id, ("time", "now"), ("weather", "rain"), ("weather", "sun"))
        over = ended(stub, run.id)
        given = [message["content"] for message in model.requests[1]["messages"] if message["role"] == "tool"]
        assert given == ["rain", "now", "sun"]
        assert over.usage.total_tokens > state.usage.total_tokens

    def test_a_run_that_was_answered_is_in_progress(self, stub: Stub, model: ScriptedModel) -> None:
        model.call(WEATHER)
        gate = model.hang()
        run = begun(stub, tools=[function()])
        waiting(stub, run.id)
        submit(stub, run.id, ("weather", "rain"))
        assert got(stub, run.id).state.status == RunStatus.IN_PROGRESS
        gate.release()

    @pytest.mark.parametrize("pairs", [[], [("time", "now")], [("weather", "rain"), ("weather", "sun")]])
    def test_results_that_are_not_those_of_the_calls_are_refused(
        self, stub: Stub, model: ScriptedModel, pairs: list[tuple[str, str]]
    ) -> None:
        model.call(WEATHER)
        run = begun(stub, tools=[function()])
        waiting(stub, run.id)
        with refused(INVALID, "tool_result_list: one result for each call is needed: weather"):
            submit(stub, run.id, *pairs)
        assert got(stub, run.id).state.status == RunStatus.TOOL_CALLS

    def test_results_that_nobody_waits_for_are_refused(self, stub: Stub) -> None:
        run = ended(stub, begun(stub).id)
        saying = f"cannot submit run '{run.id}': it is completed"
        with refused(grpc.StatusCode.FAILED_PRECONDITION, saying):
            submit(stub, run.id, ("weather", "rain"))

    def test_results_have_to_be_there(self, stub: Stub) -> None:
        with refused(INVALID, "tool_result_list: field is required"):
            stub("RunService.Submit", wire.SubmitToRunRequest(run_id="any"))
        nothing = wire.ToolResultList(tool_results=[wire.ToolResult()])
        with refused(INVALID, "tool_result_list.tool_results[0]: function_result is needed"):
            stub("RunService.Submit", wire.SubmitToRunRequest(run_id="any", tool_result_list=nothing))

    def test_of_thread_and_run_come_on_top_and_the_nearest_wins(self, stub: Stub, model: ScriptedModel) -> None:
        made = assistant(stub, tools=[function("a"), function("b", description="assistant's")])
        tools = [function("b", description="thread's"), function("c", description="thread's")]
        mine = [function("c", description="run's"), function("d")]
        thread_id = thread(stub, "hello", tools=tools)
        asked = wire.CreateRunRequest(assistant_id=made.id, thread_id=thread_id, tools=mine)
        run = stub("RunService.Create", asked)
        ended(stub, run.id)
        offered = {tool["function"]["name"]: tool["function"].get("description") for tool in model.requests[0]["tools"]}
        assert offered == {"a": None, "b": "thread's", "c": "run's", "d": None}
        assert [tool.function.name for tool in run.tools] == ["c", "d"]

    def test_a_number_that_no_double_holds_is_shown_as_text(self, stub: Stub, model: ScriptedModel) -> None:
        model.call(("weather", '{"days": [1' + "0" * 400 + '], "city": "Oslo"}'))
        (call,) = waiting(stub, begun(stub, tools=[function()]).id).state.tool_call_list.tool_calls
        assert call.function_call.arguments["days"][0] == "1" + "0" * 400
        assert call.function_call.arguments["city"] == "Oslo"

    def test_of_an_index_that_is_not_there_make_no_run(self, stub: Stub) -> None:
        search = wire.Tool(search_index=wire.SearchIndexTool(search_index_ids=["nope"]))
        assistant_id, thread_id = assistant(stub).id, thread(stub, "hello")
        asked = wire.CreateRunRequest(assistant_id=assistant_id, thread_id=thread_id, tools=[search])
        with refused(MISSING, "search index nope not found"):
            stub("RunService.Create", asked)

    def test_of_search_are_kept_and_the_run_goes_without_them(
        self, stub: Stub, client: OpenAI, model: ScriptedModel
    ) -> None:
        store = client.vector_stores.create(name="v")
        search = wire.Tool(search_index=wire.SearchIndexTool(search_index_ids=[store.id]))
        run = begun(stub, tools=[search])
        assert ended(stub, run.id).state.status == RunStatus.COMPLETED
        assert "tools" not in model.requests[0]
        asked = wire.CreateRunRequest(assistant_id=run.assistant_id, thread_id=run.thread_id, tools=[search])
        (tool,) = stub("RunService.Create", asked).tools
        assert (list(tool.search_index.search_index_ids), tool.search_index.call_strategy.HasField("always_call")) == (
            [store.id],
            True,
        )

    def test_generative_search_fails_the_run_when_it_is_called(self, stub: Stub, model: ScriptedModel) -> None:
        model.call(("generative_search", {"query": "news"}))
        web = wire.Tool(gen_search=wire.GenSearchTool(description="News."))
        state = ended(stub, begun(stub, tools=[web]).id).state
        assert state.status == RunStatus.FAILED
        assert "generative search" in state.error.message


class TestAttach:
    def test_takes_results_before_it_says_anything(self, stub: Stub, model: ScriptedModel) -> None:
        model.call(WEATHER)
        gate = model.hang()
        run = begun(stub, tools=[function()])
        waiting(stub, run.id)
        asked = wire.AttachRunRequest(run_id=run.id, tool_result_list=results(("weather", "rain")))
        events = stub.talk("RunService.Attach", [asked])
        assert next(events).event_type == Event.TOOL_CALLS  # what was before
        assert got(stub, run.id).state.status == RunStatus.IN_PROGRESS
        gate.release()
        last = next(events)
        assert (last.event_type, last.stream_cursor.num_user_events_received) == (Event.DONE, 1)
        assert list(events) == []

    def test_answers_call_after_call_in_one_conversation(self, stub: Stub, model: ScriptedModel) -> None:
        model.call(WEATHER)
        model.call(WEATHER)
        run = begun(stub, tools=[function()])
        said = _Talk(run.id)
        seen = []
        for event in stub.talk("RunService.Attach", said):
            seen.append(event.event_type)
            if event.event_type == Event.TOOL_CALLS:
                said.put(results(("weather", "rain")))
        said.end()
        assert seen == [Event.TOOL_CALLS, Event.TOOL_CALLS, Event.DONE]

    def test_ends_with_what_was_wrong_with_later_results(self, stub: Stub, model: ScriptedModel) -> None:
        model.call(WEATHER)
        run = begun(stub, tools=[function()])
        said = _Talk(run.id)
        with refused(INVALID, "tool_result_list: one result for each call is needed: weather"):
            for event in stub.talk("RunService.Attach", said):
                said.put(results(("time", "now")))
                assert event.event_type == Event.TOOL_CALLS
        said.end()
        assert got(stub, run.id).state.status == RunStatus.TOOL_CALLS

    def test_does_not_lose_results_of_who_goes_away(self, stub: Stub, model: ScriptedModel) -> None:
        for _ in range(3):
            model.call(WEATHER)
        run = begun(stub, tools=[function()])
        for rounds in range(1, 4):
            events = listened(stub, run.id)
            assert [next(events).event_type for _ in range(rounds)] == [Event.TOOL_CALLS] * rounds
            asked = wire.AttachRunRequest(run_id=run.id, tool_result_list=results(("weather", "rain")))
            attached: Any = stub.talk("RunService.Attach", [asked])
            next(attached)
            attached.cancel()
        assert ended(stub, run.id).state.status == RunStatus.COMPLETED

    @pytest.mark.parametrize(
        ("sent", "saying"),
        [
            ([], "run_id: field is required"),
            ([wire.AttachRunRequest()], "run_id: field is required"),
        ],
    )
    def test_wants_to_know_of_which_run(self, stub: Stub, sent: list[wire.AttachRunRequest], saying: str) -> None:
        with refused(INVALID, saying):
            list(stub.talk("RunService.Attach", sent))

    def test_is_for_one_run(self, stub: Stub, model: ScriptedModel) -> None:
        model.call(WEATHER)
        run = begun(stub, tools=[function()])
        sent = [wire.AttachRunRequest(run_id=run.id), wire.AttachRunRequest(run_id="another")]
        with refused(INVALID, f"run_id: this call is attached to the run {run.id}"):
            list(stub.talk("RunService.Attach", sent))


class _Talk:
    """What a client says while it listens: first of which run, then results as they are put."""

    def __init__(self, run_id: str) -> None:
        self._said: SimpleQueue[wire.AttachRunRequest | None] = SimpleQueue()
        self._said.put(wire.AttachRunRequest(run_id=run_id))

    def put(self, given: wire.ToolResultList) -> None:
        self._said.put(wire.AttachRunRequest(tool_result_list=given))

    def __iter__(self) -> Iterator[wire.AttachRunRequest]:
        return iter(self._said.get, None)

    def end(self) -> None:
        """Say no more. Whoever still waits for a word would wait for ever."""
        self._said.put(None)


class TestModels:
    def test_an_address_is_asked_for_by_its_name(self, stub: Stub, model: ScriptedModel) -> None:
        ended(stub, begun(stub).id)
        assert model.requests[0]["model"] == "yandexgpt"

    def test_one_that_nobody_configured_fails_the_run(self, tmp_path: Path, model: ScriptedModel) -> None:
        routes = ModelRoutes(configs=(ModelConfig(pattern="another", base_url=model.base_url),))
        with RunningServer(tmp_path, routes=routes) as server, Stub(server.grpc_address) as stub:
            state = ended(stub, begun(stub).id).state
        assert state.status == RunStatus.FAILED
        assert state.error.message.startswith("invalid model_uri 'gpt://default/yandexgpt/latest'")


class TestCrossing:
    def test_several_runs_share_a_thread_here_and_keep_openai_clients_out(
        self, stub: Stub, client: OpenAI, model: ScriptedModel
    ) -> None:
        gates = [model.hang(), model.hang()]
        assistant_id, thread_id = assistant(stub).id, thread(stub, "hello")
        asked = wire.CreateRunRequest(assistant_id=assistant_id, thread_id=thread_id)
        made = [stub("RunService.Create", asked).id for _ in gates]
        with pytest.raises(openai.BadRequestError, match="already has an active run"):
            client.beta.threads.runs.create(thread_id, assistant_id=assistant_id)
        for gate in gates:
            gate.wait_reached()
            gate.release()
        assert [ended(stub, run_id).state.status for run_id in made] == [RunStatus.COMPLETED] * 2
        theirs = client.beta.threads.runs.create(thread_id, assistant_id=assistant_id)
        assert ended(stub, theirs.id).state.status == RunStatus.COMPLETED

    def test_a_run_of_an_openai_client_waits_and_is_answered_here(
        self, stub: Stub, client: OpenAI, model: ScriptedModel
    ) -> None:
        model.call(WEATHER)
        tool: Any = {"type": "function", "function": {"name": "weather"}}
        made = client.beta.assistants.create(model="gpt-4o", tools=[tool], temperature=0.5)
        run = client.beta.threads.create_and_run(
            assistant_id=made.id, thread={"messages": [{"role": "user", "content": "hello"}]}, metadata={"a": "b"}
        )
        shown = waiting(stub, run.id)
        assert (shown.id, shown.thread_id, shown.assistant_id) == (run.id, run.thread_id, made.id)
        assert dict(shown.labels) == {"a": "b"}
        assert shown.state.tool_call_list.tool_calls[0].function_call.name == "weather"
        submit(stub, run.id, ("weather", "rain"))
        answer = ended(stub, run.id).state.completed_message
        read = client.beta.threads.messages.retrieve(answer.id, thread_id=run.thread_id)
        assert (read.assistant_id, read.run_id) == (made.id, run.id)

    def test_a_run_made_here_is_read_and_answered_by_an_openai_client(
        self, stub: Stub, client: OpenAI, model: ScriptedModel
    ) -> None:
        model.call(WEATHER)
        run = begun(
            stub,
            tools=[function()],
            labels={"a": "b"},
            custom_completion_options=completion(0.25, 50),
            custom_prompt_truncation_options=prompt(4000),
        )
        waiting(stub, run.id)
        read = client.beta.threads.runs.retrieve(run.id, thread_id=run.thread_id)
        assert (read.temperature, read.max_completion_tokens, read.max_prompt_tokens) == (0.25, 50, 4000)
        assert read.truncation_strategy is not None
        assert read.truncation_strategy.type == "auto"
        assert (read.status, read.metadata, read.model) == (
            "requires_action",
            {"a": "b"},
            "gpt://default/yandexgpt/latest",
        )
        assert read.required_action is not None
        (call,) = read.required_action.submit_tool_outputs.tool_calls
        client.beta.threads.runs.submit_tool_outputs(
            run.id, thread_id=run.thread_id, tool_outputs=[{"tool_call_id": call.id, "output": "rain"}]
        )
        assert ended(stub, run.id).state.status == RunStatus.COMPLETED

    def test_a_cancelled_run_has_failed_and_says_so(self, stub: Stub, client: OpenAI, model: ScriptedModel) -> None:
        gate = model.hold("It rains.")
        run = begun(stub, stream=True)
        gate.wait_reached()
        client.beta.threads.runs.cancel(run.id, thread_id=run.thread_id)
        state = ended(stub, run.id).state
        assert (state.status, state.error.message) == (RunStatus.FAILED, "The run was cancelled.")
        assert list(listened(stub, run.id))[-1].event_type == Event.ERROR

    def test_an_expired_run_has_failed_and_says_so(
        self, stub: Stub, server: RunningServer, model: ScriptedModel
    ) -> None:
        model.call(WEATHER)
        run = begun(stub, tools=[function()])
        waiting(stub, run.id)
        server.advance(601)
        state = ended(stub, run.id).state
        assert (state.status, state.error.message) == (RunStatus.FAILED, "The run took longer than it may.")

    def test_a_run_without_room_for_its_prompt_has_failed_here_and_is_incomplete_there(
        self, stub: Stub, client: OpenAI
    ) -> None:
        made = client.beta.assistants.create(model="gpt-4o")
        thread_id = thread(stub, "x" * 4000)
        run = client.beta.threads.runs.create(thread_id, assistant_id=made.id, max_prompt_tokens=256)
        assert ended(stub, run.id).state.error.message == "the prompt does not fit into the limit of 256 tokens"
        read = client.beta.threads.runs.retrieve(run.id, thread_id=thread_id)
        assert (read.status, read.incomplete_details and read.incomplete_details.reason) == (
            "incomplete",
            "max_prompt_tokens",
        )
