"""A request, as handlers see it."""

from __future__ import annotations

import pytest

from clew.domain.problem import TooLarge
from clew.web.request import ClientGone, Request


def request(*messages, headers=(), query=b""):
    waiting = list(messages)

    async def receive():
        return waiting.pop(0)

    scope = {"method": "POST", "path": "/x", "query_string": query, "headers": list(headers)}
    return Request(scope, receive, "req_1")


def body(content, *, more=False):
    return {"type": "http.request", "body": content, "more_body": more}


async def test_a_body_that_comes_in_pieces_is_whole():
    assert await request(body(b"one ", more=True), body(b"two")).read(limit=100) == b"one two"


async def test_a_length_that_is_too_large_is_refused_before_a_byte_is_read():
    with pytest.raises(TooLarge) as refused:
        await request(headers=[(b"content-length", b"101")]).read(limit=100)
    assert refused.value.got == 101


async def test_a_body_that_grows_too_large_is_refused_where_it_does():
    with pytest.raises(TooLarge):
        await request(body(b"x" * 60, more=True), body(b"x" * 60, more=True)).read(limit=100)


async def test_a_client_that_leaves_in_the_middle_is_gone():
    with pytest.raises(ClientGone):
        await request(body(b"half", more=True), {"type": "http.disconnect"}).read(limit=100)


async def test_going_is_told_apart_from_what_else_comes():
    await request(body(b""), {"type": "http.disconnect"}).gone()


def test_a_query_keeps_what_is_repeated_and_what_is_empty():
    assert request(query=b"a=1&a=2&b=&c=%C3%A9").query_pairs() == [("a", "1"), ("a", "2"), ("b", ""), ("c", "é")]


def test_a_header_that_comes_twice_has_both_values():
    headers = [(b"host", b"a"), (b"x", b"1"), (b"host", b"b")]
    request = Request({"method": "GET", "path": "/", "headers": headers}, None, "req_1")

    assert (request.headers.get(b"host"), request.headers.get(b"x")) == ("a, b", "1")
