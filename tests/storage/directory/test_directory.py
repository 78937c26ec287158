"""Blobs in a directory: what is kept, what is never left behind, and what is nobody's business."""

import asyncio
import errno
import fcntl
import hashlib
import os
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

import clew
from clew.domain.problem import NotFound, TooLarge
from clew.storage.directory import DirectoryBlobs, every, give_to, held, owner_of, size_of
from clew.storage.directory.directory import CHUNK_BYTES
from clew.storage.port import StoreProblem

MANY = 10**9


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "blobs"


@pytest.fixture
def blobs(folder: Path) -> DirectoryBlobs:
    return DirectoryBlobs(folder)


async def source(*chunks: bytes | Exception) -> AsyncIterator[bytes]:
    for chunk in chunks:
        if isinstance(chunk, Exception):
            raise chunk
        yield chunk


async def kept(blobs: DirectoryBlobs, *chunks: bytes) -> str:
    return (await blobs.put(source(*chunks), size_max=MANY)).blob


async def whole(blobs: DirectoryBlobs, blob: str) -> bytes:
    return b"".join([chunk async for chunk in blobs.read(blob)])


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def grow_old(folder: Path, *keys: str, seconds: int = 4000) -> None:
    for key in keys:
        os.utime(folder / key[:2] / key, (time.time() - seconds,) * 2)


async def test_what_is_put_can_be_read_with_its_size_and_md5(blobs: DirectoryBlobs):
    stored = await blobs.put(source(b"one ", b"two"), size_max=7)
    assert await whole(blobs, stored.blob) == b"one two"
    assert (stored.size, stored.md5) == (7, hashlib.md5(b"one two").hexdigest())  # noqa: S324 (what is asked for)


async def test_no_bytes_at_all_are_a_blob_too(blobs: DirectoryBlobs):
    stored = await blobs.put(source(), size_max=0)
    assert stored.size == 0
    assert await whole(blobs, stored.blob) == b""


async def test_much_is_read_in_chunks_of_a_bounded_size(blobs: DirectoryBlobs):
    piece = os.urandom(100_000)
    blob = await kept(blobs, *[piece] * 9)
    chunks = [chunk async for chunk in blobs.read(blob)]
    assert max(len(chunk) for chunk in chunks) == CHUNK_BYTES
    assert b"".join(chunks) == piece * 9


@pytest.mark.parametrize(
    ("start", "length", "expected"),
    [(0, None, b"0123456789"), (4, None, b"456789"), (4, 3, b"456"), (8, 9, b"89"), (10, 1, b""), (0, 0, b"")],
)
async def test_a_stretch_can_be_read(blobs: DirectoryBlobs, start: int, length: int | None, expected: bytes):
    blob = await kept(blobs, b"0123456789")
    assert b"".join([chunk async for chunk in blobs.read(blob, start=start, length=length)]) == expected


async def test_a_blob_stands_alone_under_its_key_in_a_folder_of_two_characters(blobs: DirectoryBlobs, folder: Path):
    blob = await kept(blobs, b"x")
    assert (folder / blob[:2] / blob).stat().st_mode & 0o777 == 0o600
    assert names(folder) == [blob]


async def test_one_byte_too_many_leaves_nothing(blobs: DirectoryBlobs, folder: Path):
    big = b"x" * CHUNK_BYTES
    with pytest.raises(TooLarge) as caught:
        await blobs.put(source(big, big, b"y"), size_max=2 * CHUNK_BYTES)
    assert (caught.value.field, caught.value.limit, caught.value.unit) == ("file", 2 * CHUNK_BYTES, "bytes")
    assert names(folder) == []


async def test_a_source_that_fails_leaves_nothing_and_its_error_is_its_own(blobs: DirectoryBlobs, folder: Path):
    with pytest.raises(ConnectionResetError):
        await blobs.put(source(b"x" * CHUNK_BYTES, ConnectionResetError()), size_max=MANY)
    assert names(folder) == []


async def test_a_cancelled_put_leaves_nothing(blobs: DirectoryBlobs, folder: Path):
    written = asyncio.Event()

    async def stalling() -> AsyncIterator[bytes]:
        yield b"x" * CHUNK_BYTES
        written.set()
        await asyncio.Event().wait()

    putting = asyncio.create_task(blobs.put(stalling(), size_max=MANY))
    await written.wait()
    assert len(names(folder)) == 1
    putting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await putting
    assert names(folder) == []


@pytest.mark.parametrize("method", ["write", "finish"])
async def test_a_put_that_is_cancelled_while_a_thread_writes_leaves_nothing(
    blobs: DirectoryBlobs, folder: Path, monkeypatch: pytest.MonkeyPatch, method: str
):
    running: list[asyncio.Task[object]] = []
    real = getattr(asyncio, "to_thread")  # noqa: B009 (mypy would know the attribute, and then its overloads)

    async def cancelling(function: object, *arguments: object) -> object:
        if getattr(function, "__name__", "") == method:
            asyncio.get_running_loop().call_soon(running[0].cancel)
        return await real(function, *arguments)

    monkeypatch.setattr(asyncio, "to_thread", cancelling)
    running.append(asyncio.create_task(blobs.put(source(b"x" * CHUNK_BYTES, b"y"), size_max=MANY)))
    with pytest.raises(asyncio.CancelledError):
        await running[0]
    assert names(folder) == []


async def test_a_full_disk_is_said_in_one_safe_sentence_and_leaves_nothing(
    blobs: DirectoryBlobs, folder: Path, monkeypatch: pytest.MonkeyPatch
):
    await kept(blobs, b"first")

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "/secret/place")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StoreProblem, match=r"^The disk is full\.$"):
        await blobs.put(source(b"second"), size_max=MANY)
    assert len(names(folder)) == 1


async def test_a_folder_that_is_none_is_a_store_problem(tmp_path: Path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StoreProblem, match=r"^The data folder cannot be used\.$"):
        await DirectoryBlobs(tmp_path / "file").put(source(b"x"), size_max=1)


async def test_parts_are_joined_in_the_given_order(blobs: DirectoryBlobs):
    parts = [await kept(blobs, letter * 300_000) for letter in (b"a", b"b")]
    joined = await blobs.join([parts[1], parts[0]], size_max=600_000)
    assert await whole(blobs, joined.blob) == b"b" * 300_000 + b"a" * 300_000
    assert joined.size == 600_000


async def test_joining_a_part_that_is_gone_leaves_only_the_parts(blobs: DirectoryBlobs, folder: Path):
    part = await kept(blobs, b"a" * CHUNK_BYTES)
    with pytest.raises(NotFound):
        await blobs.join([part, "0" * 32], size_max=MANY)
    assert names(folder) == [part]


async def test_a_deleted_blob_is_not_found_and_deleting_it_again_is_no_fault(blobs: DirectoryBlobs):
    blob = await kept(blobs, b"x")
    assert await blobs.delete(blob)
    assert await blobs.delete(blob)
    with pytest.raises(NotFound):
        await whole(blobs, blob)


HOLD = """
import pathlib, sys
from clew.storage.directory import held
with held(pathlib.Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


async def test_while_another_process_holds_the_directory_nothing_is_deleted(blobs: DirectoryBlobs, folder: Path):
    blob = await kept(blobs, b"x")
    command = [sys.executable, "-c", HOLD, str(folder)]
    environment = {**os.environ, "PYTHONPATH": str(Path(clew.__file__).parents[1])}
    other = await asyncio.create_subprocess_exec(
        *command, env=environment, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    assert await other.stdout.readline() == b"held\n"
    assert not await blobs.delete(blob)
    assert await whole(blobs, blob) == b"x"
    other.kill()
    await other.communicate()
    assert await blobs.delete(blob)
    assert names(folder) == []


async def test_many_may_hold_the_directory_and_what_is_written_meanwhile_is_kept(blobs: DirectoryBlobs, folder: Path):
    with held(folder):  # there is none yet
        blob = await kept(blobs, b"x")
    with held(folder), held(folder):
        assert not await blobs.delete(blob)
        other = await kept(blobs, b"y")
    assert {key for batch in every(folder) for key in batch} == {blob, other}


async def test_many_deletions_at_once_are_all_done(blobs: DirectoryBlobs, folder: Path):
    keys = [await kept(blobs, b"x") for _ in range(20)]
    assert all(await asyncio.gather(*map(blobs.delete, keys)))
    assert names(folder) == []


async def test_where_there_are_no_locks_for_directories_blobs_are_still_deleted(
    blobs: DirectoryBlobs, folder: Path, monkeypatch: pytest.MonkeyPatch
):
    def none(*_: object) -> None:
        raise OSError(errno.EBADF, "Bad file descriptor")

    blob = await kept(blobs, b"x")
    monkeypatch.setattr(fcntl, "flock", none)
    with held(folder):
        assert await blobs.delete(blob)
    assert names(folder) == []


async def test_the_size_of_a_blob_is_told_and_none_of_what_is_not_there(blobs: DirectoryBlobs, folder: Path):
    assert size_of(folder, await kept(blobs, b"four")) == 4
    assert size_of(folder, "0" * 32) is None
    assert size_of(folder, "../store") is None


async def test_a_directory_knows_whose_it_is_which_is_no_blob(blobs: DirectoryBlobs, folder: Path):
    assert owner_of(folder) is None
    give_to(folder, "store_1")
    give_to(folder, "store_2")
    await blobs.clear_unfinished()
    assert owner_of(folder) == "store_2"
    assert [key for batch in every(folder) for key in batch] == []


async def test_who_reads_already_reads_on_when_the_blob_is_deleted(blobs: DirectoryBlobs):
    blob = await kept(blobs, b"x" * CHUNK_BYTES, b"y")
    chunks = blobs.read(blob)
    await anext(chunks)
    await blobs.delete(blob)
    assert [chunk async for chunk in chunks] == [b"y"]


@pytest.mark.parametrize(
    "key", ["", ".", "..", "../x", "/etc/passwd", "A" * 32, "0" * 31, "0" * 32 + "\n", "unfinished"]
)
async def test_no_key_is_a_path(blobs: DirectoryBlobs, key: str):
    with pytest.raises(NotFound):
        await whole(blobs, key)
    await blobs.delete(key)


async def test_only_blobs_of_that_age_are_old(blobs: DirectoryBlobs, folder: Path):
    old, _young = await kept(blobs, b"old"), await kept(blobs, b"young")
    grow_old(folder, old)
    assert [batch async for batch in blobs.older_than(3600)] == [[old]]


async def test_the_age_counts_from_the_end_of_a_slow_source(blobs: DirectoryBlobs, folder: Path):
    async def slow() -> AsyncIterator[bytes]:
        yield b"x" * CHUNK_BYTES
        [unfinished] = (folder / "unfinished").iterdir()
        os.utime(unfinished, (0, 0))

    await blobs.put(slow(), size_max=MANY)
    assert [batch async for batch in blobs.older_than(3600)] == []


@pytest.mark.parametrize("hours", [24, -24])
async def test_a_clock_that_is_set_makes_no_blob_old(
    blobs: DirectoryBlobs, folder: Path, monkeypatch: pytest.MonkeyPatch, hours: int
):
    await kept(blobs, b"young")
    set_to = time.time() + hours * 3600
    monkeypatch.setattr(time, "time", lambda: set_to)
    assert [batch async for batch in blobs.older_than(3600)] == []


async def test_many_old_blobs_come_in_small_batches(blobs: DirectoryBlobs, folder: Path):
    keys = {f"{number:032x}" for number in range(600)}
    (folder / "00").mkdir(parents=True)
    for key in keys:
        (folder / "00" / key).touch()
    grow_old(folder, *keys)
    batches = [batch async for batch in blobs.older_than(3600)]
    assert [len(batch) for batch in batches] == [500, 100]
    assert {key for batch in batches for key in batch} == keys


async def test_nothing_is_old_before_there_is_a_directory(blobs: DirectoryBlobs):
    await blobs.clear_unfinished()
    assert [batch async for batch in blobs.older_than(0)] == []


async def test_what_a_dead_process_was_writing_is_cleared_and_nothing_else(blobs: DirectoryBlobs, folder: Path):
    blob = await kept(blobs, b"x")
    (folder / "unfinished" / ("0" * 32)).write_bytes(b"half")
    await blobs.clear_unfinished()
    assert names(folder) == [blob]


async def test_what_is_being_written_now_is_not_cleared(blobs: DirectoryBlobs):
    async def interrupted() -> AsyncIterator[bytes]:
        yield b"x" * CHUNK_BYTES
        await blobs.clear_unfinished()
        yield b"y"

    stored = await blobs.put(interrupted(), size_max=MANY)
    assert len(await whole(blobs, stored.blob)) == CHUNK_BYTES + 1
