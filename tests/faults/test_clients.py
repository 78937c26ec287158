"""Clients that are slow, stop in the middle, never read, or come in crowds: each ends, and nobody else is disturbed.

They are bare sockets, because no client library behaves like this. Limits are small, so that what ends does so at once.
"""

import socket
from contextlib import ExitStack, closing, contextmanager
from select import select

import pytest
from openai import OpenAI

from clew.app.connections import Patience
from support.heard import heard
from support.server import RunningServer
from support.sse import ended

BRIEF = 1
WAIT_SECONDS = 20
POST = (
    b"POST /v1/threads HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer any\r\ncontent-type: application/json\r\n"
)


@contextmanager
def serving(tmp_path, model, **patience):
    with (
        RunningServer(tmp_path, model, patience=Patience(**patience)) as server,
        OpenAI(base_url=server.base_url, api_key="any", max_retries=0) as client,
    ):
        yield server, client


def connected(server, *, buffer=None):
    """A socket to the server; with a `buffer` of so few bytes for what it does not read."""
    sock = socket.socket()
    if buffer is not None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
    sock.settimeout(WAIT_SECONDS)
    sock.connect(("127.0.0.1", server.port))
    return closing(sock)


def rest(sock):
    """What comes until the server closes; a reset is an end as well."""
    found = b""
    try:
        while piece := sock.recv(65536):
            found += piece
    except ConnectionResetError:
        pass
    return found


def until(sock, words=b"\r\n\r\n"):
    """What comes up to these words and with them; the head of an answer, unless others are named."""
    found = b""
    while words not in found:
        found += sock.recv(65536)
    return found


def trickle(sock):
    """Send one byte after another, slowly, until the server closes. Returns what it said."""
    try:
        while not select([sock], [], [], 0.02)[0]:
            sock.sendall(b"x")
    except (BrokenPipeError, ConnectionResetError):
        pass
    return rest(sock)


def pour(sock, piece):
    """Send a piece again and again. Returns how many the server bore."""
    for count in range(10_000):
        try:
            sock.sendall(piece)
        except (BrokenPipeError, ConnectionResetError):
            return count
    return 10_000


@pytest.mark.parametrize(
    "begun",
    [b"GET /", b"GET /v1/threads HTTP/1.1\r\nx-slow: ", POST + b"content-length: 1000000\r\n\r\n{"],
    ids=["line", "head", "body"],
)
def test_a_request_that_comes_byte_by_byte_is_cut(tmp_path, model, begun):
    with serving(tmp_path, model, request_seconds=BRIEF) as (server, client), connected(server) as sock:
        sock.sendall(begun)
        client.beta.threads.create()
        assert trickle(sock)[:12] in (b"HTTP/1.1 408", b"")  # a reset may overtake the word
        assert len(list(client.get("/threads", cast_to=object)["data"])) == 1


@pytest.mark.parametrize(
    "begun",
    [POST, POST + b"content-length: 100\r\n\r\n{", POST + b"transfer-encoding: chunked\r\n\r\n5\r\n{"],
    ids=["head", "body", "chunk"],
)
def test_half_a_request_ends_in_a_timeout_and_does_nothing(tmp_path, model, begun):
    with serving(tmp_path, model, request_seconds=BRIEF) as (server, client), connected(server) as sock:
        sock.sendall(begun)
        said = rest(sock)
        assert said.startswith(b"HTTP/1.1 408 Request Timeout\r\n")
        assert b"The request took too long to come in." in said
        assert client.get("/threads", cast_to=object)["data"] == []


@pytest.mark.parametrize("sent", [b"", b"\r\n"], ids=["silence", "empty-lines"])
def test_a_connection_on_which_no_request_begins_is_closed(tmp_path, model, sent):
    with serving(tmp_path, model, request_seconds=BRIEF) as (server, _), connected(server) as sock:
        sock.sendall(sent)
        assert rest(sock)[:12] in (b"", b"HTTP/1.1 408")


def test_a_large_body_has_more_time(tmp_path, model):
    body = b'{"metadata": {}}'.ljust(200_000)
    with serving(tmp_path, model, request_seconds=BRIEF) as (server, _), connected(server) as large:
        large.sendall(POST + b"content-length: %d\r\n\r\n" % len(body) + body[:150_000])
        with connected(server) as silent:
            assert rest(silent) == b""  # that is longer than a small request has
        large.sendall(body[150_000:])
        assert until(large).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize(
    ("begun", "piece"),
    [
        (b"GET /v1/threads HTTP/1.1\r\n", b"x-more: more\r\n"),
        (b"GET /v1/threads HTTP/1.1\r\nx-long: ", b"long"),
        (b"GET /v1/threads?", b"long"),
        (POST + b"transfer-encoding: chunked\r\n\r\n2;", b"long"),
        (POST + b"transfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n", b"x-more: more\r\n"),
    ],
    ids=["headers", "header", "line", "chunk-extension", "trailers"],
)
def test_a_head_without_an_end_is_not_kept(tmp_path, model, begun, piece):
    with serving(tmp_path, model) as (server, client), connected(server) as sock:
        sock.sendall(begun)
        assert pour(sock, piece * 1000) < 10_000
        assert client.beta.threads.create().id


def listing(path):
    return f"GET /v1{path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer any\r\n\r\n".encode()


def test_a_list_that_is_never_read_is_let_go(tmp_path, model):
    with serving(tmp_path, model, answer_seconds=BRIEF) as (server, client), ExitStack() as stack:
        thread = client.beta.threads.create()
        for _ in range(30):
            client.beta.threads.messages.create(thread.id, role="user", content="x" * 250_000)
        with heard("a client that does not read its answer was let go", times=3) as wait:
            for _ in range(3):
                sock = stack.enter_context(connected(server, buffer=4096))
                sock.sendall(listing(f"/threads/{thread.id}/messages?limit=100"))
            assert client.beta.threads.retrieve(thread.id).id == thread.id
            wait()
        assert len(client.beta.threads.messages.list(thread.id, limit=100).data) == 30


def test_answers_that_are_never_read_take_no_more_room_than_is_allowed(tmp_path, model):
    with serving(tmp_path, model, answers_bytes_max=20_000_000) as (server, client), ExitStack() as stack:
        thread = client.beta.threads.create()
        for _ in range(40):
            client.beta.threads.messages.create(thread.id, role="user", content="x" * 250_000)
        with heard("a client that does not read its answer was let go", times=4) as wait:
            for _ in range(8):  # ten megabytes each, of which sockets hold less than half
                sock = stack.enter_context(connected(server, buffer=4096))
                sock.sendall(listing(f"/threads/{thread.id}/messages?limit=100"))
            wait()
        assert client.beta.threads.retrieve(thread.id).id == thread.id


def test_a_stream_that_is_never_read_is_let_go(tmp_path, model):
    model.say("x" * 1_000_000)
    with serving(tmp_path, model, answer_seconds=BRIEF) as (server, client), connected(server, buffer=4096) as sock:
        thread = client.beta.threads.create()
        assistant = client.beta.assistants.create(model="gpt-4o")
        run = client.beta.threads.runs.create(thread.id, assistant_id=assistant.id)
        with heard("a client that does not read its answer was let go") as wait:
            sock.sendall(10 * listing(f"/threads/{thread.id}/runs/{run.id}/events?after=0"))  # more than sockets hold
            assert ended(server, thread.id, run.id)["status"] == "completed"
            wait()
        assert ended(server, thread.id, run.id)["status"] == "completed"
        assert server.assembled.core.feeds._by_run == {}


def test_a_crowd_of_silent_connections_keeps_nobody_out(tmp_path, model):
    with serving(tmp_path, model, connections_max=10) as (server, client), ExitStack() as stack:
        client.beta.threads.create()
        crowd = [stack.enter_context(connected(server)) for _ in range(50)]
        assert rest(crowd[0]) == b""  # the oldest made room
        client.beta.threads.create()


def test_where_all_connections_are_at_work_the_newest_is_refused(tmp_path, model):
    gate = model.hang()
    with serving(tmp_path, model, connections_max=4) as (server, client), ExitStack() as stack:
        thread = client.beta.threads.create()
        assistant = client.beta.assistants.create(model="gpt-4o")
        run = client.beta.threads.runs.create(thread.id, assistant_id=assistant.id)
        client.close()
        for _ in range(4):
            sock = stack.enter_context(connected(server))
            sock.sendall(listing(f"/threads/{thread.id}/runs/{run.id}/events?after=0"))
            assert until(sock).startswith(b"HTTP/1.1 200")
        with connected(server) as fifth:
            assert rest(fifth).startswith(b"HTTP/1.1 503 Service Unavailable\r\n")
        gate.release()
        assert until(sock, b"event: done")


def test_large_bodies_that_come_slowly_make_room_for_others(tmp_path, model):
    body = b'{"metadata": {}}'.ljust(1_000_000)
    head = POST + b"content-length: %d\r\n" % len(body)
    with serving(tmp_path, model, bodies_bytes_max=1_500_000) as (server, _), ExitStack() as stack:
        slow, quick = (stack.enter_context(connected(server)) for _ in range(2))
        slow.sendall(head + b"expect: 100-continue\r\n\r\n")
        until(slow, b"100 Continue\r\n\r\n")
        slow.sendall(body[:-1])
        quick.sendall(head + b"\r\n" + body)
        assert until(quick).startswith(b"HTTP/1.1 200")
        assert rest(slow).startswith(b"HTTP/1.1 503")
