"""Forms with a file in them, however the network cuts them."""

from __future__ import annotations

import asyncio
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.domain.problem import Invalid, TooLarge
from clew.web.multipart import FIELD_BYTES_MAX, Form
from clew.web.request import Request

FILE = bytes(range(256)) * 8 + b"\r\n--not-the-boundary\r\n"


def part(name, content, *, filename=None, kind=None):
    where = f'; filename="{filename}"' if filename is not None else ""
    head = f'--b\r\nContent-Disposition: form-data; name="{name}"{where}\r\n'
    return (head + (f"Content-Type: {kind}\r\n" if kind else "") + "\r\n").encode() + content + b"\r\n"


def form(body, *, cuts=(), kind=b"multipart/form-data; boundary=b"):
    edges = [0, *sorted(cuts), len(body)]
    waiting = [body[start:end] for start, end in pairwise(edges)]

    async def receive():
        return {"type": "http.request", "body": waiting.pop(0), "more_body": bool(waiting)}

    scope = {"method": "POST", "path": "/", "headers": [(b"content-type", kind)]}
    return Form(Request(scope, receive, "req_1"), file_field="file", limit=10_000_000)


async def read(made):
    return b"".join([chunk async for chunk in made.file()])


WHOLE = part("file", FILE, filename="a.bin", kind="image/png") + part("purpose", b"vision") + b"--b--\r\n"


@given(st.lists(st.integers(0, len(WHOLE)), max_size=12))
def test_however_it_is_cut_the_file_and_the_fields_are_whole(cuts):
    made = form(WHOLE, cuts=cuts)

    assert asyncio.run(read(made)) == FILE
    assert (made.fields, made.file_name, made.file_type) == ([("purpose", "vision")], "a.bin", "image/png")


async def test_fields_may_come_before_the_file():
    made = form(part("purpose", b"vision") + part("file", b"x", filename="a") + b"--b--\r\n")

    assert (await read(made), made.fields) == (b"x", [("purpose", "vision")])


async def test_a_form_without_a_file_has_no_file_name():
    made = form(part("purpose", b"vision") + b"--b--\r\n")

    assert (await read(made), made.file_name) == (b"", None)


async def test_a_second_file_is_a_field_like_any_other():
    made = form(part("file", b"1", filename="a") + part("file", b"2", filename="b") + b"--b--\r\n")

    assert (await read(made), made.file_name, made.fields) == (b"1", "a", [("file", "2")])


@pytest.mark.parametrize("body", [b"no form at all", b"--other\r\n\r\n", b"--b\r\nno header\r\n\r\nx\r\n--b--\r\n"])
async def test_a_broken_form_is_invalid(body):
    with pytest.raises(Invalid):
        await read(form(body))


@pytest.mark.parametrize("left_out", [6, 7, 8, 20])
async def test_a_form_that_breaks_off_is_invalid(left_out):
    with pytest.raises(Invalid, match="broken"):
        await read(form(WHOLE[:-left_out]))


async def test_nothing_need_follow_the_end_of_a_form():
    assert await read(form(WHOLE.removesuffix(b"\r\n"))) == FILE


async def test_a_boundary_that_is_too_long_makes_no_form():
    with pytest.raises(Invalid, match="multipart/form-data"):
        form(b"", kind=b"multipart/form-data; boundary=" + b"b" * 257)


@pytest.mark.parametrize("kind", [b"application/json", b"multipart/form-data", b""])
async def test_what_is_no_form_is_invalid(kind):
    with pytest.raises(Invalid, match="multipart/form-data"):
        form(WHOLE, kind=kind)


async def test_a_field_is_no_place_for_a_file():
    with pytest.raises(TooLarge):
        await read(form(part("purpose", b"x" * (FIELD_BYTES_MAX + 1)) + b"--b--\r\n"))
