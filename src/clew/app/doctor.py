"""`clew doctor`: one line for each thing that a server needs, and whether it is well. Changes nothing."""

from __future__ import annotations

import importlib.util
import shutil
import tempfile
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from clew.storage.port import StoreProblem
from clew.storage.sqlite import examine

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from clew.app.settings import Settings
    from clew.engine.model import ModelConfig

FREE_BYTES_MIN: Final = 512 * 2**20
"""Below this, one upload may fill the disk."""
MODEL_SECONDS: Final = 5.0


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
    yield from _database(settings.database_file)
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


def _database(file: Path) -> Iterator[Finding]:
    if not file.exists():
        yield Finding("database", is_well=True, said=f"{file}, made at the first start")
        return
    try:
        health = examine(file)
    except StoreProblem as problem:
        yield Finding("database", is_well=False, said=str(problem))
        return
    yield Finding("database", not health.complaints, "; ".join(health.complaints[:3]) or f"{file}, checked")
    if health.schema > health.schema_newest:
        yield Finding("schema", is_well=False, said=f"{health.schema}, and this Clew knows {health.schema_newest}")
    else:
        later = "" if health.schema == health.schema_newest else f", {health.schema_newest} from the next start on"
        yield Finding("schema", is_well=True, said=f"{health.schema}{later}")
    if health.schema:  # an empty file has no mode yet
        yield Finding("journal mode", health.journal_mode == "wal", health.journal_mode)


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
