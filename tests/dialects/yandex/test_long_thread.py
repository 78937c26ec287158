"""A long thread: the list of its messages is a stream, and costs a server no memory that grows with it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import httpx2
import msgspec
import pytest
from bench.fill import Filling

from clew.dialects.yandex import wire
from support.process import ServerProcess
from support.stub import Stub

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

LENGTH = 100_000
SHORT = 2_000
GROWTH_MAX = 80 * 1024 * 1024
"""Two readers' page caches are 64 MiB, and fill up. All the messages at once, as they are read and as they are sent,
would be more than 200 MiB."""


async def _fill(folder: Path) -> tuple[str, str]:
    async with Filling(folder) as filling:
        (short, _), (long, _) = await filling.threads(2, users=1)
        await filling.lengthen(short, SHORT)
        await filling.lengthen(long, LENGTH)
        return short.id, long.id


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[ServerProcess, str, str]]:
    """A server, and the ids of a short and of a long thread in it."""
    folder = tmp_path_factory.mktemp("long")
    (folder / "data").mkdir()
    short, long = asyncio.run(_fill(folder / "data"))
    with ServerProcess(folder) as server:
        yield server, short, long


def rpc(server: ServerProcess, thread_id: str) -> Iterator[str]:
    """The ids of the messages, over gRPC."""
    with Stub(server.grpc_address) as stub:
        for message in stub("MessageService.List", wire.ListMessagesRequest(thread_id=thread_id)):
            yield message.id


def rest(server: ServerProcess, thread_id: str) -> Iterator[str]:
    """The same over REST."""
    url = f"{server.url}/assistants/v1/messages"
    with httpx2.stream("GET", url, params={"threadId": thread_id}, timeout=60) as answer:
        for line in answer.iter_lines():
            yield msgspec.json.decode(line)["result"]["id"]


@pytest.mark.parametrize("listed", [rpc, rest])
def test_listing_a_long_thread_takes_no_more_memory_than_a_short_one(served, listed):
    server, short, long = served
    assert len(set(listed(server, short))) == SHORT
    before = server.memory_bytes_max
    assert len(set(listed(server, long))) == LENGTH
    assert server.memory_bytes_max - before < GROWTH_MAX
