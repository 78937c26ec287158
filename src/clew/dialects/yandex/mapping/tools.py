"""Tools, as assistants, threads and runs have them.

What a search tool works on stands in the thing's tool resources, where all dialects look. Code interpreters cannot be
said here: they are not shown, and stay.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from google.protobuf import json_format

from clew.dialects.yandex import wire
from clew.dialects.yandex.errors import invalid
from clew.dialects.yandex.mapping.common import struct_from_wire, struct_to_wire
from clew.domain.noun import replace
from clew.domain.tool import Tool, ToolKind, ToolResources

if TYPE_CHECKING:
    from collections.abc import Iterable

_ALWAYS: Final = "always_call"
"""How a search tool is called that says nothing of it."""


def tools_to_wire(tools: Iterable[Tool], resources: ToolResources | None) -> list[wire.Tool]:
    """The tools that can be said here."""
    shown = (_tool_to_wire(tool, resources) for tool in tools)
    return [tool for tool in shown if tool is not None]


def _tool_to_wire(tool: Tool, resources: ToolResources | None) -> wire.Tool | None:
    match tool.kind:
        case ToolKind.FUNCTION:
            return wire.Tool(
                function=wire.FunctionTool(
                    name=tool.name, description=tool.description, parameters=struct_to_wire(tool.parameters)
                )
            )
        case ToolKind.SEARCH:
            return wire.Tool(search_index=_search_to_wire(tool, resources))
        case ToolKind.WEB_SEARCH:
            return wire.Tool(gen_search=_read(wire.GenSearchTool(), tool.options or {}))
        case ToolKind.CODE:
            return None


def _search_to_wire(tool: Tool, resources: ToolResources | None) -> wire.SearchIndexTool:
    there = (resources and resources.index_ids) or ()
    index_ids = [index_id for index_id in tool.index_ids if index_id in there] or list(there)
    shown = wire.SearchIndexTool(search_index_ids=index_ids)
    _read(shown, {name: value for name, value in (tool.options or {}).items() if name in _SEARCH_OPTIONS})
    if tool.results_max is not None:
        shown.max_num_results.value = tool.results_max
    if shown.call_strategy.WhichOneof("Strategy") is None:
        shown.call_strategy.always_call.SetInParent()
    return shown


_SEARCH_OPTIONS: Final = frozenset({"rephraser_options", "call_strategy"})


def _read(message: Any, options: dict[str, Any]) -> Any:  # noqa: ANN401 (any message, the same one)
    return json_format.ParseDict(options, message, descriptor_pool=wire.POOL)


def _written(message: Any) -> dict[str, Any]:  # noqa: ANN401 (any message)
    return json_format.MessageToDict(message, preserving_proto_field_name=True, descriptor_pool=wire.POOL)


def tools_from_wire(
    sent: Iterable[wire.Tool], old: tuple[Tool, ...] = (), resources: ToolResources | None = None
) -> tuple[tuple[Tool, ...], ToolResources | None]:
    """The tools and what they work on. `old` and `resources` are what the thing had.

    A tool that comes back as it was shown is the one that it was, with what cannot be said here.
    """
    shown = [(tool, _tool_to_wire(tool, resources)) for tool in old]
    known = {one.SerializeToString(deterministic=True): tool for tool, one in shown if one is not None}
    tools = [tool for tool, one in shown if one is None]
    named: list[str] = []
    for at, one in enumerate(sent):
        tool = known.get(one.SerializeToString(deterministic=True)) or _tool_from_wire(one, f"tools[{at}]")
        tools.append(tool)
        if one.WhichOneof("ToolType") == "search_index":
            named += [index_id for index_id in one.search_index.search_index_ids if index_id not in named]
    if not named and not (resources and resources.index_ids):
        return tuple(tools), resources
    return tuple(tools), replace(resources or ToolResources(), index_ids=tuple(named))


def _tool_from_wire(sent: wire.Tool, path: str) -> Tool:
    match sent.WhichOneof("ToolType"):
        case "function":
            function = sent.function
            return Tool(
                kind=ToolKind.FUNCTION,
                name=function.name,
                description=function.description or None,
                parameters=struct_from_wire(function.parameters) if function.HasField("parameters") else None,
            )
        case "search_index":
            search = sent.search_index
            options = {name: value for name, value in _written(search).items() if name in _SEARCH_OPTIONS}
            if search.HasField("max_num_results") and search.max_num_results.value <= 0:
                raise invalid(f"{path}.search_index.max_num_results", "must be greater than 0")
            return Tool(
                kind=ToolKind.SEARCH,
                index_ids=tuple(search.search_index_ids),
                results_max=search.max_num_results.value if search.HasField("max_num_results") else None,
                options=options or None,
            )
        case "gen_search":
            return Tool(
                kind=ToolKind.WEB_SEARCH, description=sent.gen_search.description, options=_written(sent.gen_search)
            )
        case _:
            raise invalid(path, "one of search_index, function and gen_search is needed")
