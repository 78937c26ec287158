"""Prompts, their versions and variants."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import NAMESPACE_URL, uuid5

from clew.dialects.literal import times
from clew.dialects.literal.mapping.common import object_of
from clew.dialects.literal.shapes import is_list, is_object
from clew.domain.problem import Invalid
from clew.domain.prompt import Rollout, Template

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from clew.dialects.literal.addresses import Addresses
    from clew.domain.prompt import Prompt, PromptVariant
    from clew.service.prompts import Issue


def template_from_wire(sent: Mapping[str, Any]) -> Template:
    """What a mutation says of a template. Null says nothing. Raises `Invalid`."""
    told = {name: value for name, value in sent.items() if value is not None}
    return Template(
        messages=_objects(told, "templateMessages") or (),
        tools=_objects(told, "tools"),
        settings=object_of("settings", told["settings"]) if "settings" in told else None,
        variables=_list(told, "variables"),
        defaults=object_of("variablesDefaultValues", told["variablesDefaultValues"])
        if "variablesDefaultValues" in told
        else None,
    )


def _list(told: Mapping[str, Any], name: str) -> tuple[Any, ...] | None:
    value = told.get(name)
    if value is None:
        return None
    if not is_list(value):
        raise Invalid(name, "has to be a list")
    return tuple(value)


def _objects(told: Mapping[str, Any], name: str) -> tuple[dict[str, Any], ...] | None:
    values = _list(told, name)
    if values is not None and not all(is_object(one) for one in values):
        raise Invalid(name, "has to be a list of objects")
    return values


def prompt_to_wire(prompt: Prompt) -> dict[str, Any]:
    """The prompt, which is a lineage of versions here. None is ever marked as deleted."""
    return {"id": prompt.id, "name": prompt.name, "description": prompt.description, "deletedAt": None}


def version_to_wire(issue: Issue, addresses: Addresses) -> dict[str, Any]:
    """The version, with the prompt that it is of. `updatedAt` is when it was made: a version never changes."""
    prompt, version = issue.prompt, issue.version
    template = version.template
    return {
        "id": version.id,
        "version": version.number,
        "versionDesc": version.description,
        "createdAt": times.shown(version.created_at),
        "updatedAt": times.shown(version.created_at),
        "label": None,
        "status": None,
        "tags": [],
        "type": "CHAT",
        "url": addresses.of_prompt(version.project_id, prompt.name, version.number),
        "templateMessages": _named(version.id, template.messages),
        "tools": _shown(template.tools),
        "settings": template.settings or {},  # clients of 2024 take the provider out of it before they look
        "variables": _shown(template.variables) or [],
        "variablesDefaultValues": template.defaults,
        "lineage": prompt_to_wire(prompt),
    }


def _named(version_id: str, messages: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The messages, each with a name that stays the same.

    By it the clients recognise a formatted message, and say which prompt a model was given.
    """
    return [{"uuid": str(uuid5(NAMESPACE_URL, f"{version_id}/{place}")), **one} for place, one in enumerate(messages)]


def _shown(values: tuple[Any, ...] | None) -> list[Any] | None:
    return None if values is None else list(values)


def variant_to_wire(variant: PromptVariant) -> dict[str, Any]:
    """The variant, which is an experiment with a prompt here. Who made it is nobody whom its clients know."""
    template = variant.template
    return {
        "id": variant.id,
        "fromLineageId": variant.prompt_id,
        "fromVersion": variant.from_version,
        "scoreTemplateId": variant.score_template_id,
        "projectId": variant.project_id,
        "projectUserId": None,
        "tools": _shown(template.tools),
        "settings": template.settings,
        "variables": _shown(template.variables),
        "templateMessages": list(template.messages),
    }


def rollouts_from_wire(sent: Sequence[Mapping[str, Any]]) -> list[Rollout]:
    """The rollouts, in the domain's words."""
    return [Rollout(version=one["version"], percent=one["rollout"]) for one in sent]


def rollouts_to_wire(prompt: Prompt) -> dict[str, Any]:
    """The rollouts as a list that is one page."""
    edges = [
        {"cursor": str(one.version), "node": {"version": one.version, "rollout": one.percent}}
        for one in prompt.rollouts
    ]
    page = {
        "startCursor": edges[0]["cursor"] if edges else None,
        "endCursor": edges[-1]["cursor"] if edges else None,
        "hasNextPage": False,
        "hasPreviousPage": False,
    }
    return {"pageInfo": page, "totalCount": len(edges), "edges": edges}
