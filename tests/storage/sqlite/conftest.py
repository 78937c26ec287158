"""A store over an empty file."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from clew.storage.sqlite import SqliteStore, open_store


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    store = open_store(tmp_path / "clew.db")
    yield store
    await store.close()
