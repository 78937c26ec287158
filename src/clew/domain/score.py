"""A score: what somebody or something thought of a step."""

from __future__ import annotations

from enum import StrEnum

from clew.domain.noun import Noun


class ScoreKind(StrEnum):
    """Who scored."""

    HUMAN = "human"
    CODE = "code"
    AI = "ai"


class Score(Noun, frozen=True, kw_only=True):
    """One score. `step_id` may name a step that has not come yet; a score of an experiment's item may have none.

    `of_generation` says that whoever scored meant the model's work in the step.
    """

    project_id: str
    id: str
    created_at: int
    updated_at: int
    name: str
    value: float
    kind: ScoreKind = ScoreKind.HUMAN
    step_id: str | None = None
    of_generation: bool = False
    experiment_item_id: str | None = None
    label: str | None = None
    scorer: str | None = None
    comment: str | None = None
    tags: tuple[str, ...] = ()
