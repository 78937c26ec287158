"""Operations: an index with its files, all or nothing, and what is told of it afterwards."""

import pytest

from clew.domain.expiration import DAY_SECONDS, SECOND, Expiration, Policy
from clew.domain.page import Window
from clew.domain.patch import change
from clew.domain.problem import NotFound
from clew.domain.project import Caller
from clew.service import files, indexes, operations
from clew.service.files import NewFile
from clew.service.indexes import NewIndex, NewPlace
from clew.upkeep.sweep import sweep_once
from storage.conformance import nouns
from support.world import World

STRANGER = Caller(project_id="other")
CONFIG = {"kind": "hybrid", "combination": {"weights": [0.5, 0.5]}}


@pytest.fixture
async def world(tmp_path):
    async with World(tmp_path) as world:
        yield world


async def upload(world: World, name: str = "a.txt") -> str:
    async def hello():
        yield b"hello"

    return (await files.create(world.core, world.caller, NewFile(name=name), hello())).id


async def create(world: World, *file_ids: str, **more: object):
    new = NewIndex(files=tuple(NewPlace(file_id=file_id) for file_id in file_ids), **more)
    return await operations.create_index(world.core, world.caller, new, description="making it")


async def test_an_index_is_made_with_its_files_of_any_kind(world):
    file_ids = (await upload(world), await upload(world, "figures.csv"))
    made = await create(world, *file_ids, config=CONFIG, folder="b1g", description="d", metadata={"a": "b"})
    index = await indexes.get(world.core, world.caller, made.index_id)
    assert (made.done, made.error, made.description, made.folder) == (True, None, "making it", "b1g")
    assert made.result_index == index
    assert (index.counts.completed, index.config, index.description) == (2, CONFIG, "d")
    assert await operations.get(world.core, world.caller, made.id) == made


async def test_files_are_added_to_an_index(world):
    made, file_id = await create(world, await upload(world)), await upload(world)
    world.clock.advance(60)
    added = await operations.add_files(world.core, world.caller, made.index_id, [file_id], description="adding")
    assert ([file.file_id for file in added.result_files], added.result_index) == ([file_id], None)
    index = await indexes.get(world.core, world.caller, made.index_id)
    assert (index.counts.completed, index.updated_at - index.created_at) == (2, 60 * SECOND)


async def test_a_file_that_is_not_there_leaves_nothing(world):
    file_id = await upload(world)
    with pytest.raises(NotFound):
        await create(world, file_id, "file-none")
    assert (await indexes.page(world.core, world.caller, Window())).things == ()
    made = await create(world, file_id)
    with pytest.raises(NotFound):
        await operations.add_files(world.core, world.caller, made.index_id, ["file-none"])
    assert (await indexes.get(world.core, world.caller, made.index_id)).counts.total == 1


async def test_an_index_that_expired_or_is_not_there_takes_no_files(world):
    ends = Expiration(policy=Policy.STATIC, ttl_seconds=60)
    made = await create(world, expiration=ends)
    world.clock.advance(60)
    for index_id in (made.index_id, "vs_none"):
        with pytest.raises(NotFound):
            await operations.add_files(world.core, world.caller, index_id, [])


async def test_what_is_in_an_expired_index_is_shown_only_to_who_does_not_mind(world):
    file_id = await upload(world)
    made = await create(world, file_id, expiration=Expiration(policy=Policy.STATIC, ttl_seconds=60))
    asks = {
        "get": lambda **how: indexes.get(world.core, world.caller, made.index_id, **how),
        "get_file": lambda **how: indexes.get_file(world.core, world.caller, made.index_id, file_id, **how),
        "page_files": lambda **how: indexes.page_files(world.core, world.caller, made.index_id, Window(), **how),
        "modify": lambda **how: indexes.modify(world.core, world.caller, made.index_id, change(name="n"), **how),
        "delete": lambda **how: indexes.delete(world.core, world.caller, made.index_id, **how),
    }
    world.clock.advance(60)
    for ask in asks.values():
        with pytest.raises(NotFound):
            await ask(unless_expired=True)
    for ask in asks.values():
        await ask()


async def test_a_result_outlives_its_index_and_is_swept_after_a_day(world):
    made = await create(world)
    await indexes.delete(world.core, world.caller, made.index_id)
    world.clock.advance(DAY_SECONDS - 1)
    await sweep_once(world.core)
    assert await operations.get(world.core, world.caller, made.id) == made
    world.clock.advance(1)
    await sweep_once(world.core)
    with pytest.raises(NotFound):
        await operations.get(world.core, world.caller, made.id)


async def test_cancelling_ends_what_goes_on_and_lets_be_what_is_done(world):
    waits = nouns.operation(project_id=world.caller.project_id)
    await world.store.write(lambda tx: tx.operations.insert(waits))
    cancelled = await operations.cancel(world.core, world.caller, waits.id)
    assert (cancelled.done, cancelled.error.code, cancelled.modified_at) == (True, "cancelled", world.clock.now())
    made = await create(world)
    assert await operations.cancel(world.core, world.caller, made.id) == made


async def test_another_projects_is_not_found(world):
    made = await create(world)
    for ask in (operations.get, operations.cancel):
        with pytest.raises(NotFound):
            await ask(world.core, STRANGER, made.id)
