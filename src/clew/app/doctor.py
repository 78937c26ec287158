"""`clew doctor`: one line for each thing that a server needs, and whether it is well. Changes nothing.

Of a backup it says the same about what is inside.
"""

from __future__ import annotations

import importlib.util
import shutil
import tempfile
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from clew.app.pairing import refuse_lost_database
from clew.storage.directory import every, held, owner_of, size_of
from clew.storage.port import StoreProblem
from clew.storage.sqlite import SCHEMA_NEWEST, examined
from clew.transfer.archive import DATABASE, Archive, Damaged, blob_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from clew.app.settings import Settings
    from clew.engine.model import ModelConfig
    from clew.storage.sqlite import Examination

FREE_BYTES_MIN: Final = 512 * 2**20
"""Below this, one upload may fill the disk."""
MODEL_SECONDS: Final = 5.0
SHOWN_MAX: Final = 3
"""Of things that are wrong in the same way, so many are named."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the doctor."""

    what: str
    is_well: bool
    said: str

    def __str__(self) -> str:
        return f"{'ok' if self.is_well else 'problem':8} {self.what}: {self.said}"


def findings(settings: Settings) -> Iterator[Finding]:
    """What the doctor finds, as it finds it."""
    yield from _folders(settings)
    yield from _data(settings)
    yield from _models(settings)


def _folders(settings: Settings) -> Iterator[Finding]:
    folders = {"data folder": settings.data, "blobs folder": settings.blobs_folder}
    if settings.database_file.parent != settings.data:
        folders["database folder"] = settings.database_file.parent
    for what, folder in folders.items():
        yield _writable(what, folder)
    free = shutil.disk_usage(_existing(settings.data)).free
    yield Finding("free disk", free >= FREE_BYTES_MIN, f"{free / 2**30:.1f} GiB")


def _existing(folder: Path) -> Path:
    """The folder, or the nearest one above it that is there."""
    folder = folder.absolute()
    return next(one for one in (folder, *folder.parents) if one.is_dir())


def _writable(what: str, folder: Path) -> Finding:
    existing = _existing(folder)
    try:
        # Tried, not asked: a full or read-only file system does not show in permissions.
        with tempfile.TemporaryFile(dir=existing):
            pass
    except OSError as error:
        return Finding(what, is_well=False, said=f"{existing} cannot be written: {error.strerror}")
    if folder.exists() and not folder.is_dir():
        return Finding(what, is_well=False, said=f"{folder} is not a folder")
    return Finding(what, is_well=True, said=f"{folder}" if folder.is_dir() else f"{folder}, made at the first start")


def _data(settings: Settings) -> Iterator[Finding]:
    file, blobs = settings.database_file, settings.blobs_folder
    try:
        refuse_lost_database(settings)
        if not file.exists():
            yield Finding("database", is_well=True, said=f"{file}, made at the first start")
            return
        with held(blobs), examined(file) as database:
            yield from _database(file, database)
            if database.schema:  # an empty file has no mode yet
                yield Finding("journal mode", database.journal_mode == "wal", database.journal_mode)
                yield from _owner(database.store_id, owner_of(blobs))
                yield from _rows(database, lambda blob: size_of(blobs, blob))
                yield from _orphans(database, every(blobs), lambda blob: size_of(blobs, blob))
    except (StoreProblem, OSError) as problem:
        yield Finding("database", is_well=False, said=str(problem))


def backup_findings(file: Path) -> Iterator[Finding]:
    """What the doctor finds in a backup. The database in it is copied into a temporary folder to be looked at."""
    try:
        with tempfile.TemporaryDirectory(prefix="clew-doctor-") as folder, file.open("rb") as source:
            copied = Path(folder, DATABASE)
            archive = Archive(source)
            sizes = archive.read(lambda name: copied.open("xb") if name == DATABASE else None)
            head = archive.head
            yield Finding("backup", is_well=True, said=f"{file}, whole; made {head.made_at} by Clew {head.clew}")
            blobs = {blob: size for name, size in sizes.items() if (blob := blob_of(name))}
            with examined(copied) as database:
                yield from _database(file, database)
                yield from _owner(database.store_id, head.store)
                yield from _rows(database, blobs.get)
                yield from _orphans(database, [list(blobs)], blobs.get)
    except Damaged as damage:
        yield Finding("backup", is_well=False, said=f"{file} cannot be used: {damage}")
    except OSError as error:
        yield Finding("backup", is_well=False, said=f"{file} cannot be read: {error.strerror or error}")
    except StoreProblem as problem:
        yield Finding("database", is_well=False, said=str(problem))


def _database(file: Path, database: Examination) -> Iterator[Finding]:
    complaints = database.complaints()
    yield Finding("database", not complaints, "; ".join(complaints[:SHOWN_MAX]) or f"{file}, checked")
    if database.schema > SCHEMA_NEWEST:
        yield Finding("schema", is_well=False, said=f"{database.schema}, and this Clew knows {SCHEMA_NEWEST}")
    else:
        later = "" if database.schema == SCHEMA_NEWEST else f", {SCHEMA_NEWEST} from the next start on"
        yield Finding("schema", is_well=True, said=f"{database.schema}{later}")


def _owner(store_id: str | None, owner: str | None) -> Iterator[Finding]:
    """Whether database and blobs say that they belong together. Where either says nothing, a start will see to it."""
    if store_id is not None and owner is not None:
        said = store_id if store_id == owner else f"the database is {store_id}, the files are those of {owner}"
        yield Finding("store", store_id == owner, said)


def _rows(database: Examination, size_of: Callable[[str], int | None]) -> Iterator[Finding]:
    """Whether every row can be read and stands where it should, and whether the bytes are there that rows name."""
    faults = list(database.faults())
    yield Finding("rows", not faults, _listed(faults) or f"{database.rows:,} read, all in order")
    wrong: list[str] = []
    blobs = 0
    for named in database.blobs():
        blobs += 1
        size = size_of(named.blob)
        if size is None:
            wrong.append(f"the bytes of {named.owner} are missing")
        elif named.size not in {None, size}:
            wrong.append(f"{named.owner} has {size:,} of {named.size:,} bytes")
    yield Finding("files", not wrong, _listed(wrong) or f"{blobs:,}, all bytes are there")


def _orphans(
    database: Examination, blobs: Iterable[list[str]], size_of: Callable[[str], int | None]
) -> Iterator[Finding]:
    """Bytes that no row names are no fault: a write may be under way, and the sweep frees what is left of one."""
    orphans = [blob for batch in blobs for blob in database.unnamed(batch)]
    freed = f", {sum(size_of(blob) or 0 for blob in orphans):,} bytes; a sweep frees them in an hour" if orphans else ""
    yield Finding("bytes that nothing names", is_well=True, said=f"{len(orphans):,} files{freed}")


def _listed(faults: list[str]) -> str:
    more = f"; and {len(faults) - SHOWN_MAX:,} more" if len(faults) > SHOWN_MAX else ""
    return "; ".join(faults[:SHOWN_MAX]) + more


def _models(settings: Settings) -> Iterator[Finding]:
    if settings.local_model is not None:
        yield _local_model(settings.local_model.path)
    configs = [*settings.models, *((settings.default_model,) if settings.default_model else ())]
    for config in configs:
        yield _answers(config)
    if settings.local_model is None and not configs:
        yield Finding("model", is_well=False, said="none is set: runs will fail. See --model-url and --local-model")


def _local_model(file: Path | None) -> Finding:
    what = "local model"
    if importlib.util.find_spec("xllamacpp") is None:
        return Finding(what, is_well=False, said="the package xllamacpp is missing: install clew[local]")
    if file is not None and not file.is_file():
        return Finding(what, is_well=False, said=f"there is no file {file}")
    return Finding(what, is_well=True, said=str(file or "the packaged one"))


def _answers(config: ModelConfig) -> Finding:
    """Whether the server lists its models, which costs nobody a token."""
    what = f"model {config.pattern} on {config.base_url}"
    request = urllib.request.Request(f"{config.base_url}/models")  # noqa: S310 (http or https, as the settings checked)
    if config.api_key:
        # Unredirected: the key is for this server and nobody that it points to.
        request.add_unredirected_header("Authorization", f"Bearer {config.api_key}")
    try:
        with urllib.request.urlopen(request, timeout=MODEL_SECONDS) as answer:  # noqa: S310 (as above)
            return Finding(what, is_well=True, said=f"answers {answer.status}")
    except urllib.error.HTTPError as error:
        error.close()
        reason = "refuses the key" if error.code in {401, 403} else "does not list its models"
        return Finding(what, is_well=False, said=f"{reason} (status {error.code})")
    except (OSError, ValueError) as error:
        return Finding(what, is_well=False, said=f"does not answer: {getattr(error, 'reason', None) or error}")
