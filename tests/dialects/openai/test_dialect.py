"""What is refused before a handler runs, what every answer carries, and that nothing a caller sends is a 500."""

import json
import logging
import re
import socket

import httpx2
import pytest

from clew.dialects.openai.dialect import ID_PREFIXES, Options
from clew.dialects.openai.operations import OPERATIONS
from clew.domain.thread import Thread
from clew.engine.model import ModelConfig, ModelRoutes
from clew.service import threads
from support.server import RunningServer

KEY = {"authorization": "Bearer any"}
LIMIT = 2000
_CHECK = "Check that it is valid JSON in UTF-8, and that strings are escaped."
BAD_JSON = f"We could not parse the JSON body of your request. {_CHECK}"


@pytest.fixture
def http(server):
    with httpx2.Client(base_url=f"{server.url}/v1", headers=KEY) as http:
        yield http


@pytest.fixture(scope="module")
def empty_server(tmp_path_factory):
    """One server for every test that is refused: nothing is ever kept there."""
    with RunningServer(tmp_path_factory.mktemp("empty")) as server:
        yield server


@pytest.fixture
def empty(empty_server):
    with httpx2.Client(base_url=f"{empty_server.url}/v1", headers=KEY) as http:
        yield http
        assert nothing_kept(http)


@pytest.fixture
def small(tmp_path):
    """A server that takes small bodies only."""
    with (
        RunningServer(tmp_path, options=Options(body_bytes_max=LIMIT)) as server,
        httpx2.Client(base_url=f"{server.url}/v1", headers=KEY) as http,
    ):
        yield http


def said(answer, status):
    """The error in its envelope."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/json"
    assert list(answer.json()) == ["error"]
    error = answer.json()["error"]
    assert list(error) == ["message", "type", "param", "code"]
    return error


def nothing_kept(http):
    return all(http.get(path).json()["data"] == [] for path in ("/threads", "/assistants", "/files", "/vector_stores"))


def raw(server, request):
    """What comes back for these bytes, until the server closes."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as wire:
        wire.sendall(request)
        return b"".join(iter(lambda: wire.recv(65536), b""))


def raw_get(server, path, *headers):
    lines = [
        f"GET {path} HTTP/1.1".encode(),
        b"Host: localhost",
        b"Connection: close",
        b"Authorization: Bearer k",
        *headers,
    ]
    head, _, body = raw(server, b"\r\n".join(lines) + b"\r\n\r\n").partition(b"\r\n\r\n")
    return int(head.split()[1]), head, body


# --- paths and methods ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "PUT", "PATCH"])
@pytest.mark.parametrize(
    "path", ["/foo", "/threads/thread_1/foo", "/assistants/asst_1/files/file-1", "/threads//messages"]
)
def test_an_unknown_path_is_an_invalid_url(empty, method, path):
    error = said(empty.request(method, path), 404)
    assert error["message"] == f"Invalid URL ({method} /v1{path})"
    assert (error["type"], error["param"], error["code"]) == ("invalid_request_error", None, None)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", "/threads"),
        ("PATCH", "/threads/thread_1"),
        ("DELETE", "/threads"),
        ("GET", "/threads/thread_1/runs/run_1/cancel"),
        ("POST", "/models/m"),
        ("OPTIONS", "/assistants"),
        ("DELETE", "/threads/thread_1/runs/run_1"),
    ],
)
def test_a_wrong_method_on_a_known_path_is_not_allowed(empty, method, path):
    error = said(empty.request(method, path), 405)
    assert error["message"] == f"Not allowed to {method} on /v1{path}."
    assert (error["type"], error["param"], error["code"]) == ("invalid_request_error", None, "method_not_supported")


@pytest.mark.parametrize(
    "path",
    [
        "/v1/threads/../models",
        "/v1/threads/%2e%2e/models",
        "/v1/threads/..%2fmodels",
        "/v1/files/..%2f..%2fclew.db/content",
        "/v1/files/../../../../etc/passwd",
        "/../v1/models",
        "/",
    ],
)
def test_dots_in_a_path_lead_nowhere(empty_server, path):
    status, _, body = raw_get(empty_server, path)
    assert status == 404
    assert json.loads(body)["error"]["message"].startswith("Invalid URL (GET ")


@pytest.mark.parametrize(
    "text",
    ["%2e%2e", "..", "%00", "a%0d%0aX-Evil:%201", "%ED%A0%80", "%ff", "*", "%25s", "' OR 1=1 --".replace(" ", "%20")],
)
@pytest.mark.parametrize("path", ["/v1/threads/{}", "/v1/files/{}", "/v1/files/{}/content", "/v1/uploads/{}"])
def test_no_text_in_the_place_of_an_id_finds_anything_or_breaks_anything(empty_server, path, text):
    status, head, body = raw_get(empty_server, path.format(text))
    assert status in {400, 404, 405}
    assert b"x-evil" not in head.lower()
    assert list(json.loads(body)) == ["error"]


@pytest.mark.parametrize("path", ["/models/meta/llama/3", "/models/meta%2Fllama%2F3"])
def test_the_name_of_a_model_may_hold_slashes(tmp_path, path):
    routes = ModelRoutes(configs=(ModelConfig(pattern="meta/llama/3", base_url="http://127.0.0.1:9/v1"),))
    with RunningServer(tmp_path, routes=routes) as server:
        found = httpx2.get(f"{server.base_url}{path}", headers=KEY)
        other = httpx2.get(f"{server.base_url}/models/..%2F..%2Fetc%2Fpasswd", headers=KEY)
    assert found.json() == {"id": "meta/llama/3", "object": "model", "created": 0, "owned_by": "clew"}
    error = said(other, 404)
    assert error["message"] == "The model `../../etc/passwd` does not exist or you do not have access to it."
    assert (error["param"], error["code"]) == ("model", "model_not_found")


# --- bodies ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"nonsense",
        b"{'a': 1}",
        b'{"metadata": {"a": "\xff"}}',
        b'{"metadata": {"a": "\\ud800"}}',
        b'{"metadata": {"\\udc00": "a"}}',
        b'{"messages": [{"role": "user", "content": "\\ud83d"}]}',
        b'{"metadata": {"a": "\xed\xa0\x80"}}',
        b'{"a": NaN}',
        b'{"a": 1e999}',
        b"{} {}",
        '{"metadata": {}}'.encode("utf-16"),
        b"\xef\xbb\xbf{}",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"a": ' + b"9" * 5000 + b"}",
    ],
    ids=lambda body: repr(body[:24]),
)
def test_what_is_no_json_in_utf_8_is_refused_and_nothing_is_kept(empty, body):
    error = said(empty.post("/threads", content=body), 400)
    assert (error["message"], error["param"], error["code"]) == (BAD_JSON, None, None)


@pytest.mark.parametrize("body", [b"[]", b'"text"', b"1", b"null", b"true", b"[[[[]]]]"])
def test_json_that_is_no_object_is_refused_and_nothing_is_kept(empty, body):
    assert said(empty.post("/threads", content=body), 400)["code"] == "invalid_type"


@pytest.mark.parametrize("body", [b"", b"  \n", b"{}"])
def test_no_body_is_read_as_an_empty_object(http, body):
    assert http.post("/threads", content=body).json()["object"] == "thread"
    assert said(http.post("/assistants", content=body), 400)["message"] == "Missing required parameter: 'model'."


@pytest.mark.parametrize("name", [operation.name for operation in OPERATIONS if operation.body is not None])
def test_an_unknown_key_is_refused_wherever_a_body_is_read(empty, name):
    operation = next(operation for operation in OPERATIONS if operation.name == name)
    required = {field.name: None for field in operation.body.fields if field.required}
    path = re.sub(r"\{\w+\}", "x", operation.path).removeprefix("/v1")
    error = said(empty.post(path, json={**required, "surprise": 1}), 400)
    assert error["message"] == "Unknown parameter: 'surprise'."
    assert (error["param"], error["code"]) == ("surprise", "unknown_parameter")


@pytest.mark.parametrize("digits", [17, 20, 40, 310, 4000])
def test_a_huge_number_is_too_large_wherever_a_number_is_meant(empty, digits):
    huge = b"9" * digits
    whole = b'{"filename": "a", "purpose": "vision", "mime_type": "", "bytes": ' + huge + b"}"
    decimal = b'{"model": "m", "temperature": ' + huge + b"}"
    assert said(empty.post("/uploads", content=whole), 400)["code"] == "integer_above_max_value"
    assert said(empty.post("/assistants", content=decimal), 400)["code"] == "decimal_above_max_value"
    assert said(empty.get("/threads", params={"limit": huge.decode()}), 400)["param"] == "limit"


@pytest.mark.parametrize("depth", [10, 99, 100, 101, 900, 2000, 100_000])
def test_a_schema_is_kept_as_it_came_or_refused_however_deep_or_large_it_is(http, depth):
    schema = b'{"a":' * depth + b"9" * 300 + b"}" * depth
    tool = b'{"type": "function", "function": {"name": "f", "parameters": ' + schema + b"}}"
    answer = http.post("/assistants", content=b'{"model": "m", "tools": [' + tool + b"]}")
    if depth <= 100:
        assert schema in answer.content
    else:
        error = said(answer, 400)
        assert error["message"] == BAD_JSON or error["param"] == "tools[0].function.parameters"


def test_characters_that_are_rarely_meant_come_back_as_they_went(http):
    text = "a\0b \u2028 \ufeff \U0001f600 \x7f \r\n"
    made = http.post(
        "/threads", json={"metadata": {text: text}, "messages": [{"role": "user", "content": text}]}
    ).json()
    path = f"/threads/{made['id']}"
    assert http.get(path).json()["metadata"] == {text: text}
    message = http.get(f"{path}/messages").json()["data"][0]
    assert message["content"][0]["text"]["value"] == text
    found = http.get("/threads", params={f"metadata[{text}]": text}).json()["data"]
    assert [thread["id"] for thread in found] == [made["id"]]
    assert http.get("/threads", params={f"metadata[{text}]": "other"}).json()["data"] == []
    assert http.post(path, json={"metadata": {"name": text}}).json()["metadata"] == {"name": text}
    assert [thread["id"] for thread in http.get("/threads", params={"metadata[name]": text}).json()["data"]] == [
        made["id"]
    ]
    assert (
        http.post("/assistants", json={"model": "m", "name": text, "instructions": text}).json()["instructions"] == text
    )


def test_a_body_that_is_said_to_be_too_large_is_refused_and_nothing_is_kept(small):
    body = {"metadata": {str(number): "x" * 300 for number in range(7)}}
    error = said(small.post("/threads", json=body), 413)
    assert error["message"] == f"The body of your request is too large. Expected at most {LIMIT} bytes."
    assert (error["type"], error["param"], error["code"]) == ("invalid_request_error", None, None)
    assert nothing_kept(small)


def test_a_body_that_turns_out_to_be_too_large_is_refused_and_nothing_is_kept(small):
    error = said(small.post("/threads", content=(b" " * 500 for _ in range(5))), 413)
    assert error["message"] == f"The body of your request is too large. Expected at most {LIMIT} bytes."
    assert nothing_kept(small)


@pytest.mark.parametrize("pieces", [1, 4])
def test_a_body_of_just_the_size_that_is_allowed_is_taken(small, pieces):
    body = b"{}".ljust(LIMIT)
    size = LIMIT // pieces
    content = body if pieces == 1 else (body[at : at + size] for at in range(0, LIMIT, size))
    assert small.post("/threads", content=content).status_code == 200


# --- headers --------------------------------------------------------------------------------------------------------

ANSWERS = {
    "a success": ("GET", "/threads", 200),
    "an unknown path": ("GET", "/foo", 404),
    "a wrong method": ("PUT", "/threads", 405),
    "a missing thing": ("GET", "/threads/thread_x", 404),
    "a declined operation": ("POST", "/responses", 404),
    "a bad query": ("GET", "/threads?limit=0", 400),
}


@pytest.mark.parametrize("which", ANSWERS)
def test_every_answer_carries_the_headers_that_clients_read(empty, which):
    method, path, status = ANSWERS[which]
    hints = {"openai-organization": "org-1", "openai-project": "proj_1"}
    answer, other = (empty.request(method, path, headers=hints) for _ in range(2))
    assert answer.status_code == status
    assert re.fullmatch(r"req_[0-9A-Za-z]{24}", answer.headers["x-request-id"])
    assert answer.headers["x-request-id"] != other.headers["x-request-id"]
    assert answer.headers["openai-version"] == "2020-10-01"
    assert answer.headers["openai-processing-ms"].isdigit()
    assert hints.items() <= dict(answer.headers).items()


def test_hints_that_were_not_sent_are_not_answered(empty):
    assert not {"openai-organization", "openai-project"} & set(empty.get("/threads").headers)


def test_a_refused_key_is_answered_with_a_request_id_too(tmp_path):
    with RunningServer(tmp_path, open_project=None) as server:
        answer = httpx2.get(f"{server.base_url}/threads")
    assert said(answer, 401)
    assert answer.headers["x-request-id"].startswith("req_")


@pytest.mark.parametrize(
    "value", [b"a\r\n X-Evil: 1", b"a\nX-Evil: 1", b"a\rX-Evil: 1", b"a\x00b", b"a\x7fb", b"a\xffb", b"a\tb"]
)
def test_no_header_of_a_request_splits_the_answer(empty_server, value):
    status, head, _ = raw_get(empty_server, "/v1/models", b"OpenAI-Organization: " + value)
    assert status in {200, 400}
    assert not [line for line in re.split(rb"[\r\n]+", head) if line.lower().lstrip().startswith(b"x-evil")]


@pytest.mark.parametrize("text", ["text/plain\r\nX-Evil: 1", "text/\0", "text/\x7f", "text/\N{EURO SIGN}", ""])
def test_no_type_or_name_of_a_file_splits_the_answer(http, text):
    upload = {"filename": f"a{text}", "purpose": "assistants", "bytes": 1, "mime_type": text}
    path = f"/uploads/{http.post('/uploads', json=upload).json()['id']}"
    part = http.post(f"{path}/parts", files={"data": ("blob", b"x")}).json()["id"]
    file = http.post(f"{path}/complete", json={"part_ids": [part]}).json()["file"]
    assert file["filename"] == upload["filename"]
    answer = http.get(f"/files/{file['id']}/content")
    assert (answer.status_code, answer.content) == (200, b"x")
    assert "x-evil" not in answer.headers


@pytest.mark.parametrize("beta", [None, "", "assistants=v2", "realtime=v1, assistants=v2", "anything"])
def test_the_beta_header_may_be_missing_or_hold_others(http, beta):
    headers = {} if beta is None else {"openai-beta": beta}
    assert http.post("/threads", headers=headers).status_code == 200


@pytest.mark.parametrize("beta", ["assistants=v1", "realtime=v1,assistants=v1"])
def test_the_first_version_of_the_api_is_refused(empty, beta):
    error = said(empty.post("/threads", headers={"openai-beta": beta}), 400)
    again = "Please try again by setting the header 'OpenAI-Beta: assistants=v2'."
    assert error["message"] == f"The v1 Assistants API is not available here. {again}"
    assert (error["param"], error["code"]) == (None, "invalid_beta")


def test_where_the_operator_says_so_the_beta_header_is_insisted_on(tmp_path):
    with (
        RunningServer(tmp_path, options=Options(strict_beta=True)) as server,
        httpx2.Client(base_url=server.base_url, headers=KEY) as http,
    ):
        for path in (
            "/threads",
            "/assistants",
            "/vector_stores",
            "/threads/thread_1/messages",
            "/threads/thread_1/runs",
        ):
            for headers in ({}, {"openai-beta": "realtime=v1"}):
                error = said(http.get(path, headers=headers), 400)
                again = "Please try again by setting the header 'OpenAI-Beta: assistants=v2'."
                start = "You must provide the 'OpenAI-Beta' header to access the Assistants API."
                assert (error["message"], error["code"]) == (f"{start} {again}", "invalid_beta")
        assert said(http.post("/threads"), 400)["code"] == "invalid_beta"
        assert http.get("/threads", headers={"openai-beta": "assistants=v2"}).json()["data"] == []
        for path in ("/files", "/models"):
            assert http.get(path).status_code == 200


def test_only_a_run_that_is_not_over_says_when_to_ask_again(http, client, model):
    assistant = client.beta.assistants.create(model="m", tools=[{"type": "function", "function": {"name": "f"}}])
    thread = client.beta.threads.create(messages=[{"role": "user", "content": "Hi"}])
    path = f"/threads/{thread.id}/runs"
    held = model.hold("One two three")
    begun = http.post(path, json={"assistant_id": assistant.id})
    assert begun.headers["openai-poll-after-ms"] == "200"
    run = f"{path}/{begun.json()['id']}"
    assert http.get(run).headers["openai-poll-after-ms"] == "200"
    held.release()
    assert http.get(f"{run}/events").status_code == 200
    over = http.get(run)
    assert over.json()["status"] == "completed"
    others = [over, http.get(path), http.get("/threads"), http.get("/foo")]
    assert [answer for answer in others if "openai-poll-after-ms" in answer.headers] == []


# --- ids ------------------------------------------------------------------------------------------------------------


def id_paths():
    """For each kind of id, a path in which everything else is well-formed."""
    ids = {name: f"{prefix}_x" for name, prefix in ID_PREFIXES.items()}
    for operation in OPERATIONS:
        names = re.findall(r"\{(\w+)\}", operation.path)
        if operation.handler and operation.method == "GET" and names and names[-1] in ids:
            yield pytest.param(operation.path.removeprefix("/v1"), names[-1], id=f"{operation.name}")


@pytest.mark.parametrize("bad", ["undefined", "null", "x", "None"])
@pytest.mark.parametrize(("path", "name"), list(id_paths()))
def test_an_id_that_begins_as_no_id_of_its_kind_does_is_a_bad_request(empty, path, name, bad):
    ids = {**{other: f"{prefix}_x" for other, prefix in ID_PREFIXES.items()}, name: bad}
    error = said(empty.get(path.format(**ids)), 400)
    assert error["message"] == f"Invalid '{name}': '{bad}'. Expected an ID that begins with '{ID_PREFIXES[name]}'."
    assert (error["param"], error["code"]) == (name, "invalid_value")


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/assistants/asst_x", "No assistant found with id 'asst_x'."),
        ("/threads/thread_x", "No thread found with id 'thread_x'."),
        ("/threads/thread_x/messages/msg_x", "No thread found with id 'thread_x'."),
        ("/threads/{}/messages/msg_x", "No message found with id 'msg_x'."),
        ("/threads/{}/runs/run_x", "No run found with id 'run_x'."),
        ("/threads/{}/runs/run_x/steps/step_x", "No run found with id 'run_x'."),
        ("/files/file-x", "No such File object: file-x"),
        ("/files/undefined", "No such File object: undefined"),
        ("/vector_stores/vs_x", "No vector store found with id 'vs_x'."),
        ("/vector_stores/vs_x/files/file-x", "No vector store found with id 'vs_x'."),
    ],
)
def test_a_well_formed_id_of_nothing_is_not_found_parents_first(http, path, message):
    thread = http.post("/threads").json()["id"]
    assert said(http.get(path.format(thread)), 404)["message"] == message


def test_a_message_of_another_thread_is_not_found(http):
    one, other = (
        http.post("/threads", json={"messages": [{"role": "user", "content": "Hi"}]}).json()["id"] for _ in "ab"
    )
    message = http.get(f"/threads/{one}/messages").json()["data"][0]["id"]
    error = said(http.get(f"/threads/{other}/messages/{message}"), 404)
    assert error["message"] == f"No message found with id '{message}'."


@pytest.mark.parametrize(("wanted", "status"), [("undefined", 400), ("asst_x", 404)])
def test_the_assistant_of_a_run_is_looked_for_and_its_id_looked_at(http, wanted, status):
    thread = http.post("/threads").json()["id"]
    for path in (f"/threads/{thread}/runs", "/threads/runs"):
        message = said(http.post(path, json={"assistant_id": wanted}), status)["message"]
        bad = f"Invalid 'assistant_id': '{wanted}'. Expected an ID that begins with 'asst'."
        assert message == (bad if status == 400 else f"No assistant found with id '{wanted}'.")
    assert len(http.get("/threads").json()["data"]) == 1


def test_a_thread_whose_id_another_dialect_chose_is_found(server, http):
    now = server.clock.now()
    thread = Thread(project_id="default", id="conversation-7", created_at=now, updated_at=now, last_active_at=now)
    server.do(server.store.write(lambda tx: tx.threads.insert(thread)))
    assert http.get("/threads/conversation-7").json()["id"] == "conversation-7"
    message = http.post("/threads/conversation-7/messages", json={"role": "user", "content": "Hi"}).json()
    assert message["thread_id"] == "conversation-7"
    assert http.get(f"/threads/conversation-7/messages/{message['id']}").json() == message
    assert [thread["id"] for thread in http.get("/threads").json()["data"]] == ["conversation-7"]
    assert http.get("/threads", params={"after": "conversation-7"}).json()["data"] == []
    assert http.delete("/threads/conversation-7").json()["deleted"] is True


# --- bugs of ours -----------------------------------------------------------------------------------------------------


def test_a_bug_of_ours_is_a_500_that_shows_nothing_and_is_logged_with_its_request_id(http, monkeypatch, caplog):
    async def broken(*_):
        raise RuntimeError("the secret of the house")

    monkeypatch.setattr(threads, "get", broken)
    with caplog.at_level(logging.ERROR, logger="clew.web"):
        answer = http.get("/threads/thread_x")
    error = said(answer, 500)
    assert (error["type"], error["param"], error["code"]) == ("server_error", None, None)
    assert not [word for word in ("secret", "RuntimeError", "Traceback", ".py") if word in answer.text]
    assert answer.headers["x-request-id"] in caplog.text
    assert "the secret of the house" in caplog.text
    monkeypatch.undo()
    assert said(http.get("/threads/thread_x"), 404)
