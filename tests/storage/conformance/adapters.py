"""The stores that the suite runs over. A further one joins as one line of `ADAPTERS`."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Final

from clew.storage.port import Store
from clew.storage.sqlite import open_store

Opener = Callable[[Path], AbstractAsyncContextManager[Store]]
"""Opens the store that belongs to a folder, which may be used as a name only: empty at first, the same one later."""


@asynccontextmanager
async def open_sqlite(folder: Path) -> AsyncIterator[Store]:
    store = open_store(folder / "clew.db")
    try:
        yield store
    finally:
        await store.close()


ADAPTERS: Final[dict[str, Opener]] = {
    "sqlite": open_sqlite,
}
