"""One turn of a run: a model call, and what it becomes in the thread while it comes in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clew.domain.event import Delta, Event, EventKind
from clew.domain.item import (
    CALLS_OUTCOME,
    MESSAGE_OUTCOME,
    Fault,
    Item,
    ItemStatus,
    Kind,
    Part,
    PartKind,
    Trace,
    Usage,
)
from clew.domain.noun import replace
from clew.domain.run import OwedCall, Run, RunState, end, move
from clew.engine.model import CallArguments, CallStarted, Finished, RefusalPiece, TextPiece
from clew.service import activity, quotas
from clew.service.closing import Written, close

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clew.engine.model import Piece
    from clew.engine.pen import Pen
    from clew.service.core import Core
    from clew.storage.port import Tx


class Turn:
    """The state of one model call: which items are open, and what they hold so far.

    The first piece opens a generation, and with text the message it writes. Text that comes after a call
    has begun belongs to no message; it is kept with the generation.
    """

    def __init__(self, core: Core, pen: Pen) -> None:
        self._core = core
        self._pen = pen
        self._generation: Item | None = None
        self._message: Item | None = None
        self._written = Written()
        self._calls: list[OwedCall] = []
        self._arguments: list[list[str]] = []
        self._places: dict[int, int] = {}
        self._late_text: list[str] = []

    async def take(self, piece: Piece) -> None:
        """One more piece. Raises as `Pen.change` does."""
        match piece:
            case TextPiece(text=text):
                await self._said(text, PartKind.TEXT)
            case RefusalPiece(text=text):
                await self._said(text, PartKind.REFUSAL)
            case CallStarted(index=index, name=name):
                await self._called(index, name)
            case CallArguments(index=index, fragment=fragment):
                place = self._places[index]
                self._arguments[place].append(fragment)
                self._pen.fragment(Delta(item_id=self._open.id, index=place, arguments=fragment))
            case Finished():
                await self._finish(piece)

    @property
    def _open(self) -> Item:
        if self._generation is None:
            raise LookupError("no generation is open")
        return self._generation

    def _new_generation(self, outcome: str) -> Item:
        run, now = self._pen.run, self._core.now()
        return Item(
            thread_id=run.thread_id,
            id=self._core.ids.within("step", run.thread_id),
            kind=Kind.GENERATION,
            created_at=now,
            status=ItemStatus.IN_PROGRESS,
            author_id=run.assistant_id,
            parent_id=run.id,
            run_id=run.id,
            trace=Trace(name=run.model, started_at=now, outcome=outcome),
            created_by=run.created_by,
        )

    def _new_message(self, generation: Item) -> Item:
        return Item(
            thread_id=generation.thread_id,
            id=self._core.ids.within("message", generation.thread_id),
            kind=Kind.MESSAGE,
            created_at=generation.created_at,
            status=ItemStatus.IN_PROGRESS,
            role="assistant",
            author_id=generation.author_id,
            parent_id=generation.id,
            run_id=generation.run_id,
            created_by=generation.created_by,
        )

    async def _said(self, text: str, kind: PartKind) -> None:
        if self._calls:
            self._late_text.append(text)
            return
        if self._message is None:
            await self._open_message()
        if self._message is None or not text:
            return
        index = self._written.index(kind)
        said = {"refusal": text} if kind is PartKind.REFUSAL else {"text": text}
        delta = Delta(item_id=self._message.id, index=index, **said)
        self._written.add(delta)
        self._pen.fragment(delta)

    async def _open_message(self) -> None:
        generation = self._new_generation(MESSAGE_OUTCOME)
        message = self._new_message(generation)
        if generation.trace is not None:
            generation = replace(generation, trace=replace(generation.trace, output=message.id))

        async def opened(tx: Tx, run: Run) -> tuple[Run, list[Event]]:
            await tx.items.append(run.project_id, run.thread_id, [generation, message])
            await quotas.add_message(tx, self._core, run.project_id)
            return run, [
                Event(kind=EventKind.ITEM_CREATED, at=generation.created_at, item=generation),
                Event(kind=EventKind.ITEM_CREATED, at=generation.created_at, item=message),
            ]

        await self._pen.change(opened)
        self._generation, self._message = generation, message

    async def _called(self, index: int, name: str) -> None:
        if not self._calls:
            before = (self._generation, self._message)
            generation = self._new_generation(CALLS_OUTCOME)

            async def opened(tx: Tx, run: Run) -> tuple[Run, list[Event]]:
                ended = await self._complete_message(tx, run, *before, usage=None)
                await tx.items.append(run.project_id, run.thread_id, [generation])
                return run, [*ended, Event(kind=EventKind.ITEM_CREATED, at=generation.created_at, item=generation)]

            await self._pen.change(opened)
            self._generation, self._message = generation, None
        call_id = self._core.ids.within("call", self._pen.run.thread_id)
        place = self._places[index] = len(self._calls)
        self._calls.append(OwedCall(id=call_id, name=name, arguments=""))
        self._arguments.append([])
        self._pen.fragment(Delta(item_id=self._open.id, index=place, call_id=call_id, name=name, arguments=""))

    async def _complete_message(
        self,
        tx: Tx,
        run: Run,
        generation: Item | None,
        message: Item | None,
        *,
        usage: Usage | None,
        incomplete_reason: str | None = None,
    ) -> list[Event]:
        """Within a unit: end the open message, if any, with all its text, and the generation that wrote it."""
        if generation is None or message is None:
            return []
        now = self._core.now()
        # Its metadata may have been changed while it was being written; where it was deleted, readers still see it end.
        current = await tx.items.get(run.project_id, run.thread_id, message.id) or message
        done = replace(
            current,
            parts=self._written.parts() or (Part(kind=PartKind.TEXT, text=""),),
            status=ItemStatus.INCOMPLETE if incomplete_reason else ItemStatus.COMPLETED,
            incomplete_reason=incomplete_reason,
            finished_at=now,
        )
        await tx.items.update(run.project_id, done)
        stepped = await self._complete_generation(tx, run, generation, usage)
        return [Event(kind=EventKind.ITEM_ENDED, at=now, item=done), stepped]

    async def _complete_generation(self, tx: Tx, run: Run, generation: Item, usage: Usage | None) -> Event:
        now = self._core.now()
        trace = replace(generation.trace, ended_at=now) if generation.trace else None
        done = replace(generation, status=ItemStatus.COMPLETED, finished_at=now, usage=usage or Usage(), trace=trace)
        await tx.items.update(run.project_id, done)
        return Event(kind=EventKind.ITEM_ENDED, at=now, item=done)

    async def _finish(self, finished: Finished) -> None:
        usage = Usage(
            prompt_tokens=finished.usage.prompt_tokens if finished.usage else 0,
            completion_tokens=finished.usage.completion_tokens if finished.usage else 0,
        )
        if self._calls and finished.reason != "length":
            await self._wait_for_outputs(usage)
            return
        if self._generation is None:
            await self._open_message()
        await self._end(usage, cut=finished.reason == "length", filtered=finished.reason == "content_filter")

    async def _wait_for_outputs(self, usage: Usage) -> None:
        generation, now = self._open, self._core.now()
        owed = tuple(
            replace(call, arguments="".join(fragments) or "{}")
            for call, fragments in zip(self._calls, self._arguments, strict=True)
        )
        late = "".join(self._late_text)
        trace = replace(generation.trace, output=late or None) if generation.trace else None
        asked = replace(generation, usage=usage, trace=trace)
        calls = [
            Item(
                thread_id=generation.thread_id,
                id=call.id,
                kind=Kind.TOOL_CALL,
                created_at=now,
                status=ItemStatus.IN_PROGRESS,
                author_id=generation.author_id,
                parent_id=generation.id,
                run_id=generation.run_id,
                trace=Trace(name=call.name, input=call.arguments, started_at=now),
                created_by=generation.created_by,
            )
            for call in owed
        ]

        async def waiting(tx: Tx, run: Run) -> tuple[Run, list[Event]]:
            await tx.items.update(run.project_id, asked)
            await tx.items.append(run.project_id, run.thread_id, calls)
            spent = (run.progress.usage or Usage()).plus(usage)
            run = replace(
                move(run, RunState.WAITING, owed=owed, usage=spent),
                turns=run.turns + 1,
                lease_owner=None,
                lease_until=None,
            )
            return run, [Event(kind=EventKind.RUN_MOVED, at=now, progress=run.progress)]

        await self._pen.change(waiting)

    async def _end(self, usage: Usage, *, cut: bool, filtered: bool) -> None:
        # A run that is being cancelled may end by itself after all, but only with all it has said in its log: what the
        # readers put together must be the message.
        await self._pen.flush()
        reason = "max_tokens" if cut else "content_filter" if filtered else None
        generation, message = self._generation, self._message

        async def over(tx: Tx, run: Run) -> tuple[Run, list[Event]]:
            now = self._core.now()
            spent = (run.progress.usage or Usage()).plus(usage)
            run = replace(run, turns=run.turns + 1, progress=replace(run.progress, usage=spent))
            if message is None and generation is not None:  # calls that the budget cut off in the middle
                events = [await self._complete_generation(tx, run, generation, usage)]
            else:
                events = await self._complete_message(
                    tx, run, generation, message, usage=usage, incomplete_reason=reason
                )
            await activity.touch(tx, self._core, run)
            if cut:
                run = end(run, RunState.INCOMPLETE, now=now, incomplete_reason="max_completion_tokens")
            else:
                run = end(run, RunState.COMPLETED, now=now)
            return run, [*events, Event(kind=EventKind.RUN_MOVED, at=now, progress=run.progress)]

        await self._pen.change(over, even_if_stopped=True)


async def give_up(
    core: Core, pen: Pen, to: RunState, *, error: Fault | None = None, incomplete_reason: str | None = None
) -> None:
    """End the run early: whatever is open is closed as the run ends. Raises `Lost`."""

    async def over(tx: Tx, run: Run) -> tuple[Run, Sequence[Event]]:
        await activity.touch(tx, core, run)
        return await close(tx, run, to, now=core.now(), error=error, incomplete_reason=incomplete_reason)

    await pen.change(over, even_if_stopped=True)
