"""A chat-completions server that says what a test tells it to, over a real socket.

    with ScriptedModel() as model:
        model.say("Hello there")                                  # the next request is answered with this,
        model.call(("get_weather", {"city": "Oslo"}))             # the one after with that,
        model.when(lambda request: "tools" in request).say("...") # and this only answers requests that fit
        ...                                                       # base_url is model.base_url
        assert model.requests[0]["model"] == "gpt-4o"

What is queued is used up in order; a fitting `when` goes first. With nothing queued it answers "You said: …".
Usage is counted in words. The server runs on a thread of its own, so that synchronous and asynchronous tests can
both use it, and gates and waits work from either. As its own process, for tests that kill:

    python tests/support/scripted_model.py --port 9000 --delay-ms 20 --tokens 50
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import re
import socket
import sys
import threading
import time
from collections import deque
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from itertools import count
from typing import TYPE_CHECKING, Any, Final, Self

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable

Request = dict[str, Any]
Call = tuple[str, dict[str, Any] | str]

_WAIT_SECONDS: Final = 10.0
"""A test that waits longer than this waits for something that will not happen."""


@dataclass(frozen=True, slots=True)
class Gate:
    """A place in an answer where the model waits for the test. Every method works from any thread."""

    _reached: Future[None] = field(default_factory=Future)
    _opened: Future[None] = field(default_factory=Future)

    def release(self) -> None:
        """Lets the model go on."""
        if not self._opened.done():
            self._opened.set_result(None)

    async def reached(self) -> None:
        """Waits until the model stands at the gate."""
        async with asyncio.timeout(_WAIT_SECONDS):
            await asyncio.shield(asyncio.wrap_future(self._reached))

    def wait_reached(self) -> None:
        """The same for a synchronous test."""
        self._reached.result(_WAIT_SECONDS)

    async def pass_through(self) -> None:
        """The model's side."""
        if not self._reached.done():
            self._reached.set_result(None)
        await asyncio.shield(asyncio.wrap_future(self._opened))


@dataclass(frozen=True, slots=True)
class Pause:
    """Time between pieces; for benches and kill tests, not for tests that wait."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Endless:
    """The same piece again and again, as fast as it is taken, until the client goes away."""

    piece: dict[str, Any] | bytes


class Cut:
    """The connection ends here, without a good-bye."""


CUT: Final = Cut()

# A delta or finish of the protocol, raw bytes, or something that happens between them.
Step = dict[str, Any] | bytes | Gate | Pause | Endless | Cut


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """One answer: a status with a body, or the steps of a stream. `words` are its completion tokens."""

    steps: tuple[Step, ...] = ()
    words: int = 0
    status: int = 200
    body: Any = None
    headers: tuple[tuple[str, str], ...] = ()
    done: bool = True


@dataclass(slots=True)
class Exchange:
    """A request that was made. `gone` is set when the client went away before its answer was whole."""

    request: Request
    headers: dict[str, str]
    gone: Future[None] = field(default_factory=Future)

    async def dropped(self) -> None:
        """Waits until the client has gone away."""
        async with asyncio.timeout(_WAIT_SECONDS):
            await asyncio.shield(asyncio.wrap_future(self.gone))

    def wait_dropped(self) -> None:
        """The same for a synchronous test."""
        self.gone.result(_WAIT_SECONDS)


class Verbs:
    """What a model can be told to do, each verb for one request; `forever` keeps the last script in place."""

    def __init__(self, *, forever: bool = False) -> None:
        self._scripts: deque[Script] = deque()
        self._forever = forever

    def play(self, script: Script) -> None:
        """Queues a script; the verbs below make the usual ones."""
        self._scripts.append(script)

    def take(self) -> Script | None:
        """The next script, None where there is none."""
        if self._forever and len(self._scripts) == 1:
            return self._scripts[0]
        return self._scripts.popleft() if self._scripts else None

    def say(self, text: str, *, finish: str | None = "stop") -> None:
        """Says the text, word by word."""
        self.play(_saying(text, finish=finish))

    def length(self, text: str) -> None:
        """Says the text and stops there for want of budget."""
        self.say(text, finish="length")

    def filter(self, text: str = "") -> None:
        """Says the text and is stopped by a content filter."""
        self.say(text, finish="content_filter")

    def refuse(self, text: str) -> None:
        """Refuses in these words."""
        steps = [{"delta": {"refusal": word}} for word in _words(text)]
        self.play(_streaming([*steps, _finish("stop")], words=len(text.split())))

    def think(self, thoughts: str, text: str) -> None:
        """Thinks aloud, as reasoning models do, then says the text."""
        thinking = [{"delta": {"reasoning_content": word}} for word in _words(thoughts)]
        words = len(thoughts.split()) + len(text.split())
        self.play(_streaming([*thinking, *_deltas(text), _finish("stop")], words=words))

    def call(self, *calls: Call, text: str = "", whole: bool = False) -> None:
        """Calls tools, after the text; arguments come in fragments or, with `whole`, in one piece."""
        steps = list(_deltas(text))
        for index, (name, arguments) in enumerate(calls):
            steps += _call_steps(index, name, _as_text(arguments), whole=whole)
        words = len(text.split()) + sum(len(_as_text(arguments).split()) + 1 for _, arguments in calls)
        self.play(_streaming([*steps, _finish("tool_calls")], words=words))

    def choices(self, *steps: Step, done: bool = True) -> None:
        """Sends these choices as they stand (`{"delta": …, "finish_reason": …}`), for servers with ways of their own.

        Bytes are sent raw. `done` says whether `[DONE]` follows.
        """
        self.play(Script(steps=steps, done=done))

    def fail(self, status: int, message: str, *, times: int = 1, **error: Any) -> None:
        """Answers with an error; further words (`code`, `type`) go into its body."""
        for _ in range(times):
            self.play(Script(status=status, body={"error": {"message": message, "code": None, **error}}))

    def fail_midway(self, text: str, message: str, **error: Any) -> None:
        """Says the text, then an error inside the stream."""
        event = b"data: " + json.dumps({"error": {"message": message, **error}}).encode() + b"\n\n"
        self.play(Script(steps=(_ROLE, *_deltas(text), event)))

    def drop(self, *, times: int = 1) -> None:
        """Takes the request and ends the connection without an answer."""
        for _ in range(times):
            self.play(Script(steps=(CUT,)))

    def hang(self) -> Gate:
        """Sends headers and the role, and then nothing until the gate is released; then says "At last"."""
        return self.hold("At last", after=0)

    def hold(self, text: str, *, after: int = 1) -> Gate:
        """Says the first words of the text, waits at the gate, says the rest."""
        gate = Gate()
        deltas = list(_deltas(text))
        self.play(_streaming([*deltas[:after], gate, *deltas[after:], _finish("stop")], words=len(text.split())))
        return gate

    def break_off(self, text: str = "Once upon a time there was", *, after: int = 2) -> None:
        """Says the first words of the text and loses its connection in the middle of the next."""
        deltas = list(_deltas(text))
        self.play(Script(steps=(_ROLE, *deltas[:after], b'data: {"choices": [{"delta": {"cont', CUT)))

    def trail_off(self, text: str) -> None:
        """Says the text and ends the stream in good order, with neither a finish reason nor `[DONE]`."""
        self.play(Script(steps=(_ROLE, *_deltas(text)), done=False))

    def rubbish(self) -> None:
        """Sends an event that is no JSON."""
        self.play(Script(steps=(_ROLE, b"data: <html>Bad Gateway</html>\n\n")))

    def page(self) -> None:
        """Answers 200 with a web page instead of a stream."""
        self.play(Script(status=200, body=b"<html>Welcome!</html>"))

    def huge(self, size: int) -> None:
        """Says `size` bytes in one delta."""
        self.play(_streaming([{"delta": {"content": "x" * size}}, _finish("stop")], words=1))

    def endless(self, piece: dict[str, Any] | bytes, *, status: int = 200, first: Iterable[Step] = ()) -> None:
        """Sends these steps, then the piece for ever: a choice, or raw bytes."""
        self.play(Script(steps=(*first, Endless(piece)), status=status))

    def endless_line(self, size: int) -> None:
        """Sends `size` bytes of an event that has no end, then waits for the client to give up."""
        self.play(Script(steps=(b'data: {"choices": [{"delta": {"content": "', b"x" * size, Gate())))


class ScriptedModel(Verbs):
    """The server. `requests` are the bodies it was sent, `exchanges` the same with headers and what became of them.

    `counts_usage=False` makes a server that never sends usage, `refuses_stream_options=True` one that answers 400 to
    requests for it. `idle` is what it says when nothing is queued.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        counts_usage: bool = True,
        refuses_stream_options: bool = False,
        idle: Callable[[Request], Script] | None = None,
    ) -> None:
        super().__init__()
        self.counts_usage = counts_usage
        self.refuses_stream_options = refuses_stream_options
        self.exchanges: list[Exchange] = []
        self.connections = 0
        self.sent_bytes = 0
        self._idle = idle or (lambda request: _saying(f"You said: {last_user_text(request)}"))
        self._whens: list[tuple[Callable[[Request], bool], Verbs]] = []
        self._port = port
        self._numbers = count(1)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="scripted-model", daemon=True)
        self._server: asyncio.Server | None = None
        self._answering: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        """Where the server is."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def base_url(self) -> str:
        """What a client is given."""
        return f"{self.url}/v1"

    @property
    def requests(self) -> list[Request]:
        """The bodies of the chat-completions requests so far, in order."""
        return [exchange.request for exchange in self.exchanges]

    def when(self, fits: Callable[[Request], bool], *, forever: bool = False) -> Verbs:
        """A script of its own for the requests that fit. With `forever` its last answer is given again and again."""
        verbs = Verbs(forever=forever)
        self._whens.append((fits, verbs))
        return verbs

    def refuse_connection(self) -> None:
        """Stops listening: from now on connections are refused, until `accept_connections`."""
        self._run(self._close_listener())

    def accept_connections(self) -> None:
        """Listens again, on the same port."""
        self._run(self._listen())

    def __enter__(self) -> Self:
        self._thread.start()
        self._run(self._listen())
        return self

    def __exit__(self, *_: object) -> None:
        self._run(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _run(self, work: Any) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(_WAIT_SECONDS)

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self._port, limit=64 * 1024 * 1024)
        self._port = self._server.sockets[0].getsockname()[1]

    async def _close_listener(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        # Connections that are kept alive would get past a closed listener.
        for task in list(self._answering):
            task.cancel()
        await asyncio.gather(*self._answering, return_exceptions=True)

    async def _close(self) -> None:
        await self._close_listener()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._answering.add(task)
        self.connections += 1
        writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
                while await self._serve_one(reader, writer):
                    pass
        finally:
            self._answering.discard(task)
            writer.transport.abort()

    async def _serve_one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Answers one request. False where the connection is over."""
        asked = await _read_request(reader)
        if asked is None:
            return False
        path, headers, body = asked
        if not path.endswith("/chat/completions"):
            _write_json(writer, 200, {"object": "list", "data": [{"id": "scripted", "object": "model", "created": 0}]})
            return True
        exchange = Exchange(request=json.loads(body), headers=headers)
        self.exchanges.append(exchange)
        answering = asyncio.create_task(self._answer(self._script_for(exchange.request), exchange.request, writer))
        # Clients do not pipeline: whatever comes before the answer is whole is the end of the connection.
        leaving = asyncio.create_task(reader.read(1))
        try:
            await asyncio.wait((answering, leaving), return_when=asyncio.FIRST_COMPLETED)
            if not answering.done() or answering.exception() is not None:
                exchange.gone.set_result(None)
            return answering.done() and answering.exception() is None and answering.result()
        finally:
            answering.cancel()
            leaving.cancel()
            await asyncio.gather(answering, leaving, return_exceptions=True)

    def _script_for(self, request: Request) -> Script:
        if self.refuses_stream_options and "stream_options" in request:
            message = "Unrecognized request argument supplied: stream_options"
            return Script(status=400, body={"error": {"message": message, "type": "invalid_request_error"}})
        for fits, verbs in self._whens:
            script = verbs.take() if fits(request) else None
            if script is not None:
                return script
        return self.take() or self._idle(request)

    async def _answer(self, script: Script, request: Request, writer: asyncio.StreamWriter) -> bool:
        """Plays the script. False where it cut the connection."""
        if script.body is not None:
            _write_json(writer, script.status, script.body, script.headers)
            await writer.drain()
            return True
        stem = {"id": f"chatcmpl-{next(self._numbers)}", "created": int(time.time()), "model": request.get("model")}
        if not request.get("stream"):
            _write_json(writer, 200, stem | _whole(script, self._usage(script, request)))
            return True
        stem["object"] = "chat.completion.chunk"
        writer.write(_head(script.status, "text/event-stream", (("Transfer-Encoding", "chunked"), *script.headers)))
        async for step in _walk(script.steps):
            if isinstance(step, Cut):
                # Not before what was said has left: an abort drops what is still to be written.
                await writer.drain()
                writer.close()
                return False
            data = step if isinstance(step, bytes) else _event(stem | {"choices": [{"index": 0, **step}]})
            writer.write(_http_chunk(data))
            self.sent_bytes += len(data)
            await writer.drain()
        if (request.get("stream_options") or {}).get("include_usage") and self.counts_usage and script.done:
            writer.write(_http_chunk(_event(stem | {"choices": [], "usage": self._usage(script, request)})))
        writer.write(_http_chunk(b"data: [DONE]\n\n") if script.done else b"")
        writer.write(b"0\r\n\r\n")
        await writer.drain()
        return True

    def _usage(self, script: Script, request: Request) -> dict[str, int]:
        prompt = prompt_words(request)
        return {"prompt_tokens": prompt, "completion_tokens": script.words, "total_tokens": prompt + script.words}


def last_user_text(request: Request) -> str:
    """The text of the newest message of the user."""
    texts = [_text_of(message) for message in request.get("messages", ()) if message.get("role") == "user"]
    return texts[-1] if texts else ""


def prompt_words(request: Request) -> int:
    """The prompt tokens of a request: the words of its messages."""
    return sum(len(_text_of(message).split()) for message in request.get("messages", ()))


def _text_of(message: dict[str, Any]) -> str:
    content = message.get("content") or ""
    if isinstance(content, str):
        return content
    return " ".join(part.get("text", "") for part in content)


# Steps

_ROLE: Final[Step] = {"delta": {"role": "assistant", "content": None}}


def _saying(text: str, *, finish: str | None = "stop") -> Script:
    last = [_finish(finish)] if finish else []
    return _streaming([*_deltas(text), *last], words=len(text.split()))


def _streaming(steps: Iterable[Step], *, words: int) -> Script:
    return Script(steps=(_ROLE, *steps), words=words)


def _deltas(text: str) -> list[Step]:
    return [{"delta": {"content": word}} for word in _words(text)]


def _words(text: str) -> list[str]:
    """The text in pieces that join to it again, about one a word."""
    return re.findall(r"\s*\S+|\s+$", text)


def _finish(reason: str) -> Step:
    return {"delta": {}, "finish_reason": reason}


def _call_steps(index: int, name: str, arguments: str, *, whole: bool) -> list[Step]:
    function = {"name": name, "arguments": arguments if whole else ""}
    first = {"index": index, "id": f"call_{index}", "type": "function", "function": function}
    fragments = [] if whole else re.findall(r"(?s).{1,8}", arguments)
    later = [{"index": index, "function": {"arguments": fragment}} for fragment in fragments]
    return [{"delta": {"tool_calls": [one]}} for one in (first, *later)]


def _as_text(arguments: dict[str, Any] | str) -> str:
    return arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False)


async def _walk(steps: Iterable[Step]) -> AsyncIterator[dict[str, Any] | bytes | Cut]:
    for step in steps:
        if isinstance(step, Gate):
            await step.pass_through()
        elif isinstance(step, Pause):
            await asyncio.sleep(step.seconds)
        elif isinstance(step, Endless):
            while True:
                yield step.piece
        else:
            yield step


def _whole(script: Script, usage: dict[str, int]) -> dict[str, Any]:
    """The script as one answer, for requests without `stream`."""
    choices = [step for step in script.steps if isinstance(step, dict)]
    deltas = [choice["delta"] for choice in choices]
    calls: dict[int, dict[str, Any]] = {}
    for part in (part for delta in deltas for part in delta.get("tool_calls", ())):
        call = calls.setdefault(part["index"], {**part, "function": {**part["function"], "arguments": ""}})
        call["function"]["arguments"] += part["function"].get("arguments", "")
    message = {"role": "assistant", "content": "".join(delta.get("content") or "" for delta in deltas) or None}
    if calls:
        message["tool_calls"] = list(calls.values())  # type: ignore[assignment]
    reasons = [choice["finish_reason"] for choice in choices if choice.get("finish_reason")]
    choice = {"index": 0, "message": message, "finish_reason": reasons[-1] if reasons else "stop"}
    return {"object": "chat.completion", "choices": [choice], "usage": usage}


# HTTP


async def _read_request(reader: asyncio.StreamReader) -> tuple[str, dict[str, str], bytes] | None:
    line = await reader.readline()
    if not line:
        return None
    headers: dict[str, str] = {}
    while (header := await reader.readline()) not in (b"\r\n", b""):
        name, _, value = header.decode("latin-1").partition(":")
        headers[name.strip().lower()] = value.strip()
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    return line.split()[1].decode(), headers, body


def _head(status: int, content_type: str, headers: Iterable[tuple[str, str]]) -> bytes:
    lines = [f"HTTP/1.1 {status} Scripted", f"Content-Type: {content_type}"]
    return "\r\n".join([*lines, *(f"{name}: {value}" for name, value in headers), "", ""]).encode()


def _write_json(writer: asyncio.StreamWriter, status: int, body: Any, headers: Iterable[tuple[str, str]] = ()) -> None:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    kind = "text/html" if isinstance(body, bytes) else "application/json"
    writer.write(_head(status, kind, (("Content-Length", str(len(data))), *headers)) + data)


def _event(chunk: dict[str, Any]) -> bytes:
    return b"data: " + json.dumps(chunk).encode() + b"\n\n"


def _http_chunk(data: bytes) -> bytes:
    return f"{len(data):x}\r\n".encode() + data + b"\r\n"


def _talkative(tokens: int, delay_seconds: float) -> Callable[[Request], Script]:
    def idle(request: Request) -> Script:
        words = f"You said: {last_user_text(request)}".split() if tokens == 0 else [f"word{n}" for n in range(tokens)]
        script = _saying(" ".join(words))
        paused = [part for step in script.steps for part in (Pause(delay_seconds), step)]
        return replace(script, steps=tuple(paused)) if delay_seconds else script

    return idle


def main() -> None:
    """Serves until it is killed; prints its base URL when it listens."""
    parser = argparse.ArgumentParser(description="A chat-completions server with a script.")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--delay-ms", type=float, default=0, help="between tokens")
    parser.add_argument("--tokens", type=int, default=0, help="length of each answer; 0 repeats what was said")
    asked = parser.parse_args()
    with ScriptedModel(port=asked.port, idle=_talkative(asked.tokens, asked.delay_ms / 1000)) as model:
        sys.stdout.write(f"{model.base_url}\n")
        sys.stdout.flush()
        with contextlib.suppress(KeyboardInterrupt):
            threading.Event().wait()


if __name__ == "__main__":
    main()
