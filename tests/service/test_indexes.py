"""Indexes, as the service keeps them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import openai
import pytest

if TYPE_CHECKING:
    from openai import OpenAI


def _table(client: OpenAI) -> str:
    return client.files.create(file=("figures.csv", b"a,b\n1,2\n"), purpose="assistants").id


def test_a_store_that_is_made_of_a_table_is_refused_and_nothing_is_left(client: OpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as refused:
        client.vector_stores.create(file_ids=[_table(client)])

    assert refused.value.code == "unsupported_file"
    assert client.vector_stores.list().data == []


def test_a_message_with_a_table_to_search_is_refused_and_nothing_is_left(client: OpenAI) -> None:
    thread = client.beta.threads.create()

    with pytest.raises(openai.BadRequestError) as refused:
        client.beta.threads.messages.create(
            thread.id,
            role="user",
            content="What is in it?",
            attachments=[{"file_id": _table(client), "tools": [{"type": "file_search"}]}],
        )

    assert refused.value.param == "file_ids"
    assert client.beta.threads.messages.list(thread.id).data == []


def test_a_table_that_is_put_into_a_store_is_there_as_failed(client: OpenAI) -> None:
    store = client.vector_stores.create()

    file = client.vector_stores.files.create_and_poll(_table(client), vector_store_id=store.id)

    assert file.status == "failed"
    assert file.last_error is not None
    assert file.last_error.code == "unsupported_file"
    assert client.vector_stores.retrieve(store.id).file_counts.failed == 1
