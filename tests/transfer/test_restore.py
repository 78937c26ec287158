"""A restore: a whole data folder, or none."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import clew
from clew.app.pairing import refuse_lost_database
from clew.app.settings import read
from clew.storage.directory import every, owner_of
from clew.storage.port import StoreProblem
from clew.storage.sqlite import SCHEMA_NEWEST, examined
from clew.transfer import archive
from clew.transfer.backup import backup
from clew.transfer.restore import UNFINISHED, CannotRestore, restore

NOW = 1_700_000_000_000_000
DYING = """
import itertools, os, pathlib, sys
from clew.transfer.restore import restore

left = 0

def counted(real):
    def call(*arguments, **more):
        global left
        left -= 1
        if left < 0:
            os._exit(9)
        return real(*arguments, **more)
    return call

for name in ("fsync", "rename", "mkdir", "rmdir"):
    setattr(os, name, counted(getattr(os, name)))
for left in itertools.count():
    if not (child := os.fork()):
        restore(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2], str(left)))
        os._exit(0)
    if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) != 9:
        break
"""
"""Restores into the folders 0, 1, 2, … dies in each after so many changes to the disk, until one is done."""


@pytest.fixture
async def made(folder, tmp_path: Path) -> Path:
    backup(database=folder.database, blobs=folder.blobs, to=tmp_path / "backup.tar", now=NOW)
    return tmp_path / "backup.tar"


def contents(folder: Path) -> dict[str, bytes]:
    """Every file's bytes, but for the lock and what SQLite has beside a database."""
    files = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    return {name: path.read_bytes() for name, path in files.items() if not re.search(r"lock$|-wal$|-shm$", name)}


def refused(made: Path, to: Path) -> str:
    with pytest.raises(CannotRestore) as problem:
        restore(made, to)
    assert not (to / "clew.db").exists()
    assert not (to / UNFINISHED).exists()
    return str(problem.value)


def test_everything_that_was_named_is_there_and_nothing_else(folder, made: Path, tmp_path: Path):
    head = restore(made, tmp_path / "new")
    assert (head.store, head.schema, head.made_at) == (
        folder.core.store.id,
        SCHEMA_NEWEST,
        "2023-11-14T22:13:20+00:00",
    )
    assert sorted(blob for batch in every(tmp_path / "new/blobs") for blob in batch) == folder.named
    assert owner_of(tmp_path / "new/blobs") == folder.core.store.id
    with examined(tmp_path / "new/clew.db") as restored:
        assert (restored.complaints(), list(restored.faults())) == ([], [])
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == ["blobs", "clew.db", "clew.lock"]


def test_only_its_owner_can_read_it(made: Path, tmp_path: Path):
    restore(made, tmp_path / "new")
    assert {path.stat().st_mode & 0o077 for path in [tmp_path / "new", *(tmp_path / "new").rglob("*")]} == {0}


def test_a_folder_that_is_not_empty_is_refused_and_left_alone(made: Path, tmp_path: Path):
    (tmp_path / "note").write_text("mine")
    before = contents(tmp_path)
    assert "is not empty: it holds backup.tar" in refused(made, tmp_path)
    assert contents(tmp_path) == before


def test_a_fresh_file_system_is_empty(made: Path, tmp_path: Path):
    (tmp_path / "new/lost+found").mkdir(parents=True)
    restore(made, tmp_path / "new")
    assert (tmp_path / "new/clew.db").exists()


def test_the_folder_of_a_running_server_is_refused(folder, made: Path):
    before = contents(folder.path)
    with pytest.raises(StoreProblem, match="already serving"):
        restore(made, folder.path)
    assert contents(folder.path) == before


def test_a_damaged_archive_leaves_nothing(made: Path, tmp_path: Path):
    content = bytearray(made.read_bytes())
    content[content.index(b"part")] ^= 1
    made.write_bytes(content)
    assert "is not what was backed up" in refused(made, tmp_path / "new")
    assert contents(tmp_path / "new") == {}


def test_an_archive_that_was_cut_short_leaves_nothing(made: Path, tmp_path: Path):
    made.write_bytes(made.read_bytes()[: made.stat().st_size // 2])
    assert "cannot be used" in refused(made, tmp_path / "new")
    assert contents(tmp_path / "new") == {}


def test_a_file_that_is_not_there_is_said_plainly(tmp_path: Path):
    assert "No such file" in refused(tmp_path / "absent", tmp_path / "new")


def test_a_name_that_leads_elsewhere_writes_nothing_there(made: Path, tmp_path: Path, monkeypatch):
    monkeypatch.setattr("clew.transfer.backup.name_of", lambda blob: f"../../{blob}")
    evil = tmp_path / "evil.tar"
    backup(database=tmp_path / "data/clew.db", blobs=tmp_path / "data/blobs", to=evil, now=NOW)
    before = contents(tmp_path)
    assert "which no backup of Clew does" in refused(evil, tmp_path / "new")
    assert contents(tmp_path) == before


def test_the_backup_of_a_newer_version_is_refused_with_its_number(made: Path, tmp_path: Path, monkeypatch):
    monkeypatch.setattr("clew.storage.sqlite.SCHEMA_NEWEST", SCHEMA_NEWEST - 1)
    said = refused(made, tmp_path / "new")
    assert f"made by a newer Clew (schema {SCHEMA_NEWEST}; this one knows {SCHEMA_NEWEST - 1})" in said


def test_an_archive_that_says_another_store_than_it_holds_is_refused(folder, tmp_path: Path, monkeypatch):
    real = archive.Head
    monkeypatch.setattr("clew.transfer.backup.Head", lambda **fields: real(**{**fields, "store": "store_other"}))
    backup(database=folder.database, blobs=folder.blobs, to=tmp_path / "other.tar", now=NOW)
    assert "says of its database what is not so" in refused(tmp_path / "other.tar", tmp_path / "new")


def test_one_that_is_killed_anywhere_leaves_nothing_that_a_server_takes_and_can_be_repeated(
    folder, made: Path, tmp_path: Path
):
    environment = {**os.environ, "PYTHONPATH": str(Path(clew.__file__).parents[1])}
    (tmp_path / "dead").mkdir()
    subprocess.run([sys.executable, "-c", DYING, made, tmp_path / "dead"], env=environment, check=True, timeout=60)
    left = sorted((tmp_path / "dead").iterdir(), key=lambda path: int(path.name))
    are_whole = [(path / "clew.db").exists() for path in left]
    assert are_whole == sorted(are_whole)  # once it is whole it stays so
    assert are_whole.count(False) > 10
    for path, is_whole in zip(left, are_whole, strict=True):
        if not is_whole:
            if {one.name for one in path.iterdir()} - {"clew.lock"}:
                settings = read({"data": str(path)}, {}, folder=tmp_path)
                with pytest.raises(StoreProblem, match=r"broken off.* Repeat it"):
                    refuse_lost_database(settings)
            restore(made, path)
        assert sorted(blob for batch in every(path / "blobs") for blob in batch) == folder.named
        with examined(path / "clew.db") as restored:
            assert restored.store_id == folder.core.store.id
