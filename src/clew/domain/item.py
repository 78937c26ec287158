"""Items: the entries of a thread's log, in order. A message is an item that people read.

Items form a tree by `parent_id`: a run has generations, a generation has the message it wrote or
the tool calls it asked for. What OpenAI calls a run step is a view of a generation, what Literal AI
calls a step is any item.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Final

from clew.domain.noun import Noun


class Kind(StrEnum):
    """What an item is."""

    MESSAGE = "message"
    GENERATION = "generation"
    TOOL_CALL = "tool_call"
    RETRIEVAL = "retrieval"
    EMBEDDING = "embedding"
    RERANK = "rerank"
    SPAN = "span"
    OTHER = "other"


class ItemStatus(StrEnum):
    """Where an item is in its life. All but the first are final."""

    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    INCOMPLETE = "incomplete"
    FAILED = "failed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class PartKind(StrEnum):
    """What a part of a message's content is."""

    TEXT = "text"
    REFUSAL = "refusal"
    IMAGE_FILE = "image_file"
    IMAGE_URL = "image_url"
    OTHER = "other"


class Annotation(Noun, frozen=True, kw_only=True):
    """A marked stretch of a text part: code points `[start, end)`, and the file it points to."""

    kind: str
    text: str
    start: int
    end: int
    file_id: str | None = None
    quote: str | None = None


class Part(Noun, frozen=True, kw_only=True):
    """One part of a message's content. `data` is what another dialect sent that we only keep."""

    kind: PartKind
    text: str | None = None
    annotations: tuple[Annotation, ...] = ()
    file_id: str | None = None
    url: str | None = None
    detail: str | None = None
    data: dict[str, Any] | None = None


class Attachment(Noun, frozen=True, kw_only=True):
    """A file beside the content: one of ours by id, or a thing at an address. `tools` say who may use it."""

    file_id: str | None = None
    tools: tuple[str, ...] = ()
    id: str | None = None
    name: str | None = None
    mime: str | None = None
    url: str | None = None
    object_key: str | None = None
    metadata: dict[str, Any] | None = None


class Usage(Noun, frozen=True, kw_only=True):
    """Tokens, as the model's server counted them."""

    prompt_tokens: int = 0
    completion_tokens: int = 0

    @property
    def total_tokens(self) -> int:
        """Both together."""
        return self.prompt_tokens + self.completion_tokens

    def plus(self, other: Usage | None) -> Usage:
        """The sum; None counts nothing."""
        if other is None:
            return self
        return Usage(
            prompt_tokens=self.prompt_tokens + other.prompt_tokens,
            completion_tokens=self.completion_tokens + other.completion_tokens,
        )


class Fault(Noun, frozen=True, kw_only=True):
    """What went wrong, as data: `code` is ours, `message` safe to show.

    Codes: `server`, `rate_limit`, `invalid_prompt`, `unknown_model`.
    """

    code: str
    message: str


class Trace(Noun, frozen=True, kw_only=True):
    """What happened in an item that is not read as a message: a call's arguments and result, a model's work.

    `generation` is a model's work as a dialect told it, which we only keep; what lists search by stands beside it:
    `model`, `provider`, `tokens` of both directions, `seconds` it took, and the prompt it was made from.
    """

    name: str | None = None
    input: Any = None
    output: Any = None
    error: Fault | None = None
    started_at: int | None = None
    ended_at: int | None = None
    outcome: str | None = None
    generation: dict[str, Any] | None = None
    model: str | None = None
    provider: str | None = None
    tokens: int | None = None
    seconds: float | None = None
    prompt_id: str | None = None


class Item(Noun, frozen=True, kw_only=True):
    """One entry of a thread's log. `seq` is its place: 1, 2, 3, … in the thread, 0 before it is written.

    `finished_at` is set with every final status. `role` and `author_id` say who speaks; an item that a
    run made has `run_id`, and its author is then the assistant. `root_id` is the uppermost item of the tree, where
    whoever wrote the item said so; like `parent_id` it may name what has not come yet, or never will.
    """

    thread_id: str
    id: str
    kind: Kind
    created_at: int
    seq: int = 0
    status: ItemStatus = ItemStatus.COMPLETED
    role: str | None = None
    author_id: str | None = None
    parts: tuple[Part, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    metadata: dict[str, Any] = {}
    parent_id: str | None = None
    root_id: str | None = None
    run_id: str | None = None
    finished_at: int | None = None
    incomplete_reason: str | None = None
    usage: Usage | None = None
    trace: Trace | None = None
    tags: tuple[str, ...] = ()
    environment: str | None = None
    created_by: str | None = None


MESSAGE_OUTCOME: Final = "message"
CALLS_OUTCOME: Final = "calls"
"""`Trace.outcome` of a generation: whether it wrote a message or asked for tool calls."""


def text_of(item: Item) -> str:
    """The text parts of a message, joined by blank lines."""
    return "\n\n".join(part.text or "" for part in item.parts if part.kind is PartKind.TEXT)
