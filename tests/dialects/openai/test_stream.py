"""Streams, frame by frame: the order that clients rely on, the exact bytes of fragments, and coming back to one."""

from __future__ import annotations

import asyncio
import json
import socket
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx2
import pytest
from openai import AssistantEventHandler, OpenAI

from clew.dialects.openai.stream import Renderer
from clew.domain.event import Delta, Event, EventKind
from clew.domain.run import Progress, Run, RunState
from clew.service import runs
from support.server import RunningServer
from support.sse import HEADERS, Frame, Parser, aopened, ended, events_path, names, opened, read, until, wait_for

if TYPE_CHECKING:
    from collections.abc import Iterable

WEATHER: dict[str, Any] = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}

BEGIN = ["run.created", "run.queued", "run.in_progress"]
STEP = ["run.step.created", "run.step.in_progress"]
MESSAGE = [*STEP, "message.created", "message.in_progress"]
SAID = [*MESSAGE, "message.delta", "message.completed", "run.step.completed"]


class Chat:
    """An assistant that may ask for the weather, and a thread with one question."""

    def __init__(self, client: OpenAI) -> None:
        self.client = client
        self.assistant_id = client.beta.assistants.create(model="gpt-4o", tools=[WEATHER]).id
        self.thread_id = client.beta.threads.create(messages=[{"role": "user", "content": "How is Oslo?"}]).id

    @property
    def runs(self) -> str:
        return f"/threads/{self.thread_id}/runs"

    def body(self, **more: Any) -> dict[str, Any]:
        return {"assistant_id": self.assistant_id, "stream": True, **more}

    def start(self, **more: Any) -> str:
        """A run that nobody follows."""
        made = self.client.beta.threads.runs.create(
            thread_id=self.thread_id, assistant_id=self.assistant_id, extra_body=more
        )
        return made.id

    def events(self, run_id: str, *, after: int = 0) -> str:
        return events_path(self.thread_id, run_id, after=after)

    def submit(self, run_id: str, outputs: dict[str, str]) -> tuple[str, dict[str, Any]]:
        pairs = [{"tool_call_id": call, "output": output} for call, output in outputs.items()]
        return f"{self.runs}/{run_id}/submit_tool_outputs", {"tool_outputs": pairs, "stream": True}


@pytest.fixture
def chat(client: OpenAI) -> Chat:
    return Chat(client)


def one(frames: Iterable[Frame], name: str) -> Any:
    """The data of the only frame of this name."""
    (frame,) = [frame for frame in frames if frame.name == f"thread.{name}"]
    return frame.data


def said(frames: Iterable[Frame]) -> str:
    """What all fragments of text together say."""
    return "".join(frame.words for frame in frames if frame.name == "thread.message.delta")


class TestOrder:
    """reference/openai.md, 5.2 to 5.5."""

    def test_of_a_text(self, server, chat, model):
        model.say("It is raining in Oslo.")
        frames = read(server, chat.runs, chat.body())
        assert names(frames) == [*BEGIN, *SAID, "run.completed", "done"]
        assert said(frames) == "It is raining in Oslo."

    def test_of_a_text_in_a_thread_made_with_the_run(self, server, chat, model):
        model.say("Hello")
        frames = read(server, "/threads/runs", chat.body(thread={"metadata": {"a": "b"}}))
        assert names(frames) == ["created", *BEGIN, *SAID, "run.completed", "done"]
        thread = frames[0].data
        assert (thread["object"], thread["metadata"]) == ("thread", {"a": "b"})
        assert one(frames, "run.created")["thread_id"] == thread["id"]

    def test_of_a_call(self, server, chat, model):
        model.call(("get_weather", {"city": "Oslo"}))
        frames = read(server, chat.runs, chat.body())
        assert names(frames) == [*BEGIN, *STEP, "run.step.delta", "run.requires_action", "done"]
        run = one(frames, "run.requires_action")
        (call,) = run["required_action"]["submit_tool_outputs"]["tool_calls"]
        assert (call["function"]["name"], json.loads(call["function"]["arguments"])) == (
            "get_weather",
            {"city": "Oslo"},
        )

    def test_of_the_stream_that_outputs_open(self, server, chat, model):
        model.call(("get_weather", {"city": "Oslo"}))
        model.say("Rain.")
        asked = read(server, chat.runs, chat.body())
        run = one(asked, "run.requires_action")
        (call,) = run["required_action"]["submit_tool_outputs"]["tool_calls"]
        frames = read(server, *chat.submit(run["id"], {call["id"]: "rain, 4 °C"}))
        assert names(frames) == ["run.step.completed", "run.queued", "run.in_progress", *SAID, "run.completed", "done"]
        step = frames[0].data
        assert step["id"] == one(asked, "run.step.created")["id"]
        assert step["step_details"]["tool_calls"][0]["function"]["output"] == "rain, 4 °C"

    def test_of_one_call_after_another(self, server, chat, model):
        model.call(("get_weather", {"city": "Oslo"}))
        model.call(("get_weather", {"city": "Rome"}))
        run = one(read(server, chat.runs, chat.body()), "run.requires_action")
        call = run["required_action"]["submit_tool_outputs"]["tool_calls"][0]["id"]
        frames = read(server, *chat.submit(run["id"], {call: "rain"}))
        again = [*STEP, "run.step.delta", "run.requires_action", "done"]
        assert names(frames) == ["run.step.completed", "run.queued", "run.in_progress", *again]

    def test_of_a_text_with_a_call_in_one_turn(self, server, chat, model):
        model.call(("get_weather", {"city": "Oslo"}), text="Let me see.")
        frames = read(server, chat.runs, chat.body())
        assert names(frames) == [*BEGIN, *SAID, *STEP, "run.step.delta", "run.requires_action", "done"]
        types = [frame.data["type"] for frame in frames if frame.name == "thread.run.step.created"]
        assert types == ["message_creation", "tool_calls"]

    def test_of_an_empty_answer(self, server, chat, model):
        model.say("")
        frames = read(server, chat.runs, chat.body())
        assert names(frames) == [*BEGIN, *MESSAGE, "message.completed", "run.step.completed", "run.completed", "done"]
        assert one(frames, "message.completed")["content"] == [
            {"type": "text", "text": {"value": "", "annotations": []}}
        ]

    def test_of_a_refusal(self, server, chat, model):
        model.refuse("I would rather not.")
        frames = read(server, chat.runs, chat.body())
        assert names(frames) == [*BEGIN, *SAID, "run.completed", "done"]
        assert one(frames, "message.completed")["content"] == [{"type": "refusal", "refusal": "I would rather not."}]

    def test_of_a_failure_before_the_first_word(self, server, chat, model):
        model.fail(500, "out of order")
        frames = read(server, chat.runs, chat.body())
        assert names(frames) == [*BEGIN, "run.failed", "done"]
        assert one(frames, "run.failed")["last_error"] == {"code": "server_error", "message": "out of order"}

    def test_of_a_failure_in_the_middle_of_a_text(self, server, chat, model):
        model.break_off("Once upon a time", after=2)
        frames = read(server, chat.runs, chat.body())
        assert names(frames) == [
            *BEGIN, *MESSAGE, "message.delta", "message.incomplete", "run.step.failed", "run.failed", "done",
        ]  # fmt: skip
        message, step = one(frames, "message.incomplete"), one(frames, "run.step.failed")
        assert message["incomplete_details"] == {"reason": "run_failed"}
        assert message["content"][0]["text"]["value"] == said(frames) == "Once upon"
        assert step["last_error"]["code"] == "server_error"
        assert step["failed_at"] is not None

    def test_of_a_cancel_in_the_middle_of_a_text(self, server, chat, model):
        gate = model.hold("One two three", after=1)
        with opened(server, chat.runs, chat.body()) as stream:
            run = until(stream, "thread.run.created")[-1].data
            begun = until(stream, "thread.message.delta")
            chat.client.beta.threads.runs.cancel(run["id"], thread_id=chat.thread_id)
            rest = list(stream)
        gate.release()
        assert names(rest) == ["run.cancelling", "message.incomplete", "run.step.cancelled", "run.cancelled", "done"]
        message = one(rest, "message.incomplete")
        assert message["incomplete_details"] == {"reason": "run_cancelled"}
        assert message["content"][0]["text"]["value"] == said(begun) == "One"
        assert one(rest, "run.cancelled")["expires_at"] is None

    def test_of_an_expiry_in_the_middle_of_a_text(self, server, chat, model):
        gate = model.hold("One two three", after=1)
        with opened(server, chat.runs, chat.body()) as stream:
            until(stream, "thread.message.delta")
            server.advance(600)
            rest = list(stream)
        gate.release()
        assert names(rest) == ["message.incomplete", "run.step.expired", "run.expired", "done"]
        assert one(rest, "message.incomplete")["incomplete_details"] == {"reason": "run_expired"}
        assert one(rest, "run.step.expired")["expired_at"] is not None

    def test_of_a_spent_budget(self, server, chat, model):
        model.length("It is raining in")
        frames = read(server, chat.runs, chat.body(max_completion_tokens=256))
        assert names(frames) == [
            *BEGIN, *MESSAGE, "message.delta", "message.incomplete", "run.step.completed", "run.incomplete", "done",
        ]  # fmt: skip
        assert one(frames, "message.incomplete")["incomplete_details"] == {"reason": "max_tokens"}
        assert one(frames, "run.incomplete")["incomplete_details"] == {"reason": "max_completion_tokens"}

    def test_of_a_cancel_while_calls_are_open(self, server, chat, model):
        model.call(("get_weather", {"city": "Oslo"}))
        run_id = one(read(server, chat.runs, chat.body()), "run.requires_action")["id"]
        chat.client.beta.threads.runs.cancel(run_id, thread_id=chat.thread_id)
        frames = read(server, chat.events(run_id))
        tail = ["run.requires_action", "run.cancelling", "run.step.cancelled", "run.cancelled", "done"]
        assert names(frames)[-5:] == tail


class TestKeyFacts:
    def test_a_run_shows_queued_before_it_is_picked_up(self, server, chat, model):
        frames = read(server, chat.runs, chat.body())
        assert [frame.data["status"] for frame in frames[:3]] == ["queued", "queued", "in_progress"]
        assert [frame.data["started_at"] is None for frame in frames[:3]] == [True, True, False]

    def test_a_message_step_names_its_message_from_the_beginning(self, server, chat, model):
        frames = read(server, chat.runs, chat.body())
        message_id = one(frames, "message.created")["id"]
        details = {"type": "message_creation", "message_creation": {"message_id": message_id}}
        steps = [frame.data for frame in frames if frame.name.startswith("thread.run.step.")]
        assert [step["step_details"] for step in steps] == [details] * 3

    def test_usage_comes_with_the_end(self, server, chat, model):
        model.say("Rain it is")
        frames = read(server, chat.runs, chat.body())
        usage = {"prompt_tokens": 3, "completion_tokens": 3, "total_tokens": 6}
        assert one(frames, "run.step.created")["usage"] is None
        assert one(frames, "run.in_progress")["usage"] is None
        assert one(frames, "run.step.completed")["usage"] == one(frames, "run.completed")["usage"] == usage

    def test_ids_of_thread_run_and_assistant_stand_in_every_whole_object(self, server, chat, model):
        frames = read(server, chat.runs, chat.body())
        run_id = frames[0].data["id"]
        whole = [frame.data for frame in frames[:-1] if not frame.name.endswith(".delta")]
        assert {one["thread_id"] for one in whole} == {chat.thread_id}
        assert {one["assistant_id"] for one in whole} == {chat.assistant_id}
        assert {one["run_id"] for one in whole if one["object"] != "thread.run"} == {run_id}

    def test_what_begins_has_no_content_yet(self, server, chat, model):
        model.call(("get_weather", {"city": "Oslo"}), text="Let me see.")
        frames = read(server, chat.runs, chat.body())
        assert one(frames, "message.created")["content"] == one(frames, "message.in_progress")["content"] == []
        steps = [frame.data for frame in frames if frame.name == "thread.run.step.created"]
        assert steps[1]["step_details"] == {"type": "tool_calls", "tool_calls": []}

    def test_what_ends_has_as_many_parts_as_were_streamed(self, server, chat, model):
        model.choices(
            {"delta": {"refusal": "No"}},
            {"delta": {"content": "But"}},
            {"delta": {"refusal": "."}},
            {"delta": {"content": " still"}},
            {"delta": {}, "finish_reason": "stop"},
        )
        frames = read(server, chat.runs, chat.body())
        parts = [
            part for frame in frames if frame.name.endswith("message.delta") for part in frame.data["delta"]["content"]
        ]
        assert {(part["index"], part["type"]) for part in parts} == {(0, "refusal"), (1, "text")}
        content = one(frames, "message.completed")["content"]
        assert [part["type"] for part in content] == ["refusal", "text"]
        assert (content[0]["refusal"], content[1]["text"]["value"]) == ("No.", "But still")

    def test_a_message_that_is_cut_keeps_its_parts_in_the_order_of_their_beginning(self, server, chat, model):
        model.choices({"delta": {"refusal": "No"}}, {"delta": {"content": "But"}}, done=False)
        frames = read(server, chat.runs, chat.body())
        assert [part["type"] for part in one(frames, "message.incomplete")["content"]] == ["refusal", "text"]

    def test_one_message_is_open_at_a_time(self, server, chat, model):
        model.call(("get_weather", {"city": "Oslo"}), text="Let me see.")
        model.say("Rain.")
        run = one(read(server, chat.runs, chat.body()), "run.requires_action")
        call = run["required_action"]["submit_tool_outputs"]["tool_calls"][0]["id"]
        read(server, *chat.submit(run["id"], {call: "rain"}))
        frames = read(server, chat.events(run["id"]))
        turns = [frame.name for frame in frames if frame.name in ("thread.message.created", "thread.message.completed")]
        assert turns == ["thread.message.created", "thread.message.completed"] * 2

    def test_a_call_that_a_text_follows_keeps_its_place(self, server, chat, model):
        model.choices(
            {
                "delta": {
                    "tool_calls": [{"index": 0, "id": "c", "function": {"name": "get_weather", "arguments": "{}"}}]
                }
            },
            {"delta": {"content": "Wait for it."}},
            {"delta": {}, "finish_reason": "tool_calls"},
        )
        frames = read(server, chat.runs, chat.body())
        assert names(frames) == [*BEGIN, *STEP, "run.step.delta", "run.requires_action", "done"]

    def test_a_call_that_never_gets_its_name_is_left_out(self, server, chat, model):
        model.choices(
            {"delta": {"tool_calls": [{"index": 0, "function": {"arguments": "{"}}]}},
            {
                "delta": {
                    "tool_calls": [{"index": 1, "id": "c", "function": {"name": "get_weather", "arguments": "{}"}}]
                }
            },
            {"delta": {}, "finish_reason": "tool_calls"},
        )
        run = one(read(server, chat.runs, chat.body()), "run.requires_action")
        (call,) = run["required_action"]["submit_tool_outputs"]["tool_calls"]
        assert call["function"] == {"name": "get_weather", "arguments": "{}"}


class TestFragments:
    """reference/openai.md, 5.7: clients add up what they are sent, so every byte counts."""

    def test_of_a_text(self, server, chat, model):
        gate = model.hold("Hello there", after=1)
        with opened(server, chat.runs, chat.body()) as stream:
            first = until(stream, "thread.message.delta")[-1]
            gate.release()
            second = next(stream)
        begin = f'{{"id":"{first.data["id"]}","object":"thread.message.delta","delta":{{"content":['
        assert first.text == begin + '{"index":0,"type":"text","text":{"value":"Hello","annotations":[]}}]}}'
        assert second.text == begin + '{"index":0,"type":"text","text":{"value":" there"}}]}}'

    def test_of_a_refusal(self, server, chat, model):
        model.refuse("Never")
        frames = read(server, chat.runs, chat.body())
        delta = one(frames, "message.delta")
        assert delta["delta"] == {"content": [{"index": 0, "type": "refusal", "refusal": "Never"}]}

    def test_of_a_call(self, server, chat, model):
        model.call(("get_weather", '{"a":1}'))
        frames = read(server, chat.runs, chat.body())
        first, *later = [frame for frame in frames if frame.name == "thread.run.step.delta"]
        call_id = one(frames, "run.requires_action")["required_action"]["submit_tool_outputs"]["tool_calls"][0]["id"]
        begin = (
            f'{{"id":"{first.data["id"]}","object":"thread.run.step.delta",'
            '"delta":{"step_details":{"type":"tool_calls","tool_calls":['
        )
        function = '"function":{"name":"get_weather","arguments":"","output":null}'
        assert first.text == begin + f'{{"index":0,"id":"{call_id}","type":"function",{function}}}]}}}}}}'
        assert [frame.text for frame in later] == [
            begin + '{"index":0,"type":"function","function":{"arguments":"{\\"a\\":1}"}}]}}}'
        ]

    def test_of_parallel_calls_name_each_call_once(self, server, chat, model):
        model.call(("get_weather", {"city": "Oslo"}), ("get_weather", {"city": "Rome"}))
        frames = read(server, chat.runs, chat.body())
        pieces = [
            call
            for frame in frames
            if frame.name == "thread.run.step.delta"
            for call in frame.data["delta"]["step_details"]["tool_calls"]
        ]
        assert [piece["index"] for piece in pieces if "id" in piece] == [0, 1]
        assert [piece["index"] for piece in pieces if "name" in piece["function"]] == [0, 1]
        calls = one(frames, "run.requires_action")["required_action"]["submit_tool_outputs"]["tool_calls"]
        for index, call in enumerate(calls):
            mine = [piece for piece in pieces if piece["index"] == index]
            assert "".join(piece.get("id", "") for piece in mine) == call["id"]
            assert "".join(piece["function"]["arguments"] for piece in mine) == call["function"]["arguments"]

    def test_of_an_event_carry_its_number_on_the_last_frame_only(self, server, chat, model):
        frames = read(server, chat.runs, chat.body())
        numbered = {frame.name.removeprefix("thread."): frame.number is not None for frame in frames}
        first_of_two = {"run.created", "run.step.created", "message.created"}
        assert {name for name, is_numbered in numbered.items() if not is_numbered} == {*first_of_two, "done"}
        numbers = [frame.number for frame in frames if frame.number is not None]
        assert numbers == list(range(1, len(numbers) + 1))

    def test_begin_their_part_where_the_reader_has_seen_it_begin(self):
        run = Run(
            project_id="p", thread_id="t", id="r", assistant_id="a", created_at=0, model="m",
            progress=Progress(state=RunState.RUNNING),
        )  # fmt: skip
        renderer = Renderer(run)
        delta = Event(kind=EventKind.DELTA, at=0, number=7, delta=Delta(item_id="msg_1", text="a"))
        assert b"annotations" in renderer.render(delta)
        assert b"annotations" not in renderer.render(delta)


class TestEnd:
    def test_the_body_ends_with_done(self, server, chat, model):
        with httpx2.Client(headers=HEADERS) as http:
            response = http.post(server.base_url + chat.runs, json=chat.body())
        assert response.text.endswith("\n\nevent: done\ndata: [DONE]\n\n")
        assert response.text.count("[DONE]") == 1

    def test_a_thread_that_is_deleted_ends_its_streams(self, server, chat, model):
        gate = model.hold("One two three", after=1)
        with opened(server, chat.runs, chat.body()) as stream:
            until(stream, "thread.message.delta")
            chat.client.beta.threads.delete(chat.thread_id)
            assert names(stream) == [
                "run.cancelling",
                "message.incomplete",
                "run.step.cancelled",
                "run.cancelled",
                "done",
            ]
        gate.release()

    def test_a_stream_in_which_nothing_moves_shows_that_it_lives(self, server, chat, model, monkeypatch):
        monkeypatch.setattr(runs, "LOOK_AGAIN_SECONDS", 0.01)
        gate = model.hang()
        with (
            httpx2.Client(headers=HEADERS) as http,
            http.stream("POST", server.base_url + chat.runs, json=chat.body()) as got,
        ):
            assert any(line.startswith(":") for line in got.iter_lines())
        gate.release()

    def test_what_is_wrong_with_a_request_is_no_stream(self, server, chat, model):
        with httpx2.Client(headers=HEADERS) as http:
            response = http.post(server.base_url + chat.runs, json=chat.body(assistant_id="asst_none"))
        assert (response.status_code, response.headers["content-type"]) == (404, "application/json")

    def test_outputs_may_be_submitted_while_the_first_stream_is_still_being_read(self, server, chat, model):
        model.call(("get_weather", {"city": "Oslo"}))
        model.say("Rain.")
        with opened(server, chat.runs, chat.body()) as first:
            run = until(first, "thread.run.requires_action")[-1].data
            call = run["required_action"]["submit_tool_outputs"]["tool_calls"][0]["id"]
            second = read(server, *chat.submit(run["id"], {call: "rain"}))
            assert names(second)[-2:] == ["run.completed", "done"]
            assert names(first) == ["done"]


class Watcher(AssistantEventHandler):
    """What the client's own helper makes of a stream."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []

    def on_text_done(self, text: Any) -> None:
        self.texts.append(text.value)


class TestTheClientsOwnHelper:
    def test_adds_the_fragments_up_to_the_message(self, chat, model):
        model.say("It is raining in Oslo.")
        watcher = Watcher()
        with chat.client.beta.threads.runs.stream(
            thread_id=chat.thread_id, assistant_id=chat.assistant_id, event_handler=watcher
        ) as stream:
            stream.until_done()
        assert watcher.texts == ["It is raining in Oslo."]
        assert stream.get_final_run().status == "completed"
        (message,) = stream.get_final_messages()
        assert message.content[0].text.value == "It is raining in Oslo."

    def test_adds_the_fragments_up_to_the_calls(self, chat, model):
        model.call(("get_weather", {"city": "Oslo"}), ("get_weather", {"city": "Rome"}), text="Let me see.")
        with chat.client.beta.threads.runs.stream(thread_id=chat.thread_id, assistant_id=chat.assistant_id) as stream:
            stream.until_done()
        owed = stream.get_final_run().required_action.submit_tool_outputs.tool_calls
        steps = stream.get_final_run_steps()
        added = [call for step in steps if step.type == "tool_calls" for call in step.step_details.tool_calls]
        assert [(call.id, call.function.name, call.function.arguments) for call in added] == [
            (call.id, call.function.name, call.function.arguments) for call in owed
        ]


class TestComingBack:
    def test_gives_exactly_the_rest(self, server, chat, model):
        gate = model.hold("One two three", after=1)
        run_id = chat.start()
        with opened(server, chat.events(run_id)) as stream:
            begun = until(stream, "thread.message.delta")
        gate.release()
        rest = read(server, chat.events(run_id, after=begun[-1].number))
        assert begun + rest == read(server, chat.events(run_id))
        assert said(rest) == " two three"

    def test_gives_exactly_the_rest_from_every_place_of_a_run_that_is_over(self, server, chat, model):
        model.call(("get_weather", {"city": "Oslo"}), text="Let me see.")
        model.say("Rain.")
        run = one(read(server, chat.runs, chat.body()), "run.requires_action")
        call = run["required_action"]["submit_tool_outputs"]["tool_calls"][0]["id"]
        read(server, *chat.submit(run["id"], {call: "rain"}))
        whole = read(server, chat.events(run["id"]))
        for place, frame in enumerate(whole):
            if frame.number is not None:
                assert read(server, chat.events(run["id"], after=frame.number)) == whole[place + 1 :]

    def test_beyond_the_end_there_is_only_the_end(self, server, chat, model):
        run_id = chat.start()
        ended(server, chat.thread_id, run_id)
        assert names(read(server, chat.events(run_id, after=1_000_000))) == ["done"]

    def test_works_after_a_restart_of_a_server_in_the_middle_of_a_run(self, tmp_path, model):
        gate = model.hold("One two three", after=1)
        model.say("Four five six")
        with RunningServer(tmp_path, model, drain_seconds=0) as server:
            chat = Chat(_client(server))
            run_id = chat.start()
            with opened(server, chat.events(run_id)) as stream:
                begun = until(stream, "thread.message.delta")
        gate.release()
        with RunningServer(tmp_path, model) as server:
            rest = read(server, chat.events(run_id, after=begun[-1].number))
            assert begun + rest == read(server, chat.events(run_id))
        again = ["message.incomplete", "run.step.failed", *SAID, "run.completed", "done"]
        assert names(rest) == again
        assert said(rest) == "Four five six"

    def test_works_after_a_restart_of_a_server_whose_run_is_over(self, tmp_path, model):
        with RunningServer(tmp_path, model) as server:
            chat = Chat(_client(server))
            run_id = chat.start()
            whole = read(server, chat.events(run_id))
        with RunningServer(tmp_path, model) as server:
            assert read(server, chat.events(run_id)) == whole
            assert read(server, chat.events(run_id, after=3)) == [frame for frame in whole if _after(whole, frame, 3)]

    def test_a_server_that_stops_ends_the_streams_of_runs_that_go_on(self, tmp_path, model):
        gate = model.hold("One two three", after=1)
        with ExitStack() as stack:
            server = stack.enter_context(RunningServer(tmp_path, model, drain_seconds=0))
            chat = Chat(_client(server))
            stream = stack.enter_context(opened(server, chat.runs, chat.body()))
            until(stream, "thread.message.delta")
            server.loop.call_soon_threadsafe(server._stopped.set)
            assert names(stream) == ["error", "done"]
        gate.release()


def _client(server: RunningServer) -> OpenAI:
    return OpenAI(base_url=server.base_url, api_key="any", max_retries=0)


def _after(whole: list[Frame], frame: Frame, number: int) -> bool:
    place = next(place for place, one in enumerate(whole) if one.number == number)
    return whole.index(frame) > place


class TestReaders:
    def test_the_first_word_arrives_before_the_model_says_the_next(self, server, chat, model):
        gate = model.hold("One two", after=1)
        with opened(server, chat.runs, chat.body()) as stream:
            first = until(stream, "thread.message.delta")[-1]
            assert first.words == "One"
            assert not gate._opened.done()
            gate.release()
            assert names(stream)[-1] == "done"

    def test_a_dropped_reader_does_not_stop_the_run(self, server, chat, model):
        gate = model.hold("One two three", after=1)
        with opened(server, chat.runs, chat.body()) as stream:
            run_id = until(stream, "thread.message.delta")[0].data["id"]
        gate.release()
        assert ended(server, chat.thread_id, run_id)["status"] == "completed"
        assert not model.exchanges[0].gone.done()

    async def test_fifty_readers_of_one_run_all_see_the_same(self, server, chat, model):
        gate = model.hold(" ".join(f"word{n}" for n in range(300)), after=1)
        run_id = await asyncio.to_thread(chat.start)
        begun = asyncio.Barrier(51)

        async def reader() -> list[Frame]:
            async with aopened(server, chat.events(run_id)) as frames:
                seen = [await anext(frames)]
                await begun.wait()
                return seen + [frame async for frame in frames]

        readers = [asyncio.ensure_future(reader()) for _ in range(50)]
        await begun.wait()
        gate.release()
        first, *others = await asyncio.gather(*readers)
        assert names(first) == [*BEGIN, *SAID, "run.completed", "done"]
        assert all(other == first for other in others)
        assert server.assembled.core.feeds._by_run == {}

    def test_a_reader_that_does_not_read_holds_up_nothing_but_itself(self, tmp_path, model):
        words = " ".join("x" * 1000 for _ in range(10_000))
        gate = model.hold(words, after=1)
        with RunningServer(tmp_path, model, config={"answer_bytes_max": 2 * len(words)}) as server:
            chat = Chat(_client(server))
            run_id = chat.start()
            wait_for(server, chat.thread_id, run_id, "thread.message.delta")
            with _deaf(server, chat.events(run_id)) as deaf:
                gate.release()
                assert ended(server, chat.thread_id, run_id)["status"] == "completed"
                # It still stands in the middle of the log: what it has not taken waits there, not in memory.
                assert server.assembled.core.feeds._by_run[run_id].readers == 1
                frames = list(Parser().all(_body_lines(deaf)))
        assert frames[-1].name == "done"
        assert said(frames) == words


def _deaf(server: RunningServer, path: str) -> socket.socket:
    """A connection that has asked for a stream and reads nothing of it yet."""
    where = urlsplit(server.base_url)
    deaf = socket.socket()
    deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    deaf.connect((where.hostname, where.port))
    head = (
        f"GET {where.path}{path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer any\r\nConnection: close\r\n\r\n"
    )
    deaf.sendall(head.encode())
    return deaf


def _body_lines(deaf: socket.socket) -> list[str]:
    """Everything that comes, without the head and the chunks' sizes."""
    with deaf.makefile("rb") as file:
        while file.readline() != b"\r\n":
            pass
        body = bytearray()
        while size := int(file.readline(), 16):
            body += file.read(size)
            file.readline()
    return body.decode().split("\n")[:-1]
