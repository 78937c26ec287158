"""Vector stores over the socket, and how threads and assistants come by them."""

from __future__ import annotations

import openai
import pytest

WEEK = 7 * 86_400


def file(client, name="a.txt"):
    return client.files.create(file=(name, b"some text"), purpose="assistants").id


def test_a_store_counts_its_files_and_their_bytes(client):
    store = client.vector_stores.create(name="Notes", file_ids=[file(client), file(client)])

    assert (store.status, store.file_counts.completed, store.usage_bytes) == ("completed", 2, 18)


def test_a_store_that_has_expired_says_so(server, client):
    store = client.vector_stores.create(expires_after={"anchor": "last_active_at", "days": 1})
    assert store.expires_at == store.created_at + 86_400

    server.advance(86_400)

    assert client.vector_stores.retrieve(store.id).status == "expired"


def test_a_file_keeps_its_attributes_and_how_it_is_cut(client):
    store = client.vector_stores.create()
    placed = client.vector_stores.files.create(
        store.id,
        file_id=file(client),
        attributes={"year": 2024, "draft": True},
        chunking_strategy={"type": "static", "static": {"max_chunk_size_tokens": 400, "chunk_overlap_tokens": 100}},
    )
    assert placed.chunking_strategy.static.max_chunk_size_tokens == 400

    changed = client.vector_stores.files.update(placed.id, vector_store_id=store.id, attributes={"year": 2025})
    assert changed.attributes == {"year": 2025}


def test_a_batch_of_files_shares_what_it_says(client):
    store = client.vector_stores.create()
    batch = client.vector_stores.file_batches.create_and_poll(
        store.id, file_ids=[file(client), file(client)], attributes={"kind": "note"}
    )
    files = client.vector_stores.file_batches.list_files(batch.id, vector_store_id=store.id).data

    assert (batch.status, batch.file_counts.completed) == ("completed", 2)
    assert [one.attributes for one in files] == [{"kind": "note"}] * 2


def test_files_can_be_listed_by_their_state(client):
    store = client.vector_stores.create()
    good, bad = file(client), file(client, "a.csv")
    for one in (good, bad):
        client.vector_stores.files.create(store.id, file_id=one)

    assert [one.id for one in client.vector_stores.files.list(store.id, filter="failed")] == [bad]
    assert [one.id for one in client.vector_stores.files.list(store.id, filter="completed")] == [good]


def test_a_file_that_is_not_in_the_store_is_not_found(client):
    store, other = client.vector_stores.create(), file(client)

    with pytest.raises(openai.NotFoundError, match=f"No file found with id '{other}' in vector store '{store.id}'"):
        client.vector_stores.files.retrieve(other, vector_store_id=store.id)


def test_a_store_made_along_with_a_thread_ends_a_week_after_its_last_use(client):
    thread = client.beta.threads.create(
        tool_resources={"file_search": {"vector_stores": [{"file_ids": [file(client)]}]}}
    )
    store = client.vector_stores.retrieve(thread.tool_resources.file_search.vector_store_ids[0])

    assert store.expires_at == store.created_at + WEEK


def test_a_store_made_along_with_an_assistant_never_ends(client):
    assistant = client.beta.assistants.create(
        model="m", tool_resources={"file_search": {"vector_stores": [{"file_ids": [file(client)]}]}}
    )
    store = client.vector_stores.retrieve(assistant.tool_resources.file_search.vector_store_ids[0])

    assert (store.expires_at, store.file_counts.total) == (None, 1)


def test_attachments_are_found_by_the_threads_tools(client):
    thread = client.beta.threads.create()
    code, search = file(client), file(client)
    attachments = [
        {"file_id": code, "tools": [{"type": "code_interpreter"}]},
        {"file_id": search, "tools": [{"type": "file_search"}]},
    ]
    message = client.beta.threads.messages.create(thread.id, role="user", content="x", attachments=attachments)
    resources = client.beta.threads.retrieve(thread.id).tool_resources

    assert resources.code_interpreter.file_ids == [code]
    [store] = resources.file_search.vector_store_ids
    assert [one.id for one in client.vector_stores.files.list(store)] == [search]
    assert [one.file_id for one in message.attachments] == [code, search]


def test_a_thread_that_names_no_store_there_is_is_refused(client):
    with pytest.raises(openai.NotFoundError, match="No vector store found with id 'vs_none'"):
        client.beta.threads.create(tool_resources={"file_search": {"vector_store_ids": ["vs_none"]}})


def test_searching_is_declined_with_its_reason(client):
    store = client.vector_stores.create()

    with pytest.raises(openai.NotFoundError, match="not offered here") as refused:
        client.vector_stores.search(store.id, query="x")
    assert refused.value.code == "not_offered"
