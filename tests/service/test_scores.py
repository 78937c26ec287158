"""Scores: made with their step or apart from it, changed, listed and deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from clew.domain.problem import Invalid, NotFound
from clew.domain.query import Filter, Op, Query
from clew.domain.score import ScoreKind
from clew.domain.step import ScoreChange, StepChange
from clew.service import scores, steps
from support.world import World

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@pytest.fixture
async def world(tmp_path) -> AsyncIterator[World]:
    async with World(tmp_path) as world:
        yield world


def score(**fields):
    return ScoreChange(**{"name": "good", "value": 1.0, "step_id": "a", **fields})


async def test_a_score_is_changed_by_what_is_told_and_keeps_the_rest(world):
    (made,) = await scores.create(world.core, world.caller, [score(comment="fine", kind=ScoreKind.AI, tags=("x",))])
    after = await scores.update(world.core, world.caller, made.id, ScoreChange(value=0.0))
    assert (after.value, after.comment, after.kind, after.tags) == (0.0, "fine", ScoreKind.AI, ("x",))
    assert await scores.get(world.core, world.caller, made.id) == after


@pytest.mark.parametrize("lacking", [{"name": "x"}, {"value": 1.0}])
async def test_scores_are_made_together_or_not_at_all(world, lacking):
    with pytest.raises(Invalid):
        await scores.create(world.core, world.caller, [score(), ScoreChange(step_id="a", **lacking)])
    assert (await scores.page(world.core, world.caller, Query())).things == ()


async def test_a_score_that_is_deleted_is_gone_from_its_step(world):
    await steps.ingest(world.core, world.caller, [StepChange(id="a", scores=(score(id="s"),))])
    await scores.delete(world.core, world.caller, "s")
    assert (await steps.get(world.core, world.caller, "a")).scores == ()
    for call in (scores.delete, scores.get):
        with pytest.raises(NotFound):
            await call(world.core, world.caller, "s")
    with pytest.raises(NotFound):
        await scores.update(world.core, world.caller, "s", score())


async def test_scores_are_listed_by_what_they_say(world):
    await scores.create(world.core, world.caller, [score(), score(name="bad", comment="Too long", tags=("x",))])

    async def listed(field, op, value):
        query = Query(filters=(Filter(field=field, op=op, value=value),))
        return [one.name for one in (await scores.page(world.core, world.caller, query)).things]

    assert await listed("comment", Op.HAS, "LONG") == ["bad"]
    assert await listed("tags", Op.IN, ["x"]) == ["bad"]
    assert await listed("name", Op.EQ, "good") == ["good"]
