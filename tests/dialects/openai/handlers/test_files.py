"""Files over the socket: forms as clients send them, names as attackers choose them."""

from __future__ import annotations

import httpx2
import openai
import pytest

from clew.service.core import Limits
from support.server import RunningServer

KEY = {"authorization": "Bearer any"}


def post(server, *, data=None, files=None):
    return httpx2.post(f"{server.base_url}/files", headers=KEY, data=data, files=files)


def test_a_file_comes_back_as_it_went(client):
    file = client.files.create(file=("notes.txt", b"one\ntwo\n"), purpose="assistants")

    assert (file.bytes, file.filename, file.status, file.expires_at) == (8, "notes.txt", "processed", None)
    assert client.files.content(file.id).read() == b"one\ntwo\n"


@pytest.mark.parametrize("name", ["../../etc/passwd", 'a"b.txt', "naïve ☃.txt", "a\r\nx-evil: 1.txt", "-rf"])
def test_a_name_is_shown_and_is_never_a_path_or_a_header(server, client, name, tmp_path):
    file = client.files.create(file=(name, b"x"), purpose="assistants")
    answer = httpx2.get(f"{server.base_url}/files/{file.id}/content", headers=KEY)

    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-disposition"].startswith("attachment; filename*=UTF-8''")
    assert "x-evil" not in answer.headers
    assert not [path for path in tmp_path.rglob("*") if "passwd" in path.name]


def test_a_form_without_a_file_or_a_purpose_is_refused_and_nothing_is_kept(server, client):
    no_file = post(server, data={"purpose": "vision"}, files={"other": ("a", b"x")}).json()["error"]
    no_purpose = post(server, files={"file": ("a.txt", b"x")}).json()["error"]

    assert no_file["message"] == "Missing required parameter: 'file'."
    assert no_purpose["message"] == "Missing required parameter: 'purpose'."
    assert client.files.list().data == []
    assert not list((server._folder / "blobs").glob("??/*"))


def test_a_purpose_that_there_is_not_is_refused(client):
    with pytest.raises(openai.BadRequestError, match="Invalid value: 'fun'"):
        client.files.create(file=("a.txt", b"x"), purpose="fun")


def test_a_file_that_is_too_large_is_refused_and_nothing_is_kept(tmp_path):
    with RunningServer(tmp_path, limits=Limits(file_bytes=1000)) as server:
        answer = post(server, data={"purpose": "vision"}, files={"file": ("a.bin", b"x" * 1001)})

        assert answer.status_code == 400
        assert not list((tmp_path / "blobs").glob("??/*"))


def test_a_file_that_is_to_expire_does(server, client):
    file = client.files.create(
        file=("a.txt", b"x"), purpose="assistants", expires_after={"anchor": "created_at", "seconds": 3600}
    )
    assert file.expires_at == file.created_at + 3600

    server.advance(3600)

    with pytest.raises(openai.NotFoundError, match=f"No such File object: {file.id}"):
        client.files.retrieve(file.id)


def test_files_for_batches_end_after_30_days(client):
    file = client.files.create(file=("a.jsonl", b"{}"), purpose="batch")

    assert file.expires_at == file.created_at + 30 * 86_400


def test_a_list_can_be_narrowed_to_a_purpose(client):
    kept = client.files.create(file=("a.png", b"x"), purpose="vision")
    client.files.create(file=("a.txt", b"x"), purpose="assistants")

    assert [file.id for file in client.files.list(purpose="vision")] == [kept.id]


def test_a_deleted_file_is_gone_from_its_stores(client):
    file = client.files.create(file=("a.txt", b"x"), purpose="assistants")
    store = client.vector_stores.create(file_ids=[file.id])

    deleted = client.files.delete(file.id)

    assert (deleted.object, deleted.deleted) == ("file", True)
    assert client.vector_stores.files.list(store.id).data == []
    assert client.vector_stores.retrieve(store.id).file_counts.total == 0
