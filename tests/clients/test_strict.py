"""Every object that the server answers with, and every event of its streams, against the newest client's own types.

The client as it comes takes what it gets, and so hides a missing key from us; here nothing is converted or forgiven.
The older versions validate in their own environments, see `test_python.py`.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, get_args

import openai.types as of_client
import openai.types.beta as of_assistants
import openai.types.vector_stores as of_stores
import pytest
from openai import DefaultHttpxClient, OpenAI
from openai.types.beta import threads as of_threads
from openai.types.beta.threads import runs as of_runs
from openai.types.uploads import UploadPart
from pydantic import BaseModel, TypeAdapter

from clew.dialects.openai.operations import OPERATIONS
from clew.web.routing import Router
from clients.python.acceptance import CHECKS, WEATHER, outputs, problem_of
from support.scripted_model import ScriptedModel
from support.server import RunningServer
from support.sse import Frame, events_path, read, wait_for

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx2


TYPES: dict[str, type[BaseModel]] = {
    "assistant": of_assistants.Assistant,
    "assistant.deleted": of_assistants.AssistantDeleted,
    "file": of_client.FileObject,
    "model": of_client.Model,
    "thread": of_assistants.Thread,
    "thread.deleted": of_assistants.ThreadDeleted,
    "thread.message": of_threads.Message,
    "thread.message.deleted": of_threads.MessageDeleted,
    "thread.run": of_threads.Run,
    "thread.run.step": of_runs.RunStep,
    "upload": of_client.Upload,
    "upload.part": UploadPart,
    "vector_store": of_client.VectorStore,
    "vector_store.deleted": of_client.VectorStoreDeleted,
    "vector_store.file": of_stores.VectorStoreFile,
    "vector_store.file.deleted": of_stores.VectorStoreFileDeleted,
    "vector_store.files_batch": of_stores.VectorStoreFileBatch,
}
"""The client's type for each `object` that we answer with."""

OURS: dict[str, set[str]] = {
    "assistant": {"reasoning_effort"},
    "thread.run": {"reasoning_effort", "tool_resources"},
    "vector_store": {"description"},
}
"""Keys that the client's types do not have. It keeps them, and shows them to whoever asks."""

LEFT_OUT: dict[str, set[str]] = {"model": {"shutdown_date"}}
"""Keys that the client knows and that need not be there."""


def type_of(thing: dict[str, Any]) -> type[BaseModel]:
    """The type that a thing must have. The deletion of a file is the one whose `object` does not tell."""
    return of_client.FileDeleted if "deleted" in thing and thing["object"] == "file" else TYPES[thing["object"]]


@dataclass
class Answers:
    """What a strict client was answered: each thing with the operation that gave it, and the problems it had."""

    problems: dict[str, str | None] = field(default_factory=dict)
    operations: set[str] = field(default_factory=set)
    things: list[dict[str, Any]] = field(default_factory=list)
    lists: list[dict[str, Any]] = field(default_factory=list)
    router: Router = field(default_factory=lambda: Router(OPERATIONS))

    def take(self, response: httpx2.Response) -> None:
        """Look at an answer on its way to the client."""
        operation, _, _ = self.router.find(response.request.method, response.request.url.path)
        assert operation is not None
        if not response.is_success:
            return
        self.operations.add(operation.name)
        if operation.gives is None or response.headers["content-type"] != "application/json":
            return
        response.read()
        thing = response.json()
        if thing["object"] == "list":
            self.lists.append(thing)
            self.things.extend(thing["data"])
        else:
            self.things.append(thing)


@pytest.fixture(scope="module")
def answers(busy_server: RunningServer) -> Answers:
    """What came of all checks."""
    answers = Answers()
    http = DefaultHttpxClient(event_hooks={"response": [answers.take]})
    with OpenAI(
        base_url=busy_server.base_url,
        api_key="any",
        max_retries=0,
        http_client=http,
        _strict_response_validation=True,
    ) as client:
        for name, check in CHECKS.items():
            answers.problems[name] = asyncio.run(problem_of(check, client))
    return answers


@pytest.mark.parametrize("check", CHECKS)
def test_a_client_that_validates_passes(answers: Answers, check: str) -> None:
    problem = answers.problems[check]
    assert problem is None, problem


def test_the_checks_call_every_operation_that_upstream_has_and_we_answer(answers: Answers) -> None:
    upstream = {one.name for one in OPERATIONS if one.handler is not None and not one.extension}
    assert upstream - answers.operations == set()


def test_the_checks_are_answered_with_every_kind_of_object(answers: Answers) -> None:
    assert {thing["object"] for thing in answers.things} == set(TYPES)


@pytest.mark.parametrize("kind", TYPES)
class TestEveryObject:
    def test_has_the_clients_type_without_any_conversion(self, answers: Answers, kind: str) -> None:
        for thing in answers.things:
            if thing["object"] == kind:
                TypeAdapter(type_of(thing)).validate_python(thing, strict=True)

    def test_has_the_keys_that_the_client_knows_and_no_others(self, answers: Answers, kind: str) -> None:
        for thing in answers.things:
            if thing["object"] == kind:
                known = set(type_of(thing).model_fields)
                assert set(thing) - known == OURS.get(kind, set())
                assert known - set(thing) == LEFT_OUT.get(kind, set())


def test_every_list_has_its_envelope(answers: Answers) -> None:
    pages = [page for page in answers.lists if set(page) != {"object", "data"}]  # the list of models has no pages
    assert pages
    for page in pages:
        assert set(page) == {"object", "data", "first_id", "last_id", "has_more"}
        ids = [thing["id"] for thing in page["data"]]
        assert (page["first_id"], page["last_id"]) == ((ids[0], ids[-1]) if ids else (None, None))


# --- streams ------------------------------------------------------------------------------------------------------


@dataclass
class Stage:
    """A server whose model is told what to say, and an assistant."""

    server: RunningServer
    model: ScriptedModel
    client: OpenAI

    def body(self, **more: Any) -> dict[str, Any]:
        assistant = self.client.beta.assistants.create(model="gpt-4o", tools=[WEATHER])
        return {"assistant_id": assistant.id, "stream": True, **more}

    def path(self) -> str:
        """Where a run over a new thread is made."""
        thread = self.client.beta.threads.create(messages=[{"role": "user", "content": "Hello!"}])
        return f"/threads/{thread.id}/runs"

    def followed(self, **more: Any) -> list[Frame]:
        return read(self.server, self.path(), self.body(**more))

    def begun(self) -> of_threads.Run:
        """A run that has said its first word and will say no more."""
        self.model.hold("One two three", after=1)
        thread_id = self.path().split("/")[2]
        run = self.client.beta.threads.runs.create(thread_id, assistant_id=self.body()["assistant_id"])
        wait_for(self.server, thread_id, run.id, "thread.message.delta")
        return run

    def whole(self, run: of_threads.Run) -> list[Frame]:
        """Everything that happens in a run, to its end."""
        return read(self.server, events_path(run.thread_id, run.id))


def text(stage: Stage) -> list[Frame]:
    stage.model.say("It is raining.")
    return stage.followed()


def text_of_a_new_thread(stage: Stage) -> list[Frame]:
    return read(stage.server, "/threads/runs", stage.body(thread={"metadata": {"a": "b"}}))


def refusal(stage: Stage) -> list[Frame]:
    stage.model.refuse("I would rather not.")
    return stage.followed()


def calls(stage: Stage) -> list[Frame]:
    stage.model.call(("get_weather", {"city": "Oslo"}), ("get_weather", {"city": "Rome"}), text="Let me see.")
    return stage.followed()


def outputs_of_calls(stage: Stage) -> list[Frame]:
    run = of_threads.Run.model_validate(calls(stage)[-2].data)
    body = {"tool_outputs": outputs(run), "stream": True}
    return read(stage.server, f"/threads/{run.thread_id}/runs/{run.id}/submit_tool_outputs", body)


def failure(stage: Stage) -> list[Frame]:
    stage.model.break_off("Once upon a time", after=2)
    return stage.followed()


def spent_budget(stage: Stage) -> list[Frame]:
    stage.model.length("It is raining in")
    return stage.followed(max_completion_tokens=256)


def cancel(stage: Stage) -> list[Frame]:
    run = stage.begun()
    stage.client.beta.threads.runs.cancel(run.id, thread_id=run.thread_id)
    return stage.whole(run)


def expiry(stage: Stage) -> list[Frame]:
    run = stage.begun()
    stage.server.advance(600)
    return stage.whole(run)


STREAMS: dict[str, Callable[[Stage], list[Frame]]] = {
    scene.__name__: scene
    for scene in (
        text,
        text_of_a_new_thread,
        refusal,
        calls,
        outputs_of_calls,
        failure,
        spent_budget,
        cancel,
        expiry,
    )
}


@pytest.fixture(scope="module")
def streams(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Frame]]:
    """The frames of every kind of stream, without the last one, which is no event of the client's."""
    folder = tmp_path_factory.mktemp("streams")
    with (
        ScriptedModel() as model,
        RunningServer(folder, model, config={"retries": 0}) as server,
        OpenAI(base_url=server.base_url, api_key="any", max_retries=0) as client,
    ):
        stage = Stage(server, model, client)
        return {name: scene(stage)[:-1] for name, scene in STREAMS.items()}


def names_of_the_clients_events() -> set[str]:
    union, *_ = get_args(of_assistants.AssistantStreamEvent)
    return {name for event in get_args(union) for name in get_args(event.model_fields["event"].annotation)}


class TestEveryEvent:
    @pytest.mark.parametrize("stream", STREAMS)
    def test_has_the_clients_type_without_any_conversion(self, streams: dict[str, list[Frame]], stream: str) -> None:
        event_of = TypeAdapter(of_assistants.AssistantStreamEvent)
        for frame in streams[stream]:
            event = event_of.validate_python({"event": frame.name, "data": frame.data}, strict=True)
            assert event.event == frame.name

    @pytest.mark.parametrize("stream", STREAMS)
    def test_brings_whole_objects_as_an_answer_would(self, streams: dict[str, list[Frame]], stream: str) -> None:
        for frame in streams[stream]:
            if not frame.name.endswith(".delta"):
                kind = frame.data["object"]
                assert set(frame.data) == set(TYPES[kind].model_fields) | OURS.get(kind, set())

    def test_that_the_client_knows_is_sent_in_some_stream(self, streams: dict[str, list[Frame]]) -> None:
        sent = {frame.name for frames in streams.values() for frame in frames}
        # An `error` comes in the wrapped form that clients raise from, which is not the form of the published type.
        assert sent == names_of_the_clients_events() - {"error"}
