"""What the doctor says of models, of data and of backups; the rest of its lines are in `test_cli.py`."""

from __future__ import annotations

import threading
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import apsw
import pytest

from clew import __version__
from clew.app import doctor
from clew.app.pairing import pair
from clew.app.settings import read
from clew.storage.directory import DirectoryBlobs, give_to, path_of
from clew.storage.sqlite import open_store
from clew.transfer.backup import backup
from storage.conformance import nouns

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path


class Server(BaseHTTPRequestHandler):
    """Lists its models to whoever has the key; points elsewhere on another path."""

    seen: list[str | None]

    def do_GET(self) -> None:
        self.seen.append(self.headers["Authorization"])
        if self.path == "/moved/models":
            self.send_response(302)
            self.send_header("Location", "/v1/models")
        else:
            good = self.path == "/v1/models" and self.headers["Authorization"] == "Bearer hush"
            self.send_response(200 if good else 404 if self.path == "/old/models" else 401)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def url() -> Iterator[str]:
    Server.seen = []
    with ThreadingHTTPServer(("127.0.0.1", 0), Server) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def of_models(folder: Path, **flags: object) -> list[doctor.Finding]:
    settings = read({"data": str(folder), **flags}, {}, folder=folder)
    return [found for found in doctor.findings(settings) if "model" in found.what]


@pytest.mark.parametrize(
    ("path", "key", "said"),
    [
        ("/v1", "hush", "answers 200"),
        ("/v1", "hush-hush", "refuses the key (status 401)"),
        ("/old", "hush", "does not list its models (status 404)"),
    ],
)
def test_a_model_server_is_well_if_it_lists_its_models(tmp_path, url, path, key, said):
    (found,) = of_models(tmp_path, model_url=url + path, model_key=key)

    assert found.said == said
    assert found.is_well == (said == "answers 200")
    assert "hush" not in str(found)


def test_the_key_goes_to_nobody_that_the_server_points_to(tmp_path, url):
    (found,) = of_models(tmp_path, model_url=f"{url}/moved", model_key="hush")

    assert not found.is_well
    assert Server.seen == ["Bearer hush", None]


def test_no_model_at_all_is_a_problem(tmp_path):
    (found,) = of_models(tmp_path)

    assert (found.what, found.is_well) == ("model", False)


def test_a_local_model_that_is_not_there_is_a_problem(tmp_path, monkeypatch):
    monkeypatch.setattr(doctor.importlib.util, "find_spec", lambda _: object())

    (found,) = of_models(tmp_path, local_model=str(tmp_path / "absent.gguf"))

    assert not found.is_well
    assert "absent.gguf" in found.said


def test_a_local_model_without_its_engine_is_a_problem(tmp_path, monkeypatch):
    monkeypatch.setattr(doctor.importlib.util, "find_spec", lambda _: None)

    (found,) = of_models(tmp_path, local_model=True)

    assert found.said == "the package xllamacpp is missing: install clew[local]"


class Data:
    """A data folder with two files, as the doctor's lines tell of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.settings = read({"data": str(folder)}, {}, folder=folder)

    async def fill(self) -> None:
        store = open_store(self.settings.database_file)
        await pair(store, self.settings)
        blobs = DirectoryBlobs(self.settings.blobs_folder)
        self.stored = [await blobs.put(chunks(text), size_max=9) for text in (b"one", b"two")]
        for stored in self.stored:
            file = nouns.file(stored.blob, blob=stored.blob, size=3)
            await store.write(lambda tx, file=file: tx.files.insert(file))
        await store.write(lambda tx: tx.threads.insert(nouns.thread()))
        await store.close()

    def path(self, number: int) -> Path:
        found = path_of(self.settings.blobs_folder, self.stored[number].blob)
        assert found
        return found

    def change(self, sql: str) -> None:
        with closing(apsw.Connection(str(self.settings.database_file))) as connection:
            connection.execute(sql)

    def said(self, *, of: Path | None = None) -> dict[str, tuple[bool, str]]:
        found = doctor.findings(self.settings) if of is None else doctor.backup_findings(of)
        return {one.what: (one.is_well, one.said) for one in found}

    def backed_up(self) -> Path:
        to = self.folder / "backup.tar"
        backup(database=self.settings.database_file, blobs=self.settings.blobs_folder, to=to, now=0)
        return to


async def chunks(*said: bytes) -> AsyncIterator[bytes]:
    for one in said:
        yield one


@pytest.fixture
async def data(tmp_path: Path) -> Data:
    data = Data(tmp_path)
    await data.fill()
    return data


def test_data_that_is_whole_is_well(data: Data):
    said = data.said()
    assert said["rows"] == (True, "3 read, all in order")
    assert said["files"] == (True, "2, all bytes are there")
    assert said["bytes that nothing names"] == (True, "0 files")
    assert said["store"][0]


def test_bytes_that_are_missing_or_too_few_are_problems(data: Data):
    data.path(0).unlink()
    data.path(1).write_bytes(b"t")
    is_well, said = data.said()["files"]
    assert not is_well
    assert f"the bytes of file {data.stored[0].blob} are missing" in said
    assert f"file {data.stored[1].blob} has 1 of 3 bytes" in said


def test_bytes_that_nothing_names_are_counted_and_no_problem(data: Data):
    data.change(f"DELETE FROM file WHERE id = '{data.stored[0].blob}'")  # noqa: S608
    assert data.said()["bytes that nothing names"] == (True, "1 files, 3 bytes; a sweep frees them in an hour")


def test_rows_that_cannot_be_read_are_problems_and_the_rest_is_still_looked_at(data: Data):
    data.change("UPDATE file SET body = x'00'")
    said = data.said()
    first, second = sorted(stored.blob for stored in data.stored)
    assert said["rows"][0] is False
    assert f"file {first} cannot be read" in said["rows"][1]
    assert f"file {second} cannot be read" in said["rows"][1]
    assert said["files"] == (True, "2, all bytes are there")


def test_of_many_faults_three_are_named(data: Data):
    data.change("INSERT INTO event SELECT value, 1, x'00' FROM json_each('[1, 2, 3, 4, 5, 6, 7, 8, 9]')")
    assert data.said()["rows"][1].endswith("; and 15 more")


def test_blobs_of_another_store_are_a_problem(data: Data):
    give_to(data.settings.blobs_folder, "store_other")
    is_well, said = data.said()["store"]
    assert not is_well
    assert said.endswith("the files are those of store_other")


def test_a_database_that_was_lost_is_a_problem(data: Data):
    data.settings.database_file.unlink()
    is_well, said = data.said()["database"]
    assert not is_well
    assert "the files of one are in" in said
    assert not data.settings.database_file.exists()


def test_a_backup_that_is_whole_is_well(data: Data):
    said = data.said(of=data.backed_up())
    assert all(is_well for is_well, _ in said.values())
    assert said["backup"][1].endswith(f"whole; made 1970-01-01T00:00:00+00:00 by Clew {__version__}")
    assert (said["rows"][1], said["files"][1]) == ("3 read, all in order", "2, all bytes are there")


def test_a_backup_without_all_bytes_is_a_problem(data: Data):
    data.path(0).unlink()
    is_well, said = data.said(of=data.backed_up())["files"]
    assert not is_well
    assert said == f"the bytes of file {data.stored[0].blob} are missing"


def test_a_backup_that_was_changed_is_a_problem(data: Data):
    file = data.backed_up()
    file.write_bytes(file.read_bytes().replace(b"two", b"owt"))
    assert list(data.said(of=file)) == ["backup"]
    assert "is not what was backed up" in data.said(of=file)["backup"][1]


def test_a_backup_that_is_not_there_is_a_problem(data: Data):
    said = data.said(of=data.folder / "absent.tar")
    assert said == {"backup": (False, f"{data.folder / 'absent.tar'} cannot be read: No such file or directory")}
