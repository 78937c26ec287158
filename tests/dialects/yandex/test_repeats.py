"""Calls that come again under their key make their thing once."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import grpc
import httpx2
import pytest

from clew.dialects.yandex import repeats, wire
from clew.dialects.yandex.operations import OPERATIONS
from clew.domain.expiration import SECOND
from support.process import ServerProcess
from support.server import RunningServer
from support.stub import Stub, refused
from support.talk import assistant, ended, texts, thread

if TYPE_CHECKING:
    from pathlib import Path

    from support.scripted_model import ScriptedModel

FOLDER = {"folder_id": "default"}
CODES = grpc.StatusCode
BY_NAME = {operation.name: operation for operation in OPERATIONS}


@pytest.fixture
def thread_id(stub: Stub) -> str:
    return stub("ThreadService.Create", wire.CreateThreadRequest(**FOLDER)).id


def said(text: str) -> wire.MessageContent:
    return wire.MessageContent(content=[wire.ContentPart(text=wire.Text(content=text))])


def message(thread_id: str, text: str = "hello") -> wire.CreateMessageRequest:
    return wire.CreateMessageRequest(thread_id=thread_id, content=said(text))


def messages(stub: Stub, thread_id: str) -> list[str]:
    return [one.id for one in stub("MessageService.List", wire.ListMessagesRequest(thread_id=thread_id))]


THINGS = [
    (
        "AssistantService",
        wire.CreateAssistantRequest(**FOLDER, model_uri="gpt://default/any"),
        wire.ListAssistantsRequest(**FOLDER),
        "assistants",
    ),
    ("ThreadService", wire.CreateThreadRequest(**FOLDER, name="a"), wire.ListThreadsRequest(**FOLDER), "threads"),
    ("UserService", wire.CreateUserRequest(**FOLDER, name="a"), wire.ListUsersRequest(**FOLDER), "users"),
    ("FileService", wire.CreateFileRequest(**FOLDER, content=b"a"), wire.ListFilesRequest(**FOLDER), "files"),
    (
        "SearchIndexService",
        wire.CreateSearchIndexRequest(**FOLDER, name="a"),
        wire.ListSearchIndicesRequest(**FOLDER),
        "indices",
    ),
]


@pytest.mark.parametrize(("service", "create", "every", "field"), THINGS, ids=[one[0] for one in THINGS])
class TestThings:
    def test_a_key_makes_one(self, stub: Stub, service: str, create: Any, every: Any, field: str) -> None:
        first = stub(f"{service}.Create", create, idempotency_key="k")
        assert stub(f"{service}.Create", create, idempotency_key="k") == first
        assert len(getattr(stub(f"{service}.List", every), field)) == 1

    def test_other_keys_and_none_make_others(
        self, stub: Stub, service: str, create: Any, every: Any, field: str
    ) -> None:
        for key in ({"idempotency_key": "k"}, {"idempotency_key": "l"}, {}, {}):
            stub(f"{service}.Create", create, **key)
        assert len(getattr(stub(f"{service}.List", every), field)) == 4

    def test_many_at_once_make_one(self, stub: Stub, service: str, create: Any, every: Any, field: str) -> None:
        with ThreadPoolExecutor(8) as pool:
            made = list(pool.map(lambda _: stub(f"{service}.Create", create, idempotency_key="k"), range(16)))
        assert all(one == made[0] for one in made)
        assert len(getattr(stub(f"{service}.List", every), field)) == 1


class TestMessages:
    def test_a_key_writes_one(self, stub: Stub, thread_id: str) -> None:
        first = stub("MessageService.Create", message(thread_id), idempotency_key="k")
        stub("MessageService.Create", message(thread_id))
        assert stub("MessageService.Create", message(thread_id, "else"), idempotency_key="k") == first
        assert len(messages(stub, thread_id)) == 2

    def test_many_at_once_write_one(self, stub: Stub, thread_id: str, server: RunningServer) -> None:
        server.advance(2 * repeats.KEPT_SECONDS)  # so that keys nobody has used are not looked for
        with ThreadPoolExecutor(8) as pool:
            made = list(
                pool.map(lambda _: stub("MessageService.Create", message(thread_id), idempotency_key="k"), range(16))
            )
        assert messages(stub, thread_id) == [made[0].id]

    def test_what_was_refused_can_be_asked_again(self, stub: Stub, thread_id: str) -> None:
        call = lambda: stub("MessageService.Create", message("nope"), idempotency_key="k")  # noqa: E731
        assert refused(call) == refused(call) == (CODES.NOT_FOUND, "thread nope not found")
        stub("MessageService.Create", message(thread_id), idempotency_key="k")
        assert len(messages(stub, thread_id)) == 1


class TestRuns:
    def test_many_at_once_begin_one(self, stub: Stub, model: ScriptedModel) -> None:
        model.say("It rains.")
        assistant_id, thread_id = assistant(stub).id, thread(stub, "hello")
        request = wire.CreateRunRequest(
            assistant_id=assistant_id,
            thread_id=thread_id,
            additional_messages=[wire.MessageData(content=said("and?"))],
        )
        with ThreadPoolExecutor(8) as pool:
            made = list(pool.map(lambda _: stub("RunService.Create", request, idempotency_key="k"), range(16)))
        assert {run.id for run in made} == {made[0].id}
        answer = ended(stub, made[0].id).state.completed_message
        assert stub("RunService.Create", request, idempotency_key="k").state.completed_message == answer
        every = stub("MessageService.List", wire.ListMessagesRequest(thread_id=thread_id))
        assert [texts(one) for one in every] == [["It rains."], ["and?"], ["hello"]]

    def test_an_assistant_that_is_made_once_has_one_version(self, stub: Stub) -> None:
        request = wire.CreateAssistantRequest(**FOLDER, model_uri="gpt://default/any")
        made = [stub("AssistantService.Create", request, idempotency_key="k") for _ in range(2)]
        versions = wire.ListAssistantVersionsRequest(assistant_id=made[0].id)
        assert len(stub("AssistantService.ListVersions", versions).versions) == 1


def test_a_key_over_http_is_the_same_key(stub: Stub, server: RunningServer) -> None:
    """As a header."""
    first = httpx2.post(
        f"{server.url}/assistants/v1/threads",
        json={"folderId": "default"},
        headers={"idempotency-key": "k", "authorization": "Api-Key any"},
    ).json()
    again = stub("ThreadService.Create", wire.CreateThreadRequest(**FOLDER), idempotency_key="k")
    assert again.id == first["id"]


def test_methods_do_not_share_keys(stub: Stub) -> None:
    thread = stub("ThreadService.Create", wire.CreateThreadRequest(**FOLDER), idempotency_key="k")
    user = stub("UserService.Create", wire.CreateUserRequest(**FOLDER), idempotency_key="k")
    written = stub("MessageService.Create", message(thread.id), idempotency_key="k")
    assert len({thread.id, user.id, written.id}) == 3


def test_other_contents_are_answered_with_the_first(stub: Stub) -> None:
    first = stub("ThreadService.Create", wire.CreateThreadRequest(**FOLDER, name="a"), idempotency_key="k")
    again = stub("ThreadService.Create", wire.CreateThreadRequest(**FOLDER, name="b"), idempotency_key="k")
    assert again == first


def test_files_are_put_into_an_index_once(stub: Stub) -> None:
    index = wire.SearchIndex()
    stub("SearchIndexService.Create", wire.CreateSearchIndexRequest(**FOLDER)).response.Unpack(index)
    file = stub("FileService.Create", wire.CreateFileRequest(**FOLDER, content=b"a"))
    request = wire.BatchCreateSearchIndexFileRequest(search_index_id=index.id, file_ids=[file.id])
    first = stub("SearchIndexFileService.BatchCreate", request, idempotency_key="k")
    assert stub("SearchIndexFileService.BatchCreate", request, idempotency_key="k") == first


def test_other_methods_take_no_notice(stub: Stub, thread_id: str) -> None:
    for name in ("a", "b"):
        update = wire.UpdateThreadRequest(thread_id=thread_id, name=name)
        assert stub("ThreadService.Update", update, idempotency_key="k").name == name


def test_projects_do_not_share_keys(tmp_path: Path, model: ScriptedModel) -> None:
    with RunningServer(tmp_path, model, open_project=None) as server:
        ids = set()
        for project in ("one", "two"):
            with Stub(server.grpc_address, server.key(project)) as stub:
                request = wire.CreateThreadRequest(folder_id=project)
                ids.add(stub("ThreadService.Create", request, idempotency_key="k").id)
        assert len(ids) == 2


def test_a_key_holds_over_a_restart(tmp_path: Path, model: ScriptedModel) -> None:
    seen = []
    for _ in range(2):
        with RunningServer(tmp_path, model) as server, Stub(server.grpc_address) as stub:
            create = wire.CreateThreadRequest(**FOLDER, messages=[wire.MessageData(content=said("first"))])
            thread = stub("ThreadService.Create", create, idempotency_key="k")
            written = stub("MessageService.Create", message(thread.id), idempotency_key="k")
            file = stub("FileService.Create", wire.CreateFileRequest(**FOLDER, content=b"a"), idempotency_key="k")
            seen.append((thread.id, written, file, messages(stub, thread.id)))
    assert seen[0] == seen[1]
    assert len(seen[1][-1]) == 2


def test_what_shows_a_thing_is_in_the_table() -> None:
    for made_by, (method, field, _) in repeats._SHOWN_BY.items():
        assert made_by in BY_NAME
        assert field in BY_NAME[method].takes.DESCRIPTOR.fields_by_name
    makes = {one.name for one in OPERATIONS if one.method in ("Create", "BatchCreate") and one.need is not None}
    assert makes == repeats.KEYED


class TestSeen:
    LATER = repeats.KEPT_SECONDS * SECOND

    def test_nothing_is_certain_at_first(self) -> None:
        seen = repeats.Seen(now=0)
        assert seen.add("a", now=1)
        assert not seen.add("b", now=self.LATER)

    def test_what_was_added_is_known_for_a_while(self) -> None:
        seen = repeats.Seen(now=0)
        assert not seen.add("a", now=self.LATER)
        assert seen.add("a", now=2 * self.LATER - 1)
        assert seen.add("a", now=3 * self.LATER - 1)
        seen.add("b", now=9 * self.LATER)
        assert not seen.add("a", now=10 * self.LATER)

    def test_a_clock_that_goes_back_makes_nothing_certain(self) -> None:
        seen = repeats.Seen(now=self.LATER)
        assert seen.add("a", now=0)
        assert seen.add("a", now=2 * self.LATER)


def test_a_key_holds_over_a_kill(tmp_path: Path) -> None:
    """Of the process, with what it had answered."""
    with ServerProcess(tmp_path) as server:
        before = asked_over_http(server)
        server.kill_and_start()
        assert asked_over_http(server) == before


def asked_over_http(server: ServerProcess) -> tuple[str, dict[str, Any]]:
    """A thread, and a message in it, each with a key."""
    url, headers = server.base_url.removesuffix("/v1"), {"idempotency-key": "k", "authorization": "Api-Key any"}
    with httpx2.Client(base_url=url, headers=headers) as http:
        thread = http.post("/assistants/v1/threads", json={"folderId": "default"}).json()
        said = {"threadId": thread["id"], "content": {"content": [{"text": {"content": "hello"}}]}}
        message = http.post("/assistants/v1/messages", json=said).json()
        listed = http.get("/assistants/v1/messages", params={"threadId": thread["id"]})
        assert [json.loads(line)["result"] for line in listed.text.splitlines()] == [message]
        return thread["id"], message
