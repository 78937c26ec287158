"""What is measured: the requests of each row, over data that is made first."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from bench.load import Plan

if TYPE_CHECKING:
    from bench.processes import Loader, Server

SMALL, LARGE = 100, 10_000
"""Messages of a small and of a large thread."""

TEXT = "The quick brown fox jumps over the lazy dog, again and again. " * 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row: what Clew is asked, and how many bytes its answer has. `writes` says that it is compared to `bare`."""

    name: str
    requests: list[bytes]
    size: int
    writes: bool = False


def request(method: str, path: str, body: Any = None) -> bytes:  # noqa: ANN401 (any JSON)
    """A request as an `openai` client would send it, headers that cost the server time included."""
    content = b"" if body is None else msgspec.json.encode(body)
    lines = [
        f"{method} {path} HTTP/1.1",
        "Host: 127.0.0.1",
        "Accept: application/json",
        "Accept-Encoding: gzip, deflate",
        "Connection: keep-alive",
        "User-Agent: OpenAI/Python 3.52.0",
        "X-Stainless-Lang: python",
        "X-Stainless-Retry-Count: 0",
        "Authorization: Bearer sk-any-key-will-do-on-an-open-server",
        "OpenAI-Beta: assistants=v2",
        *(["Content-Type: application/json", f"Content-Length: {len(content)}"] if content else []),
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + content


MESSAGE = {"role": "user", "content": TEXT, "metadata": {"channel": "web"}}
THREAD = {"metadata": {"user": "someone", "channel": "web"}}


class Seeds:
    """The data that reading rows read: small threads, large threads, and threads to append to."""

    def __init__(self, server: Server, loader: Loader, *, threads: int, small: int, large: int) -> None:
        self._server = server
        self._loader = loader
        self.appended = self._threads(threads)
        self.small = self._filled(self._threads(small), SMALL)
        self.large = self._filled(self._threads(large), LARGE)

    def _do(self, requests: list[bytes], count: int) -> list[Any]:
        plan = Plan(port=self._server.port, connections=min(count, 64), requests=requests, count=count, keep=True)
        return [msgspec.json.decode(body) for body in self._loader.perform(plan).bodies]

    def _threads(self, count: int) -> list[str]:
        return [thread["id"] for thread in self._do([request("POST", "/v1/threads", THREAD)], count)]

    def _filled(self, threads: list[str], messages: int) -> dict[str, list[str]]:
        """Each of the threads, filled with so many messages: their ids by the thread's."""
        found: dict[str, list[str]] = {thread: [] for thread in threads}
        append = [request("POST", f"/v1/threads/{thread}/messages", MESSAGE) for thread in threads]
        for message in self._do(append, len(threads) * messages):
            found[message["thread_id"]].append(message["id"])
        return found

    def size(self, one: bytes) -> int:
        """How many bytes the answer to a request has."""
        plan = Plan(port=self._server.port, connections=1, requests=[one], count=1, keep=True)
        return len(self._loader.perform(plan).bodies[0])


def rows(seeds: Seeds) -> list[Row]:
    """Every row, in the order of the table."""
    dice = random.Random(1)
    append = [request("POST", f"/v1/threads/{thread}/messages", MESSAGE) for thread in seeds.appended]
    some = [(thread, message) for thread, messages in seeds.small.items() for message in messages]
    get = [request("GET", f"/v1/threads/{thread}/messages/{message}") for thread, message in some]
    dice.shuffle(append)
    dice.shuffle(get)
    made = [
        ("append a message", append, True),
        ("create a thread", [request("POST", "/v1/threads", THREAD)], True),
        ("retrieve a message", get[:2000], False),
        (f"last 20 messages of {SMALL:,}", _last(seeds.small), False),
        (f"last 20 messages of {LARGE:,}", _last(seeds.large), False),
        ("list 20 threads", [request("GET", "/v1/threads?limit=20")], False),
    ]
    return [
        Row(name=name, requests=requests, size=seeds.size(requests[0]), writes=writes)
        for name, requests, writes in made
    ]


def _last(threads: dict[str, list[str]]) -> list[bytes]:
    return [request("GET", f"/v1/threads/{thread}/messages?limit=20") for thread in threads]


def floor(row: Row) -> list[bytes]:
    """The requests to a floor that take and give as many bytes."""
    head, _, body = row.requests[0].partition(b"\r\n\r\n")
    method, _, rest = head.partition(b" ")
    _, _, rest = rest.partition(b" ")
    return [b"%b /%d %b\r\n\r\n%b" % (method, row.size, rest, body)]
