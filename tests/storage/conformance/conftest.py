"""The store under test: every test of this folder runs once over each adapter."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from clew.storage.port import Store
from storage.conformance.adapters import ADAPTERS, Opener


@pytest.fixture(params=ADAPTERS)
def opener(request: pytest.FixtureRequest) -> Opener:
    return ADAPTERS[request.param]


@pytest.fixture
async def store(opener: Opener, tmp_path: Path) -> AsyncIterator[Store]:
    """An empty store."""
    async with opener(tmp_path) as store:
        yield store
