"""Prompts: templates under a name, in versions, of which a rollout may say how often each is given."""

from __future__ import annotations

import json
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, cast

from clew.domain.noun import Noun
from clew.domain.problem import Invalid

if TYPE_CHECKING:
    from collections.abc import Sequence

WHOLE = 100
"""What the parts of a rollout come to at most, in percent."""


class Rollout(Noun, frozen=True, kw_only=True):
    """How often a version is given to whoever asks for the prompt by its name alone."""

    version: int
    percent: int


class Template(Noun, frozen=True, kw_only=True):
    """What a prompt says. Messages have places for variables; `defaults` are values of variables."""

    messages: tuple[dict[str, Any], ...] = ()
    tools: tuple[dict[str, Any], ...] | None = None
    settings: dict[str, Any] | None = None
    variables: tuple[Any, ...] | None = None
    defaults: dict[str, Any] | None = None


class Prompt(Noun, frozen=True, kw_only=True):
    """A prompt. Its versions are numbered from 0, and `versions` says how many there are."""

    project_id: str
    id: str
    name: str
    created_at: int
    updated_at: int
    description: str | None = None
    versions: int = 0
    rollouts: tuple[Rollout, ...] = ()
    created_by: str | None = None


class PromptVersion(Noun, frozen=True, kw_only=True):
    """One version. It never changes."""

    project_id: str
    prompt_id: str
    id: str
    number: int
    created_at: int
    template: Template
    description: str | None = None
    created_by: str | None = None


class PromptVariant(Noun, frozen=True, kw_only=True):
    """A template that is tried out in an experiment and is no version of anything, though it may come from one."""

    project_id: str
    id: str
    created_at: int
    template: Template
    prompt_id: str | None = None
    from_version: int | None = None
    score_template_id: str | None = None
    created_by: str | None = None


def likeness(template: Template, *, with_provider: bool) -> str:
    """What is equal for templates that say the same: messages, tools and settings.

    Who names a message makes it no other one, and a client may show settings without the provider, so both may be left
    out. None is as good as empty, and 1.0 as 1: not every client can tell them apart.
    """
    settings = dict(template.settings or {})
    if not with_provider:
        settings.pop("provider", None)
    messages = [{name: value for name, value in one.items() if name != "uuid"} for one in template.messages]
    text = json.dumps(_plain([messages, list(template.tools or ()), settings]), sort_keys=True)
    return blake2b(text.encode(), digest_size=16).hexdigest()


def _plain(value: Any) -> Any:  # noqa: ANN401 (any JSON value)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in cast("dict[str, Any]", value).items()}
    return [_plain(one) for one in cast("list[Any]", cast("object", value))] if isinstance(value, list) else value


def check_rollouts(prompt: Prompt, rollouts: Sequence[Rollout]) -> None:
    """Raise `Invalid` for versions that there are not, or that come twice, and for parts that are more than all."""
    known: set[int] = set()
    for rollout in rollouts:
        if not 0 <= rollout.version < prompt.versions:
            raise Invalid("rollouts", f"the prompt has no version {rollout.version}")
        if rollout.version in known:
            raise Invalid("rollouts", f"version {rollout.version} comes twice")
        if not 0 <= rollout.percent <= WHOLE:
            raise Invalid("rollouts", f"{rollout.percent} is no part in percent")
        known.add(rollout.version)
    if sum(rollout.percent for rollout in rollouts) > WHOLE:
        raise Invalid("rollouts", f"they come to more than {WHOLE} percent")


def chosen(prompt: Prompt, draw: float) -> int:
    """The number of the version for whoever names none, by a number from 0 up to 1 that was drawn.

    What the rollouts leave is the newest's, which is -1 where there is none.
    """
    reached = 0
    for rollout in prompt.rollouts:
        reached += rollout.percent
        if draw * WHOLE < reached:
            return rollout.version
    return prompt.versions - 1
