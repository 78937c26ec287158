"""The description of this dialect as it is served."""

from __future__ import annotations

import httpx2
import msgspec
import pytest

from clew.dialects.openai.openapi import document
from clew.dialects.openai.operations import OPERATIONS


@pytest.fixture(scope="module")
def described():
    return document()


def references(value):
    """Every `$ref` within a JSON value."""
    if isinstance(value, dict):
        if "$ref" in value:
            yield value["$ref"]
        for inner in value.values():
            yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)


def test_it_is_served(server, described):
    answer = httpx2.get(f"{server.base_url}/openapi.json", headers={"authorization": "Bearer any"})

    assert answer.status_code == 200
    assert answer.json() == msgspec.json.decode(msgspec.json.encode(described))


def test_it_has_what_is_offered_and_nothing_that_is_declined(described):
    names = [operation["operationId"] for path in described["paths"].values() for operation in path.values()]

    assert sorted(names) == sorted(row.name for row in OPERATIONS if row.handler is not None)


def test_every_reference_leads_to_a_schema(described):
    schemas = {f"#/components/schemas/{name}" for name in described["components"]["schemas"]}

    assert set(references(described)) <= schemas
    assert "#/components/schemas/Message" in schemas


def test_every_parameter_of_a_path_is_described(described):
    for path, methods in described["paths"].items():
        named = {word.strip("{}") for word in path.split("/") if word.startswith("{")}
        for operation in methods.values():
            assert {one["name"] for one in operation["parameters"] if one["in"] == "path"} == named


def test_bodies_and_forms_are_described(described):
    message = described["paths"]["/threads/{thread_id}/messages"]["post"]["requestBody"]["content"]["application/json"]
    form = described["paths"]["/files"]["post"]["requestBody"]["content"]["multipart/form-data"]

    assert set(message["schema"]["required"]) == {"role", "content"}
    assert form["schema"]["required"] == ["file", "purpose"]


def test_a_body_is_required_where_one_of_its_fields_is(described):
    paths = described["paths"]

    assert paths["/assistants"]["post"]["requestBody"]["required"]
    assert not paths["/threads"]["post"]["requestBody"]["required"]


def test_a_run_may_be_a_stream(described):
    content = described["paths"]["/threads/{thread_id}/runs"]["post"]["responses"]["200"]["content"]

    assert set(content) == {"application/json", "text/event-stream"}
