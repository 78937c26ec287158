"""Calls over gRPC, below what handlers see."""

import grpc
import pytest

from clew.dialects.yandex import wire
from clew.dialects.yandex.operations import OPERATIONS


def _refused(stub, name, request, **metadata):
    with pytest.raises(grpc.RpcError) as raised:
        stub(name, request, **metadata)
    return raised.value


@pytest.mark.parametrize("operation", [one for one in OPERATIONS if not one.takes_stream], ids=lambda one: one.name)
def test_bytes_that_are_no_message_are_an_invalid_argument(stub, operation):
    many = stub._channel.unary_stream if operation.gives_stream else stub._channel.unary_unary
    key = (("authorization", "Api-Key any"),)
    with pytest.raises(grpc.RpcError) as raised:
        list(many(operation.rpc)(b"\xff\xff\xff", timeout=20, metadata=key))
    declined = operation.handler is None
    assert raised.value.code() is (grpc.StatusCode.UNIMPLEMENTED if declined else grpc.StatusCode.INVALID_ARGUMENT)


def test_an_error_says_which_request_it_was_and_which_field_is_at_fault(stub):
    error = _refused(stub, "ThreadService.Create", wire.CreateThreadRequest(), x_client_request_id="mine")
    trailing = dict(error.trailing_metadata())
    assert trailing["x-client-request-id"] == "mine"
    status = wire.Status.FromString(trailing["grpc-status-details-bin"])
    info, bad = wire.RequestInfo(), wire.BadRequest()
    assert status.details[0].Unpack(info)
    assert status.details[1].Unpack(bad)
    assert (status.code, status.message) == (3, error.details())
    assert info.request_id == trailing["x-request-id"]
    assert bad.field_violations[0].field == "folder_id"


@pytest.mark.parametrize("letter", ["a", "\U0001f600"])
def test_an_error_about_something_endless_still_arrives(stub, letter):
    error = _refused(stub, "ThreadService.Get", wire.GetThreadRequest(thread_id=letter * 100_000))
    assert error.code() is grpc.StatusCode.NOT_FOUND
    assert error.details().startswith(f"thread {letter}")


def test_an_answer_echoes_the_clients_request_id(stub):
    method = stub._channel.unary_unary("/yandex.cloud.endpoint.ApiEndpointService/List")
    _, call = method.with_call(b"", timeout=20, metadata=(("x-client-request-id", "mine"),))
    assert dict(call.trailing_metadata())["x-client-request-id"] == "mine"


def test_a_bug_of_ours_is_internal_and_logged(stub, monkeypatch, caplog):
    def broken(*_):
        raise RuntimeError("secret words")

    monkeypatch.setattr("clew.dialects.yandex.dialect.Yandex._handler", staticmethod(broken))
    error = _refused(stub, "ThreadService.Get", wire.GetThreadRequest(thread_id="a"))
    assert (error.code(), error.details()) == (grpc.StatusCode.INTERNAL, "Internal error.")
    assert dict(error.trailing_metadata())["x-request-id"] in caplog.text
    assert "secret words" in caplog.text
