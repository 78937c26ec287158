"""An assistant: a model, what it is told, and what it may use. Every change makes a version."""

from __future__ import annotations

from typing import Any

from clew.domain.expiration import Expiration
from clew.domain.noun import Noun
from clew.domain.run import Truncation
from clew.domain.tool import ResponseFormat, Tool, ToolResources


class Assistant(Noun, frozen=True, kw_only=True):
    """One assistant as it stands. `version` counts from 1 and rises with each change."""

    project_id: str
    id: str
    created_at: int
    updated_at: int
    model: str
    version: int = 1
    version_id: str = ""
    name: str | None = None
    description: str | None = None
    instructions: str | None = None
    tools: tuple[Tool, ...] = ()
    tool_resources: ToolResources | None = None
    metadata: dict[str, Any] = {}
    temperature: float | None = None
    top_p: float | None = None
    response_format: ResponseFormat | None = None
    reasoning_effort: str | None = None
    truncation: Truncation | None = None
    max_prompt_tokens: int | None = None
    max_completion_tokens: int | None = None
    expiration: Expiration | None = None
    expires_at: int | None = None
    last_active_at: int | None = None
    folder: str | None = None
    created_by: str | None = None
    updated_by: str | None = None


class AssistantVersion(Noun, frozen=True, kw_only=True):
    """A snapshot, and which fields the update named that made it."""

    id: str
    assistant: Assistant
    mask: tuple[str, ...] = ()
