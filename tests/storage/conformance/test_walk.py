"""Walks: long random sequences over the store beside a model of plain dicts, and many writers at once.

The sequences are the same in every run (`derandomize`). Two walks go over a store that loses or doubles
an append now and then: they must fail, so that we know that walks can.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from clew.domain.item import Item, Kind
from clew.domain.noun import replace
from clew.domain.page import Order, Window
from clew.domain.problem import AlreadyExists, NotFound
from clew.domain.thread import Thread, active
from storage.conformance import nouns
from storage.conformance.adapters import Opener
from storage.conformance.nouns import DAY, EVERYTHING, NOW, SINCE_LAST_ACTIVE, STATIC

WALKS: Final = settings(
    max_examples=100,
    stateful_step_count=50,
    derandomize=True,
    database=None,
    deadline=None,
    print_blob=False,
    suppress_health_check=[HealthCheck.too_slow],
)

PROJECTS: Final = st.sampled_from(["p", "q"])
THREADS: Final = st.sampled_from(["a", "b", "c"])
ENDS: Final = st.sampled_from([None, None, STATIC, SINCE_LAST_ACTIVE])
KINDS: Final = st.sampled_from([1, 2, 3, 4, 5]).flatmap(
    lambda size: st.lists(st.sampled_from([Kind.MESSAGE, Kind.TOOL_CALL]), min_size=size, max_size=size)
)
METADATA: Final = st.dictionaries(st.sampled_from("xyz"), st.sampled_from("12"), max_size=3)
LENGTHS: Final = st.sampled_from([1, 2, 3, 100])
CHOICES: Final = st.one_of(st.none(), st.integers(0, 20))
"""Which of the things there are, modulo how many; None for a window without this bound."""

WINDOWS: Final = st.tuples(st.sampled_from(Order), LENGTHS, CHOICES, CHOICES)

fresh = count()


@dataclass
class Kept:
    """What the model knows of a thread."""

    thread: Thread
    items: dict[str, Item] = field(default_factory=dict)
    last_seq: int = 0


class Walk(RuleBasedStateMachine):
    """Does the same to the store and to the model, and compares what can be seen after every step."""

    def __init__(self, run: Callable[..., Any], store: Any) -> None:
        super().__init__()
        self.run = run
        self.store = store
        self.now = NOW
        self.number = next(fresh)  # walks share one store: each has projects of its own
        self.model: dict[tuple[str, str], Kept] = {}
        self.made = count()

    def write(self, unit: Callable[[Any], Any]) -> Any:
        return self.run(self.store.write(unit))

    def read(self, unit: Callable[[Any], Any]) -> Any:
        return self.run(self.store.read(unit))

    def project(self, name: str) -> str:
        return f"{name}{self.number}"

    def kept(self, project: str, thread_id: str) -> Kept | None:
        """The thread in the model, where it has not ended."""
        kept = self.model.get((project, thread_id))
        ended = kept is None or (kept.thread.expires_at is not None and kept.thread.expires_at <= self.now)
        return None if ended else kept

    def near(self, project: str, thread_id: str) -> tuple[str, str]:
        """This thread, or where it is not there, any one that is."""
        key = (self.project(project), thread_id)
        there = [other for other in self.model if self.kept(*other)]
        return key if key in there or not there else there[0]

    @rule(project=PROJECTS, thread_id=THREADS, metadata=METADATA, ends=ENDS)
    def create(self, project, thread_id, metadata, ends):
        key = (self.project(project), thread_id)
        if key in self.model and self.kept(*key) is None:
            return  # whether the id of an expired thread is free before the sweep is the adapter's own
        thread = nouns.thread(thread_id, key[0], at=self.now, metadata=metadata, expiration=ends)
        if key in self.model:
            with pytest.raises(AlreadyExists):
                self.write(lambda tx: tx.threads.insert(thread))
        else:
            self.write(lambda tx: tx.threads.insert(thread))
            self.model[key] = Kept(thread)

    def append(self, project, thread_id, kinds):
        project, now = self.project(project), self.now
        items = [Item(thread_id=thread_id, id=f"i{next(self.made)}", kind=kind, created_at=now) for kind in kinds]

        async def unit(tx):
            thread = await tx.threads.get(project, thread_id, now=now)
            if thread is None:
                return None
            placed = await tx.items.append(project, thread_id, items)
            await tx.threads.touch(active(thread, now=now), now=now)
            return placed

        placed = self.write(unit)
        kept = self.kept(project, thread_id)
        if kept is None:
            assert placed is None
            return
        expected = [replace(item, seq=seq) for seq, item in enumerate(items, kept.last_seq + 1)]
        assert placed == expected
        kept.items |= {item.id: item for item in expected}
        kept.last_seq += len(items)
        kept.thread = active(kept.thread, now=now)

    @rule(project=PROJECTS, thread_id=THREADS, kinds=KINDS)
    def append_where_there_is_a_thread(self, project, thread_id, kinds):
        self.append(project, thread_id, kinds)

    @rule(project=PROJECTS, thread_id=THREADS, ends=ENDS, batches=st.lists(KINDS, min_size=1, max_size=6))
    def fill(self, project, thread_id, ends, batches):
        """Most of what can go wrong needs a log to go wrong in, so making one is a step of its own."""
        if self.kept(self.project(project), thread_id) is None:
            self.create(project, thread_id, {}, ends)
        for kinds in batches:
            self.append(project, thread_id, kinds)

    @rule(project=PROJECTS, thread_id=THREADS, metadata=METADATA)
    def patch_thread(self, project, thread_id, metadata):
        if kept := self.kept(*self.near(project, thread_id)):
            kept.thread = replace(kept.thread, metadata=metadata, name=f"n{next(self.made)}", updated_at=self.now)
            self.write(lambda tx: tx.threads.update(kept.thread))

    @rule(project=PROJECTS, thread_id=THREADS)
    def touch(self, project, thread_id):
        if kept := self.kept(*self.near(project, thread_id)):
            kept.thread = active(kept.thread, now=self.now)
            self.write(lambda tx: tx.threads.touch(kept.thread, now=self.now))

    @rule(project=PROJECTS, thread_id=THREADS, choice=st.integers(0, 20), metadata=METADATA)
    def patch_item(self, project, thread_id, choice, metadata):
        kept = self.kept(*self.near(project, thread_id))
        if kept and kept.items:
            item = replace(chosen(list(kept.items.values()), choice), metadata=metadata)
            kept.items[item.id] = item
            self.write(lambda tx: tx.items.update(kept.thread.project_id, item))

    @rule(project=PROJECTS, thread_id=THREADS, choice=st.integers(0, 20))
    def delete_item(self, project, thread_id, choice):
        project, thread_id = self.near(project, thread_id)
        if kept := self.kept(project, thread_id):
            item_id = chosen([*kept.items, "nothing"], choice)
            there = self.write(lambda tx: tx.items.delete(project, thread_id, item_id))
            assert there == (kept.items.pop(item_id, None) is not None)

    @rule(project=PROJECTS, thread_id=THREADS)
    def delete_thread(self, project, thread_id):
        project = self.project(project)
        self.write(lambda tx: tx.threads.delete(project, thread_id))
        self.model.pop((project, thread_id), None)

    @rule(part=st.sampled_from([1, DAY // 4, DAY // 2, DAY]))
    def time_passes(self, part):
        self.now += part

    @rule(limit=st.sampled_from([1, 3, 100]))
    def sweep(self, limit):
        assert self.write(lambda tx: tx.threads.sweep(now=self.now, limit=limit)) <= limit

    @rule()
    def sweep_everything(self):
        while self.write(lambda tx: tx.threads.sweep(now=self.now, limit=100)):
            pass
        self.model = {key: kept for key, kept in self.model.items() if self.kept(*key)}

    @rule(project=PROJECTS, thread_id=THREADS, asked=WINDOWS)
    def page_messages(self, project, thread_id, asked):
        project, thread_id = self.near(project, thread_id)
        kept = self.kept(project, thread_id)
        if kept or (project, thread_id) not in self.model:
            rising = [item for item in kept.items.values() if item.kind is Kind.MESSAGE] if kept else []
            self.compare(
                rising,
                window_over(rising, *asked),
                lambda tx, window: tx.items.page(project, thread_id, window, kind=Kind.MESSAGE),
            )

    @rule(project=PROJECTS, asked=WINDOWS, metadata=METADATA)
    def page_threads(self, project, asked, metadata):
        project = self.project(project)
        kept = [self.kept(*key) for key in self.model if key[0] == project]
        rising = [it.thread for it in kept if it and metadata.items() <= it.thread.metadata.items()]
        self.compare(
            rising,
            window_over(rising, *asked),
            lambda tx, window: tx.threads.page(project, window, metadata=metadata, now=self.now),
        )

    def compare(self, rising, window, read):
        names = [thing.id for thing in rising]
        if not {window.after, window.before} <= {None, *names}:
            with pytest.raises(NotFound):
                self.read(lambda tx: read(tx, window))
            return
        page = self.read(lambda tx: read(tx, window))
        between = rising if window.order is Order.ASC else rising[::-1]
        ids = [thing.id for thing in between]
        start = ids.index(window.after) + 1 if window.after else 0
        stop = ids.index(window.before) if window.before else len(ids)
        between = between[start:stop]
        nearest = between[-window.limit :] if window.backwards else between[: window.limit]
        assert (list(page.things), page.has_more) == (nearest, len(between) > window.limit)

    @invariant()
    def everything_is_as_the_model_says(self):
        keys = [(self.project(project), thread_id) for project in "pq" for thread_id in "abc"]

        async def unit(tx):
            return [(await tx.threads.get(*key, now=self.now), await whole_log(tx, *key)) for key in keys]

        for key, (thread, items) in zip(keys, self.read(unit), strict=True):
            kept = self.kept(*key)
            assert thread == (kept and kept.thread)
            if kept or key not in self.model:
                assert items == (list(kept.items.values()) if kept else [])


def chosen(things, choice):
    return things[choice % len(things)]


def window_over(things, order, limit, after, before):
    """A window whose bounds are among these things, or are nothing that is there."""
    names = [*(thing.id for thing in things), "nothing"]
    bounds = {"after": after, "before": before}
    chosen_bounds = {bound: None if choice is None else chosen(names, choice) for bound, choice in bounds.items()}
    return Window(order=order, limit=limit, **chosen_bounds)


async def whole_log(tx, project_id, thread_id):
    items = await tx.items.before(project_id, thread_id, seq=None, kinds=list(Kind), limit=1000)
    return items[::-1]


@contextmanager
def opened(opener: Opener, folder: Path) -> Iterator[tuple[Callable[..., Any], Any]]:
    """A store, and what runs a coroutine to its end on the store's loop."""
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        store = runner.run(stack.enter_async_context(opener(folder)))
        try:
            yield runner.run, store
        finally:
            runner.run(stack.aclose())


def test_a_walk_ends_as_the_model_says(opener, tmp_path):
    with opened(opener, tmp_path) as (run, store):
        run_state_machine_as_test(lambda: Walk(run, store), settings=WALKS)


class Faulty:
    """A store whose appends of three items go wrong in silence; everything else is as it should be."""

    def __init__(self, store: Any, fault: Callable[..., Any]) -> None:
        self.read = store.read
        self._store = store
        self._fault = fault

    async def write(self, unit):
        return await self._store.write(lambda tx: unit(FaultyTx(tx, self._fault)))


class FaultyTx:
    def __init__(self, tx: Any, fault: Callable[..., Any]) -> None:
        self.threads = tx.threads
        self.items = FaultyItems(tx.items, fault)


class FaultyItems:
    def __init__(self, items: Any, fault: Callable[..., Any]) -> None:
        self._items = items
        self._fault = fault

    def __getattr__(self, name: str) -> Any:
        return getattr(self._items, name)

    async def append(self, project_id, thread_id, items):
        if len(items) != 3:
            return await self._items.append(project_id, thread_id, items)
        return await self._fault(self._items, project_id, thread_id, items)


async def drops_the_last(table, project_id, thread_id, items):
    placed = await table.append(project_id, thread_id, items[:-1])
    return [*placed, replace(items[-1], seq=placed[-1].seq + 1)]


async def doubles_the_last(table, project_id, thread_id, items):
    placed = await table.append(project_id, thread_id, [*items, replace(items[-1], id="twice")])
    return placed[:-1]


@pytest.mark.parametrize("fault", [drops_the_last, doubles_the_last])
def test_a_walk_finds_a_store_that_loses_or_doubles(opener, tmp_path, fault):
    with opened(opener, tmp_path) as (run, store), pytest.raises(AssertionError):
        run_state_machine_as_test(
            lambda: Walk(run, Faulty(store, fault)), settings=settings(WALKS, phases=[Phase.generate])
        )


STEPS: Final = st.tuples(
    st.sampled_from(["append", "append", "refuse", "patch", "look"]), st.sampled_from(["a", "b"]), st.integers(1, 4)
)
WRITERS: Final = st.lists(st.lists(STEPS, min_size=1, max_size=8), min_size=2, max_size=12)


class Refused(Exception):
    pass


class Crowd:
    """Writers who work at the same time, each one step after the other, and what was answered to them."""

    def __init__(self, store: Any) -> None:
        self.store = store
        self.project = f"crowd{next(fresh)}"
        self.answered: dict[str, list[str]] = {"a": [], "b": []}
        self.patches: Counter[str] = Counter()

    async def work(self, writers):
        for thread_id in self.answered:
            thread = nouns.thread(thread_id, self.project, metadata={"patches": 0})
            await self.store.write(lambda tx, thread=thread: tx.threads.insert(thread))
        await asyncio.gather(*(self.writer(name, steps) for name, steps in enumerate(writers)))

    async def writer(self, name, steps):
        for number, (step, thread_id, size) in enumerate(steps):
            ids = [f"{name}/{number}/{part}" for part in range(size)]
            await getattr(self, step)(thread_id, ids)

    async def append(self, thread_id, ids):
        items = [nouns.message(id, thread_id) for id in ids]  # noqa: A001
        placed = await self.store.write(lambda tx: tx.items.append(self.project, thread_id, items))
        assert [item.seq - placed[0].seq for item in placed] == list(range(len(ids)))
        self.answered[thread_id] += ids

    async def refuse(self, thread_id, ids):
        async def unit(tx):
            await tx.items.append(self.project, thread_id, [nouns.message(id, thread_id) for id in ids])  # noqa: A001
            raise Refused

        with pytest.raises(Refused):
            await self.store.write(unit)

    async def patch(self, thread_id, ids):
        async def unit(tx):
            thread = await tx.threads.get(self.project, thread_id, now=NOW)
            await tx.threads.update(replace(thread, metadata={"patches": thread.metadata["patches"] + 1}))

        await self.store.write(unit)
        self.patches[thread_id] += 1

    async def look(self, thread_id, ids):
        before = set(self.answered[thread_id])
        items = await self.log(thread_id)
        assert [item.seq for item in items] == list(range(1, len(items) + 1))
        assert before <= {item.id for item in items}

    async def log(self, thread_id):
        page = await self.store.read(lambda tx: tx.items.page(self.project, thread_id, EVERYTHING, kind=Kind.MESSAGE))
        return page.things

    async def check(self):
        for thread_id, answered in self.answered.items():
            await self.look(thread_id, [])
            ids = [item.id for item in await self.log(thread_id)]
            assert Counter(ids) == Counter(answered)
            for name in {id.split("/")[0] for id in ids}:  # noqa: A001
                assert of_writer(ids, name) == of_writer(answered, name)
            thread = await self.store.read(lambda tx, it=thread_id: tx.threads.get(self.project, it, now=NOW))
            assert thread.metadata == {"patches": self.patches[thread_id]}


def of_writer(ids, name):
    return [id for id in ids if id.startswith(f"{name}/")]  # noqa: A001


def test_many_writers_at_once_lose_nothing_double_nothing_and_keep_their_order(opener, tmp_path):
    with opened(opener, tmp_path) as (run, store):

        @WALKS
        @given(WRITERS)
        def together(writers):
            crowd = Crowd(store)
            run(crowd.work(writers))
            run(crowd.check())

        together()
