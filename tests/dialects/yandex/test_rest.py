"""The dialect over HTTP, as curl would speak it."""

import base64
import json
import threading

import httpx2
import pytest

from clew.dialects.yandex import wire
from clew.dialects.yandex.call import Options
from clew.dialects.yandex.operations import OPERATIONS
from support.server import RunningServer

ROUTES = [operation for operation in OPERATIONS if operation.verb]


@pytest.fixture
def http(server):
    with httpx2.Client(base_url=server.url, headers={"authorization": "Api-Key any"}) as http:
        yield http


@pytest.fixture
def thread(http):
    return http.post("/assistants/v1/threads", json={"folderId": "default", "name": "first"}).json()


def _refused(answer, status, code):
    said = answer.json()
    assert (answer.status_code, said["code"]) == (status, code)
    assert said["error"] == said["message"]
    info = said["details"][0]
    assert info == {"@type": "type.googleapis.com/google.rpc.RequestInfo", "requestId": answer.headers["x-request-id"]}
    return said


def test_every_route_is_known(http):
    """All of them but Attach, which takes a stream, are there."""
    assert len(ROUTES) == len(OPERATIONS) - 1
    for operation in ROUTES:
        path = operation.path.replace("{", "").replace("}", "")
        said = http.request(operation.verb, path).json()
        assert "There is" not in said.get("message", ""), operation.name


@pytest.mark.parametrize("kind", ["application/json", "application/x-www-form-urlencoded", "text/plain", None])
def test_a_body_needs_no_content_type(http, kind):
    headers = {} if kind is None else {"content-type": kind}
    answer = http.post("/assistants/v1/threads", content=b'{"folderId": "default"}', headers=headers)
    assert answer.status_code == 200


def test_an_answer_looks_as_documented(thread):
    made = {"folderId", "name", "createdAt", "expirationConfig"}
    assert made <= set(thread)
    assert "description" not in thread
    assert thread["expirationConfig"] == {"expirationPolicy": "SINCE_LAST_ACTIVE", "ttlDays": "7"}
    assert thread["createdAt"].endswith("Z")


@pytest.mark.parametrize("ask", [{"headers": {"x-clew-json": "snake"}}, {"params": {"clew_json": "snake"}}])
def test_an_answer_may_be_asked_for_with_underscores(http, thread, ask):
    shown = http.get(f"/assistants/v1/threads/{thread['id']}", **ask).json()
    assert (shown["folder_id"], shown["description"], shown["labels"], shown["tools"]) == ("default", "", {}, [])


def test_an_operator_may_have_all_answers_with_underscores(tmp_path):
    with RunningServer(tmp_path, yandex_options=Options(snake_case=True)) as server:
        headers = {"authorization": "Api-Key any"}
        made = httpx2.post(f"{server.url}/assistants/v1/threads", json={"folder_id": "default"}, headers=headers)
        assert made.json()["expiration_config"] == {"expiration_policy": "SINCE_LAST_ACTIVE", "ttl_days": "7"}
        other = httpx2.get(f"{server.url}/endpoints?clew_json=camel").json()
        assert set(other) == {"endpoints"}


def test_a_shape_that_there_is_not_is_refused(http):
    said = _refused(http.get("/endpoints", params={"clew_json": "kebab"}), 400, 3)
    assert said["details"][1]["fieldViolations"][0]["field"] == "clew_json"


def test_a_request_id_is_echoed_and_other_headers_are_passed_over(http):
    answer = http.get("/endpoints", headers={"x-client-request-id": "mine", "x-folder-id": "b1g"})
    assert answer.headers["x-client-request-id"] == "mine"
    refused = http.get("/assistants/v1/threads/none", headers={"x-client-request-id": "mine"})
    assert refused.headers["x-client-request-id"] == "mine"


def test_a_stream_is_a_line_for_each_message(http, thread):
    for text in ("one", "two", "three"):
        body = {"threadId": thread["id"], "content": {"content": [{"text": {"content": text}}]}}
        assert http.post("/assistants/v1/messages", json=body).status_code == 200
    answer = http.get("/assistants/v1/messages", params={"threadId": thread["id"]})
    lines = [json.loads(line)["result"] for line in answer.text.splitlines()]
    assert [line["content"]["content"][0]["text"]["content"] for line in lines] == ["three", "two", "one"]


def test_an_empty_stream_has_no_lines(http, thread):
    answer = http.get("/assistants/v1/messages", params={"threadId": thread["id"]})
    assert (answer.status_code, answer.text) == (200, "")
    assert answer.headers["x-accel-buffering"] == "no"


def test_a_stream_that_cannot_begin_is_refused_with_a_status(http):
    said = _refused(http.get("/assistants/v1/messages", params={"threadId": "none"}), 404, 5)
    assert said["message"] == "thread none not found"


def test_a_message_is_found_by_path_and_query(http, thread):
    body = {"thread_id": thread["id"], "content": {"content": [{"text": {"content": "hi"}}]}}
    made = http.post("/assistants/v1/messages", json=body).json()
    path = f"/assistants/v1/messages/{made['id']}"
    assert http.get(path, params={"threadId": thread["id"]}).json() == made
    assert http.get(path, params={"thread_id": thread["id"]}).json() == made


def test_the_path_overrides_the_query_and_the_body(http, thread):
    path = f"/assistants/v1/threads/{thread['id']}"
    answer = http.patch(path, params={"threadId": "other"}, json={"threadId": "another", "updateMask": "name"})
    assert answer.json()["id"] == thread["id"]


def test_deleting_answers_an_empty_object(http, thread):
    answer = http.delete(f"/assistants/v1/threads/{thread['id']}")
    assert (answer.status_code, answer.content) == (200, b"{}")
    _refused(http.get(f"/assistants/v1/threads/{thread['id']}"), 404, 5)


def test_what_a_get_has_as_its_body_is_not_read(http, thread):
    answer = http.request("GET", f"/assistants/v1/threads/{thread['id']}", content=b"{{{{")
    assert answer.json()["name"] == "first"


def test_an_unknown_path_is_not_found(http):
    _refused(http.get("/assistants/v1/nothing"), 404, 5)
    _refused(http.get("/operations/a/b"), 404, 5)


def test_a_path_that_only_begins_alike_is_not_this_dialects(http):
    assert http.get("/operationsX").json()["error"]["type"] == "invalid_request_error"


def test_a_wrong_verb_is_said(http):
    _refused(http.put("/assistants/v1/threads"), 405, 12)


@pytest.mark.parametrize("content", [b"{", b"\xff{}", b'"\xd8"', b"[" * 100_000])
def test_a_body_that_is_not_json_is_refused(http, content):
    _refused(http.post("/assistants/v1/threads", content=content), 400, 3)


@pytest.mark.parametrize("content", [b"[]", b"5", b'"a"'])
def test_a_body_that_is_no_object_is_refused(http, content):
    _refused(http.post("/assistants/v1/threads", content=content), 400, 3)


@pytest.mark.parametrize("content", [b"", b" \n", b"null"])
def test_a_body_that_says_nothing_is_empty(http, content):
    said = _refused(http.post("/assistants/v1/threads", content=content), 400, 3)
    assert said["message"] == "folder_id: field is required"


def test_a_field_at_fault_is_named(http):
    said = _refused(http.post("/assistants/v1/threads", json={"folderId": "default", "labels": {"a": 1}}), 400, 3)
    violation = said["details"][1]
    assert violation["@type"] == "type.googleapis.com/google.rpc.BadRequest"
    assert violation["fieldViolations"][0]["field"] == "labels[a]"


def test_a_body_over_the_limit_is_an_invalid_argument(tmp_path):
    with RunningServer(tmp_path, yandex_options=Options(body_bytes_max=1000)) as server:
        body = {"folderId": "default", "name": "n" * 1000}
        answer = httpx2.post(f"{server.url}/assistants/v1/threads", json=body, headers={"authorization": "Bearer any"})
        _refused(answer, 400, 3)


def test_no_credentials_are_unauthenticated(tmp_path):
    with RunningServer(tmp_path, open_project=None) as server:
        for headers in ({}, {"authorization": "Basic abc"}, {"authorization": "Api-Key wrong"}):
            _refused(httpx2.get(f"{server.url}/assistants/v1/threads", headers=headers), 401, 16)


def test_a_bug_of_ours_is_internal_and_logged(http, thread, server, monkeypatch, caplog):
    def broken(*_):
        raise RuntimeError("secret words")

    monkeypatch.setattr("clew.dialects.yandex.handlers.threads.thread_to_wire", broken)
    said = _refused(http.get(f"/assistants/v1/threads/{thread['id']}"), 500, 13)
    assert said["message"] == "Internal error."
    assert said["details"][0]["requestId"] in caplog.text
    assert "secret words" in caplog.text


def test_an_error_in_the_midst_of_a_stream_is_its_last_line(http, thread, monkeypatch):
    for _ in range(2):
        body = {"threadId": thread["id"], "content": {"content": [{"text": {"content": "hi"}}]}}
        http.post("/assistants/v1/messages", json=body)
    made = []

    def breaks(item):
        made.append(item)
        if len(made) > 1:
            raise RuntimeError
        return wire.Message(id=item.id)

    monkeypatch.setattr("clew.dialects.yandex.handlers.messages.message_to_wire", breaks)
    answer = http.get("/assistants/v1/messages", params={"threadId": thread["id"]})
    first, last = map(json.loads, answer.text.splitlines())
    assert (answer.status_code, set(first)) == (200, {"result"})
    assert {name: last["error"][name] for name in ("grpc_code", "http_code")} == {"grpc_code": 13, "http_code": 500}


def test_a_reader_that_leaves_a_stream_ends_it(http, thread, server, monkeypatch):
    closed = threading.Event()

    async def endless(_core, _call, _request):
        try:
            while True:
                yield wire.Message(id="x" * 100_000)
        finally:
            closed.set()

    _replace(monkeypatch, "MessageService.List", endless)
    with http.stream("GET", "/assistants/v1/messages", params={"threadId": thread["id"]}) as answer:
        next(answer.iter_lines())
    assert closed.wait(20)


def _replace(monkeypatch, name, handler):
    """Answer one operation in another way."""

    def found(operation):
        return handler if operation.name == name else operation.handler

    monkeypatch.setattr("clew.dialects.yandex.dialect.Yandex._handler", staticmethod(found))


def test_events_of_a_run_come_as_they_happen(http, thread, model):
    assistant = http.post("/assistants/v1/assistants", json={"folderId": "default", "modelUri": "gpt://f/m"}).json()
    said = {"threadId": thread["id"], "content": {"content": [{"text": {"content": "hi"}}]}}
    assert http.post("/assistants/v1/messages", json=said).status_code == 200
    gate = model.hold("Once upon a time", after=1)
    body = {"assistantId": assistant["id"], "threadId": thread["id"], "stream": True}
    run = http.post("/assistants/v1/runs", json=body).json()
    with http.stream("GET", "/assistants/v1/runs/listen", params={"runId": run["id"]}) as answer:
        lines = map(json.loads, answer.iter_lines())
        assert next(lines)["result"]["eventType"] == "PARTIAL_MESSAGE"
        gate.release()
        last = list(lines)[-1]["result"]
    assert last["eventType"] == "DONE"
    assert last["completedMessage"]["content"]["content"][0]["text"]["content"] == "Once upon a time"
    shown = http.get("/assistants/v1/runs:getByThread", params={"threadId": thread["id"]}).json()
    assert (shown["id"], shown["state"]["status"]) == (run["id"], "COMPLETED")


def test_bytes_come_as_base64(http):
    """Whatever the file service does with them, they are read."""
    body = {"folderId": "default", "content": base64.b64encode(b"hello").decode()}
    assert "content" not in http.post("/files/v1/files", json=body).json().get("message", "")
