"""A database and a folder of blobs that do not belong together are served by nobody, and nothing of them is swept."""

import os
import shutil

import httpx2
import pytest

from clew.app.pairing import pair, refuse_lost_database
from clew.app.settings import read
from clew.storage.directory import DirectoryBlobs, every, give_to, owner_of
from clew.storage.port import StoreProblem
from clew.storage.sqlite import open_store
from clew.transfer.restore import UNFINISHED
from storage.conformance import nouns
from support.process import ServerProcess


async def chunks(*said):
    for one in said:
        yield one


@pytest.fixture
def settings(tmp_path):
    return read({"data": str(tmp_path / "data")}, {}, folder=tmp_path)


@pytest.fixture
async def blob(settings):
    """The key of bytes in the folder, which nobody has claimed."""
    return (await DirectoryBlobs(settings.blobs_folder).put(chunks(b"bytes"), size_max=9)).blob


@pytest.fixture
async def store(settings):
    store = open_store(settings.database_file)
    yield store
    await store.close()


async def refused(store, settings):
    with pytest.raises(StoreProblem) as problem:
        await pair(store, settings)
    return str(problem.value)


class TestWithoutADatabase:
    def test_an_empty_folder_may_have_one(self, settings):
        refuse_lost_database(settings)
        settings.blobs_folder.mkdir(parents=True)
        refuse_lost_database(settings)

    def test_beside_blobs_none_is_made(self, settings, blob):
        with pytest.raises(StoreProblem, match=r"There is no database .*, but the files of one are in"):
            refuse_lost_database(settings)

    def test_beside_a_folder_that_a_store_has_claimed_none_is_made(self, settings):
        give_to(settings.blobs_folder, "store_1")
        with pytest.raises(StoreProblem, match="To begin anew, name another data folder with --data"):
            refuse_lost_database(settings)

    def test_after_a_restore_that_was_broken_off_none_is_made(self, settings):
        (settings.data / UNFINISHED).mkdir(parents=True)
        with pytest.raises(StoreProblem, match="was broken off"):
            refuse_lost_database(settings)


class TestWithADatabase:
    async def test_an_empty_folder_becomes_its_own(self, store, settings):
        await pair(store, settings)
        assert owner_of(settings.blobs_folder) == store.id
        await pair(store, settings)

    async def test_unclaimed_blobs_that_it_names_become_its_own(self, store, settings, blob):
        await store.write(lambda tx: tx.files.insert(nouns.file(blob=blob)))
        await pair(store, settings)
        assert owner_of(settings.blobs_folder) == store.id

    async def test_unclaimed_blobs_that_it_does_not_name_are_refused(self, store, settings, blob):
        assert "those of one that names other files" in await refused(store, settings)
        assert owner_of(settings.blobs_folder) is None

    async def test_blobs_of_another_are_refused_also_if_there_are_none(self, store, settings):
        give_to(settings.blobs_folder, "store_other")
        said = await refused(store, settings)
        assert f"the database is {store.id}, the files are those of store_other" in said
        assert "Put the right one back, or name another data folder with --data" in said


def test_no_two_stores_have_the_same_id(tmp_path):
    first, second = [open_store(tmp_path / name / "clew.db").id for name in "ab"]
    assert first != second


@pytest.fixture
def served(tmp_path):
    """A folder that was served, with a file in it whose bytes have grown old."""
    with ServerProcess(tmp_path) as server:
        headers = {"authorization": "Bearer any"}
        form = {"data": {"purpose": "user_data"}, "files": {"file": ("a.txt", b"a")}}
        httpx2.post(f"{server.base_url}/files", headers=headers, **form).raise_for_status()
    for path in (tmp_path / "data" / "blobs").rglob("*"):
        os.utime(path, (0, 0))
    return server


def left(server):
    return [blob for batch in every(server.folder / "data" / "blobs") for blob in batch]


@pytest.mark.slow
@pytest.mark.parametrize("lost", ["removed", "replaced by an empty one", "replaced by another's"])
def test_a_server_whose_database_was_lost_does_not_start_and_deletes_nothing(served, tmp_path, lost):
    database = served.folder / "data" / "clew.db"
    for path in database.parent.glob("clew.db*"):
        path.unlink()
    if lost == "replaced by an empty one":
        database.touch()
    if lost == "replaced by another's":
        (tmp_path / "other").mkdir()
        with ServerProcess(tmp_path / "other") as other:
            pass
        shutil.copy(other.folder / "data" / "clew.db", database)
    served.launch()
    assert served.ended() == 1
    assert "There is no database" in served.errors or "do not belong together" in served.errors
    assert len(left(served)) == 1
    assert database.exists() == (lost != "removed")
