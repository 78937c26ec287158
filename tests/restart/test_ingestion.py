"""Telling of steps outlives `kill -9`: what was answered is there, and what was sent again is there once.

Writers send batches and send each again until it is answered, as the clients' background senders do. The server is
killed whenever so many more batches were answered, in the middle of others.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from openai import OpenAI

from support.graphql import GraphQL, batch, numbered
from support.process import ServerProcess

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow

WRITERS, ROUNDS, KILLS = 6, 12, 5
EACH = 3
"""Exchanges that a batch tells: a question, a run, a model's work with its tokens, an answer."""
READ = "query T($id: String!) { threadDetail(id: $id) { tokenCount steps { id output scores { id } } } }"


def exchange(writer: int, number: int, *, ended: bool) -> tuple[dict[str, Any], ...]:
    """What is told of one exchange, first without its ends. Children come before their parents."""
    name, home = f"w{writer}-{number:03}", {"threadId": f"talk-{writer}"}
    at = f"2026-01-02T03:{number // 60:02}:{number % 60:02}"
    told = {"output": {"content": f"answer {name}"}} if ended else {}
    work = {"generation": {"type": "CHAT", "model": "m", "tokenCount": 7}} if ended else {}
    score = {"scores": [{"id": f"{name}-score", "name": "good", "type": "CODE", "value": 1}]} if ended else {}
    return (
        {"id": f"{name}-llm", "type": "llm", "parentId": f"{name}-run", "startTime": f"{at}.300Z", **home, **work},
        {"id": f"{name}-run", "type": "run", "startTime": f"{at}.200Z", **home, **score},
        {"id": f"{name}-ask", "type": "user_message", "startTime": f"{at}.100Z", "output": {"content": name}, **home},
        {"id": f"{name}-say", "type": "assistant_message", "startTime": f"{at}.400Z", **home, **told},
    )


@dataclass
class Desk:
    """What the writers share: the server's address, which changes, and how many batches were answered."""

    server: ServerProcess
    turn: threading.Condition = field(default_factory=threading.Condition)
    answered: int = 0
    sent_again: int = 0
    problems: list[str] = field(default_factory=list)

    def tell(self, steps: tuple[dict[str, Any], ...]) -> None:
        """Send until it is answered."""
        while True:
            url = self.server.url
            try:
                answer = GraphQL(self.server).post(batch(steps), **numbered(steps))  # type: ignore[arg-type]
            except httpx2.TransportError:
                with self.turn:
                    self.sent_again += 1
                    self.turn.wait_for(lambda url=url: self.server.url != url, timeout=60)
                continue
            with self.turn:
                if answer.status_code != 200 or not all(one["ok"] for one in answer.json()["data"].values()):
                    self.problems.append(answer.text)
                self.answered += 1
                self.turn.notify_all()
            return

    def write(self, writer: int) -> None:
        """All exchanges of one writer, each batch twice: as they begin, and when they have ended."""
        for number in range(0, ROUNDS * EACH, EACH):
            for ended in (False, True):
                told = [exchange(writer, number + one, ended=ended) for one in range(EACH)]
                self.tell(tuple(step for steps in told for step in steps))

    def kill(self, times: int) -> None:
        """Kill and start again, each time when some more was answered."""
        share = WRITERS * ROUNDS * 2 // (times + 1)
        for number in range(1, times + 1):
            with self.turn:
                assert self.turn.wait_for(lambda number=number: self.answered >= number * share, timeout=120)
            self.server.kill()
            self.server.start()
            with self.turn:
                self.turn.notify_all()


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder: Path = tmp_path_factory.mktemp("ingestion")
    with ServerProcess(folder) as server:
        desk = Desk(server)
        writers = [threading.Thread(target=desk.write, args=(number,)) for number in range(WRITERS)]
        for writer in writers:
            writer.start()
        desk.kill(KILLS)
        for writer in writers:
            writer.join(120)
        yield desk


def test_every_batch_was_answered_and_some_were_sent_again(desk):
    assert desk.problems == []
    assert desk.answered == WRITERS * ROUNDS * 2
    assert desk.sent_again > 0


@pytest.mark.parametrize("writer", range(WRITERS))
def test_every_step_is_there_once_and_whole(desk, writer):
    told = [step for number in range(ROUNDS * EACH) for step in exchange(writer, number, ended=True)]
    thread = GraphQL(desk.server).ask(READ, id=f"talk-{writer}")["threadDetail"]
    steps = {step["id"]: step for step in thread["steps"]}
    assert len(thread["steps"]) == len(steps)
    assert sorted(steps) == sorted(step["id"] for step in told)
    assert all(steps[step["id"]]["output"] == step.get("output") for step in told)
    assert all(len(steps[step["id"]]["scores"]) == len(step.get("scores", ())) for step in told)
    assert thread["tokenCount"] == 7 * ROUNDS * EACH


def test_messages_stand_in_their_writers_order_in_another_dialect(desk):
    with OpenAI(base_url=desk.server.base_url, api_key="any", max_retries=0) as client:
        listed = client.beta.threads.messages.list("talk-0", order="asc", limit=100)
        asked = [message.content[0].text.value for message in listed if message.role == "user"]
    assert asked == [f"w0-{number:03}" for number in range(ROUNDS * EACH)]


def test_lists_have_found_all_of_it(desk):
    query = "query L($f: [ThreadsInputType!]) { threads(filters: $f) { totalCount edges { node { id tokenCount } } } }"
    asked = [{"field": "stepOutput", "operator": "ilike", "path": "content", "value": "answer w"}]
    threads = GraphQL(desk.server).ask(query, f=asked)["threads"]
    assert threads["totalCount"] == WRITERS
    assert {edge["node"]["tokenCount"] for edge in threads["edges"]} == {7 * ROUNDS * EACH}
    assert " error " not in desk.server.errors
