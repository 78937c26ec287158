"""Threads and messages over gRPC."""

import grpc
import pytest
from openai import OpenAI

from clew.dialects.yandex import wire
from support.stub import Stub


def test_a_thread_made_here_is_read_by_an_openai_client(stub: Stub, client: OpenAI) -> None:
    thread = stub("ThreadService.Create", wire.CreateThreadRequest(folder_id="default", labels={"a": "b"}))
    content = wire.MessageContent(content=[wire.ContentPart(text=wire.Text(content="hello"))])
    made = stub("MessageService.Create", wire.CreateMessageRequest(thread_id=thread.id, content=content))
    read = client.beta.threads.messages.list(thread.id)
    assert client.beta.threads.retrieve(thread.id).metadata == {"a": "b"}
    assert [message.id for message in read] == [made.id]


def test_a_missing_thread_is_not_found(stub: Stub) -> None:
    with pytest.raises(grpc.RpcError) as raised:
        stub("ThreadService.Get", wire.GetThreadRequest(thread_id="nope"))
    assert raised.value.code() is grpc.StatusCode.NOT_FOUND
    assert raised.value.details() == "thread nope not found"


def test_a_required_field_is_named(stub: Stub) -> None:
    with pytest.raises(grpc.RpcError) as raised:
        stub("MessageService.Create", wire.CreateMessageRequest(thread_id="x"))
    assert raised.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert raised.value.details() == "content: field is required"
