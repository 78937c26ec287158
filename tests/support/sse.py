"""Streams as they come over the wire: frame by frame, with the numbers that clients of the SDK do not see."""

import json
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any

import httpx2

from support.server import RunningServer

TIMEOUT_SECONDS = 30
HEADERS = {"authorization": "Bearer any"}


@dataclass(frozen=True, slots=True)
class Frame:
    """One server-sent event. `number` is its `id:`, None where it has none; `text` is its data as it came."""

    name: str
    text: str
    number: int | None = None

    @property
    def data(self) -> Any:
        return json.loads(self.text)

    @property
    def words(self) -> str:
        """The text that a message's fragment brings."""
        return "".join(part["text"]["value"] for part in self.data["delta"]["content"])


class Parser:
    """Lines to frames."""

    def __init__(self) -> None:
        self._fields: dict[str, str] = {}

    def line(self, line: str) -> Frame | None:
        """The frame that this line ends, if any."""
        if line:
            name, _, value = line.partition(": ")
            assert name not in self._fields, f"{name} twice in one frame"
            self._fields[name] = value
            return None
        fields, self._fields = self._fields, {}
        assert set(fields) <= {"id", "event", "data"}
        return Frame(fields["event"], fields["data"], int(fields["id"]) if "id" in fields else None)

    def all(self, lines: Iterable[str]) -> Iterator[Frame]:
        """Every frame; nothing may be left over."""
        for line in lines:
            if frame := self.line(line):
                yield frame
        assert not self._fields, "the stream ended in the middle of a frame"


@contextmanager
def opened(
    server: RunningServer, path: str, body: dict[str, Any] | None = None, *, key: str = "any"
) -> Iterator[Iterator[Frame]]:
    """The frames of a stream, as they come: a POST where there is a body, else a GET."""
    with (
        httpx2.Client(timeout=TIMEOUT_SECONDS, headers={"authorization": f"Bearer {key}"}) as http,
        http.stream("GET" if body is None else "POST", server.base_url + path, json=body) as response,
    ):
        if response.status_code != 200:
            response.read()
        assert response.status_code == 200, response.text
        assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
        yield Parser().all(response.iter_lines())


@asynccontextmanager
async def aopened(server: RunningServer, path: str) -> AsyncIterator[AsyncIterator[Frame]]:
    """The same for asynchronous tests, which read many at once."""
    async with (
        httpx2.AsyncClient(timeout=TIMEOUT_SECONDS, headers=HEADERS) as http,
        http.stream("GET", server.base_url + path) as response,
    ):
        assert response.status_code == 200
        parser = Parser()

        async def frames() -> AsyncIterator[Frame]:
            async for line in response.aiter_lines():
                if frame := parser.line(line):
                    yield frame

        yield frames()


def read(server: RunningServer, path: str, body: dict[str, Any] | None = None) -> list[Frame]:
    """A whole stream."""
    with opened(server, path, body) as frames:
        return list(frames)


def until(frames: Iterator[Frame], name: str) -> list[Frame]:
    """Read on to the first frame of this name, and with it."""
    seen: list[Frame] = []
    for frame in frames:
        seen.append(frame)
        if frame.name == name:
            return seen
    raise AssertionError(f"no {name} in {names(seen)}")


def names(frames: Iterable[Frame]) -> list[str]:
    """What happened, in short words; neighbours of one name are one."""
    short: list[str] = []
    for frame in frames:
        name = frame.name.removeprefix("thread.")
        if not short or short[-1] != name:
            short.append(name)
    return short


def events_path(thread_id: str, run_id: str, *, after: int = 0) -> str:
    """Where the whole log of a run is followed."""
    return f"/threads/{thread_id}/runs/{run_id}/events?after={after}"


def wait_for(server: RunningServer, thread_id: str, run_id: str, name: str) -> Frame:
    """Follow a run until this has happened."""
    with opened(server, events_path(thread_id, run_id)) as frames:
        return until(frames, name)[-1]


def ended(server: RunningServer, thread_id: str, run_id: str) -> dict[str, Any]:
    """Follow a run to its end; the run as it then is."""
    frames = read(server, events_path(thread_id, run_id))
    assert frames[-1].name == "done"
    return frames[-2].data
