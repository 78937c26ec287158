"""What is measured: the requests of each row, over data that is made first."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from bench.load import Plan

if TYPE_CHECKING:
    from bench.processes import Loader, Server

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
CHANNEL = "web"
USERS = 20
"""How many people the threads belong to."""


def new_thread(number: int) -> dict[str, Any]:
    """What the thread with this number is made with: everybody has the same channel, few have the same user."""
    return {"metadata": {"user": f"user-{number % USERS}", "channel": CHANNEL}}


CREATE = [request("POST", "/v1/threads", new_thread(number)) for number in range(USERS)]


def filtered(user: str) -> bytes:
    """The request for a user's newest threads, as an `openai` client writes it."""
    return request("GET", f"/v1/threads?limit=20&metadata%5Buser%5D={user}&metadata%5Bchannel%5D={CHANNEL}")


def answers(server: Server, loader: Loader, requests: list[bytes], count: int) -> list[Any]:
    """What the server answers to so many of these requests, many at a time."""
    plan = Plan(port=server.port, connections=min(count, 64), requests=requests, count=count, keep=True)
    return [msgspec.json.decode(body) for body in loader.perform(plan).bodies]


class Seeds:
    """The data that reading rows read: small threads, large threads, and threads to append to."""

    def __init__(self, server: Server, loader: Loader, *, threads: int, filled: dict[int, int]) -> None:
        """`threads` to append to, and by number of messages how many threads that have so many."""
        self._server = server
        self._loader = loader
        self.appended = self._threads(threads)
        self.filled = {length: self._filled(self._threads(count), length) for length, count in filled.items()}

    def _do(self, requests: list[bytes], count: int) -> list[Any]:
        return answers(self._server, self._loader, requests, count)

    def _threads(self, count: int) -> list[str]:
        return [made["id"] for made in self._do(CREATE, count)]

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
    get = [
        request("GET", f"/v1/threads/{thread}/messages/{message}")
        for thread, messages in seeds.filled[min(seeds.filled)].items()
        for message in messages
    ]
    longest = max(seeds.filled)
    anywhere = [(thread, message) for thread, messages in seeds.filled[longest].items() for message in messages]
    dice.shuffle(append)
    dice.shuffle(get)
    dice.shuffle(anywhere)
    made = [
        ("append a message", append, True),
        ("create a thread", CREATE, True),
        ("retrieve a message", get[:2000], False),
        (
            f"retrieve any of {len(anywhere):,}",
            [request("GET", f"/v1/threads/{t}/messages/{m}") for t, m in anywhere],
            False,
        ),
        *((f"last 20 messages of {length:,}", _last(threads), False) for length, threads in seeds.filled.items()),
        (
            f"20 messages anywhere in {longest:,}",
            [request("GET", f"/v1/threads/{t}/messages?limit=20&after={m}") for t, m in anywhere],
            False,
        ),
        ("list 20 threads", [request("GET", "/v1/threads?limit=20")], False),
        ("list 20 threads by metadata", [filtered(f"user-{number}") for number in range(USERS)], False),
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
