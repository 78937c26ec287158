"""The SQL files: what every statement must say, and that it finds its rows through an index."""

import ast
import re
from collections import Counter
from contextlib import closing
from pathlib import Path

import apsw
import pytest

from clew.storage import sqlite
from clew.storage.sqlite.migrate import migrate
from clew.storage.sqlite.statements import SQL, parse

ADAPTER = Path(sqlite.__file__).parent
FILES = sorted((ADAPTER / "sql").glob("*.sql"))
STATEMENTS = {name: body for file in FILES for name, body in parse(file.read_text("utf-8")).items()}
CALLS = {"run", "one", "all", "place", "page_of", "page_by_time"}

ARGUED = {
    "thread_gone_next": "takes the first row of the table, whichever it is",
    "dataset_gone_next": "takes the first row of the table, whichever it is",
    "key_all": "the operator's list of all keys: they are few, and sorted after reading",
    "thread_metadata_known": "counts a hundred rows at most, which are found by their key",
    "catalog_all_seen": "one row of constants; the first of what it looks for is enough",
    "used_projects": "every project there is, once at a start of a server with quotas",
    "catalog_projects": "every project that has a catalog, once at a start",
    "used_count": "one row of constants; what it counts it finds by indexes",
    "item_lately": "walks the ids of as many messages as its limit says, which are found by their key",
    "used_runs": "walks what it found by an index, which is at most as much as a quota allows",
    "batch_counts": "the files of a batch, at most 2,000, are found by an index and then put together by state",
}
"""Statements that may walk a table or sort what they found, and why."""


@pytest.fixture(scope="module")
def connection():
    with closing(apsw.Connection(":memory:")) as connection:
        connection.config(apsw.SQLITE_DBCONFIG_ENABLE_QPSG, 1)
        migrate(connection)
        yield connection


def plan(connection, sql):
    names = dict.fromkeys(re.findall(r":(\w+)", sql))
    return [row[3] for row in connection.execute("EXPLAIN QUERY PLAN " + sql, names)]


def walks(step):
    """Whether a step of a plan reads a table from end to end, or sorts."""
    return (step.startswith("SCAN ") and "VIRTUAL TABLE" not in step) or "TEMP B-TREE" in step


def names_in_code():
    """Every name of a statement that a module of the adapter runs, and every string in it."""
    run, said = set(), set()
    for module in ADAPTER.glob("*.py"):
        for node in ast.walk(ast.parse(module.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                said.add(node.value)
            if isinstance(node, ast.Call) and getattr(node.func, "attr", "") in CALLS:
                run |= {arg.value for arg in node.args[:2] if isinstance(arg, ast.Constant)}
    return run, said


@pytest.mark.parametrize("name", [name for name, body in STATEMENTS.items() if re.search(r"\bWHERE\b", body)])
def test_a_statement_with_a_where_names_the_project_or_says_why_not(name):
    body = STATEMENTS[name]
    condition = re.split(r"\bWHERE\b", SQL[name], maxsplit=1)[1]
    reason = re.search(r"^-- .*(Crosses projects|By the number of)", body, re.MULTILINE)
    assert "project_id = :project_id" in condition or reason


def test_the_names_of_statements_are_unique():
    names = Counter(
        name for file in FILES for name in re.findall(r"^-- name: (.*)$", file.read_text("utf-8"), re.MULTILINE)
    )
    assert [name for name, times in names.items() if times > 1] == []
    assert set(names) == set(SQL)


def test_every_statement_is_used():
    _, said = names_in_code()
    assert [name for name in SQL if not {name, re.sub("_(asc|desc)$", "", name)} & said] == []


def test_every_statement_that_is_run_is_there():
    run, _ = names_in_code()
    known = set(SQL) | {re.sub("_(asc|desc)$", "", name) for name in SQL}
    assert run - known == set()


def test_every_page_reads_in_both_directions():
    one_way = {re.sub("_(asc|desc)$", "", name) for name in SQL if re.search("_(asc|desc)$", name)}
    assert [name for name in one_way if not {name + "_asc", name + "_desc"} <= set(SQL)] == []


@pytest.mark.parametrize("name", [name for name in SQL if name not in ARGUED])
def test_a_statement_finds_its_rows_through_an_index(connection, name):
    assert [step for step in plan(connection, SQL[name]) if walks(step)] == []


@pytest.mark.parametrize("name", ARGUED)
def test_the_argued_statements_still_need_their_argument(connection, name):
    assert any(walks(step) for step in plan(connection, SQL[name]))


SEARCH = re.compile(
    r"SEARCH (?P<table>\w+) USING (?:COVERING )?(?:INDEX (?P<index>\w+)|(INTEGER )?PRIMARY KEY) \((?P<bound>.*)\)"
)

SETS = {
    "assistant_version_place": "all versions of one assistant: people make them by hand",
    "assistant_versions_delete": "all versions of one assistant: people make them by hand",
    "batch_counts": "the files of a batch, at most 2,000",
    "batches_delete": "the batches of one index, when it goes",
    "blob_known": "asks whether there is one, and stops at the first",
    "catalog_items_part": "between two places of a log, which the caller chose",
    "catalog_numbers_drop": "the numbers in the metadata of one thread",
    "catalog_participant_insert": "the threads of a participant who is new: none as a rule",
    "catalog_runs_of": "the runs of one thread, when its project first gets a catalog",
    "catalog_step_of_key": "the step at one key, of which there is one",
    "catalog_tags_drop": "the tags of one thing",
    "catalog_thread_last": "the steps of one thread, when the last of them changes its end",
    "enclosure_drop": "what is beside one step, when it goes",
    "enclosure_of_steps": "what is beside the steps of a page",
    "file_places": "the indexes that hold one file, when it goes",
    "file_places_delete": "the indexes that hold one file, when it goes",
    "index_files_delete": "the files of one index, when it goes",
    "item_of_run": "what one run made: its turns are bounded by its end in time",
    "item_every": "a whole log, for those who show a thread as one thing",
    "part_all": "the parts of one upload, when it is put together",
    "part_drop": "the parts of one upload, when it ends",
    "run_active": "the active runs of one thread: one, where a dialect asks for the lock",
    "run_every": "the runs of one thread, for those who show it as one thing",
    "run_release": "the leases of one worker, when it stops",
    "run_release_all": "the leases that were left behind, at a start",
    "score_drop": "the scores of one step, when it goes",
    "score_of_steps": "the scores of the steps of a page",
    "thread_runs_gone": "the active runs of one thread, when it goes",
    "used_count": "everything that a project with a quota has, once at a start",
    "used_thread_gone": "the messages of one thread, when it goes, and only where its project has a quota",
}
"""Statements that read or write all rows of some key and have no limit, and why those are few."""


def keys(connection):
    """The columns of every unique key, by its index's name, or by its table's where that is the primary key."""
    found = {}
    for (table,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall():
        for _, index, unique, origin, _ in connection.execute(f"PRAGMA index_list({table})").fetchall():
            columns = [row[2] for row in connection.execute(f"PRAGMA index_info({index})")]
            if unique:
                found[index] = columns
            if origin == "pk":
                found[table] = columns
    return found


def finds_one(found, aliases, step):
    """Whether a search binds every column of a unique key, and so gives one row at most."""
    table = aliases.get(step["table"], step["table"])
    columns = found.get(step["index"] or table, ["rowid"] if step["index"] is None else [])
    return bool(columns) and step["bound"] in (" AND ".join(f"{column}=?" for column in columns), "rowid=?")


def reads_a_set(connection, sql):
    aliases = {alias: table for table, alias in re.findall(r"(\w+) AS (\w+)", sql)}
    steps = [step for line in plan(connection, sql) if (step := SEARCH.fullmatch(line))]
    return "LIMIT" not in sql and not all(finds_one(keys(connection), aliases, step) for step in steps)


@pytest.mark.parametrize("name", SQL)
def test_a_statement_finds_one_row_or_has_a_limit_or_its_argument(connection, name):
    """A search alone says little: one by the project alone would read all that the project has."""
    assert name in SETS or not reads_a_set(connection, SQL[name])


@pytest.mark.parametrize("name", SETS)
def test_the_arguments_for_sets_are_still_needed(connection, name):
    assert reads_a_set(connection, SQL[name])


HOT = {
    "thread_get": "thread USING INDEX sqlite_autoindex_thread_1 (project_id=? AND id=?)",
    "thread_page": "thread USING INDEX thread_by_time (project_id=? AND created_at>? AND created_at<?)",
    "thread_found": "lead USING PRIMARY KEY (project_id=? AND name=? AND value=? AND (created_at,thread_no)>(?,?)"
    " AND (created_at,thread_no)<(?,?))",
    "thread_enter": "thread USING INDEX sqlite_autoindex_thread_1 (project_id=? AND id=?)",
    "item_thread": "thread USING INDEX sqlite_autoindex_thread_1 (project_id=? AND id=?)",
    "item_at": "item USING INTEGER PRIMARY KEY (rowid=?)",
    "item_named": "item USING INDEX item_by_id (thread_no=? AND id=?)",
    "item_span": "item USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)",
    "item_run": "item USING INDEX item_by_run (thread_no=? AND run_id=? AND rowid>? AND rowid<?)",
    "item_kind": "item USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)",
    "item_before": "item USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)",
    "item_of_run": "item USING INDEX item_by_run (thread_no=? AND run_id=?)",
    "item_places": "thread_tail USING INTEGER PRIMARY KEY (rowid=?)",
    "item_places_taken": "thread_tail USING INTEGER PRIMARY KEY (rowid=?)",
    "run_active": "run USING INDEX run_active (thread_no=?)",
    "run_page": "run USING INDEX run_by_thread (thread_no=? AND rowid>? AND rowid<?)",
    "run_find": "run USING INDEX run_by_own_id (project_id=? AND id=?)",
    "run_of_project": "run USING INDEX run_by_project (project_id=? AND rowid>? AND rowid<?)",
    "run_claim": "run USING INDEX run_work (lease_until<?)",
    "event_after": "event USING PRIMARY KEY (run_no=? AND number>?)",
    "file_purpose": "file USING INDEX file_by_purpose (project_id=? AND purpose=? AND created_at>? AND created_at<?)",
    "index_file_state": "index_file USING INDEX index_file_by_state"
    " (index_no=? AND state=? AND created_at>? AND created_at<?)",
    "index_file_batch": "index_file USING INDEX index_file_by_batch"
    " (index_no=? AND batch_id=? AND created_at>? AND created_at<?)",
}


@pytest.mark.parametrize("name", HOT)
def test_the_hot_statements_search_as_they_were_meant_to(connection, name):
    ways = [way for way in (name, name + "_asc", name + "_desc") if way in SQL]
    assert all("SEARCH " + HOT[name] in plan(connection, SQL[way]) for way in ways)
