"""Under the store a disk that is full, breaks, is slow or is read-only: what is refused changed nothing."""

import asyncio
import shutil

import apsw
import pytest

from clew.domain.problem import AlreadyExists
from clew.storage.port import StoreProblem
from clew.storage.sqlite import open_store
from storage.conformance import nouns
from storage.conformance.nouns import OURS, THREAD

FULL = ("write", apsw.SQLITE_FULL)
BROKEN = ("write", apsw.SQLITE_IOERR_WRITE)
UNSYNCED = ("sync", apsw.SQLITE_IOERR_FSYNC)
WORDS = {FULL: "The disk is full.", BROKEN: "The disk did not do what it was asked."}

faults = pytest.mark.parametrize("fault", [FULL, BROKEN, UNSYNCED], ids=["full", "write", "sync"])


def append(store, name, **more):
    """A message on its way into the thread."""
    return store.write(lambda tx: tx.items.append(OURS, THREAD, [nouns.message(name, **more)]))


async def kept(store):
    return [item.id for item in await nouns.log(store)]


async def ends(*works):
    """How each of them ended: what it gave, or the problem in words."""
    found = await asyncio.gather(*works, return_exceptions=True)
    return [str(one) if isinstance(one, BaseException) else "done" for one in found]


async def one_group(store, disk, *works):
    """How these units ended that were one commit. The commit before is held back while they gather."""
    with disk.slow_sync() as hold:
        first = asyncio.ensure_future(append(store, "first"))
        await asyncio.to_thread(hold.wait_reached)
        group = [asyncio.ensure_future(work) for work in works]
        await kept(store)  # by now they are all in the queue
        with disk.failing("sync", apsw.SQLITE_IOERR_FSYNC, times=1):
            hold.release()
            await first
            return await asyncio.gather(*group, return_exceptions=True)


@faults
async def test_what_was_refused_changed_nothing_and_writing_works_again(store, disk, fault):
    await nouns.with_thread(store)
    await append(store, "before")
    with disk.failing(*fault):
        assert await ends(append(store, "refused")) == [WORDS.get(fault, WORDS[BROKEN])]
        assert await kept(store) == ["before"]  # readers are served all the while
    await append(store, "after")
    assert await kept(store) == ["before", "after"]


@faults
async def test_what_was_refused_does_not_come_true_at_the_next_start(store, disk, tmp_path, fault):
    await nouns.with_thread(store)
    await append(store, "before")
    with disk.failing(*fault):
        await ends(append(store, "refused"))
    crashed = tmp_path / "crashed"
    crashed.mkdir()
    for name in ("clew.db", "clew.db-wal"):  # what a process that dies now leaves
        shutil.copy(tmp_path / name, crashed)
    found = open_store(crashed / "clew.db")
    assert await kept(found) == ["before"]
    await found.close()


async def test_a_commit_that_fails_is_told_to_its_group_and_to_nobody_else(store, disk):
    await nouns.with_thread(store)
    answers = await one_group(store, disk, *(append(store, f"m{n}") for n in range(5)))
    assert [type(answer) for answer in answers] == [StoreProblem] * 5
    await append(store, "next")
    assert await kept(store) == ["first", "next"]


async def test_a_refusal_that_rests_on_what_was_not_kept_is_not_given(store, disk):
    await nouns.with_thread(store)
    answers = await one_group(store, disk, append(store, "same"), append(store, "same"))
    assert [type(answer) for answer in answers] == [StoreProblem] * 2
    assert await kept(store) == ["first"]


async def test_a_refusal_that_rests_on_what_was_kept_is_given(store, disk):
    await nouns.with_thread(store)
    with disk.slow_sync() as hold:
        both = [asyncio.ensure_future(append(store, "same")) for _ in range(2)]
        await asyncio.to_thread(hold.wait_reached)
    answers = await asyncio.gather(*both, return_exceptions=True)
    assert [type(answer) for answer in answers] == [list, AlreadyExists]


async def test_a_read_that_fails_is_told_to_its_unit_and_to_no_other(store, disk):
    await nouns.with_thread(store)
    await append(store, "news")  # which no reader has in its cache
    with disk.failing("read", apsw.SQLITE_IOERR_READ, times=1):
        first, second = await asyncio.gather(kept(store), kept(store), return_exceptions=True)
    assert (str(first), second) == ("The disk did not do what it was asked.", ["news"])


async def test_a_slow_disk_only_slows_and_keeps_no_reader_waiting(store, disk):
    await nouns.with_thread(store)
    with disk.slow_sync() as hold:
        writing = asyncio.ensure_future(append(store, "slow"))
        await asyncio.to_thread(hold.wait_reached)
        assert await kept(store) == []
        assert not writing.done()
    await writing
    assert await kept(store) == ["slow"]


async def test_a_file_on_a_read_only_disk_is_refused_at_the_start(store, disk, tmp_path):
    await store.close()
    disk.read_only = True
    with pytest.raises(StoreProblem, match=r"The data in .*clew\.db cannot be opened"):
        open_store(tmp_path / "clew.db")


@pytest.mark.parametrize("place", ["/proc/clew", "/dev/null/clew"])
def test_a_folder_that_cannot_be_made_is_refused_at_the_start(tmp_path, place):
    with pytest.raises(StoreProblem, match="cannot be used"):
        open_store(tmp_path.joinpath(place, "clew.db"))
