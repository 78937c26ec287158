"""From a thread's log to the messages that a model is asked with.

The log is read from its end, and no further than the prompt may reach: what a prompt costs does not
grow with the thread.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from clew.domain.item import Item, ItemStatus, Kind, Part, PartKind
from clew.domain.page import Order, Window
from clew.domain.run import TruncationMode
from clew.engine.tokens import estimate, of_message

if TYPE_CHECKING:
    from clew.domain.run import Run
    from clew.service.core import Core
    from clew.storage.port import Tx

WINDOW_DEFAULT: Final = 128_000
"""Tokens, for a model whose window nobody told us."""
ANSWER_SHARE: Final = 4
"""One part in so many of the window is left for the answer."""
READ_AT_ONCE: Final = 100
IMAGE_BYTES_MAX: Final = 20 * 1024 * 1024
IMAGE_TOKENS: Final = 800
_KINDS: Final = (Kind.MESSAGE, Kind.TOOL_CALL)


class PromptTooLong(Exception):
    """Not even the newest message fits. `limit` is in tokens."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"the prompt does not fit the limit of {limit} tokens")
        self.limit: Final = limit


@dataclass(frozen=True, slots=True)
class Block:
    """Messages that stand or fall together: one message, or calls with their outputs."""

    messages: list[dict[str, Any]]
    tokens: int
    is_message: bool


def budget(run: Run, window: int | None) -> int:
    """How many tokens the prompt of the run's next turn may have."""
    window = window or WINDOW_DEFAULT
    most = window - window // ANSWER_SHARE
    if run.max_prompt_tokens is not None:
        used = run.progress.usage.prompt_tokens if run.progress.usage else 0
        most = min(most, run.max_prompt_tokens - used)
    return most


async def build(core: Core, run: Run, *, window: int | None, images: bool) -> list[dict[str, Any]]:
    """The prompt of the run's next turn: instructions, then as much of the newest log as fits.

    With `auto` what does not fit is left out of the middle: the opening message stays when there is
    room for it. Raises `PromptTooLong`.
    """
    limit = budget(run, window)
    head = [{"role": "system", "content": run.instructions}] if run.instructions else []
    left = limit - sum(of_message(message) for message in head)
    blocks, cut = await _newest(core, run, left, images=images)
    if (not blocks and cut) or left < 0:
        raise PromptTooLong(limit)
    if cut and run.truncation.mode is TruncationMode.AUTO:
        left -= sum(block.tokens for block in blocks)
        opening = await _opening(core, run, images=images)
        if opening is not None and opening.tokens <= left:
            blocks.append(opening)
    return head + [message for block in reversed(blocks) for message in block.messages]


async def _newest(core: Core, run: Run, left: int, *, images: bool) -> tuple[list[Block], bool]:
    """The newest blocks that fit, newest first, and whether the tokens, not a count, cut them off."""
    count = run.truncation.count if run.truncation.mode is TruncationMode.LAST_MESSAGES else None
    blocks: list[Block] = []
    seq: int | None = None
    waiting: list[Item] = []
    while True:
        at = seq

        async def unit(tx: Tx, at: int | None = at) -> list[Item]:
            return await tx.items.before(run.project_id, run.thread_id, seq=at, kinds=_KINDS, limit=READ_AT_ONCE)

        items = await core.store.read(unit)
        for item in items:
            if waiting and (item.kind is not Kind.TOOL_CALL or item.parent_id != waiting[0].parent_id):
                waiting, calls = [], _calls_block(waiting)
                if calls is not None:
                    if calls.tokens > left:
                        return blocks, True
                    blocks.append(calls)
                    left -= calls.tokens
            if item.kind is Kind.TOOL_CALL:
                waiting.append(item)
                continue
            block = await _message_block(core, run, item, images=images)
            if block is None:
                continue
            if block.tokens > left:
                return blocks, True
            blocks.append(block)
            left -= block.tokens
            if count is not None and sum(one.is_message for one in blocks) >= count:
                return blocks, False
        if len(items) < READ_AT_ONCE:
            calls = _calls_block(waiting)
            if calls is not None and calls.tokens <= left:
                blocks.append(calls)
            return blocks, False
        seq = items[-1].seq


async def _opening(core: Core, run: Run, *, images: bool) -> Block | None:
    async def unit(tx: Tx) -> Item | None:
        first = await tx.items.page(run.project_id, run.thread_id, Window(limit=1, order=Order.ASC), kind=Kind.MESSAGE)
        return first.things[0] if first.things else None

    item = await core.store.read(unit)
    return None if item is None else await _message_block(core, run, item, images=images)


def _calls_block(newest_first: list[Item]) -> Block | None:
    """The calls of one generation and what they gave. Without those never answered: servers refuse them."""
    answered = [item for item in reversed(newest_first) if item.trace is not None and item.trace.output is not None]
    if not answered:
        return None
    calls = [
        {
            "id": item.id,
            "type": "function",
            "function": {
                "name": item.trace.name if item.trace else "",
                "arguments": item.trace.input if item.trace else "{}",
            },
        }
        for item in answered
    ]
    messages: list[dict[str, Any]] = [{"role": "assistant", "content": None, "tool_calls": calls}]
    messages += [
        {"role": "tool", "tool_call_id": item.id, "content": item.trace.output if item.trace else ""}
        for item in answered
    ]
    return Block(messages, sum(of_message(message) for message in messages), is_message=False)


async def _message_block(core: Core, run: Run, item: Item, *, images: bool) -> Block | None:
    if item.status is ItemStatus.IN_PROGRESS or not item.parts:
        return None
    pictures = [part for part in item.parts if part.kind in (PartKind.IMAGE_FILE, PartKind.IMAGE_URL)]
    role = item.role or "user"
    if not pictures or not images:
        text = "\n\n".join(filter(None, (_as_text(part) for part in item.parts)))
        message: dict[str, Any] = {"role": role, "content": text}
        return Block([message], of_message(message), is_message=True)
    parts = [await _as_part(core, run, part) for part in item.parts]
    message = {"role": role, "content": parts}
    tokens = sum(estimate(part["text"]) if part["type"] == "text" else IMAGE_TOKENS for part in parts)
    return Block([message], tokens + 4, is_message=True)


def _as_text(part: Part) -> str:
    match part.kind:
        case PartKind.TEXT | PartKind.REFUSAL:
            return part.text or ""
        case PartKind.IMAGE_URL:
            return f"[image: {part.url}]" if part.url and not part.url.startswith("data:") else "[image]"
        case PartKind.IMAGE_FILE:
            return f"[image: {part.file_id}]"
        case _:
            return ""


async def _as_part(core: Core, run: Run, part: Part) -> dict[str, Any]:
    """One part for a model that sees images. An address is handed on as it is: we never fetch it."""
    if part.kind is PartKind.IMAGE_URL:
        return {"type": "image_url", "image_url": {"url": part.url, "detail": part.detail or "auto"}}
    if part.kind is PartKind.IMAGE_FILE and part.file_id:
        url = await _data_url(core, run, part.file_id)
        if url is not None:
            return {"type": "image_url", "image_url": {"url": url, "detail": part.detail or "auto"}}
    return {"type": "text", "text": _as_text(part)}


async def _data_url(core: Core, run: Run, file_id: str) -> str | None:
    async def unit(tx: Tx) -> tuple[str, str, int] | None:
        file = await tx.files.get(run.project_id, file_id, now=core.now())
        return None if file is None else (file.blob, file.mime or "image/png", file.size)

    found = await core.store.read(unit)
    if found is None or found[2] > IMAGE_BYTES_MAX:
        return None
    content = b"".join([chunk async for chunk in core.blobs.read(found[0])])
    return f"data:{found[1]};base64,{base64.b64encode(content).decode()}"
