"""What a list costs, in steps of SQLite's machine: no more in a large store than in one a tenth its size.

Whatever a filter lets through: everything, a few, or nothing. The bounds of `reading` are made small, so that the small
store is beyond them already.
"""

import re

import apsw
import pytest

from clew.domain.item import Fault, Item, Kind, Trace
from clew.domain.noun import replace
from clew.domain.page import Order
from clew.domain.problem import Invalid
from clew.domain.query import Filter, Op, Query
from clew.domain.step import log_project
from clew.storage.sqlite import reading
from clew.storage.sqlite.listings import GENERATIONS, PARTICIPANTS, SCORES, STEPS, THREADS
from clew.storage.sqlite.migrate import migrate
from clew.storage.sqlite.store import SqliteTx
from clew.storage.sqlite.units import drive
from storage.conformance import nouns
from storage.conformance.nouns import NOW, OURS

SMALL, LARGE = 300, 3000
BOUND = 40
LATER = NOW + 10**12
DIFFERENT = (149, 299)
"""The few that are."""

LISTINGS = {"threads": THREADS, "steps": STEPS, "generations": GENERATIONS, "people": PARTICIPANTS, "scores": SCORES}
TIMES = {"created_at", "started_at", "ended_at", "last_active_at"}
NUMBERS = {"tokens", "seconds", "threads", "value", "score"}
LONG = {"threads": {"step_name", "step_output", "score"}}
"""Fields that look through all the steps of a thread: the first one has as many here as all the others together.

A thread has an end (`thread_entries_max`), and so has this. Names are looked through for a piece of them alone.
"""
COMMON, SELDOM, NEVER = "common word", "seldom heard", "never said"


class Meter:
    """A store of so many of everything, and how many steps its statements take."""

    def __init__(self, size):
        self.connection = apsw.Connection(":memory:")
        self.connection.config(apsw.SQLITE_DBCONFIG_ENABLE_QPSG, 1)
        migrate(self.connection)
        self.tx = SqliteTx(self.connection)
        with self.connection:
            drive(lambda tx: crowd(tx, size), self.tx)
        self.taken = 0
        self.connection.trace_v2(apsw.SQLITE_TRACE_PROFILE, self._count)

    def _count(self, event):
        if re.search("catalog_.*_text_|PRAGMA", event["sql"]):  # what the index of text asks itself
            return
        self.taken += event["stmt_status"]["SQLITE_STMTSTATUS_VM_STEP"]

    def steps(self, name, query):
        """What a list costs, and what it found."""
        self.taken = 0
        found = drive(lambda tx: LISTS[name](tx, query), self.tx)
        return self.taken, found


LISTS = {
    "threads": lambda tx, query: tx.catalog.threads(OURS, query, now=NOW),
    "steps": lambda tx, query: tx.catalog.steps(OURS, query, kind=None, now=NOW),
    "generations": lambda tx, query: tx.catalog.steps(OURS, query, kind=Kind.GENERATION, now=NOW),
    "people": lambda tx, query: tx.catalog.participants(OURS, query, now=NOW),
    "scores": lambda tx, query: tx.scores.page(OURS, query, now=NOW),
}


async def crowd(tx, size):
    """So many threads, each of a person of its own, with a step that is scored; the first has as many steps as all."""
    await tx.catalog.open(OURS)
    for n in range(size):
        word = SELDOM if n in DIFFERENT else COMMON
        rare = int(word == SELDOM)
        person = nouns.participant(f"u{n}", identifier=f"{word} {n}", metadata={"path": word})
        await tx.participants.insert(replace(person, created_at=NOW + n))
        thread = nouns.thread(
            f"t{n}",
            at=NOW + n,
            name=word,
            tags=(word,),
            participant_id=f"u{n}",
            environment=word,
            metadata={"path": word, "size": rare},
        )
        await tx.threads.insert(thread)
        await tx.catalog.put_thread(thread)
        for home in dict.fromkeys((f"t{n}", "t0")):
            await tell(tx, n, home, word, rare)
    await tx.catalog.caught_up(await tx.catalog.catch_up(limit=10 * size))


async def tell(tx, n, home, word, rare):
    trace = Trace(
        name=word,
        model=word,
        provider=word,
        prompt_id=word,
        tokens=rare,
        seconds=float(rare),
        started_at=NOW + rare * 10**9,
        ended_at=NOW + rare * 10**9,
        input={"path": word},
        output={"path": word},
        error=Fault(code="server", message=word),
    )
    step = Item(
        thread_id=home,
        id=f"{home}-s{n}",
        kind=Kind.GENERATION,
        created_at=NOW + n,
        parent_id=word,
        environment=word,
        tags=(word,),
        metadata={"path": word},
        trace=trace,
    )
    (step,) = await tx.items.append(log_project(OURS, home), home, [step])
    await tx.catalog.put(OURS, step)
    score = nouns.score(f"c-{step.id}", step_id=step.id, name=word, value=float(rare), tags=(word,), comment=word)
    await tx.scores.put(score)


@pytest.fixture(scope="module")
def meters():
    return [Meter(size) for size in (SMALL, LARGE)]


@pytest.fixture(autouse=True)
def bounds(monkeypatch):
    for name in ("COUNT_MAX", "FEW", "WALK_MAX"):
        monkeypatch.setattr(reading, name, BOUND)
    monkeypatch.setattr(reading, "FEWER", BOUND // 4)


def values(field):
    """What everything has, what few have and what nothing has."""
    if field in TIMES:
        return NOW, NOW + 10**9, LATER
    if field in NUMBERS:
        return 0, 1, 7
    return COMMON, SELDOM, NEVER


CASES = [
    (name, field, op, path, nth)
    for name, listing in LISTINGS.items()
    for field in listing.fields
    for op in Op
    for path in (("path",) if field in ("metadata", "input", "output", "step_output") else (None,))
    for nth in range(3)
]


@pytest.mark.parametrize("name", LISTINGS)
def test_no_filter_costs_more_in_a_larger_store(meters, name):
    dear = {}
    for of, field, op, path, nth in CASES:
        if of != name:
            continue
        value = values(field)[nth]
        value = [value] if op in (Op.IN, Op.NIN) else None if op in (Op.IS, Op.NIS) else value
        query = Query(limit=5, counted=True, filters=(Filter(field=field, op=op, value=value, path=path),))
        try:
            (small, _), (large, _) = [meter.steps(name, query) for meter in meters]
        except Invalid:
            continue
        if large > 1.3 * small + 2000:
            dear[field, op.value, nth] = small, large
    assert {field for field, _, _ in dear} == LONG.get(name, set())


@pytest.mark.parametrize("order", Order)
@pytest.mark.parametrize("counted", [False, True])
@pytest.mark.parametrize(("name", "sort"), [(name, sort) for name, it in LISTINGS.items() for sort in it.sorts])
def test_no_order_costs_more_in_a_larger_store(meters, name, sort, counted, order):
    query = Query(limit=5, sort=sort, order=order, counted=counted)
    (small, _), (large, _) = [meter.steps(name, query) for meter in meters]
    assert large <= 1.1 * small


def test_filters_that_nothing_passes_together_are_not_followed_through_the_store(meters):
    filters = (
        Filter(field="tags", op=Op.IN, value=[COMMON]),
        Filter(field="name", op=Op.EQ, value=COMMON),
        Filter(field="environment", op=Op.NEQ, value=COMMON),
    )
    query = Query(limit=5, filters=filters, counted=True)
    (small, _), (large, found) = [meter.steps("threads", query) for meter in meters]
    assert large <= 1.1 * small
    assert (found.things, found.has_next, found.total) == ((), True, 0)


@pytest.mark.parametrize("backwards", [False, True])
def test_a_list_goes_on_where_the_search_ended(meters, backwards):
    meter = meters[0]
    asked = Filter(field="environment", op=Op.NEQ, value=COMMON)
    seen, pages, at = [], 0, None
    if backwards:  # from before the oldest thread
        at = meter.steps("threads", Query(limit=1, order=Order.ASC))[1].cursors[0]
    while True:
        bound = {"before" if backwards else "after": at}
        _, found = meter.steps("threads", Query(limit=2, filters=(asked,), **bound))
        seen += [thread.id for thread in found.things]
        pages += 1
        cursors = found.cursors[:1] if backwards else found.cursors[-1:]
        at = found.reached or next(iter(cursors), None)
        if not (found.has_previous if backwards else found.has_next):
            break
    assert sorted(seen) == ["t149", "t299"]
    assert pages > SMALL // BOUND


@pytest.mark.parametrize("name", LISTINGS)
def test_a_page_among_many_of_one_value_begins_where_it_is_to(meters, name):
    """All were made in one moment here, or cost the same."""
    taken = []
    for meter, size in zip(meters, (SMALL, LARGE), strict=True):
        table = LISTINGS[name].table.split()[0]
        sort = "tokens" if "tokens" in LISTINGS[name].sorts else "created_at"
        meter.connection.execute("SAVEPOINT level")
        meter.connection.execute(f"UPDATE {table} SET {sort} = 5")  # noqa: S608 (names of our own)
        rowid = LISTINGS[name].no.partition(".")[2]
        numbers = f"SELECT {rowid} FROM {table} ORDER BY 1 LIMIT 1 OFFSET {size // 2}"  # noqa: S608 (as above)
        ((middle,),) = meter.connection.execute(numbers)
        cursor = reading._cursor(sort, 5, middle)
        taken += [meter.steps(name, Query(limit=5, sort=sort, **{bound: cursor}))[0] for bound in ("after", "before")]
        meter.connection.execute("ROLLBACK TO level")
    assert taken[:2] == taken[2:]


def test_many_that_come_late_in_the_order_are_found_by_their_index(meters, monkeypatch):
    monkeypatch.setattr(reading, "FEW", 1)
    asked = Filter(field="name", op=Op.EQ, value=SELDOM)
    _, found = meters[1].steps("threads", Query(limit=5, filters=(asked,), counted=True))
    assert [thread.id for thread in found.things] == ["t299", "t149"]
    assert (found.has_next, found.reached) == (False, None)


def test_a_page_by_its_number_is_searched_for_to_the_end(meters):
    asked = Filter(field="environment", op=Op.NEQ, value=COMMON)
    pages = [
        meters[1].steps("threads", Query(limit=1, filters=(asked,), skip=skip, patient=True))[1] for skip in range(3)
    ]
    assert [[thread.id for thread in page.things] for page in pages] == [["t299"], ["t149"], []]
    assert [(page.has_next, page.reached) for page in pages] == [(True, None), (False, None), (False, None)]


def test_a_page_says_where_to_go_on_only_if_it_ended_early(meters):
    _, found = meters[0].steps("threads", Query(limit=5))
    assert found.reached is None
