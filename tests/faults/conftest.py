"""A disk that can be made to fail, a store over it, and a whole server over it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from clew.storage.sqlite import SqliteStore, open_store
from support.faulty_disk import FaultyDisk

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[FaultyDisk]:
    """The disk under everything in `tmp_path`. To be asked for before whatever opens a store there."""
    with FaultyDisk(tmp_path) as disk:
        yield disk


@pytest.fixture
async def store(disk: FaultyDisk, tmp_path: Path) -> AsyncIterator[SqliteStore]:
    """A store over the disk, with one reader, so that what waits together is read together."""
    store = open_store(tmp_path / "clew.db", readers=1)
    yield store
    await store.close()
