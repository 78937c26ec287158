"""Uploads: asked for with a key, sent and read without one."""

import httpx2
import pytest

from clew.dialects.literal.addresses import DAY, UPLOAD
from clew.dialects.literal.dialect import Options
from support.graphql import GraphQL
from support.server import RunningServer


def asked(graphql, **body):
    answer = graphql.http.post("/api/upload/file", json={"fileName": "name", "contentType": "text/plain", **body})
    assert answer.status_code == 200, answer.text
    return answer.json()


def sent(ask, content=b"bytes", **fields):
    post = ask["post"]
    return httpx2.post(post["url"], data={**post["fields"], **fields}, files={"file": ("f", content, "x/y")})


def test_bytes_go_where_they_were_asked_to_and_are_read_there(graphql):
    ask = asked(graphql)
    assert (ask["post"]["uploadType"], ask["post"]["headers"]) == ("multipart", {})
    assert sent(ask).status_code == 204
    read = httpx2.get(ask["signedUrl"], headers={"origin": "http://localhost:8000"})
    assert (read.content, read.headers["content-type"]) == (b"bytes", "text/plain")
    assert read.headers["access-control-allow-origin"] == "*"
    assert read.headers["content-disposition"].startswith("inline")


@pytest.mark.parametrize("kind", ["text/html", "image/svg+xml", "application/xhtml+xml", None])
def test_what_could_be_a_program_is_saved_and_not_shown(graphql, kind):
    ask = asked(graphql, contentType=kind)
    sent(ask, b"<script>alert(1)</script>")
    read = httpx2.get(ask["signedUrl"])
    assert read.headers["content-disposition"].startswith("attachment")
    assert read.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in read.headers["content-security-policy"]


def test_an_empty_file_is_a_file(graphql):
    ask = asked(graphql)
    assert sent(ask, b"").status_code == 204
    assert httpx2.get(ask["signedUrl"]).content == b""


def test_bytes_that_come_again_are_those_that_are_there(graphql):
    ask = asked(graphql)
    assert [sent(ask, content).status_code for content in (b"first", b"second")] == [204, 204]
    assert httpx2.get(ask["signedUrl"]).content == b"first"


def test_a_form_without_a_file_leaves_nothing(graphql):
    ask = asked(graphql)
    post = ask["post"]
    form = {name: (None, value) for name, value in post["fields"].items()}
    assert httpx2.post(post["url"], files=form).status_code == 400
    assert httpx2.get(ask["signedUrl"]).status_code == 404


def test_a_file_of_another_dialect_outlives_the_attachment(graphql, client_of):
    file = client_of.files.create(file=b"theirs", purpose="user_data")
    made = graphql.ask(
        'mutation($k: String) { it: createAttachment(stepId: "s", name: "a", objectKey: $k) { id url } }', k=file.id
    )["it"]
    assert httpx2.get(made["url"]).content == b"theirs"
    graphql.ask("mutation($id: String!) { deleteAttachment(id: $id) { id } }", id=made["id"])
    assert client_of.files.retrieve(file.id) == file


def test_a_file_is_one_for_the_other_dialects_too(graphql, place):
    ask = asked(graphql)
    sent(ask)
    file_id = ask["post"]["fields"]["key"]
    file = httpx2.get(f"{place.base_url}/files/{file_id}", headers={"authorization": "Bearer any"}).json()
    assert (file["bytes"], file["filename"], file["purpose"]) == (5, "name", "user_data")


@pytest.mark.parametrize("body", [{"fileName": None}, {"fileName": ""}, {"fileName": "x" * 300}, {"contentType": 1}])
def test_a_wrong_question_is_refused(graphql, body):
    answer = graphql.http.post("/api/upload/file", json={"fileName": "name", **body})
    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (400, "BAD_USER_INPUT")


def test_addresses_end(tmp_path):
    with RunningServer(tmp_path) as server:
        graphql = GraphQL(server)
        late, ask = asked(graphql), asked(graphql)
        sent(ask)
        assert asked(graphql)["signedUrl"] != ask["signedUrl"]
        server.advance(UPLOAD / 1_000_000)
        assert sent(late).status_code == 403
        assert httpx2.get(ask["signedUrl"]).status_code == 200
        server.advance(2 * DAY / 1_000_000)
        assert httpx2.get(ask["signedUrl"]).status_code == 404


def test_an_address_stays_the_same_for_a_while_and_over_a_restart(tmp_path):
    query = 'mutation($key: String) { it: createAttachment(stepId: "s", name: "a", objectKey: $key) { id url } }'
    with RunningServer(tmp_path) as server:
        graphql = GraphQL(server)
        ask = asked(graphql)
        sent(ask)
        made = graphql.ask(query, key=ask["post"]["fields"]["key"])["it"]
        assert made["url"] == ask["signedUrl"]
        clock, port = server.clock, server.port
    again = RunningServer(tmp_path, clock=clock)
    again.port = port
    with again:
        assert httpx2.get(made["url"]).content == b"bytes"


def test_a_public_address_is_used_where_there_is_one(tmp_path):
    with RunningServer(tmp_path, literal=Options(public_url="https://clew.example/base/")) as server:
        ask = asked(GraphQL(server))
        assert ask["post"]["url"] == "https://clew.example/base/api/upload/content"
        assert ask["signedUrl"].startswith("https://clew.example/base/api/files/")
