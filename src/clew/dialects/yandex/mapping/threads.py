"""Threads, both ways."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clew.dialects.yandex import wire
from clew.dialects.yandex.mapping.common import (
    DEFAULT,
    expiration_from_wire,
    expiration_to_wire,
    expires_at_to_wire,
    labels_from_wire,
    labels_to_wire,
    time_to_wire,
)
from clew.dialects.yandex.mapping.messages import message_from_wire
from clew.dialects.yandex.mapping.tools import tools_from_wire, tools_to_wire
from clew.domain.noun import replace
from clew.service.threads import NewThread

if TYPE_CHECKING:
    from collections.abc import Collection

    from clew.domain.thread import Thread


def thread_to_wire(thread: Thread) -> wire.Thread:
    """The thread. Tags, participant, environment and what code works on cannot be said here."""
    return wire.Thread(
        id=thread.id,
        folder_id=thread.folder or thread.project_id,
        name=thread.name,
        description=thread.description,
        default_message_author_id=thread.default_author_id or thread.participant_id,
        created_by=thread.created_by,
        created_at=time_to_wire(thread.created_at),
        updated_by=thread.updated_by,
        updated_at=time_to_wire(thread.updated_at),
        expiration_config=expiration_to_wire(thread.expiration),
        expires_at=expires_at_to_wire(
            thread.expiration, created_at=thread.created_at, last_active_at=thread.last_active_at
        ),
        labels=labels_to_wire(thread.metadata),
        tools=tools_to_wire(thread.tools, thread.tool_resources),
    )


def thread_from_wire(sent: wire.CreateThreadRequest, *, folder: str | None, author_id: str) -> NewThread:
    """What a new thread is to be. `author_id` is whose its messages are if neither it nor they say."""
    tools, resources = tools_from_wire(sent.tools)
    return NewThread(
        name=sent.name or None,
        description=sent.description or None,
        metadata=labels_from_wire(sent.labels),
        tools=tools,
        tool_resources=resources,
        default_author_id=sent.default_message_author_id or author_id,
        expiration=expiration_from_wire(sent.expiration_config) if sent.HasField("expiration_config") else DEFAULT,
        messages=tuple(message_from_wire(one, f"messages[{at}].") for at, one in enumerate(sent.messages)),
        folder=folder,
    )


def thread_revised(old: Thread, new: wire.Thread, fields: Collection[str]) -> Thread:
    """The thread as an update leaves it: these fields as in `new`, all else as it was."""
    thread = old
    if "name" in fields:
        thread = replace(thread, name=new.name or None)
    if "description" in fields:
        thread = replace(thread, description=new.description or None)
    if "labels" in fields:
        thread = replace(thread, metadata=labels_from_wire(new.labels, old.metadata))
    if "expiration_config" in fields:
        thread = replace(thread, expiration=expiration_from_wire(new.expiration_config, old.expiration))
    if "tools" in fields:
        tools, resources = tools_from_wire(new.tools, old.tools, old.tool_resources)
        thread = replace(thread, tools=tools, tool_resources=resources)
    return thread
