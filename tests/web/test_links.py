"""Addresses of files that open without a key, over the socket."""

from collections.abc import Iterator

import httpx2
import pytest
from openai import OpenAI

from clew.app.serve import guard_of
from clew.app.settings import read
from clew.domain.project import Caller
from clew.service import files
from clew.web.links import VALID_SECONDS, link
from support.server import RunningServer

CONTENT = bytes(range(256)) * 20


@pytest.fixture
def http() -> Iterator[httpx2.Client]:
    with httpx2.Client() as http:
        yield http


@pytest.fixture
def url(server: RunningServer, client: OpenAI) -> str:
    return linked(server, client.files.create(file=("a.html", CONTENT), purpose="assistants").id)


def linked(server: RunningServer, file_id: str) -> str:
    core = server.assembled.core
    return link(core, server.url, server.do(files.get(core, Caller(project_id="default"), file_id)))


def test_it_gives_the_bytes_without_a_key(http: httpx2.Client, url: str) -> None:
    answer = http.get(url)
    assert (answer.status_code, answer.content) == (200, CONTENT)
    assert answer.headers["content-type"] == "text/html"
    assert answer.headers["content-length"] == str(len(CONTENT))
    assert answer.headers["accept-ranges"] == "bytes"
    assert answer.headers["content-disposition"] == "attachment; filename*=UTF-8''a.html"
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_head_tells_of_them(http: httpx2.Client, url: str) -> None:
    told, whole = http.head(url), http.get(url)
    assert (told.status_code, told.content) == (200, b"")
    for name in ("content-type", "content-length", "etag", "accept-ranges"):
        assert told.headers[name] == whole.headers[name]


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [("bytes=0-99", 0, 100), ("bytes=100-", 100, 5120), ("bytes=-20", 5100, 5120), ("bytes=5000-9999", 5000, 5120)],
)
def test_a_range(http: httpx2.Client, url: str, asked: str, start: int, end: int) -> None:
    answer = http.get(url, headers={"range": asked})
    assert (answer.status_code, answer.content) == (206, CONTENT[start:end])
    assert answer.headers["content-range"] == f"bytes {start}-{end - 1}/5120"
    assert answer.headers["content-length"] == str(end - start)


@pytest.mark.parametrize("asked", ["bytes=5120-", "bytes=9999-10000", "bytes=-0"])
def test_a_range_beyond_the_end(http: httpx2.Client, url: str, asked: str) -> None:
    answer = http.get(url, headers={"range": asked})
    assert (answer.status_code, answer.content) == (416, b"")
    assert answer.headers["content-range"] == "bytes */5120"


@pytest.mark.parametrize(
    "asked", ["bytes=-", "bytes=5-4", "bytes=0-1,4-5", "lines=0-1", "bytes=a-b", f"bytes={'9' * 30}-"]
)
def test_what_is_no_single_range_is_answered_whole(http: httpx2.Client, url: str, asked: str) -> None:
    assert http.get(url, headers={"range": asked}).content == CONTENT


def test_a_range_of_another_version_is_answered_whole(http: httpx2.Client, url: str) -> None:
    tag = http.head(url).headers["etag"]
    assert http.get(url, headers={"range": "bytes=0-9", "if-range": tag}).status_code == 206
    assert http.get(url, headers={"range": "bytes=0-9", "if-range": '"other"'}).status_code == 200


def test_who_has_the_bytes_is_told_so(http: httpx2.Client, url: str) -> None:
    tag = http.head(url).headers["etag"]
    answer = http.get(url, headers={"if-none-match": f'"other", W/{tag}'})
    assert (answer.status_code, answer.content) == (304, b"")


def test_an_empty_file(http: httpx2.Client, server: RunningServer, client: OpenAI) -> None:
    url = linked(server, client.files.create(file=("a.txt", b""), purpose="assistants").id)
    assert (http.get(url).status_code, http.get(url).content) == (200, b"")
    assert http.get(url, headers={"range": "bytes=-5"}).status_code == 416


def test_it_ends_after_an_hour(http: httpx2.Client, url: str, server: RunningServer) -> None:
    server.advance(VALID_SECONDS - 1)
    assert http.get(url).status_code == 200
    server.advance(1)
    assert (http.get(url).status_code, http.get(url).content) == (403, b"")


def test_a_deleted_file_is_not_found(http: httpx2.Client, url: str, client: OpenAI) -> None:
    client.files.delete(url.partition("/links/")[2].partition("?")[0])
    assert (http.get(url).status_code, http.get(url).content) == (404, b"")


def test_bytes_that_are_gone_are_not_found(http: httpx2.Client, url: str, server: RunningServer) -> None:
    core = server.assembled.core

    async def lost() -> None:
        async for blobs in core.blobs.older_than(-1):
            for blob in blobs:
                await core.blobs.delete(blob)

    server.do(lost())
    assert http.get(url).status_code == 404


def changed(url: str) -> list[str]:
    path, _, token = url.partition("?token=")
    said, _, mark = token.partition(".")
    return [
        path,
        f"{path}?token=",
        f"{path}x?token={token}",
        f"{path}?token={token}=",
        f"{path}?token={token[:-1]}",
        f"{path}?token={said[:-2]}AA.{mark}",
        f"{path}?token={said}.{mark[::-1]}",
        f"{path}?token=%00%ff",
        f"{path}?token={token}&token=no",
        f"{path.rpartition('/')[0]}/?token={token}",
    ]


def test_a_changed_address_is_refused_without_a_word(http: httpx2.Client, url: str) -> None:
    for other in changed(url):
        answer = http.get(other)
        assert (answer.status_code, answer.content) == (403, b""), other


def test_another_stores_address_is_refused(http: httpx2.Client, url: str, tmp_path) -> None:
    with RunningServer(tmp_path / "other") as other:
        _, _, path = url.partition("/links/")
        assert http.get(f"{other.url}/links/{path}").status_code == 403


def test_only_reading(http: httpx2.Client, url: str) -> None:
    answer = http.post(url)
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")


def test_an_open_server_answers_only_under_local_names(tmp_path, http: httpx2.Client) -> None:
    with (
        RunningServer(tmp_path, guard=guard_of(read({}, {}, folder=tmp_path))) as server,
        OpenAI(base_url=server.base_url, api_key="any") as client,
    ):
        url = linked(server, client.files.create(file=("a.txt", b"a"), purpose="assistants").id)
        assert http.get(url).status_code == 200
        assert http.get(url, headers={"host": "evil.example"}).status_code == 403


def test_nothing_is_logged_of_the_token(http: httpx2.Client, url: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    http.get(url)
    assert url.partition("token=")[2] not in "\n".join(
        record.getMessage() for record in caplog.records if record.name.startswith("clew")
    )
