"""Making a backup of a data folder, also while a server has it."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from clew import __version__
from clew.storage import directory, sqlite
from clew.storage.port import StoreProblem
from clew.transfer.archive import DATABASE, FORMAT, ArchiveWriter, Head, name_of

if TYPE_CHECKING:
    from typing import BinaryIO


class CannotBackUp(Exception):
    """No backup was made. `str` is a sentence for the operator."""


@dataclass(slots=True, kw_only=True)
class Made:
    """What a backup holds, and what its rows name that was not there to be held."""

    size: int = 0
    blobs: int = 0
    missing: list[str] = field(default_factory=list[str])


def backup(*, database: Path, blobs: Path, to: Path, now: int) -> Made:
    """Write a backup to this file, which is there once it is whole and safe on the disk.

    It holds the database as it is at one moment after this was called, with all that was answered before, and the
    bytes that it names then. What a server deletes meanwhile stays on the disk until the backup has been made.

    Raises `CannotBackUp`, and `StoreProblem` where the data cannot be read.
    """
    if to.exists():
        raise CannotBackUp(f"There is already a file {to}. A backup never takes the place of another one.")
    made = Made()
    try:
        with tempfile.TemporaryDirectory(dir=to.parent, prefix=f".{to.name}.", suffix=".unfinished") as folder:
            unfinished, copied = Path(folder, "backup"), Path(folder, DATABASE)
            with directory.held(blobs):
                sqlite.copy(database, copied)
                with unfinished.open("xb") as file:
                    _write(file, copied, blobs, made, now=now)
                    file.flush()
                    os.fsync(file.fileno())
            made.size = unfinished.stat().st_size
            unfinished.chmod(0o600)
            unfinished.rename(to)
            directory.sync(to.parent)
    except OSError as error:
        raise CannotBackUp(f"The backup {to} cannot be written: {error.strerror or error}.") from error
    return made


def _write(file: BinaryIO, database: Path, blobs: Path, made: Made, *, now: int) -> None:
    with sqlite.examined(database) as examined:
        store_id = examined.store_id
        if store_id is None:
            raise StoreProblem(
                f"The database has the schema {examined.schema}, of an older Clew. Bring it to this one's first: "
                "start the server, or `clew migrate`."
            )
        moment = datetime.fromtimestamp(now / 1_000_000, UTC).isoformat(timespec="seconds")
        head = Head(format=FORMAT, clew=__version__, made_at=moment, store=store_id, schema=examined.schema)
        archive = ArchiveWriter(file, head)
        with database.open("rb") as source:
            archive.add(DATABASE, source, os.fstat(source.fileno()).st_size)
        for named in examined.blobs():
            if not _add(archive, blobs, named.blob):
                made.missing.append(named.owner)
            else:
                made.blobs += 1
        archive.finish()


def _add(archive: ArchiveWriter, blobs: Path, blob: str) -> bool:
    """Whether the blob was there to be added."""
    path = directory.path_of(blobs, blob)
    with suppress(FileNotFoundError):
        if path is not None:
            with path.open("rb") as source:
                archive.add(name_of(blob), source, os.fstat(source.fileno()).st_size)
            return True
    return False
