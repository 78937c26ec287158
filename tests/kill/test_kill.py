"""The kill test in short, and the proof that its check can fail: what was tampered with is found."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
from asyncio import run
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from bench.kill.campaign import Campaign, a_model, remembered
from bench.kill.check import Check
from bench.kill.journal import Answer, Ended, Heard, Intent
from bench.kill.world import File, Message, Run, Thread, World
from openai import OpenAI

from support.server import RunningServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_fifty_kills_lose_nothing():
    command = [sys.executable, "-m", "bench.kill", "--kills", "50", "--warm"]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    print(found.stdout)  # noqa: T201 (the seed, for whoever has to look into it)
    assert found.returncode == 0, found.stdout[-5000:] + found.stderr[-5000:]


# What is tampered with is found


@dataclass
class Kept:
    """A folder that a campaign has left, and its journal."""

    folder: Path
    world: World

    def some(self, kind: type, fits: Callable[[Any], bool] = lambda _: True) -> Any:
        """A thing that is there for certain."""
        return next(
            thing for thing in self.world.things.values() if isinstance(thing, kind) and thing.is_there and fits(thing)
        )

    def neighbours(self) -> tuple[Message, Message]:
        """Two messages of one writer, one behind the other."""
        for thread in self.world.things.values():
            if isinstance(thread, Thread) and thread.is_there and thread.writer >= 0:
                for one, other in zip(thread.entries, thread.entries[1:], strict=False):
                    if all(isinstance(entry, Message) and entry.is_there for entry in (one, other)):
                        return one, other  # type: ignore[return-value]
        raise LookupError

    def home(self, message: Message) -> Thread:
        return self.some(Thread, lambda thread: message in thread.entries)

    def sql(self, statement: str, *values: object) -> None:
        with closing(sqlite3.connect(self.folder / "data" / "clew.db")) as connection, connection:
            assert connection.execute(statement, values).rowcount > 0

    def faults(self, model: Any, tamper: Callable[[OpenAI], object] = lambda _: None) -> str:
        """What a check of everything finds; `tamper` may do something behind the journal's back before."""
        with RunningServer(self.folder / "data", model) as server:
            with OpenAI(base_url=server.base_url, api_key="any", max_retries=0) as client:
                tamper(client)
            check = Check(self.world, server.port, self.world.take, whole=True)
            run(check.run())
        return "\n".join(self.world.faults + check.faults)


@pytest.fixture(scope="module")
def campaign(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a short campaign in which nothing was lost."""
    folder = tmp_path_factory.mktemp("campaign")
    with a_model() as url, Campaign(folder, url, 20, is_warm=True) as campaign:
        run(campaign.perform(4, progress=str))
    return folder


@pytest.fixture
def kept(campaign: Path, tmp_path: Path) -> Iterator[Kept]:
    """A copy of it, to be tampered with."""
    folder = tmp_path / "kept"
    shutil.copytree(campaign, folder)
    return Kept(folder, remembered(folder))


def test_a_folder_that_was_let_be_has_no_faults(kept, model):
    assert kept.faults(model) == ""


def test_a_lost_message_is_found(kept, model):
    kept.sql("DELETE FROM item WHERE id = ?", kept.some(Message, lambda one: one.id).id)
    assert "the message is lost" in kept.faults(model)


def test_a_doubled_message_is_found(kept, model):
    message, _ = kept.neighbours()
    thread_id = kept.home(message).id

    def again(client: OpenAI) -> None:
        first = client.beta.threads.messages.retrieve(message.id, thread_id=thread_id)
        client.beta.threads.messages.create(thread_id, role="user", content=first.content[0].text.value)

    assert "the message is there twice" in kept.faults(model, again)


def test_messages_in_another_order_are_found(kept, model):
    one, other = kept.neighbours()
    with closing(sqlite3.connect(kept.folder / "data" / "clew.db")) as connection, connection:
        keys = dict(connection.execute("SELECT id, key FROM item WHERE id IN (?, ?)", (one.id, other.id)).fetchall())
        connection.execute("UPDATE item SET key = -1 WHERE id = ?", (one.id,))
        connection.execute("UPDATE item SET key = ? WHERE id = ?", (keys[one.id], other.id))
        connection.execute("UPDATE item SET key = ? WHERE id = ?", (keys[other.id], one.id))
    assert "out of its writer's order" in kept.faults(model)


def test_half_a_message_is_found(kept, model):
    message = kept.some(Message, lambda one: one.id)
    mark = message.mark.encode()
    with closing(sqlite3.connect(kept.folder / "data" / "clew.db")) as connection, connection:
        [[body]] = connection.execute("SELECT body FROM item WHERE id = ?", (message.id,)).fetchall()
        assert body.count(mark) == 2  # a text begins and ends with its mark
        at = body.rindex(mark)
        half = body[:at] + body[at + len(mark) :]
        connection.execute("UPDATE item SET body = ? WHERE id = ?", (half, message.id))
    assert "half or changed" in kept.faults(model)


def test_a_message_that_nobody_sent_is_found(kept, model):
    thread = kept.some(Thread)

    def speak(client: OpenAI) -> None:
        client.beta.threads.messages.create(thread.id, role="user", content="Who am I?")

    assert "nobody sent the message" in kept.faults(model, speak)


def test_a_thread_without_one_of_its_first_messages_is_found(kept, model):
    created = next(one for one in kept.world.things.values() if isinstance(one, Thread) and first_of(one))
    kept.sql("DELETE FROM item WHERE id = ?", first_of(created).id)
    assert f"{first_of(created).mark}" in kept.faults(model)


def first_of(thread: Thread) -> Message | None:
    """The message that stands first, where it came with the thread."""
    if not thread.is_there or not thread.entries:
        return None
    first = thread.entries[0]
    return first if isinstance(first, Message) and first.is_there and first.id else None


def test_a_lost_thread_is_found(kept, model):
    thread = kept.some(Thread)
    faults = kept.faults(model, lambda client: client.beta.threads.delete(thread.id))
    assert f"{thread.mark} ({thread.id}): the thread is lost" in faults


def test_a_thread_that_nobody_made_is_found(kept, model):
    assert "that nobody made are listed" in kept.faults(model, lambda client: client.beta.threads.create())


def test_a_lost_patch_is_found(kept, model):
    thread = kept.some(Thread, lambda one: one.value)
    faults = kept.faults(model, lambda client: client.beta.threads.update(thread.id, metadata={"mark": thread.mark}))
    assert f"it should be {thread.value}" in faults


def test_a_deleted_thing_that_is_back_is_found(kept, model):
    message = kept.some(Message, lambda one: one.id)
    thread = kept.home(message)
    known = {"n": 10**9, "life": 9, "writer": message.writer}
    kept.world.take(Intent(kind="message_delete", thread=thread.mark, mark=message.mark, **known))
    kept.world.take(Answer(n=10**9, status=200))
    assert "was deleted, and is there" in kept.faults(model)


def test_half_a_file_is_found(kept, model):
    for blob in (kept.folder / "data" / "blobs").glob("??/*"):  # parts and files look alike from outside
        blob.write_bytes(blob.read_bytes()[:-1])
    assert "half or changed" in kept.faults(model)


def test_a_lost_file_is_found(kept, model):
    file = kept.some(File)
    assert "the file is lost" in kept.faults(model, lambda client: client.files.delete(file.id))


def test_a_gap_in_the_log_of_a_run_is_found(kept, model):
    ended = kept.some(Run, lambda one: one.ended and one.id and kept.world.thread(one.thread).is_there)
    kept.sql("DELETE FROM event WHERE number = 3 AND run_no = (SELECT no FROM run WHERE id = ?)", ended.id)
    faults = kept.faults(model)
    assert "number 4 came after 2" in faults
    assert "its log has changed after its end" in faults


def test_an_answer_that_is_there_twice_is_found(kept, model):
    ended = kept.some(Run, lambda one: is_completed(one) and kept.world.thread(one.thread).is_there)
    kept.sql(
        "INSERT INTO item (key, thread_no, id, kind, run_id, named, body)"
        " SELECT key + 1000, thread_no, 'msg_again', kind, run_id, 1,"
        " CAST(replace(CAST(body AS TEXT), id, 'msg_again') AS BLOB) FROM item"
        " WHERE kind = 'message' AND run_id = ?",
        ended.id,
    )
    assert f"{ended.mark} ({ended.id}): should say" in kept.faults(model)


def is_completed(one: Run) -> bool:
    return isinstance(one.ended, Ended) and one.ended.status == "completed"


def test_a_log_that_is_not_what_was_heard_is_found(kept, model):
    heard = kept.some(Run, lambda one: one.last and one.id and kept.world.thread(one.thread).is_there)
    kept.world.take(Heard(run=heard.mark, last=heard.last, digest="something else"))
    assert "is not what was heard" in kept.faults(model)


def test_a_write_that_was_refused_for_no_reason_is_found(kept, model):
    known = {"n": 10**9, "life": 9, "writer": 1}
    kept.world.take(Intent(kind="append", thread=kept.some(Thread).mark, mark="m9", marks=["m9"], **known))
    kept.world.take(Answer(n=10**9, status=500, expected=False, said="an error"))
    assert "refused with 500" in kept.faults(model)
