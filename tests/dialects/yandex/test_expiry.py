"""When things end: the dates that are shown, what moves them, and what happens then. Contract: section 3.2."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import apsw
import grpc
import pytest

from clew.dialects.yandex import wire
from clew.upkeep.sweep import sweep_once
from support.server import RunningServer
from support.stub import Stub, refused
from support.talk import ended

if TYPE_CHECKING:
    from pathlib import Path

    from support.scripted_model import ScriptedModel

DAY = 86_400
FOLDER = {"folder_id": "default"}
STATIC = wire.ExpirationConfig.STATIC
ACTIVE = wire.ExpirationConfig.SINCE_LAST_ACTIVE


TABLES = {
    "ThreadService": "thread",
    "AssistantService": "assistant",
    "FileService": "file",
    "UserService": "participant",
    "SearchIndexService": "file_index",
}


def kept(folder: Path, noun: Noun) -> set[str]:
    """The ids of the noun that have rows. Expired indexes have: OpenAI's surface shows them."""
    connection = apsw.Connection(str(folder / "clew.db"), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        return {row[0] for row in connection.execute(f"SELECT id FROM {TABLES[noun.service]}")}  # noqa: S608 (from the table)
    finally:
        connection.close()


class Noun:
    """A kind of thing that ends: how it is made, shown, changed and listed."""

    def __init__(self, service: str, create: type[Any], field: str, listed: str, **more: object) -> None:
        self.service = service
        self._create, self._field, self._listed, self._more = create, field, listed, more

    def make(self, stub: Stub, **more: object) -> Any:
        made = stub(f"{self.service}.Create", self._create(**FOLDER, **self._more, **more))
        if self.service == "SearchIndexService":
            operation, made = made, wire.SearchIndex()
            assert operation.response.Unpack(made)
        return made

    def get(self, stub: Stub, thing_id: str) -> Any:
        return self._ask(stub, "Get", **{self._field: thing_id})

    def update(self, stub: Stub, thing_id: str, *paths: str, **fields: object) -> Any:
        mask = wire.FieldMask(paths=paths)
        return self._ask(stub, "Update", update_mask=mask, **{self._field: thing_id}, **fields)

    def ids(self, stub: Stub) -> list[str]:
        return [one.id for one in getattr(self._ask(stub, "List", **FOLDER), self._listed)]

    def _ask(self, stub: Stub, method: str, **fields: object) -> Any:
        name = f"{self.service}.{method}"
        return stub(name, stub.takes(name)(**fields))


NOUNS = [
    Noun("ThreadService", wire.CreateThreadRequest, "thread_id", "threads"),
    Noun("AssistantService", wire.CreateAssistantRequest, "assistant_id", "assistants", model_uri="gpt://default/any"),
    Noun("FileService", wire.CreateFileRequest, "file_id", "files", content=b"a"),
    Noun("UserService", wire.CreateUserRequest, "user_id", "users"),
    Noun("SearchIndexService", wire.CreateSearchIndexRequest, "search_index_id", "indices"),
]


def days(thing: Any) -> float:
    """How many days there are between the making of a thing and its end."""
    return (thing.expires_at.ToMicroseconds() - thing.created_at.ToMicroseconds()) / DAY / 1_000_000


def config(policy: int = 0, ttl_days: int = 0) -> wire.ExpirationConfig:
    return wire.ExpirationConfig(expiration_policy=policy, ttl_days=ttl_days)


@pytest.mark.parametrize("noun", NOUNS, ids=[noun.service for noun in NOUNS])
class TestEveryNoun:
    @pytest.mark.parametrize(
        ("sent", "policy", "ttl_days"),
        [
            (None, ACTIVE, 7),
            (config(), ACTIVE, 7),
            (config(STATIC), STATIC, 7),
            (config(ttl_days=3), ACTIVE, 3),
            (config(STATIC, 10), STATIC, 10),
        ],
    )
    def test_each_part_has_its_default(self, stub: Stub, noun: Noun, sent: Any, policy: int, ttl_days: int) -> None:
        made = noun.make(stub, expiration_config=sent)
        assert made.expiration_config == config(policy, ttl_days)
        assert days(made) == ttl_days

    def test_updates_count_from_the_past(self, stub: Stub, noun: Noun, server: RunningServer) -> None:
        made = noun.make(stub)
        server.advance(2 * DAY)
        assert days(noun.update(stub, made.id, "name", name="other")) == 7
        ttl = noun.update(stub, made.id, "expiration_config.ttl_days", expiration_config=config(STATIC, 3))
        assert (ttl.expiration_config, days(ttl)) == (config(ACTIVE, 3), 3)
        policy = noun.update(stub, made.id, "expiration_config.expiration_policy", expiration_config=config(STATIC, 9))
        assert (policy.expiration_config, days(policy)) == (config(STATIC, 3), 3)

    @pytest.mark.parametrize(
        ("path", "left"),
        [
            ("expiration_config", config(ACTIVE, 7)),
            ("expiration_config.ttl_days", config(STATIC, 7)),
            ("expiration_config.expiration_policy", config(ACTIVE, 3)),
        ],
    )
    def test_what_is_reset_has_its_default_again(self, stub: Stub, noun: Noun, path: str, left: Any) -> None:
        made = noun.make(stub, expiration_config=config(STATIC, 3))
        new = noun.update(stub, made.id, path)
        assert new.expiration_config == left
        assert days(new) == left.ttl_days

    def test_after_the_date_it_is_not_found_and_then_swept(
        self, stub: Stub, noun: Noun, server: RunningServer, tmp_path: Path
    ) -> None:
        made, stays = noun.make(stub, expiration_config=config(STATIC, 1)), noun.make(stub)
        server.advance(DAY - 1)
        assert noun.get(stub, made.id) == made
        server.advance(1)
        gone = lambda: refused(lambda: noun.get(stub, made.id))  # noqa: E731
        assert gone()[0] is grpc.StatusCode.NOT_FOUND
        assert refused(lambda: noun.update(stub, made.id, "name"))[0] is grpc.StatusCode.NOT_FOUND
        assert noun.ids(stub) == [stays.id]
        server.do(sweep_once(server.assembled.core))
        assert kept(tmp_path, noun) == {stays.id, *([made.id] if noun.service == "SearchIndexService" else [])}
        assert gone()[0] is grpc.StatusCode.NOT_FOUND
        assert noun.get(stub, stays.id) == stays

    @pytest.mark.parametrize("keep_days", [2, None])
    def test_an_operator_may_keep_it_while_its_date_is_shown(
        self, tmp_path: Path, model: ScriptedModel, noun: Noun, keep_days: int | None
    ) -> None:
        with (
            RunningServer(tmp_path / "kept", model, expired_keep_days=keep_days) as server,
            Stub(server.grpc_address) as stub,
        ):
            made = noun.make(stub)
            assert days(made) == 7
            server.advance(9 * DAY - 1)
            server.do(sweep_once(server.assembled.core))
            assert noun.get(stub, made.id) == made
            assert noun.ids(stub) == [made.id]
            assert days(noun.update(stub, made.id, "name", name="other")) == 7
            server.advance(1)
            if keep_days is None:
                assert days(noun.get(stub, made.id)) == 7
            else:
                assert refused(lambda: noun.get(stub, made.id))[0] is grpc.StatusCode.NOT_FOUND


def written(stub: Stub, thread_id: str) -> Any:
    content = wire.MessageContent(content=[wire.ContentPart(text=wire.Text(content="hello"))])
    stub("MessageService.Create", wire.CreateMessageRequest(thread_id=thread_id, content=content))
    return stub("ThreadService.Get", wire.GetThreadRequest(thread_id=thread_id))


class TestActivity:
    THREAD = NOUNS[0]

    def test_writing_is_activity_of_a_thread_and_no_update(self, stub: Stub, server: RunningServer) -> None:
        made = self.THREAD.make(stub)
        server.advance(5 * DAY)
        used = written(stub, made.id)
        assert days(used) == 12
        assert used.updated_at == made.updated_at
        server.advance(6 * DAY)
        assert self.THREAD.get(stub, made.id) == used

    def test_a_static_end_stays(self, stub: Stub, server: RunningServer) -> None:
        made = self.THREAD.make(stub, expiration_config=config(STATIC, 7))
        server.advance(5 * DAY)
        assert days(written(stub, made.id)) == 7

    def test_the_policy_decides_from_when_it_counts(self, stub: Stub, server: RunningServer) -> None:
        made = self.THREAD.make(stub, expiration_config=config(STATIC, 7))
        server.advance(2 * DAY)
        written(stub, made.id)
        for policy, ends in ((ACTIVE, 9), (STATIC, 7)):
            new = self.THREAD.update(
                stub, made.id, "expiration_config.expiration_policy", expiration_config=config(policy)
            )
            assert days(new) == ends

    def test_reading_is_none(self, stub: Stub, server: RunningServer) -> None:
        made = self.THREAD.make(stub)
        server.advance(DAY)
        self.THREAD.ids(stub)
        list(stub("MessageService.List", wire.ListMessagesRequest(thread_id=made.id)))
        assert self.THREAD.get(stub, made.id) == made


def test_a_run_is_activity_of_what_it_uses(stub: Stub, server: RunningServer, model: ScriptedModel) -> None:
    """Of its assistant and its thread, and of the indexes that it searches. The files in them are left alone."""
    threads, assistants, _, _, indexes = NOUNS
    index = indexes.make(stub)
    tool = wire.Tool(search_index=wire.SearchIndexTool(search_index_ids=[index.id]))
    used, idle = assistants.make(stub, tools=[tool]), assistants.make(stub)
    thread = threads.make(stub)
    server.advance(3 * DAY)
    model.say("It rains.")
    run = stub("RunService.Create", wire.CreateRunRequest(assistant_id=used.id, thread_id=thread.id))
    ended(stub, run.id)
    assert days(threads.get(stub, thread.id)) == 10
    assert days(assistants.get(stub, used.id)) == 10
    assert days(indexes.get(stub, index.id)) == 10
    assert assistants.get(stub, idle.id) == idle
    assert threads.get(stub, thread.id).updated_at == thread.updated_at
