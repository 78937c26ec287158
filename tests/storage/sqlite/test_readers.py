"""The readers: what is short is read at once, what is long in a thread, and neither sees half a group."""

import asyncio
import threading
import weakref

import apsw
import pytest

from clew.domain.problem import Unavailable
from clew.storage.port import StoreProblem
from clew.storage.sqlite import open_store, readers
from storage.conformance import nouns
from storage.conformance.nouns import OURS, THREAD


async def where(tx):
    """The thread that a unit runs on, after a statement."""
    await tx.threads.get(OURS, THREAD, now=0)
    return threading.current_thread().name


async def long(tx):
    """A unit whose statement has more steps than a short read may have."""
    tx.threads.all("count_up")
    return threading.current_thread().name


@pytest.fixture
def _counting(monkeypatch):
    count = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000) SELECT max(i) FROM n"
    monkeypatch.setitem(readers_sql(), "count_up", count)
    monkeypatch.setattr(readers, "SHORT_SECONDS", 0)


def readers_sql():
    from clew.storage.sqlite.statements import SQL  # noqa: PLC0415 (only this fixture changes it)

    return SQL


async def test_a_short_read_is_done_where_it_was_asked_for(store):
    assert await store.read(where) == threading.current_thread().name


@pytest.mark.usefixtures("_counting")
async def test_a_long_read_is_done_in_a_thread(store):
    assert (await store.read(long)).startswith("clew-reader")


@pytest.mark.usefixtures("_counting")
async def test_short_reads_go_on_after_a_long_one(store):
    await store.read(long)
    assert await store.read(where) == threading.current_thread().name


@pytest.mark.usefixtures("_counting")
async def test_what_a_long_read_raises_is_raised(store):
    async def wrong(tx):
        await long(tx)
        raise LookupError("nothing")

    with pytest.raises(LookupError, match="nothing"):
        await store.read(wrong)


async def test_only_what_reads_is_interrupted_and_never_a_transactions_beginning_or_end(tmp_path, monkeypatch):
    monkeypatch.setattr(readers, "STEPS", 1)
    monkeypatch.setattr(readers, "SHORT_SECONDS", -1)
    store = open_store(tmp_path / "clew.db")
    for _ in range(5):
        assert (await store.read(where)).startswith("clew-reader")
        await asyncio.sleep(0)
    await store.close()


async def test_reads_of_one_round_of_the_loop_see_one_moment_and_the_next_sees_what_was_answered(store):
    await nouns.with_thread(store)
    assert await nouns.log(store) == []
    await store.write(lambda tx: tx.items.append(OURS, THREAD, [nouns.message("a")]))
    assert [item.id for item in await nouns.log(store)] == ["a"]


async def test_the_drivers_errors_are_said_in_the_ports_words(store):
    async def broken(tx):
        raise apsw.IOError("of the driver's own")

    with pytest.raises(StoreProblem, match="The disk did not do what it was asked"):
        await store.read(broken)


async def test_what_would_have_to_wait_for_another_process_waits_in_a_thread(store):
    def held():
        if threading.current_thread() is threading.main_thread():
            raise apsw.BusyError

    async def unit(tx):
        held()
        return threading.current_thread().name

    assert (await store.read(unit)).startswith("clew-reader")


async def test_a_transaction_that_cannot_be_ended_stops_neither_readers_nor_the_writer(store):
    await nouns.with_thread(store)
    broken = iter([True])

    def trace(_, statement, __):
        if statement == "COMMIT" and next(broken, False):
            raise apsw.IOError
        return True

    store._glance._connection.exec_trace = trace
    assert await nouns.log(store) == []
    await store.write(lambda tx: tx.items.append(OURS, THREAD, [nouns.message("a")]))
    assert [item.id for item in await nouns.log(store)] == ["a"]


async def test_nothing_is_read_after_closing(store):
    await store.close()
    with pytest.raises(Unavailable):
        await store.read(where)


async def test_a_unit_that_waits_for_something_else_is_refused(store):
    async def wait(tx):
        await asyncio.sleep(0)

    with pytest.raises(RuntimeError, match="awaits nothing but its transaction"):
        await store.read(wait)


async def test_a_read_that_writes_is_refused(store):
    with pytest.raises(StoreProblem):
        await store.read(lambda tx: tx.threads.insert(nouns.thread()))
    assert await nouns.log(store) == []


@pytest.mark.usefixtures("_counting")
async def test_a_lane_that_waits_keeps_nothing_of_what_it_gave(store):
    class Large:
        pass

    async def unit(tx):
        await long(tx)
        return Large()

    freed, loop = asyncio.Event(), asyncio.get_running_loop()
    given = weakref.ref(await store.read(unit), lambda _: loop.call_soon_threadsafe(freed.set))
    await freed.wait()
    assert given() is None
