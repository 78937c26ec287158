"""Participants by the names that apps have for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from clew.domain.problem import AlreadyExists, Invalid, NotFound
from clew.service import people
from support.world import World

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@pytest.fixture
async def world(tmp_path) -> AsyncIterator[World]:
    async with World(tmp_path) as world:
        yield world


async def test_a_participant_is_found_by_id_and_by_identifier(world):
    ada = await people.create(world.core, world.caller, "ada", {"k": 1})
    assert await people.get(world.core, world.caller, id=ada.id) == ada
    assert await people.get(world.core, world.caller, identifier="ada") == ada
    assert await people.every(world.core, world.caller, [ada.id, "nobody"]) == {ada.id: ada}


async def test_an_identifier_is_taken_once_and_never_empty(world):
    await people.create(world.core, world.caller, "ada")
    with pytest.raises(AlreadyExists):
        await people.create(world.core, world.caller, "ada")
    with pytest.raises(Invalid):
        await people.create(world.core, world.caller, "")


async def test_a_participant_is_changed_in_what_is_given(world):
    ada = await people.create(world.core, world.caller, "ada", {"k": 1})
    after = await people.modify(world.core, world.caller, ada.id, identifier="ada lovelace")
    assert (after.identifier, after.metadata) == ("ada lovelace", {"k": 1})


async def test_one_that_is_not_there_is_not_found(world):
    for call in (people.modify, people.delete):
        with pytest.raises(NotFound):
            await call(world.core, world.caller, "nobody")
    with pytest.raises(NotFound):
        await people.get(world.core, world.caller, identifier="nobody")
