"""The same disks under a whole server: what clients see, what the log says, and what goes on."""

import os
from contextlib import ExitStack

import apsw
import httpx2
import pytest
from openai import InternalServerError, OpenAI

from support.faulty_disk import FullBlobs
from support.heard import heard
from support.server import RunningServer
from support.sse import HEADERS, events_path, names, opened, until

WORDS = "The server had an error while processing your request. Its log says more under the request's x-request-id."


@pytest.fixture
def server(disk, tmp_path, model):
    with RunningServer(tmp_path, model) as server:
        yield server


@pytest.fixture
def thread(client):
    thread = client.beta.threads.create()
    client.beta.threads.messages.create(thread.id, role="user", content="kept")
    return thread


def say(client, thread, text):
    return client.beta.threads.messages.create(thread.id, role="user", content=text)


def texts(client, thread):
    return [message.content[0].text.value for message in client.beta.threads.messages.list(thread.id, order="asc")]


def assert_internal_error(error, caplog):
    """The envelope and nothing else, and the log knows the request."""
    assert error.response.json() == {"error": {"message": WORDS, "type": "server_error", "param": None, "code": None}}
    assert any(error.request_id in record.getMessage() for record in caplog.records)


def health(server):
    return httpx2.get(f"{server.url}/health").json()


def test_a_probe_is_told_of_writes_that_are_refused_until_one_is_kept(disk, server, client, thread):
    assert health(server) == {"status": "ok"}
    with disk.failing("write", apsw.SQLITE_FULL), pytest.raises(InternalServerError):
        say(client, thread, "refused")
    server.advance(1)  # the engine looks for work, finds none and writes nothing: that is no better news
    assert health(server) == {"status": "ok", "writes": "The disk is full."}
    say(client, thread, "kept")
    assert health(server) == {"status": "ok"}


@pytest.mark.parametrize("code", [apsw.SQLITE_FULL, apsw.SQLITE_IOERR_WRITE])
def test_a_write_is_refused_and_reading_goes_on(disk, client, thread, caplog, code):
    with disk.failing("write", code):
        with pytest.raises(InternalServerError) as caught:
            say(client, thread, "refused")
        assert texts(client, thread) == ["kept"]
    assert_internal_error(caught.value, caplog)
    say(client, thread, "after")
    assert texts(client, thread) == ["kept", "after"]


def test_a_read_that_fails_is_an_internal_error_and_the_next_is_not(disk, client, thread, caplog):
    say(client, thread, "news")  # which no reader has in its cache
    with disk.failing("read", apsw.SQLITE_IOERR_READ), pytest.raises(InternalServerError) as caught:
        texts(client, thread)
    assert_internal_error(caught.value, caplog)
    assert texts(client, thread) == ["kept", "news"]


def test_a_run_whose_store_fails_is_done_again_when_the_disk_is_well(disk, server, client, thread, model):
    gate = model.hold("Half a word")
    model.say("All of it")
    assistant = client.beta.assistants.create(model="gpt-4o")
    run = client.beta.threads.runs.create(thread.id, assistant_id=assistant.id)
    with opened(server, events_path(thread.id, run.id)) as frames:
        until(frames, "thread.message.delta")
        with disk.failing("write", apsw.SQLITE_FULL), heard(f"run {run.id}: The disk is full.") as wait:
            gate.release()
            wait()
        server.advance(31)  # its lease ends
        rest = names(frames)
    assert rest[-2:] == ["run.completed", "done"]
    assert texts(client, thread) == ["kept", "All of it"]


def test_a_run_that_cannot_be_kept_is_not_begun(disk, server, client, thread, model):
    assistant = client.beta.assistants.create(model="gpt-4o")
    with disk.failing("write", apsw.SQLITE_FULL), pytest.raises(InternalServerError):
        client.beta.threads.runs.create(thread.id, assistant_id=assistant.id)
    assert list(client.beta.threads.runs.list(thread.id)) == []
    assert model.requests == []
    say(client, thread, "no run holds the thread")


def test_a_server_stops_in_order_over_a_disk_that_does_not(disk, tmp_path, model, caplog):
    with (
        ExitStack() as breaking,
        RunningServer(tmp_path, model, drain_seconds=0) as server,
        OpenAI(base_url=server.base_url, api_key="any") as client,
    ):
        gate = model.hang()
        thread = client.beta.threads.create()
        assistant = client.beta.assistants.create(model="gpt-4o")
        client.beta.threads.runs.create(thread.id, assistant_id=assistant.id)
        gate.wait_reached()
        breaking.enter_context(disk.failing("write", apsw.SQLITE_FULL))
    assert "the leases of this server could not be given back: The disk is full." in caplog.text


def test_bytes_that_do_not_fit_are_refused_and_leave_nothing(client, tmp_path, monkeypatch, caplog):
    blobs = FullBlobs(monkeypatch)
    blobs.on = True
    with pytest.raises(InternalServerError) as caught:
        client.files.create(file=("a.txt", b"x" * 1_000_000), purpose="assistants")
    assert_internal_error(caught.value, caplog)
    assert list(client.files.list()) == []
    assert [path for path in (tmp_path / "blobs").rglob("*") if path.is_file()] == []
    blobs.on = False
    file = client.files.create(file=("a.txt", b"x" * 1_000_000), purpose="assistants")
    assert client.files.content(file.id).read() == b"x" * 1_000_000


def test_an_upload_that_does_not_fit_goes_on_when_there_is_room(client, monkeypatch):
    blobs = FullBlobs(monkeypatch)
    upload = client.uploads.create(bytes=8, filename="a.txt", mime_type="text/plain", purpose="assistants")
    parts = [client.uploads.parts.create(upload.id, data=b"1234").id]
    blobs.on = True
    with pytest.raises(InternalServerError):
        client.uploads.parts.create(upload.id, data=b"5678")
    blobs.on = False
    parts.append(client.uploads.parts.create(upload.id, data=b"5678").id)
    blobs.on = True
    with pytest.raises(InternalServerError):
        client.uploads.complete(upload.id, part_ids=parts)
    blobs.on = False
    done = client.uploads.complete(upload.id, part_ids=parts)
    assert client.files.content(done.file.id).read() == b"12345678"


def test_a_download_that_breaks_off_is_cut_and_logged_with_its_request(server, client, tmp_path, caplog):
    file = client.files.create(file=("a.txt", b"x" * 1_000_000), purpose="assistants")
    blob = next(path for path in (tmp_path / "blobs").rglob("*") if path.is_file())
    os.truncate(blob, 500_000)
    with (
        httpx2.stream("GET", f"{server.base_url}/files/{file.id}/content", headers=HEADERS) as response,
        pytest.raises(httpx2.RemoteProtocolError),
    ):
        response.read()
    assert response.headers["x-request-id"] in caplog.text
    assert client.files.retrieve(file.id).id == file.id
