"""The command, as a program of its own over a real folder."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import apsw
import pytest

import clew
from clew import __version__
from clew.auth.keys import KeyRing, hashed
from clew.service.core import SystemClock
from clew.storage.sqlite import open_store

if TYPE_CHECKING:
    from collections.abc import Callable

SECRET = re.compile(r"sk-clew-[\w-]{43}\n")
OUTSIDE = {name: value for name, value in os.environ.items() if not name.startswith("CLEW_")}


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs `clew …` in an empty folder."""

    def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        source = str(Path(clew.__file__).parents[1])
        return subprocess.run(
            [sys.executable, "-m", "clew", *arguments],
            cwd=tmp_path,
            env=OUTSIDE | {"PYTHONPATH": source} | environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "clew-data" / "clew.db"


def refused(done: subprocess.CompletedProcess[str]) -> str:
    """The one line on stderr."""
    assert done.returncode == 1
    assert done.stderr.startswith("clew: ")
    assert done.stderr.count("\n") == 1
    return done.stderr


def test_it_says_its_version(run):
    assert run("--version").stdout == f"clew {__version__}\n"


def test_a_new_key_is_shown_once_and_only_its_hash_is_kept(run, file: Path):
    done = run("keys", "create", "--name", "phone app")

    assert done.returncode == 0, done.stderr
    assert SECRET.fullmatch(done.stdout)
    secret = done.stdout.strip()
    kept = b"".join(path.read_bytes() for path in file.parent.iterdir())
    assert hashed(secret).encode() in kept
    assert secret.removeprefix("sk-clew-").encode() not in kept
    listed = run("keys", "list").stdout
    assert "phone app" in listed
    assert secret[-4:] in listed
    assert secret not in listed


async def test_a_key_belongs_to_the_project_and_has_the_scopes_that_were_said(run, file: Path):
    secret = run("keys", "create", "--project", "acme", "--scope", "admin").stdout.strip()

    store = open_store(file)
    caller = await KeyRing(store, SystemClock()).caller_of(secret)
    await store.close()

    assert caller is not None
    assert caller.project_id == "acme"
    assert caller.scopes == {"read", "write", "admin"}


def test_a_revoked_key_is_listed_as_such_and_cannot_be_revoked_again(run):
    run("keys", "create")
    key_id = re.search(r"key_\w+", run("keys", "list").stdout)[0]

    assert run("keys", "revoke", key_id).returncode == 0

    assert "  revoked 2" in run("keys", "list").stdout
    assert f"no live key {key_id}" in refused(run("keys", "revoke", key_id))


async def test_keys_are_made_and_revoked_beside_a_running_server(run, file: Path):
    store = open_store(file)
    ring = KeyRing(store, SystemClock())

    secret = run("keys", "create").stdout.strip()
    caller = await ring.caller_of(secret)
    revoked = run("keys", "revoke", caller.key_id if caller else "")

    assert caller is not None
    assert revoked.returncode == 0
    assert await KeyRing(store, SystemClock()).caller_of(secret) is None
    await store.close()


def test_a_key_command_makes_no_database_where_there_is_none(run, file: Path):
    assert "There is no database" in refused(run("keys", "list"))
    assert not file.parent.exists()


def test_a_key_that_could_not_be_shown_is_refused_in_one_line(run):
    assert "name: at most" in refused(run("keys", "create", "--name", "a\nb"))


def test_migrate_says_the_schema_before_and_after(run):
    assert re.fullmatch(r"Schema 0 before, [1-9]\d* now\.\n", run("migrate").stdout)


async def test_migrate_is_not_done_under_a_running_server(run, file: Path):
    store = open_store(file)

    assert "already serving" in refused(run("migrate"))

    await store.close()


async def test_a_key_command_does_not_change_the_schema_under_a_server(run, file: Path):
    store = open_store(file)
    with_older = apsw.Connection(str(file))
    with_older.execute("PRAGMA user_version = 0")
    with_older.close()

    assert "already serving" in refused(run("keys", "create"))

    await store.close()


def test_the_doctor_finds_an_empty_folder_well_but_for_the_model(run, file: Path):
    done = run("doctor")

    assert done.returncode == 1
    assert [line for line in done.stdout.splitlines() if not line.startswith("ok ")] == [
        "problem  model: none is set: runs will fail. See --model-url and --local-model"
    ]
    assert not file.parent.exists()


async def test_the_doctor_looks_at_a_database_that_a_server_has(run, file: Path):
    store = open_store(file)

    lines = run("doctor").stdout.splitlines()

    assert any(re.fullmatch(r"ok +database: .*, checked", line) for line in lines)
    assert any(re.fullmatch(r"ok +schema: \d+", line) for line in lines)
    assert any(re.fullmatch(r"ok +journal mode: wal", line) for line in lines)
    await store.close()


def test_the_doctor_finds_that_a_file_is_no_database(run, file: Path):
    file.parent.mkdir()
    file.write_bytes(b"not a database" * 1000)

    done = run("doctor")

    assert done.returncode == 1
    assert re.search(r"^problem +database: The data in .* cannot be read", done.stdout, re.MULTILINE)


def test_the_doctor_finds_that_a_page_is_damaged(run, file: Path):
    run("migrate")
    whole = file.read_bytes()
    file.write_bytes(whole[:8192] + b"\xff" * 4096 + whole[12288:])

    done = run("doctor")

    assert done.returncode == 1
    assert re.search(r"^problem +database: ", done.stdout, re.MULTILINE)


def test_the_doctor_finds_a_schema_of_the_future(run, file: Path):
    run("migrate")
    connection = apsw.Connection(str(file))
    connection.execute("PRAGMA user_version = 9999")
    connection.close()

    assert re.search(r"^problem +schema: 9999", run("doctor").stdout, re.MULTILINE)
    assert "newer Clew" in refused(run("keys", "list"))


def test_a_backup_is_made_checked_and_restored(run, tmp_path: Path):
    run("keys", "create", "--name", "phone app")

    made = run("backup", "one.tar")
    checked = run("doctor", "one.tar")
    restored = run("restore", "one.tar", "--data", "again")

    assert made.stdout.startswith("Backed up into one.tar: ")
    assert checked.returncode == 0, checked.stdout
    assert re.match(r"Restored into again: the data of store_\w+, as it was at 20", restored.stdout)
    assert "phone app" in run("keys", "list", "--data", "again").stdout


def test_what_cannot_be_backed_up_or_restored_is_told_in_one_line(run, tmp_path: Path):
    assert "There is no database" in refused(run("backup", "one.tar"))
    run("migrate")
    (tmp_path / "one.tar").touch()
    assert "There is already a file one.tar" in refused(run("backup", "one.tar"))
    assert "The backup one.tar cannot be used" in refused(run("restore", "one.tar", "--data", "again"))
    assert "is not empty: it holds clew.db" in refused(run("restore", "one.tar"))
    elsewhere = {"CLEW_DATABASE_URL": "sqlite:///elsewhere.db"}
    assert "Unset `database`" in refused(run("restore", "one.tar", "--data", "again", **elsewhere))


def test_beside_blobs_whose_database_was_lost_no_command_makes_another(run, file: Path):
    (file.parent / "blobs").mkdir(parents=True)
    (file.parent / "blobs" / "store").write_text("store_1")

    for command in (["keys", "create"], ["migrate"], ["serve", "--port", "0"]):
        assert "the files of one are in" in refused(run(*command))

    assert not file.exists()


def test_a_data_folder_that_is_a_file_is_refused_in_one_line(run, file: Path):
    file.parent.touch()

    assert "cannot be used" in refused(run("keys", "create"))
    assert re.search(r"^problem +data folder: ", run("doctor").stdout, re.MULTILINE)


@pytest.mark.parametrize("command", ["export", "import"])
def test_what_comes_later_says_so(run, command: str):
    done = run(command, "threads.jsonl")

    assert done.returncode == 2
    assert "comes later" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "environment", "said"),
    [
        (["serve", "--port", "x"], {}, "--port (x)"),
        (["keys", "list"], {"CLEW_DATABASE_URL": "postgresql://h/d"}, "CLEW_DATABASE_URL: PostgreSQL comes later"),
        (["doctor", "--config", "absent.toml"], {}, "--config: there is no file absent.toml"),
    ],
)
def test_a_wrong_setting_is_one_line(run, arguments, environment, said):
    assert said in refused(run(*arguments, **environment))


def test_settings_are_read_from_the_working_directory(run, tmp_path: Path):
    (tmp_path / "clew.toml").write_text('data = "elsewhere"\n')

    assert run("keys", "create").returncode == 0
    assert (tmp_path / "elsewhere" / "clew.db").exists()


def test_the_help_of_serve_shows_every_setting(run):
    done = run("serve", "--help")

    assert done.returncode == 0
    assert all(
        name in done.stdout for name in ("--grpc-port", "CLEW_DATABASE_URL", "[[models]]", "--local-model [FILE]")
    )
