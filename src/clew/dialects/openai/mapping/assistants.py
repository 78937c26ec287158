"""Assistants."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clew.dialects.openai import wire
from clew.dialects.openai.mapping.common import metadata_to_wire, replaced_metadata, seconds
from clew.dialects.openai.mapping.indexes import new_indexes
from clew.dialects.openai.mapping.tools import (
    format_from_wire,
    format_to_wire,
    resources_from_wire,
    resources_to_wire,
    tools_from_wire,
    tools_to_wire,
)
from clew.service.assistants import NewAssistant

if TYPE_CHECKING:
    from clew.domain.assistant import Assistant

Wire = dict[str, Any]


def assistant_from_wire(sent: Wire) -> NewAssistant:
    """A new assistant."""
    resources = sent.get("tool_resources")
    return NewAssistant(
        model=sent["model"],
        name=sent.get("name"),
        description=sent.get("description"),
        instructions=sent.get("instructions"),
        tools=tools_from_wire(sent.get("tools")),
        tool_resources=resources_from_wire(resources),
        new_indexes=new_indexes(resources),
        metadata=sent.get("metadata") or {},
        temperature=sent.get("temperature"),
        top_p=sent.get("top_p"),
        response_format=format_from_wire(sent.get("response_format")),
        reasoning_effort=sent.get("reasoning_effort"),
    )


def assistant_patch(sent: Wire) -> dict[str, Any]:
    """The fields that a modify call sets, by the names of our noun. Absent stays, null clears."""
    same = ("model", "name", "description", "instructions", "temperature", "top_p", "reasoning_effort")
    fields: dict[str, Any] = {name: sent[name] for name in same if name in sent}
    if "tools" in sent:
        fields["tools"] = tools_from_wire(sent["tools"])
    if "tool_resources" in sent:
        fields["tool_resources"] = resources_from_wire(sent["tool_resources"])
    if "metadata" in sent:
        fields["metadata"] = replaced_metadata(sent)
    if "response_format" in sent:
        fields["response_format"] = format_from_wire(sent["response_format"])
    return fields


def assistant_to_wire(assistant: Assistant) -> wire.Assistant:
    """An assistant. What nobody set is shown as the hosted service's default."""
    return wire.Assistant(
        id=assistant.id,
        created_at=seconds(assistant.created_at),
        name=assistant.name,
        description=assistant.description,
        model=assistant.model,
        instructions=assistant.instructions,
        tools=tools_to_wire(assistant.tools),
        tool_resources=resources_to_wire(assistant.tool_resources),
        metadata=metadata_to_wire(assistant.metadata),
        temperature=1.0 if assistant.temperature is None else assistant.temperature,
        top_p=1.0 if assistant.top_p is None else assistant.top_p,
        response_format=format_to_wire(assistant.response_format),
        reasoning_effort=assistant.reasoning_effort,
    )
