"""Threads told piece by piece, with participants who may be new."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from clew.domain.expiration import Expiration, Policy
from clew.domain.problem import Invalid, NotFound
from clew.service import conversations, people, threads
from clew.service.conversations import ThreadChange
from clew.service.threads import NewThread
from support.world import World

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@pytest.fixture
async def world(tmp_path) -> AsyncIterator[World]:
    async with World(tmp_path) as world:
        yield world


async def upsert(world, **fields):
    return await conversations.upsert(world.core, world.caller, ThreadChange(**fields))


async def test_a_thread_is_made_and_then_changed_in_what_is_told(world):
    await upsert(world, id="t", name="Talk", tags=("x",), metadata={"k": 1}, made_in="dev")
    after = await upsert(world, id="t", metadata={"l": 2}, made_in="prod")
    assert (after.name, after.tags, after.metadata, after.environment) == ("Talk", ("x",), {"l": 2}, "dev")
    assert await threads.get(world.core, world.caller, "t") == after


async def test_a_thread_moves_to_the_environment_that_is_told(world):
    assert (await upsert(world, id="t", environment="staging", made_in="dev")).environment == "staging"
    assert (await upsert(world, id="t", environment="prod", made_in="dev")).environment == "prod"


async def test_a_thread_without_an_id_is_new(world):
    one, other = await upsert(world), await upsert(world)
    assert one.id != other.id
    with pytest.raises(Invalid):
        await upsert(world, id="")


async def test_a_participant_is_named_by_id_or_identifier_and_made_where_there_is_none(world):
    by_name = await upsert(world, participant="ada")
    ada = await people.get(world.core, world.caller, identifier="ada")
    by_id = await upsert(world, participant=ada.id)
    assert by_name.participant_id == by_id.participant_id == ada.id


async def test_update_wants_a_thread_that_is_there(world):
    with pytest.raises(NotFound):
        await conversations.update(world.core, world.caller, ThreadChange(id="t", name="n"))
    await upsert(world, id="t")
    assert (await conversations.update(world.core, world.caller, ThreadChange(id="t", name="n"))).name == "n"


async def test_the_id_of_an_expired_thread_can_be_used_again(world):
    ends = Expiration(policy=Policy.STATIC, ttl_seconds=5)
    await threads.create(world.core, world.caller, NewThread(id="t", name="old", expiration=ends))
    world.clock.advance(5)
    assert (await upsert(world, id="t")).name is None


async def test_those_that_there_are_come_by_their_ids(world):
    await upsert(world, id="t")
    assert list(await conversations.every(world.core, world.caller, ["t", "none"])) == ["t"]
