"""Assistants and their versions, both ways."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from clew.dialects.yandex import wire
from clew.dialects.yandex.errors import invalid
from clew.dialects.yandex.mapping.common import described, new_described, revised
from clew.dialects.yandex.mapping.options import (
    AUTO,
    completion_to_wire,
    format_from_wire,
    format_to_wire,
    temperature_from_wire,
    tokens_from_wire,
    truncation_from_wire,
    truncation_to_wire,
)
from clew.dialects.yandex.mapping.tools import tools_from_wire, tools_to_wire
from clew.domain.noun import replace
from clew.service.assistants import NewAssistant

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from clew.domain.assistant import Assistant, AssistantVersion

_PROMPT: Final = "prompt_truncation_options"
_COMPLETION: Final = "completion_options"


def assistant_to_wire(assistant: Assistant) -> wire.Assistant:
    """The assistant. How many tokens are likely (`top_p`) and the effort of reasoning cannot be said here."""
    return wire.Assistant(
        **described(assistant),
        model_uri=assistant.model,
        instruction=assistant.instructions,
        prompt_truncation_options=truncation_to_wire(assistant.truncation, assistant.max_prompt_tokens),
        completion_options=completion_to_wire(assistant.temperature, assistant.max_completion_tokens),
        tools=tools_to_wire(assistant.tools, assistant.tool_resources),
        response_format=format_to_wire(assistant.response_format),
    )


def version_to_wire(version: AssistantVersion) -> wire.AssistantVersion:
    """A version: what the assistant was, and the mask of the update that made it, in the caller's words."""
    return wire.AssistantVersion(
        id=version.id,
        update_mask=wire.FieldMask(paths=version.mask),
        assistant=assistant_to_wire(version.assistant),
    )


def assistant_from_wire(sent: wire.CreateAssistantRequest, *, folder: str | None) -> NewAssistant:
    """What a new assistant is to be. Raises `Refusal`."""
    tools, resources = tools_from_wire(sent.tools)
    prompt, completion = sent.prompt_truncation_options, sent.completion_options
    return NewAssistant(
        **new_described(sent),
        model=sent.model_uri,
        name=sent.name or None,
        instructions=sent.instruction or None,
        tools=tools,
        tool_resources=resources,
        temperature=temperature_from_wire(completion, _COMPLETION),
        max_completion_tokens=tokens_from_wire(completion, "max_tokens", _COMPLETION),
        truncation=truncation_from_wire(prompt, _PROMPT),
        max_prompt_tokens=tokens_from_wire(prompt, "max_prompt_tokens", _PROMPT),
        response_format=format_from_wire(sent.response_format),
        folder=folder,
    )


def assistant_revised(old: Assistant, new: wire.Assistant, fields: Collection[str]) -> Assistant:
    """The assistant as an update leaves it: these fields as in `new`, all else as it was. Raises `Refusal`."""
    changes: dict[str, Any] = {}
    for field in fields:
        if field in _CHANGES:
            changes |= _CHANGES[field](old, new)
    return replace(revised(old, new, fields), **changes)


def _model(old: Assistant, new: wire.Assistant) -> dict[str, Any]:  # noqa: ARG001 (as the others)
    if not new.model_uri:
        raise invalid("model_uri", "field is required")
    return {"model": new.model_uri}


def _prompt(old: Assistant, new: wire.Assistant) -> dict[str, Any]:
    options = new.prompt_truncation_options
    said = truncation_from_wire(options, _PROMPT)
    truncation = None if said == AUTO and old.truncation is None else said
    limit = options.max_prompt_tokens.value if options.HasField("max_prompt_tokens") else None
    return {"truncation": truncation, "max_prompt_tokens": limit}


def _completion(old: Assistant, new: wire.Assistant) -> dict[str, Any]:  # noqa: ARG001 (as the others)
    options = new.completion_options
    return {
        "temperature": options.temperature.value if options.HasField("temperature") else None,
        "max_completion_tokens": options.max_tokens.value if options.HasField("max_tokens") else None,
    }


def _tools(old: Assistant, new: wire.Assistant) -> dict[str, Any]:
    tools, resources = tools_from_wire(new.tools, old.tools, old.tool_resources)
    return {"tools": tools, "tool_resources": resources}


_CHANGES: Final[Mapping[str, Callable[[Assistant, wire.Assistant], dict[str, Any]]]] = {
    "model_uri": _model,
    "instruction": lambda _, new: {"instructions": new.instruction or None},
    _PROMPT: _prompt,
    _COMPLETION: _completion,
    "tools": _tools,
    "response_format": lambda old, new: {"response_format": format_from_wire(new.response_format, old.response_format)},
}
"""What each field of an update that only assistants have comes to in the fields of our noun."""


def check(sent: wire.UpdateAssistantRequest, fields: Collection[str]) -> None:
    """Raise `Refusal` for numbers of an update that cannot be.

    Those that were sent, that is, in fields that the update speaks of: what a mask resets is a 0, which could not be
    sent, and what another dialect set may be beyond what is said here.
    """
    if _PROMPT in fields:
        truncation_from_wire(sent.prompt_truncation_options, _PROMPT)
        tokens_from_wire(sent.prompt_truncation_options, "max_prompt_tokens", _PROMPT)
    if _COMPLETION in fields:
        temperature_from_wire(sent.completion_options, _COMPLETION)
        tokens_from_wire(sent.completion_options, "max_tokens", _COMPLETION)
