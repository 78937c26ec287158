"""Threads and the changes that are told of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clew.dialects.literal import times
from clew.dialects.literal.mapping.common import object_of
from clew.domain.patch import unless_null
from clew.service.conversations import ThreadChange

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clew.domain.thread import Thread
    from clew.storage.port import ThreadSum


def thread_to_wire(thread: Thread) -> dict[str, Any]:
    """The thread by itself. Its participant, its steps and what they come to are put beside it by whoever has them."""
    return {
        "id": thread.id,
        "name": thread.name,
        "metadata": thread.metadata,
        "tags": list(thread.tags),
        "createdAt": times.shown(thread.created_at),
        "environment": thread.environment,
    }


def sum_to_wire(total: ThreadSum | None) -> dict[str, Any]:
    """What the steps of a thread come to. One without steps took no tokens and no time."""
    if total is None:
        return {"tokenCount": 0, "duration": None}
    return {"tokenCount": total.tokens, "duration": total.seconds}


def thread_from_wire(arguments: Mapping[str, Any], *, environment: str) -> ThreadChange:
    """What a mutation tells of a thread. Null tells nothing, as does what was not sent.

    The argument moves a thread to another environment; the header, which every request has, only says where it is made.
    """
    told = unless_null(arguments)
    fields: dict[str, Any] = {"name": told["name"]} if "name" in told else {}
    if "metadata" in told:
        fields["metadata"] = object_of("metadata", told["metadata"])
    if "tags" in told:
        fields["tags"] = tuple(told["tags"])
    if "participantId" in told:
        fields["participant"] = told["participantId"]
    if told.get("environment"):
        fields["environment"] = told["environment"]
    return ThreadChange(id=told.get("id"), made_in=environment, **fields)
