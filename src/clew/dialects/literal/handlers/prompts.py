"""Prompts: lineages of versions, rollouts, and the variants that experiments try."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

from clew.dialects.literal.mapping.prompts import (
    prompt_to_wire,
    rollouts_from_wire,
    rollouts_to_wire,
    template_from_wire,
    variant_to_wire,
    version_to_wire,
)
from clew.domain.problem import Invalid, NotFound
from clew.service import prompts as service
from clew.service.prompts import NewVariant

if TYPE_CHECKING:
    from clew.dialects.literal.call import Call
    from clew.dialects.literal.refusal import Refusal


async def create(call: Call) -> dict[str, Any]:
    """`createPromptLineage`: the one of this name, made where there is none."""
    name, description = call.arguments["name"], call.get("description")
    return prompt_to_wire(await service.get_or_create(call.core, call.caller, name, description))


async def get(call: Call) -> dict[str, Any] | None:
    """`promptLineage`. Null where there is none."""
    try:
        return prompt_to_wire(await service.get(call.core, call.caller, call.arguments["name"]))
    except NotFound:
        return None


async def create_version(call: Call) -> dict[str, Any]:
    """`createPromptVersion`: the one that says the same, made where there is none. Raises `NotFound`."""
    template = template_from_wire(call.arguments)
    issue = await service.get_or_create_version(
        call.core, call.caller, call.arguments["lineageId"], template, call.get("versionDesc")
    )
    return version_to_wire(issue, call.visit.addresses)


async def get_version(call: Call) -> dict[str, Any] | None:
    """`promptVersion`, by its id, or else by name and number; by name alone, as the rollouts say. Null without one."""
    id, name = call.get("id"), call.get("name")  # noqa: A001 (the field's standard name)
    if not (id or name):
        raise Invalid("id", "a prompt is asked for by id or by name")
    try:
        if id:
            issue = await service.version_by_id(call.core, call.caller, id)
        else:
            number, draw = call.get("version"), random.random()  # noqa: S311 (nobody gains by guessing it)
            issue = await service.version(call.core, call.caller, name, number=number, draw=draw)
    except NotFound:
        return None
    return version_to_wire(issue, call.visit.addresses)


async def rollouts(call: Call) -> dict[str, Any]:
    """`promptLineageRollout`. Raises `NotFound`: its clients read the list of whatever is answered."""
    return rollouts_to_wire(await service.get(call.core, call.caller, call.arguments["lineageName"]))


async def update_rollouts(call: Call) -> dict[str, Any]:
    """`updatePromptLineageRollout`: these in place of those that there were. Raises `NotFound`, `Invalid`."""
    given = rollouts_from_wire(call.arguments["rollouts"])
    await service.roll_out(call.core, call.caller, call.arguments["name"], given)
    return {"ok": True, "message": None, "errorCode": None}


def refused(refusal: Refusal) -> dict[str, Any]:
    """What a change says that was not made."""
    return {"ok": False, "message": refusal.message, "errorCode": refusal.code}


async def create_variant(call: Call) -> dict[str, Any]:
    """`createPromptExperiment`. Raises `NotFound` for a lineage or version that it names."""
    new = NewVariant(
        template=template_from_wire(call.arguments),
        prompt_id=call.get("fromLineageId") or None,
        from_version=call.get("fromVersion"),
        score_template_id=call.get("scoreTemplateId"),
    )
    return variant_to_wire(await service.create_variant(call.core, call.caller, new))
