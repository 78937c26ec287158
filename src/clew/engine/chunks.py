"""Reading chat-completions chunks as real servers send them: pure, and patient with what they get wrong."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, cast

import msgspec

from clew.engine.model import (
    CallArguments,
    CallStarted,
    FaultKind,
    Finished,
    FinishReason,
    ModelFault,
    Piece,
    RefusalPiece,
    TextPiece,
    Usage,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_REASON_CHARS_MAX: Final = 1000
_CALLS_MAX: Final = 1000
_TOKENS_MAX: Final = 2**53 - 1
"""What every JSON reader takes for a whole number. A server that counts more does not count."""
_PROMPT_REFUSED: Final = (
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.UNPROCESSABLE_ENTITY,
)
_TOO_LONG: Final = re.compile(r"context.{0,20}(length|size|window)|prompt is too long", re.IGNORECASE)
_RATE: Final = re.compile(r"rate.?limit|insufficient_quota|too_many_requests", re.IGNORECASE)


def decode(line: bytes) -> Mapping[str, Any]:
    """One `data:` line as a chunk. Raises `ModelFault` where it is no JSON object, or carries the server's error."""
    try:
        chunk = msgspec.json.decode(line.decode(errors="replace"))
    except (msgspec.DecodeError, RecursionError) as error:
        raise ModelFault("server", "the model server sent something that is not a chat completion") from error
    if not isinstance(chunk, dict):
        raise ModelFault("server", "the model server sent something that is not a chat completion")
    known = _object(cast("object", chunk))
    if known.get("error") or known.get("object") == "error":
        raise fault_from(known)
    return known


def fault_from(body: object, *, status: int | None = None) -> ModelFault:
    """What a server's error body means, with the reason it gives. `status` is None for an error inside a stream."""
    error = _object(body).get("error", body)
    said = _object(error) or {"message": error}
    logged = f"the model server answered {status}" if status else "the model server failed"
    reason = _reason(said) or logged
    code = said.get("code")
    return ModelFault(_kind(status or (code if isinstance(code, int) else None), said, reason), reason, logged=logged)


def _reason(said: Mapping[str, Any]) -> str:
    for key in ("message", "detail", "msg"):
        value = said.get(key)
        if problems := _array(value):  # FastAPI's validation errors
            value = "; ".join(str(_object(problem).get("msg", problem)) for problem in problems)
        if isinstance(value, str) and value.strip():
            return value.strip()[:_REASON_CHARS_MAX]
    return ""


def _kind(status: int | None, said: Mapping[str, Any], reason: str) -> FaultKind:
    label = f"{said.get('code')} {said.get('type')}"
    if status == HTTPStatus.TOO_MANY_REQUESTS or _RATE.search(label):
        return "rate_limit"
    if status in _PROMPT_REFUSED or _TOO_LONG.search(label) or (status is None and _TOO_LONG.search(reason)):
        return "invalid_prompt"
    return "server"


@dataclass(slots=True)
class _Call:
    """A call that is being streamed. `held` are fragments that came before the name."""

    index: int
    sent_index: int | None
    id: str | None
    name: str = ""
    arguments: list[str] = field(default_factory=list[str])
    held: str = ""


class Answer:
    """One answer as it grows: `read` turns chunks into pieces, `finished` closes it.

    With `one_call` only the first tool call is passed on.
    """

    def __init__(self, *, one_call: bool, bytes_max: int) -> None:
        self._one_call = one_call
        self._bytes_left = bytes_max
        self._calls: list[_Call] = []
        self._usage: Usage | None = None
        self._chars = 0
        self.reason: str | None = None
        self.alive = False

    def read(self, chunk: Mapping[str, Any]) -> Iterator[Piece]:
        """The pieces of one chunk. Raises `ModelFault` where the answer is larger than allowed or the server failed.

        Afterwards `alive` says whether the model has said anything yet, thoughts included, and `reason` why it ended.
        """
        self._read_usage(chunk.get("usage"))
        choices = _array(chunk.get("choices"))
        choice = _object(choices[0]) if choices else {}
        delta = _object(choice.get("delta"))
        self.alive = self.alive or any(value for key, value in delta.items() if key != "role")
        yield from self._read_delta(delta)
        reason = choice.get("finish_reason")
        if reason == "error":
            raise fault_from(choice)
        if isinstance(reason, str) and reason:
            self.reason = reason

    def finished(self, *, prompt_chars: int) -> Finished:
        """The last piece. Usage is estimated by `estimate` where the server sent none."""
        usage = self._usage or Usage(prompt_tokens=estimate(prompt_chars), completion_tokens=estimate(self._chars))
        return Finished(reason=self._finish_reason(), usage=usage)

    def _finish_reason(self) -> FinishReason:
        if self.reason == "length":
            return "length"
        if self.reason == "content_filter":
            return "content_filter"
        # The rest of the word is not to be trusted: servers say "stop" after calls, "eos", "end_turn" or nothing.
        return "tool_calls" if any(call.name for call in self._calls) else "stop"

    def _read_usage(self, usage: object) -> None:
        counts = _object(usage)
        prompt, completion = _count(counts.get("prompt_tokens")), _count(counts.get("completion_tokens"))
        if prompt is not None and completion is not None:
            self._usage = Usage(prompt_tokens=prompt, completion_tokens=completion)

    def _read_delta(self, delta: Mapping[str, Any]) -> Iterator[Piece]:
        text, refusal = _text(delta.get("content")), delta.get("refusal")
        if text:
            yield TextPiece(text=self._counted(text))
        if isinstance(refusal, str) and refusal:
            yield RefusalPiece(text=self._counted(refusal))
        for one in _array(delta.get("tool_calls")):
            yield from self._read_call(_object(one))

    def _read_call(self, sent: Mapping[str, Any]) -> Iterator[Piece]:
        function = _object(sent.get("function"))
        name = _text(function.get("name"))
        fragment = self._counted(_fragment(function.get("arguments")))
        call = self._call_of(sent, name)
        if call.index > 0 and self._one_call:
            return
        if not call.name and name:
            call.name = self._counted(name)
            yield CallStarted(index=call.index, name=call.name)
            fragment, call.held = call.held + fragment, ""
        if not call.name:
            call.held += fragment
        elif fragment:
            call.arguments.append(fragment)
            yield CallArguments(index=call.index, fragment=fragment)

    def _call_of(self, sent: Mapping[str, Any], name: str) -> _Call:
        """The call that a delta continues, or a new one."""
        index, id_ = sent.get("index"), sent.get("id") or None
        index = index if isinstance(index, int) else None
        if index is not None:
            candidates = [call for call in self._calls if call.sent_index == index]
        else:
            candidates = [call for call in self._calls if call.id == id_] or self._calls
        same = candidates[-1] if candidates else None
        if same is None or _is_another(same, id_, name):
            if len(self._calls) >= _CALLS_MAX:  # also those without a name and arguments, which no byte counts
                raise ModelFault("server", "the model's answer is larger than allowed here")
            same = _Call(index=len(self._calls), sent_index=index, id=id_)
            self._calls.append(same)
        return same

    def _counted(self, text: str) -> str:
        self._chars += len(text)
        # An ASCII answer, nearly every one, is not encoded to be measured.
        self._bytes_left -= len(text) if text.isascii() else len(text.encode())
        if self._bytes_left < 0:
            raise ModelFault("server", "the model's answer is larger than allowed here")
        return text


def _object(value: object) -> dict[str, Any]:
    """The value as a JSON object, empty where it is none."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def _array(value: object) -> list[object]:
    """The value as a JSON array, empty where it is none."""
    return cast("list[object]", value) if isinstance(value, list) else []


def _count(value: object) -> int | None:
    """The value as a number of tokens, None where it is none."""
    return value if isinstance(value, int) and 0 <= value <= _TOKENS_MAX else None


def estimate(chars: int) -> int:
    """Tokens of a text for which nobody counted: a quarter of its characters, rounded up.

    The rule of thumb for English; other scripts have more tokens. No tokenizer fits every model, and a number
    that is off is better for a budget than none.
    """
    return -(-chars // 4)


def _text(content: object) -> str:
    if isinstance(content, str):
        return content
    # Mistral's shape when a model thinks: parts, of which only text is the answer.
    return "".join(_text(_object(part).get("text")) for part in _array(content))


def _fragment(arguments: object) -> str:
    if isinstance(arguments, str):
        return arguments
    # Ollama's own shape, which some gateways pass on: the arguments as an object instead of its text.
    return msgspec.json.encode(cast("object", arguments)).decode() if isinstance(arguments, dict) else ""


def _is_another(call: _Call, id_: str | None, name: str) -> bool:
    """Whether a delta with the same index, or with none, begins another call.

    Gemini and Ollama give every parallel call index 0 or none, and only ids tell them apart; older vLLM makes
    up a new id for each delta of one call, and others repeat the name. So: nothing begins without a name, a
    known id begins nothing, another id does; and without ids, a name that differs or that follows whole arguments.
    """
    if not name or not call.name:
        return False
    if id_ is not None and call.id is not None:
        return id_ != call.id
    return name != call.name or _is_whole(call.arguments)


def _is_whole(arguments: list[str]) -> bool:
    try:
        return isinstance(msgspec.json.decode("".join(arguments)), dict)
    except (msgspec.DecodeError, RecursionError):
        return False
