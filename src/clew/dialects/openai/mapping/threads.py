"""Threads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clew.dialects.openai import wire
from clew.dialects.openai.mapping.common import metadata_to_wire, seconds
from clew.dialects.openai.mapping.indexes import new_indexes
from clew.dialects.openai.mapping.messages import message_from_wire
from clew.dialects.openai.mapping.tools import resources_from_wire, resources_to_wire
from clew.service.threads import NewThread

if TYPE_CHECKING:
    from clew.domain.thread import Thread


def thread_from_wire(sent: dict[str, Any]) -> NewThread:
    """A new thread with its first messages."""
    resources = sent.get("tool_resources")
    return NewThread(
        metadata=sent.get("metadata") or {},
        tool_resources=resources_from_wire(resources),
        new_indexes=new_indexes(resources),
        messages=tuple(message_from_wire(one) for one in sent.get("messages") or ()),
    )


def thread_to_wire(thread: Thread) -> wire.Thread:
    """A thread."""
    return wire.Thread(
        id=thread.id,
        created_at=seconds(thread.created_at),
        metadata=metadata_to_wire(thread.metadata),
        tool_resources=resources_to_wire(thread.tool_resources),
    )
