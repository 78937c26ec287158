"""Lists over a project: what others wrote is in them, and what people and threads come to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from clew.domain.item import Kind
from clew.domain.query import Filter, Op, Query
from clew.domain.step import Generated, StepChange
from clew.service import catalog, conversations, people, steps, threads
from clew.service.conversations import ThreadChange
from support.world import World, text

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@pytest.fixture
async def world(tmp_path) -> AsyncIterator[World]:
    async with World(tmp_path) as world:
        yield world


async def tell(world, *changes):
    assert await steps.ingest(world.core, world.caller, changes) == [None] * len(changes)


def generation(id, tokens, **fields):  # noqa: A002
    return StepChange(id=id, thread_id="t", kind=Kind.GENERATION, generation=Generated(tokens=tokens), **fields)


async def sums(world, thread_id="t"):
    return (await catalog.thread_sums(world.core, world.caller, [thread_id]))[thread_id]


async def test_a_thread_comes_to_what_its_steps_do(world):
    await tell(world, generation("a", 5, started_at=10_000_000), generation("b", 7, ended_at=12_500_000))
    assert ((await sums(world)).tokens, (await sums(world)).seconds) == (12, 2.5)
    await tell(world, generation("a", 1, started_at=11_000_000))
    assert ((await sums(world)).tokens, (await sums(world)).seconds) == (8, 1.5)
    await steps.delete(world.core, world.caller, "b")
    assert ((await sums(world)).tokens, (await sums(world)).seconds) == (1, None)


async def test_a_participant_comes_to_what_their_threads_do(world):
    async def come_to(name):
        person = await people.get(world.core, world.caller, identifier=name)
        found = (await catalog.participant_sums(world.core, world.caller, [person.id]))[person.id]
        return found.threads, found.tokens

    for thread_id in ("t", "u"):
        change = ThreadChange(id=thread_id, participant="ada")
        await conversations.upsert(world.core, world.caller, change)
    await tell(world, generation("a", 5))
    assert await come_to("ada") == (2, 5)
    await conversations.upsert(world.core, world.caller, ThreadChange(id="t", participant="bob"))
    assert (await come_to("ada"), await come_to("bob")) == ((1, 0), (1, 5))
    await threads.delete(world.core, world.caller, "t")
    assert await come_to("bob") == (0, 0)


async def test_threads_and_people_from_before_the_first_list_are_in_it(world):
    thread_id = await world.thread(text("user", "hello there"))
    await people.create(world.core, world.caller, "ada")
    said = Filter(field="step_output", op=Op.HAS, value="HELLO", path="content")
    found = await catalog.threads(world.core, world.caller, Query(filters=(said,), counted=True))
    assert ([thread.id for thread in found.things], found.total) == ([thread_id], 1)
    (ada,) = (await catalog.participants(world.core, world.caller, Query())).things
    assert ada.identifier == "ada"


async def test_what_another_dialect_writes_is_in_the_next_list(world):
    said = Filter(field="step_output", op=Op.HAS, value="later")
    thread_id = await world.thread()
    for words, many in (("sooner", 0), ("later", 1)):
        await world.say(thread_id, words)
        found = await catalog.threads(world.core, world.caller, Query(filters=(said,)))
        assert len(found.things) == many


async def test_a_project_without_lists_has_nothing_noted(world):
    await world.thread(text("user", "hello"))
    assert await world.core.store.read(lambda tx: tx.catalog.behind("nobody"))
    assert await catalog.catch_up(world.core, limit=10) == 0


async def test_what_a_writer_brought_in_itself_does_not_wait(world):
    await tell(world, generation("a", 5))
    await catalog.threads(world.core, world.caller, Query())
    await tell(world, generation("b", 5))
    assert not await world.core.store.read(lambda tx: tx.catalog.behind(world.caller.project_id))
