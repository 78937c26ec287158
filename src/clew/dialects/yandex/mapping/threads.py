"""Threads, both ways."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clew.dialects.yandex import wire
from clew.dialects.yandex.mapping.common import described, new_described, revised
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
        **described(thread),
        default_message_author_id=thread.default_author_id or thread.participant_id,
        tools=tools_to_wire(thread.tools, thread.tool_resources),
    )


def thread_from_wire(sent: wire.CreateThreadRequest, *, folder: str | None, author_id: str) -> NewThread:
    """What a new thread is to be. `author_id` is whose its messages are if neither it nor they say."""
    tools, resources = tools_from_wire(sent.tools)
    return NewThread(
        **new_described(sent),
        name=sent.name or None,
        tools=tools,
        tool_resources=resources,
        default_author_id=sent.default_message_author_id or author_id,
        messages=tuple(message_from_wire(one, f"messages[{at}].") for at, one in enumerate(sent.messages)),
        folder=folder,
    )


def thread_revised(old: Thread, new: wire.Thread, fields: Collection[str]) -> Thread:
    """The thread as an update leaves it: these fields as in `new`, all else as it was."""
    thread = revised(old, new, fields)
    if "tools" in fields:
        tools, resources = tools_from_wire(new.tools, old.tools, old.tool_resources)
        thread = replace(thread, tools=tools, tool_resources=resources)
    return thread
