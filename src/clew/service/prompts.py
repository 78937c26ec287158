"""Prompts: found or made by name, their versions by what they say, and which version is given to whom."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clew.domain.noun import Noun, replace
from clew.domain.patch import check_depth
from clew.domain.problem import Invalid, NotFound
from clew.domain.prompt import Prompt, PromptVariant, PromptVersion, Rollout, Template, check_rollouts, chosen

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clew.domain.project import Caller
    from clew.service.core import Core
    from clew.storage.port import Tx


class Issue(Noun, frozen=True, kw_only=True):
    """A version, and the prompt that it is of."""

    prompt: Prompt
    version: PromptVersion


async def get_or_create(core: Core, caller: Caller, name: str, description: str | None = None) -> Prompt:
    """The prompt of this name, made where there is none. Raises `Invalid` for no name."""
    if not name:
        raise Invalid("name", "a prompt needs a name")

    async def unit(tx: Tx) -> Prompt:
        found = await tx.prompts.by_name(caller.project_id, name)
        if found is not None:
            return found
        now = core.now()
        prompt = Prompt(
            project_id=caller.project_id,
            id=core.ids.new("prompt"),
            name=name,
            created_at=now,
            updated_at=now,
            description=description,
            created_by=caller.subject or None,
        )
        await tx.prompts.insert(prompt)
        return prompt

    return await core.store.write(unit)


async def get(core: Core, caller: Caller, name: str) -> Prompt:
    """The prompt of this name. Raises `NotFound`."""
    return await core.store.read(lambda tx: require(tx, caller, name))


async def require(tx: Tx, caller: Caller, name: str) -> Prompt:
    """Within a unit: the prompt of this name. Raises `NotFound`."""
    prompt = await tx.prompts.by_name(caller.project_id, name)
    if prompt is None:
        raise NotFound("prompt", name)
    return prompt


async def get_or_create_version(
    core: Core, caller: Caller, prompt_id: str, template: Template, description: str | None = None
) -> Issue:
    """The newest version that says the same, made as the next one where there is none. Raises `NotFound`.

    Where the template says nothing of a provider, a version that does may still say the same.
    """
    _check_template(template)
    provided = "provider" in (template.settings or {})

    async def unit(tx: Tx) -> Issue:
        prompt = await tx.prompts.get(caller.project_id, prompt_id)
        if prompt is None:
            raise NotFound("prompt", prompt_id)
        same = await tx.prompts.version_like(caller.project_id, prompt.id, template, with_provider=provided)
        if same is not None:
            return Issue(prompt=prompt, version=same)
        now = core.now()
        version = PromptVersion(
            project_id=caller.project_id,
            prompt_id=prompt.id,
            id=core.ids.new("prompt_version"),
            number=prompt.versions,
            created_at=now,
            template=template,
            description=description,
            created_by=caller.subject or None,
        )
        prompt = replace(prompt, versions=prompt.versions + 1, updated_at=now)
        await tx.prompts.insert_version(version)
        await tx.prompts.update(prompt)
        return Issue(prompt=prompt, version=version)

    return await core.store.write(unit)


def _check_template(template: Template) -> None:
    for field in ("messages", "tools", "variables"):
        values: Sequence[Any] = getattr(template, field) or ()
        check_depth(field, list(values))
    check_depth("settings", template.settings)
    check_depth("defaults", template.defaults)


async def version_by_id(core: Core, caller: Caller, version_id: str) -> Issue:
    """The version, of whichever prompt. Raises `NotFound`."""

    async def unit(tx: Tx) -> Issue:
        version = await tx.prompts.get_version(caller.project_id, version_id)
        prompt = None if version is None else await tx.prompts.get(caller.project_id, version.prompt_id)
        if version is None or prompt is None:
            raise NotFound("prompt version", version_id)
        return Issue(prompt=prompt, version=version)

    return await core.store.read(unit)


async def version(core: Core, caller: Caller, name: str, *, number: int | None, draw: float) -> Issue:
    """The version of this number of the prompt of this name; without a number, the one that `draw` falls on.

    `draw` is a random number from 0 up to 1, for a prompt with rollouts. Without them it is the newest version. Raises
    `NotFound`.
    """

    async def unit(tx: Tx) -> Issue:
        prompt = await require(tx, caller, name)
        wanted = chosen(prompt, draw) if number is None else number
        found = await tx.prompts.numbered(caller.project_id, prompt.id, wanted)
        if found is None:
            raise NotFound("prompt version", f"{name} {max(wanted, 0)}")
        return Issue(prompt=prompt, version=found)

    return await core.store.read(unit)


async def roll_out(core: Core, caller: Caller, name: str, rollouts: Sequence[Rollout]) -> Prompt:
    """The prompt with these rollouts in place of those it had. Raises `NotFound`, `Invalid`."""

    async def unit(tx: Tx) -> Prompt:
        prompt = await require(tx, caller, name)
        check_rollouts(prompt, rollouts)
        prompt = replace(prompt, rollouts=tuple(rollouts), updated_at=core.now())
        await tx.prompts.update(prompt)
        return prompt

    return await core.store.write(unit)


class NewVariant(Noun, frozen=True, kw_only=True):
    """What a new variant is to be."""

    template: Template
    prompt_id: str | None = None
    from_version: int | None = None
    score_template_id: str | None = None


async def create_variant(core: Core, caller: Caller, new: NewVariant) -> PromptVariant:
    """A new variant, of no prompt or of this one. Raises `NotFound` for a prompt or version that it names."""
    _check_template(new.template)

    async def unit(tx: Tx) -> PromptVariant:
        if new.prompt_id is not None:
            prompt = await tx.prompts.get(caller.project_id, new.prompt_id)
            if prompt is None:
                raise NotFound("prompt", new.prompt_id)
            if new.from_version is not None and not 0 <= new.from_version < prompt.versions:
                raise NotFound("prompt version", f"{prompt.name} {new.from_version}")
        variant = PromptVariant(
            project_id=caller.project_id,
            id=core.ids.new("prompt_variant"),
            created_at=core.now(),
            template=new.template,
            prompt_id=new.prompt_id,
            from_version=new.from_version,
            score_template_id=new.score_template_id,
            created_by=caller.subject or None,
        )
        await tx.prompts.insert_variant(variant)
        return variant

    return await core.store.write(unit)
