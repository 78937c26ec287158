"""What a model is told of tools, and what happens when it calls one that cannot be used."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from clew.domain.run import RunState
from clew.domain.tool import Tool, ToolKind
from clew.engine.model import ModelFault
from clew.engine.tools import Offer
from support.world import WEATHER, World

if TYPE_CHECKING:
    from pathlib import Path

    from clew.domain.run import Run
    from support.scripted_model import ScriptedModel

WEB = Tool(kind=ToolKind.WEB_SEARCH, description="News.")


def names(offer: Offer) -> list[str]:
    return [function["function"]["name"] for function in offer.functions]


def test_functions_are_offered_and_what_we_cannot_do_is_not() -> None:
    assert names(Offer([Tool(kind=ToolKind.SEARCH), Tool(kind=ToolKind.CODE), WEATHER])) == ["get_weather"]


def test_a_web_search_is_a_function_with_a_name_that_is_free() -> None:
    mine = Tool(kind=ToolKind.FUNCTION, name="generative_search")
    offer = Offer([WEB, mine])
    assert names(offer) == ["generative_search", "generative_search_"]
    offer.check("generative_search")
    with pytest.raises(ModelFault):
        offer.check("generative_search_")


async def ended(world: World) -> Run:
    run = await world.begun(tools=[WEB])
    async with world.engine():
        return await world.ended(run)


async def test_a_run_whose_model_searches_the_web_fails_and_says_so(tmp_path: Path, model: ScriptedModel) -> None:
    model.call(("generative_search", {"query": "news"}), text="Let me see.")
    async with World(tmp_path, model) as world:
        run = await ended(world)
    assert run.state is RunState.FAILED
    assert run.progress.error is not None
    assert "generative search" in run.progress.error.message


async def test_a_run_whose_model_might_have_searched_the_web_goes_on(tmp_path: Path, model: ScriptedModel) -> None:
    async with World(tmp_path, model) as world:
        assert (await ended(world)).state is RunState.COMPLETED
