"""Metadata: absent, null and empty are three things, and what is no string survives this dialect."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from clew.domain.noun import replace

if TYPE_CHECKING:
    from openai import OpenAI

    from clew.storage.port import Tx
    from support.server import RunningServer

WHOLE: dict[str, Any] = {"user": "ann", "visits": 3, "tags": ["a", "b"], "trial": True}
SHOWN = {"user": "ann", "visits": "3", "tags": '["a","b"]', "trial": "true"}


@pytest.mark.parametrize(("sent", "kept"), [({}, {}), (None, {}), ({"b": "2"}, {"b": "2"})])
def test_metadata_is_replaced_as_a_whole(client: OpenAI, sent: Any, kept: dict[str, str]) -> None:
    thread = client.beta.threads.create(metadata={"a": "1"})
    message = client.beta.threads.messages.create(thread.id, role="user", content="x", metadata={"a": "1"})
    assistant = client.beta.assistants.create(model="m", metadata={"a": "1"})

    assert client.beta.threads.update(thread.id, metadata=sent).metadata == kept
    assert client.beta.threads.messages.update(message.id, thread_id=thread.id, metadata=sent).metadata == kept
    assert client.beta.assistants.update(assistant.id, metadata=sent).metadata == kept


def test_metadata_that_is_not_spoken_of_stays(client: OpenAI) -> None:
    thread = client.beta.threads.create(metadata={"a": "1"})
    message = client.beta.threads.messages.create(thread.id, role="user", content="x", metadata={"a": "1"})
    store = client.vector_stores.create(metadata={"a": "1"})

    assert client.beta.threads.update(thread.id).metadata == {"a": "1"}
    assert client.beta.threads.messages.update(message.id, thread_id=thread.id).metadata == {"a": "1"}
    assert client.vector_stores.update(store.id, name="new").metadata == {"a": "1"}


def test_a_runs_metadata_stays_or_is_replaced_whatever_its_state(client: OpenAI) -> None:
    assistant = client.beta.assistants.create(model="m")
    run = client.beta.threads.create_and_run_poll(assistant_id=assistant.id, metadata={"a": "1"}, poll_interval_ms=10)

    assert client.beta.threads.runs.update(run.id, thread_id=run.thread_id).metadata == {"a": "1"}
    assert client.beta.threads.runs.update(run.id, thread_id=run.thread_id, metadata=None).metadata == {}


def test_values_that_another_dialect_wrote_are_shown_as_text_and_put_back_unharmed(
    server: RunningServer, client: OpenAI
) -> None:
    thread_id = client.beta.threads.create().id

    async def written(tx: Tx) -> None:
        thread = await tx.threads.get("default", thread_id, now=0)
        assert thread is not None
        await tx.threads.update(replace(thread, metadata=WHOLE))

    async def read(tx: Tx) -> dict[str, Any]:
        thread = await tx.threads.get("default", thread_id, now=0)
        assert thread is not None
        return thread.metadata

    server.do(server.store.write(written))
    assert client.beta.threads.retrieve(thread_id).metadata == SHOWN

    client.beta.threads.update(thread_id, metadata={**SHOWN, "user": "eve", "visits": "4"})
    assert server.do(server.store.read(read)) == {**WHOLE, "user": "eve", "visits": "4"}
