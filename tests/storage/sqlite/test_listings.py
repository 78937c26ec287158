"""Lists over a project: that every filter and order finds its rows through an index, and what each lets through."""

import re

import apsw
import pytest

from clew.domain.item import Fault, Item, Kind, Trace
from clew.domain.noun import replace
from clew.domain.page import Order
from clew.domain.problem import Invalid
from clew.domain.query import COUNT_MAX, Filter, Op, Query
from clew.domain.step import HIDDEN
from clew.storage.sqlite import reading
from clew.storage.sqlite.listings import DATASETS, GENERATIONS, PARTICIPANTS, SCORES, STEPS, THREADS
from clew.storage.sqlite.migrate import migrate
from clew.storage.sqlite.reading import Few, Reading
from clew.storage.sqlite.store import SqliteTx
from clew.storage.sqlite.units import drive
from storage.conformance import nouns
from storage.conformance.nouns import NOW, OURS, THEIRS

LISTINGS = {
    "threads": THREADS,
    "steps": STEPS,
    "generations": GENERATIONS,
    "people": PARTICIPANTS,
    "scores": SCORES,
    "datasets": DATASETS,
}
NUMBERS = {"tokens", "seconds", "threads", "value", "score"}
TIMES = {"created_at", "started_at", "ended_at", "last_active_at"}
BY_TEXT = [
    *(("threads", field) for field in ("name", "metadata", "step_name", "step_output")),
    *(("steps", field) for field in ("name", "metadata", "input", "output")),
]
SORTS = [(name, sort) for name, listing in LISTINGS.items() for sort in listing.sorts]
ALL = [(name, field) for name, listing in LISTINGS.items() for field in listing.fields]
NO_SEARCH = {
    ("people", "metadata"): "walks the participants, who are fewer than threads",
    ("scores", "comment"): "walks the scores",
}
"""Fields by whose equality no index finds rows, and what happens instead."""


@pytest.fixture
def connection():
    connection = apsw.Connection(":memory:")
    connection.config(apsw.SQLITE_DBCONFIG_ENABLE_QPSG, 1)
    migrate(connection)
    yield connection
    connection.close()


@pytest.fixture
def tx(connection):
    return SqliteTx(connection)


def value(field):
    return 1 if field in NUMBERS | TIMES else "something"


def plan(connection, sql, values):
    return [row[3] for row in connection.execute("EXPLAIN QUERY PLAN " + sql, values)]


def walks(steps):
    """What of a plan reads a table from end to end. What it has put together itself, and JSON, are no tables."""
    scans = [step for step in steps if step.startswith("SCAN ") and "VIRTUAL TABLE" not in step]
    return [
        step for step in scans if step not in ("SCAN found", "SCAN CONSTANT ROW", "SCAN hop") and "subquery" not in step
    ]


def narrow(steps):
    """Whether some step searches by more than the project: one by the project alone reads all that it has."""
    return any("by_failure" in step or re.search(r"^SEARCH .*\((?!project_id=\?\)).+\)", step) for step in steps)


@pytest.mark.parametrize(("name", "field"), [pair for pair in ALL if pair not in NO_SEARCH])
def test_an_index_finds_what_equals(connection, tx, name, field):
    asked = Filter(field=field, op=Op.IN if field in ("tags", "type") else Op.EQ, value=value(field), path="path")
    reading = Reading(LISTINGS[name], OURS, Query(filters=(asked,)), now=NOW)
    assert reading.searches(9)
    for search in reading.searches(9):
        steps = plan(connection, search, reading.values.bound)
        assert walks(steps) == []
        assert narrow(steps)


@pytest.mark.parametrize(("name", "field"), BY_TEXT)
def test_an_index_finds_a_piece_of_text(connection, tx, name, field):
    reading = Reading(LISTINGS[name], OURS, Query(filters=(Filter(field=field, op=Op.HAS, value="ome"),)), now=NOW)
    steps = plan(connection, reading.searches(9)[0], reading.values.bound)
    assert any("VIRTUAL TABLE INDEX" in step and "M" in step for step in steps)
    assert walks([step for step in steps if "piece" not in step]) == []


@pytest.mark.parametrize("op", [Op.HAS, Op.EQ])
def test_no_index_is_asked_for_more_of_a_text_than_finds_it(op):
    asked = Filter(field="step_output", op=op, value="x" * 10**6)
    bound = Reading(THREADS, OURS, Query(filters=(asked,)), now=NOW).values.bound
    (phrase,) = (value for value in bound.values() if str(value).startswith("output : "))
    assert len(phrase) < 200


@pytest.mark.parametrize("few", [None, Few(2, "[1,2]")])
@pytest.mark.parametrize("order", Order)
@pytest.mark.parametrize(("name", "sort"), SORTS)
def test_a_list_is_walked_in_its_order_and_never_from_end_to_end(connection, name, sort, order, few):
    query = Query(sort=sort, order=order, filters=(Filter(field="id", op=Op.NEQ, value="x"),))
    reading = Reading(LISTINGS[name], OURS, query, now=NOW)
    for sql in (reading.page(few), reading.total(few, all_seen=False)):
        assert walks(plan(connection, sql, reading.values.bound)) == []
    if few is None:
        assert not [step for step in plan(connection, reading.page(few), reading.values.bound) if "TEMP B-TREE" in step]


@pytest.mark.parametrize("op", Op)
@pytest.mark.parametrize(("name", "field"), ALL)
def test_every_op_can_be_asked_or_is_refused(connection, tx, name, field, op):
    asked = Filter(field=field, op=op, value=[value(field)] if op in (Op.IN, Op.NIN) else value(field), path="path")
    try:
        reading = Reading(LISTINGS[name], OURS, Query(filters=(asked,), counted=True), now=NOW)
    except Invalid as refused:
        said = str(refused)
        assert said == f"filters: {field} cannot be compared with {op}"
        return
    for sql in (
        *reading.searches(9),
        reading.page(None),
        reading.page(Few(1, "[1]")),
        reading.total(None, all_seen=True),
    ):
        assert walks(plan(connection, sql, reading.values.bound)) == []
        assert connection.execute(sql, reading.values.bound).fetchall() in ([], [(0,)], [(0, 0, "[]")])


def told(tx, item, project_id=OURS):
    async def unit(tx):
        (placed,) = await tx.items.append(project_id, item.thread_id, [item])
        await tx.catalog.put(project_id.removeprefix(HIDDEN), placed)

    drive(unit, tx)


@pytest.fixture
def full(tx):
    """Two threads of ours, one of somebody else's, with steps, scores and people."""

    async def fill(tx):
        await tx.participants.insert(nouns.participant("u1", identifier="ada"))
        for project in (OURS, THEIRS):
            await tx.catalog.open(project)
        for thread in (
            nouns.thread(
                "a", name="First Talk", tags=("x", "y"), participant_id="u1", metadata={"k": "v", "n": {"d": 5}}
            ),
            nouns.thread("b", at=NOW + 1500, environment="dev", metadata={"a.b": "dotted"}),
            nouns.thread("c", THEIRS, name="First Talk"),
        ):
            await tx.threads.insert(thread)
            await tx.catalog.put_thread(thread)
        await tx.catalog.caught_up(await tx.catalog.catch_up(limit=99))

    drive(fill, tx)
    made = Trace(
        started_at=NOW, ended_at=NOW + 2_000_000, model="m", tokens=9, output={"content": "Grüße", "n": [1, 7]}
    )
    told(tx, Item(thread_id="a", id="llm", kind=Kind.GENERATION, created_at=NOW, trace=made))
    told(tx, nouns.message("said", "b", text="What is forty two?", trace=Trace()))
    failed = Trace(name="look", error=Fault(code="server", message="It broke."))
    told(tx, Item(thread_id="b", id="tool", kind=Kind.TOOL_CALL, created_at=NOW, parent_id="llm", trace=failed))
    drive(lambda tx: tx.scores.put(nouns.score("s1", step_id="said", name="good", value=0.5)), tx)
    return tx


def found(tx, name, **asked):
    query = Query(filters=(Filter(**asked),), counted=True)
    lists = {
        "threads": lambda tx: tx.catalog.threads(OURS, query, now=NOW),
        "steps": lambda tx: tx.catalog.steps(OURS, query, kind=None, now=NOW),
        "people": lambda tx: tx.catalog.participants(OURS, query, now=NOW),
        "scores": lambda tx: tx.scores.page(OURS, query, now=NOW),
    }
    page = drive(lists[name], tx)
    assert page.total == len(page.things)
    return "".join(sorted(thing.id[0] for thing in page.things))


@pytest.mark.parametrize(
    "case",
    [
        ("name", "eq", "First Talk", None, "a"),
        ("name", "neq", "First Talk", None, "b"),
        ("name", "has", "t TAL", None, "a"),
        ("name", "nhas", "t tal", None, "b"),
        ("name", "is", None, None, "b"),
        ("name", "nis", None, None, "a"),
        ("id", "in", ["a", "c"], None, "a"),
        ("id", "nin", ["a"], None, "b"),
        ("created_at", "gt", NOW, None, "b"),
        ("created_at", "gt", NOW + 999, None, "b"),
        ("created_at", "gt", NOW + 1000, None, ""),
        ("created_at", "gt", NOW + 1500, None, ""),
        ("created_at", "gte", NOW + 1000, None, "b"),
        ("created_at", "lt", NOW + 1000, None, "a"),
        ("created_at", "lte", NOW + 1000, None, "ab"),
        ("metadata", "eq", "v", "k", "a"),
        ("metadata", "eq", 5, "n.d", "a"),
        ("metadata", "gt", 4, "n.d", "a"),
        ("metadata", "eq", "dotted", "a.b", "b"),
        ("metadata", "is", None, "k", "b"),
        ("metadata", "has", "DOT", None, "b"),
        ("tags", "in", ["x", "z"], None, "a"),
        ("tags", "nin", ["x", "z"], None, "b"),
        ("tokens", "gte", 9, None, "a"),
        ("tokens", "eq", 0, None, "b"),
        ("seconds", "eq", 2, None, "a"),
        ("environment", "eq", "dev", None, "b"),
        ("step_type", "in", ["generation", "span"], None, "a"),
        ("step_type", "nin", ["generation"], None, "b"),
        ("step_name", "eq", "look", None, "b"),
        ("step_output", "has", "GRÜ", "content", "a"),
        ("step_output", "has", "grü", None, "a"),
        ("step_output", "eq", 7, "n", "a"),
        ("step_output", "has", "forty TWO", "content", "b"),
        ("step_output", "nhas", "forty", "content", "a"),
        ("participant_id", "eq", "u1", None, "a"),
        ("participant_identifier", "in", ["ada"], None, "a"),
        ("participant_identifier", "nin", ["ada"], None, "b"),
        ("score", "gt", 0, "good", "b"),
        ("score", "gt", 0, "bad", ""),
    ],
)
@pytest.mark.parametrize("few", [0, reading.FEW])
def test_threads_that_fit(full, monkeypatch, case, few):
    field, op, value, path, ids = case
    monkeypatch.setattr(reading, "FEW", few)
    assert found(full, "threads", field=field, op=Op(op), value=value, path=path) == ids


@pytest.mark.parametrize(
    ("field", "op", "value", "ids"),
    [
        ("type", "eq", "message:user", "s"),
        ("parent_id", "eq", "llm", "t"),
        ("error", "has", "BROKE", "t"),
        ("error", "is", None, "ls"),
        ("error", "nis", None, "t"),
        ("thread_id", "eq", "b", "st"),
        ("thread_id", "is", None, ""),
        ("started_at", "lte", NOW, "l"),
        ("participant_identifier", "eq", "ada", "l"),
        ("score", "gte", 0.5, "s"),
    ],
)
def test_steps_that_fit(full, field, op, value, ids):
    assert found(full, "steps", field=field, op=Op(op), value=value) == ids


@pytest.mark.parametrize(
    ("name", "field", "value", "ids"),
    [
        ("people", "identifier", "ada", "u"),
        ("people", "threads", 1, "u"),
        ("people", "tokens", 9, "u"),
        ("scores", "name", "good", "s"),
        ("scores", "kind", "code", ""),
    ],
)
def test_people_and_scores_that_fit(full, name, field, value, ids):
    assert found(full, name, field=field, op=Op.EQ, value=value) == ids


def test_pages_go_on_where_the_last_ended_also_when_that_is_gone(tx):
    async def fill(tx):
        await tx.catalog.open(OURS)
        for n in range(9):
            thread = nouns.thread(f"t{n}", at=NOW + n // 3)
            await tx.threads.insert(thread)
            await tx.catalog.put_thread(thread)

    def ids(**bounds):
        page = drive(lambda tx: tx.catalog.threads(OURS, Query(limit=3, **bounds), now=NOW), tx)
        return [thread.id for thread in page.things], page

    drive(fill, tx)
    first, page = ids()
    assert (first, page.has_next, page.has_previous) == (["t8", "t7", "t6"], True, False)
    drive(lambda tx: tx.threads.delete(OURS, "t6"), tx)
    second, page = ids(after=page.cursors[-1])
    assert (second, page.has_next, page.has_previous) == (["t5", "t4", "t3"], True, True)
    assert ids(before=page.cursors[0])[0] == ["t8", "t7"]
    last, page = ids(after=page.cursors[-1])
    assert (last, page.has_next) == (["t2", "t1", "t0"], False)
    assert ids(until=NOW)[0] == ["t8", "t7", "t5"]  # of the same millisecond
    assert ids(order=Order.ASC, skip=1)[0] == ["t1", "t2", "t3"]


@pytest.mark.parametrize("cursor", ["", "nonsense", "WzEsMl0", "WyJ0b2tlbnMiLDEsMl0", "é"])
def test_what_is_no_cursor_is_refused(tx, cursor):
    with pytest.raises(Invalid, match="after: this"):
        drive(lambda tx: tx.catalog.threads(OURS, Query(after=cursor), now=NOW), tx)


@pytest.mark.parametrize("query", [Query(sort="colour"), Query(filters=(Filter(field="colour", op=Op.EQ, value=1),))])
def test_a_field_that_is_none_is_refused(tx, query):
    with pytest.raises(Invalid, match="colour"):
        drive(lambda tx: tx.catalog.threads(OURS, query, now=NOW), tx)


def test_more_filters_than_a_statement_bears_are_refused_and_large_numbers_are_borne(full):
    asked = Filter(field="tokens", op=Op.LT, value=10**400)
    assert found(full, "threads", field="tokens", op=Op.LT, value=10**400) == "ab"
    with pytest.raises(Invalid, match="at most"):
        drive(lambda tx: tx.catalog.threads(OURS, Query(filters=(asked,) * 51), now=NOW), full)
    most = Query(filters=(Filter(field="metadata", op=Op.HAS, value="v", path="k"),) * 50)
    assert len(drive(lambda tx: tx.catalog.threads(OURS, most, now=NOW), full).things) == 1


def test_a_total_is_counted_no_further_than_it_may_be(tx, connection, monkeypatch):
    monkeypatch.setattr("clew.storage.sqlite.reading.COUNT_MAX", 3)
    assert COUNT_MAX > 3

    async def fill(tx):
        await tx.catalog.open(OURS)
        for n in range(5):
            thread = nouns.thread(f"t{n}")
            await tx.threads.insert(replace(thread, name="same"))
            await tx.catalog.put_thread(replace(thread, name="same"))

    drive(fill, tx)
    assert drive(lambda tx: tx.catalog.threads(OURS, Query(counted=True), now=NOW), tx).total == 3
