"""Uploads in parts, over the socket."""

from __future__ import annotations

import openai
import pytest

ABCDEF = "e80b5017098950fc58aad83c8c14978e"  # the MD5 of these letters
NEW = {"filename": "book.txt", "purpose": "assistants", "mime_type": "text/plain"}


def begun(client, size=6):
    return client.uploads.create(bytes=size, **NEW)


def part(client, upload, data):
    return client.uploads.parts.create(upload.id, data=data).id


def test_parts_become_a_file_in_the_order_that_is_named(client):
    upload = begun(client)
    second, first = part(client, upload, b"def"), part(client, upload, b"abc")

    done = client.uploads.complete(upload.id, part_ids=[first, second], md5=ABCDEF)

    assert (done.status, done.file.bytes, done.file.filename) == ("completed", 6, "book.txt")
    assert client.files.content(done.file.id).read() == b"abcdef"


@pytest.mark.parametrize(("size", "md5", "field"), [(5, None, "bytes"), (7, None, "bytes"), (6, "0" * 32, "md5")])
def test_parts_that_are_not_what_was_announced_are_refused(client, size, md5, field):
    upload = begun(client, size)
    parts = [part(client, upload, b"abcdef")]

    with pytest.raises(openai.BadRequestError) as refused:
        client.uploads.complete(upload.id, part_ids=parts, **({"md5": md5} if md5 else {}))
    assert refused.value.param == field


def test_a_cancelled_upload_takes_nothing_more(client):
    upload = begun(client)

    assert client.uploads.cancel(upload.id).status == "cancelled"
    with pytest.raises(openai.BadRequestError, match="with status 'cancelled'"):
        part(client, upload, b"abc")


def test_an_upload_that_is_too_old_takes_nothing_more(server, client):
    upload = begun(client)
    server.advance(3600)

    with pytest.raises(openai.BadRequestError, match="with status 'expired'"):
        part(client, upload, b"abc")


def test_a_part_of_another_upload_is_not_found(client):
    upload, other = begun(client), begun(client)
    foreign = part(client, other, b"abcdef")

    with pytest.raises(openai.NotFoundError, match=foreign):
        client.uploads.complete(upload.id, part_ids=[foreign])
