"""Tools: what a model may call, on what, and how freely."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from clew.domain.noun import Noun


class ToolKind(StrEnum):
    """A function is answered by the caller; the others by us."""

    FUNCTION = "function"
    SEARCH = "search"
    CODE = "code"
    WEB_SEARCH = "web_search"


class Tool(Noun, frozen=True, kw_only=True):
    """One tool. Which fields matter depends on the kind; `options` keeps what only one dialect can say."""

    kind: ToolKind
    name: str | None = None
    description: str | None = None
    parameters: dict[str, Any] | None = None
    strict: bool | None = None
    index_ids: tuple[str, ...] = ()
    results_max: int | None = None
    ranker: str | None = None
    score_threshold: float | None = None
    options: dict[str, Any] | None = None


class ToolResources(Noun, frozen=True, kw_only=True):
    """What the tools work on. None is "never said", which some dialects show differently from "none"."""

    code_file_ids: tuple[str, ...] | None = None
    index_ids: tuple[str, ...] | None = None


class ChoiceMode(StrEnum):
    """How free the model is to call."""

    AUTO = "auto"
    NONE = "none"
    REQUIRED = "required"
    NAMED = "named"


class ToolChoice(Noun, frozen=True, kw_only=True):
    """The mode; with `named` also which tool."""

    mode: ChoiceMode = ChoiceMode.AUTO
    kind: ToolKind | None = None
    name: str | None = None


class FormatKind(StrEnum):
    """What an answer must look like."""

    AUTO = "auto"
    TEXT = "text"
    JSON_OBJECT = "json_object"
    JSON_SCHEMA = "json_schema"


class ResponseFormat(Noun, frozen=True, kw_only=True):
    """The format of answers; the other fields only with a JSON Schema."""

    kind: FormatKind = FormatKind.AUTO
    name: str | None = None
    description: str | None = None
    schema: dict[str, Any] | None = None
    strict: bool | None = None
