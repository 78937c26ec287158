"""A check that finds nothing wrong proves something only where it would have found it."""

import pytest

from clew.dialects.openai.openapi import document
from support.published import Published

DELETED = {"id": "thread_1", "object": "thread.deleted", "deleted": True}
ERROR = {"error": {"message": "No.", "type": "invalid_request_error", "param": None, "code": None}}


@pytest.fixture(scope="module")
def published():
    return Published(document())


def test_answers_as_published_have_no_faults(published):
    assert published.wrong_answer("deleteThread", 200, "application/json", DELETED) == []
    assert published.wrong_answer("deleteThread", 404, "application/json", ERROR) == []


@pytest.mark.parametrize(
    ("status", "kind", "value", "fault"),
    [
        (200, "application/json", {**DELETED, "more": 1}, "$.more is not declared"),
        (200, "application/json", {"id": "thread_1", "deleted": True}, "$ lacks object"),
        (200, "application/json", {**DELETED, "deleted": 1}, "$.deleted is 1, not boolean"),
        (200, "application/json", [], "$ is [], not object"),
        (200, "text/plain", "", "deleteThread says nothing of 'text/plain' at 200"),
        (418, "application/json", ERROR, "deleteThread says nothing of a 418"),
        (404, "application/json", {"error": {}}, "$.error lacks message"),
    ],
)
def test_what_is_not_as_published_is_a_fault(published, status, kind, value, fault):
    assert fault in published.wrong_answer("deleteThread", status, kind, value)


def test_what_is_in_a_list_is_held_against_its_own_shape(published):
    page = {"object": "list", "data": [{"object": "thread"}], "first_id": None, "last_id": None, "has_more": False}
    assert "$.data: $ lacks metadata" in published.wrong_answer("listThreads", 200, "application/json", page)
