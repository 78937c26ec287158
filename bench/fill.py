"""Filling a data folder before a server has it: by the service's own functions in units of many, without HTTP."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Self

from bench.rows import CHANNEL, TEXT
from clew.domain.item import Kind, Part, PartKind
from clew.domain.project import Caller
from clew.domain.step import Generated, ScoreChange, StepChange
from clew.service import conversations, messages, threads
from clew.service import steps as step_service
from clew.service.conversations import ThreadChange
from clew.service.core import Core, Limits, RandomIds, SystemClock
from clew.service.messages import NewMessage
from clew.service.threads import NewThread
from clew.storage.directory import DirectoryBlobs
from clew.storage.sqlite import open_store

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from clew.domain.item import Item
    from clew.domain.thread import Thread
    from clew.storage.port import Tx

CALLER = Caller(project_id="default")
NEW_MESSAGE = NewMessage(role="user", parts=(Part(kind=PartKind.TEXT, text=TEXT),), metadata={"channel": CHANNEL})
AT_ONCE = 2000
"""Messages in one unit."""
TALKS_AT_ONCE = 1000


class Filling:
    """A data folder that nobody serves yet. `async with Filling(folder) as filling:`."""

    def __init__(self, folder: Path) -> None:
        self._store = open_store(folder / "clew.db", readers=1)
        self._core = Core(
            store=self._store,
            blobs=DirectoryBlobs(folder / "blobs"),
            clock=SystemClock(),
            ids=RandomIds(),
            limits=Limits(thread_entries=None),
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._store.close()

    async def threads(self, count: int, *, users: int, messages: int = 0) -> list[tuple[Thread, str]]:
        """So many threads of so many users, each with so many messages; with each the id of its first message."""
        made: list[tuple[Thread, str]] = []
        step = max(1, AT_ONCE // (1 + messages))
        for start in range(0, count, step):
            numbers = range(start, min(start + step, count))

            async def unit(tx: Tx, numbers: range = numbers) -> list[tuple[Thread, str]]:
                return [await self._thread(tx, f"user-{number % users}", messages) for number in numbers]

            made += await self._store.write(unit)
        return made

    async def _thread(self, tx: Tx, user: str, count: int) -> tuple[Thread, str]:
        thread = await threads.insert(tx, self._core, CALLER, NewThread(metadata={"user": user, "channel": CHANNEL}))
        items = await self._append(tx, thread, count)
        return thread, items[0].id if items else ""

    async def _append(self, tx: Tx, thread: Thread, count: int) -> list[Item]:
        entered = await messages.enter(tx, self._core, CALLER, thread.id)
        return (await messages.append(tx, self._core, CALLER, entered, [NEW_MESSAGE] * count))[1]

    async def lengthen(self, thread: Thread, count: int) -> None:
        """So many more messages in this thread."""
        for start in range(0, count, AT_ONCE):

            async def unit(tx: Tx, more: int = min(AT_ONCE, count - start)) -> None:
                await self._append(tx, thread, more)

            await self._store.write(unit)

    async def in_turn(self, among: Sequence[Thread], rounds: int) -> None:
        """One more message in each of these threads, and so on for so many rounds: as people really write."""
        for _ in range(rounds):
            for start in range(0, len(among), AT_ONCE):
                some = among[start : start + AT_ONCE]

                async def unit(tx: Tx, some: Sequence[Thread] = some) -> None:
                    for thread in some:
                        await self._append(tx, thread, 1)

                await self._store.write(unit)

    async def talks(self, count: int, *, users: int, steps: int = 1) -> None:
        """So many threads of so many users, each with so many steps of models, told as Literal AI's clients do."""
        for start in range(0, count, TALKS_AT_ONCE):
            numbers = range(start, min(start + TALKS_AT_ONCE, count))
            told = [_talk(number, users) for number in numbers]
            await asyncio.gather(*(conversations.upsert(self._core, CALLER, change) for change in told))
            changes = [_generation(number, at) for number in numbers for at in range(steps)]
            if problems := [one for one in await step_service.ingest(self._core, CALLER, changes) if one is not None]:
                raise problems[0]


def _talk(number: int, users: int) -> ThreadChange:
    user = number % users
    return ThreadChange(
        id=f"talk-{number}",
        name=f"Talk {number}",
        metadata={"user": f"user-{user}", "channel": CHANNEL, "turns": number % 1000},
        tags=("bench", f"team-{number % 1000}"),
        participant=f"user-{user}",
        environment="prod" if number % 100 else "dev",
    )


def _generation(number: int, at: int) -> StepChange:
    name = f"step-{number}-{at}"
    began = 1_700_000_000_000_000 + number * 1_000_000
    return StepChange(
        id=name,
        thread_id=f"talk-{number}",
        kind=Kind.GENERATION,
        name="answer" if number % 1000 else "apologize",
        started_at=began,
        ended_at=began + (1 + number % 1000) * 10_000,
        output={"content": f"{TEXT[:60]} word{number:07} {'rarely' if number % 1000 == 0 else 'often'}"},
        generation=Generated(
            payload={"model": "m", "tokenCount": number % 1000}, model="m", tokens=number % 1000, provider="p"
        ),
        scores=(ScoreChange(id=f"score-{name}", name="user-feedback", value=number // 10 % 2),)
        if number % 10 == 0
        else (),
    )
