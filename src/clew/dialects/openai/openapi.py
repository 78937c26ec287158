"""The description of this dialect as it is served: OpenAPI 3.1, from the table of operations and its shapes."""

from __future__ import annotations

from functools import cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

import msgspec

import clew
from clew.dialects.openai import wire
from clew.dialects.openai.operations import OPERATIONS
from clew.dialects.openai.schemas import Schemas

if TYPE_CHECKING:
    from clew.web.operation import Operation

_ERROR: Final = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["message", "type", "param", "code"],
            "properties": {
                "message": {"type": "string"},
                "type": {"type": "string"},
                "param": {"type": ["string", "null"]},
                "code": {"type": ["string", "null"]},
            },
        }
    },
}
_REFUSALS: Final = (
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.FORBIDDEN,
    HTTPStatus.NOT_FOUND,
    HTTPStatus.CONTENT_TOO_LARGE if hasattr(HTTPStatus, "CONTENT_TOO_LARGE") else HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.INTERNAL_SERVER_ERROR,
    HTTPStatus.SERVICE_UNAVAILABLE,
)
LISTED: Final = (
    wire.Assistant,
    wire.Thread,
    wire.Message,
    wire.Run,
    wire.RunStep,
    wire.File,
    wire.VectorStore,
    wire.VectorStoreFile,
)
"""What lists hold: no operation of its own may give it."""

_FORMS: Final = {"createFile": "file", "addUploadPart": "data"}


@cache
def description() -> bytes:
    """The description, as JSON."""
    return msgspec.json.encode(document())


def document() -> dict[str, Any]:
    """The description. Operations that are declined are not in it."""
    offered = [operation for operation in OPERATIONS if operation.handler is not None]
    schemas = Schemas()
    for shape in LISTED:
        schemas.of(shape)
    paths: dict[str, dict[str, Any]] = {}
    for operation in offered:
        path = operation.path.replace("...}", "}").removeprefix("/v1")
        paths.setdefault(path, {})[operation.method.lower()] = _operation(operation, schemas)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Clew, OpenAI dialect", "version": clew.__version__},
        "servers": [{"url": "/v1"}],
        "security": [{"bearer": []}],
        "paths": paths,
        "components": {
            "schemas": {**schemas.components, "Error": _ERROR},
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
        },
    }


def _operation(operation: Operation, schemas: Schemas) -> dict[str, Any]:
    out: dict[str, Any] = {
        "operationId": operation.name,
        "tags": [operation.group],
        "parameters": [*_path_parameters(operation), *_query_parameters(operation)],
        "responses": {"200": {"description": "The answer.", "content": _content(operation, schemas)}},
    }
    if operation.extension:
        out["x-clew-extension"] = True
    body = _body(operation)
    if body is not None:
        out["requestBody"] = body
    error = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    for status in _REFUSALS:
        out["responses"][str(int(status))] = {"description": status.phrase, "content": error}
    return out


def _content(operation: Operation, schemas: Schemas) -> dict[str, Any]:
    content: dict[str, Any] = {}
    if operation.gives is not None:
        content["application/json"] = {"schema": schemas.of(operation.gives)}
    if operation.streams:
        content["text/event-stream"] = {"schema": {"type": "string"}}
    return content or {"*/*": {"schema": {}}}


def _path_parameters(operation: Operation) -> list[dict[str, Any]]:
    return [
        {"name": word.strip("{}."), "in": "path", "required": True, "schema": {"type": "string"}}
        for word in operation.path.split("/")
        if word.startswith("{")
    ]


def _query_parameters(operation: Operation) -> list[dict[str, Any]]:
    return [
        {
            "name": f"{field.name}[]" if field.schema().get("type") == "array" else field.name,
            "in": "query",
            "required": field.required,
            "schema": field.schema(),
        }
        for field in operation.query or ()
    ]


def _body(operation: Operation) -> dict[str, Any] | None:
    if operation.body is not None:
        schema = operation.body.schema()
        return {"required": "required" in schema, "content": {"application/json": {"schema": schema}}}
    if not operation.multipart:
        return None
    name = _FORMS[operation.name]
    properties: dict[str, Any] = {name: {"type": "string", "format": "binary"}}
    required = [name]
    if name == "file":
        properties["purpose"] = {"type": "string"}
        required.append("purpose")
    schema = {"type": "object", "required": required, "properties": properties}
    return {"required": True, "content": {"multipart/form-data": {"schema": schema}}}
