"""The columns of the tables: one for each dialect, with its real client, and one for the core's own words.

A column writes a noun in its own words, reads it as a picture of plain values, and changes it. Another dialect is
another class here, and what it says and sees in the rows.
"""

from __future__ import annotations

import json
import urllib.request
import uuid
from base64 import b64encode
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from google.protobuf import json_format

from clew.dialects.yandex import wire
from clew.dialects.yandex.operations import OPERATIONS
from clew.domain.item import Part, PartKind
from clew.domain.project import Caller
from clew.service import messages, threads
from clew.service.messages import NewMessage
from clew.service.threads import NewThread

if TYPE_CHECKING:
    from openai import OpenAI

    from support.graphql import GraphQL
    from support.server import RunningServer
    from support.stub import Stub

Words = dict[str, Any]
PROJECT = "default"
MODEL = "a-model"


@dataclass(frozen=True)
class Ref:
    """A thing that was made; what lives in a thread has that thread's id too."""

    id: str
    thread_id: str = ""


class Column(Protocol):
    """What each of them does. A picture has `at`, the second in which the thing was made, beside the fields."""

    def make(self, noun: str, words: Words) -> Ref:
        """A new one."""
        ...

    def read(self, noun: str, ref: Ref) -> Words:
        """What this dialect shows of it."""
        ...

    def change(self, noun: str, ref: Ref, words: Words) -> None:
        """An update, in this dialect's words."""
        ...


class OpenAIColumn:
    """The official client, which holds every answer against its types."""

    def __init__(self, client: OpenAI) -> None:
        self._client = client

    def make(self, noun: str, words: Words) -> Ref:
        beta = self._client.beta
        match noun:
            case "thread":
                return Ref(beta.threads.create(**words).id)
            case "message":
                thread_id = beta.threads.create().id
                return Ref(beta.threads.messages.create(thread_id, **{"role": "user", **words}).id, thread_id)
            case "assistant":
                return Ref(beta.assistants.create(**{"model": MODEL, **words}).id)
            case "file":
                return Ref(self._client.files.create(file=(words["name"], words["content"]), purpose="assistants").id)
            case "index":
                return Ref(self._client.vector_stores.create(**words).id)
            case _:
                return self._run(**words)

    def _run(self, said: str, assistant: Words, output: str | None = None, **more: Any) -> Ref:
        """A run; with an output of a tool, the thread in which it came to its end."""
        ref = self.make("assistant", assistant)
        thread = self._client.beta.threads.create(messages=[{"role": "user", "content": said}])
        run = self._client.beta.threads.runs.create_and_poll(
            thread_id=thread.id, assistant_id=ref.id, poll_interval_ms=20, **more
        )
        if output is None:
            return Ref(run.id, thread.id)
        assert run.required_action is not None
        (call,) = run.required_action.submit_tool_outputs.tool_calls
        self._client.beta.threads.runs.submit_tool_outputs_and_poll(
            run_id=run.id,
            thread_id=thread.id,
            tool_outputs=[{"tool_call_id": call.id, "output": output}],
            poll_interval_ms=20,
        )
        return Ref(thread.id)

    def read(self, noun: str, ref: Ref) -> Words:
        beta = self._client.beta
        shown: Any
        more: Words = {}
        match noun:
            case "thread" | "tree":
                shown = beta.threads.retrieve(ref.id)
                runs = beta.threads.runs.list(ref.id)
                more["runs"] = [
                    [step.type for step in beta.threads.runs.steps.list(run.id, thread_id=ref.id, order="asc")]
                    for run in runs
                ]
                page = beta.threads.messages.list(ref.id, order="asc")
                more["messages"] = [
                    (one.role, [part.text.value for part in one.content if part.type == "text"]) for one in page
                ]
            case "message":
                shown = beta.threads.messages.retrieve(ref.id, thread_id=ref.thread_id)
            case "assistant":
                shown = beta.assistants.retrieve(ref.id)
            case "file":
                shown = self._client.files.retrieve(ref.id)
                more["content"] = self._client.files.content(ref.id).content
            case "index":
                shown = self._client.vector_stores.retrieve(ref.id)
                more["files"] = {file.id for file in self._client.vector_stores.files.list(ref.id)}
            case _:
                shown = beta.threads.runs.retrieve(ref.id, thread_id=ref.thread_id)
        return shown.model_dump() | more | {"at": shown.created_at}

    def change(self, noun: str, ref: Ref, words: Words) -> None:
        beta = self._client.beta
        match noun:
            case "thread":
                beta.threads.update(ref.id, **words)
            case "message":
                beta.threads.messages.update(ref.id, thread_id=ref.thread_id, **words)
            case "assistant":
                beta.assistants.update(ref.id, **words)
            case "index":
                self._client.vector_stores.update(ref.id, **words)
            case "run":
                assert words == {"cancel": True}
                beta.threads.runs.cancel(ref.id, thread_id=ref.thread_id)
            case _:
                raise NotImplementedError(noun)


class YandexColumn:
    """Raw calls over gRPC; words and pictures are the messages' JSON, with their own names."""

    SERVICES = {"thread": "Thread", "message": "Message", "assistant": "Assistant", "file": "File", "run": "Run"}  # noqa: RUF012

    def __init__(self, stub: Stub) -> None:
        self._stub = stub
        self._takes = {operation.name: operation.takes for operation in OPERATIONS}

    def call(self, name: str, /, **words: Any) -> Any:
        request = json_format.ParseDict(words, self._takes[name](), descriptor_pool=wire.POOL)
        return self._stub(name, request)

    def make(self, noun: str, words: Words) -> Ref:
        match noun:
            case "message":
                thread_id = self.make("thread", {}).id
                return Ref(self.call("MessageService.Create", thread_id=thread_id, **words).id, thread_id)
            case "assistant":
                words = {"model_uri": MODEL, **words}
            case "file":
                words = words | {"content": b64encode(words["content"]).decode()}
            case "index":
                operation = self.call("SearchIndexService.Create", folder_id=PROJECT, **words)
                return Ref(wire.SearchIndex.FromString(operation.response.value).id)
            case "run":
                return self._run(**words)
            case "tree":
                return self._tree(**words)
        return Ref(self.call(f"{self.SERVICES[noun]}Service.Create", folder_id=PROJECT, **words).id)

    def _run(self, said: str, assistant: Words, **more: Any) -> Ref:
        content = {"content": [{"text": {"content": said}}]}
        thread = self.make("thread", {"messages": [{"content": content}]})
        ref = self.make("assistant", assistant)
        run = self.call("RunService.Create", thread_id=thread.id, assistant_id=ref.id, **more)
        next(iter(self.call("RunService.Listen", run_id=run.id)))  # waits for the end, or for what is asked of us
        return Ref(run.id, thread.id)

    def _tree(self, output: str, **words: Any) -> Ref:
        ref = self._run(**words)
        (call,) = self.call("RunService.Get", run_id=ref.id).state.tool_call_list.tool_calls
        result = {"function_result": {"name": call.function_call.name, "content": output}}
        self.call("RunService.Submit", run_id=ref.id, tool_result_list={"tool_results": [result]})
        *_, last = self.call("RunService.Listen", run_id=ref.id)
        assert last.event_type == wire.StreamEvent.DONE, last
        return Ref(ref.thread_id)

    def read(self, noun: str, ref: Ref) -> Words:
        more: Words = {}
        noun = "thread" if noun == "tree" else noun
        match noun:
            case "message":
                shown = self.call("MessageService.Get", thread_id=ref.thread_id, message_id=ref.id)
            case "index":
                shown = self.call("SearchIndexService.Get", search_index_id=ref.id)
                found = self.call("SearchIndexFileService.List", search_index_id=ref.id)
                more["files"] = {file.id for file in found.files}
            case _:
                shown = self.call(f"{self.SERVICES[noun]}Service.Get", **{f"{noun}_id": ref.id})
        if noun == "thread":
            said = list(self.call("MessageService.List", thread_id=ref.id))[::-1]
            more["messages"] = [
                (one.author.role.lower(), [part.text.content for part in one.content.content]) for one in said
            ]
        if noun == "file":
            url = self.call("FileService.GetUrl", file_id=ref.id).url
            with urllib.request.urlopen(url) as answer:  # noqa: S310 (the server's own address)
                more["content"] = answer.read()
        picture: Words = json_format.MessageToDict(shown, preserving_proto_field_name=True, descriptor_pool=wire.POOL)
        return picture | more | {"at": int(datetime.fromisoformat(picture["created_at"]).timestamp())}

    def change(self, noun: str, ref: Ref, words: Words) -> None:
        name = "SearchIndex" if noun == "index" else self.SERVICES[noun]
        self.call(f"{name}Service.Update", **{"search_index_id" if noun == "index" else f"{noun}_id": ref.id}, **words)


class LiteralColumn:
    """Texts of GraphQL. Words are the arguments of mutations, pictures the objects of the schema.

    A tree is told by its steps. Nothing here performs runs, and assistants, files and indexes have no word in it.
    """

    STEP = """id threadId parentId type name error input output createdAt metadata tags environment
        scores { name value } attachments { name url }
        generation { type model messages messageCompletion tokenCount }"""
    THREAD = "id name metadata tags environment createdAt participant { identifier metadata }"
    SPEAKERS = {"user_message": "user", "assistant_message": "assistant", "system_message": "system"}  # noqa: RUF012

    def __init__(self, graphql: GraphQL) -> None:
        self._graphql = graphql

    def make(self, noun: str, words: Words) -> Ref:
        ref = Ref(str(uuid.uuid4()), str(uuid.uuid4()))
        match noun:
            case "thread":
                ref = Ref(ref.id)
                self._tell_thread("upsertThread", ref, {name: words[name] for name in words if name != "messages"})
                self._graphql.ingest(*(self._step(ref.id, one) for one in words.get("messages", ())))
            case "tree":
                ref = Ref(ref.id)
                ids = {one["name"]: str(uuid.uuid4()) for one in words["steps"]}
                told = [one | {"id": ids[one["name"]]} for one in words["steps"]]
                told = [one | ({"parentId": ids[one["parentId"]]} if "parentId" in one else {}) for one in told]
                self._graphql.ingest(*(self._step(ref.id, one) for one in told))
            case _:
                assert noun == "message"
                self._graphql.ingest(self._step(ref.thread_id, {"id": ref.id, "type": "user_message", **words}))
        return ref

    def _step(self, thread_id: str, words: Words) -> Words:
        return {"id": str(uuid.uuid4()), "threadId": thread_id, **words}

    def _tell_thread(self, field: str, ref: Ref, words: Words) -> None:
        kinds = {"metadata": "Json", "tags": "[String!]"}
        declared = "".join(f" ${name}: {kinds.get(name, 'String')}" for name in words)
        passed = "".join(f" {name}: ${name}" for name in words)
        text = f"mutation($id: String!{declared}) {{ {field}(id: $id{passed}) {{ id }} }}"
        self._graphql.ask(text, id=ref.id, **words)

    def read(self, noun: str, ref: Ref) -> Words:
        if noun in ("thread", "tree"):
            text = f"query($id: String!) {{ it: threadDetail(id: $id) {{ {self.THREAD} steps {{ {self.STEP} }} }} }}"
        else:
            text = f"query($id: String!) {{ it: step(id: $id) {{ {self.STEP} }} }}"
        picture: Words = self._graphql.ask(text, id=ref.id)["it"]
        if "steps" in picture:
            steps = picture["steps"]
            kinds = {step["id"]: step["type"] for step in steps}
            picture["tree"] = [(step["type"], kinds.get(step["parentId"])) for step in steps]
            said = [step for step in steps if step["type"] in self.SPEAKERS]
            picture["messages"] = [(self.SPEAKERS[step["type"]], [step["output"]["content"]]) for step in said]
        return picture | {"at": int(datetime.fromisoformat(picture["createdAt"]).timestamp())}

    def change(self, noun: str, ref: Ref, words: Words) -> None:
        if noun == "thread":
            self._tell_thread("updateThread", ref, words)
        else:
            answer = self._graphql.ingest({"id": ref.id, **words})
            assert answer["step0"]["ok"], answer


class CoreColumn:
    """The service itself, for what no dialect here can say: it writes, and shows nothing."""

    def __init__(self, server: RunningServer) -> None:
        self._server = server
        self._caller = Caller(project_id=PROJECT)

    def make(self, noun: str, words: Words) -> Ref:
        core = self._server.assembled.core
        if noun == "thread":
            return Ref(self._server.do(threads.create(core, self._caller, NewThread(**words))).id)
        assert noun == "message"
        thread_id = self.make("thread", {}).id
        new = NewMessage(role="user", parts=(Part(kind=PartKind.TEXT, text="core"),), **words)
        return Ref(self._server.do(messages.create(core, self._caller, thread_id, new)).id, thread_id)

    def read(self, noun: str, ref: Ref) -> Words:
        core = self._server.assembled.core
        assert noun in ("thread", "message")
        if noun == "thread":
            found: Any = self._server.do(threads.get(core, self._caller, ref.id))
        else:
            found = self._server.do(messages.get(core, self._caller, ref.thread_id, ref.id))
        return {"metadata": found.metadata, "at": found.created_at // 1_000_000}

    def change(self, noun: str, ref: Ref, words: Words) -> None:
        raise NotImplementedError(noun)


def differences(expected: Any, shown: Any, path: str = "") -> list[str]:
    """Where a picture does not show what is expected of it. Fields that nothing is expected of are free."""
    if isinstance(expected, dict) and isinstance(shown, dict):
        return [
            found for name, value in expected.items() for found in differences(value, shown.get(name), f"{path}.{name}")
        ]
    if isinstance(expected, list) and isinstance(shown, list) and len(expected) == len(shown):
        return [
            found
            for at, pair in enumerate(zip(expected, shown, strict=True))
            for found in differences(*pair, f"{path}[{at}]")
        ]
    return [] if expected == shown else [f"{path}: {json.dumps(expected, default=str)} is shown as {shown!r}"]
