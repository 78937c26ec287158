"""Datasets: examples of what should come of what, to try prompts and apps on."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from clew.domain.noun import Noun


class DatasetKind(StrEnum):
    """What its items are about: any input and output, or a model's."""

    KEY_VALUE = "key_value"
    GENERATION = "generation"


class Dataset(Noun, frozen=True, kw_only=True):
    """A dataset. Its name, where it has one, is unique in the project."""

    project_id: str
    id: str
    created_at: int
    updated_at: int
    name: str | None = None
    description: str | None = None
    metadata: dict[str, Any] = {}
    kind: DatasetKind = DatasetKind.KEY_VALUE
    created_by: str | None = None


class Between(Noun, frozen=True, kw_only=True):
    """A step on the way from an example's input to its output, as it was. `type` is that of `step.type_of`."""

    type: str
    name: str | None = None
    input: Any = None
    output: Any = None


class DatasetItem(Noun, frozen=True, kw_only=True):
    """One example. `step_id` names the step that it was made of; it stays as it is when that changes or goes.

    `between` is None where nobody ever looked for what was on the way.
    """

    project_id: str
    dataset_id: str
    id: str
    created_at: int
    input: Any = None
    expected: Any = None
    between: tuple[Between, ...] | None = None
    metadata: dict[str, Any] = {}
    step_id: str | None = None
    created_by: str | None = None
