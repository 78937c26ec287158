"""What programs do with the official Python client: one table of small checks, for any version of it.

    python acceptance.py http://127.0.0.1:8400/v1 [--asynchronous] [--strict]

prints a line of JSON for each check, `{"check": …, "problem": null}` or with the traceback. Each check is written once:
`got`, `each` and `opened` take what either form of the client gives. The model behind the server must have learnt its
part (`ready_model` in `conftest.py`). Nothing of ours is imported, so that foreign environments can run this.
"""

from __future__ import annotations

import argparse
import asyncio
import inspect
import io
import json
import re
import sys
import tempfile
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from openai import (
    APIResponseValidationError,
    AssistantEventHandler,
    AsyncAssistantEventHandler,
    AsyncOpenAI,
    BadRequestError,
    NotFoundError,
    OpenAI,
)
from openai.types.beta import Thread

ONE_CITY = "How is the weather in Oslo?"
TWO_CITIES = "Compare the weather of two cities."
FOREVER = "Think about it forever."
LOOKS = 2_000
"""How often a loop looks at a run before it gives up. They stand in for the time that nobody here sleeps."""

WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}


async def got(answer: Any) -> Any:
    """What a call gives, whichever form of the client was called."""
    return await answer if inspect.isawaitable(answer) else answer


async def each(things: Any) -> AsyncIterator[Any]:
    """The things of a page and of all pages after it, or the events of a stream."""
    if hasattr(things, "__aiter__"):
        async for thing in things:
            yield thing
    else:
        for thing in things:
            yield thing


@asynccontextmanager
async def opened(manager: Any) -> AsyncIterator[Any]:
    """The stream that a streaming helper opens."""
    if hasattr(manager, "__aenter__"):
        async with manager as stream:
            yield stream
    else:
        with manager as stream:
            yield stream


async def refused(problem: type[Exception], answer: Any) -> Any:
    """The exception that a call must raise; `answer` makes the call."""
    try:
        await got(answer())
    except problem as raised:
        return raised
    raise AssertionError(f"no {problem.__name__}")


@dataclass
class Desk:
    """A client, and what most checks begin with."""

    client: Any

    @property
    def is_async(self) -> bool:
        return isinstance(self.client, AsyncOpenAI)

    @property
    def threads(self) -> Any:
        return self.client.beta.threads

    @property
    def runs(self) -> Any:
        return self.client.beta.threads.runs

    @property
    def stores(self) -> Any:
        return self.client.vector_stores

    async def assistant(self, **more: Any) -> str:
        return (await got(self.client.beta.assistants.create(model="gpt-4o", **more))).id

    async def thread(self, *texts: str) -> str:
        messages = [{"role": "user", "content": text} for text in texts]
        return (await got(self.threads.create(messages=messages))).id

    async def file(self, name: str = "notes.txt", content: bytes = b"To be kept.") -> str:
        return (await got(self.client.files.create(file=(name, content), purpose="assistants"))).id

    async def store(self, **more: Any) -> str:
        return (await got(self.stores.create(**more))).id

    async def run(self, text: str, **more: Any) -> Any:
        """A run over a new thread, at the place where polling stops."""
        assistant_id = await self.assistant(tools=[WEATHER])
        thread_id = await self.thread(text)
        started = self.runs.create_and_poll(thread_id=thread_id, assistant_id=assistant_id, poll_interval_ms=20, **more)
        return await got(started)

    async def endless_run(self) -> Any:
        """A run that goes on until it is cancelled."""
        thread_id = await self.thread(FOREVER)
        return await got(self.runs.create(thread_id=thread_id, assistant_id=await self.assistant()))

    async def ended(self, run: Any) -> Any:
        return await got(self.runs.poll(run.id, thread_id=run.thread_id, poll_interval_ms=20))

    async def texts(self, thread_id: str) -> list[tuple[str, str]]:
        """Who said what, in the order in which it was said."""
        page = self.threads.messages.list(thread_id=thread_id, order="asc")
        return [(message.role, message.content[0].text.value) async for message in each(page)]


def outputs(run: Any) -> list[dict[str, str]]:
    """An output for every call that the run waits for."""
    calls = run.required_action.submit_tool_outputs.tool_calls
    return [
        {"tool_call_id": call.id, "output": f"rain in {json.loads(call.function.arguments)['city']}"} for call in calls
    ]


Check = Callable[[Desk], Awaitable[None]]
CHECKS: dict[str, Check] = {}


def check(function: Check) -> Check:
    """Add a check to the table. Its name is what it says."""
    CHECKS[function.__name__] = function
    return function


# --- threads ------------------------------------------------------------------------------------------------------


@check
async def a_thread_is_made_of_nothing(desk: Desk) -> None:
    thread = await got(desk.threads.create())
    assert thread.id.startswith("thread_")
    assert (thread.object, thread.metadata) == ("thread", {})


@check
async def a_thread_is_made_with_messages(desk: Desk) -> None:
    messages = [{"role": "user", "content": "Good morning."}, {"role": "user", "content": "Anybody there?"}]
    thread = await got(desk.threads.create(messages=messages))
    assert await desk.texts(thread.id) == [("user", "Good morning."), ("user", "Anybody there?")]


@check
async def a_thread_is_made_with_metadata(desk: Desk) -> None:
    thread = await got(desk.threads.create(metadata={"user_id": "user-1", "session": "blue"}))
    assert thread.metadata == {"user_id": "user-1", "session": "blue"}


@check
async def a_thread_is_made_over_a_vector_store(desk: Desk) -> None:
    store_id = await desk.store()
    thread = await got(desk.threads.create(tool_resources={"file_search": {"vector_store_ids": [store_id]}}))
    assert thread.tool_resources.file_search.vector_store_ids == [store_id]


@check
async def a_thread_is_made_with_a_vector_store_of_its_own(desk: Desk) -> None:
    inline = {"file_search": {"vector_stores": [{"file_ids": [await desk.file()]}]}}
    thread = await got(desk.threads.create(tool_resources=inline))
    (store_id,) = thread.tool_resources.file_search.vector_store_ids
    assert (await got(desk.stores.retrieve(store_id))).file_counts.total == 1


@check
async def a_thread_over_an_unknown_vector_store_is_not_found(desk: Desk) -> None:
    unknown = {"file_search": {"vector_store_ids": ["vs_abc123"]}}
    problem = await refused(NotFoundError, lambda: desk.threads.create(tool_resources=unknown))
    assert problem.body["message"] == "No vector store found with id 'vs_abc123'."


@check
async def a_thread_is_retrieved(desk: Desk) -> None:
    made = await got(desk.threads.create(metadata={"a": "b"}))
    assert await got(desk.threads.retrieve(made.id)) == made


@check
async def a_thread_is_updated(desk: Desk) -> None:
    thread = await got(desk.threads.create(metadata={"a": "b"}))
    thread = await got(desk.threads.update(thread.id, metadata={"c": "d"}))
    assert thread.metadata == {"c": "d"}
    file_id = await desk.file()
    thread = await got(desk.threads.update(thread.id, tool_resources={"code_interpreter": {"file_ids": [file_id]}}))
    assert thread.tool_resources.code_interpreter.file_ids == [file_id]
    assert thread.metadata == {"c": "d"}


@check
async def a_thread_is_deleted(desk: Desk) -> None:
    thread = await got(desk.threads.create())
    gone = await got(desk.threads.delete(thread.id))
    assert (gone.id, gone.object, gone.deleted) == (thread.id, "thread.deleted", True)
    problem = await refused(NotFoundError, lambda: desk.threads.retrieve(thread.id))
    assert problem.body["message"] == f"No thread found with id '{thread.id}'."


# --- thread and run at once ---------------------------------------------------------------------------------------


def greeting(**more: Any) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": "Hello!"}], **more}


@check
async def a_thread_and_a_run_are_made_at_once(desk: Desk) -> None:
    assistant_id = await desk.assistant()
    run = await got(desk.threads.create_and_run(assistant_id=assistant_id, thread=greeting()))
    assert run.id.startswith("run_")
    assert run.thread_id.startswith("thread_")
    assert run.status == "queued"
    assert (await desk.ended(run)).status == "completed"


@check
async def a_thread_and_a_run_keep_their_metadata_apart(desk: Desk) -> None:
    run = await got(
        desk.threads.create_and_run_poll(
            assistant_id=await desk.assistant(),
            thread=greeting(metadata={"of": "thread"}),
            metadata={"of": "run"},
            instructions="Be brief.",
            model="gpt-4o-mini",
            temperature=0.5,
            top_p=0.5,
            tools=[WEATHER],
            tool_choice="none",
            poll_interval_ms=20,
        )
    )
    assert (run.metadata, run.instructions, run.model) == ({"of": "run"}, "Be brief.", "gpt-4o-mini")
    assert (await got(desk.threads.retrieve(run.thread_id))).metadata == {"of": "thread"}


@check
async def a_thread_and_a_run_are_made_at_once_and_polled(desk: Desk) -> None:
    run = await got(
        desk.threads.create_and_run_poll(assistant_id=await desk.assistant(), thread=greeting(), poll_interval_ms=20)
    )
    assert run.status == "completed"
    assert await desk.texts(run.thread_id) == [("user", "Hello!"), ("assistant", "You said: Hello!")]


@check
async def a_thread_and_a_run_are_made_at_once_and_streamed(desk: Desk) -> None:
    said, names = "", []
    manager = desk.threads.create_and_run_stream(assistant_id=await desk.assistant(), thread=greeting())
    async with opened(manager) as stream:
        async for event in each(stream):
            names.append(event.event)
            if event.event == "thread.message.delta":
                said += event.data.delta.content[0].text.value
    assert said == "You said: Hello!"
    assert names[:2] == ["thread.created", "thread.run.created"]
    assert names[-1] == "thread.run.completed"


class Words(AssistantEventHandler):
    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []

    def on_text_delta(self, delta: Any, snapshot: Any) -> None:
        self.said.append(delta.value)


class AsyncWords(AsyncAssistantEventHandler):
    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []

    async def on_text_delta(self, delta: Any, snapshot: Any) -> None:
        self.said.append(delta.value)


@check
async def a_thread_and_a_run_are_streamed_to_a_handler(desk: Desk) -> None:
    handler: Any = AsyncWords() if desk.is_async else Words()
    manager = desk.threads.create_and_run_stream(
        assistant_id=await desk.assistant(), thread=greeting(), event_handler=handler
    )
    async with opened(manager) as stream:
        await got(stream.until_done())
    assert "".join(handler.said) == "You said: Hello!"


@check
async def a_thread_and_a_run_are_streamed_without_a_helper(desk: Desk) -> None:
    events = await got(desk.threads.create_and_run(assistant_id=await desk.assistant(), thread=greeting(), stream=True))
    names = [event.event async for event in each(events)]
    assert (names[0], names[-1]) == ("thread.created", "thread.run.completed")


# --- messages -----------------------------------------------------------------------------------------------------


async def posted(desk: Desk, content: Any, **more: Any) -> Any:
    return await got(desk.threads.messages.create(await desk.thread(), role="user", content=content, **more))


@check
async def a_message_is_a_string(desk: Desk) -> None:
    message = await posted(desk, "What is the weather today?")
    assert message.content[0].text.value == "What is the weather today?"
    assert message.content[0].text.annotations == []
    assert (message.role, message.assistant_id, message.run_id, message.attachments) == ("user", None, None, [])


@check
async def a_message_has_attachments(desk: Desk) -> None:
    file_id = await desk.file("table.csv", b"a,b\n1,2\n")
    attachments = [{"file_id": file_id, "tools": [{"type": "code_interpreter"}]}]
    message = await posted(desk, "Look into this.", attachments=attachments)
    assert [(one.file_id, [tool.type for tool in one.tools]) for one in message.attachments] == [
        (file_id, ["code_interpreter"])
    ]
    thread = await got(desk.threads.retrieve(message.thread_id))
    assert thread.tool_resources.code_interpreter.file_ids == [file_id]


@check
async def a_message_has_an_attachment_to_be_searched(desk: Desk) -> None:
    file_id = await desk.file()
    message = await posted(desk, "Look it up.", attachments=[{"file_id": file_id, "tools": [{"type": "file_search"}]}])
    thread = await got(desk.threads.retrieve(message.thread_id))
    (store_id,) = thread.tool_resources.file_search.vector_store_ids
    assert [file.id async for file in each(desk.stores.files.list(store_id))] == [file_id]


@check
async def a_message_is_a_text_with_a_picture(desk: Desk) -> None:
    picture = {"type": "image_url", "image_url": {"url": "https://example.com/cat.jpg"}}
    message = await posted(desk, [{"type": "text", "text": "What is this?"}, picture])
    text, image = message.content
    assert (text.type, text.text.value) == ("text", "What is this?")
    assert (image.type, image.image_url.url, image.image_url.detail) == (
        "image_url",
        "https://example.com/cat.jpg",
        "auto",
    )


@check
async def a_message_is_a_picture_among_the_files(desk: Desk) -> None:
    file = await got(desk.client.files.create(file=("cat.png", b"\x89PNG"), purpose="vision"))
    message = await posted(desk, [{"type": "image_file", "image_file": {"file_id": file.id, "detail": "low"}}])
    assert (message.content[0].image_file.file_id, message.content[0].image_file.detail) == (file.id, "low")


@check
async def a_message_has_metadata(desk: Desk) -> None:
    assert (await posted(desk, "A question.", metadata={"source": "web"})).metadata == {"source": "web"}


@check
async def a_message_may_be_the_assistants(desk: Desk) -> None:
    thread_id = await desk.thread()
    message = await got(desk.threads.messages.create(thread_id=thread_id, role="assistant", content="Welcome."))
    assert (message.role, message.assistant_id, message.run_id) == ("assistant", None, None)


@check
async def a_message_is_retrieved(desk: Desk) -> None:
    made = await posted(desk, "Here.")
    assert await got(desk.threads.messages.retrieve(thread_id=made.thread_id, message_id=made.id)) == made


@check
async def a_message_is_updated(desk: Desk) -> None:
    made = await posted(desk, "Here.", metadata={"a": "b"})
    changed = await got(desk.threads.messages.update(thread_id=made.thread_id, message_id=made.id, metadata={"c": "d"}))
    assert changed.metadata == {"c": "d"}
    assert changed.content == made.content


@check
async def a_message_is_deleted(desk: Desk) -> None:
    made = await posted(desk, "Here.")
    gone = await got(desk.threads.messages.delete(thread_id=made.thread_id, message_id=made.id))
    assert (gone.id, gone.object, gone.deleted) == (made.id, "thread.message.deleted", True)
    assert await desk.texts(made.thread_id) == []


NUMBERS = [f"Number {number}" for number in range(25)]


async def numbered(desk: Desk) -> str:
    """A thread with more messages than a page holds."""
    return await desk.thread(*NUMBERS)


async def listed(desk: Desk, thread_id: str, **query: Any) -> list[str]:
    """The texts of one page."""
    page = await got(desk.threads.messages.list(thread_id, **query))
    return [message.content[0].text.value for message in page.data]


@check
async def messages_are_listed_newest_first(desk: Desk) -> None:
    assert await listed(desk, await numbered(desk)) == NUMBERS[:4:-1]


@check
async def messages_are_listed_as_they_were_said(desk: Desk) -> None:
    assert await listed(desk, await numbered(desk), order="asc") == NUMBERS[:20]


@check
async def messages_are_listed_page_by_page(desk: Desk) -> None:
    thread_id = await numbered(desk)
    first = await got(desk.threads.messages.list(thread_id, limit=10))
    second = await got(desk.threads.messages.list(thread_id, limit=10, after=first.data[-1].id))
    texts = [message.content[0].text.value for message in (*first.data, *second.data)]
    assert texts == NUMBERS[:4:-1]
    assert first.has_next_page()
    assert await listed(desk, thread_id, limit=10, before=second.data[0].id) == NUMBERS[:14:-1]


@check
async def messages_are_walked_over_all_pages(desk: Desk) -> None:
    page = desk.threads.messages.list(await numbered(desk), limit=10, order="asc")
    assert [message.content[0].text.value async for message in each(page)] == NUMBERS


@check
async def the_next_page_is_asked_for(desk: Desk) -> None:
    page = await got(desk.threads.messages.list(await numbered(desk), limit=20))
    following = await got(page.get_next_page())
    assert [message.content[0].text.value for message in following.data] == NUMBERS[4::-1]
    assert not following.has_next_page()


@check
async def messages_are_listed_by_their_run(desk: Desk) -> None:
    run = await desk.run("Hello!", additional_messages=[{"role": "user", "content": "Hello again!"}])
    assert await listed(desk, run.thread_id, run_id=run.id) == ["You said: Hello again!"]
    assert len(await listed(desk, run.thread_id)) == 3


# --- the complete loop --------------------------------------------------------------------------------------------


@check
async def the_complete_loop_ends_in_an_answer(desk: Desk) -> None:
    assistant = await got(
        desk.client.beta.assistants.create(name="Helper", model="gpt-4", instructions="You are helpful.")
    )
    thread = await got(desk.threads.create())
    await got(desk.threads.messages.create(thread_id=thread.id, role="user", content="Tell me a joke"))
    run = await got(desk.runs.create(thread_id=thread.id, assistant_id=assistant.id))
    for _ in range(LOOKS):
        if run.status in ["completed", "failed"]:
            break
        run = await got(desk.runs.retrieve(thread_id=thread.id, run_id=run.id))
    assert run.status == "completed"
    messages = await got(desk.threads.messages.list(thread_id=thread.id))
    said = [f"{message.role}: {message.content[0].text.value}" async for message in each(messages)]
    assert said == ["assistant: You said: Tell me a joke", "user: Tell me a joke"]


# --- assistants ---------------------------------------------------------------------------------------------------


@check
async def an_assistant_is_made_of_everything(desk: Desk) -> None:
    schema = {"name": "answer", "schema": {"type": "object", "properties": {}}, "strict": False}
    assistant = await got(
        desk.client.beta.assistants.create(
            model="gpt-4o",
            name="Helper",
            description="Helps.",
            instructions="Help.",
            tools=[
                WEATHER,
                {"type": "code_interpreter"},
                {"type": "file_search", "file_search": {"max_num_results": 5}},
            ],
            tool_resources={"file_search": {"vector_store_ids": [await desk.store()]}},
            metadata={"a": "b"},
            temperature=0.2,
            top_p=0.9,
            response_format={"type": "json_schema", "json_schema": schema},
        )
    )
    assert [tool.type for tool in assistant.tools] == ["function", "code_interpreter", "file_search"]
    assert (assistant.temperature, assistant.top_p, assistant.metadata) == (0.2, 0.9, {"a": "b"})
    assert assistant.response_format.json_schema.name == "answer"


@check
async def an_assistant_is_retrieved_updated_and_deleted(desk: Desk) -> None:
    assistants = desk.client.beta.assistants
    made = await got(assistants.create(model="gpt-4o", name="Before", metadata={"a": "b"}))
    assert await got(assistants.retrieve(made.id)) == made
    changed = await got(assistants.update(made.id, name="After"))
    assert (changed.name, changed.metadata) == ("After", {"a": "b"})
    assert (await got(assistants.delete(made.id))).object == "assistant.deleted"
    await refused(NotFoundError, lambda: assistants.retrieve(made.id))


@check
async def assistants_are_walked_over_all_pages(desk: Desk) -> None:
    made = [await desk.assistant(name=f"Number {number}") for number in range(3)]
    found = [assistant.id async for assistant in each(desk.client.beta.assistants.list(limit=2))]
    assert found[:3] == made[::-1]


# --- runs ---------------------------------------------------------------------------------------------------------


@check
async def a_run_takes_every_parameter(desk: Desk) -> None:
    run = await desk.run(
        "Hello!",
        model="gpt-4o-mini",
        instructions="Be brief.",
        additional_instructions="Be kind.",
        additional_messages=[{"role": "user", "content": "And now?"}],
        metadata={"a": "b"},
        temperature=None,
        max_prompt_tokens=4096,
        max_completion_tokens=512,
        truncation_strategy={"type": "last_messages", "last_messages": 5},
        tool_choice={"type": "function", "function": {"name": "get_weather"}},
        parallel_tool_calls=False,
        response_format="auto",
        tools=[WEATHER],
    )
    assert run.instructions == "Be brief.\n\nBe kind."
    assert (run.truncation_strategy.last_messages, run.max_completion_tokens) == (5, 512)
    assert (run.tool_choice.function.name, run.parallel_tool_calls) == ("get_weather", False)


@check
async def null_is_as_good_as_nothing(desk: Desk) -> None:
    nothing = dict.fromkeys(
        (
            "additional_instructions",
            "additional_messages",
            "instructions",
            "max_completion_tokens",
            "max_prompt_tokens",
            "metadata",
            "model",
            "response_format",
            "temperature",
            "tool_choice",
            "tools",
            "top_p",
            "truncation_strategy",
        )
    )
    run = await desk.run("Hello!", **nothing)
    assert (run.status, run.model, run.tool_choice, run.truncation_strategy.type) == (
        "completed",
        "gpt-4o",
        "auto",
        "auto",
    )
    assistant = await got(desk.client.beta.assistants.update(run.assistant_id, name=None, tools=[], metadata=None))
    assert (assistant.name, assistant.tools, assistant.metadata) == (None, [], {})


@check
async def a_run_that_is_over_says_what_it_used(desk: Desk) -> None:
    run = await desk.run("Hello!")
    assert (run.status, run.required_action, run.last_error, run.expires_at) == ("completed", None, None, None)
    assert run.completed_at >= run.started_at >= run.created_at
    assert run.usage.total_tokens == run.usage.prompt_tokens + run.usage.completion_tokens > 0


@check
async def runs_are_listed_and_updated(desk: Desk) -> None:
    first = await desk.run("Hello!")
    started = desk.runs.create_and_poll(thread_id=first.thread_id, assistant_id=first.assistant_id, poll_interval_ms=20)
    second = await got(started)
    page = desk.runs.list(first.thread_id, limit=1)
    assert [run.id async for run in each(page)] == [second.id, first.id]
    changed = await got(desk.runs.update(first.id, thread_id=first.thread_id, metadata={"seen": "yes"}))
    assert (changed.metadata, changed.status) == ({"seen": "yes"}, "completed")


@check
async def a_run_is_cancelled(desk: Desk) -> None:
    run = await desk.endless_run()
    cancelling = await got(desk.runs.cancel(run.id, thread_id=run.thread_id))
    assert cancelling.status in ("cancelling", "cancelled")
    ended = await desk.ended(run)
    assert (ended.status, ended.cancelled_at is None) == ("cancelled", False)
    problem = await refused(BadRequestError, lambda: desk.runs.cancel(run.id, thread_id=run.thread_id))
    assert problem.body["message"] == "Cannot cancel run with status 'cancelled'."


@check
async def a_run_that_waits_for_outputs_is_cancelled(desk: Desk) -> None:
    run = await desk.run(ONE_CITY)
    assert run.status == "requires_action"
    cancelling = await got(desk.runs.cancel(run.id, thread_id=run.thread_id))
    assert cancelling.status == "cancelling"
    ended = await got(desk.runs.retrieve(run.id, thread_id=run.thread_id))
    assert (ended.status, ended.required_action, ended.expires_at) == ("cancelled", None, None)
    (step,) = (await got(desk.runs.steps.list(run.id, thread_id=run.thread_id))).data
    assert (step.status, step.cancelled_at is None) == ("cancelled", False)
    submit = lambda: desk.runs.submit_tool_outputs(run.id, thread_id=run.thread_id, tool_outputs=outputs(run))  # noqa: E731
    problem = await refused(BadRequestError, submit)
    assert problem.body["message"] == 'Runs in status "cancelled" do not accept tool outputs.'
    assert (await desk.texts(run.thread_id)) == [("user", ONE_CITY)]


@check
async def a_thread_is_closed_to_others_during_a_run(desk: Desk) -> None:
    run = await desk.endless_run()
    say = lambda: desk.threads.messages.create(run.thread_id, role="user", content="Quick!")  # noqa: E731
    problem = await refused(BadRequestError, say)
    sentence = r"Can't add messages to thread_([a-zA-Z0-9]+) while a run run_([a-zA-Z0-9]+) is active\."
    assert re.fullmatch(sentence, problem.body["message"]), problem.body
    start = lambda: desk.runs.create(run.thread_id, assistant_id=run.assistant_id)  # noqa: E731
    problem = await refused(BadRequestError, start)
    assert problem.body["message"] == f"Thread {run.thread_id} already has an active run {run.id}."
    await got(desk.runs.cancel(run.id, thread_id=run.thread_id))
    assert (await desk.ended(run)).status == "cancelled"
    assert (await got(say())).role == "user"


@check
async def a_run_fails_as_data_and_not_as_an_error(desk: Desk) -> None:
    run = await desk.run("Break down.")
    assert (run.status, run.last_error.code) == ("failed", "server_error")


@check
async def a_run_calls_a_function(desk: Desk) -> None:
    run = await desk.run(ONE_CITY)
    assert (run.status, run.required_action.type) == ("requires_action", "submit_tool_outputs")
    (call,) = run.required_action.submit_tool_outputs.tool_calls
    assert (call.type, call.function.name, json.loads(call.function.arguments)) == (
        "function",
        "get_weather",
        {"city": "Oslo"},
    )
    queued = await got(desk.runs.submit_tool_outputs(run.id, thread_id=run.thread_id, tool_outputs=outputs(run)))
    assert (queued.status, queued.required_action) == ("queued", None)
    assert (await desk.ended(run)).status == "completed"
    assert (await desk.texts(run.thread_id))[-1] == ("assistant", "It rains.")


@check
async def a_run_calls_functions_in_parallel(desk: Desk) -> None:
    run = await desk.run(TWO_CITIES)
    assert len(outputs(run)) == 2
    ended = await got(
        desk.runs.submit_tool_outputs_and_poll(
            run_id=run.id, thread_id=run.thread_id, tool_outputs=outputs(run), poll_interval_ms=20
        )
    )
    assert ended.status == "completed"


@check
async def outputs_with_the_wrong_ids_are_refused(desk: Desk) -> None:
    run = await desk.run(TWO_CITIES)
    first, second = outputs(run)
    problem = await refused(
        BadRequestError,
        lambda: desk.runs.submit_tool_outputs(run.id, thread_id=run.thread_id, tool_outputs=[first]),
    )
    ids = [first["tool_call_id"], second["tool_call_id"]]
    assert problem.body["message"] == f"Expected tool outputs for call_ids {ids}, got {ids[:1]}"


@check
async def a_run_is_streamed(desk: Desk) -> None:
    thread_id = await desk.thread("Hello!")
    async with opened(desk.runs.stream(thread_id=thread_id, assistant_id=await desk.assistant())) as stream:
        words = [word async for word in each(stream.text_deltas)]
        (message,) = await got(stream.get_final_messages())
        run = await got(stream.get_final_run())
    assert message.content[0].text.value == "".join(words) == "You said: Hello!"
    assert run.status == "completed"


@check
async def a_run_is_streamed_without_a_helper(desk: Desk) -> None:
    thread_id = await desk.thread("Hello!")
    events = await got(desk.runs.create(thread_id=thread_id, assistant_id=await desk.assistant(), stream=True))
    names = [event.event async for event in each(events)]
    assert (names[0], names[-1]) == ("thread.run.created", "thread.run.completed")


@check
async def outputs_are_submitted_as_a_stream(desk: Desk) -> None:
    run = await desk.run(ONE_CITY)
    manager = desk.runs.submit_tool_outputs_stream(run_id=run.id, thread_id=run.thread_id, tool_outputs=outputs(run))
    async with opened(manager) as stream:
        events = [event async for event in each(stream)]
    assert [event.event for event in events][:2] == ["thread.run.step.completed", "thread.run.queued"]
    assert events[0].data.step_details.tool_calls[0].function.output == "rain in Oslo"
    assert events[-1].event == "thread.run.completed"


class Answering(AssistantEventHandler):
    """Submits outputs from inside the event that asks for them, while its own stream is still open."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.desk, self.inner = desk, Words()

    def on_event(self, event: Any) -> None:
        if event.event == "thread.run.requires_action":
            run = event.data
            with self.desk.runs.submit_tool_outputs_stream(
                run_id=run.id, thread_id=run.thread_id, tool_outputs=outputs(run), event_handler=self.inner
            ) as stream:
                stream.until_done()


class AsyncAnswering(AsyncAssistantEventHandler):
    """The same for the asynchronous client."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.desk, self.inner = desk, AsyncWords()

    async def on_event(self, event: Any) -> None:
        if event.event == "thread.run.requires_action":
            run = event.data
            async with self.desk.runs.submit_tool_outputs_stream(
                run_id=run.id, thread_id=run.thread_id, tool_outputs=outputs(run), event_handler=self.inner
            ) as stream:
                await stream.until_done()


@check
async def a_handler_submits_outputs_while_its_stream_is_open(desk: Desk) -> None:
    handler: Any = AsyncAnswering(desk) if desk.is_async else Answering(desk)
    assistant_id = await desk.assistant(tools=[WEATHER])
    thread_id = await desk.thread(ONE_CITY)
    async with opened(
        desk.runs.stream(thread_id=thread_id, assistant_id=assistant_id, event_handler=handler)
    ) as stream:
        await got(stream.until_done())
    assert "".join(handler.inner.said) == "It rains."
    assert await desk.texts(thread_id) == [("user", ONE_CITY), ("assistant", "It rains.")]


# --- run steps ----------------------------------------------------------------------------------------------------


async def with_steps(desk: Desk) -> Any:
    """A run that called a function and then answered."""
    run = await desk.run(ONE_CITY)
    submitted = desk.runs.submit_tool_outputs_and_poll(
        run_id=run.id, thread_id=run.thread_id, tool_outputs=outputs(run), poll_interval_ms=20
    )
    return await got(submitted)


INCLUDE = ["step_details.tool_calls[*].file_search.results[*].content"]


@check
async def steps_are_listed(desk: Desk) -> None:
    run = await with_steps(desk)
    page = desk.runs.steps.list(run.id, thread_id=run.thread_id, order="asc", limit=1, include=INCLUDE)
    calls, creation = [step async for step in each(page)]
    (call,) = calls.step_details.tool_calls
    assert (calls.type, call.function.name, call.function.output) == ("tool_calls", "get_weather", "rain in Oslo")
    message_id = creation.step_details.message_creation.message_id
    message = await got(desk.threads.messages.retrieve(message_id, thread_id=run.thread_id))
    assert (message.content[0].text.value, message.run_id) == ("It rains.", run.id)


@check
async def a_step_is_retrieved(desk: Desk) -> None:
    run = await with_steps(desk)
    newest, oldest = (await got(desk.runs.steps.list(run.id, thread_id=run.thread_id))).data
    again = desk.runs.steps.retrieve(newest.id, thread_id=run.thread_id, run_id=run.id, include=INCLUDE)
    assert await got(again) == newest
    used = newest.usage.total_tokens + oldest.usage.total_tokens
    assert (newest.status, used) == ("completed", run.usage.total_tokens)


# --- files --------------------------------------------------------------------------------------------------------


@check
async def a_file_is_uploaded_from_memory(desk: Desk) -> None:
    file = await got(desk.client.files.create(file=("заметки.txt", b"To be kept."), purpose="assistants"))
    assert (file.filename, file.bytes, file.purpose, file.status) == ("заметки.txt", 11, "assistants", "processed")


@check
async def a_file_is_uploaded_from_disk(desk: Desk) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "page.md")
        path.write_bytes(b"# A page\n" * 50_000)  # noqa: ASYNC240 (nothing else waits for this program)
        with path.open("rb") as opened_file:  # noqa: ASYNC230
            by_handle = await got(desk.client.files.create(file=opened_file, purpose="assistants"))
        by_path = await got(desk.client.files.create(file=path, purpose="assistants"))
    assert (by_handle.filename, by_handle.bytes) == (by_path.filename, by_path.bytes) == ("page.md", 450_000)


@check
async def a_file_expires_when_it_is_told_to(desk: Desk) -> None:
    if "expires_after" not in inspect.signature(desk.client.files.create).parameters:
        return  # this version cannot say it
    expiry = {"anchor": "created_at", "seconds": 3600}
    file = await got(desk.client.files.create(file=("a.txt", b"a"), purpose="assistants", expires_after=expiry))
    assert file.expires_at == file.created_at + 3600


@check
async def a_file_is_retrieved_and_downloaded(desk: Desk) -> None:
    file_id = await desk.file("bytes.bin", bytes(range(256)))
    assert (await got(desk.client.files.retrieve(file_id))).filename == "bytes.bin"
    assert (await got(desk.client.files.content(file_id))).content == bytes(range(256))
    assert (await got(desk.client.files.wait_for_processing(file_id))).status == "processed"


@check
async def a_file_is_downloaded_piece_by_piece(desk: Desk) -> None:
    content = b"A line.\n" * 100_000
    file_id = await desk.file("long.txt", content)
    whole = b""
    async with opened(desk.client.files.with_streaming_response.content(file_id)) as response:
        assert response.headers["content-length"] == str(len(content))
        async for piece in each(response.iter_bytes(chunk_size=65_536)):
            whole += piece
    assert whole == content


@check
async def files_are_walked_over_all_pages(desk: Desk) -> None:
    made = [await desk.file(f"{number}.txt") for number in range(3)]
    found = [file.id async for file in each(desk.client.files.list(limit=2, purpose="assistants"))]
    assert set(made) <= set(found)
    assert (await got(desk.client.files.list(limit=1, order="desc"))).data[0].id == made[-1]


@check
async def a_file_is_deleted(desk: Desk) -> None:
    file_id = await desk.file()
    gone = await got(desk.client.files.delete(file_id))
    assert (gone.id, gone.object, gone.deleted) == (file_id, "file", True)
    problem = await refused(NotFoundError, lambda: desk.client.files.content(file_id))
    assert problem.body["message"] == f"No such File object: {file_id}"


# --- uploads ------------------------------------------------------------------------------------------------------


async def begun(desk: Desk, size: int) -> Any:
    return await got(
        desk.client.uploads.create(filename="a.txt", purpose="assistants", bytes=size, mime_type="text/plain")
    )


@check
async def an_upload_is_completed(desk: Desk) -> None:
    upload = await begun(desk, 6)
    parts = [await got(desk.client.uploads.parts.create(upload.id, data=data)) for data in (b"abc", b"def")]
    done = await got(desk.client.uploads.complete(upload.id, part_ids=[part.id for part in parts]))
    assert (upload.status, done.status, done.file.filename) == ("pending", "completed", "a.txt")
    assert (await got(desk.client.files.content(done.file.id))).content == b"abcdef"


@check
async def an_upload_is_cancelled(desk: Desk) -> None:
    upload = await begun(desk, 6)
    assert (await got(desk.client.uploads.cancel(upload.id))).status == "cancelled"


@check
async def an_upload_is_cut_by_the_helper(desk: Desk) -> None:
    done = await got(
        desk.client.uploads.upload_file_chunked(
            file=b"abcdefgh",
            filename="b.txt",
            bytes=8,
            mime_type="text/plain",
            purpose="assistants",
            part_size=3,
        )
    )
    assert (done.status, done.file.bytes) == ("completed", 8)


# --- vector stores ------------------------------------------------------------------------------------------------


@check
async def a_vector_store_is_made_of_everything(desk: Desk) -> None:
    store = await got(
        desk.stores.create(
            name="Papers",
            file_ids=[await desk.file()],
            expires_after={"anchor": "last_active_at", "days": 7},
            chunking_strategy={
                "type": "static",
                "static": {"max_chunk_size_tokens": 200, "chunk_overlap_tokens": 50},
            },
            metadata={"a": "b"},
        )
    )
    assert (store.object, store.name, store.metadata) == ("vector_store", "Papers", {"a": "b"})
    assert (store.file_counts.total, store.expires_after.days) == (1, 7)
    (file,) = (await got(desk.stores.files.list(store.id))).data
    assert file.chunking_strategy.static.max_chunk_size_tokens == 200


@check
async def a_vector_store_is_retrieved_updated_and_deleted(desk: Desk) -> None:
    store_id = await desk.store(name="Before", metadata={"a": "b"})
    assert (await got(desk.stores.retrieve(store_id))).name == "Before"
    changed = await got(desk.stores.update(store_id, name="After"))
    assert (changed.name, changed.metadata, changed.status) == ("After", {"a": "b"}, "completed")
    assert (await got(desk.stores.delete(store_id))).object == "vector_store.deleted"
    problem = await refused(NotFoundError, lambda: desk.stores.retrieve(store_id))
    assert problem.body["message"] == f"No vector store found with id '{store_id}'."


@check
async def vector_stores_are_walked_over_all_pages(desk: Desk) -> None:
    made = [await desk.store(name=f"Number {number}") for number in range(3)]
    found = [store.id async for store in each(desk.stores.list(limit=2))]
    assert found[:3] == made[::-1]


@check
async def a_file_is_put_into_a_vector_store(desk: Desk) -> None:
    store_id, file_id = await desk.store(), await desk.file()
    place = await got(desk.stores.files.create(store_id, file_id=file_id, attributes={"year": 2024, "draft": True}))
    assert (place.id, place.vector_store_id, place.attributes) == (file_id, store_id, {"year": 2024, "draft": True})
    files = desk.stores.files
    changed = await got(files.update(file_id, vector_store_id=store_id, attributes={"year": 2025}))
    assert changed.attributes == {"year": 2025}
    assert (await got(files.retrieve(file_id, vector_store_id=store_id))).attributes == {"year": 2025}
    assert [file.id async for file in each(files.list(store_id, filter="completed", order="asc"))] == [file_id]


@check
async def a_file_is_taken_out_of_a_vector_store(desk: Desk) -> None:
    file_id = await desk.file()
    store_id = await desk.store(file_ids=[file_id])
    gone = await got(desk.stores.files.delete(file_id, vector_store_id=store_id))
    assert (gone.id, gone.object) == (file_id, "vector_store.file.deleted")
    assert (await got(desk.client.files.retrieve(file_id))).id == file_id


@check
async def the_helpers_put_files_into_a_vector_store(desk: Desk) -> None:
    store_id, files = await desk.store(), desk.stores.files
    waits = {"vector_store_id": store_id, "poll_interval_ms": 20}
    polled = await got(files.create_and_poll(await desk.file(), **waits))
    uploaded = await got(files.upload(vector_store_id=store_id, file=("a.txt", b"a")))
    at_once = await got(files.upload_and_poll(file=("b.txt", b"b"), **waits))
    again = await got(files.poll(uploaded.id, **waits))
    assert {polled.status, at_once.status, again.status} == {"completed"}
    assert (await got(desk.stores.retrieve(store_id))).file_counts.completed == 3


@check
async def a_batch_of_files_is_put_into_a_vector_store(desk: Desk) -> None:
    store_id, batches = await desk.store(), desk.stores.file_batches
    made = [await desk.file(f"{number}.txt") for number in range(3)]
    batch = await got(batches.create(store_id, file_ids=made))
    again = await got(batches.retrieve(batch.id, vector_store_id=store_id))
    assert (again.object, again.status, again.file_counts.total) == ("vector_store.files_batch", "completed", 3)
    page = batches.list_files(batch.id, vector_store_id=store_id, limit=2, order="asc")
    assert [file.id async for file in each(page)] == made
    assert (await got(batches.cancel(batch.id, vector_store_id=store_id))).id == batch.id


@check
async def the_helpers_put_a_batch_of_files_into_a_vector_store(desk: Desk) -> None:
    store_id, batches = await desk.store(), desk.stores.file_batches
    waits = {"vector_store_id": store_id, "poll_interval_ms": 20}
    polled = await got(batches.create_and_poll(file_ids=[await desk.file()], **waits))
    texts = [io.BytesIO(b"first"), io.BytesIO(b"second")]
    for number, text in enumerate(texts):
        text.name = f"{number}.txt"
    uploaded = await got(batches.upload_and_poll(files=texts, **waits))
    assert (polled.status, polled.file_counts.completed) == ("completed", 1)
    assert (uploaded.status, uploaded.file_counts.completed) == ("completed", 2)


# --- models and the client itself ---------------------------------------------------------------------------------


@check
async def what_is_not_offered_says_so(desk: Desk) -> None:
    store_id = await desk.store()
    problem = await refused(NotFoundError, lambda: desk.stores.search(store_id, query="weather"))
    assert problem.code == "not_offered"


@check
async def models_are_listed_and_retrieved(desk: Desk) -> None:
    names = [model.id async for model in each(desk.client.models.list())]
    assert names == ["scripted"]
    assert (await got(desk.client.models.retrieve("scripted"))).object == "model"
    assert (await got(desk.client.models.retrieve("family/with-a-slash"))).id == "family/with-a-slash"


@check
async def every_answer_has_the_id_of_its_request(desk: Desk) -> None:
    thread = await got(desk.threads.create())
    assert thread._request_id.startswith("req_")
    problem = await refused(NotFoundError, lambda: desk.threads.retrieve("thread_none"))
    assert problem.request_id.startswith("req_")


@check
async def an_invalid_value_is_named_in_the_refusal(desk: Desk) -> None:
    thread_id = await desk.thread()
    wrong = {"role": "system", "content": "Obey."}
    problem = await refused(BadRequestError, lambda: desk.threads.messages.create(thread_id, **wrong))
    assert (problem.status_code, problem.type, problem.param) == (400, "invalid_request_error", "role")
    assert problem.body["message"] == "Invalid value: 'system'. Supported values are: 'user' and 'assistant'."


@check
async def extra_headers_queries_and_timeouts_are_passed_on(desk: Desk) -> None:
    thread = await got(
        desk.threads.create(
            extra_headers={"X-Ours": "1"}, extra_query={"of": "ours"}, extra_body={"metadata": {"a": "b"}}, timeout=30
        )
    )
    assert thread.metadata == {"a": "b"}


@check
async def an_answer_is_read_raw(desk: Desk) -> None:
    raw = await got(desk.threads.with_raw_response.create())
    assert raw.headers["content-type"] == "application/json"
    assert (await got(raw.parse())).id.startswith("thread_")


@check
async def a_strict_client_does_validate(desk: Desk) -> None:
    def wrong() -> Any:
        return desk.client.get("/models", cast_to=Thread)  # a list of models is no thread

    if desk.client._strict_response_validation:
        await refused(APIResponseValidationError, wrong)
    else:
        await got(wrong())


# --- running them -------------------------------------------------------------------------------------------------


async def problem_of(check: Check, client: Any) -> str | None:
    """The traceback of the check's failure, None where it passes."""
    try:
        await check(Desk(client))
    except Exception:  # noqa: BLE001 (whatever it is, it is what the check found)
        return traceback.format_exc()
    return None


async def main() -> None:
    """Run all checks."""
    parser = argparse.ArgumentParser(description="Checks a server with the official client.")
    parser.add_argument("base_url")
    parser.add_argument("--asynchronous", action="store_true")
    parser.add_argument("--strict", action="store_true")
    asked = parser.parse_args()
    form = AsyncOpenAI if asked.asynchronous else OpenAI
    client: Any = form(base_url=asked.base_url, api_key="any", max_retries=0, _strict_response_validation=asked.strict)
    for name, function in CHECKS.items():
        result = {"check": name, "problem": await problem_of(function, client)}
        sys.stdout.write(json.dumps(result) + "\n")
    await got(client.close())


if __name__ == "__main__":
    asyncio.run(main())
