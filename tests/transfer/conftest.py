"""A data folder with one of everything that a backup has to keep apart: rows, bytes, and bytes that nothing names."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from clew.domain.project import Caller
from clew.service import files, uploads
from clew.service.core import Core, Limits, RandomIds
from clew.service.files import NewFile
from clew.service.uploads import NewUpload
from clew.storage.directory import DirectoryBlobs, give_to
from clew.storage.sqlite import open_store
from support.clock import FakeClock

CALLER = Caller(project_id="default")


async def chunks(*said: bytes) -> AsyncIterator[bytes]:
    for one in said:
        yield one


@dataclass(kw_only=True)
class Folder:
    """A data folder, its core, and the blobs in it."""

    path: Path
    core: Core
    named: list[str]
    orphan: str

    @property
    def database(self) -> Path:
        return self.path / "clew.db"

    @property
    def blobs(self) -> Path:
        return self.path / "blobs"

    async def add(self, name: str, content: bytes) -> str:
        """A further file's id."""
        return (await files.create(self.core, CALLER, NewFile(name=name), chunks(content))).id

    async def delete(self, file_id: str) -> None:
        await files.delete(self.core, CALLER, file_id)


@pytest.fixture
async def folder(tmp_path: Path) -> AsyncIterator[Folder]:
    path = tmp_path / "data"
    store = open_store(path / "clew.db")
    give_to(path / "blobs", store.id)
    blobs = DirectoryBlobs(path / "blobs")
    core = Core(store=store, blobs=blobs, clock=FakeClock(), ids=RandomIds(), limits=Limits())
    file = await files.create(core, CALLER, NewFile(name="../a"), chunks(b"one ", b"file"))
    upload = await uploads.create(core, CALLER, NewUpload(name="b", purpose="vision", size=9, mime="text/plain"))
    part = await uploads.add_part(core, CALLER, upload.id, chunks(b"part"))
    orphan = await blobs.put(chunks(b"nothing names this"), size_max=100)
    yield Folder(path=path, core=core, named=sorted([file.blob, part.blob]), orphan=orphan.blob)
    await store.close()
