"""Forced tool calls on servers that ignore `tool_choice`: asked for as JSON, turned back into a call.

The request is sent with a response format instead of tools, a union of one object per tool that holds the tool's
name and arguments; servers that cannot force a call can usually keep to a schema, as llama.cpp does.
"""

from __future__ import annotations

import json
from contextlib import aclosing
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, cast

import msgspec

from clew.engine.model import (
    Ask,
    CallArguments,
    CallStarted,
    Finished,
    ModelConfig,
    ModelFault,
    Piece,
    RefusalPiece,
    TextPiece,
)

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

_NO_ARGUMENTS: Final[dict[str, Any]] = {"type": "object", "properties": {}, "additionalProperties": False}

_ONE_CALL: Final = (
    "Answer with one call of a tool and nothing else, as JSON: "
    '{"name": the name of the tool, "arguments": an object}. The tools:'
)


class _Call(msgspec.Struct):
    name: str
    arguments: msgspec.Raw = msgspec.Raw(b"{}")


def is_needed(config: ModelConfig, ask: Ask) -> bool:
    """Whether a call is demanded from a server that would not see to it."""
    return not config.tool_choice_honoured and bool(ask.tools) and ask.tool_choice not in ("none", "auto")


def rewritten(ask: Ask) -> Ask:
    """The ask for one call as JSON. Raises `ModelFault` where the tool that has to be called is not there."""
    tools = _choosable(ask)
    schema = {"anyOf": [_as_schema(tool, place) for place, tool in enumerate(tools)]}
    response_format = {"type": "json_schema", "json_schema": {"name": "tool_call", "strict": True, "schema": schema}}
    plain = replace(ask, tools=[], tool_choice="none")
    return replace(plain.told(_instruction(tools)), response_format=response_format)


async def calls(pieces: AsyncGenerator[Piece, None], ask: Ask) -> AsyncGenerator[Piece, None]:
    """The answer to a rewritten ask, as the call that it stands for. Raises `ModelFault` where it is none.

    The call comes in one piece at the end, and so never begins unless it is a good one. An answer cut short by its
    budget or a filter yields no call, only its `Finished`.
    """
    names = {tool["function"]["name"] for tool in _choosable(ask)}
    text: list[str] = []
    async with aclosing(pieces):
        async for piece in pieces:
            if isinstance(piece, TextPiece):
                text.append(piece.text)
            elif isinstance(piece, RefusalPiece):
                yield piece
            elif isinstance(piece, Finished):
                if piece.reason in ("length", "content_filter"):
                    yield piece
                    return
                call = _call_from("".join(text), names)
                yield CallStarted(index=0, name=call.name)
                yield CallArguments(index=0, fragment=bytes(call.arguments).decode())
                yield replace(piece, reason="tool_calls")


def _choosable(ask: Ask) -> list[dict[str, Any]]:
    if isinstance(ask.tool_choice, str):
        return ask.tools
    named = [tool for tool in ask.tools if tool["function"]["name"] == ask.tool_choice["name"]]
    if not named:
        raise ModelFault("invalid_prompt", f"there is no tool named {ask.tool_choice['name']!r}")
    return named


def _as_schema(tool: dict[str, Any], place: int) -> dict[str, Any]:
    function = tool["function"]
    parameters = function.get("parameters") or _NO_ARGUMENTS
    return {
        "type": "object",
        "properties": {
            "name": {"const": function["name"]},
            "arguments": {"type": "object"} | _moved(parameters, f"#/anyOf/{place}/properties/arguments"),
        },
        "required": ["name", "arguments"],
        "additionalProperties": False,
    }


def _moved(schema: object, root: str) -> Any:  # noqa: ANN401 (any JSON)
    """The schema with its local references pointing to where it stands now."""
    if isinstance(schema, list):
        return [_moved(one, root) for one in cast("list[object]", schema)]
    if not isinstance(schema, dict):
        return schema
    moved = {key: _moved(value, root) for key, value in cast("dict[str, Any]", schema).items()}
    reference = moved.get("$ref")
    if isinstance(reference, str) and reference.startswith("#"):
        moved["$ref"] = root + reference[1:]
    return moved


def _instruction(tools: list[dict[str, Any]]) -> str:
    lines = [_ONE_CALL]
    for function in (tool["function"] for tool in tools):
        parameters = json.dumps(function.get("parameters") or _NO_ARGUMENTS, ensure_ascii=False)
        lines.append(f"- {function['name']}: {function.get('description') or ''} Arguments: {parameters}")
    return "\n".join(lines)


def _call_from(text: str, names: set[str]) -> _Call:
    # From brace to brace: where the server does not enforce the schema, models wrap JSON in prose and fences.
    inner = text[text.find("{") : text.rfind("}") + 1]
    try:
        call = msgspec.json.decode(inner, type=_Call)
        msgspec.json.decode(call.arguments, type=dict[str, Any])
    except (msgspec.DecodeError, RecursionError) as error:
        raise ModelFault("server", "the model was to call a tool and answered something else") from error
    if call.name not in names:
        raise ModelFault("server", "the model was to call a tool and named one that is not there")
    return call
