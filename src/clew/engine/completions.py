"""The model port over any OpenAI-compatible chat-completions endpoint.

The `openai` package makes the request; the stream is read here (`chunks.py` holds what a chunk means) rather than
by the package, which hides whether an answer ended with `[DONE]` and holds a line of any length in memory.
"""

from __future__ import annotations

import asyncio
import json
import logging
import random
from contextlib import AsyncExitStack, aclosing, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, cast
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

import httpx2  # what `openai` is made with: errors while reading a body come in its words
import msgspec
import openai

from clew.engine import chunks, forcing
from clew.engine.model import Ask, ModelConfig, ModelFault, Piece, ToolChoice

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterable, Awaitable, Callable, Mapping

_log: Final = logging.getLogger(__name__)

_CONNECT_SECONDS: Final = 10.0
_BACKOFF_SECONDS: Final = 0.5
_BACKOFF_SECONDS_MAX: Final = 8.0
_AFTER_REASON_SECONDS: Final = 5.0
"""How long usage may come after the finish reason; some servers then hold the line without a word."""
_AFTER_DONE_SECONDS: Final = 0.1
"""How long the end of the body may come after `[DONE]`: a connection that is read to its end is used again."""
_RETRIED: Final = frozenset({502, 503, 504})
_JSON_INFLATION: Final = 6
"""A byte of text takes up to six of JSON: `\\u001f`."""
_LINE_OVERHEAD_BYTES: Final = 64 * 1024
_ERROR_BYTES_MAX: Final = 256 * 1024
_SECRET_CHARS_MIN: Final = 8
_DONE: Final = b"[DONE]"


class Completions:
    """The `model.Model` that speaks chat completions. Keeps one client per server and key.

    `pause` waits between attempts; tests pass one that does not.
    """

    def __init__(self, *, pause: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        self._pause = pause
        # A client's connections belong to the loop that opened them.
        self._clients: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[tuple[str, str | None], openai.AsyncOpenAI]]
        self._clients = WeakKeyDictionary()
        self._usage_refused: set[str] = set()

    async def close(self) -> None:
        """Closes the clients of the running loop. The next `stream` opens new ones."""
        for client in self._clients.pop(asyncio.get_running_loop(), {}).values():
            await client.close()

    async def stream(self, config: ModelConfig, ask: Ask) -> AsyncGenerator[Piece, None]:
        """The answer, `Finished` last and always with usage. Raises `ModelFault`.

        Faults of the connection, silence and 502, 503, 504 are tried again up to `config.retries` times, but never
        after the first piece. Closing the generator early closes the request: hold it in `aclosing`.
        """
        forced = forcing.is_needed(config, ask)
        pieces = self._with_retries(config, forcing.rewritten(ask) if forced else ask)
        if forced:
            pieces = forcing.calls(pieces, ask)
        async with aclosing(pieces):
            async for piece in pieces:
                yield piece

    async def _with_retries(self, config: ModelConfig, ask: Ask) -> AsyncGenerator[Piece, None]:
        tries_left = config.retries
        wait_max = _BACKOFF_SECONDS
        while True:
            begun = False
            try:
                async with aclosing(self._attempt(config, ask)) as pieces:
                    async for piece in pieces:
                        begun = True
                        yield piece
            except _WorthRetrying as error:
                _log.warning("model %s on %s: %s", config.name or config.pattern, _host(config), error.fault.logged)
                if begun or tries_left == 0:
                    raise error.fault from error.__cause__
            else:
                return
            tries_left -= 1
            # Full jitter: runs that failed together do not come back together.
            await self._pause(random.uniform(0, wait_max))  # noqa: S311 (not a secret)
            wait_max = min(wait_max * 2, _BACKOFF_SECONDS_MAX)

    async def _attempt(self, config: ModelConfig, ask: Ask) -> AsyncGenerator[Piece, None]:
        body = request_body(config, ask)
        answer = chunks.Answer(one_call=not ask.parallel_tool_calls, bytes_max=config.answer_bytes_max)
        try:
            async with aclosing(self._lines(config, body, answer)) as lines:
                async for line in lines:
                    for piece in answer.read(chunks.decode(line)):
                        yield piece
        except openai.APIStatusError as error:
            fault = _redacted(chunks.fault_from(_error_body(error), status=error.status_code), config)
            raise (_WorthRetrying(fault) if error.status_code in _RETRIED else fault) from error
        except TimeoutError as error:
            raise _WorthRetrying(ModelFault("server", "the model server was silent for too long")) from error
        except (openai.APIConnectionError, httpx2.HTTPError, httpx2.StreamError) as error:
            raise _WorthRetrying(ModelFault("server", _connection_reason(error, answer))) from error
        except ModelFault as fault:
            raise _redacted(fault, config) from fault.__cause__
        yield answer.finished(prompt_chars=_prompt_chars(body))

    async def _lines(
        self, config: ModelConfig, body: dict[str, Any], answer: chunks.Answer
    ) -> AsyncGenerator[bytes, None]:
        """The data of one answer's stream, up to its end. Raises `TimeoutError` and what the client raises.

        Watches `answer`: until it lives, the time to the first token runs; once it has its reason, an end of any
        kind will do.
        """
        loop = asyncio.get_running_loop()
        first_token_by = loop.time() + config.first_token_seconds
        seen = False
        async with AsyncExitStack() as stack:
            async with asyncio.timeout_at(first_token_by):
                response = await self._open(stack, config, body)
            line_max = config.answer_bytes_max * _JSON_INFLATION + _LINE_OVERHEAD_BYTES
            lines = await stack.enter_async_context(aclosing(_data_lines(response.iter_bytes(), line_max)))
            while True:
                patience = _AFTER_REASON_SECONDS if answer.reason else config.token_gap_seconds
                until = loop.time() + patience if answer.alive or answer.reason else first_token_by
                try:
                    async with asyncio.timeout_at(until):
                        line = await anext(lines, None)
                except (TimeoutError, httpx2.HTTPError, httpx2.StreamError):
                    if not answer.reason:
                        raise
                    return
                if line == _DONE:
                    await _drain(lines)
                    return
                if line is None:
                    break
                seen = True
                yield line
        if not seen:
            raise ModelFault("server", "the model server did not answer with a stream")
        if not answer.reason:
            raise ModelFault("server", "the model's answer ended before it finished")

    async def _open(self, stack: AsyncExitStack, config: ModelConfig, body: dict[str, Any]) -> Any:  # noqa: ANN401
        """The response, open until the stack unwinds. A server that refuses to count usage is asked without."""
        client = self._client(config)
        # The package types each parameter by hand; ours is a dict that it passes on as it is.
        create = cast("Any", client.chat.completions.with_streaming_response.create)
        if config.base_url not in self._usage_refused:
            try:
                return await stack.enter_async_context(create(**body, stream_options={"include_usage": True}))
            except (openai.BadRequestError, openai.UnprocessableEntityError) as error:
                if "stream_options" not in error.response.text and "include_usage" not in error.response.text:
                    raise
            self._usage_refused.add(config.base_url)
        return await stack.enter_async_context(create(**body))

    def _client(self, config: ModelConfig) -> openai.AsyncOpenAI:
        clients = self._clients.setdefault(asyncio.get_running_loop(), {})
        key = (config.base_url, config.api_key)
        if key not in clients:
            clients[key] = _new_client(config)
        return clients[key]


class _WorthRetrying(Exception):
    """A fault that may pass: nothing has been said yet, or the caller of this has to see to it."""

    def __init__(self, fault: ModelFault) -> None:
        super().__init__(str(fault))
        self.fault: Final = fault


def request_body(config: ModelConfig, ask: Ask) -> dict[str, Any]:
    """The request for an ask, without what the config says its server does not keep to."""
    if not config.json_schema_honoured and (ask.response_format or {}).get("type") == "json_schema":
        ask = _with_schema_told(ask)
    settings = {
        "temperature": ask.temperature,
        "top_p": ask.top_p,
        "response_format": ask.response_format,
        "reasoning_effort": ask.reasoning_effort,
        config.budget_field: ask.max_completion_tokens,
    }
    body = {"model": config.name or ask.model, "messages": ask.messages, "stream": True}
    return body | {key: value for key, value in settings.items() if value is not None} | _tool_part(config, ask)


def _tool_part(config: ModelConfig, ask: Ask) -> dict[str, Any]:
    # A server that ignores the choice is kept from calling by not knowing the tools.
    if not ask.tools or (ask.tool_choice == "none" and not config.tool_choice_honoured):
        return {}
    part: dict[str, Any] = {"tools": ask.tools}
    if config.tool_choice_honoured and ask.tool_choice != "auto":
        part["tool_choice"] = _tool_choice_to_wire(ask.tool_choice)
    if config.parallel_tool_calls_honoured and not ask.parallel_tool_calls:
        part["parallel_tool_calls"] = False
    return part


def _tool_choice_to_wire(choice: ToolChoice) -> str | dict[str, Any]:
    return choice if isinstance(choice, str) else {"type": "function", "function": {"name": choice["name"]}}


def _with_schema_told(ask: Ask) -> Ask:
    """The same, asking in words for the schema that the server cannot enforce, and for JSON, which most can."""
    schema = (ask.response_format or {}).get("json_schema", {}).get("schema", {})
    told = ask.told(f"Answer with JSON only, that this JSON Schema allows: {json.dumps(schema, ensure_ascii=False)}")
    return replace(told, response_format={"type": "json_object"})


def _new_client(config: ModelConfig) -> openai.AsyncOpenAI:
    client = openai.AsyncOpenAI(
        base_url=config.base_url,
        api_key=config.api_key or "none",  # the package insists on one
        max_retries=0,
        timeout=openai.Timeout(None, connect=_CONNECT_SECONDS),
        # A proxy of the environment has no way to a model on this machine.
        http_client=openai.DefaultAsyncHttpxClient(
            trust_env=not _is_loopback(config), event_hooks={"response": [_with_short_error]}
        ),
    )
    # Taken from the environment by the package; only settings speak here.
    client.organization = client.project = None
    return client


async def _with_short_error(response: httpx2.Response) -> None:
    """The package reads the whole body of an error into memory: of a server gone wrong, only its beginning."""
    if response.is_error:
        response.stream = _Beginning(cast("httpx2.AsyncByteStream", response.stream))


class _Beginning(httpx2.AsyncByteStream):
    """The first bytes of a body."""

    def __init__(self, stream: httpx2.AsyncByteStream) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncGenerator[bytes, None]:
        left = _ERROR_BYTES_MAX
        async for part in self._stream:
            yield part[:left]
            left -= len(part)
            if left <= 0:
                return

    async def aclose(self) -> None:
        await self._stream.aclose()


def _host(config: ModelConfig) -> str:
    return urlsplit(config.base_url).hostname or ""


def _is_loopback(config: ModelConfig) -> bool:
    host = _host(config)
    return host in ("localhost", "::1") or host.startswith("127.")


async def _data_lines(parts: AsyncIterable[bytes], line_bytes_max: int) -> AsyncGenerator[bytes, None]:
    """What stands after `data:` in a stream of server-sent events. Raises `ModelFault` for an endless line.

    Each line is an event of its own, as every server of this protocol sends them. Comments, with which some keep
    the line open while they think, are passed over and so do not count as life.
    """
    held = bytearray()
    async for part in parts:
        head, newline, tail = part.rpartition(b"\n")
        if newline:
            for line in (bytes(held) + head).split(b"\n"):
                if data := _data_of(line):
                    yield data
            held.clear()
        held += tail
        if len(held) > line_bytes_max:
            raise ModelFault("server", "the model's answer is larger than allowed here")
    # A last line without its newline is not yielded: the connection was cut inside it.


def _data_of(line: bytes) -> bytes:
    return line[5:].strip() if line.startswith(b"data:") else b""


async def _drain(lines: AsyncGenerator[bytes, None]) -> None:
    with suppress(TimeoutError, httpx2.HTTPError, httpx2.StreamError):
        async with asyncio.timeout(_AFTER_DONE_SECONDS):
            await anext(lines, None)


def _prompt_chars(body: Mapping[str, Any]) -> int:
    # As JSON: what wraps the words stands for what a chat template would put around them.
    return sum(len(json.dumps(body[key], ensure_ascii=False)) for key in ("messages", "tools") if key in body)


def _error_body(error: openai.APIStatusError) -> object:
    try:
        return msgspec.json.decode(error.response.content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None  # an HTML page of a proxy tells nobody anything


def _connection_reason(error: BaseException, answer: chunks.Answer) -> str:
    if answer.alive:
        return "the model's answer ended before it finished"
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ConnectionRefusedError):
            return "the model server cannot be reached: it refuses the connection"
        cause = cause.__cause__ or cause.__context__
    return "the model server cannot be reached"


def _redacted(fault: ModelFault, config: ModelConfig) -> ModelFault:
    """The same without our key, which some gateways quote when they refuse it."""
    # A short key ("ollama") is no secret, and a word that a reason may need.
    if not config.api_key or len(config.api_key) < _SECRET_CHARS_MIN or config.api_key not in str(fault):
        return fault
    return ModelFault(fault.kind, str(fault).replace(config.api_key, "***"), logged=fault.logged)
