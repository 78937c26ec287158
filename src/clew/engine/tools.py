"""What a model is told of a run's tools.

A search of the web is offered as a function: the model decides whether it is used, and only then does the run fail,
since nothing here can search the web yet. Searching in indexes and running code are not offered.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from clew.domain.tool import Tool, ToolKind
from clew.engine.model import ModelFault

if TYPE_CHECKING:
    from collections.abc import Iterable

_SEARCH: Final = "generative_search"
_QUERY: Final = {
    "type": "object",
    "properties": {"query": {"type": "string", "description": "What to look for."}},
    "required": ["query"],
}


class Offer:
    """The functions that a model may call. `functions` are in the shape of chat completions."""

    def __init__(self, tools: Iterable[Tool]) -> None:
        tools = list(tools)
        self.functions = [_function(tool) for tool in tools if tool.kind is ToolKind.FUNCTION]
        self._searches: set[str] = set()
        for tool in tools:
            if tool.kind is ToolKind.WEB_SEARCH:
                self._add_search(tool)

    def _add_search(self, tool: Tool) -> None:
        name, taken = _SEARCH, {function["function"]["name"] for function in self.functions}
        while name in taken:
            name += "_"
        self._searches.add(name)
        self.functions.append(
            _function(Tool(kind=ToolKind.FUNCTION, name=name, description=tool.description, parameters=_QUERY))
        )

    def check(self, name: str) -> None:
        """Raise `ModelFault` where the model calls what cannot be done."""
        if name in self._searches:
            raise ModelFault("server", "The model called generative search, which this server does not offer.")


def _function(tool: Tool) -> dict[str, Any]:
    function: dict[str, Any] = {"name": tool.name}
    if tool.description is not None:
        function["description"] = tool.description
    function["parameters"] = tool.parameters or {"type": "object", "properties": {}}
    if tool.strict is not None:
        function["strict"] = tool.strict
    return {"type": "function", "function": function}
