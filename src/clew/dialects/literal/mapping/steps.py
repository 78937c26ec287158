"""Steps, the items of a log as this dialect has them, and what is told of them piece by piece."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from clew.dialects.literal import times
from clew.dialects.literal.mapping.attachments import attachment_from_wire, attachment_to_wire
from clew.dialects.literal.mapping.common import object_of
from clew.dialects.literal.mapping.generations import generation_from_wire, generation_to_wire
from clew.dialects.literal.mapping.scores import feedback_from_wire, score_from_wire, score_to_wire
from clew.dialects.literal.shapes import is_list, is_object
from clew.domain.item import Kind
from clew.domain.patch import unless_null
from clew.domain.problem import Invalid
from clew.domain.step import StepChange, input_of, output_of
from clew.domain.step import ended_at as known_end
from clew.domain.step import started_at as known_start

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from clew.domain.enclosure import Enclosure
    from clew.domain.item import Item
    from clew.domain.step import Step

KINDS: Final = {
    "run": Kind.SPAN,
    "tool": Kind.TOOL_CALL,
    "llm": Kind.GENERATION,
    "embedding": Kind.EMBEDDING,
    "retrieval": Kind.RETRIEVAL,
    "rerank": Kind.RERANK,
    "undefined": Kind.OTHER,
    "user_message": Kind.MESSAGE,
    "assistant_message": Kind.MESSAGE,
    "system_message": Kind.MESSAGE,
}
"""Types of steps, and the kind of item that each is. A word that is none of them is an undefined step."""
_TYPES: Final = {kind: word for word, kind in KINDS.items() if kind is not Kind.MESSAGE}
_SPEAKERS: Final = {
    "user": "user_message",
    "assistant": "assistant_message",
    "system": "system_message",
    "developer": "system_message",
}


def type_to_kind(word: str) -> Kind:
    """The kind of item that steps of this type are."""
    return KINDS.get(word, Kind.OTHER)


def role_of(word: str) -> str:
    """Who speaks in a step of this type; nobody in one that is no message."""
    return word.removesuffix("_message") if type_to_kind(word) is Kind.MESSAGE else ""


def kind_word(word: str) -> str:
    """A type of step as lists are filtered by it."""
    kind = type_to_kind(word)
    return f"{kind.value}:{role_of(word)}" if kind is Kind.MESSAGE else kind.value


def type_of(item: Item) -> str:
    """The type of the step that an item is."""
    if item.kind is Kind.MESSAGE:
        return _SPEAKERS.get(item.role or "user", "undefined")
    return _TYPES[item.kind]


def word_of(words: str) -> str:
    """The type of step that `step.type_of` says in these words: `kind_word` the other way round."""
    name, _, role = words.partition(":")
    kind = Kind(name)
    return _SPEAKERS.get(role, "undefined") if kind is Kind.MESSAGE else _TYPES[kind]


def step_from_wire(sent: Mapping[str, Any], *, environment: str | None = None) -> StepChange:
    """What a mutation tells of a step. Null tells nothing, as does what was not sent. Raises `Invalid`.

    Times are microseconds already, and texts are texts: what is not was refused with the arguments.
    """
    told = unless_null(sent)
    fields: dict[str, Any] = {ours: told[name] for name, ours in _PLAIN.items() if name in told}
    if told.get("threadId"):
        fields["thread_id"] = told["threadId"]
    if "type" in told:
        fields["kind"] = type_to_kind(told["type"])
        if role := role_of(told["type"]):
            fields["role"] = role
    for name in ("input", "output"):
        if name in told:
            fields[name] = {"content": told[name]} if isinstance(told[name], str) else told[name]
    if "metadata" in told:
        fields["metadata"] = object_of("metadata", told["metadata"])
    if "generation" in told:
        fields["generation"] = generation_from_wire(told["generation"])
    if (tags := _tags(told)) is not None:
        fields["tags"] = tags
    scores = [score_from_wire(one) for one in told.get("scores", ())]
    if "feedback" in told:
        scores.append(feedback_from_wire(told["feedback"], step_id=told["id"]))
    return StepChange(
        id=_id(told["id"]),
        environment=environment,
        scores=tuple(scores),
        enclosures=tuple(attachment_from_wire(one) for one in told.get("attachments", ())),
        **fields,
    )


_PLAIN: Final = {
    "rootRunId": "root_id",
    "parentId": "parent_id",
    "name": "name",
    "startTime": "started_at",
    "endTime": "ended_at",
    "error": "error",
}


def _id(sent: str) -> str:
    if not sent:
        raise Invalid("id", "a step needs an id")
    return sent


def _tags(told: Mapping[str, Any]) -> tuple[str, ...] | None:
    """The step's tags, and those that the model's work came with: there is one list to search by. None if untold."""
    generation = told.get("generation", {}).get("tags")
    more = [tag for tag in generation if isinstance(tag, str)] if is_list(generation) else []
    if "tags" not in told and not more:
        return None
    return tuple(dict.fromkeys([*told.get("tags", ()), *more]))


def step_to_wire(step: Step, url_of: Callable[[Enclosure], str | None]) -> dict[str, Any]:
    """The step with its scores, its attachments and its generation. Its thread is put beside it by whoever has it."""
    item, trace = step.item, step.item.trace
    # What other dialects and our own runs wrote has no times of a step, but times.
    told = trace is not None and item.run_id is None
    started_at = trace.started_at if trace is not None and told else known_start(item)
    ended_at = trace.ended_at if trace is not None and told else known_end(item)
    return {
        "id": item.id,
        "threadId": step.thread_id,
        "rootRunId": item.root_id or item.run_id,
        "parentId": item.parent_id,
        "startTime": times.shown(started_at),
        "endTime": times.shown(ended_at),
        "createdAt": times.shown(item.created_at),
        "type": type_of(item),
        "name": trace.name if trace is not None else None,
        "error": trace.error.message if trace is not None and trace.error is not None else None,
        "input": {"messages": list(step.asked)} if step.asked else _as_object(input_of(item)),
        "output": step.answered or _as_object(output_of(item)),
        "metadata": item.metadata,
        "environment": item.environment,
        "tags": list(item.tags),
        "scores": [score_to_wire(score) for score in step.scores],
        "attachments": [attachment_to_wire(one, url_of, step.thread_id) for one in step.enclosures],
        "generation": generation_to_wire(step),
    }


def _as_object(value: Any) -> Any:  # noqa: ANN401 (any JSON)
    """Text as clients of this dialect have it: what a call of ours took is JSON, anything else is content."""
    if not isinstance(value, str):
        return value
    try:
        read = json.loads(value)
    except (ValueError, RecursionError):
        read = None
    return read if is_object(read) else {"content": value}
