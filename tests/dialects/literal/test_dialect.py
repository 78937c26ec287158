"""What is refused before a field is answered, how it is said, and what is minded in a request's headers."""

import json

import httpx2
import pytest

from clew.dialects.literal.dialect import Options
from clew.domain.project import Scope
from support.graphql import GraphQL
from support.server import RunningServer

STEP = 'query { step(id: "none") { id } }'


@pytest.fixture(scope="module")
def locked(tmp_path_factory):
    """A server that wants keys."""
    with RunningServer(tmp_path_factory.mktemp("locked"), open_project=None) as server:
        yield server


def said(answer, status, code):
    """The words of an error, which has the shape that clients look for."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/json"
    (error,) = answer.json()["errors"]
    assert error["extensions"] == {"code": code}
    return error["message"]


@pytest.mark.parametrize("path", ["/api/graphql", "//api/graphql", "/api//graphql", "/api/graphql/"])
def test_slashes_do_not_count(graphql, path):
    assert graphql.http.post(graphql.url + path, json={"query": STEP}).json() == {"data": {"step": None}}


@pytest.mark.parametrize("path", ["/api", "/api/", "/api/nothing", "//", "//api/graphql/more"])
def test_other_paths_are_not_found(graphql, path):
    assert graphql.http.post(graphql.url + path, json={}).status_code == 404


def test_a_path_has_its_method(graphql):
    said(graphql.http.get("/api/graphql"), 405, "METHOD_NOT_ALLOWED")


@pytest.mark.parametrize("headers", [{}, {"x-api-key": ""}, {"authorization": "Bearer any"}])
def test_a_key_is_needed(place, headers):
    answer = httpx2.post(f"{place.url}/api/graphql", json={"query": STEP}, headers=headers)
    assert "x-api-key" in said(answer, 401, "UNAUTHENTICATED")


def test_a_wrong_key_is_refused(locked):
    with_wrong = GraphQL(locked, "sk-wrong-and-secret")
    words = said(with_wrong.post(STEP), 401, "UNAUTHENTICATED")
    assert "Invalid API key" in words
    assert "secret" not in words


def test_a_key_does_what_its_scopes_say(locked):
    reader = GraphQL(locked, locked.key(scopes=[Scope.READ]))
    assert reader.ask(STEP) == {"step": None}
    mutation = 'mutation { createThread { id } deleteStep(id: "none") { id } }'
    assert "'write'" in said(reader.post(mutation), 403, "FORBIDDEN")
    writer = GraphQL(locked, locked.key(scopes=[Scope.WRITE]))
    assert writer.ask("mutation { createThread { name } }") == {"createThread": {"name": None}}
    said(writer.post(STEP), 403, "FORBIDDEN")
    said(writer.http.post("/api/my-project", json={}), 403, "FORBIDDEN")


@pytest.mark.parametrize("body", [b"{", b"[]", b'"query"', b"\xff", b"null", b"[" * 100_000])
def test_what_is_no_json_object_is_refused(graphql, body):
    said(graphql.http.post("/api/graphql", content=body), 400, "BAD_REQUEST")


@pytest.mark.parametrize(
    "body",
    [{}, {"query": 1}, {"query": STEP, "variables": []}, {"query": STEP, "variables": {}, "operationName": 1}],
)
def test_a_body_has_a_query_and_variables(graphql, body):
    said(graphql.http.post("/api/graphql", json=body), 400, "BAD_REQUEST")


def test_null_variables_are_none(graphql):
    body = {"query": STEP, "variables": None, "operationName": None}
    assert graphql.http.post("/api/graphql", json=body).status_code == 200


def test_a_body_that_is_too_large_is_refused(tmp_path):
    with RunningServer(tmp_path, literal=Options(body_bytes_max=200)) as server:
        said(GraphQL(server).post(STEP, more="x" * 300), 413, "TOO_LARGE")


def test_a_text_that_is_not_valid_is_a_bad_request(graphql):
    said(graphql.post("{ step("), 400, "GRAPHQL_PARSE_FAILED")
    assert "colour" in said(graphql.post("{ colour }"), 400, "GRAPHQL_VALIDATION_FAILED")


def test_a_value_that_cannot_be_read_is_a_bad_request(graphql):
    query = "query($first: Int) { threads(first: $first) { totalCount } }"
    answer = graphql.post(query, first="many")
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["path"] == ["threads"]
    assert answer.json()["data"] is None


def test_a_wrong_field_does_not_take_its_neighbours_with_it(graphql):
    fields = (
        'a: createThread(name: "A") { name }',
        'b: updateThread(id: "n") { id }',
        'c: deleteThread(id: "n") { id }',
    )
    answer = graphql.post("mutation { " + " ".join(fields) + " }").json()
    assert answer["data"] == {"a": {"name": "A"}, "b": None, "c": None}
    (error,) = answer["errors"]
    assert (error["path"], error["extensions"]["code"]) == (["b"], "NOT_FOUND")


def test_what_is_declined_says_why(graphql):
    answer = graphql.post('{ participantSession(id: "s") { id } }')
    assert answer.status_code == 200
    assert answer.json()["data"] == {"participantSession": None}
    assert "given up by the clients" in answer.json()["errors"][0]["message"]


def test_nothing_is_asked_by_the_text_for_no_scores(graphql):
    assert graphql.ask("mutation CreateScores() { }") == {}


def test_the_schema_can_be_asked_for(graphql):
    assert graphql.ask("{ __schema { queryType { name } } }") == {"__schema": {"queryType": {"name": "Query"}}}
    assert graphql.ask('{ __typename step(id: "s") { __typename } }') == {"__typename": "Query", "step": None}


def test_a_bug_of_ours_shows_nothing(graphql, monkeypatch, caplog):
    async def broken(*_: object) -> None:
        raise RuntimeError("a secret")

    monkeypatch.setattr("clew.dialects.literal.handlers.steps.service.get", broken)
    answer = graphql.post(STEP)
    assert "secret" not in answer.text
    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (500, "UNEXPECTED")
    assert "a secret" in caplog.text


def test_an_environment_is_that_of_what_is_written(place):
    made = "mutation($e: String) { createThread(environment: $e) { environment } }"
    assert GraphQL(place).ask(made) == {"createThread": {"environment": "prod"}}
    assert GraphQL(place, **{"x-env": "dev"}).ask(made) == {"createThread": {"environment": "dev"}}
    old = GraphQL(place, **{"x-env": "dev"}).ask(made, e="production")
    assert old == {"createThread": {"environment": "production"}}


def test_the_project_is_told(graphql, locked):
    assert graphql.http.post("/api/my-project", json={}).json() == {"projectId": "default"}
    theirs = GraphQL(locked, locked.key("theirs"))
    assert theirs.http.post("/api/my-project").json() == {"projectId": "theirs"}


def test_old_pages_of_threads_have_exactly_their_keys(tmp_path):
    with RunningServer(tmp_path) as server:
        graphql = GraphQL(server)
        for number in range(51):
            graphql.ask("mutation($name: String) { createThread(name: $name) { id } }", name=str(number))
        graphql.ingest({"id": "s", "threadId": "t", "type": "run"})
        pages = [graphql.http.post("/api/export/threads", json={"page": page}).json() for page in (1, 2)]
        assert [len(page.pop("data")) for page in pages] == [50, 2]
        shared = {"totalCount": 52, "totalPage": 2}
        assert pages == [
            {**shared, "hasNextPage": True, "hasPreviousPage": False},
            {**shared, "hasNextPage": False, "hasPreviousPage": True},
        ]
        filters = {
            "participantsIdentifier": None,
            "search": None,
            "createdAt": {"operator": "gt", "value": "2000-01-01"},
        }
        first = graphql.http.post("/api/export/threads", json={"filters": filters}).json()["data"][0]
        assert (first["id"], [step["id"] for step in first["steps"]]) == ("t", ["s"])
        said(graphql.http.post("/api/export/threads", json={"page": 0}), 400, "BAD_USER_INPUT")
        said(graphql.http.post("/api/export/threads", json={"filters": {"colour": {}}}), 400, "BAD_USER_INPUT")


def test_numbers_and_texts_beyond_all_bounds_are_no_bug_of_ours(graphql):
    for value in (10**400, -(2**63) - 1, 2**53, "\ud800", "a\0b", [[[[]]]], {"a\0": "\0"}, True, 1e308):
        step = {"id": f"s{value!r}"[:50], "threadId": "odd", "input": {"v": value}, "metadata": {"v": value}}
        generation = {"tokenCount": value, "duration": value, "model": value}
        content = json.dumps({"query": QUERY, "variables": {**step, "generation": generation}}).encode()
        answer = graphql.http.post("/api/graphql", content=content)
        assert answer.status_code in (200, 400), (value, answer.text)
        assert "UNEXPECTED" not in answer.text, (value, answer.text)
        assert "The server had an error" not in answer.text, (value, answer.text)
    thread = graphql.ask('{ threadDetail(id: "odd") { steps { id input metadata generation { tokenCount } } } }')
    assert thread["threadDetail"]["steps"]


QUERY = """mutation($id: String! $threadId: String $input: Json $metadata: Json $name: String
$generation: GenerationPayloadInput) { ingestStep(id: $id threadId: $threadId input: $input metadata: $metadata
name: $name generation: $generation) { ok message } }"""
