"""A thread: one conversation, and what is known about it as a whole."""

from __future__ import annotations

from typing import Any

from clew.domain import expiration as expirations
from clew.domain.expiration import Expiration
from clew.domain.noun import Noun, replace
from clew.domain.tool import Tool, ToolResources


class Thread(Noun, frozen=True, kw_only=True):
    """One thread. Times are microseconds, UTC. `updated_at` moves with its fields, `last_active_at` with its log.

    `folder`, here and in the other nouns, is what the client that made the thing called the project, where that is
    not the project's id. `created_by` and `updated_by` are subjects of callers.
    """

    project_id: str
    id: str
    created_at: int
    updated_at: int
    last_active_at: int
    name: str | None = None
    description: str | None = None
    metadata: dict[str, Any] = {}
    tags: tuple[str, ...] = ()
    participant_id: str | None = None
    environment: str | None = None
    tools: tuple[Tool, ...] = ()
    tool_resources: ToolResources | None = None
    default_author_id: str | None = None
    expiration: Expiration | None = None
    expires_at: int | None = None
    folder: str | None = None
    created_by: str | None = None
    updated_by: str | None = None


def expiring(thread: Thread) -> Thread:
    """The thread with `expires_at` worked out anew from its expiration and times."""
    ends = expirations.expires_at(thread.expiration, created_at=thread.created_at, last_active_at=thread.last_active_at)
    return thread if ends == thread.expires_at else replace(thread, expires_at=ends)


def active(thread: Thread, *, now: int) -> Thread:
    """The thread after activity at `now`, which moves the end of one that expires `since_last_active`."""
    return expiring(replace(thread, last_active_at=max(now, thread.last_active_at)))
