"""What a handler gives back, as it is written out."""

from __future__ import annotations

import asyncio

import pytest

from clew.web.answer import Answer, Streamed
from clew.web.request import Request


class Wire:
    """What was sent, and a client that stays until it is told to go."""

    def __init__(self, method="GET"):
        self.sent = []
        self.left = asyncio.Event()
        self.request = Request({"method": method, "path": "/", "headers": []}, self._receive, "req_1")

    async def _receive(self):
        await self.left.wait()
        return {"type": "http.disconnect"}

    async def send(self, message):
        self.sent.append(message)

    @property
    def content(self):
        return b"".join(message.get("body", b"") for message in self.sent)


class Pieces:
    """Pieces that wait for ever after the first, and know whether they were closed."""

    def __init__(self):
        self.begun = asyncio.Event()
        self.closed = False

    async def __aiter__(self):
        try:
            yield b"one"
            self.begun.set()
            await asyncio.Event().wait()
        finally:
            self.closed = True


async def test_a_value_goes_out_as_json_with_its_length():
    wire = Wire()
    await Answer(value={"a": 1}, headers=(("x", "y"),)).send(wire.request, wire.send, [(b"x-request-id", b"req_1")])

    headers = dict(wire.sent[0]["headers"])
    assert wire.content == b'{"a":1}'
    assert headers == {
        b"content-type": b"application/json",
        b"content-length": b"7",
        b"x-request-id": b"req_1",
        b"x": b"y",
    }


async def test_a_head_request_is_told_the_length_and_nothing_more():
    wire = Wire("HEAD")
    await Answer(value={}).send(wire.request, wire.send, [])

    assert (dict(wire.sent[0]["headers"])[b"content-length"], wire.content) == (b"2", b"")


async def test_pieces_go_out_one_after_another():
    async def pieces():
        yield b"one"
        yield b"two"

    wire = Wire()
    await Streamed(pieces=pieces(), content_type="text/plain").send(wire.request, wire.send, [])

    assert [message.get("body") for message in wire.sent[1:]] == [b"one", b"two", b""]


async def test_pieces_are_closed_when_the_client_goes():
    wire, pieces = Wire(), Pieces()
    sending = asyncio.create_task(
        Streamed(pieces=aiter(pieces), content_type="text/plain").send(wire.request, wire.send, [])
    )
    await pieces.begun.wait()
    wire.left.set()
    await sending

    assert (wire.content, pieces.closed) == (b"one", True)


async def test_what_goes_wrong_in_the_middle_is_not_swallowed():
    async def pieces():
        yield b"one"
        raise LookupError("no more")

    wire = Wire()
    with pytest.raises(LookupError):
        await Streamed(pieces=pieces(), content_type="text/plain").send(wire.request, wire.send, [])
