"""The calls of Literal AI's page about threads, of early 2024, each as it stands there.

    python page.py http://127.0.0.1:8400 [--synchronous | --released]

`--released` leaves out the calls that no release had, so that clients of that time can run it as they are. The last
ones run it with `clew.compat.literalai`. It prints the name of each block that was run, and fails where one does.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import io
import sys
import uuid
from typing import Any

import literalai
from literalai.thread import DateTimeFilter, ThreadFilter

PARTICIPANT_UUID = "ada"
THREAD_UUID = str(uuid.uuid4())


def said(*lines: object) -> None:
    """Note what was run."""
    sys.stdout.write(" ".join(map(str, lines)) + "\n")
    sys.stdout.flush()


# --- as the page awaits them --------------------------------------------------------------------------------------


async def created(client: Any) -> None:
    thread = await client.api.create_thread(
        participant_id=PARTICIPANT_UUID,
        environment="production",
        tags=["tag1", "tag2"],
        metadata={"key": "value"},
    )
    assert (thread.tags, thread.metadata) == (["tag1", "tag2"], {"key": "value"})
    again = await client.api.get_thread(id=thread.id)
    assert again.to_dict() == thread.to_dict()
    await client.api.send_steps([{"id": str(uuid.uuid4()), "threadId": thread.id, "type": "run", "name": "step"}])
    assert [step.name for step in (await client.api.get_thread(id=thread.id)).steps] == ["step"]
    said("created")


async def listed(client: Any, *, by_key: bool) -> None:
    threads = await client.api.list_threads(first=None, after=None, filters=None)
    assert threads.data
    if by_key:
        with contextlib.redirect_stdout(io.StringIO()) as shown:
            print(threads["pageInfo"])  # noqa: T201 (as the page does)
            for thread in threads["data"]:
                print(thread.to_dict())  # noqa: T201
        assert "hasNextPage" in shown.getvalue()
        assert threads["pageInfo"]["hasNextPage"] is threads.pageInfo.hasNextPage
        assert not any(thread.steps for thread in threads["data"])
    filters = ThreadFilter(
        createdAt=DateTimeFilter(operator="gt", value="2999-12-14"),
    )
    assert (await client.api.list_threads(filters=filters)).data == []
    said("listed")


async def exported(client: Any) -> None:
    filters = ThreadFilter(
        createdAt=DateTimeFilter(operator="gt", value="2022-12-14"),
    )
    page = 1
    result = await client.api.export_threads(page=page, filters=filters)
    found = list(result.data)

    while result.hasNextPage:
        page += 1
        result = await client.api.export_threads(page=page, filters=filters)

        found += result.data
    assert len(found) == result.totalCount
    assert any(thread["steps"] for thread in found)
    said("exported")


async def updated(client: Any) -> None:
    for outcome in ({}, {"key": "value"}):
        thread = await client.upsert_thread(
            thead_id=THREAD_UUID,
            name=None,
            metadata=outcome or None,
            participant_id=None,
            environment=None,
            tags=None,
        )
        assert (thread.id, thread.metadata or {}) == (THREAD_UUID, outcome)
    updated_thread = await client.update_thread(
        id=THREAD_UUID,
        name=None,
        metadata=None,
        participant_id=None,
        environment=None,
        tags=None,
    )
    assert updated_thread.metadata == {"key": "value"}
    for more in ({"environment": "staging"}, {"tags": ["tag"]}, {"name": "Named", "participant_id": PARTICIPANT_UUID}):
        updated_thread = await client.update_thread(id=THREAD_UUID, **more)
    assert (updated_thread.name, updated_thread.tags) == ("Named", ["tag"])
    said("updated")


async def deleted(client: Any) -> None:
    await client.api.upsert_thread(thread_id=THREAD_UUID, tags=["tag"])
    assert await client.api.delete_thread(id=THREAD_UUID)
    assert await client.api.get_thread(id=THREAD_UUID) is None
    said("deleted")


# --- as a synchronous client has them -----------------------------------------------------------------------------


def all_of_it(client: Any) -> None:
    thread = client.api.create_thread(
        participant_id=PARTICIPANT_UUID,
        environment="production",
        tags=["tag1", "tag2"],
        metadata={"key": "value"},
    )
    assert (thread.tags, thread.metadata) == (["tag1", "tag2"], {"key": "value"})
    assert client.api.get_thread(id=thread.id).to_dict() == thread.to_dict()
    said("created")
    threads = client.api.list_threads(first=None, after=None, filters=None)
    assert thread.id in [one.id for one in threads["data"]]
    assert threads["pageInfo"]["endCursor"] == threads.page_info.end_cursor
    filters = ThreadFilter(createdAt=DateTimeFilter(operator="gt", value="2022-12-14"))
    assert thread.id in [one.id for one in client.api.list_threads(None, None, None, filters).data]
    said("listed")
    result = client.api.export_threads(page=1, filters=filters)
    assert (result["totalCount"], result.hasNextPage) == (len(result.data), False)
    said("exported")
    thread = client.upsert_thread(thead_id=THREAD_UUID, name=None, metadata=None, environment="production", tags=None)
    assert thread.id == THREAD_UUID
    thread = client.upsert_thread(thead_id=THREAD_UUID, name="Named", metadata=None, environment=None, tags=None)
    assert (thread.id, thread.name) == (THREAD_UUID, "Named")
    thread = client.update_thread(id=THREAD_UUID, name=None, participant_id=PARTICIPANT_UUID, environment="staging")
    assert (thread.name, thread.participant_identifier) == ("Named", PARTICIPANT_UUID)
    said("updated")
    assert client.api.delete_thread(id=THREAD_UUID)
    assert client.api.get_thread(id=THREAD_UUID) is None
    said("deleted")


# --- running them -------------------------------------------------------------------------------------------------


async def all_in_turn(client: Any, *, released: bool) -> None:
    await created(client)
    await listed(client, by_key=not released)
    await exported(client)
    if not released:
        await updated(client)
    await deleted(client)


def main() -> None:
    parser = argparse.ArgumentParser(description="Runs the calls of a page against a server.")
    parser.add_argument("url")
    parser.add_argument("--synchronous", action="store_true")
    parser.add_argument("--released", action="store_true")
    asked = parser.parse_args()
    one, other = literalai.LiteralClient, getattr(literalai, "AsyncLiteralClient", literalai.LiteralClient)
    client: Any = (one if asked.synchronous else other)(api_key="any", url=asked.url)
    if asked.synchronous:
        all_of_it(client)
    else:
        asyncio.run(all_in_turn(client, released=asked.released))


if __name__ == "__main__":
    main()
