"""That a database and a folder of blobs belong together, before anything is swept.

To a server whose database was lost, replaced or mistaken for another, every blob is one that nothing names, and the
sweep would delete them all. So the store has an id that the folder of blobs knows as well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from clew.storage.directory import every, give_to, owner_of
from clew.storage.port import StoreProblem
from clew.transfer.restore import is_unfinished

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from clew.app.settings import Settings
    from clew.storage.port import Tx
    from clew.storage.sqlite import SqliteStore

WHAT_TO_DO = (
    "Put the right one back, or name another data folder with --data. "
    "A server would delete those files, because this database names none of them."
)


def refuse_lost_database(settings: Settings) -> None:
    """Raise `StoreProblem` where a new database would be made beside the blobs of another one."""
    file, blobs = settings.database_file, settings.blobs_folder
    if file.exists():
        return
    if is_unfinished(settings.data):
        raise StoreProblem(
            f"A restore into {settings.data} was broken off, and nothing is there yet. Repeat it: `clew restore`."
        )
    if owner_of(blobs) is not None or any(every(blobs)):
        raise StoreProblem(
            f"There is no database {file}, but the files of one are in {blobs}. Put it back, or restore a backup into "
            "an empty folder with `clew restore`. To begin anew, name another data folder with --data."
        )


async def pair(store: SqliteStore, settings: Settings) -> None:
    """Write the store's id beside blobs that nobody has claimed. Raises `StoreProblem` where they are another's.

    Unclaimed blobs are those of a data folder from before this rule: they are the store's if it names any of them.
    """
    blobs = settings.blobs_folder
    owner = owner_of(blobs)
    if owner == store.id or (owner is None and await _names_any(store, blobs)):
        if owner is None:
            give_to(blobs, store.id)
        return
    raise StoreProblem(
        f"The database {settings.database_file} and the files in {blobs} do not belong together: the database is "
        f"{store.id}, the files are those of {owner or 'one that names other files'}. {WHAT_TO_DO}"
    )


async def _names_any(store: SqliteStore, blobs: Path) -> bool:
    """Whether the store names any of the blobs there are, or there are none."""
    there = False
    for batch in every(blobs):
        if batch:
            there = True
            if await store.read(_known(batch)):
                return True
    return not there


def _known(blobs: list[str]) -> Callable[[Tx], Awaitable[set[str]]]:
    return lambda tx: tx.files.blobs_known(blobs)
