"""Quotas of projects, as clients meet them: exact at the edge, given back by whatever deletes, and never in the way."""

import asyncio

import httpx2
import openai
import pytest
from openai import AsyncOpenAI, OpenAI

from clew.domain.quota import Quota, Quotas
from clew.upkeep.sweep import sweep_once
from support import sse
from support.server import RunningServer

KEY = {"authorization": "Bearer any"}
HI = {"role": "user", "content": "Hi"}


@pytest.fixture
def serving(tmp_path, model):
    """Serves the same folder with a quota for the project `default`, as often as one likes."""

    def serving(**quota):
        return RunningServer(tmp_path, model, quotas=Quotas(by_project={"default": Quota(**quota)}))

    return serving


def client_of(server):
    return OpenAI(base_url=server.base_url, api_key="any", max_retries=2)


def spent(call):
    """The error of a call for which there is no room. That it was not sent again is seen by its body alone."""
    with pytest.raises(openai.RateLimitError) as refused:
        call()
    return refused.value


def used(server):
    """What is counted of the project, and how much there is in truth."""

    async def both(tx):
        counted = tx.used.one("used_get", project_id="default")
        tx.used.run("used_forget")
        tx.used.run("used_count", project_id="default")
        return counted, tx.used.one("used_get", project_id="default")

    return server.do(server.store.write(both))


def test_a_thread_too_many_is_refused_in_upstreams_words_and_not_sent_again(serving):
    with serving(threads=2) as server, client_of(server) as client:
        for _ in range(2):
            client.beta.threads.create()
        error = spent(client.beta.threads.create)
        assert (error.type, error.code, error.param) == ("insufficient_quota", "insufficient_quota", None)
        assert "It may have 2 threads" in error.message
        assert error.response.headers["x-should-retry"] == "false"
        assert error.response.request.headers["x-stainless-retry-count"] == "0"


def test_a_deleted_thread_gives_itself_and_its_messages_back(serving):
    with serving(threads=1, messages=3) as server, client_of(server) as client:
        thread = client.beta.threads.create(messages=[HI, HI, HI])
        spent(lambda: client.beta.threads.messages.create(thread.id, role="user", content="Hi"))
        client.beta.threads.delete(thread.id)
        assert client.beta.threads.create(messages=[HI, HI]).id
        assert used(server) == ((1, 2, 0), (1, 2, 0))


def test_messages_that_do_not_all_fit_leave_nothing(serving):
    with serving(messages=3) as server, client_of(server) as client:
        spent(lambda: client.beta.threads.create(messages=[HI] * 4))
        assert client.get("/threads", cast_to=object)["data"] == []
        assert used(server)[1] == (0, 0, 0)


def test_a_deleted_message_gives_itself_back(serving):
    with serving(messages=1) as server, client_of(server) as client:
        thread = client.beta.threads.create()
        message = client.beta.threads.messages.create(thread.id, role="user", content="Hi")
        client.beta.threads.messages.delete(message.id, thread_id=thread.id)
        client.beta.threads.messages.create(thread.id, role="user", content="Hi")
        assert used(server) == ((1, 1, 0), (1, 1, 0))


def test_what_a_run_writes_is_counted_and_no_run_begins_where_it_would_not_fit(serving):
    with serving(messages=3) as server, client_of(server) as client:
        assistant = client.beta.assistants.create(model="m")
        thread = client.beta.threads.create(messages=[HI])
        ask = {"thread_id": thread.id, "assistant_id": assistant.id}
        client.beta.threads.runs.create_and_poll(**ask, poll_interval_ms=1)
        client.beta.threads.runs.create_and_poll(**ask, poll_interval_ms=1)
        assert spent(lambda: client.beta.threads.runs.create(**ask)).code == "insufficient_quota"
        assert used(server) == ((1, 3, 0), (1, 3, 0))


def test_active_runs_have_a_limit_that_clients_wait_for(serving, model):
    with serving(runs=1) as server, client_of(server) as client:
        assistant = client.beta.assistants.create(model="m")
        gate = model.hold("Now then")
        first = client.beta.threads.create_and_run(assistant_id=assistant.id, thread={"messages": [HI]})
        gate.wait_reached()
        body = {"assistant_id": assistant.id}
        refused = httpx2.post(f"{server.base_url}/threads/runs", json=body, headers=KEY)
        assert (refused.status_code, refused.json()["error"]["code"]) == (429, "rate_limit_exceeded")
        assert "x-should-retry" not in refused.headers
        gate.release()
        sse.ended(server, first.thread_id, first.id)
        assert client.beta.threads.create_and_run(assistant_id=assistant.id).id


def test_bytes_of_files_and_parts_are_counted_and_given_back(serving, tmp_path):
    with serving(bytes=10) as server, client_of(server) as client:
        file = client.files.create(file=("a.txt", b"12345"), purpose="assistants")
        upload = client.uploads.create(filename="b", purpose="assistants", bytes=5, mime_type="text/plain")
        part = client.uploads.parts.create(upload.id, data=b"12345")
        spent(lambda: client.files.create(file=("c.txt", b"1"), purpose="assistants"))
        spent(lambda: client.uploads.parts.create(upload.id, data=b"1"))
        assert len([blob for blob in (tmp_path / "blobs").rglob("*") if blob.is_file()]) == 2
        client.uploads.complete(upload.id, part_ids=[part.id])
        assert used(server) == ((0, 0, 10), (0, 0, 10))
        client.files.delete(file.id)
        other = client.uploads.create(filename="b", purpose="assistants", bytes=5, mime_type="text/plain")
        client.uploads.parts.create(other.id, data=b"12345")
        client.uploads.cancel(other.id)
        assert used(server) == ((0, 0, 5), (0, 0, 5))


def test_the_sweep_gives_back_what_expired(serving):
    with serving(bytes=10) as server, client_of(server) as client:
        expiry = {"anchor": "created_at", "seconds": 3600}
        client.files.create(file=("a.txt", b"12345"), purpose="assistants", expires_after=expiry)
        upload = client.uploads.create(filename="b", purpose="assistants", bytes=5, mime_type="text/plain")
        client.uploads.parts.create(upload.id, data=b"12345")
        server.advance(7200)
        server.do(sweep_once(server.assembled.core))
        assert used(server) == ((0, 0, 0), (0, 0, 0))


def test_what_was_there_before_a_quota_counts_too(serving):
    with serving() as server, client_of(server) as client:
        for _ in range(3):
            client.beta.threads.create(messages=[HI])
        assert used(server)[0] is None
    with serving(threads=3) as server, client_of(server) as client:
        spent(client.beta.threads.create)
    with serving(threads=4) as server, client_of(server) as client:
        client.beta.threads.create()
        assert used(server) == ((4, 3, 0), (4, 3, 0))


def test_a_project_without_a_quota_is_not_counted(tmp_path, model):
    quotas = Quotas(usual=Quota(threads=1), by_project={"free": Quota()})
    with RunningServer(tmp_path, model, open_project=None, quotas=quotas) as server:
        keys = {name: server.key(name) for name in ("free", "one", "two")}
        for name, expected in (("free", [200, 200]), ("one", [200, 429]), ("two", [200, 429])):
            headers = {"authorization": f"Bearer {keys[name]}"}
            got = [httpx2.post(f"{server.base_url}/threads", headers=headers).status_code for _ in range(2)]
            assert got == expected


@pytest.mark.parametrize("room", [1, 7, 20])
def test_of_racing_writers_exactly_as_many_come_through_as_there_is_room_for(serving, room):
    async def race(base_url, thread_id):
        async with AsyncOpenAI(base_url=base_url, api_key="any", max_retries=0) as client:
            calls = (client.beta.threads.messages.create(thread_id, role="user", content="Hi") for _ in range(40))
            return await asyncio.gather(*calls, return_exceptions=True)

    with serving(messages=room) as server, client_of(server) as client:
        thread = client.beta.threads.create()
        ends = asyncio.run(race(server.base_url, thread.id))
        assert sum(not isinstance(end, Exception) for end in ends) == room
        assert {end.code for end in ends if isinstance(end, Exception)} == {"insufficient_quota"}
        assert len(client.beta.threads.messages.list(thread.id, limit=100).data) == room
        assert used(server) == ((1, room, 0), (1, room, 0))
