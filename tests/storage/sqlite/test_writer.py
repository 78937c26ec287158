"""The writer: what becomes one commit, what is answered when, and what a failure takes along."""

import asyncio
import threading
from contextlib import closing

import apsw
import pytest

from clew.domain.problem import Unavailable
from clew.storage.port import StoreProblem
from clew.storage.sqlite import open_store, writer
from clew.storage.sqlite.migrate import migrate
from clew.storage.sqlite.store import SqliteTx
from clew.storage.sqlite.units import Job, drive
from clew.storage.sqlite.writer import GROUP_MAX, Writer
from storage.conformance import nouns
from storage.conformance.nouns import OURS, THREAD


class Desk:
    """A writer into which everything is put in one round of the loop: then its groups are certain."""

    def __init__(self, path):
        self.connection = apsw.Connection(str(path))
        self.connection.pragma("journal_mode", "wal")
        migrate(self.connection)
        self.tx = SqliteTx(self.connection)
        drive(lambda tx: tx.threads.insert(nouns.thread()), self.tx)
        self.writer = Writer(self.connection, self.tx, let_go=self._let_go)
        self.commits = []
        self.futures = []
        self.runs = []
        self.connection.set_commit_hook(self._committing)
        self.last_word = lambda: False
        self.let_go = lambda: None

    def _committing(self):
        self.commits.append(sum(future.done() for future in self.futures))
        return self.last_word()

    def _let_go(self):
        self.let_go()

    def put(self, unit):
        future = asyncio.get_running_loop().create_future()
        self.writer.put(Job(unit, future))
        self.futures.append(future)
        return future

    def appending(self, name, *, then=None, first=lambda: None):
        """A unit that appends an item and then raises, or does not. Counted in `runs`."""

        async def unit(tx):
            self.runs.append(name)
            first()
            await tx.items.append(OURS, THREAD, [nouns.message(name)])
            if then is not None:
                raise then

        return unit

    async def work(self):
        """Let the writer do what waits, to its end. Returns how each unit ended: its value, or the error."""
        answers = await asyncio.gather(*self.futures, return_exceptions=True)
        await self.writer.close()
        return answers


@pytest.fixture
def path(tmp_path):
    return tmp_path / "clew.db"


@pytest.fixture
def desk(path):
    return Desk(path)


def kept(path):
    """The ids of the items in the file, in order."""
    with closing(apsw.Connection(str(path))) as connection:
        return [row[0] for row in connection.execute("SELECT id FROM item ORDER BY key")]


async def test_units_that_wait_together_are_one_commit(desk):
    for n in range(GROUP_MAX):
        desk.put(desk.appending(f"m{n}"))
    await desk.work()
    assert len(desk.commits) == 1


async def test_more_than_a_group_are_further_commits(desk):
    for n in range(2 * GROUP_MAX + 1):
        desk.put(desk.appending(f"m{n}"))
    await desk.work()
    assert len(desk.commits) == 3


async def test_nobody_is_answered_before_the_commit(desk):
    for n in range(10):
        desk.put(desk.appending(f"m{n}"))
    await desk.work()
    assert desk.commits == [0]


async def test_units_are_done_and_answered_in_the_order_in_which_they_came(desk, path):
    answered = []
    for n in range(10):
        desk.put(desk.appending(f"m{n}")).add_done_callback(lambda _, n=n: answered.append(f"m{n}"))
    await desk.work()
    assert answered == kept(path) == [f"m{n}" for n in range(10)]


async def test_a_unit_that_fails_after_writing_makes_the_group_run_again_with_savepoints(desk, path):
    names = ["a", "b", "c", "d"]
    for name in names:
        desk.put(desk.appending(name, then=ValueError(name) if name == "b" else None))
    answers = await desk.work()
    assert [type(answer) for answer in answers] == [type(None), ValueError, type(None), type(None)]
    assert kept(path) == ["a", "c", "d"]
    assert (desk.runs, len(desk.commits)) == (["a", "b", *names], 1)


async def test_a_unit_that_fails_before_writing_costs_the_group_nothing(desk, path):
    async def refuse(tx):
        raise ValueError

    desk.put(desk.appending("a"))
    desk.put(refuse)
    desk.put(desk.appending("b"))
    assert [type(answer) for answer in await desk.work()] == [type(None), ValueError, type(None)]
    assert (desk.runs, kept(path)) == (["a", "b"], ["a", "b"])


async def test_a_unit_that_waits_for_something_else_is_refused_and_leaves_nothing(desk, path):
    async def wait(tx):
        await tx.items.append(OURS, THREAD, [nouns.message("waiting")])
        await asyncio.sleep(0)

    desk.put(wait)
    desk.put(desk.appending("a"))
    refused, fine = await desk.work()
    assert isinstance(refused, RuntimeError)
    assert str(refused) == "a unit of work awaits nothing but its transaction"
    assert (fine, kept(path)) == (None, ["a"])


async def test_a_commit_that_fails_is_told_to_everyone_and_the_writer_lives_on(desk, path):
    for name in ("a", "b"):
        desk.put(desk.appending(name))
    desk.last_word = lambda: True  # SQLite turns the commit into a rollback
    answers = await asyncio.gather(*desk.futures, return_exceptions=True)
    assert [str(answer) for answer in answers] == ["The store failed."] * 2
    desk.last_word = lambda: False
    await desk.put(desk.appending("c"))
    assert kept(path) == ["c"]
    await desk.writer.close()


async def test_a_transaction_that_sqlite_gave_up_is_begun_again_for_the_others(desk, path):
    failing = iter([True])

    def give_up():
        if next(failing, False):
            desk.connection.execute("ROLLBACK")
            raise apsw.FullError

    desk.put(desk.appending("a"))
    desk.put(desk.appending("b", first=give_up))
    assert await desk.work() == [None, None]
    assert kept(path) == ["a", "b"]


async def test_a_disk_that_stays_full_is_told_to_the_group_and_the_writer_lives_on(desk, path):
    def give_up():
        desk.connection.execute("ROLLBACK")
        raise apsw.FullError

    desk.put(desk.appending("a", first=give_up))
    desk.put(desk.appending("b"))
    answers = await asyncio.gather(*desk.futures, return_exceptions=True)
    assert [str(answer) for answer in answers] == ["The disk is full."] * 2
    await desk.put(desk.appending("c"))
    assert kept(path) == ["c"]
    await desk.writer.close()


async def test_while_another_process_writes_the_loop_goes_on_and_the_group_waits(desk, path):
    with closing(apsw.Connection(str(path))) as other:
        other.execute("BEGIN IMMEDIATE")
        waiting = desk.put(desk.appending("a"))
        for _ in range(10):
            await asyncio.sleep(0)
        assert not waiting.done()
        other.execute("COMMIT")
        assert await desk.work() == [None]
    assert kept(path) == ["a"]


async def test_a_database_that_stays_locked_is_a_problem_of_the_store_and_not_of_the_driver(desk, path, monkeypatch):
    monkeypatch.setattr(writer, "PATIENCE_MS", 1)
    with closing(apsw.Connection(str(path))) as other:
        other.execute("BEGIN IMMEDIATE")
        desk.put(desk.appending("a"))
        (answer,) = await desk.work()
    assert isinstance(answer, StoreProblem)
    assert isinstance(answer.__cause__, apsw.BusyError)


async def test_readers_let_go_of_the_past_before_a_group_and_before_its_answers(desk):
    seen = []
    desk.let_go = lambda: seen.append((len(desk.commits), sum(future.done() for future in desk.futures)))
    desk.put(desk.appending("a"))
    await desk.work()
    assert seen == [(0, 0), (1, 0)]


async def test_a_group_that_wrote_nothing_needs_no_thread(desk):
    async def nothing(tx):
        return threading.get_ident()

    desk.put(nothing)
    assert await desk.work() == [threading.get_ident()]


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (apsw.FullError, "The disk is full."),
        (apsw.ReadOnlyError, "The data folder cannot be written."),
        (apsw.CantOpenError, "The data folder cannot be written."),
        (apsw.IOError, "The disk did not do what it was asked."),
        (apsw.CorruptError, "The disk did not do what it was asked."),
        (apsw.SQLError, "The store failed."),
    ],
)
async def test_the_drivers_errors_are_said_in_the_ports_words(desk, error, words):
    async def unit(tx):
        raise error("of the driver's own: a path, a statement")

    desk.put(unit)
    (answer,) = await desk.work()
    assert (type(answer), str(answer), type(answer.__cause__)) == (StoreProblem, words, error)


async def test_a_queue_that_was_closed_takes_nothing_more_and_finishes_what_waits(desk, path):
    desk.put(desk.appending("a"))
    closing_up = asyncio.ensure_future(desk.writer.close())
    await asyncio.sleep(0)
    with pytest.raises(Unavailable):
        desk.put(desk.appending("b"))
    await closing_up
    assert (desk.futures[0].done(), kept(path)) == (True, ["a"])


async def test_a_write_that_is_cancelled_while_it_waits_is_done_all_the_same(store):
    await nouns.with_thread(store)
    waiting = [
        asyncio.ensure_future(store.write(lambda tx, n=n: tx.items.append(OURS, THREAD, [nouns.message(f"m{n}")])))
        for n in range(5)
    ]
    await asyncio.sleep(0)
    waiting[2].cancel()
    answers = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(answer) for answer in answers] == [list, list, asyncio.CancelledError, list, list]
    assert [item.id for item in await nouns.log(store)] == [f"m{n}" for n in range(5)]


def test_a_loop_that_is_gone_does_not_stop_the_writer(desk, path):
    elsewhere = asyncio.new_event_loop()
    elsewhere.run_until_complete(_put_and_leave(desk))
    elsewhere.close()
    desk.futures.clear()

    async def later():
        while desk.writer.is_busy:  # noqa: ASYNC110 (its own loop is gone, so nothing tells)
            await asyncio.sleep(0)
        desk.put(desk.appending("b"))
        return await desk.work()

    assert asyncio.run(later()) == [None]
    assert kept(path) == ["a", "b"]


def test_nor_does_one_that_goes_with_the_outcome_in_hand(desk, path):
    elsewhere = asyncio.new_event_loop()
    elsewhere.run_until_complete(_put_and_leave(desk))
    while not desk.writer._handed:
        pass  # the thread is at work, and there is no loop that could be told
    elsewhere.close()
    desk.futures.clear()

    async def later():
        desk.put(desk.appending("b"))
        return await desk.work()

    assert asyncio.run(later()) == [None]
    assert kept(path) == ["a", "b"]


async def _put_and_leave(desk):
    desk.put(desk.appending("a"))
    await asyncio.sleep(0)  # the group is on its way to the disk, and the loop ends before it is there


async def test_a_rollback_that_fails_does_not_end_the_writer(desk, path):
    broken = iter([True])

    def trace(_, statement, __):
        if statement == "ROLLBACK" and next(broken, False):
            raise apsw.IOError
        return True

    desk.connection.exec_trace = trace
    desk.put(desk.appending("a", then=ValueError("after writing")))
    with pytest.raises(StoreProblem):
        await desk.futures[0]
    await desk.put(desk.appending("b"))
    assert kept(path) == ["b"]
    await desk.writer.close()


async def test_the_log_begins_anew_also_while_others_read(tmp_path, monkeypatch):
    monkeypatch.setattr(writer, "CHECKPOINT_PAGES", 20)
    store = open_store(tmp_path / "clew.db")
    await nouns.with_thread(store)
    sizes = []
    for n in range(100):
        writing = asyncio.ensure_future(
            store.write(lambda tx, n=n: tx.items.append(OURS, THREAD, [nouns.message(f"m{n}")]))
        )
        while not writing.done():  # whatever the writer does, a reader is in the middle of something
            await nouns.log(store)
            await asyncio.sleep(0)
        sizes.append((tmp_path / "clew.db-wal").stat().st_size)
    await store.close()
    assert sizes[-1] == sizes[30]


async def test_a_checkpoint_that_fails_is_a_warning_and_no_more(desk, path, monkeypatch, caplog):
    def fail():
        raise apsw.FullError

    desk.writer._pages_due = 1
    monkeypatch.setattr(desk.writer, "_checkpoint", fail)
    desk.put(desk.appending("a"))
    assert await desk.work() == [None]
    assert "could not be worked into the database yet" in caplog.text
    assert kept(path) == ["a"]
