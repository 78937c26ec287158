"""Files: kept whole or not at all, seen by their project only, gone from everywhere when deleted."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from clew.domain.expiration import DAY_SECONDS, SECOND, Expiration, Policy
from clew.domain.page import Window
from clew.domain.problem import NotFound, TooLarge
from clew.domain.project import Caller
from clew.service import files, indexes
from clew.service.core import Core, Limits, RandomIds
from clew.service.files import NewFile
from clew.service.indexes import NewIndex, NewPlace
from clew.storage.directory import DirectoryBlobs
from clew.storage.port import StoreProblem
from clew.storage.sqlite import SqliteStore, open_store
from support.clock import FakeClock

CALLER = Caller(project_id="ours", subject="someone")
STRANGER = Caller(project_id="theirs")


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def core(tmp_path: Path, clock: FakeClock) -> AsyncIterator[Core]:
    store = open_store(tmp_path / "clew.db")
    blobs = DirectoryBlobs(tmp_path / "blobs")
    yield Core(store=store, blobs=blobs, clock=clock, ids=RandomIds(), limits=Limits(file_bytes=1000))
    await store.close()


async def source(*chunks: bytes) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


async def upload(core: Core, name: str = "notes.txt", *, purpose: str = "assistants") -> str:
    return (await files.create(core, CALLER, NewFile(name=name, purpose=purpose), source(b"hello"))).id


def blobs_left(tmp_path: Path) -> list[Path]:
    return [path for path in (tmp_path / "blobs").rglob("*") if path.is_file()]


async def test_a_file_is_what_was_sent_and_its_bytes_come_back(core: Core):
    new = NewFile(name="notes.md", purpose="assistants", metadata={"a": 1})
    made = await files.create(core, CALLER, new, source(b"hel", b"lo"))
    file, chunks = await files.content(core, CALLER, made.id)
    assert file == made
    assert (file.name, file.size, file.mime, file.metadata) == ("notes.md", 5, "text/markdown", {"a": 1})
    assert b"".join([chunk async for chunk in chunks]) == b"hello"


async def test_a_name_that_looks_like_a_path_is_only_a_name(core: Core, tmp_path: Path):
    file_id = await upload(core, "../../etc/passwd")
    assert (await files.get(core, CALLER, file_id)).name == "../../etc/passwd"
    assert len(blobs_left(tmp_path)) == 1


async def test_a_file_beyond_the_limit_leaves_nothing(core: Core, tmp_path: Path):
    with pytest.raises(TooLarge):
        await files.create(core, CALLER, NewFile(name="big"), source(b"x" * 1001))
    assert blobs_left(tmp_path) == []
    assert (await files.page(core, CALLER, Window())).things == ()


async def test_another_projects_file_is_not_found(core: Core):
    file_id = await upload(core)
    for attempt in (files.get, files.content, files.delete):
        with pytest.raises(NotFound):
            await attempt(core, STRANGER, file_id)
    assert (await files.page(core, STRANGER, Window())).things == ()


async def test_a_page_can_be_of_one_purpose(core: Core):
    one, other = await upload(core), await upload(core, purpose="vision")
    assert [file.id for file in (await files.page(core, CALLER, Window())).things] == [other, one]
    assert [file.id for file in (await files.page(core, CALLER, Window(), purpose="vision")).things] == [other]


async def test_a_deleted_file_is_gone_with_its_bytes_and_from_every_index(core: Core, tmp_path: Path):
    file_id = await upload(core)
    index = await indexes.create(core, CALLER, NewIndex(files=(NewPlace(file_id=file_id),)))
    await files.delete(core, CALLER, file_id)
    assert blobs_left(tmp_path) == []
    index = await indexes.get(core, CALLER, index.id)
    assert (index.counts.completed, index.size) == (0, 0)
    with pytest.raises(NotFound):
        await files.delete(core, CALLER, file_id)


async def test_deleting_succeeds_where_only_the_bytes_cannot_be_deleted(core: Core, monkeypatch: pytest.MonkeyPatch):
    async def refuse(self: DirectoryBlobs, blob: str) -> None:
        raise StoreProblem("The disk did not do what it was asked.")

    file_id = await upload(core)
    monkeypatch.setattr(DirectoryBlobs, "delete", refuse)
    await files.delete(core, CALLER, file_id)
    with pytest.raises(NotFound):
        await files.get(core, CALLER, file_id)


async def test_a_file_that_is_deleted_before_its_bytes_begin_is_not_found(core: Core):
    file_id = await upload(core)
    _, chunks = await files.content(core, CALLER, file_id)
    await files.delete(core, CALLER, file_id)
    with pytest.raises(NotFound) as caught:
        await anext(chunks)
    assert (caught.value.noun, caught.value.id) == ("file", file_id)


async def test_a_file_for_batches_ends_after_thirty_days(core: Core, clock: FakeClock):
    file_id = await upload(core, purpose="batch")
    clock.advance(30 * DAY_SECONDS - 1)
    assert (await files.get(core, CALLER, file_id)).expires_at == clock.now() + SECOND
    clock.advance(1)
    with pytest.raises(NotFound):
        await files.get(core, CALLER, file_id)


async def test_an_expiration_counts_from_creation_and_comes_before_the_usual_one(core: Core):
    hour = Expiration(policy=Policy.STATIC, ttl_seconds=3600)
    file = await files.create(core, CALLER, NewFile(name="a", purpose="batch", expiration=hour), source())
    assert file.expires_at == file.created_at + 3600 * SECOND


async def test_a_file_whose_row_cannot_be_written_is_not_there_at_all(core: Core, monkeypatch: pytest.MonkeyPatch):
    async def fail(self: SqliteStore, unit: object) -> None:
        raise StoreProblem("The disk is full.")

    monkeypatch.setattr(SqliteStore, "write", fail)
    with pytest.raises(StoreProblem):
        await upload(core)
    assert (await files.page(core, CALLER, Window())).things == ()


@pytest.mark.parametrize(
    ("name", "said", "expected"),
    [
        ("a.md", None, "text/markdown"),
        ("a.PDF", "application/octet-stream", "application/pdf"),
        ("a.ts", "", "text/plain"),
        ("a.txt", "Text/HTML; charset=utf-8", "text/html; charset=utf-8"),
        ("a.txt", "text/html\r\nSet-Cookie: a=b", "text/plain"),
        ("a.unknown", "application/octet-stream", "application/octet-stream"),
        ("unknown", None, None),
    ],
)
def test_the_kind_is_what_was_said_or_what_the_name_tells(name: str, said: str | None, expected: str | None):
    assert files.mime_of(name, said) == expected


def test_files_of_other_purposes_never_end():
    assert files.default_expiration("assistants") is None
    assert files.default_expiration(None) is None
