"""From a thread's log to the messages that a model is asked with.

The log is read from its end, and no further than the prompt may reach: what a prompt costs does not
grow with the thread.
"""

from __future__ import annotations

import base64
from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from clew.domain.item import Item, ItemStatus, Kind, Part, PartKind
from clew.domain.page import Order, Window
from clew.domain.run import TruncationMode
from clew.engine.tokens import PER_MESSAGE, estimate, of_message, of_tool

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence

    from clew.domain.page import Page
    from clew.domain.run import Run
    from clew.service.core import Core
    from clew.storage.port import Tx

WINDOW_DEFAULT: Final = 128_000
"""Tokens, for a model whose window nobody told us."""
ANSWER_SHARE: Final = 4
"""One part in so many of the window is left for the answer."""
READ_AT_ONCE: Final = 100
OPENING_SHARE: Final = 2
"""The opening message of a cut thread may take one part in so many of the prompt."""
IMAGE_BYTES_MAX: Final = 20 * 1024 * 1024
"""Of all images in one prompt."""
IMAGE_TOKENS: Final = 800
_KINDS: Final = (Kind.MESSAGE, Kind.TOOL_CALL)
_PICTURES: Final = (PartKind.IMAGE_FILE, PartKind.IMAGE_URL)


class PromptTooLong(Exception):
    """Not even the newest message fits, or the question beside what came of it.

    `limit` is in tokens; `by_run` says that the run's own budget set it.
    """

    def __init__(self, limit: int, *, by_run: bool) -> None:
        super().__init__(f"the prompt does not fit the limit of {limit} tokens")
        self.limit: Final = limit
        self.by_run: Final = by_run


@dataclass(frozen=True, slots=True)
class Block:
    """Messages that stand or fall together: one message, or calls with their outputs.

    `seq` is the place of its oldest item. `counts` says whether it is one of the messages that `last_messages` counts:
    what the run itself has written since is none of them.
    """

    messages: list[dict[str, Any]]
    tokens: int
    seq: int
    counts: bool


def budget(run: Run, window: int | None) -> tuple[int, bool]:
    """How many tokens the prompt of the run's next turn may have, and whether the run's own budget says so."""
    window = window or WINDOW_DEFAULT
    most = window - window // ANSWER_SHARE
    if run.max_prompt_tokens is None:
        return most, False
    spent = None if run.limits_each_turn else run.progress.usage
    used = spent.prompt_tokens if spent else 0
    own = run.max_prompt_tokens - used
    return min(most, own), own < most


async def build(
    core: Core, run: Run, *, window: int | None, images: bool, tools: Sequence[dict[str, Any]] = ()
) -> list[dict[str, Any]]:
    """The prompt of the run's next turn: instructions, then as much of the newest log as fits beside the tools.

    With `auto` what does not fit is left out of the middle: the opening message stays, unless it is so long that
    it would push out most of the rest. Raises `PromptTooLong`.
    """
    limit, by_run = budget(run, window)
    head = [{"role": "system", "content": run.instructions}] if run.instructions else []
    left = limit - sum(of_message(message) for message in head) - sum(of_tool(tool) for tool in tools)
    log = _Log(core, run, images=images)
    blocks, cut = await _newest(log, run, left)
    if blocks and cut and run.truncation.mode is TruncationMode.AUTO:
        blocks = _with_opening(blocks, await log.opening(), left)
    # What the run itself has written makes no sense to a model without anything that it was written to.
    if left < 0 or (cut and not any(block.counts for block in blocks)):
        raise PromptTooLong(limit, by_run=by_run)
    return head + [message for block in reversed(blocks) for message in block.messages]


async def _newest(log: _Log, run: Run, left: int) -> tuple[list[Block], bool]:
    """The newest blocks that fit, newest first, and whether the tokens, not a count, cut them off."""
    count = run.truncation.count if run.truncation.mode is TruncationMode.LAST_MESSAGES else None
    blocks: list[Block] = []
    counted = 0
    async with aclosing(log.blocks()) as found:
        async for block in found:
            if block.tokens > left:
                return blocks, True
            blocks.append(block)
            left -= block.tokens
            counted += block.counts
            if counted == count:
                break
    return blocks, False


def _with_opening(blocks: list[Block], opening: Block | None, left: int) -> list[Block]:
    """The blocks, newest first, with the opening message at their end in place of as many as it takes."""
    if opening is None or opening.tokens > left // OPENING_SHARE or opening.seq >= blocks[-1].seq:
        return blocks
    left -= opening.tokens + sum(block.tokens for block in blocks)
    kept = len(blocks)
    while left < 0 and kept > 1:
        kept -= 1
        left += blocks[kept].tokens
    return blocks if left < 0 else [*blocks[:kept], opening]


class _Log:
    """The log of a run's thread, read backwards as the blocks of a prompt."""

    def __init__(self, core: Core, run: Run, *, images: bool) -> None:
        self._core = core
        self._run = run
        self._images = images
        self._image_bytes_left = IMAGE_BYTES_MAX

    async def blocks(self) -> AsyncGenerator[Block, None]:
        """Every block there is, newest first; read no further than they are asked for."""
        calls: list[Item] = []
        async with aclosing(self._items()) as items:
            async for item in items:
                if calls and (item.kind is not Kind.TOOL_CALL or item.parent_id != calls[0].parent_id):
                    if (block := _calls_block(calls)) is not None:
                        yield block
                    calls = []
                if item.kind is Kind.TOOL_CALL:
                    if item.run_id is not None:  # calls that others tell of were not asked for by a model of ours
                        calls.append(item)
                elif (block := await self._message_block(item)) is not None:
                    yield block
        if (block := _calls_block(calls)) is not None:
            yield block

    async def _items(self) -> AsyncGenerator[Item, None]:
        seq: int | None = None
        while True:
            items = await self._core.store.read(self._before(seq))
            for item in items:
                yield item
            if len(items) < READ_AT_ONCE:
                return
            seq = items[-1].seq

    def _before(self, seq: int | None) -> Callable[[Tx], Awaitable[list[Item]]]:
        async def unit(tx: Tx) -> list[Item]:
            run = self._run
            return await tx.items.before(run.project_id, run.thread_id, seq=seq, kinds=_KINDS, limit=READ_AT_ONCE)

        return unit

    async def opening(self) -> Block | None:
        """The block of the thread's first message."""
        run, window = self._run, Window(limit=1, order=Order.ASC)

        async def unit(tx: Tx) -> Page[Item]:
            return await tx.items.page(run.project_id, run.thread_id, window, kind=Kind.MESSAGE)

        first = (await self._core.store.read(unit)).things
        return await self._message_block(first[0]) if first else None

    async def _message_block(self, item: Item) -> Block | None:
        if item.status is ItemStatus.IN_PROGRESS or not item.parts:
            return None
        content: str | list[dict[str, Any]]
        if self._images and any(part.kind in _PICTURES for part in item.parts):
            content = [await self._as_part(part) for part in item.parts]
            tokens = sum(estimate(part["text"]) if part["type"] == "text" else IMAGE_TOKENS for part in content)
        else:
            content = "\n\n".join(filter(None, map(_as_text, item.parts)))
            tokens = estimate(content)
        message = {"role": item.role or "user", "content": content}
        return Block([message], PER_MESSAGE + tokens, item.seq, counts=item.run_id != self._run.id)

    async def _as_part(self, part: Part) -> dict[str, Any]:
        """One part for a model that sees images. An address is handed on as it is: we never fetch it."""
        if part.kind is PartKind.IMAGE_URL:
            return {"type": "image_url", "image_url": {"url": part.url, "detail": part.detail or "auto"}}
        if part.kind is PartKind.IMAGE_FILE and part.file_id:
            url = await self._data_url(part.file_id)
            if url is not None:
                return {"type": "image_url", "image_url": {"url": url, "detail": part.detail or "auto"}}
        return {"type": "text", "text": _as_text(part)}

    async def _data_url(self, file_id: str) -> str | None:
        """The file's bytes as an address. None where it is gone, or where newer images have taken all the room."""

        async def unit(tx: Tx) -> tuple[str, str, int] | None:
            file = await tx.files.get(self._run.project_id, file_id, now=self._core.expiry_now())
            return None if file is None else (file.blob, file.mime or "image/png", file.size)

        found = await self._core.store.read(unit)
        if found is None or found[2] > self._image_bytes_left:
            return None
        self._image_bytes_left -= found[2]
        content = b"".join([chunk async for chunk in self._core.blobs.read(found[0])])
        return f"data:{found[1]};base64,{base64.b64encode(content).decode()}"


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
    tokens = sum(of_message(message) for message in messages)
    return Block(messages, tokens, newest_first[-1].seq, counts=False)


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
