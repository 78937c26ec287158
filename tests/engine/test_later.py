"""A model that is loaded later: once, whoever asks first."""

import asyncio
import threading
from contextlib import aclosing

import pytest

from clew.engine.later import Later
from clew.engine.model import Ask, ModelConfig, TextPiece

CONFIG = ModelConfig(pattern="*", base_url="http://127.0.0.1:1/v1")
ASK = Ask(model="any", messages=[])


class Echo:
    """A model that says one word."""

    def __init__(self):
        self.thread = threading.get_ident()
        self.is_closed = False

    async def stream(self, config, ask):
        yield TextPiece(text=ask.model)

    async def close(self):
        self.is_closed = True


@pytest.fixture
def loaded():
    return []


@pytest.fixture
def later(loaded):
    def load():
        loaded.append(Echo())
        return loaded[-1]

    return Later(load)


async def said(later):
    async with aclosing(later.stream(CONFIG, ASK)) as pieces:
        return [piece.text async for piece in pieces]


async def test_is_loaded_once_for_all_who_ask(later, loaded):
    assert await asyncio.gather(said(later), said(later)) == [["any"], ["any"]]
    assert len(loaded) == 1


async def test_is_loaded_beside_the_loop(later, loaded):
    await later.begin()
    assert loaded[0].thread != threading.get_ident()


async def test_outlives_one_who_does_not_wait_for_it(later):
    asking = asyncio.ensure_future(said(later))
    await asyncio.sleep(0)
    asking.cancel()
    assert await said(later) == ["any"]


async def test_closes_what_was_loaded_and_loads_nothing_to_close_it(later, loaded):
    await later.close()
    assert loaded == []
    await later.begin()
    await later.close()
    assert loaded[0].is_closed


async def test_says_to_everyone_that_it_cannot_be_loaded():
    def load():
        raise ImportError("no such package")

    later = Later(load)
    for _ in range(2):
        with pytest.raises(ImportError):
            await said(later)
    await later.close()
