"""Bounds to what comes before a body. `tests/fuzz/test_hostile.py` has the requests that are beyond them."""

import socket

import pytest

from clew.app.connections import LOOSE_BYTES_MAX


@pytest.fixture
def connection(server):
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
        yield connection


def asked(padding):
    head = f"GET /health HTTP/1.1\r\nHost: localhost\r\nX-A: {padding}\r\n\r\n"
    return head.encode()


def status(connection):
    return connection.recv(65536).split(b" ", 2)[1]


def test_a_head_within_the_limit_is_read(connection):
    connection.sendall(asked("a" * (LOOSE_BYTES_MAX - 200)))
    assert status(connection) == b"200"


def test_a_head_above_the_limit_is_refused_and_the_connection_closed(connection):
    connection.sendall(asked("a" * LOOSE_BYTES_MAX))
    assert status(connection) == b"431"
    assert connection.recv(1) == b""


def test_every_request_of_a_connection_has_the_whole_limit(connection):
    for _ in range(3):
        connection.sendall(asked("a" * (LOOSE_BYTES_MAX // 2)))
        assert status(connection) == b"200"


def test_a_body_does_not_count_as_head(connection):
    body = b" " * 4 * LOOSE_BYTES_MAX
    head = f"POST /v1/threads HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer k\r\nContent-Length: {len(body)}\r\n\r\n"
    connection.sendall(head.encode() + body)
    assert status(connection) == b"200"
