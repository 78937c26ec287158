"""Looking at a database from outside: what is well is said to be well, and each thing that is wrong is found."""

import re
from contextlib import closing

import apsw
import pytest

from clew.domain.noun import replace
from clew.storage.port import StoreProblem
from clew.storage.sqlite import SCHEMA_NEWEST, copy, examined, open_store
from clew.storage.sqlite.examine import BODIES, RULES
from clew.storage.sqlite.migrate import steps
from clew.storage.sqlite.statements import SQL
from storage.conformance import nouns
from storage.conformance.nouns import OURS


async def one_of_everything(tx):
    await tx.threads.insert(nouns.thread())
    await tx.items.append(OURS, nouns.THREAD, [nouns.message(), nouns.message("msg_b")])
    run = await tx.runs.insert(nouns.run())
    await tx.events.append(run, [nouns.event(), nouns.event()])
    await tx.assistants.insert(nouns.assistant())
    await tx.files.insert(nouns.file(blob="ab" * 16, size=3))
    await tx.files.insert_upload(nouns.upload())
    await tx.files.insert_part(replace(nouns.part("part_a"), blob="ac" * 16, size=4))
    await tx.indexes.insert(nouns.index())
    await tx.indexes.put_file(nouns.index_file())
    await tx.indexes.insert_batch(nouns.batch())
    await tx.operations.insert(nouns.operation())
    await tx.participants.insert(nouns.participant())
    await tx.keys.insert(nouns.key())
    await tx.scores.put(nouns.score())
    await tx.enclosures.put(nouns.enclosure())
    await tx.prompts.insert(nouns.prompt())
    await tx.prompts.insert_version(nouns.prompt_version())
    await tx.prompts.insert_variant(nouns.prompt_variant())
    await tx.datasets.insert(nouns.dataset())
    await tx.datasets.insert_item(nouns.dataset_item())
    await tx.experiments.insert(nouns.experiment())
    await tx.experiments.insert_item(nouns.experiment_item())


@pytest.fixture
async def path(tmp_path):
    path = tmp_path / "clew.db"
    store = open_store(path)
    await store.write(one_of_everything)
    await store.close()
    return path


def change(path, sql):
    with closing(apsw.Connection(str(path))) as connection:
        connection.execute(sql)
        assert connection.changes() > 0


def faults(path):
    with examined(path) as found:
        return list(found.faults())


def test_what_is_well_is_said_to_be_well(path):
    with examined(path) as found:
        assert (found.schema, found.journal_mode, found.complaints()) == (SCHEMA_NEWEST, "wal", [])
        assert list(found.faults()) == []
        assert found.rows == len(BODIES) + 2  # an item more, and an event


@pytest.mark.parametrize("number", range(len(BODIES)))
def test_a_body_that_does_not_decode_is_found_in_every_table(path, number):
    noun, sql, _ = BODIES[number]
    column, table = re.search(r"(\w+) FROM (\w+)", sql).groups()
    change(path, f"UPDATE {table} SET {column} = CAST('{{\"id\": 7' AS BLOB)")  # noqa: S608 (of our own table)
    assert f"{noun} " in faults(path)[0]
    assert faults(path)[0].endswith("cannot be read")


def test_every_table_with_a_body_is_looked_at(path):
    with closing(apsw.Connection(str(path))) as connection:
        tables = connection.execute(
            "SELECT DISTINCT t.name FROM sqlite_schema AS t JOIN pragma_table_info(t.name) AS c WHERE c.type = 'BLOB'"
            " AND t.name NOT LIKE 'catalog_%_text_%'"  # SQLite's own, under the index of text
        ).fetchall()
    assert {table for (table,) in tables} == {sql.rpartition(" ")[2] for _, sql, _ in BODIES}


def test_every_row_that_names_bytes_is_known_to_the_sweep_and_to_backups(path):
    with closing(apsw.Connection(str(path))) as connection:
        tables = connection.execute(
            "SELECT t.name FROM sqlite_schema AS t JOIN pragma_table_info(t.name) AS c WHERE c.name = 'blob'"
        ).fetchall()
    with examined(path) as found:
        owners = {named.owner.rpartition(" ")[0].replace(" ", "_") for named in found.blobs()}
    assert {table for (table,) in tables} == owners == set(re.findall(r"(\w+)\.blob = ", SQL["blob_known"]))


WRONG = {
    "thread thread_a has no end of its log": "DELETE FROM thread_tail",
    "item msg_a is in another thread than its place says": "UPDATE item SET thread_no = 9 WHERE id = 'msg_a'",
    "item msg_a has no thread": "UPDATE item SET thread_no = 9, key = (9 << 32) + (1 << 31) + 1 WHERE id = 'msg_a'",
    "item msg_a stands in the wrong part of its thread's log": "UPDATE item SET kind = 'span' WHERE id = 'msg_a'",
    "item msg_b stands outside of its thread's log": "UPDATE thread_tail SET last_seq = 1",
    "run run_a has no thread": "UPDATE run SET thread_no = 9",
    "the events of run run_a have gaps": "DELETE FROM event WHERE number = 1",
    "events of run number 1 have no run": "DELETE FROM run",
    "version prompt_a-0 has no prompt": "DELETE FROM prompt",
    "item example_a has no dataset": "DELETE FROM dataset",
}


@pytest.mark.parametrize("fault", WRONG)
def test_each_thing_that_does_not_hold_between_rows_is_found(path, fault):
    change(path, WRONG[fault])
    assert fault in faults(path)


def test_every_rule_is_broken_in_a_test():
    assert len(WRONG) == len(RULES)


def test_an_item_that_was_deleted_leaves_no_fault(path):
    change(path, "DELETE FROM item WHERE id = 'msg_a'")
    assert faults(path) == []


async def test_a_thread_that_is_being_freed_is_no_fault(path):
    store = open_store(path)
    await store.write(lambda tx: tx.threads.delete(OURS, nouns.THREAD))
    await store.write(lambda tx: tx.threads.sweep(now=nouns.NOW, limit=3))
    await store.close()
    assert faults(path) == []


async def test_a_dataset_that_is_being_freed_is_no_fault(path):
    store = open_store(path)
    await store.write(lambda tx: tx.datasets.delete(OURS, "dataset_a"))
    await store.close()
    assert faults(path) == []


def test_the_bytes_that_rows_name_are_told_and_those_that_none_names(path):
    with examined(path) as found:
        assert [(named.blob[:2], named.size) for named in found.blobs()] == [("ab", 3), ("ac", 4)]
        assert found.unnamed(["ab" * 16, "ff" * 16, "ac" * 16]) == ["ff" * 16]


def test_a_copy_is_one_file_with_everything_in_it(path, tmp_path):
    (tmp_path / "to").mkdir()
    copy(path, tmp_path / "to/copy.db")
    assert list((tmp_path / "to").iterdir()) == [tmp_path / "to/copy.db"]
    with examined(path) as one, examined(tmp_path / "to/copy.db") as other:
        assert (one.store_id, one.journal_mode) == (other.store_id, other.journal_mode)
        assert list(one.blobs()) == list(other.blobs())


def test_what_is_no_database_cannot_be_read(tmp_path):
    (tmp_path / "a.db").write_bytes(b"no database" * 1000)
    with pytest.raises(StoreProblem, match="cannot be read"), examined(tmp_path / "a.db"):
        pass


def test_a_page_that_is_damaged_is_found(path):
    whole = path.read_bytes()
    path.write_bytes(whole[:8192] + b"\xff" * 4096 + whole[12288:])
    try:
        with examined(path) as found:
            assert found.complaints() != []
    except StoreProblem:
        pass


def test_an_older_schema_is_looked_at_as_far_as_it_goes(tmp_path):
    path = tmp_path / "clew.db"
    with closing(apsw.Connection(str(path))) as connection:
        for number in (1, 2):
            connection.execute(steps()[number])
        connection.pragma("user_version", 2)
    assert faults(path) == []
