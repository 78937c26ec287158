"""The payload of a model's step: kept as it was sent, shown so that clients can read it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from clew.dialects.literal import times
from clew.dialects.literal.mapping.common import number_of, whole_of
from clew.domain.item import Kind
from clew.domain.step import Generated, model_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clew.domain.step import Step

_AS_SENT: Final = (
    "provider",
    "model",
    "error",
    "promptId",
    "prompt",
    "completion",
    "template",
    "templateFormat",
    "formatted",
)
_JSON: Final = ("messages", "messageCompletion", "variables", "inputs", "settings", "metadata")
_COUNTS: Final = ("tokenCount", "inputTokenCount", "outputTokenCount")
_NUMBERS: Final = ("ttFirstToken", "duration", "tokenThroughputInSeconds")
_OURS: Final = frozenset({"id", "stepId", "createdAt", "projectId"})
"""What a step that was read says of itself, and is not told anew when it is sent back."""


def generation_from_wire(sent: Mapping[str, Any]) -> Generated:
    """What was told of a model's work. What cannot be searched by is kept all the same."""
    prompt, completion = whole_of(sent, "inputTokenCount"), whole_of(sent, "outputTokenCount")
    tokens = whole_of(sent, "tokenCount")
    if tokens is None and (prompt is not None or completion is not None):
        tokens = (prompt or 0) + (completion or 0)
    return Generated(
        payload={name: value for name, value in sent.items() if name not in _OURS and value is not None},
        model=_text(sent, "model"),
        provider=_text(sent, "provider"),
        prompt_tokens=prompt,
        completion_tokens=completion,
        tokens=tokens,
        seconds=number_of(sent, "duration"),
        prompt_id=_text(sent, "promptId"),
    )


def generation_to_wire(step: Step) -> dict[str, Any] | None:
    """The model's work in a step; None where there is none. Its id is the step's."""
    item = step.item
    payload = item.trace.generation if item.trace is not None else None
    if payload is None:
        if item.kind is not Kind.GENERATION or item.run_id is None:
            return None
        payload = _of_run(step)
    return {
        "id": item.id,
        "stepId": item.id,
        "createdAt": times.shown(item.created_at),
        "type": _type(payload),
        "tags": payload.get("tags") if isinstance(payload.get("tags"), list) else None,
        "tools": payload.get("tools") if isinstance(payload.get("tools"), list) else None,
        **{name: _text(payload, name) for name in _AS_SENT},
        **{name: payload.get(name) for name in _JSON},
        **{name: whole_of(payload, name) for name in _COUNTS},
        **{name: number_of(payload, name) for name in _NUMBERS},
    }


def _of_run(step: Step) -> dict[str, Any]:
    """What our own engine knows of what its model did."""
    item = step.item
    payload: dict[str, Any] = {"type": "CHAT", "messages": list(step.asked), "model": model_of(item)}
    payload["messageCompletion"] = step.answered
    if item.trace is not None and item.trace.error is not None:
        payload["error"] = item.trace.error.message
    if item.usage is not None:
        payload["inputTokenCount"] = item.usage.prompt_tokens
        payload["outputTokenCount"] = item.usage.completion_tokens
        payload["tokenCount"] = item.usage.total_tokens
    return payload


def _type(payload: Mapping[str, Any]) -> str:
    said = payload.get("type")
    if isinstance(said, str) and said.upper() in {"CHAT", "COMPLETION"}:
        return said.upper()
    return "CHAT" if payload.get("messages") else "COMPLETION"


def _text(sent: Mapping[str, Any], name: str) -> str | None:
    value = sent.get(name)
    return value.replace("\0", "") if isinstance(value, str) else None
