"""Making a data folder from a backup: all of it, or nothing that a server would take for one."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING, Final

from clew.storage import directory, sqlite
from clew.transfer.archive import DATABASE, Archive, Damaged

if TYPE_CHECKING:
    from pathlib import Path
    from typing import BinaryIO

    from clew.transfer.archive import Head

UNFINISHED: Final = "unfinished-restore"
BLOBS: Final = "blobs"
OURS: Final = frozenset({"clew.lock", "lost+found"})
"""What an empty folder may hold: our lock, and what is in every new file system."""


class CannotRestore(Exception):
    """Nothing was restored. `str` is a sentence for the operator."""


def is_unfinished(folder: Path) -> bool:
    """Whether a restore into this data folder was broken off. The database comes last: with it, all is there."""
    return (folder / UNFINISHED).is_dir() and not (folder / DATABASE).exists()


def restore(archive: Path, folder: Path) -> Head:
    """Fill an empty data folder, or one where a restore was broken off. Returns what the backup says of itself.

    Everything is written into a folder of its own inside, compared with its digests and made safe on the disk. Then
    it is given its names, the database last; a server refuses a folder that has not come so far.

    Raises `CannotRestore`, and `StoreProblem` where a server has the folder.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        directory.sync(folder.absolute().parent)
        lock = sqlite.hold(folder)
    except OSError as error:
        raise CannotRestore(f"The data folder {folder} cannot be used: {error.strerror}.") from error
    try:
        _require_empty(folder)
        with archive.open("rb") as file:
            head = _unpacked(file, folder / UNFINISHED)
        _name(folder)
    except Damaged as error:
        raise CannotRestore(f"The backup {archive} cannot be used: {error}.") from error
    except OSError as error:
        raise CannotRestore(f"The backup {archive} cannot be restored: {error.strerror or error}.") from error
    finally:
        if is_unfinished(folder):
            _clear(folder)
        os.close(lock)
    return head


def _require_empty(folder: Path) -> None:
    if is_unfinished(folder):
        _clear(folder)
    found = sorted(path.name for path in folder.iterdir() if path.name not in OURS)
    if found:
        raise CannotRestore(
            f"The data folder {folder} is not empty: it holds {found[0]}. Name another one with --data."
        )


def _clear(folder: Path) -> None:
    """What a restore has left: it began in an empty folder, and no server has used that since."""
    shutil.rmtree(folder / BLOBS, ignore_errors=True)
    shutil.rmtree(folder / UNFINISHED)
    directory.sync(folder)


def _unpacked(file: BinaryIO, unfinished: Path) -> Head:
    """The archive's parts in this folder, compared with their digests and safe on the disk."""
    archive = Archive(file)
    if archive.head.schema > sqlite.SCHEMA_NEWEST:
        raise CannotRestore(
            f"The backup was made by a newer Clew (schema {archive.head.schema}; this one knows "
            f"{sqlite.SCHEMA_NEWEST}). Restore it with that version, {archive.head.clew}."
        )
    unfinished.mkdir(mode=0o700)
    (unfinished / BLOBS).mkdir(mode=0o700)
    directory.sync(unfinished.parent)

    def sink(name: str) -> BinaryIO:
        path = unfinished / name  # one of the names that an archive may hold: it leads to nowhere else
        path.parent.mkdir(exist_ok=True, mode=0o700)
        return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb")

    archive.read(sink)
    with sqlite.examined(unfinished / DATABASE) as examined:
        if (examined.schema, examined.store_id) != (archive.head.schema, archive.head.store):
            raise Damaged("it says of its database what is not so")
    directory.give_to(unfinished / BLOBS, archive.head.store)
    for path, _, names in os.walk(unfinished, topdown=False):
        for name in names:
            _make_safe(os.path.join(path, name))  # noqa: PTH118 (of what `os.walk` gave)
        _make_safe(path)
    return archive.head


def _make_safe(path: str) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _name(folder: Path) -> None:
    """Give everything the names under which a server looks for it, the database last."""
    for name in (BLOBS, DATABASE):
        (folder / UNFINISHED / name).rename(folder / name)
        directory.sync(folder)
    shutil.rmtree(folder / UNFINISHED)
    directory.sync(folder)
