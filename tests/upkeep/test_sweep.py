"""The sweep: everything that ended is freed, everything that is needed stays."""

import asyncio
import logging
import os
import time
from collections.abc import AsyncIterator
from pathlib import Path

import apsw
import pytest

from clew.domain.event import Event, EventKind
from clew.domain.expiration import Expiration, Policy
from clew.domain.item import Part, PartKind
from clew.domain.problem import NotFound
from clew.domain.project import Caller
from clew.service import assistants, files, messages, runs, threads, uploads
from clew.service.assistants import NewAssistant
from clew.service.core import Core, Limits, RandomIds
from clew.service.files import NewFile
from clew.service.messages import NewMessage
from clew.service.runs import NewRun
from clew.service.threads import NewThread
from clew.service.uploads import NewUpload
from clew.storage.blobs import Stored
from clew.storage.directory import DirectoryBlobs, held
from clew.storage.port import StoreProblem, Tx
from clew.storage.sqlite import SqliteStore, open_store
from clew.upkeep.sweep import LIMIT, sweep_forever, sweep_once
from support.clock import FakeClock

CALLER = Caller(project_id="ours")
HOUR = Expiration(policy=Policy.STATIC, ttl_seconds=3600)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def core(tmp_path: Path, clock: FakeClock) -> AsyncIterator[Core]:
    store = open_store(tmp_path / "clew.db")
    blobs = DirectoryBlobs(tmp_path / "blobs")
    yield Core(store=store, blobs=blobs, clock=clock, ids=RandomIds(), limits=Limits(upload_seconds=3600))
    await store.close()


async def source(*chunks: bytes) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


def blobs_left(tmp_path: Path) -> list[str]:
    return [path.name for path in (tmp_path / "blobs").rglob("*") if path.is_file()]


def grow_old(tmp_path: Path) -> None:
    """Let two hours pass for every blob there is: their age is the file system's, not the fake clock's."""
    for path in (tmp_path / "blobs").rglob("*"):
        os.utime(path, (time.time() - 7200,) * 2)


def rows_left(tmp_path: Path) -> dict[str, int]:
    """How many rows each table has, of those that have any. The store is closed."""
    connection = apsw.Connection(str(tmp_path / "clew.db"))
    names = [name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
    counts = {name: connection.execute(f"SELECT count(*) FROM {name}").get for name in names}  # noqa: S608 (its own)
    connection.close()
    itself = ("_text_config", "_text_data", "_text_idx")  # rows that an index of text has without any text
    counts = {name: count for name, count in counts.items() if not name.endswith(itself)}
    return {name: count for name, count in counts.items() if count and not name.startswith(("sqlite_", "store"))}


async def test_a_sweep_brings_into_the_catalogs_what_waits(core: Core):
    await core.store.write(lambda tx: tx.catalog.open(CALLER.project_id))
    thread_id = await long_thread(core, 3)
    await sweep_once(core)
    assert not await core.store.read(lambda tx: tx.catalog.behind(CALLER.project_id))
    sums = await core.store.read(lambda tx: tx.catalog.thread_sums(CALLER.project_id, [thread_id]))
    assert list(sums) == [thread_id]


async def long_thread(core: Core, count: int) -> str:
    """A thread that ends in an hour, with so many messages."""
    hello = NewMessage(role="user", parts=(Part(kind=PartKind.TEXT, text="hello"),))
    new = NewThread(expiration=HOUR, metadata={"a": "b"}, messages=(hello,) * count)
    return (await threads.create(core, CALLER, new)).id


async def test_an_expired_thread_is_freed_in_batches_and_nothing_of_it_stays(
    core: Core, clock: FakeClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    await long_thread(core, 2000)
    clock.advance(3600)
    units = 0
    real = SqliteStore.write

    async def counting(self: SqliteStore, unit: object) -> object:
        nonlocal units
        units += 1
        return await real(self, unit)

    monkeypatch.setattr(SqliteStore, "write", counting)
    assert await sweep_once(core) >= 2000
    assert units > 2000 / LIMIT
    await core.store.close()
    assert rows_left(tmp_path) == {}


async def test_the_runs_and_events_of_an_expired_thread_are_freed_with_it(core: Core, clock: FakeClock, tmp_path: Path):
    assistant = await assistants.create(core, CALLER, NewAssistant(model="m"))
    thread_id = await long_thread(core, 3)
    run = (await runs.create(core, CALLER, thread_id, NewRun(assistant_id=assistant.id))).run
    more = [Event(kind=EventKind.RUN_MOVED, at=clock.now(), progress=run.progress)] * 1200
    await core.store.write(lambda tx: tx.events.append(run, more))
    clock.advance(3600)
    await sweep_once(core)
    await core.store.close()
    assert rows_left(tmp_path) == {"assistant": 1, "assistant_version": 1}


async def test_a_deleted_thread_is_freed_and_another_one_stays_whole(core: Core):
    gone, stays = await long_thread(core, 3), await long_thread(core, 3)
    await threads.delete(core, CALLER, gone)
    freed = await sweep_once(core)
    assert (freed >= 3, await sweep_once(core)) == (True, 0)
    hello = NewMessage(role="user", parts=(Part(kind=PartKind.TEXT, text="hello"),))
    assert (await messages.create(core, CALLER, stays, hello)).seq == 4


async def test_an_expired_file_is_freed_with_its_bytes(core: Core, clock: FakeClock, tmp_path: Path):
    await files.create(core, CALLER, NewFile(name="a", expiration=HOUR), source(b"a"))
    stays = await files.create(core, CALLER, NewFile(name="b"), source(b"b"))
    clock.advance(3600)
    grow_old(tmp_path)
    assert await sweep_once(core) == 2
    assert blobs_left(tmp_path) == [stays.blob]


async def test_the_parts_of_an_expired_upload_are_freed_with_their_bytes(core: Core, clock: FakeClock, tmp_path: Path):
    new = NewUpload(name="a", purpose="assistants", size=9, mime="text/plain")
    upload = await uploads.create(core, CALLER, new)
    await uploads.add_part(core, CALLER, upload.id, source(b"abc"))
    grow_old(tmp_path)
    assert await sweep_once(core) == 0
    clock.advance(3600)
    assert await sweep_once(core) == 2
    assert blobs_left(tmp_path) == []


async def test_an_upload_that_ended_can_be_asked_about_for_a_week(core: Core, clock: FakeClock):
    upload = await uploads.create(core, CALLER, NewUpload(name="a.txt", purpose="vision", size=3, mime="text/plain"))
    clock.advance(3600 + 6 * 86_400)
    await sweep_once(core)
    assert (await uploads.get(core, CALLER, upload.id)).state == "expired"

    clock.advance(86_400)

    assert await sweep_once(core) == 1
    with pytest.raises(NotFound):
        await uploads.get(core, CALLER, upload.id)


async def test_a_crash_between_bytes_and_row_leaves_an_orphan_that_the_sweep_removes(
    core: Core, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    async def crash(self: SqliteStore, unit: object) -> None:
        raise StoreProblem("The store failed.")

    with monkeypatch.context() as patched:
        patched.setattr(SqliteStore, "write", crash)
        with pytest.raises(StoreProblem):
            await files.create(core, CALLER, NewFile(name="a"), source(b"a"))
    assert (await sweep_once(core), len(blobs_left(tmp_path))) == (0, 1)
    grow_old(tmp_path)
    assert (await sweep_once(core), len(blobs_left(tmp_path))) == (1, 0)


async def test_bytes_that_somebody_holds_are_swept_afterwards(core: Core, clock: FakeClock, tmp_path: Path):
    file = await files.create(core, CALLER, NewFile(name="a", expiration=HOUR), source(b"a"))
    clock.advance(3600)
    grow_old(tmp_path)
    with held(tmp_path / "blobs"):
        assert (await sweep_once(core), blobs_left(tmp_path)) == (1, [file.blob])
    assert (await sweep_once(core), blobs_left(tmp_path)) == (1, [])


async def test_many_expired_files_are_freed_a_batch_at_a_time(core: Core, clock: FakeClock):
    async def many(tx: Tx) -> None:
        for number in range(LIMIT + 100):
            stored = Stored(blob=f"{number:032x}", size=0, md5="")
            await tx.files.insert(files.made(core, CALLER, NewFile(name="a", expiration=HOUR), stored))

    await core.store.write(many)
    clock.advance(3600)
    assert await sweep_once(core) == LIMIT + 100


async def test_sweeps_come_one_after_another_on_the_clock(core: Core, clock: FakeClock, tmp_path: Path):
    sweeping = asyncio.create_task(sweep_forever(core, every_seconds=60))
    await clock.until_someone_sleeps()
    await files.create(core, CALLER, NewFile(name="a", expiration=HOUR), source(b"a"))
    grow_old(tmp_path)
    clock.advance(3600)
    await clock.until_someone_sleeps()
    assert blobs_left(tmp_path) == []
    sweeping.cancel()


async def test_a_failing_sweep_is_logged_and_the_next_one_comes(
    core: Core, clock: FakeClock, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    async def fail(self: SqliteStore, unit: object) -> None:
        raise StoreProblem("The disk is full.")

    await long_thread(core, 1)
    clock.advance(3600)
    with monkeypatch.context() as patched:
        patched.setattr(SqliteStore, "write", fail)
        sweeping = asyncio.create_task(sweep_forever(core, every_seconds=60))
        await clock.until_someone_sleeps()
    assert "The disk is full." in caplog.text
    with caplog.at_level(logging.INFO, "clew.upkeep"):
        clock.advance(60)
        await clock.until_someone_sleeps()
    assert "a sweep freed" in caplog.text
    sweeping.cancel()
