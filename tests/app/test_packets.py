"""What is written to a connection: what goes out in one packet, and what must not wait."""

import socket

import pytest

from clew.app.packets import OnePacket

HEAD = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n"
STREAM = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"


class Wire:
    """A transport that notes what it is told."""

    def __init__(self):
        self.told = []

    def write(self, data):
        self.told.append(data)

    def writelines(self, pieces):
        self.told.append(b"".join(pieces))

    def close(self):
        self.told.append("closed")

    def is_closing(self):
        return False


@pytest.fixture
def wire():
    return Wire()


def test_head_and_body_go_together(wire):
    packet = OnePacket(wire)
    packet.write(HEAD)
    packet.write(b"{}")
    assert wire.told == [HEAD + b"{}"]


def test_the_head_of_a_stream_does_not_wait(wire):
    packet = OnePacket(wire)
    packet.write(STREAM)
    packet.write(b"one")
    assert wire.told == [STREAM, b"one"]


def test_leave_to_go_on_does_not_wait(wire):
    OnePacket(wire).write(b"HTTP/1.1 100 Continue\r\n\r\n")
    assert wire.told == [b"HTTP/1.1 100 Continue\r\n\r\n"]


def test_a_head_without_a_body_goes_out_with_the_end_of_the_answer(wire):
    packet = OnePacket(wire)
    packet.write(HEAD)
    packet.flush()
    packet.flush()
    assert wire.told == [HEAD]


def test_closing_loses_nothing(wire):
    packet = OnePacket(wire)
    packet.write(HEAD)
    packet.close()
    assert wire.told == [HEAD, "closed"]


def test_everything_else_is_the_transports_own(wire):
    assert OnePacket(wire).is_closing() is False


def test_a_head_request_is_answered_over_a_real_socket(server):
    with socket.create_connection(("127.0.0.1", server.port)) as client:
        client.sendall(b"HEAD /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        with client.makefile("rb") as answer:
            head = answer.read()
    assert head.startswith(b"HTTP/1.1 ")
    assert head.endswith(b"\r\n\r\n")
