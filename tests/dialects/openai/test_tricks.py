"""Nobody gets past the door, or from one thing to another, by a trick: every row of the table is tried with each.

`test_strangers.py` has those who come as they are. What is sent here is written by hand, since clients would mend it.
"""

import json
import re
from http.client import HTTPConnection

import httpx2
import pytest

from clew.app.serve import guard_of
from clew.app.settings import read
from support.scripted_model import ScriptedModel
from support.server import RunningServer
from support.strangers import ANSWERED, BODIES, EVERY, FORMS, Place, bearer, filled, params

UNTRIED = {
    "retrieveModel": "a model may have any name, slashes included, and is nobody's own",
}
"""Operations whose ids are not tried with ids of other kinds and odd paths, and why."""

NAMED = [name for name, operation in ANSWERED.items() if params(operation) and name not in UNTRIED]
PARENTS = {"thread_id": "free_thread_id", "run_id": "other_run_id", "vector_store_id": "free_vector_store_id"}
"""What holds things, to another of its kind in the same project, which does not hold them."""


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("place")
    with (
        ScriptedModel() as model,
        RunningServer(folder, model, open_project=None) as server,
        httpx2.Client(base_url=server.url) as http,
    ):
        place = Place(http, server, folder, model)
        place.port = server.port
        yield place


@pytest.fixture(autouse=True)
def untouched(request):
    """Whatever a test here tries, nothing comes of it."""
    place = request.getfixturevalue("place")
    before = place.kept()
    yield
    assert place.kept() == before


def path_of(operation, ids, **others):
    return re.sub(r"\{(\w+)(\.\.\.)?\}", lambda match: (ids | others)[match[1]], operation.path)


def sent(port, method, path, headers, content=b""):
    """The status and the error of an answer to exactly this. A stream is not read."""
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        names = [name.lower() for name, _ in headers]
        connection.putrequest(method, path, skip_host="host" in names)
        for name, value in headers:
            connection.putheader(name, value)
        connection.putheader("content-length", str(len(content)))
        connection.endheaders(content)
        answer = connection.getresponse()
        if answer.status < 400:
            return answer.status, None
        body = json.loads(answer.read())
        assert list(body) == ["error"]
        assert list(body["error"]) == ["message", "type", "param", "code"]
        return answer.status, body["error"]
    finally:
        connection.close()


def tried(place, name, path, *headers):
    """The operation on this path, with its usual body and these headers."""
    operation = EVERY[name]
    content = b""
    if operation.method == "POST":
        form = FORMS.get(name)
        request = httpx2.Request("POST", place.http.base_url, **(form or {"json": body_of(place, name)}))
        content = request.read()
        headers = (*headers, ("content-type", request.headers["content-type"]))
    return sent(place.port, operation.method, path, headers, content)


def body_of(place, name):
    return filled(BODIES.get(name, {}), place.theirs.ids)


def key(secret):
    return ("authorization", f"Bearer {secret}")


@pytest.mark.parametrize("name", NAMED)
def test_an_id_of_another_kind_is_not_there(place, name):
    ids = place.theirs.ids
    for param in params(ANSWERED[name]):
        for kind in ("assistant_id", "thread_id", "message_id", "run_id", "step_id", "file_id", "vector_store_id"):
            if kind != param and not (param == "file_id" and kind == "file_id"):
                path = path_of(ANSWERED[name], ids, **{param: ids[kind]})
                status, error = tried(place, name, path, key(place.theirs.key))
                assert status in (400, 404), f"{path}: {error}"


SIBLINGS = [(name, parent) for name in NAMED for parent in params(ANSWERED[name])[:-1]]


@pytest.mark.parametrize(("name", "parent"), SIBLINGS)
def test_a_thing_is_not_there_in_another_of_ones_own_that_does_not_hold_it(place, name, parent):
    ids = place.theirs.ids
    path = path_of(ANSWERED[name], ids, **{parent: ids[PARENTS[parent]]})
    assert tried(place, name, path, key(place.theirs.key))[0] == 404


ODD_IDS = (
    *("..", ".", "%2e%2e", "..%2f..%2f..%2fclew.db", "%2e%2e%2f%2e%2e", "..\\..", "%00", "%252e%252e", "*", "%2a", "'"),
    *("ID%00", "ID%00.txt", "ID%2f..", "ID/..", "ID/../ID", "ID%20", "%20ID", "ID%0a", "ID%0d%0ax-a:%20b", "ID;a=b"),
    *("ID.json", "ID,ID", "ID%25", "%ff", "%c0%af", "%ed%a0%80", "_ID", "%5f%5fproto%5f%5f"),
)
"""What may stand in the place of an id, `ID` being a real one."""


@pytest.mark.parametrize("name", NAMED)
def test_an_odd_id_leads_nowhere(place, name):
    ids = place.theirs.ids
    for param in params(ANSWERED[name]):
        for odd in ODD_IDS:
            path = path_of(ANSWERED[name], ids, **{param: odd.replace("ID", ids[param])})
            status, error = tried(place, name, path, key(place.theirs.key))
            assert status in (400, 404, 405), f"{path}: {error}"


@pytest.mark.parametrize("name", NAMED)
def test_an_id_in_other_letters_is_another_id(place, name):
    ids = place.theirs.ids
    for param in params(ANSWERED[name]):
        path = path_of(ANSWERED[name], ids, **{param: ids[param].swapcase()})
        assert tried(place, name, path, key(place.theirs.key))[0] in (400, 404)


@pytest.mark.parametrize("name", EVERY)
def test_nothing_but_one_bearer_key_opens_the_door(place, name):
    good, other = place.theirs.key, place.empty_key
    for headers in (
        [key(good), key("sk-wrong")],
        [key("sk-wrong"), key(good)],
        [key(good), key(other)],
        [key(other), key(good)],
        [("authorization", f"Bearer {good}, Bearer {other}")],
        [("authorization", f"Bearer {good} {other}")],
        [("authorization", f"Bearer {good}x")],
        [("authorization", good)],
        [("authorization", f"Basic {good}")],
        [("authorization", f"Token {good}")],
        [("proxy-authorization", f"Bearer {good}")],
        [("x-authorization", f"Bearer {good}")],
        [("x-api-key", good)],
        [("api-key", good)],
        [("cookie", f"authorization=Bearer {good}; api_key={good}")],
    ):
        path = path_of(EVERY[name], place.theirs.ids)
        assert tried(place, name, path, *headers)[0] == 401, headers


@pytest.mark.parametrize("name", EVERY)
def test_a_key_in_the_query_opens_nothing(place, name):
    path = path_of(EVERY[name], place.theirs.ids)
    for word in ("key", "api_key", "access_token", "authorization"):
        assert tried(place, name, f"{path}?{word}={place.theirs.key}")[0] == 401


LOCAL = [
    [("x-forwarded-for", "127.0.0.1"), ("x-real-ip", "127.0.0.1")],
    [("forwarded", "for=127.0.0.1;host=localhost;proto=https")],
    [("x-forwarded-host", "localhost"), ("x-forwarded-proto", "https")],
    [("host", "localhost"), ("origin", "http://localhost")],
    [("x-forwarded-user", "admin"), ("x-remote-user", "admin"), ("remote-user", "admin")],
    [("x-original-url", "/health"), ("x-rewrite-url", "/health")],
]


@pytest.mark.parametrize("name", EVERY)
def test_who_says_that_he_is_near_is_no_less_a_stranger(place, name):
    for headers in LOCAL:
        assert tried(place, name, path_of(EVERY[name], place.theirs.ids), *headers)[0] == 401


@pytest.mark.parametrize("name", NAMED)
def test_no_header_takes_a_key_into_another_project(place, name):
    path = path_of(ANSWERED[name], place.theirs.ids)
    for header in ("openai-project", "openai-organization", "x-project", "x-clew-project", "x-tenant"):
        assert tried(place, name, path, key(place.empty_key), (header, "theirs"))[0] == 404


READS = [name for name, operation in ANSWERED.items() if operation.method == "GET"]


@pytest.mark.parametrize("name", READS)
def test_a_read_stays_a_read_whatever_method_its_headers_name(place, name):
    path = path_of(ANSWERED[name], place.theirs.ids)
    for word in ("x-http-method-override", "x-http-method", "x-method-override"):
        assert tried(place, name, path, key(place.read_key), (word, "DELETE"))[0] == 200
    assert tried(place, name, f"{path}?_method=DELETE", key(place.read_key))[0] == 200


@pytest.mark.parametrize("name", EVERY)
def test_a_method_of_another_name_does_nothing(place, name):
    path = path_of(EVERY[name], place.theirs.ids)
    for method in ("PUT", "PATCH", "OPTIONS", "TRACE", "PROPFIND"):
        status, error = sent(place.port, method, path, [key(place.theirs.key), ("x-http-method-override", "DELETE")])
        assert (status, error["code"]) == (405, "method_not_supported")


@pytest.mark.parametrize("scheme", ["bearer", "BEARER", "Bearer "])
def test_the_word_bearer_may_be_written_as_one_likes(place, scheme):
    answer = place.call(ANSWERED["listThreads"], {"authorization": f"{scheme} {place.theirs.key}"})
    assert answer.status_code == 200


@pytest.fixture(scope="module")
def open_server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("open")
    with RunningServer(folder, guard=guard_of(read({}, {}, folder=folder))) as server:
        yield server


FOREIGN = [
    [("host", "evil.example")],
    [("host", "evil.example"), ("x-forwarded-host", "localhost")],
    [("host", "localhost"), ("host", "evil.example")],
    [("host", "evil.example"), ("host", "localhost")],
    [("host", "localhost.evil.example")],
    [("host", "127.0.0.1.evil.example")],
    [("host", "localhost@evil.example")],
    [("host", "")],
    [("host", "localhost"), ("origin", "https://evil.example")],
    [("host", "localhost"), ("origin", "null")],
    [("host", "localhost"), ("origin", "http://localhost.evil.example")],
    [("host", "localhost"), ("origin", "http://localhost"), ("origin", "https://evil.example")],
    [("host", "localhost"), ("origin", "https://evil.example"), ("origin", "http://localhost")],
]


@pytest.mark.parametrize("name", EVERY)
def test_an_open_server_answers_no_foreign_page(place, open_server, name):
    path = path_of(EVERY[name], place.theirs.ids)
    for headers in FOREIGN:
        status, error = sent(open_server.port, EVERY[name].method, path, [*headers, key("any")])
        assert status in (400, 403), headers
        assert error["code"] in ("foreign_origin", None), headers


def test_every_operation_is_tried_or_argued():
    assert {name for name, operation in ANSWERED.items() if params(operation)} - set(NAMED) == set(UNTRIED)
    assert bearer("k") == dict([key("k")])
