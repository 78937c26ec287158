"""What the Python client's streaming helper asks of a stream (reference/openai.md, 5.8), seen from inside its handlers.

That every version can submit outputs from inside a handler is checked in `python/acceptance.py`, Node's helper in
`node/acceptance.mjs`; the frames themselves in `dialects/openai/test_stream.py`.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from openai import APIError, AssistantEventHandler, AsyncAssistantEventHandler, AsyncOpenAI, OpenAI

from clients.python.acceptance import WEATHER, outputs
from support.server import RunningServer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from support.scripted_model import ScriptedModel


class Diary(AssistantEventHandler):
    """Writes down what it is told, neighbours of one kind as one."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[str] = []

    def tell(self, what: str) -> None:
        if self.told[-1:] != [what]:
            self.told.append(what)

    def on_run_step_created(self, run_step: Any) -> None:
        self.tell(f"{run_step.type} begun")

    def on_run_step_done(self, run_step: Any) -> None:
        self.tell(f"{run_step.type} {run_step.status}")

    def on_message_created(self, message: Any) -> None:
        self.tell(f"message with {len(message.content)} parts")

    def on_message_delta(self, delta: Any, snapshot: Any) -> None:
        self.tell("message grows")

    def on_message_done(self, message: Any) -> None:
        self.tell(f"message {message.status}")

    def on_text_created(self, text: Any) -> None:
        self.tell("text begun")

    def on_text_delta(self, delta: Any, snapshot: Any) -> None:
        self.last = snapshot.value

    def on_text_done(self, text: Any) -> None:
        self.tell(f"text: {text.value}")

    def on_tool_call_created(self, tool_call: Any) -> None:
        self.tell(f"call of {tool_call.function.name}")

    def on_tool_call_done(self, tool_call: Any) -> None:
        self.tell(f"called with {tool_call.function.arguments}")

    def on_exception(self, exception: Exception) -> None:
        self.tell(f"exception: {exception}")

    def on_end(self) -> None:
        self.tell("end")


class Chat:
    """An assistant with a function, and a thread with a question."""

    def __init__(self, client: OpenAI) -> None:
        self.client = client
        self.runs = client.beta.threads.runs
        self.assistant_id = client.beta.assistants.create(model="gpt-4o", tools=[WEATHER]).id
        self.thread_id = client.beta.threads.create(messages=[{"role": "user", "content": "How is Oslo?"}]).id

    def followed(self, handler: AssistantEventHandler) -> Any:
        """The handler after a whole run."""
        with self.runs.stream(
            thread_id=self.thread_id, assistant_id=self.assistant_id, event_handler=handler
        ) as stream:
            stream.until_done()
        return handler

    def texts(self) -> list[str]:
        page = self.client.beta.threads.messages.list(self.thread_id, order="asc")
        return [message.content[0].text.value for message in page]


@pytest.fixture
def chat(client: OpenAI) -> Chat:
    return Chat(client)


class TestOrderOfCallbacks:
    def test_of_a_text(self, chat: Chat, model: ScriptedModel):
        model.say("It is raining.")
        assert chat.followed(Diary()).told == [
            "message_creation begun",
            "message with 0 parts",
            "text begun",
            "message grows",
            "text: It is raining.",
            "message completed",
            "message_creation completed",
            "end",
        ]

    def test_of_parallel_calls(self, chat: Chat, model: ScriptedModel):
        model.call(("get_weather", {"city": "Oslo"}), ("get_weather", {"city": "Rome"}))
        assert chat.followed(Diary()).told == [
            "tool_calls begun",
            "call of get_weather",
            'called with {"city": "Oslo"}',
            "call of get_weather",
            'called with {"city": "Rome"}',
            "end",
        ]

    def test_of_a_message_that_is_cut(self, chat: Chat, model: ScriptedModel):
        model.break_off("Once upon a time", after=2)
        assert chat.followed(Diary()).told[3:] == [
            "message grows",
            "text: Once upon",
            "message incomplete",
            "message_creation failed",
            "end",
        ]

    def test_of_a_run_that_fails_before_its_first_word(self, chat: Chat, model: ScriptedModel):
        model.fail(400, "no")
        handler = chat.followed(Diary())
        assert handler.told == ["end"]
        assert handler.current_run.status == "failed"


class TestSnapshots:
    def test_of_a_text_grow_word_by_word(self, chat: Chat, model: ScriptedModel):
        gate = model.hold("One two three", after=1)
        seen = []

        class Watcher(AssistantEventHandler):
            def on_text_delta(self, delta: Any, snapshot: Any) -> None:
                seen.append((delta.value, snapshot.value))
                gate.release()

        chat.followed(Watcher())
        assert seen[0] == ("One", "One")
        assert seen[-1][1] == "".join(word for word, _ in seen) == "One two three"

    def test_of_a_text_that_repeats_itself_lose_nothing(self, chat: Chat, model: ScriptedModel):
        model.say("no no no yes yes 👍🏽👍🏽 no")
        handler = chat.followed(Diary())
        (message,) = handler.get_final_messages()
        assert handler.last == message.content[0].text.value == "no no no yes yes 👍🏽👍🏽 no"
        assert message.status == "completed"

    def test_of_calls_are_what_the_run_then_waits_for(self, chat: Chat, model: ScriptedModel):
        model.call(("get_weather", {"city": "Zürich"}), ("get_weather", {"city": "Oslo"}), text="Let me see.")
        handler = chat.followed(Diary())
        owed = handler.get_final_run().required_action.submit_tool_outputs.tool_calls
        _, step = handler.get_final_run_steps()
        added = step.step_details.tool_calls
        assert [(call.id, call.function.name, call.function.arguments) for call in added] == [
            (call.id, call.function.name, call.function.arguments) for call in owed
        ]
        assert [json.loads(call.function.arguments)["city"] for call in owed] == ["Zürich", "Oslo"]

    def test_of_messages_are_those_that_are_then_listed(self, chat: Chat, model: ScriptedModel):
        model.say("It is raining.")
        (message,) = chat.followed(Diary()).get_final_messages()
        listed = chat.client.beta.threads.messages.list(chat.thread_id, limit=1).data[0]
        assert message == listed


class Submitting(AssistantEventHandler):
    """Submits all outputs as soon as it may, and follows what comes of it before its own stream goes on."""

    def __init__(self, chat: Chat, *, when: str) -> None:
        super().__init__()
        self.chat, self.when, self.inner = chat, when, Diary()

    def on_event(self, event: Any) -> None:
        if self.when == "on_event" and event.event == "thread.run.requires_action":
            self.submit(event.data)

    def on_tool_call_done(self, tool_call: Any) -> None:
        if self.when == "on_tool_call_done" and self.current_run.status == "requires_action":
            self.submit(self.current_run)

    def submit(self, run: Any) -> None:
        with self.chat.runs.submit_tool_outputs_stream(
            run_id=run.id, thread_id=run.thread_id, tool_outputs=outputs(run), event_handler=self.inner
        ) as stream:
            stream.until_done()


class TestSubmittingFromInsideAHandler:
    @pytest.mark.parametrize("when", ["on_event", "on_tool_call_done"])
    def test_does_not_wait_for_the_first_stream(self, chat: Chat, model: ScriptedModel, when: str):
        model.call(("get_weather", {"city": "Oslo"}))
        model.say("Rain.")
        handler = chat.followed(Submitting(chat, when=when))
        assert handler.inner.told[0] == "tool_calls completed"
        assert handler.inner.get_final_run().status == "completed"
        assert handler.get_final_run().status == "requires_action"
        assert chat.texts() == ["How is Oslo?", "Rain."]

    def test_works_at_every_depth(self, chat: Chat, model: ScriptedModel):
        for city in ("Oslo", "Rome", "Bern"):
            model.call(("get_weather", {"city": city}))
        model.say("Rain everywhere.")
        handler = innermost = Submitting(chat, when="on_event")
        for _ in range(2):
            innermost.inner = innermost = Submitting(chat, when="on_event")
        chat.followed(handler)
        assert innermost.inner.get_final_run().status == "completed"
        assert chat.texts() == ["How is Oslo?", "Rain everywhere."]


class AsyncSubmitting(AsyncAssistantEventHandler):
    """The same for the asynchronous client."""

    def __init__(self, client: AsyncOpenAI) -> None:
        super().__init__()
        self.client, self.words = client, ""

    async def on_event(self, event: Any) -> None:
        if event.event == "thread.run.requires_action":
            run = event.data
            async with self.client.beta.threads.runs.submit_tool_outputs_stream(
                run_id=run.id, thread_id=run.thread_id, tool_outputs=outputs(run)
            ) as stream:
                async for word in stream.text_deltas:
                    self.words += word


@pytest.fixture
async def async_client(server: RunningServer) -> AsyncIterator[AsyncOpenAI]:
    async with AsyncOpenAI(base_url=server.base_url, api_key="any", max_retries=0) as client:
        yield client


async def test_an_asynchronous_handler_submits_too(chat: Chat, model: ScriptedModel, async_client: AsyncOpenAI):
    model.call(("get_weather", {"city": "Oslo"}))
    model.say("Rain it is.")
    handler = AsyncSubmitting(async_client)
    async with async_client.beta.threads.runs.stream(
        thread_id=chat.thread_id, assistant_id=chat.assistant_id, event_handler=handler
    ) as stream:
        await stream.until_done()
    assert handler.words == "Rain it is."


class TestUntilDone:
    def test_returns_although_nobody_handles_anything(self, chat: Chat, model: ScriptedModel):
        with chat.runs.stream(thread_id=chat.thread_id, assistant_id=chat.assistant_id) as stream:
            stream.until_done()
            assert stream.current_run.status == "completed"

    def test_may_be_said_twice(self, chat: Chat, model: ScriptedModel):
        handler = chat.followed(Diary())
        handler.until_done()
        assert handler.told.count("end") == 1

    def test_returns_when_the_run_is_cancelled_elsewhere(self, chat: Chat, model: ScriptedModel):
        gate = model.hold("One two three", after=1)

        class Impatient(AssistantEventHandler):
            def on_text_delta(self, delta: Any, snapshot: Any) -> None:
                chat.runs.cancel(self.current_run.id, thread_id=chat.thread_id)

        assert chat.followed(Impatient()).get_final_run().status == "cancelled"
        gate.release()

    def test_raises_where_the_server_stops(self, tmp_path: Path, model: ScriptedModel):
        gate = model.hold("One two three", after=1)
        with RunningServer(tmp_path, model, drain_seconds=0) as server:

            class Witness(Diary):
                def on_text_delta(self, delta: Any, snapshot: Any) -> None:
                    server.loop.call_soon_threadsafe(server._stopped.set)

            witness = Witness()
            with OpenAI(base_url=server.base_url, api_key="any", max_retries=0) as client, pytest.raises(APIError):
                Chat(client).followed(witness)
        gate.release()
        assert witness.told[-2].startswith("exception: ")
