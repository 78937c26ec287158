"""The page of `ThreadService.Create`: every field of its request, by the stubs that the vendor generated.

python -m clients.yandex.stubs 127.0.0.1:8401
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import TYPE_CHECKING, Any

from clients.yandex.desk import problem_of, refused

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

FOLDER = "by-stubs"
SECONDS = 20

CHECKS: dict[str, Callable[[Any], Awaitable[None]]] = {}


def check(function: Callable[[Any], Awaitable[None]]) -> Callable[[Any], Awaitable[None]]:
    """Add a check to the table. Its name is what it says."""
    CHECKS[function.__name__] = function
    return function


class Stubs:
    """The vendor's modules, and calls over one channel."""

    def __init__(self, address: str) -> None:
        import grpc  # noqa: PLC0415 (the tests read the table without the client)
        from yandex.cloud.ai.assistants.v1 import common_pb2  # noqa: PLC0415 (as above)
        from yandex.cloud.ai.assistants.v1.searchindex import (  # noqa: PLC0415 (as above)
            search_index_service_pb2 as indexes,
        )
        from yandex.cloud.ai.assistants.v1.searchindex.search_index_service_pb2_grpc import (  # noqa: PLC0415
            SearchIndexServiceStub,
        )
        from yandex.cloud.ai.assistants.v1.threads import (  # noqa: PLC0415 (as above)
            message_pb2,
            message_service_pb2,
            thread_service_pb2,
        )
        from yandex.cloud.ai.assistants.v1.threads.message_service_pb2_grpc import MessageServiceStub  # noqa: PLC0415
        from yandex.cloud.ai.assistants.v1.threads.thread_service_pb2_grpc import ThreadServiceStub  # noqa: PLC0415
        from yandex.cloud.ai.common.common_pb2 import ExpirationConfig  # noqa: PLC0415 (as above)

        self.grpc = grpc
        channel = grpc.insecure_channel(address)
        self.threads, self.messages = ThreadServiceStub(channel), MessageServiceStub(channel)
        self.indexes, self.index_requests = SearchIndexServiceStub(channel), indexes
        self.common, self.message, self.requests = common_pb2, message_pb2, thread_service_pb2
        self.message_requests, self.expiration = message_service_pb2, ExpirationConfig

    def call(self, method: Any, request: Any) -> Any:
        return method(request, metadata=(("authorization", "Api-Key any"),), timeout=SECONDS)

    def index(self) -> str:
        """The id of a new index."""
        request = self.index_requests.CreateSearchIndexRequest(folder_id=FOLDER)
        operation = self.call(self.indexes.Create, request)
        from yandex.cloud.ai.assistants.v1.searchindex.search_index_pb2 import SearchIndex  # noqa: PLC0415 (as above)

        made = SearchIndex()
        assert operation.response.Unpack(made)
        return str(made.id)

    def content(self, *texts: str) -> Any:
        part, text = self.message.ContentPart, self.message.Text
        return self.message.MessageContent(content=[part(text=text(content=one)) for one in texts])

    def whole(self) -> Any:
        """A request with every field of the page."""
        from google.protobuf.struct_pb2 import Struct  # noqa: PLC0415 (as above)
        from google.protobuf.wrappers_pb2 import Int64Value  # noqa: PLC0415 (as above)

        parameters = Struct()
        parameters.update({"type": "object", "properties": {"n": {"type": "integer", "maximum": 7}}})
        common = self.common
        data, author = self.message.MessageData, self.message.Author
        return self.requests.CreateThreadRequest(
            folder_id=FOLDER,
            messages=[
                data(
                    author=author(id="user-1", role="user"),
                    labels={"m": "1"},
                    content=self.content("first", "and more"),
                ),
                data(author=author(id="assistant-1", role="ASSISTANT"), content=self.content("second")),
                data(content=self.content("third")),
            ],
            name="a thread",
            description="with everything",
            default_message_author_id="somebody",
            expiration_config=self.expiration(expiration_policy=self.expiration.STATIC, ttl_days=3),
            labels={"a": "b"},
            tools=[
                common.Tool(
                    search_index=common.SearchIndexTool(
                        search_index_ids=[self.index()],
                        max_num_results=Int64Value(value=5),
                        rephraser_options=common.RephraserOptions(rephraser_uri="gpt://f/rephraser"),
                    )
                ),
                common.Tool(function=common.FunctionTool(name="f", description="a function", parameters=parameters)),
            ],
        )


@check
async def every_field_comes_back(stubs: Any) -> None:
    sent = stubs.whole()
    made = stubs.call(stubs.threads.Create, sent)
    found = stubs.call(stubs.threads.Get, stubs.requests.GetThreadRequest(thread_id=made.id))
    assert found == made
    for name in ("folder_id", "name", "description", "default_message_author_id", "expiration_config", "labels"):
        assert getattr(made, name) == getattr(sent, name), name
    assert made.created_by == made.updated_by != ""
    assert made.created_at == made.updated_at
    assert made.expires_at.seconds == made.created_at.seconds + 3 * 24 * 3600
    search, function = made.tools
    assert function == sent.tools[1]
    sent.tools[0].search_index.call_strategy.always_call.SetInParent()
    assert search == sent.tools[0]


@check
async def its_messages_come_in_order_with_their_authors(stubs: Any) -> None:
    thread = stubs.call(stubs.threads.Create, stubs.whole())
    request = stubs.message_requests.ListMessagesRequest(thread_id=thread.id)
    third, second, first = stubs.call(stubs.messages.List, request)
    assert (first.author.id, first.author.role, dict(first.labels)) == ("user-1", "USER", {"m": "1"})
    assert [part.text.content for part in first.content.content] == ["first", "and more"]
    assert (second.author.id, second.author.role) == ("assistant-1", "ASSISTANT")
    assert (third.author.id, third.author.role) == ("somebody", "USER")
    assert {one.thread_id for one in (first, second, third)} == {thread.id}
    assert first.status == stubs.message.Message.COMPLETED


@check
async def what_is_missing_is_named(stubs: Any) -> None:
    sent = stubs.whole()
    sent.tools[0].search_index.rephraser_options.rephraser_uri = ""
    refusal = await refused(stubs.grpc.RpcError, lambda: stubs.call(stubs.threads.Create, sent))
    assert refusal.code() is stubs.grpc.StatusCode.INVALID_ARGUMENT
    assert "tools[0].search_index.rephraser_options.rephraser_uri" in refusal.details()


@check
async def a_folder_is_enough(stubs: Any) -> None:
    made = stubs.call(stubs.threads.Create, stubs.requests.CreateThreadRequest(folder_id=FOLDER))
    assert made.default_message_author_id
    config = stubs.expiration(expiration_policy=stubs.expiration.SINCE_LAST_ACTIVE, ttl_days=7)
    assert made.expiration_config == config


async def main() -> None:
    """Run all checks."""
    stubs = Stubs(sys.argv[1])
    for name, function in CHECKS.items():
        result = {"check": name, "problem": await problem_of(function, stubs)}
        sys.stdout.write(json.dumps(result) + "\n")


if __name__ == "__main__":
    asyncio.run(main())
