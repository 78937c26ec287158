"""Experiments: what came of trying something out, usually on the items of a dataset."""

from __future__ import annotations

from typing import Any

from clew.domain.noun import Noun


class Experiment(Noun, frozen=True, kw_only=True):
    """An experiment. What it names may be gone by now: a result stays true."""

    project_id: str
    id: str
    created_at: int
    name: str
    dataset_id: str | None = None
    variant_id: str | None = None
    version_id: str | None = None
    params: Any = None
    created_by: str | None = None


class ExperimentItem(Noun, frozen=True, kw_only=True):
    """One result. `step_id` names the step at the root of the run that gave it, which may come later."""

    project_id: str
    experiment_id: str
    id: str
    created_at: int
    dataset_item_id: str | None = None
    step_id: str | None = None
    input: Any = None
    output: Any = None
    created_by: str | None = None
