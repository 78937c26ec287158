"""Participants: made, read, changed and listed, until they end."""

import pytest

from clew.domain.expiration import DAY_SECONDS, SECOND, Expiration, Policy
from clew.domain.page import Window
from clew.domain.patch import change
from clew.domain.problem import AlreadyExists, NotFound
from clew.domain.project import Caller
from clew.service import participants
from clew.service.participants import NewParticipant
from support.world import World

WEEK = Expiration(policy=Policy.SINCE_LAST_ACTIVE, ttl_seconds=7 * DAY_SECONDS)
ADA = Caller(project_id="default", subject="key_ada")
BEA = Caller(project_id="default", subject="key_bea")


@pytest.fixture
async def world(tmp_path):
    async with World(tmp_path) as world:
        yield world


async def test_a_participant_is_read_as_it_was_made(world):
    made = await participants.create(
        world.core, ADA, NewParticipant(name="Eve", source="crm", expiration=WEEK, folder="b1")
    )
    assert await participants.get(world.core, ADA, made.id) == made
    assert (made.identifier, made.created_by, made.folder) == (made.id, "key_ada", "b1")
    assert made.expires_at == made.created_at + 7 * DAY_SECONDS * SECOND


async def test_a_taken_identifier_already_exists(world):
    await participants.create(world.core, ADA, NewParticipant(identifier="eve"))
    with pytest.raises(AlreadyExists):
        await participants.create(world.core, ADA, NewParticipant(identifier="eve"))


async def test_a_change_is_signed_and_its_end_is_counted_from_the_past(world):
    made = await participants.create(world.core, ADA, NewParticipant(expiration=WEEK, metadata={"a": "1"}))
    world.clock.advance(60)
    static = Expiration(policy=Policy.STATIC, ttl_seconds=3600)
    it = await participants.modify(
        world.core, BEA, made.id, change(name="Eve", expiration=static, metadata=lambda old: {**old, "b": "2"})
    )
    assert (it.name, it.metadata, it.updated_by, it.created_by) == ("Eve", {"a": "1", "b": "2"}, "key_bea", "key_ada")
    assert (it.updated_at - it.created_at, it.expires_at) == (60 * SECOND, it.created_at + 3600 * SECOND)


async def test_one_that_ended_or_was_deleted_is_not_found(world):
    made = [await participants.create(world.core, ADA, NewParticipant(expiration=WEEK)) for _ in range(2)]
    await participants.delete(world.core, ADA, made[0].id)
    with pytest.raises(NotFound):
        await participants.delete(world.core, ADA, made[0].id)
    world.clock.advance(7 * DAY_SECONDS)
    with pytest.raises(NotFound):
        await participants.get(world.core, ADA, made[1].id)
    assert (await participants.page(world.core, ADA, Window())).things == ()


async def test_the_newest_stands_first_and_another_projects_is_not_listed(world):
    await participants.create(world.core, Caller(project_id="other"), NewParticipant())
    made = []
    for _ in range(3):
        world.clock.advance(1)
        made.append(await participants.create(world.core, ADA, NewParticipant()))
    page = await participants.page(world.core, ADA, Window(limit=2))
    assert ([one.id for one in page.things], page.has_more) == ([made[2].id, made[1].id], True)
