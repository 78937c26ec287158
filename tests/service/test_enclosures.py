"""Things beside steps: told piece by piece, found by their id."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from clew.domain.problem import Invalid, NotFound
from clew.domain.step import EnclosureChange, StepChange
from clew.service import enclosures, steps, threads
from support.world import World

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@pytest.fixture
async def world(tmp_path) -> AsyncIterator[World]:
    async with World(tmp_path) as world:
        yield world


async def test_an_enclosure_is_told_in_pieces(world):
    made = await enclosures.create(world.core, world.caller, EnclosureChange(step_id="a", name="photo"))
    await enclosures.update(world.core, world.caller, made.id, EnclosureChange(url="https://example.org/x"))
    found = await enclosures.get(world.core, world.caller, made.id)
    assert (found.step_id, found.name, found.url) == ("a", "photo", "https://example.org/x")


async def test_an_enclosure_needs_a_step(world):
    with pytest.raises(Invalid):
        await enclosures.create(world.core, world.caller, EnclosureChange(name="photo"))


async def test_an_enclosure_goes_alone_or_with_its_thread(world):
    beside = (EnclosureChange(id="e"), EnclosureChange(id="f"))
    await steps.ingest(world.core, world.caller, [StepChange(id="a", thread_id="t", enclosures=beside)])
    await enclosures.delete(world.core, world.caller, "e")
    assert [one.id for one in (await steps.get(world.core, world.caller, "a")).enclosures] == ["f"]
    await threads.delete(world.core, world.caller, "t")
    for enclosure_id in "ef":
        with pytest.raises(NotFound):
            await enclosures.get(world.core, world.caller, enclosure_id)
