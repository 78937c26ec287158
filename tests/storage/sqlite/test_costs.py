"""What a call costs, in steps of SQLite's machine: the same in a long log as in a short one.

Steps, and not time: they are exact, and a row more that is touched is several steps more.
"""

import apsw
import pytest

from clew.domain.item import Kind
from clew.domain.page import Order, Window
from clew.domain.run import RunState
from clew.storage.bodies import dump
from clew.storage.sqlite.items import MESSAGES
from clew.storage.sqlite.migrate import migrate
from clew.storage.sqlite.statements import SQL
from clew.storage.sqlite.store import SqliteTx
from clew.storage.sqlite.threads import RARE_MAX
from clew.storage.sqlite.units import drive
from storage.conformance import nouns
from storage.conformance.nouns import NOW, OURS, THEIRS

SHORT, LONG = 400, 200_000
FEW, MANY = 3 * RARE_MAX, 6_000
KINDS = (Kind.MESSAGE, Kind.TOOL_CALL, Kind.MESSAGE, Kind.GENERATION)


class Meter:
    """A database in memory, and how many steps its statements have taken."""

    def __init__(self):
        self.connection = apsw.Connection(":memory:")
        self.connection.config(apsw.SQLITE_DBCONFIG_ENABLE_QPSG, 1)
        migrate(self.connection)
        self.tx = SqliteTx(self.connection)
        self.taken = 0
        self.connection.trace_v2(apsw.SQLITE_TRACE_PROFILE, self._count)

    def _count(self, event):
        self.taken += event["stmt_status"]["SQLITE_STMTSTATUS_VM_STEP"]

    def do(self, unit):
        return drive(unit, self.tx)

    def steps(self, unit):
        """The steps that a unit takes; nothing of it stays."""
        self.connection.execute("SAVEPOINT measured")
        self.taken = 0
        self.do(unit)
        taken = self.taken
        self.connection.execute("ROLLBACK TO measured")
        self.connection.execute("RELEASE measured")
        assert taken > 0
        return taken


@pytest.fixture(scope="module")
def logs():
    """Two threads, one short and one long, between others."""
    meter = Meter()
    for name, length in (("first", 100), ("short", SHORT), ("next", 100), ("long", LONG), ("last", 100)):
        meter.do(lambda tx, name=name: tx.threads.insert(nouns.thread(name)))
        keys = {"project_id": OURS, "thread_id": name, "count": length, "at": NOW}
        thread_no, _ = meter.connection.execute(SQL["item_places"], keys).fetchone()
        body = dump(nouns.message("any", name))
        with meter.connection:
            meter.connection.executemany(
                SQL["item_insert"],
                (
                    {
                        "thread_no": thread_no,
                        "key": thread_no << 32 | (MESSAGES if KINDS[seq % 4] is Kind.MESSAGE else 0) | seq,
                        "id": f"i{seq}",
                        "kind": KINDS[seq % 4],
                        "run_id": None,
                        "named": True,
                        "body": body,
                    }
                    for seq in range(1, length + 1)
                ),
            )
    return meter


def window(order=Order.DESC, **bounds):
    return Window(limit=20, order=order, **bounds)


WINDOWS = {
    "the last": window(),
    "the first": window(Order.ASC),
    "back from the middle": window(after="i{middle}"),
    "on from the middle": window(Order.ASC, after="i{middle}"),
    "up to the middle": window(Order.ASC, before="i{middle}"),
}


@pytest.mark.parametrize("kind", [Kind.MESSAGE, Kind.GENERATION])
@pytest.mark.parametrize("where", WINDOWS)
def test_a_page_of_a_long_log_costs_what_one_of_a_short_log_does(logs, kind, where):
    def steps(thread_id, length):
        middle = length // 2 + (0 if kind is Kind.MESSAGE else 3)
        bounds = {name: getattr(WINDOWS[where], name) for name in ("after", "before")}
        bounds = {name: id and id.format(middle=middle) for name, id in bounds.items()}  # noqa: A001
        asked = window(WINDOWS[where].order, **bounds)
        return logs.steps(lambda tx: tx.items.page(OURS, thread_id, asked, kind=kind))

    assert steps("long", LONG) == steps("short", SHORT)


@pytest.mark.parametrize("middle", [False, True])
@pytest.mark.parametrize("kinds", [[Kind.MESSAGE], [Kind.MESSAGE, Kind.TOOL_CALL]])
def test_reading_backwards_costs_the_same_in_a_long_log(logs, kinds, middle):
    def steps(thread_id, length):
        seq = length // 2 if middle else None
        return logs.steps(lambda tx: tx.items.before(OURS, thread_id, seq=seq, kinds=kinds, limit=20))

    assert steps("long", LONG) == steps("short", SHORT)


def test_looking_for_a_late_message_costs_the_same_in_a_long_log(logs):
    def steps(thread_id):
        async def unit(tx):
            entered = await tx.threads.enter(OURS, thread_id, now=NOW)
            assert await tx.items.lately(entered, "not there", within=100) is None

        return logs.steps(unit)

    assert steps("long") == steps("short")


def test_the_last_twenty_messages_are_read_in_few_steps_each(logs):
    twenty, forty = [
        logs.steps(lambda tx, n=n: tx.items.page(OURS, "long", Window(limit=n), kind=Kind.MESSAGE)) for n in (20, 40)
    ]
    assert (forty - twenty) / 20 < 20


CALLS = {
    "append": lambda tx, thread_id: tx.items.append(OURS, thread_id, [nouns.message(f"new{n}") for n in range(5)]),
    "get": lambda tx, thread_id: tx.items.get(OURS, thread_id, "i300"),
    "update": lambda tx, thread_id: tx.items.update(OURS, nouns.message("i300", thread_id)),
    "delete": lambda tx, thread_id: tx.items.delete(OURS, thread_id, "i300"),
    "of_run": lambda tx, thread_id: tx.items.of_run(OURS, thread_id, "run_a"),
    "thread": lambda tx, thread_id: tx.threads.get(OURS, thread_id, now=NOW),
    "delete the thread": lambda tx, thread_id: tx.threads.delete(OURS, thread_id),
}


@pytest.mark.parametrize("call", CALLS)
def test_a_call_on_a_long_log_costs_what_one_on_a_short_log_does(logs, call):
    long, short = [logs.steps(lambda tx, it=it: CALLS[call](tx, it)) for it in ("long", "short")]
    assert long == short


async def crowd(tx, project_id, size):
    """So many of everything that has lists, and one run with so many events."""
    await tx.indexes.insert(nouns.index("vs_a", project_id))
    for n in range(size):
        at, odd = NOW + n, n % 2
        await tx.threads.insert(nouns.thread(f"t{n}", project_id, at=at, metadata={"x": "1", "y": str(odd)}))
        await tx.files.insert(nouns.file(f"f{n}", project_id, at=at, purpose="ab"[odd]))
        fields = {"created_at": at, "state": ("failed", "completed")[odd], "batch_id": f"vsfb_{odd}"}
        await tx.indexes.put_file(nouns.index_file(f"f{n}", "vs_a", project_id, **fields))
        await tx.runs.insert(nouns.run(f"r{n}", project_id, "t0", state=(RunState.RUNNING, RunState.COMPLETED)[odd]))
    run = await tx.runs.get(project_id, "t0", "r0")
    await tx.events.append(run, [nouns.event() for _ in range(size)])


@pytest.fixture(scope="module")
def crowds():
    """Two projects: one with few of everything and one with many."""
    meter = Meter()
    with meter.connection:
        meter.do(lambda tx: crowd(tx, OURS, FEW))
        meter.do(lambda tx: crowd(tx, THEIRS, MANY))
    return meter


LISTS = {
    "threads": lambda tx, project, asked: tx.threads.page(project, asked("t"), metadata={}, now=NOW),
    "threads by a pair": lambda tx, project, asked: tx.threads.page(project, asked("t"), metadata={"x": "1"}, now=NOW),
    "threads by pairs": lambda tx, project, asked: tx.threads.page(
        project, asked("t"), metadata={"x": "1", "y": "0"}, now=NOW
    ),
    "files": lambda tx, project, asked: tx.files.page(project, asked("f"), purpose=None, now=NOW),
    "files by purpose": lambda tx, project, asked: tx.files.page(project, asked("f"), purpose="a", now=NOW),
    "files of an index": lambda tx, project, asked: tx.indexes.page_files(project, "vs_a", asked("f"), state=None),
    "files by state": lambda tx, project, asked: tx.indexes.page_files(project, "vs_a", asked("f"), state="failed"),
    "files of a batch": lambda tx, project, asked: tx.indexes.page_files(
        project, "vs_a", asked("f"), state=None, batch_id="vsfb_0"
    ),
    "runs": lambda tx, project, asked: tx.runs.page(project, "t0", asked("r")),
    "a run": lambda tx, project, asked: tx.runs.get(project, "t0", "r9"),
    "events": lambda tx, project, asked: tx.events.after(project, "t0", "r0", number=20, limit=20),
    "an index": lambda tx, project, asked: tx.indexes.get(project, "vs_a"),
}


@pytest.mark.parametrize("order", Order)
@pytest.mark.parametrize("bound", [None, "after", "before"])
@pytest.mark.parametrize("name", LISTS)
def test_a_page_among_many_costs_what_one_among_few_does(crowds, name, bound, order):
    def steps(project_id, size):
        def asked(letter):
            return Window(limit=5, order=order, **({bound: f"{letter}{size // 2}"} if bound else {}))

        return crowds.steps(lambda tx: LISTS[name](tx, project_id, asked))

    assert steps(THEIRS, MANY) == steps(OURS, FEW)


def test_a_list_by_pairs_costs_the_same_in_whatever_order_they_are_written():
    meter = Meter()

    async def fill(tx):
        for n in range(2_000):
            pairs = {"channel": "web", "user": str(n % 100)}
            await tx.threads.insert(nouns.thread(f"t{n}", at=NOW + n, metadata=pairs))

    meter.do(fill)
    asked = {"channel": "web", "user": "7"}, {"user": "7", "channel": "web"}
    common, rare = [
        meter.steps(lambda tx, it=it: tx.threads.page(OURS, window(), metadata=it, now=NOW)) for it in asked
    ]
    assert common == rare


def test_claiming_costs_the_same_however_many_leases_last():
    def steps(leases):
        meter = Meter()

        async def fill(tx):
            await tx.threads.insert(nouns.thread())
            for n in range(leases):
                leased = {"state": RunState.RUNNING, "lease_owner": "other", "lease_until": NOW + 1}
                await tx.runs.insert(nouns.run(f"leased{n}", **leased))
            for n in range(3):
                await tx.runs.insert(nouns.run(f"free{n}"))

        meter.do(fill)
        return meter.steps(lambda tx: tx.runs.claim(owner="w", now=NOW, lease_until=NOW + 9, limit=5))

    assert steps(MANY) == steps(FEW)
