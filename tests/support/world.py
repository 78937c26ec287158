"""A core over a real store, with a clock that stands, a scripted model, and as many engines as a test wants."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Any, Self

from clew.domain.event import Event, EventKind
from clew.domain.item import Item, Part, PartKind
from clew.domain.page import Order, Window
from clew.domain.project import Caller
from clew.domain.run import Run, RunState
from clew.domain.tool import Tool, ToolKind
from clew.engine.completions import Completions
from clew.engine.engine import Engine
from clew.engine.model import ModelConfig, ModelRoutes
from clew.service import assistants, messages, runs, threads
from clew.service.assistants import NewAssistant
from clew.service.core import Core, Limits, RandomIds
from clew.service.messages import NewMessage
from clew.service.runs import NewRun
from clew.service.threads import NewThread
from clew.storage.directory import DirectoryBlobs
from clew.storage.sqlite import open_store
from support.clock import FakeClock
from support.scripted_model import ScriptedModel

WAIT_SECONDS = 10
"""A test that waits longer than this waits for something that will not happen."""

WEATHER = Tool(kind=ToolKind.FUNCTION, name="get_weather", parameters={"type": "object", "properties": {}})


async def _no_pause(seconds: float) -> None:
    """Retries of the model's client come at once."""


def text(role: str, *texts: str) -> NewMessage:
    return NewMessage(role=role, parts=tuple(Part(kind=PartKind.TEXT, text=one) for one in texts))


class World:
    """`async with World(folder) as world:`; everything in it belongs to one project."""

    def __init__(self, folder: Path, model: ScriptedModel | None = None, **config: Any) -> None:
        self.folder = folder
        self.clock = FakeClock()
        self.caller = Caller(project_id="default")
        self.store = open_store(folder / "clew.db")
        self.core = self.another_core()
        config = {"first_token_seconds": 5, "retries": 0, **config}
        default = ModelConfig(pattern="*", base_url=model.base_url, **config) if model else None
        self.routes = ModelRoutes(default=default)

    def another_core(self, limits: Limits | None = None) -> Core:
        """A core of its own over the same store, as another process would have."""
        return Core(
            store=self.store,
            blobs=DirectoryBlobs(self.folder / "blobs"),
            clock=self.clock,
            ids=RandomIds(),
            limits=limits or Limits(),
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.store.close()

    @asynccontextmanager
    async def engine(self, owner: str = "one", *, core: Core | None = None, **more: Any) -> AsyncIterator[Engine]:
        """An engine at work."""
        engine = Engine(core or self.core, Completions(pause=_no_pause), self.routes, owner=owner, **more)
        await engine.start(alone=False)
        try:
            yield engine
        finally:
            await engine.stop(drain_seconds=0)

    async def assistant(self, **more: Any) -> str:
        return (await assistants.create(self.core, self.caller, NewAssistant(model="gpt-4o", **more))).id

    async def thread(self, *new: NewMessage) -> str:
        return (await threads.create(self.core, self.caller, NewThread(messages=new))).id

    async def say(self, thread_id: str, said: str, role: str = "user") -> Item:
        return await messages.create(self.core, self.caller, thread_id, text(role, said))

    async def start(self, thread_id: str, assistant_id: str, **more: Any) -> Run:
        new = NewRun(assistant_id=assistant_id, **more)
        return (await runs.create(self.core, self.caller, thread_id, new)).run

    async def begun(self, said: str = "How is Oslo?", *, tools: Sequence[Tool] = (), **more: Any) -> Run:
        """A queued run over a thread with one message."""
        assistant_id = await self.assistant(tools=tuple(tools))
        return await self.start(await self.thread(text("user", said)), assistant_id, **more)

    async def get(self, run: Run) -> Run:
        return await runs.get(self.core, self.caller, run.thread_id, run.id)

    async def events(self, run: Run) -> list[Event]:
        """Everything that has happened in the run so far."""
        return await runs._stored(self.core, self.caller, run.thread_id, run.id, 0)

    async def messages(self, thread_id: str) -> list[Item]:
        page = await messages.page(self.core, self.caller, thread_id, Window(limit=100, order=Order.ASC))
        return list(page.things)

    async def steps(self, run: Run) -> list[Item]:
        window = Window(limit=100, order=Order.ASC)
        page = await runs.steps_page(self.core, self.caller, run.thread_id, run.id, window)
        return [step for step, _ in page.things]

    async def follow(self, run: Run, *, core: Core | None = None, after: int = 0) -> AsyncIterator[Event]:
        async with asyncio.timeout(WAIT_SECONDS):
            followed = runs.follow(core or self.core, self.caller, run.thread_id, run.id, after=after)
            async with aclosing(followed) as lists:
                async for events in lists:
                    for event in events:
                        yield event

    async def until(self, run: Run, state: RunState, *, core: Core | None = None) -> Run:
        """The run once it has come to this state. Fails where it ends in another."""
        async with aclosing(self.follow(run, core=core)) as events:
            async for event in events:
                if event.progress is not None and event.progress.state is state:
                    return await self.get(run)
        raise AssertionError(f"the run never was {state}: {(await self.get(run)).progress}")

    async def until_waiting(self, run: Run, *, core: Core | None = None) -> Run:
        """The run once it waits for outputs that it has not had yet."""
        async with aclosing(self.follow(run, core=core)) as events:
            async for event in events:
                if event.progress is not None and event.progress.state is RunState.WAITING:
                    now = await self.get(run)
                    if now.progress.owed == event.progress.owed:
                        return now
        raise AssertionError(f"the run waits for nothing: {(await self.get(run)).progress}")

    async def until_said(self, run: Run, *, core: Core | None = None) -> None:
        """Return at the first fragment."""
        async with aclosing(self.follow(run, core=core)) as events:
            async for event in events:
                if event.kind is EventKind.DELTA:
                    return
        raise AssertionError("the run said nothing")

    async def ended(self, run: Run, *, core: Core | None = None) -> Run:
        """The run once it is over."""
        async for _ in self.follow(run, core=core):
            pass
        now = await self.get(run)
        assert now.progress.ended_at is not None, now.progress
        return now
