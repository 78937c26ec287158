"""The table of operations: complete, unambiguous, and each row either answered or declined with a reason."""

import re
from collections import Counter

import pytest

from clew.dialects.openai.operations import OPERATIONS
from clew.domain.project import Scope
from clew.web.routing import Router

UPSTREAM = """
POST   /assistants
GET    /assistants
GET    /assistants/{}
POST   /assistants/{}
DELETE /assistants/{}
POST   /threads
GET    /threads/{}
POST   /threads/{}
DELETE /threads/{}
POST   /threads/runs
POST   /threads/{}/messages
GET    /threads/{}/messages
GET    /threads/{}/messages/{}
POST   /threads/{}/messages/{}
DELETE /threads/{}/messages/{}
POST   /threads/{}/runs
GET    /threads/{}/runs
GET    /threads/{}/runs/{}
POST   /threads/{}/runs/{}
POST   /threads/{}/runs/{}/cancel
POST   /threads/{}/runs/{}/submit_tool_outputs
GET    /threads/{}/runs/{}/steps
GET    /threads/{}/runs/{}/steps/{}
POST   /files
GET    /files
GET    /files/{}
DELETE /files/{}
GET    /files/{}/content
POST   /uploads
POST   /uploads/{}/parts
POST   /uploads/{}/complete
POST   /uploads/{}/cancel
POST   /vector_stores
GET    /vector_stores
GET    /vector_stores/{}
POST   /vector_stores/{}
DELETE /vector_stores/{}
POST   /vector_stores/{}/files
GET    /vector_stores/{}/files
GET    /vector_stores/{}/files/{}
POST   /vector_stores/{}/files/{}
DELETE /vector_stores/{}/files/{}
GET    /vector_stores/{}/files/{}/content
POST   /vector_stores/{}/file_batches
GET    /vector_stores/{}/file_batches/{}
POST   /vector_stores/{}/file_batches/{}/cancel
GET    /vector_stores/{}/file_batches/{}/files
POST   /vector_stores/{}/search
GET    /models
GET    /models/{}
"""
"""Every call of the Assistants API that was published, under `/v1`, as its reference lists them."""

GROUPS = ("assistants", "threads", "messages", "runs", "steps", "files", "uploads", "vector_stores", "models")
BY_NAME = {operation.name: operation for operation in OPERATIONS}


def published():
    return {tuple(line.split()) for line in UPSTREAM.strip().splitlines()}


def route(operation):
    return operation.method, re.sub(r"\{[^}]*\}", "{}", operation.path.removeprefix("/v1"))


def test_no_two_operations_have_one_name():
    assert [name for name, times in Counter(operation.name for operation in OPERATIONS).items() if times > 1] == []


def test_no_two_operations_have_one_method_and_path():
    assert [pair for pair, times in Counter(map(route, OPERATIONS)).items() if times > 1] == []


@pytest.mark.parametrize("name", BY_NAME)
def test_an_operation_has_a_handler_or_a_reason_and_never_both(name):
    operation = BY_NAME[name]
    assert (operation.handler is None) == bool(operation.why_not)


@pytest.mark.parametrize("name", BY_NAME)
def test_an_operation_has_a_group_and_stands_under_v1(name):
    assert BY_NAME[name].group
    assert BY_NAME[name].path.startswith("/v1/")


@pytest.mark.parametrize("name", BY_NAME)
def test_reading_needs_the_scope_read_and_everything_else_the_scope_write(name):
    operation = BY_NAME[name]
    assert operation.need is (Scope.READ if operation.method == "GET" else Scope.WRITE)


@pytest.mark.parametrize("name", BY_NAME)
def test_the_path_of_an_operation_leads_to_it(name):
    operation = BY_NAME[name]
    path = re.sub(r"\{[^}]*\}", "anything", operation.path)
    found, params, known = Router(OPERATIONS).find(operation.method, path)
    assert found is operation
    assert known
    assert set(params.values()) <= {"anything"}
    assert len(params) == operation.path.count("{")


@pytest.mark.parametrize("name", [name for name, operation in BY_NAME.items() if operation.handler])
def test_an_operation_that_is_answered_reads_a_body_only_where_one_is_sent(name):
    operation = BY_NAME[name]
    assert (operation.body is not None or operation.multipart) == (operation.method == "POST")
    assert operation.body is None or not operation.multipart


def test_the_table_has_every_operation_of_the_published_assistants_api():
    assert published() - {route(operation) for operation in OPERATIONS} == set()


def test_whatever_else_stands_in_those_groups_says_that_it_is_an_extension():
    ours = {
        operation.name for operation in OPERATIONS if operation.group in GROUPS and route(operation) not in published()
    }
    assert ours == {operation.name for operation in OPERATIONS if operation.extension and operation.group in GROUPS}
    assert ours == {"listThreads", "listRunEvents"}


def test_of_the_assistants_api_only_search_and_indexed_content_are_declined():
    declined = {operation.name for operation in OPERATIONS if operation.group in GROUPS and operation.why_not}
    assert declined == {"searchVectorStore", "retrieveVectorStoreFileContent"}
