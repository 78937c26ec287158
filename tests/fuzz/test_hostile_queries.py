"""Queries and variables that no client would send: each is refused or answered, in little memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support.graphql import GraphQL, batch, numbered
from support.process import ServerProcess

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.slow

MIB = 2**20
PEAK_BYTES_MAX = 420 * MIB
"""What a server of 80 MiB may grow to over any of these. The dearest is a text of 75,000 tokens, as a tree."""
DEEP = 100_000
TOLD = "mutation T($id: String!, $x: Json, $g: GenerationPayloadInput, $s: [ScorePayloadInput!], $t: [String!])"
INGEST = TOLD + " { ingestStep(id: $id, input: $x, generation: $g, scores: $s, tags: $t) { ok message } }"
THREADS = (
    "query L($f: [ThreadsInputType!], $n: Int) { threads(filters: $f, first: $n) { totalCount edges { node { id } } } }"
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    with ServerProcess(tmp_path_factory.mktemp("hostile")) as server:
        yield server


@pytest.fixture(autouse=True)
def unharmed(server: ServerProcess) -> Iterator[None]:
    """Afterwards it is well, and was never much larger."""
    yield
    assert GraphQL(server).ask("{ threads(first: 1) { edges { node { id } } } }") == {"threads": {"edges": []}}  # type: ignore[arg-type]
    assert server.memory_bytes_max < PEAK_BYTES_MAX
    assert " error " not in server.errors


def sent(server: ServerProcess, content: str | bytes) -> tuple[int, str]:
    """The status and the code of the answer to this body."""
    answer = GraphQL(server).http.post("/api/graphql", content=content)  # type: ignore[arg-type]
    body = answer.json()
    return answer.status_code, body["errors"][0]["extensions"]["code"] if "errors" in body else "OK"


def body(variables: str, query: str = INGEST) -> str:
    return f'{{"query": "{query}", "variables": {variables}}}'


BODIES = {
    "objects in objects": (body('{"id": "a", "x": ' + '{"a":' * DEEP + "1" + "}" * DEEP + "}"), 400),
    "lists that never close": (body('{"id": "a", "x": ' + "[" * DEEP), 400),
    "no object of variables": (body("[" * 10 + "]" * 10), 400),
    "a body beyond what one may be": (body('{"id": "' + "x" * 17 * MIB + '"}'), 413),
    "a number beyond all floats": (body('{"id": "a", "x": 1e999}'), 400),
    "an integer of a million digits": (body('{"id": "a", "x": ' + "9" * MIB + "}"), 400),
    "a lone surrogate": (body('{"id": "a", "x": "\\ud800"}'), 400),
    "bytes that are no text": (b'{"query": "\xff\xfe"}', 400),
    "two values": ("{}{}", 400),
    "a list of queries": ('[{"query": "{ __typename }"}]', 400),
    "a query that is none": ('{"query": 5}', 400),
    "an operation that is no name": ('{"query": "{ __typename }", "operationName": {}}', 400),
}


@pytest.mark.parametrize("what", BODIES)
def test_what_cannot_be_read_is_refused(server: ServerProcess, what: str) -> None:
    content, status = BODIES[what]
    assert sent(server, content)[0] == status


VALUES = {
    "nesting that a parser bears": {"x": None, "deep": 400},
    "an input of eight megabytes": {"x": "x" * 8 * MIB},
    "a million numbers where tags should be": {"t": list(range(10**6))},
    "a hundred thousand keys of a generation": {"g": {str(n): {} for n in range(10**5)}},
    "scores that are no scores": {"s": [{}] * 10**5},
    "a payload that is a list": {"g": [[]]},
}


@pytest.mark.parametrize("what", VALUES)
def test_values_without_measure_are_refused_or_kept(server: ServerProcess, what: str) -> None:
    values = dict(VALUES[what])
    if depth := values.pop("deep", 0):
        for _ in range(int(str(depth))):
            values["x"] = {"a": values["x"]}
    answer = GraphQL(server).post(INGEST, id=f"one with {what}", **values)  # type: ignore[arg-type]
    assert answer.status_code == 200
    said = answer.json()["data"]["ingestStep"]
    assert said["ok"] is ("eight" in what or "keys" in what), said


@pytest.mark.parametrize(
    "filters",
    [
        [{"field": "id", "operator": "in", "value": ["x"] * 10**5}],
        [{"field": "id", "operator": "eq", "value": "x" * MIB}],
        [{"field": "stepOutput", "operator": "ilike", "value": "x" * MIB}],
        [{"field": "name", "operator": "ilike", "value": "%" * MIB}],
        [{"field": "metadata", "operator": "eq", "value": 1, "path": "a." * 10**5}],
        [{"field": "metadata", "operator": "eq", "value": 1, "path": '"' * 10**4}],
    ],
)
def test_filters_without_measure_find_nothing(server: ServerProcess, filters: list[dict[str, object]]) -> None:
    answer = GraphQL(server).post(THREADS, f=filters, n=2**31 - 1)  # type: ignore[arg-type]
    assert answer.status_code in (200, 400)
    assert answer.json()["data"] in ({"threads": {"totalCount": 0, "edges": []}}, None)


def test_more_filters_than_may_be_are_refused(server: ServerProcess) -> None:
    asked = [{"field": "id", "operator": "eq", "value": "x"}] * 10**4
    assert GraphQL(server).refused(THREADS, f=asked)[:2] == (400, "BAD_USER_INPUT")  # type: ignore[arg-type]


def test_a_long_batch_is_told_whole_and_a_longer_one_is_refused(server: ServerProcess) -> None:
    graphql = GraphQL(server)  # type: ignore[arg-type]
    steps = tuple({"id": f"s{n}", "type": "run"} for n in range(300))
    assert all(one["ok"] for one in graphql.ingest(*steps).values())
    status, code, _ = graphql.refused(batch(steps * 4), **numbered(steps * 4))
    assert (status, code) == (400, "GRAPHQL_VALIDATION_FAILED")
