"""Requests that no client would send: each is refused in the documented envelope, and nothing comes of it."""

import gzip
import json
import re
import socket
from contextlib import suppress

import httpx2
import pytest
from openai import OpenAI

from support.process import ServerProcess

pytestmark = pytest.mark.slow

MIB = 2**20
PEAK_BYTES_MAX = 256 * MIB
"""What a server of 66 MiB may grow to over any of these. The dearest is a million keys: a key that is eleven bytes of
JSON is 130 bytes of Python, which made 200 MiB. A body may be 16 MiB; what had no bound would be far beyond."""

DEEP = 10**5
TEXT_MAX = 256_000
FORM = "multipart/form-data; boundary=x"
FILE = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\n1\r\n'
PURPOSE = b'--x\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nassistants\r\n'
END = b"--x--\r\n"
FIELD = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n'


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with ServerProcess(tmp_path_factory.mktemp("hostile")) as server:
        yield server


@pytest.fixture(scope="module")
def http(server):
    with httpx2.Client(base_url=server.base_url, headers={"authorization": "Bearer k"}) as http:
        yield http


@pytest.fixture(scope="module")
def client(server):
    with OpenAI(base_url=server.base_url, api_key="k", max_retries=0) as client:
        yield client


@pytest.fixture(autouse=True)
def unharmed(server, http):
    """Afterwards it holds nothing, is well, and was never much larger."""
    yield
    for what in ("threads", "assistants", "files", "vector_stores"):
        assert http.get(f"/{what}").json()["data"] == []
    assert server.memory_bytes_max < PEAK_BYTES_MAX
    assert " error " not in server.errors


def request(method, path, body=b"", *more, kind="application/json", length=True):
    """The bytes of a request. Further headers follow the usual ones."""
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost", "Authorization: Bearer k", *more]
    lines += [f"Content-Type: {kind}"] if kind else []
    lines += [f"Content-Length: {len(body)}"] if length else []
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


def refused(server, sent):
    """Status and error of the answer to these bytes, whose envelope is exact."""
    with socket.create_connection(server.address, timeout=30) as connection:
        with suppress(OSError):  # where it has seen enough it does not read on; its answer is there nevertheless
            connection.sendall(sent)
        head, body = answer(connection)
    assert list(body) == ["error"]
    assert list(body["error"]) == ["message", "type", "param", "code"]
    assert body["error"]["type"] == "invalid_request_error"
    return int(head.split()[1]), body["error"]


def answer(connection):
    got = b""
    while b"\r\n\r\n" not in got:
        got += connection.recv(65536) or pytest.fail(f"closed after {got!r}")
    head, _, body = got.partition(b"\r\n\r\n")
    length = int(re.search(rb"(?i)content-length: (\d+)", head)[1])
    while len(body) < length:
        body += connection.recv(65536) or pytest.fail(f"closed after {body!r}")
    return head.decode(), json.loads(body)


def parameters(inner):
    return b'{"model":"m","tools":[{"type":"function","function":{"name":"f","parameters":' + inner + b"}}]}"


NO_JSON = {
    "arrays that never close": b"[" * DEEP,
    "arrays in arrays": b"[" * DEEP + b"]" * DEEP,
    "objects that never close": b'{"a":' * DEEP,
    "objects in objects": b'{"metadata":' + b'{"a":' * DEEP + b"1" + b"}" * DEEP + b"}",
    "deep parameters": parameters(b'{"a":' * DEEP + b"1" + b"}" * DEEP),
    "a number beyond all floats": b'{"metadata":{"a":1e999}}',
    "such a number in parameters": parameters(b'{"a":1e999}'),
    "an integer of ten thousand digits": b'{"metadata":{"a":' + b"9" * 10_000 + b"}}",
    "such an integer in parameters": parameters(b'{"a":' + b"9" * 10_000 + b"}"),
    "an integer of a million digits": parameters(b'{"a":' + b"9" * 10**6 + b"}"),
    "a lone surrogate in a value": b'{"metadata":{"a":"\\ud800"}}',
    "a lone surrogate in a key": b'{"metadata":{"\\udfff":"a"}}',
    "a lone surrogate in a text": b'{"messages":[{"role":"user","content":"\\ud800 x"}]}',
    "a lone surrogate in parameters": parameters(b'{"a":"\\udc00"}'),
    "surrogates the wrong way round": b'{"metadata":{"a":"\\udc00\\ud800"}}',
    "a NUL that is not escaped": b'{"metadata":{"a":"b\x00c"}}',
    "bytes that are no UTF-8": b'{"metadata":{"a":"\xff\xfe"}}',
    "a NUL in two bytes": b'{"metadata":{"a":"\xc0\x80"}}',
    "a surrogate in three bytes": b'{"metadata":{"a":"\xed\xa0\x80"}}',
    "a byte order mark": b"\xef\xbb\xbf{}",
    "UTF-16": "{}".encode("utf-16"),
    "two values": b"{}{}",
    "NaN": b'{"metadata":{"a":NaN}}',
    "gzip": gzip.compress(b"{}"),
    "a bomb of gzip": gzip.compress(b" " * 100 * MIB),
}


@pytest.mark.parametrize("path", ["/v1/threads", "/v1/assistants"])
@pytest.mark.parametrize("what", NO_JSON)
def test_what_is_no_json_is_refused(server, what, path):
    status, error = refused(server, request("POST", path, NO_JSON[what]))
    assert (status, error["message"][:32]) == (400, "We could not parse the JSON body")


def keys(count):
    return b"{" + b",".join(b'"%d":""' % number for number in range(count)) + b"}"


INVALID = {
    "nesting that a parser bears": (parameters(b'{"a":' * 900 + b"1" + b"}" * 900), "invalid_value"),
    "a million values in parameters": (parameters(b'{"a":[' + b"[]," * 10**6 + b"1]}"), "invalid_value"),
    "a million keys": (b'{"model":"m","metadata":' + keys(10**6) + b"}", "object_above_max_properties"),
    "a million fields": (b'{"model":"m",' + keys(10**6)[1:], "unknown_parameter"),
    "a huge number": (b'{"model":"m","temperature":1e308}', "decimal_above_max_value"),
    "a text above its limit": (
        json.dumps({"model": "m", "instructions": "é" * (TEXT_MAX + 1)}).encode(),
        "string_above_max_length",
    ),
    "an array for an object": (b"[]", "invalid_type"),
    "null": (b"null", "invalid_type"),
}


@pytest.mark.parametrize("what", INVALID)
def test_json_beyond_all_bounds_is_refused(server, what):
    body, code = INVALID[what]
    status, error = refused(server, request("POST", "/v1/assistants", body))
    assert (status, error["code"]) == (400, code)


def chunked(*pieces):
    body = b"".join(b"%x\r\n" % len(piece) + piece + b"\r\n" for piece in pieces) + b"0\r\n\r\n"
    return request("POST", "/v1/threads", body, "Transfer-Encoding: chunked", length=False)


def with_length(*headers, body=b"{}"):
    return request("POST", "/v1/threads", body, *headers, length=False)


BODIES = {
    "more bytes than are taken": (request("POST", "/v1/threads", b" " * 17 * MIB), 413),
    "more bytes than are taken, in chunks": (chunked(*[b" " * MIB] * 17), 413),
    "a length that nobody could send": (with_length("Content-Length: 99999999999999"), 413),
    "two lengths": (with_length("Content-Length: 2", "Content-Length: 3"), 400),
    "a length below nothing": (with_length("Content-Length: -1"), 400),
    "a length that is no number": (with_length("Content-Length: 2x"), 400),
    "a length beside chunks": (with_length("Content-Length: 2", "Transfer-Encoding: chunked"), 400),
    "chunks without sizes": (with_length("Transfer-Encoding: chunked", body=b"zz\r\n{}\r\n0\r\n\r\n"), 400),
    "a size of a chunk without end": (with_length("Transfer-Encoding: chunked", body=b"2;" + b"a" * MIB), 431),
}


@pytest.mark.parametrize("what", BODIES)
def test_bodies_with_false_sizes_are_refused(server, what):
    sent, expected = BODIES[what]
    assert refused(server, sent)[0] == expected


def test_a_body_that_breaks_off_leaves_nothing(server):
    with socket.create_connection(server.address, timeout=30) as connection:
        connection.sendall(with_length("Content-Length: 100"))
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(65536) == b""


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", FORM, "application/xml", "application/jsonp", "x", ";"]
)
def test_a_body_that_says_it_is_no_json_is_refused(server, kind):
    status, error = refused(server, request("POST", "/v1/threads", b"{}", kind=kind))
    assert (status, error["code"]) == (400, "unsupported_content_type")


FORMS = {
    "no form": (b"{}", "application/json"),
    "no boundary": (FILE + END, "multipart/form-data"),
    "an empty boundary": (FILE + END, 'multipart/form-data; boundary=""'),
    "a boundary without end": (FILE + END, "multipart/form-data; boundary=" + "x" * 5000),
    "another boundary": (PURPOSE + FILE + END, "multipart/form-data; boundary=y"),
    "nothing": (b"", FORM),
    "a hundred thousand fields": (PURPOSE + FILE + FIELD * 10**5 + END, FORM),
    "a hundred thousand files": (PURPOSE + FILE * 10**5 + END, FORM),
    "a header without end": (b"--x\r\nContent-Disposition: " + b"a" * 20 * MIB, FORM),
    "headers without end": (b"--x\r\n" + b"X-A: b\r\n" * 10**6, FORM),
    "a name without end": (PURPOSE + FILE.replace(b"a.txt", b"a" * 10**5) + END, FORM),
    "something before the form": (b"y" * MIB + PURPOSE + FILE + END, FORM),
    "no end": (PURPOSE + FILE, FORM),
    "no file": (PURPOSE + END, FORM),
    "no purpose": (FILE + END, FORM),
    "a purpose that is no text": (PURPOSE.replace(b"assistants", b"\xff\x00") + FILE + END, FORM),
    "a purpose of megabytes": (PURPOSE.replace(b"assistants", b"a" * MIB) + FILE + END, FORM),
}


@pytest.mark.parametrize("what", FORMS)
def test_broken_forms_are_refused(server, what):
    body, kind = FORMS[what]
    assert refused(server, request("POST", "/v1/files", body, kind=kind))[0] == 400


PATHS = {
    "/v1/threads/%00": 400,
    "/v1/threads/thread_%00": 404,
    "/v1/threads/%ff%fe": 400,
    "/v1/threads/%ed%a0%80": 400,
    "/v1/threads/%zz": 400,
    "/v1/threads/..%2f..%2fetc": 404,
    "/v1/threads/../assistants": 404,
    "/v1/threads/%2e%2e/assistants": 404,
    "/v1/threads//messages": 404,
    "/v1/threads/thread_1\\..\\x": 404,
    "/v1/files/..%2f..%2fclew.db/content": 404,
    "/v1/files/%2e%2e/content": 404,
    "/v1/models/../threads": 404,
    "/v1/models/a%00b": 404,
    "/V1/threads": 404,
    "/v1//threads": 404,
    "/v1/threads;x": 404,
    "*": 404,
    "/v1/threads/" + "a" * 60_000: 400,
    "/v1/threads/" + "a" * 100_000: 431,
    "/v1/threads?" + "a=b&" * 10**6: 431,
    "/v1/threads?limit=1&limit=2": 400,
    "/v1/threads?limit=" + "9" * 5000: 400,
    "/v1/threads?limit=%D9%A1": 400,
    "/v1/threads?limit=1e1": 400,
    "/v1/threads?after=%zz%ff%00": 400,
    "/v1/threads?order=" + "a" * 60_000: 400,
}


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path[:40])
def test_paths_and_queries_that_lead_nowhere_are_refused(server, path):
    assert refused(server, request("GET", path))[0] == PATHS[path]


HEADS = {
    "a header of 64 KiB": "X-A: " + "a" * 64 * 1024,
    "a header of ten megabytes": "X-A: " + "a" * 10**7,
    "ten thousand headers": "\r\n".join(f"X-{number}: a" for number in range(10**4)),
    "a million headers": "\r\n".join(f"X-{number}: a" for number in range(10**6)),
    "a key of megabytes": "Authorization: Bearer " + "k" * 10**6,
}


@pytest.mark.parametrize("what", HEADS)
def test_a_head_above_its_limit_is_refused(server, what):
    status, error = refused(server, request("GET", "/v1/threads", b"", HEADS[what]))
    assert (status, error["message"][:20]) == (431, "The head of your req")


def test_a_head_that_never_ends_is_refused_while_it_comes(server):
    sent = request("GET", "/v1/threads", b"", "X-A: " + "a" * MIB).removesuffix(b"\r\n\r\n")
    assert refused(server, sent)[0] == 431


@pytest.mark.parametrize(
    "sent", [b"\x16\x03\x01\x02\x00\x01" * 100, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"\0\r\n\r\n"]
)
def test_what_is_no_http_is_refused(server, sent):
    assert refused(server, sent)[0] == 400


@pytest.mark.parametrize("method", ["PATCH", "PUT", "OPTIONS", "TRACE"])
def test_other_methods_are_refused(server, method):
    assert refused(server, request(method, "/v1/threads"))[0] == 405


ODD = "a\0b\x85\u2028\uffff\U0010ffff\x7f"


def test_nul_and_other_odd_characters_are_kept_as_they_came(client):
    """The store and the clients can hold them, and what a person said is not ours to change."""
    thread = client.beta.threads.create(
        messages=[{"role": "user", "content": ODD}], metadata={ODD: ODD, "same": "a\0c"}
    )
    try:
        assert client.beta.threads.retrieve(thread.id).metadata[ODD] == ODD
        page = client.beta.threads.messages.list(thread.id)
        assert page.data[0].content[0].text.value == ODD
        found = client.get("/threads", cast_to=object, options={"params": {"metadata[same]": "a\0c"}})
        assert [one["id"] for one in found["data"]] == [thread.id]
        other = client.get("/threads", cast_to=object, options={"params": {"metadata[same]": "a"}})
        assert other["data"] == []
    finally:
        client.beta.threads.delete(thread.id)


def test_the_name_of_a_file_is_only_a_name(client):
    name = "../../\0\r\nset-cookie: a=b"
    file = client.files.create(file=("x", b"1"), purpose="assistants")
    client.files.delete(file.id)
    upload = client.uploads.create(filename=name, purpose="assistants", bytes=1, mime_type="text/html\r\nx: y")
    part = client.uploads.parts.create(upload.id, data=b"1")
    file = client.uploads.complete(upload.id, part_ids=[part.id]).file
    try:
        content = client.files.content(file.id)
        assert (file.filename, content.content) == (name, b"1")
        assert "set-cookie" not in content.response.headers
        assert "x" not in content.response.headers
    finally:
        client.files.delete(file.id)


@pytest.mark.parametrize("sent", ["string", "parts"])
def test_a_text_at_its_limit_is_kept(client, sent):
    said = "é" * TEXT_MAX
    content = said if sent == "string" else [{"type": "text", "text": said}]
    thread = client.beta.threads.create(messages=[{"role": "user", "content": content}])
    assert client.beta.threads.messages.list(thread.id).data[0].content[0].text.value == said
    client.beta.threads.delete(thread.id)


@pytest.mark.parametrize("body", [b'{"metadata":{"a":"1"},"metadata":{"a":"2"}}', b'{"metadata":{"a":"1","a":"2"}}'])
def test_of_a_key_that_comes_twice_the_last_counts(http, body):
    """As in every JSON reader that people know."""
    thread = http.post("/threads", content=body, headers={"content-type": "application/json; charset=utf-8"}).json()
    assert thread["metadata"] == {"a": "2"}
    http.delete(f"/threads/{thread['id']}")


def test_a_body_in_chunks_needs_no_length(server, http):
    with socket.create_connection(server.address, timeout=30) as connection:
        connection.sendall(chunked(b'{"metadata"', b":{}}"))
        _, thread = answer(connection)
    assert thread["object"] == "thread"
    http.delete(f"/threads/{thread['id']}")
