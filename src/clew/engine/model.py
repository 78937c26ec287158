"""The port to a model: what the engine asks, and the pieces in which an answer arrives.

Messages, tools and response formats are in the chat-completions shape, since every model we reach speaks that
protocol. The adapter is `completions.py`; nothing here does I/O.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Final, Literal, Protocol, TypedDict

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelConfig:
    """Where the models whose names match `pattern` live, and what their server can do.

    `name` is what the server calls the model; None passes the asked name through, as `plain` has it. The four
    `_honoured` say whether the server keeps to that part of a request; where it does not, the adapter makes up for it.
    `answer_bytes_max` bounds one answer, so that a server gone wrong cannot fill our memory.
    """

    pattern: str
    base_url: str
    api_key: str | None = field(default=None, repr=False)
    name: str | None = None
    context_window_tokens: int | None = None
    tool_choice_honoured: bool = True
    json_schema_honoured: bool = True
    parallel_tool_calls_honoured: bool = True
    images_honoured: bool = True
    # Ollama silently ignores the newer name (ollama/ollama#7125), OpenAI's reasoning models refuse the older one.
    budget_field: Literal["max_completion_tokens", "max_tokens"] = "max_completion_tokens"
    first_token_seconds: float = 60
    token_gap_seconds: float = 60
    retries: int = 2
    answer_bytes_max: int = 4 * 1024 * 1024


_ADDRESS: Final = re.compile(r"[a-z]+://[^/]*/(?P<versioned>(?P<name>[^/]+)(?:/.*)?)")


def plain(name: str) -> str:
    """What to call a model by that is addressed as `gpt://folder/name/version`: the name. Any other name is itself."""
    address = _ADDRESS.fullmatch(name)
    return name if address is None else address["name"]


def _matches(name: str, pattern: str) -> bool:
    """Whether a pattern is for the model of this name.

    One that is addressed goes by its name, or by name and version; its whole address is for patterns of addresses.
    Else a `gpt*`, meant for names, would take all of `gpt://`.
    """
    address = _ADDRESS.fullmatch(name)
    if address is None or "://" in pattern:
        return fnmatchcase(name, pattern)
    return fnmatchcase(address["name"], pattern) or fnmatchcase(address["versioned"], pattern)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelRoutes:
    """Which server answers for which model name."""

    configs: tuple[ModelConfig, ...] = ()
    default: ModelConfig | None = None

    def find(self, name: str) -> ModelConfig | None:
        """The first config whose pattern matches, else the default. None where neither is configured."""
        return next((config for config in self.configs if _matches(name, config.pattern)), self.default)

    def knows(self, name: str) -> bool:
        """Whether any server answers for this name."""
        return self.find(name) is not None

    def refuses(self, name: str) -> bool:
        """Whether models are configured, and none of them is meant by this name."""
        return bool(self.configs) and not self.knows(name)

    def names(self) -> list[str]:
        """The names that are configured; a pattern that stands for many is none."""
        configs = self.configs if self.default is None else (*self.configs, self.default)
        names = (config.name or config.pattern for config in configs)
        return list(dict.fromkeys(name for name in names if not set(name) & set("*?[")))


class NamedTool(TypedDict):
    """The one tool that has to be called."""

    name: str


ToolChoice = Literal["none", "auto", "required"] | NamedTool


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One model call. None leaves a setting to the server."""

    model: str
    messages: list[dict[str, Any]]
    tools: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    tool_choice: ToolChoice = "auto"
    parallel_tool_calls: bool = True
    temperature: float | None = None
    top_p: float | None = None
    response_format: dict[str, Any] | None = None
    max_completion_tokens: int | None = None
    reasoning_effort: str | None = None

    def told(self, line: str) -> Ask:
        """The same with one more instruction, in the leading system message.

        Not in a message of its own: many chat templates take one system message, and only in front.
        """
        first, rest = (self.messages[0], self.messages[1:]) if self.messages else ({}, [])
        content = first.get("content")
        if first.get("role") not in ("system", "developer"):
            return replace(self, messages=[{"role": "system", "content": line}, *self.messages])
        if isinstance(content, list):
            return replace(self, messages=[{**first, "content": [*content, {"type": "text", "text": line}]}, *rest])
        return replace(self, messages=[{**first, "content": f"{content}\n\n{line}" if content else line}, *rest])


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Tokens, as the server counted them or, where it does not count, as we estimate them."""

    prompt_tokens: int
    completion_tokens: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TextPiece:
    """The next part of the answer's text."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusalPiece:
    """The next part of the model's refusal."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallStarted:
    """The model begins to call a tool. Indexes count 0, 1, 2 in the order of starting, whatever the server sent."""

    index: int
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallArguments:
    """The next part of a started call's arguments, which together are JSON text, or so the model hopes."""

    index: int
    fragment: str


FinishReason = Literal["stop", "length", "tool_calls", "content_filter"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """The last piece of every answer that did not fail. The adapter always knows usage; None is for fakes."""

    reason: FinishReason
    usage: Usage | None


Piece = TextPiece | RefusalPiece | CallStarted | CallArguments | Finished

FaultKind = Literal["rate_limit", "invalid_prompt", "unknown_model", "server"]


class ModelFault(Exception):
    """The model gave no answer, or not all of it. `str(fault)` is safe to show and keeps the provider's own reason.

    That may quote the prompt, so it is for who asked. `logged` is in our words.
    """

    def __init__(self, kind: FaultKind, message: str, *, logged: str | None = None) -> None:
        super().__init__(message)
        self.kind: Final = kind
        self.logged: Final = logged or message


class Model(Protocol):
    """The port."""

    def stream(self, config: ModelConfig, ask: Ask) -> AsyncGenerator[Piece, None]:
        """The answer, piece by piece, `Finished` last. Raises `ModelFault`.

        Hold it in `contextlib.aclosing`: closing early ends the request, and leaving the loop alone does not close.
        """
        ...

    async def close(self) -> None:
        """Let the connections go. Nothing is asked afterwards."""
        ...
