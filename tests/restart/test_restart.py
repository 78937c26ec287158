"""What outlives the server process: every answered write, every run, every number of a run's log.

Servers here are processes as users start them, killed in the middle of their work. Seeds are printed; one that failed
is run again with `CLEW_TEST_SEED=… pytest tests/restart`.
"""

from __future__ import annotations

import http.client
import json
import os
import random
import signal
import socket
import threading
from contextlib import closing, suppress
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pytest
from openai import OpenAI

from clew.domain.project import Caller
from clew.service import runs
from clew.service.core import Core, RandomIds, SystemClock
from clew.storage.directory import DirectoryBlobs
from clew.storage.sqlite import open_store
from support.process import ServerProcess
from support.scripted_model import Gate, Pause, Script, ScriptedModel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.slow

OPEN: list[Stream] = []
OVER = {"completed", "failed", "cancelled", "expired", "incomplete"}
WEATHER = {"type": "function", "function": {"name": "get_weather", "parameters": {"type": "object", "properties": {}}}}


@pytest.fixture
def dice() -> random.Random:
    seed = int(os.environ.get("CLEW_TEST_SEED") or random.randrange(1 << 32))  # noqa: S311
    print(f"CLEW_TEST_SEED={seed}")  # noqa: T201
    return random.Random(seed)  # noqa: S311


@pytest.fixture(scope="module")
def model() -> Iterator[ScriptedModel]:
    with ScriptedModel() as model:
        yield model


@pytest.fixture(scope="module")
def folder_of_all(model: ScriptedModel, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    with ServerProcess(tmp_path_factory.mktemp("restart"), model) as process:
        yield process


@pytest.fixture
def process(folder_of_all: ServerProcess) -> ServerProcess:
    """A server whose folder is that of all tests here: to start one for each would double the time they take."""
    if not folder_of_all.is_running:
        folder_of_all.start()
    return folder_of_all


@pytest.fixture(autouse=True)
def streams() -> Iterator[None]:
    """Most streams here are left in the middle: the server dies, and the test goes on with another."""
    yield
    while OPEN:
        OPEN.pop().drop()


def client_of(process: ServerProcess) -> OpenAI:
    return OpenAI(base_url=process.base_url, api_key="any", max_retries=0)


# Speaking plainly, where a client would hide what came over the wire


def ask(process: ServerProcess, method: str, path: str, body: Any = None) -> Any:
    """The answer's JSON. Raises OSError or HTTPException where the server dies over it."""
    with closing(http.client.HTTPConnection(*process.address, timeout=20)) as connection:
        connection.request(method, f"/v1{path}", body and json.dumps(body), {"Authorization": "Bearer any"})
        answer = connection.getresponse()
        value = json.loads(answer.read())
        assert answer.status == 200, value
        return value


@dataclass(frozen=True)
class Frame:
    """One server-sent event. `number` is None where no event of the log ends with it."""

    name: str
    data: str
    number: int | None


class Stream:
    """The frames of a run as they come; `seen` are those so far."""

    def __init__(self, process: ServerProcess, method: str, path: str, body: Any = None) -> None:
        self.seen: list[Frame] = []
        self._connection = http.client.HTTPConnection(*process.address, timeout=20)
        self._connection.request(method, f"/v1{path}", body and json.dumps(body), {"Authorization": "Bearer any"})
        self._answer = self._connection.getresponse()
        OPEN.append(self)
        assert self._answer.status == 200, self._answer.read()

    def __iter__(self) -> Iterator[Frame]:
        fields: dict[str, str] = {}
        for line in self._answer:
            name, _, value = line.decode().rstrip("\n").partition(": ")
            if name:
                fields[name] = value
                continue
            if not fields:  # a comment that says the run goes on, or the line after it
                continue
            number = int(fields["id"]) if "id" in fields else None
            frame = Frame(fields["event"], fields["data"], number)
            fields = {}
            self.seen.append(frame)
            yield frame

    def until(self, fits: Callable[[Frame], bool]) -> None:
        """Read on to the first frame that fits."""
        assert any(fits(frame) for frame in self), [frame.name for frame in self.seen]

    def rest(self) -> list[Frame]:
        """Read on to the end."""
        list(self)
        return self.seen

    def drop(self) -> None:
        """Close it, whatever was still to come."""
        self._answer.close()
        self._connection.close()

    @property
    def whole(self) -> list[Frame]:
        """What was seen up to the last number: where a reader that comes back goes on."""
        ends = [at for at, frame in enumerate(self.seen) if frame.number is not None]
        return self.seen[: ends[-1] + 1] if ends else []

    @property
    def number(self) -> int:
        """The last number that was seen."""
        return self.whole[-1].number or 0 if self.whole else 0

    @property
    def run_id(self) -> str:
        return next(json.loads(frame.data)["id"] for frame in self.seen if frame.name.startswith("thread.run."))


def started(process: ServerProcess, said: str = "Hello", **more: Any) -> tuple[str, Stream]:
    """A new thread and the stream of a run over it."""
    assistant = ask(process, "POST", "/assistants", {"model": "some-model"})
    thread = ask(process, "POST", "/threads", {"messages": [{"role": "user", "content": said}]})
    body = {"assistant_id": assistant["id"], "stream": True, **more}
    return thread["id"], Stream(process, "POST", f"/threads/{thread['id']}/runs", body)


def read_on(process: ServerProcess, thread_id: str, run_id: str, *, after: int) -> Stream:
    return Stream(process, "GET", f"/threads/{thread_id}/runs/{run_id}/events?after={after}")


def messages_of(process: ServerProcess, thread_id: str) -> list[tuple[str, str]]:
    """Who said what, oldest first."""
    with client_of(process) as client:
        found = client.beta.threads.messages.list(thread_id, order="asc", limit=100)
        return [(one.role, "".join(part.text.value for part in one.content)) for one in found]


def ended(process: ServerProcess, thread_id: str, run_id: str) -> Any:
    """The run when it is over."""
    read_on(process, thread_id, run_id, after=0).rest()
    run = ask(process, "GET", f"/threads/{thread_id}/runs/{run_id}")
    assert run["status"] in OVER
    return run


def assert_read_without_a_gap(process: ServerProcess, thread_id: str, stream: Stream) -> None:
    """What a reader saw before the server died, and what it reads on, is the log: no more, no less, no other."""
    later = read_on(process, thread_id, stream.run_id, after=stream.number).rest()
    log = read_on(process, thread_id, stream.run_id, after=0).rest()
    assert [*stream.whole, *later] == log
    numbers = [frame.number for frame in log if frame.number is not None]
    assert numbers == list(range(1, len(numbers) + 1))
    assert log[-1].name == "done"


# Being told to stop


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_server_that_is_told_to_stop_finishes_what_is_under_way(process, model, number):
    gate = model.hold("The answer to everything is known")
    _, stream = started(process)
    gate.wait_reached()
    process.tell(number)
    stream.until(lambda frame: frame.name == "thread.message.delta")
    wait_until_refused(process)
    gate.release()
    names = [frame.name for frame in stream.rest()]
    assert names[-2:] == ["thread.run.completed", "done"]
    assert process.ended() == 0
    assert process.errors == ""


def wait_until_refused(process: ServerProcess) -> None:
    with suppress(ConnectionError):
        while True:
            socket.create_connection(process.address, timeout=20).close()


def test_a_request_that_never_ends_does_not_keep_a_server_from_stopping(tmp_path):
    with (
        ServerProcess(tmp_path, None, "--drain-seconds", "0") as process,
        socket.create_connection(process.address, timeout=20) as stalled,
    ):
        stalled.sendall(b"POST /v1/threads HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer any\r\n")
        stalled.sendall(b"Content-Length: 100\r\nExpect: 100-continue\r\n\r\n")
        assert stalled.recv(100).startswith(b"HTTP/1.1 100")  # the server waits for the body now
        process.tell(signal.SIGINT)
        assert process.ended() == 0


def test_a_run_that_is_longer_than_the_drain_is_taken_up_at_the_next_start(tmp_path, model):
    with ServerProcess(tmp_path, model, "--drain-seconds", "0") as process:
        gate = model.hold("It was begun and not finished")
        thread_id, stream = started(process)
        stream.until(lambda frame: frame.name == "thread.message.delta")
        process.tell(signal.SIGINT)
        assert process.ended() == 0
        stream.rest()
        gate.release()
        model.say("Finished")
        process.start()
        assert ended(process, thread_id, stream.run_id)["status"] == "completed"
        assert messages_of(process, thread_id) == [("user", "Hello"), ("assistant", "Finished")]


# Not being able to start


def test_a_second_server_on_the_same_folder_is_refused_with_a_sentence(process, tmp_path):
    second = ServerProcess(tmp_path, None, "--data", str(process.folder / "data"))
    second.launch()
    assert second.ended() == 1
    [line] = second.errors.splitlines()
    assert line.startswith("clew: Another Clew is already serving the data in ")
    assert ask(process, "POST", "/threads", {})["object"] == "thread"


def test_a_port_that_is_taken_is_said_in_a_sentence(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refused = ServerProcess(tmp_path, port=port)
        refused.launch()
        assert refused.ended() == 1
    assert refused.errors == f"clew: Cannot listen on 127.0.0.1:{port}: Address already in use.\n"


# kill -9 in the middle of appends


@dataclass
class Writer:
    """Appends until the server dies, and keeps a journal of what it was answered."""

    number: int
    thread_id: str
    sent: int = 0
    answered: dict[str, str] = field(default_factory=dict)
    """Text to the message's id."""

    def text(self, at: int) -> str:
        """The text of its message number `at`: long enough to spill, and with a sum that says whether it is whole."""
        words = f"{self.number} {at} " + "word " * (self.number * at % 300)
        return words + sha256(words.encode()).hexdigest()

    def write(self, process: ServerProcess, tell: Callable[[], None]) -> None:
        headers = {"Authorization": "Bearer any"}
        connection = http.client.HTTPConnection(*process.address, timeout=20)
        with closing(connection), suppress(OSError, http.client.HTTPException):
            while True:
                text = self.text(self.sent)
                self.sent += 1
                body = json.dumps({"role": "user", "content": text})
                connection.request("POST", f"/v1/threads/{self.thread_id}/messages", body, headers)
                answer = connection.getresponse()
                value = json.loads(answer.read())
                assert answer.status == 200, value
                self.answered[text] = value["id"]
                tell()


def kill_among(process: ServerProcess, workers: list[Callable[[Callable[[], None]], None]], *, after: int) -> None:
    """Let the workers go until they have told of so many answers, and kill the server in the middle of the next."""
    enough = threading.Semaphore(0)
    threads = [threading.Thread(target=worker, args=(enough.release,)) for worker in workers]
    for thread in threads:
        thread.start()
    for _ in range(after):
        assert enough.acquire(timeout=20)
    process.kill()
    for thread in threads:
        thread.join()


def assert_kept(process: ServerProcess, thread_id: str, writers: list[Writer]) -> None:
    with client_of(process) as client:
        kept = {
            one.content[0].text.value: one.id
            for one in client.beta.threads.messages.list(thread_id, order="asc", limit=100)
        }
        count = sum(1 for _ in client.beta.threads.messages.list(thread_id, order="asc", limit=100))
    assert count == len(kept), "a message is there twice"
    allowed = {writer.text(at) for writer in writers for at in range(writer.sent)}
    assert set(kept) <= allowed, "a message is half there"
    for writer in writers:
        assert all(kept.get(text) == one for text, one in writer.answered.items()), "an answered message is gone"
        order = [int(text.split()[1]) for text in kept if text.startswith(f"{writer.number} ")]
        assert order == sorted(order)


def test_every_answered_message_outlives_kills_once_and_in_order(process, dice):
    shared = ask(process, "POST", "/threads", {})["id"]
    own = ask(process, "POST", "/threads", {})["id"]
    writers = [Writer(number, own if number == 5 else shared) for number in range(6)]
    for _ in range(7):
        kill_among(
            process,
            [lambda tell, writer=writer: writer.write(process, tell) for writer in writers],
            after=dice.randrange(1, 120),
        )
        process.start()
        assert_kept(process, shared, writers[:5])
        assert_kept(process, own, writers[5:])


def test_a_thread_is_kept_with_all_its_first_messages_or_not_at_all(process, dice):
    answered: list[str] = []
    first = [{"role": "user", "content": str(number)} for number in range(20)]

    def create(tell: Callable[[], None]) -> None:
        with suppress(OSError, http.client.HTTPException):
            while True:
                answered.append(ask(process, "POST", "/threads", {"messages": first, "metadata": {"of": "this"}})["id"])
                tell()

    kill_among(process, [create, create, create], after=dice.randrange(1, 40))
    process.start()
    with client_of(process) as client:
        kept = [one["id"] for one in ask(process, "GET", "/threads?limit=100&metadata[of]=this")["data"]]
        assert set(answered) <= set(kept)
        for thread_id in kept:
            found = client.beta.threads.messages.list(thread_id, order="asc", limit=100)
            assert [one.content[0].text.value for one in found] == [one["content"] for one in first]


# kill -9 in the middle of runs


def test_a_run_killed_in_its_text_again_and_again_says_its_answer_once(process, model, dice):
    words = " ".join(f"word{number}" for number in range(12))
    model.hold(words, after=dice.randrange(1, 12))
    thread_id, stream = started(process)
    stream.until(lambda frame: frame.name == "thread.message.delta")
    for _ in range(2):
        gate = model.hold(words, after=dice.randrange(1, 12))
        process.kill_and_start()
        gate.wait_reached()
    model.say(words)
    process.kill_and_start()
    run = ended(process, thread_id, stream.run_id)
    assert run["status"] == "completed"
    assert run["usage"]["completion_tokens"] == 12
    assert messages_of(process, thread_id) == [("user", "Hello"), ("assistant", words)]
    assert_read_without_a_gap(process, thread_id, stream)


def test_a_reader_that_waits_for_a_run_reads_on_after_the_kill(process, model):
    gate = model.hold("one two three", after=2)
    thread_id, stream = started(process)
    gate.wait_reached()
    stream.until(lambda frame: frame.name == "thread.message.delta")
    later = model.hold("one two three", after=1)
    process.kill_and_start()
    again = read_on(process, thread_id, stream.run_id, after=stream.number)
    later.wait_reached()
    later.release()
    log = read_on(process, thread_id, stream.run_id, after=0).rest()
    assert [*stream.whole, *again.rest()] == log


def test_a_run_killed_in_the_arguments_of_a_call_asks_for_the_call_once(process, model):
    gate = Gate()
    function = {"name": "get_weather", "arguments": ""}
    model.choices(
        {"delta": {"tool_calls": [{"index": 0, "id": "call_0", "type": "function", "function": function}]}},
        {"delta": {"tool_calls": [{"index": 0, "function": {"arguments": '{"ci'}}]}},
        gate,
    )
    thread_id, stream = started(process, tools=[WEATHER])
    stream.until(lambda frame: frame.name == "thread.run.step.delta" and '{\\"ci' in frame.data)
    model.call(("get_weather", {"city": "Oslo"}))
    process.kill_and_start()
    owed = owed_calls(process, thread_id, stream.run_id)
    assert [call["function"] for call in owed] == [{"name": "get_weather", "arguments": '{"city": "Oslo"}'}]
    model.say("Rain")
    submit(process, thread_id, stream.run_id, owed)
    assert ended(process, thread_id, stream.run_id)["status"] == "completed"
    assert messages_of(process, thread_id) == [("user", "Hello"), ("assistant", "Rain")]
    assert steps_of(process, thread_id, stream.run_id) == [
        ("tool_calls", "failed"),
        ("tool_calls", "completed"),
        ("message_creation", "completed"),
    ]
    assert_read_without_a_gap(process, thread_id, stream)


def owed_calls(process: ServerProcess, thread_id: str, run_id: str) -> list[Any]:
    """The calls that the run waits for, once it does."""
    for frame in (stream := read_on(process, thread_id, run_id, after=0)):
        if frame.name == "thread.run.requires_action":
            stream.drop()
            return json.loads(frame.data)["required_action"]["submit_tool_outputs"]["tool_calls"]
    raise AssertionError([frame.name for frame in stream.seen])


def submit(process: ServerProcess, thread_id: str, run_id: str, owed: list[Any]) -> None:
    outputs = [{"tool_call_id": call["id"], "output": "wet"} for call in owed]
    ask(process, "POST", f"/threads/{thread_id}/runs/{run_id}/submit_tool_outputs", {"tool_outputs": outputs})


def steps_of(process: ServerProcess, thread_id: str, run_id: str) -> list[tuple[str, str]]:
    found = ask(process, "GET", f"/threads/{thread_id}/runs/{run_id}/steps?order=asc")
    return [(step["type"], step["status"]) for step in found["data"]]


def test_a_run_that_waits_for_outputs_still_waits_for_them_after_kills(process, model):
    model.call(("get_weather", {"city": "Oslo"}), ("get_weather", {"city": "Rome"}))
    thread_id, stream = started(process, tools=[WEATHER])
    stream.rest()
    owed = owed_calls(process, thread_id, stream.run_id)
    process.kill_and_start()
    assert ask(process, "GET", f"/threads/{thread_id}/runs/{stream.run_id}")["status"] == "requires_action"
    assert owed_calls(process, thread_id, stream.run_id) == owed
    model.say("Rain and sun")
    submit(process, thread_id, stream.run_id, owed)
    process.kill_and_start()  # the outputs were taken: whoever performs the run now has them
    assert ended(process, thread_id, stream.run_id)["status"] in {"completed", "failed"}
    assert steps_of(process, thread_id, stream.run_id)[0] == ("tool_calls", "completed")
    outputs = [message["content"] for message in model.requests[-1]["messages"] if message["role"] == "tool"]
    assert outputs == ["wet", "wet"]


def test_a_run_whose_cancelling_was_answered_ends_cancelled(process, model):
    model.hang()
    thread_id, stream = started(process)
    stream.until(lambda frame: frame.name == "thread.run.in_progress")
    assert ask(process, "POST", f"/threads/{thread_id}/runs/{stream.run_id}/cancel", {})["status"] == "cancelling"
    process.kill_and_start()
    assert ended(process, thread_id, stream.run_id)["status"] == "cancelled"
    assert messages_of(process, thread_id) == [("user", "Hello")]


async def test_a_run_that_was_being_cancelled_when_the_server_died_ends_cancelled(process, model, tmp_path):
    asked = len(model.requests)
    model.hold("This far and no further")
    thread_id, stream = started(process)
    stream.until(lambda frame: frame.name == "thread.message.delta")
    process.kill()
    # As after a kill between the answer to the cancelling and the engine's next step, which no test would ever hit.
    store = open_store(process.folder / "data" / "clew.db")
    core = Core(store=store, blobs=DirectoryBlobs(tmp_path / "none"), clock=SystemClock(), ids=RandomIds())
    await runs.cancel(core, Caller(project_id="default"), thread_id, stream.run_id)
    await store.close()
    process.start()
    assert ended(process, thread_id, stream.run_id)["status"] == "cancelled"
    assert len(messages_of(process, thread_id)) <= 2
    assert len(model.requests) == asked + 1
    assert_read_without_a_gap(process, thread_id, stream)


def talking(text: str) -> Script:
    """The text, slowly enough to be killed in."""
    steps: list[Any] = [{"delta": {"role": "assistant", "content": ""}}]
    for word in text.split():
        steps += [Pause(0.002), {"delta": {"content": f"{word} "}}]
    return Script(steps=(*steps, {"delta": {}, "finish_reason": "stop"}), words=len(text.split()))


def test_every_run_of_many_ends_whenever_the_server_is_killed(tmp_path, dice):
    answer = " ".join(f"word{number}" for number in range(30))
    with ScriptedModel(idle=lambda _: talking(answer)) as model, ServerProcess(tmp_path, model) as process:
        begun: list[tuple[str, str]] = []
        for _ in range(4):
            streams = [started(process) for _ in range(4)]
            for _ in range(dice.randrange(1, 20)):
                next(iter(streams[0][1]), None)
            for _, stream in streams[1:]:
                stream.until(lambda frame: frame.name == "thread.run.created")
            begun += [(thread_id, stream.run_id) for thread_id, stream in streams]
            process.kill_and_start()
        for thread_id, run_id in begun:
            assert ended(process, thread_id, run_id)["status"] == "completed"
            assert messages_of(process, thread_id) == [("user", "Hello"), ("assistant", answer + " ")]


# kill -9 in the middle of uploads


def test_every_answered_file_is_whole_and_others_leave_at_most_an_orphan(process, dice):
    answered: dict[str, bytes] = {}
    sizes = [dice.randrange(1, 700_000) for _ in range(200)]

    def upload(tell: Callable[[], None]) -> None:
        with suppress(OSError, http.client.HTTPException):
            while True:
                content = dice.randbytes(sizes.pop())
                answered[upload_one(process, content)] = content
                tell()

    for _ in range(2):
        kill_among(process, [upload, upload, upload], after=dice.randrange(1, 25))
        process.start()
    kept = {file["id"] for file in ask(process, "GET", "/files")["data"]}
    assert set(answered) <= kept
    with client_of(process) as client:
        assert all(client.files.content(file_id).content == content for file_id, content in answered.items())
        assert all(client.files.content(file_id).content for file_id in kept)
    folder = process.folder / "data" / "blobs"
    blobs = [path for path in folder.rglob("*") if path.is_file()]
    assert len(kept) <= len(blobs) <= len(answered) + 6, "three uploads were under way at each kill"
    assert not list((folder / "unfinished").iterdir())


def upload_one(process: ServerProcess, content: bytes) -> str:
    """The file's id."""
    boundary = "a-line-that-is-in-no-file"
    head = "".join(
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n{value}'
        for name, more, value in (("purpose", "", "user_data\r\n"), ("file", '; filename="a.bin"', ""))
    )
    body = head.encode() + content + f"\r\n--{boundary}--\r\n".encode()
    headers = {"Authorization": "Bearer any", "Content-Type": f"multipart/form-data; boundary={boundary}"}
    with closing(http.client.HTTPConnection(*process.address, timeout=20)) as connection:
        connection.request("POST", "/v1/files", body, headers)
        answer = connection.getresponse()
        value = json.loads(answer.read())
        assert answer.status == 200, value
        return value["id"]
