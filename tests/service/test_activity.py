"""Runs keep alive what they work on, where it expires when unused."""

from typing import Any

import pytest

from clew.domain.expiration import DAY_SECONDS, SECOND, Expiration, Policy, timed
from clew.domain.noun import replace
from clew.domain.problem import NotFound
from clew.domain.tool import Tool, ToolKind, ToolResources
from clew.service import activity, assistants, files, indexes, runs, threads
from clew.service.files import NewFile
from clew.service.indexes import NewIndex, NewPlace
from clew.service.runs import NewRun
from clew.service.threads import NewThread
from support.scripted_model import ScriptedModel
from support.world import World

WEEK = Expiration(policy=Policy.SINCE_LAST_ACTIVE, ttl_seconds=7 * DAY_SECONDS)
STATIC = Expiration(policy=Policy.STATIC, ttl_seconds=7 * DAY_SECONDS)
HOUR = 3600 * SECOND
SEARCH = Tool(kind=ToolKind.SEARCH)


@pytest.fixture
async def world(tmp_path):
    with ScriptedModel() as model:
        async with World(tmp_path, model) as world:
            yield world


async def over(world: World, expiration: Expiration | None) -> tuple[Any, Any, Any]:
    """A thread, an assistant that searches and an index that all end so."""
    index = await indexes.create(world.core, world.caller, NewIndex(expiration=expiration))
    new = NewThread(expiration=expiration, tool_resources=ToolResources(index_ids=(index.id,)))
    thread = await threads.create(world.core, world.caller, new)
    assistant_id = await world.assistant(tools=(SEARCH,))

    async def ends(tx: Any) -> None:
        it = await assistants.require(tx, world.core, world.caller, assistant_id)
        await tx.assistants.touch(timed(replace(it, expiration=expiration)))

    await world.store.write(ends)
    return thread, await assistants.get(world.core, world.caller, assistant_id), index


async def ends_of(world: World, *nouns: Any) -> list[int | None]:
    thread, assistant, index = nouns
    return [
        (await threads.get(world.core, world.caller, thread.id)).expires_at,
        (await assistants.get(world.core, world.caller, assistant.id)).expires_at,
        (await indexes.get(world.core, world.caller, index.id)).expires_at,
    ]


@pytest.mark.parametrize(("expiration", "moved"), [(WEEK, HOUR), (STATIC, 0)])
async def test_a_run_moves_the_ends_of_what_expires_unused(world, expiration, moved):
    nouns = await over(world, expiration)
    before = await ends_of(world, *nouns)
    world.clock.advance(3600)
    run = await world.start(nouns[0].id, nouns[1].id)
    async with world.engine():
        await world.ended(run)
    assert await ends_of(world, *nouns) == [end + moved for end in before]


async def test_a_run_over_what_never_ends_sets_no_end(world):
    nouns = await over(world, None)
    run = await world.start(nouns[0].id, nouns[1].id)
    async with world.engine():
        await world.ended(run)
    assert await ends_of(world, *nouns) == [None, None, None]


async def test_the_end_of_a_run_moves_them_too(world):
    nouns = await over(world, WEEK)
    before = await ends_of(world, *nouns)
    run = await world.start(nouns[0].id, nouns[1].id)
    world.clock.advance(3600)
    await runs.cancel(world.core, world.caller, run.thread_id, run.id)
    assert await ends_of(world, *nouns) == [end + HOUR for end in before]


async def test_what_has_expired_is_not_brought_back(world):
    nouns = await over(world, WEEK)
    run = (await runs.create(world.core, world.caller, nouns[0].id, NewRun(assistant_id=nouns[1].id))).run
    world.clock.advance(7 * DAY_SECONDS)
    await world.store.write(lambda tx: activity.touch(tx, world.core, run))
    with pytest.raises(NotFound):
        await threads.get(world.core, world.caller, nouns[0].id)
    with pytest.raises(NotFound):
        await indexes.get(world.core, world.caller, nouns[2].id, unless_expired=True)


async def test_being_put_into_an_index_is_activity_of_a_file(world):
    async def hello():
        yield b"hello"

    index = await indexes.create(world.core, world.caller, NewIndex())
    file = await files.create(world.core, world.caller, NewFile(name="a.txt", expiration=WEEK), hello())
    world.clock.advance(3600)
    await indexes.put_file(world.core, world.caller, index.id, NewPlace(file_id=file.id))
    now = await files.get(world.core, world.caller, file.id)
    assert (now.expires_at - file.expires_at, now.last_active_at) == (HOUR, world.clock.now())
