"""Scores, and the feedback as which the clients of early 2024 know one of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from clew.dialects.literal import times
from clew.dialects.literal.mapping.common import number_of, text_of, texts_of
from clew.domain.problem import Invalid
from clew.domain.score import ScoreKind
from clew.domain.step import ScoreChange

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clew.domain.score import Score

FEEDBACK: Final = "user-feedback"
"""The name of the score that was a feedback."""
STRATEGIES: Final = frozenset({"BINARY", "STARS", "BIG_STARS", "LIKERT", "CONTINUOUS", "LETTERS", "PERCENTAGE"})
_TEXTS: Final = {"label": "label", "scorer": "scorer", "comment": "comment", "name": "name"}


def score_from_wire(sent: Mapping[str, Any]) -> ScoreChange:
    """What is told of a score, by a mutation or within a step. Raises `Invalid`."""
    fields: dict[str, Any] = {ours: text for name, ours in _TEXTS.items() if (text := text_of(sent, name)) is not None}
    if sent.get("value") is not None:
        fields["value"] = number_of(sent, "value")
        if fields["value"] is None:
            raise Invalid("value", "has to be a number")
    if (kind := text_of(sent, "type")) is not None:
        if kind.lower() not in set(ScoreKind):
            raise Invalid("type", "has to be one of HUMAN, CODE, AI")
        fields["kind"] = ScoreKind(kind.lower())
    if (tags := texts_of(sent, "tags")) is not None:
        fields["tags"] = tags
    if item := text_of(sent, "datasetExperimentItemId"):
        fields["experiment_item_id"] = item
    if step_id := text_of(sent, "stepId"):
        fields["step_id"] = step_id
    elif step_id := text_of(sent, "generationId"):
        fields |= {"step_id": step_id, "of_generation": True}
    return ScoreChange(id=text_of(sent, "id") or None, **fields)


def score_to_wire(score: Score) -> dict[str, Any]:
    """The score by itself."""
    return {
        "id": score.id,
        "stepId": score.step_id,
        "generationId": score.step_id if score.of_generation else None,
        "datasetExperimentItemId": score.experiment_item_id,
        "type": score.kind.value.upper(),
        "name": score.name,
        "value": score.value,
        "label": score.label,
        "scorer": score.scorer,
        "comment": score.comment,
        "tags": list(score.tags),
        "createdAt": times.shown(score.created_at),
        "updatedAt": times.shown(score.updated_at),
    }


def feedback_from_wire(sent: Mapping[str, Any], *, step_id: str | None = None) -> ScoreChange:
    """What is told of a feedback. Within a step it needs no id: a step has one, and hearing of it again changes it."""
    known = text_of(sent, "id") or (f"{step_id}:feedback" if step_id else None)
    told = {name: sent.get(name) for name in ("value", "comment")}
    return score_from_wire({**told, "id": known, "name": FEEDBACK, "type": "HUMAN", "label": sent.get("strategy")})


def feedback_to_wire(score: Mapping[str, Any], thread_id: str | None) -> dict[str, Any]:
    """A score as a feedback: the strategy is kept as the score's label, which has no other place for it.

    Its clients cannot read one without, and take a feedback of which nothing is said for a yes or no.
    """
    shown = {name: score[name] for name in ("id", "stepId", "value", "comment")}
    return {**shown, "threadId": thread_id, "strategy": score["label"] if score["label"] in STRATEGIES else "BINARY"}
