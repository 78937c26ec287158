"""The gRPC port: what is taken, what is too large, and how it ends."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import threading
from contextlib import contextmanager

import grpc
import httpx2
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from clew.app import grpc as app_grpc
from clew.app.grpc import listen
from clew.app.http import CannotListen
from clew.dialects.yandex import wire
from clew.dialects.yandex.call import Options
from support.process import ServerProcess
from support.server import RunningServer
from support.stub import Stub

TEXT = "x" * 10_000


def _thread(stub, count):
    """A thread with so many messages, too many to be on their way to a client at once."""
    said = wire.MessageContent(content=[wire.ContentPart(text=wire.Text(content=TEXT))])
    messages = [wire.MessageData(content=said)] * count
    return stub("ThreadService.Create", wire.CreateThreadRequest(folder_id="default", messages=messages)).id


def test_a_port_that_is_taken_is_a_sentence(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        flags = ["--data", tmp_path / "data", "--port", "0", "--grpc-port", port]
        done = subprocess.run(
            [sys.executable, "-m", "clew", "serve", *flags], capture_output=True, text=True, check=False, timeout=60
        )
    assert (done.returncode, done.stdout) == (1, "")
    assert f"Cannot listen on 127.0.0.1:{port} for gRPC" in done.stderr
    assert "Traceback" not in done.stderr


async def test_a_name_that_there_is_not_is_a_sentence():
    with pytest.raises(CannotListen):
        listen(grpc.aio.server(), "256.0.0.1", 0)


async def test_port_nought_becomes_a_number():
    assert listen(grpc.aio.server(), "127.0.0.1", 0) > 0


def test_health_needs_no_key(tmp_path):
    with RunningServer(tmp_path, open_project=None) as server, grpc.insecure_channel(server.grpc_address) as channel:
        answer = health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=20)
    assert answer.status == health_pb2.HealthCheckResponse.SERVING


def test_a_request_over_the_limit_is_an_invalid_argument(tmp_path, monkeypatch):
    """And not gRPC's own RESOURCE_EXHAUSTED, which clients take for overload and repeat."""
    with (
        RunningServer(tmp_path, yandex_options=Options(body_bytes_max=1000)) as server,
        Stub(server.grpc_address) as stub,
        pytest.raises(grpc.RpcError) as raised,
    ):
        stub("ThreadService.Create", wire.CreateThreadRequest(folder_id="default", name="n" * 1000))
    assert raised.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert raised.value.details() == "the request is larger than 1000 bytes"


def test_what_is_far_over_the_limit_is_not_taken_in(tmp_path, monkeypatch):
    monkeypatch.setattr(app_grpc, "SPARE_BYTES", 1000)
    with (
        RunningServer(tmp_path, yandex_options=Options(body_bytes_max=1000)) as server,
        Stub(server.grpc_address) as stub,
        pytest.raises(grpc.RpcError) as raised,
    ):
        stub("ThreadService.Create", wire.CreateThreadRequest(folder_id="default", name="n" * 3000))
    assert raised.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stopped_server_ends_streams_and_idle_channels(tmp_path, number):
    with ServerProcess(tmp_path, None, "--drain-seconds", "0") as process, Stub(process.grpc_address) as stub:
        thread = _thread(stub, 2000)
        reading = stub("MessageService.List", wire.ListMessagesRequest(thread_id=thread))
        assert next(reading).thread_id == thread
        params = {"threadId": thread}
        headers = {"authorization": "Api-Key any"}
        with httpx2.stream("GET", f"{process.url}/assistants/v1/messages", params=params, headers=headers) as answer:
            next(answer.iter_lines())
            process.tell(number)
            assert process.ended() == 0
        with pytest.raises(grpc.RpcError):
            list(reading)


def test_readers_that_do_not_read_fill_no_memory(tmp_path):
    """What 30 streams of 20 MB might take, if they were not held back."""
    with ServerProcess(tmp_path, None, "--drain-seconds", "0") as process, Stub(process.grpc_address) as stub:
        asked = wire.ListMessagesRequest(thread_id=_thread(stub, 2000))
        assert len(list(stub("MessageService.List", asked))) == 2000
        before = process.memory_bytes
        slow = [stub("MessageService.List", asked) for _ in range(30)]
        assert all(next(reading) for reading in slow)
        assert len(list(stub("MessageService.List", asked))) == 2000  # by now the others would have been written
        assert process.memory_bytes - before < 100 * 2**20
        assert len(list(slow[0])) == 1999


def test_connections_over_the_limit_are_refused_until_others_leave(tmp_path):
    asked = wire.ListApiEndpointsRequest()
    with ServerProcess(tmp_path, None, "--connections-max", "1") as process:
        for _ in range(3):
            with _taken(process.grpc_address), Stub(process.grpc_address, own=True) as more:
                with pytest.raises(grpc.RpcError) as raised:
                    more("ApiEndpointService.List", asked)
                assert raised.value.code() is grpc.StatusCode.UNAVAILABLE


@contextmanager
def _taken(address):
    """A connection that the server has taken: it may not have noticed yet that another one left."""
    while True:
        with Stub(address, own=True) as stub:
            try:
                assert stub("ApiEndpointService.List", wire.ListApiEndpointsRequest()).endpoints
            except grpc.RpcError:
                continue
            yield stub
            return


def test_a_reader_that_leaves_ends_its_stream(server, stub, monkeypatch):
    closed = threading.Event()
    paged = stub("ThreadService.Create", wire.CreateThreadRequest(folder_id="default"))

    async def endless(_core, _call, _request):
        try:
            while True:
                yield wire.Message(id=TEXT)
        finally:
            closed.set()

    _replace(monkeypatch, endless)
    reading = stub("MessageService.List", wire.ListMessagesRequest(thread_id=paged.id))
    assert next(reading).id == TEXT
    reading.cancel()
    assert closed.wait(20)


def _replace(monkeypatch, handler):
    monkeypatch.setattr("clew.dialects.yandex.dialect.Yandex._handler", staticmethod(lambda _: handler))


@pytest.fixture
def stub(server):
    with Stub(server.grpc_address) as stub:
        yield stub
