"""Tools, what they work on, how freely they are called, and the format of answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeVar

from msgspec import UNSET

from clew.dialects.openai import wire
from clew.domain.tool import (
    ChoiceMode,
    FormatKind,
    ResponseFormat,
    Tool,
    ToolChoice,
    ToolKind,
    ToolResources,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from msgspec import UnsetType

T = TypeVar("T")

Wire = dict[str, Any]

KINDS: Final = {
    "function": ToolKind.FUNCTION,
    "file_search": ToolKind.SEARCH,
    "code_interpreter": ToolKind.CODE,
}
_NAMES: Final = {kind: name for name, kind in KINDS.items()}


def tool_from_wire(sent: Wire) -> Tool:
    """One tool."""
    kind = KINDS[sent["type"]]
    if kind is ToolKind.FUNCTION:
        function = sent["function"]
        return Tool(
            kind=kind,
            name=function["name"],
            description=function.get("description"),
            parameters=function.get("parameters"),
            strict=function.get("strict"),
        )
    options: Wire = sent.get("file_search") or {}
    ranking: Wire = options.get("ranking_options") or {}
    return Tool(
        kind=kind,
        results_max=options.get("max_num_results"),
        ranker=ranking.get("ranker"),
        score_threshold=ranking.get("score_threshold"),
    )


def tools_from_wire(sent: Iterable[Wire] | None) -> tuple[Tool, ...]:
    """A list of tools; none for null."""
    return tuple(tool_from_wire(one) for one in sent or ())


def tool_to_wire(tool: Tool) -> wire.Tool:
    """One tool. A kind that this dialect does not know is shown as a function of its name."""
    if tool.kind is ToolKind.CODE:
        return wire.CodeInterpreterTool()
    if tool.kind is not ToolKind.SEARCH:
        return wire.FunctionTool(
            function=wire.FunctionDefinition(
                name=tool.name or tool.kind.value,
                description=_said(tool.description),
                parameters=_said(tool.parameters),
                strict=bool(tool.strict),
            )
        )
    if tool.results_max is None and tool.score_threshold is None:
        return wire.FileSearchTool()
    return wire.FileSearchTool(
        file_search=wire.FileSearchOptions(max_num_results=_said(tool.results_max), ranking_options=_ranking(tool))
    )


def _said(value: T | None) -> T | UnsetType:
    return UNSET if value is None else value


def _ranking(tool: Tool) -> wire.RankingOptions | UnsetType:
    if tool.score_threshold is None:
        return UNSET
    ranker: Any = tool.ranker or "auto"
    return wire.RankingOptions(ranker=ranker, score_threshold=tool.score_threshold)


def tools_to_wire(tools: Iterable[Tool]) -> list[wire.Tool]:
    """A list of tools."""
    return [tool_to_wire(tool) for tool in tools]


def resources_from_wire(sent: Mapping[str, Any] | None) -> ToolResources | None:
    """What tools work on. Stores that are to be made along are not here: see `indexes.new_indexes`."""
    if sent is None:
        return None
    code, search = sent.get("code_interpreter"), sent.get("file_search")
    return ToolResources(
        code_file_ids=None if code is None else tuple(code.get("file_ids") or ()),
        index_ids=None if search is None else tuple(search.get("vector_store_ids") or ()),
    )


def resources_to_wire(resources: ToolResources | None) -> wire.ToolResources:
    """What tools work on, `{}` when nothing was ever said."""
    out = wire.ToolResources()
    if resources is not None:
        if resources.code_file_ids is not None:
            out.code_interpreter = wire.CodeInterpreterResources(file_ids=resources.code_file_ids)
        if resources.index_ids is not None:
            out.file_search = wire.FileSearchResources(vector_store_ids=resources.index_ids)
    return out


def choice_from_wire(sent: str | Wire | None) -> ToolChoice:
    """How freely the model calls; `auto` for null."""
    if sent is None:
        return ToolChoice()
    if isinstance(sent, str):
        return ToolChoice(mode=ChoiceMode(sent))
    function: Wire = sent.get("function") or {}
    return ToolChoice(mode=ChoiceMode.NAMED, kind=KINDS[sent["type"]], name=function.get("name"))


def choice_to_wire(choice: ToolChoice) -> wire.ToolChoice:
    """How freely the model calls."""
    mode: Any = choice.mode.value
    if choice.mode is not ChoiceMode.NAMED:
        return mode  # type: ignore[no-any-return]  # the other modes are this dialect's words
    kind: Any = _NAMES.get(choice.kind or ToolKind.FUNCTION, "function")
    return wire.ToolChoiceObject(
        type=kind, function=UNSET if choice.name is None else wire.FunctionName(name=choice.name)
    )


def format_from_wire(sent: str | Wire | None) -> ResponseFormat | None:
    """The format of answers; None for null."""
    if sent is None:
        return None
    if isinstance(sent, str):
        return ResponseFormat(kind=FormatKind(sent))
    schema: Wire = sent.get("json_schema") or {}
    return ResponseFormat(
        kind=FormatKind(sent["type"]),
        name=schema.get("name"),
        description=schema.get("description"),
        schema=schema.get("schema"),
        strict=schema.get("strict"),
    )


def format_to_wire(asked: ResponseFormat | None) -> wire.ResponseFormat:
    """The format of answers, as it was sent; `auto` when nothing was."""
    if asked is None or asked.kind is FormatKind.AUTO:
        return "auto"
    kind: Any = asked.kind.value
    if asked.kind is not FormatKind.JSON_SCHEMA:
        return wire.FormatObject(type=kind)
    schema = wire.JsonSchema(
        name=asked.name or "",
        description=_said(asked.description),
        schema=_said(asked.schema),
        strict=_said(asked.strict),
    )
    return wire.FormatObject(type=kind, json_schema=schema)
