"""A backup: one moment of a store that goes on changing, with all that was answered before it began."""

import asyncio
import hashlib
import os
import re
import subprocess
import sys
import tarfile
import threading
from contextlib import closing
from itertools import count
from pathlib import Path

import apsw
import httpx2
import pytest
from openai import OpenAI

import clew
from clew.storage import directory, sqlite
from clew.storage.port import StoreProblem
from clew.storage.sqlite import examined
from clew.transfer.archive import DATABASE, DIGESTS, HEAD, name_of
from clew.transfer.backup import CannotBackUp, backup
from clew.transfer.restore import restore
from clew.upkeep.sweep import sweep_once
from storage.conformance import nouns
from support.process import ServerProcess

NOW = 1_700_000_000_000_000
WRITERS = 6
ANSWERS_BEFORE = 300
"""So many answers are waited for before the backup begins: writers are at work, and files have come and gone."""


def made(folder, to, **more):
    return backup(database=folder.database, blobs=folder.blobs, to=to, now=NOW, **more)


def members(file):
    with tarfile.open(file) as read:
        return read.getnames()


def test_it_holds_the_database_and_the_bytes_that_it_names(folder, tmp_path):
    done = made(folder, tmp_path / "one.tar")
    assert sorted(members(tmp_path / "one.tar")) == sorted(
        [HEAD, DATABASE, *map(name_of, folder.named), DIGESTS],
    )
    assert (done.blobs, done.missing, done.size) == (2, [], (tmp_path / "one.tar").stat().st_size)


def test_only_its_owner_can_read_it_and_nothing_else_is_left_beside_it(folder, tmp_path):
    (tmp_path / "out").mkdir()
    made(folder, tmp_path / "out" / "one.tar")
    assert list((tmp_path / "out").iterdir()) == [tmp_path / "out" / "one.tar"]
    assert (tmp_path / "out" / "one.tar").stat().st_mode & 0o777 == 0o600


def test_it_takes_no_others_place(folder, tmp_path):
    (tmp_path / "one.tar").write_text("precious")
    with pytest.raises(CannotBackUp, match="There is already a file"):
        made(folder, tmp_path / "one.tar")
    assert (tmp_path / "one.tar").read_text() == "precious"


def test_a_folder_that_is_not_there_is_said_plainly(folder, tmp_path):
    with pytest.raises(CannotBackUp, match="No such file or directory"):
        made(folder, tmp_path / "absent" / "one.tar")


def test_one_that_fails_leaves_nothing(folder, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    (tmp_path / "out").mkdir()
    monkeypatch.setattr("clew.transfer.backup._add", full)
    with pytest.raises(CannotBackUp, match="No space left on device"):
        made(folder, tmp_path / "out" / "one.tar")
    assert list((tmp_path / "out").iterdir()) == []


def test_bytes_that_are_not_there_are_told_and_do_not_keep_the_rest_from_being_saved(folder, tmp_path):
    directory.path_of(folder.blobs, folder.named[0]).unlink()
    done = made(folder, tmp_path / "one.tar")
    assert len(done.missing) == 1
    assert re.match("file|upload part", done.missing[0])
    restore(tmp_path / "one.tar", tmp_path / "new")


async def test_bytes_that_are_deleted_while_it_is_made_are_in_it_and_are_swept_afterwards(
    folder, tmp_path, monkeypatch
):
    file_id = await folder.add("late", b"deleted half-way")
    real, loop = sqlite.copy, asyncio.get_running_loop()

    def copy_then_delete(*arguments):
        real(*arguments)
        asyncio.run_coroutine_threadsafe(folder.delete(file_id), loop).result(10)

    monkeypatch.setattr(sqlite, "copy", copy_then_delete)
    done = await asyncio.to_thread(made, folder, tmp_path / "one.tar")
    assert (done.blobs, done.missing) == (3, [])
    left = {blob for batch in directory.every(folder.blobs) for blob in batch}
    assert len(left) == 4
    for blob in left:
        os.utime(directory.path_of(folder.blobs, blob), (0, 0))
    assert await sweep_once(folder.core) == 2
    assert sorted(blob for batch in directory.every(folder.blobs) for blob in batch) == folder.named


def test_an_older_schema_is_refused_with_what_to_do(folder, tmp_path, monkeypatch):
    monkeypatch.setattr("clew.storage.sqlite.examine.STORE_ID_SINCE", 10**6)
    with pytest.raises(StoreProblem, match="clew migrate"):
        made(folder, tmp_path / "one.tar")


class Writer(threading.Thread):
    """Appends messages, uploads files and deletes every other one of them, until it is told to stop.

    `kept` has everything whose writing was answered: messages by thread and id, files by id with their bytes.
    """

    def __init__(self, number, url, answered):
        super().__init__()
        self.number = number
        self.answered = answered
        self.stopped = threading.Event()
        self.messages = {}
        self.files = {}
        self.error = None
        self._http = httpx2.Client(base_url=f"{url}/v1", headers={"authorization": "Bearer any"})

    def run(self):
        try:
            with self._http:
                self._write()
        except Exception as error:  # noqa: BLE001 (told by `kept`)
            self.error = error
            self.answered.release(ANSWERS_BEFORE)

    def _post(self, path, **more):
        answer = self._http.post(path, **more).raise_for_status().json()
        self.answered.release()
        return answer

    def _write(self):
        thread_id = self._post("/threads", json={})["id"]
        for n in count():
            if self.stopped.is_set():
                return
            text = f"{self.number} {n} " + "x" * 500
            message = self._post(f"/threads/{thread_id}/messages", json={"role": "user", "content": text})
            self.messages[thread_id, message["id"]] = text
            content = hashlib.sha256(text.encode()).digest() * 40
            file = self._post("/files", data={"purpose": "user_data"}, files={"file": ("a.bin", content)})
            if n % 2:
                self._http.delete(f"/files/{file['id']}").raise_for_status()
            else:
                self.files[file["id"]] = content

    def stop(self):
        self.stopped.set()
        self.join()
        if self.error is not None:
            raise self.error


def run(*arguments):
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CLEW_")}
    environment["PYTHONPATH"] = str(Path(clew.__file__).parents[1])
    command = [sys.executable, "-m", "clew", *map(str, arguments)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)


@pytest.mark.slow
def test_of_a_server_at_work_it_has_every_write_that_was_answered_before_and_serves_them(tmp_path):
    data, file = tmp_path / "data", tmp_path / "one.tar"
    answered = threading.Semaphore(0)
    with ServerProcess(tmp_path) as server:
        writers = [Writer(number, server.url, answered) for number in range(WRITERS)]
        for writer in writers:
            writer.start()
        for _ in range(ANSWERS_BEFORE):
            answered.acquire()
        messages = {key: text for writer in writers for key, text in list(writer.messages.items())}
        files = {key: content for writer in writers for key, content in list(writer.files.items())}
        done = run("backup", file, "--data", data)
        for writer in writers:
            writer.stop()
        live = run("doctor", "--data", data)
    assert (done.returncode, done.stderr) == (0, "")
    # Models aside, which nobody has set here, both are well.
    assert [line for line in live.stdout.splitlines() if not line.startswith("ok ")][1:] == []
    checked = run("doctor", file)
    assert checked.returncode == 0, checked.stdout
    (tmp_path / "again").mkdir()
    assert run("restore", file, "--data", tmp_path / "again" / "data").returncode == 0
    with (
        ServerProcess(tmp_path / "again") as server,
        OpenAI(base_url=server.base_url, api_key="any", max_retries=0) as client,
    ):
        for (thread_id, message_id), text in messages.items():
            found = client.beta.threads.messages.retrieve(message_id, thread_id=thread_id)
            assert found.content[0].text.value == text
        for file_id, content in files.items():
            assert client.files.content(file_id).read() == content
        thread_id = next(iter(messages))[0]
        client.beta.threads.messages.create(thread_id, role="user", content="and on it goes")
    assert len(messages) > WRITERS
    assert files


async def test_a_copy_is_of_one_moment_while_others_write(folder, tmp_path, monkeypatch):
    """Threads come in units of two, so no moment has an odd number of them."""
    monkeypatch.setattr("clew.storage.sqlite.examine.PAGES", 1)
    made_all = asyncio.Event()
    made_some = asyncio.Event()

    async def write():
        for n in count():
            if made_all.is_set():
                return
            pair = [nouns.thread(f"{n} {which}", metadata={"long": "x" * 5000}) for which in "ab"]
            await folder.core.store.write(lambda tx, pair=pair: two(tx, pair))
            made_some.set()

    async def two(tx, pair):
        for one in pair:
            await tx.threads.insert(one)

    def counted(number):
        copied = tmp_path / f"{number}.db"
        sqlite.copy(folder.database, copied)
        with examined(copied) as found:
            assert (found.complaints(), list(found.faults())) == ([], [])
        with closing(apsw.Connection(str(copied))) as connection:
            return connection.execute("SELECT count(*) FROM thread").get

    async def copy():
        counts = []
        for number in range(8):
            made_some.clear()
            await made_some.wait()
            counts.append(await asyncio.to_thread(counted, number))
        made_all.set()
        return counts

    counts, _ = await asyncio.gather(copy(), write())
    assert counts == sorted(set(counts))
    assert [number for number in counts if number % 2] == []
