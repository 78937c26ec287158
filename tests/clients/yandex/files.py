"""`sdk.files` and a file."""

from __future__ import annotations

import tempfile
import urllib.request
from datetime import timedelta
from pathlib import Path

from clients.yandex.desk import Desk, check, each, got, refused


@check
async def bytes_are_uploaded(desk: Desk) -> None:
    file = await desk.file(b"To be kept.", name="notes", description="d", labels={"a": "b"})
    assert (file.name, file.description, file.labels) == ("notes", "d", {"a": "b"})
    assert file.mime_type == "text/plain"
    assert (file.updated_at, file.expires_at) == (file.created_at, file.created_at + timedelta(days=7))
    assert file.created_by == file.updated_by
    assert await got(file.download_as_bytes()) == b"To be kept."


@check
async def a_file_is_uploaded_by_its_path(desk: Desk) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "notes.md"
        path.write_text("# Notes\n")
        file = await got(desk.sdk.files.upload(path, mime_type="text/markdown", ttl_days=3, expiration_policy="static"))
        again = await got(desk.sdk.files.upload(str(path), name="again"))
    assert (file.mime_type, file.expires_at) == ("text/markdown", file.created_at + timedelta(days=3))
    assert again.name == "again"
    assert await got(file.download_as_bytes(chunk_size=3)) == b"# Notes\n"


@check
async def a_large_file_comes_back_whole(desk: Desk) -> None:
    content = bytes(range(256)) * 4096 * 6  # more than gRPC takes where nobody has said otherwise
    file = await desk.file(content)
    assert await got(file.download_as_bytes()) == content


@check
async def a_file_has_an_address_that_needs_no_key(desk: Desk) -> None:
    file = await desk.file(b"# Notes", mime_type="text/markdown")
    url = await got(file.get_url())
    with urllib.request.urlopen(url) as answer:  # noqa: ASYNC210, S310 (nothing else goes on; the server's own address)
        assert answer.headers["content-type"].startswith("text/markdown")
        assert (answer.headers["content-length"], answer.read()) == ("7", b"# Notes")
        assert answer.headers["etag"]


@check
async def a_file_is_found_and_listed(desk: Desk) -> None:
    made = [(await desk.file(name=f"number {number}")).id for number in range(3)]
    found = await got(desk.sdk.files.get(made[0]))
    assert (found.id, found.name) == (made[0], "number 0")
    assert [file.id async for file in each(desk.sdk.files.list(page_size=2))] == made[::-1]


@check
async def a_files_update_changes_what_it_names(desk: Desk) -> None:
    file = await desk.file(name="n", description="d", labels={"a": "b"})
    assert await got(file.update(name="other")) is file
    assert (file.name, file.description, file.labels) == ("other", "d", {"a": "b"})
    await got(file.update(labels=None, description=None, ttl_days=2, expiration_policy="static"))
    assert (file.name, file.description, file.labels) == ("other", None, None)
    assert file.expires_at == file.created_at + timedelta(days=2)
    await got(file.update())
    assert (file.name, file.expiration_config.ttl_days) == (None, 7)
    assert await got(file.download_as_bytes()) == b"To be kept."


@check
async def a_deleted_file_is_gone(desk: Desk) -> None:
    file = await desk.file()
    await got(file.delete())
    await refused(ValueError, file.download_as_bytes)
    assert await desk.refusal(lambda: desk.sdk.files.get(file.id)) == ("NOT_FOUND", f"file {file.id} not found")
    assert [one async for one in each(desk.sdk.files.list())] == []
