"""Opening a data folder: brought to the newest schema, by one server at a time, and never by an older one."""

import os
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import apsw
import pytest

import clew
from clew.domain.noun import replace
from clew.domain.page import Window
from clew.storage.bodies import dump
from clew.storage.port import StoreProblem
from clew.storage.sqlite import examined, migrate, open_store
from clew.storage.sqlite.migrate import steps, version
from storage.conformance import nouns
from storage.conformance.nouns import NOW, OURS, THREAD

NEWEST = max(steps())
SERVED = "Another Clew is already serving the data in {}. One server at a time may use a data folder."

HOLD = """
import pathlib, sys
from clew.storage.sqlite import open_store
store = open_store(pathlib.Path(sys.argv[1]))
print("open", flush=True)
sys.stdin.read()
"""
TRY = """
import pathlib, sys
from clew.storage.port import StoreProblem
from clew.storage.sqlite import open_store
try:
    open_store(pathlib.Path(sys.argv[1]))
except StoreProblem as problem:
    print(problem)
"""


@pytest.fixture
def path(tmp_path):
    return tmp_path / "data" / "clew.db"


def process(code, path):
    """Another process that runs this code on the database."""
    environment = {**os.environ, "PYTHONPATH": str(Path(clew.__file__).parents[1])}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    return subprocess.Popen([sys.executable, "-c", code, str(path)], env=environment, text=True, **pipes)


def dumped(path):
    """The whole schema and its number, as they stand in the file."""
    with closing(apsw.Connection(str(path))) as connection:
        return version(connection), connection.execute("SELECT name, sql FROM sqlite_schema ORDER BY name").fetchall()


def refused(path):
    with pytest.raises(StoreProblem) as problem:
        open_store(path)
    return str(problem.value)


def test_the_steps_are_numbered_without_gaps():
    assert list(steps()) == list(range(1, NEWEST + 1))


async def test_an_empty_folder_comes_to_the_newest_schema(path):
    store = open_store(path)
    await store.close()
    assert store.schema == (0, NEWEST)
    with examined(path) as found:
        assert found.schema == NEWEST


@pytest.mark.parametrize("older", range(NEWEST))
async def test_every_older_schema_comes_to_the_newest(path, tmp_path, older):
    path.parent.mkdir()
    with closing(apsw.Connection(str(path))) as connection:
        for number in range(1, older + 1):
            connection.execute(steps()[number])
        connection.pragma("user_version", older)
    await open_store(path).close()
    await open_store(tmp_path / "fresh.db").close()
    assert dumped(path) == dumped(tmp_path / "fresh.db")


async def test_participants_and_indexes_of_the_second_schema_are_found_by_time_and_end(path):
    path.parent.mkdir()
    ada, bea = nouns.participant("a", name="Ada"), nouns.participant("b", expires_at=NOW + 1)
    ada = replace(ada, created_at=NOW + 1)
    index = nouns.index(expires_at=NOW + 1)
    with closing(apsw.Connection(str(path))) as connection:
        for number in (1, 2):
            connection.execute(steps()[number])
        connection.pragma("user_version", 2)
        for it in (ada, bea):
            row = (OURS, it.id, it.identifier, dump(it))
            connection.execute("INSERT INTO participant (project_id, id, identifier, body) VALUES (?, ?, ?, ?)", row)
        row = (OURS, index.id, index.created_at, dump(index))
        connection.execute("INSERT INTO file_index (project_id, id, created_at, body) VALUES (?, ?, ?, ?)", row)
    store = open_store(path)
    pages = [await store.read(lambda tx, at=at: tx.participants.page(OURS, Window(), now=at)) for at in (NOW, NOW + 1)]
    seen = [await store.read(lambda tx, at=at: tx.indexes.get(OURS, index.id, now=at)) for at in (NOW, NOW + 1)]
    await store.close()
    assert [list(page.things) for page in pages] == [[ada, bea], [ada]]
    assert seen == [index, None]


async def test_opening_again_changes_nothing(path):
    store = open_store(path)
    await store.write(lambda tx: tx.threads.insert(nouns.thread()))
    await store.close()
    before = dumped(path)
    store = open_store(path)
    assert await store.read(lambda tx: tx.threads.get(OURS, THREAD, now=NOW)) == nouns.thread()
    await store.close()
    assert (store.schema, dumped(path)) == ((NEWEST, NEWEST), before)


async def test_a_store_keeps_its_id_and_its_secret(path, tmp_path):
    seen = []
    for file in (path, path, tmp_path / "other.db"):
        store = open_store(file)
        await store.close()
        seen.append((store.id, store.secret()))
    assert seen[0] == seen[1]
    assert [one for one, other in zip(seen[0], seen[2], strict=True) if one == other] == []
    assert len(seen[0][1]) == 32


async def test_a_newer_schema_is_refused_and_left_alone(path):
    await open_store(path).close()
    with closing(apsw.Connection(str(path))) as connection:
        connection.pragma("user_version", NEWEST + 1)
    before = dumped(path)
    assert refused(path) == (
        f"This data was written by a newer Clew (schema {NEWEST + 1}; this one knows {NEWEST}). "
        "Start the newer version, or restore a backup that this one wrote."
    )
    assert dumped(path) == before


async def test_a_refused_folder_is_not_held(path):
    await open_store(path).close()
    with closing(apsw.Connection(str(path))) as connection:
        connection.pragma("user_version", NEWEST + 1)
        refused(path)
        connection.pragma("user_version", NEWEST)
    await open_store(path).close()


def test_a_step_that_fails_leaves_nothing_of_itself(monkeypatch):
    broken = {1: "CREATE TABLE a (x);", 2: "CREATE TABLE b (x); CREATE TABLE b (x);"}
    monkeypatch.setattr(migrate, "steps", lambda: broken)
    with closing(apsw.Connection(":memory:")) as connection:
        with pytest.raises(apsw.SQLError):
            migrate.migrate(connection)
        assert version(connection) == 1
        assert connection.execute("SELECT name FROM sqlite_schema").fetchall() == [("a",)]


async def test_a_second_server_in_this_process_is_refused(path):
    store = open_store(path)
    assert refused(path) == SERVED.format(path.parent)
    await store.close()
    await open_store(path).close()


async def test_a_second_server_from_another_process_is_refused(path):
    store = open_store(path)
    with process(TRY, path) as other:
        said, _ = other.communicate()
    assert said.strip() == SERVED.format(path.parent)
    await store.close()


async def test_a_server_that_was_killed_holds_nothing(path):
    with process(HOLD, path) as other:
        assert other.stdout.readline() == "open\n"
        assert refused(path) == SERVED.format(path.parent)
        other.kill()
    await open_store(path).close()


async def test_a_command_beside_a_server_is_let_in_and_lets_no_second_server_in(path):
    server = open_store(path)
    command = open_store(path, exclusive=False)
    await command.write(lambda tx: tx.keys.insert(nouns.key()))
    assert await server.read(lambda tx: tx.keys.every()) == [nouns.key()]
    await command.close()
    assert refused(path) == SERVED.format(path.parent)
    await server.close()


async def test_a_command_brings_a_folder_that_nobody_serves_to_the_newest_schema(path):
    command = open_store(path, exclusive=False)
    assert command.schema == (0, NEWEST)
    await open_store(path).close()
    await command.close()


async def test_a_command_does_not_change_the_schema_under_a_server(path):
    server = open_store(path)
    with closing(apsw.Connection(str(path))) as connection:
        connection.pragma("user_version", NEWEST - 1)
    with pytest.raises(StoreProblem, match="already serving"):
        open_store(path, exclusive=False)
    await server.close()


def test_a_file_in_the_folders_place_is_said_plainly(path):
    path.parent.write_text("not a folder")
    assert refused(path) == f"The data folder {path.parent} cannot be used: File exists."


def test_what_is_no_database_is_said_plainly(path):
    path.parent.mkdir()
    path.write_bytes(b"not a database" * 100)
    assert "cannot be opened" in refused(path)
