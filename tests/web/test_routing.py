"""From a method and a path to an operation."""

from __future__ import annotations

import pytest

from clew.web.operation import delete, read, write
from clew.web.routing import Router

GET = read("getThread", "/v1/threads/{thread_id}")
ROUTER = Router(
    [
        GET,
        write("createThread", "/v1/threads"),
        write("createThreadAndRun", "/v1/threads/runs"),
        write("modifyThread", "/v1/threads/{thread_id}"),
        delete("deleteThread", "/v1/threads/{thread_id}"),
        read("getRun", "/v1/threads/{thread_id}/runs/{run_id}"),
        read("retrieveModel", "/v1/models/{model...}"),
    ]
)


@pytest.mark.parametrize(
    ("method", "path", "name", "params"),
    [
        ("GET", "/v1/threads/t", "getThread", {"thread_id": "t"}),
        ("POST", "/v1/threads/runs", "createThreadAndRun", {}),
        ("POST", "/v1/threads/t", "modifyThread", {"thread_id": "t"}),
        ("GET", "/v1/threads/t/runs/r", "getRun", {"thread_id": "t", "run_id": "r"}),
        ("GET", "/v1/models/org/name", "retrieveModel", {"model": "org/name"}),
    ],
)
def test_a_path_finds_its_operation(method: str, path: str, name: str, params: dict[str, str]) -> None:
    operation, found, known = ROUTER.find(method, path)

    assert operation is not None
    assert (operation.name, found, known) == (name, params, True)


@pytest.mark.parametrize("path", ["/v1/threads/t/runs", "/v1/nothing", "/v1/models/", "/", "/v1/threads//runs/r"])
def test_a_path_that_no_row_has_is_unknown(path: str) -> None:
    assert ROUTER.find("GET", path) == (None, {}, False)


def test_a_known_path_with_another_method_is_known() -> None:
    assert ROUTER.find("PUT", "/v1/threads/t") == (None, {}, True)
