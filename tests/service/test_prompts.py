"""Prompts: found or made, with versions that are counted once however often they are told."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from clew.domain.noun import replace
from clew.domain.patch import DEPTH_MAX
from clew.domain.problem import Invalid, NotFound
from clew.domain.prompt import Rollout, Template
from clew.service import prompts
from clew.service.prompts import NewVariant
from support.world import World

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@pytest.fixture
async def world(tmp_path) -> AsyncIterator[World]:
    async with World(tmp_path) as world:
        yield world


def template(text="hello", **fields):
    return Template(messages=({"role": "user", "content": text},), **fields)


async def issued(world, *texts):
    """A prompt with a version for each text."""
    prompt = await prompts.get_or_create(world.core, world.caller, "greeting")
    for text in texts:
        await prompts.get_or_create_version(world.core, world.caller, prompt.id, template(text))
    return await prompts.get(world.core, world.caller, "greeting")


async def test_who_races_for_a_name_gets_the_same_prompt(world):
    made = await asyncio.gather(*(prompts.get_or_create(world.core, world.caller, "x", str(n)) for n in range(5)))
    assert len({prompt.id for prompt in made}) == 1
    with pytest.raises(Invalid):
        await prompts.get_or_create(world.core, world.caller, "")


async def test_who_races_for_a_version_gets_the_same_one(world):
    prompt = await issued(world)
    raced = [template(text) for text in "abab"]
    made = await asyncio.gather(
        *(prompts.get_or_create_version(world.core, world.caller, prompt.id, one) for one in raced)
    )
    assert [issue.version.number for issue in made] == [0, 1, 0, 1]
    assert (await prompts.get(world.core, world.caller, "greeting")).versions == 2


async def test_without_a_provider_a_version_that_has_one_says_the_same(world):
    prompt = await issued(world)
    numbers = []
    for settings in ({"provider": "x", "n": 1}, {"n": 1}, {"provider": "y", "n": 1}, {"n": 1}, {"n": 2}, None, {}):
        said = template(settings=settings)
        issue = await prompts.get_or_create_version(world.core, world.caller, prompt.id, said)
        numbers.append(issue.version.number)
    assert numbers == [0, 0, 1, 1, 2, 3, 3]


async def test_a_version_is_given_by_number_or_by_what_is_drawn(world):
    await issued(world, "a", "b", "c")

    async def given(number=None, draw=0.0):
        issue = await prompts.version(world.core, world.caller, "greeting", number=number, draw=draw)
        assert (await prompts.version_by_id(world.core, world.caller, issue.version.id)) == issue
        return issue.version.number

    assert [await given(0), await given(), await given(draw=0.9)] == [0, 2, 2]
    await prompts.roll_out(world.core, world.caller, "greeting", [Rollout(version=1, percent=30)])
    assert [await given(draw=0.29), await given(draw=0.3), await given(0)] == [1, 2, 0]


@pytest.mark.parametrize("number", [None, 0, 3, -1])
async def test_a_version_that_there_is_not_is_not_found(world, number):
    await issued(world, *("abc" if number in (3, -1) else ""))
    with pytest.raises(NotFound):
        await prompts.version(world.core, world.caller, "greeting", number=number, draw=0)


async def test_rollouts_that_cannot_be_change_nothing(world):
    before = await issued(world, "a")
    for name, rollout, problem in (("greeting", Rollout(version=1, percent=1), Invalid), ("none", None, NotFound)):
        with pytest.raises(problem):
            await prompts.roll_out(world.core, world.caller, name, [rollout] if rollout else [])
    assert await prompts.get(world.core, world.caller, "greeting") == before


async def test_a_variant_names_a_prompt_that_there_is(world):
    prompt = await issued(world, "a")
    new = NewVariant(template=template("b"), prompt_id=prompt.id, from_version=0, score_template_id="s")
    made = await prompts.create_variant(world.core, world.caller, new)
    assert (made.template, made.prompt_id, made.from_version) == (template("b"), prompt.id, 0)
    for wrong in ({"prompt_id": "none"}, {"from_version": 1}):
        with pytest.raises(NotFound):
            await prompts.create_variant(world.core, world.caller, replace(new, **wrong))


@pytest.mark.parametrize("field", ["messages", "tools", "settings", "variables", "defaults"])
async def test_what_nests_too_deep_is_refused(world, field):
    prompt = await issued(world)
    deep = {}
    for _ in range(DEPTH_MAX + 1):
        deep = {"a": deep}
    said = Template(**{field: deep if field in ("settings", "defaults") else (deep,)})
    with pytest.raises(Invalid):
        await prompts.get_or_create_version(world.core, world.caller, prompt.id, said)
    with pytest.raises(Invalid):
        await prompts.create_variant(world.core, world.caller, NewVariant(template=said))
