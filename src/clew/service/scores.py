"""Scores of steps: making, reading, changing, listing and deleting them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clew.domain.noun import replace
from clew.domain.patch import UNSET, changed
from clew.domain.problem import Invalid, NotFound
from clew.domain.score import Score
from clew.service.catalog import fresh

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clew.domain.project import Caller
    from clew.domain.query import Found, Query
    from clew.domain.step import ScoreChange
    from clew.service.core import Core
    from clew.storage.port import Tx


async def put(tx: Tx, core: Core, caller: Caller, change: ScoreChange) -> Score:
    """Within a unit: the score, new or with what the change says. Its step may come later.

    Raises `Invalid` where a new one lacks its name or its value.
    """
    now = core.now()
    score_id = change.id or core.ids.new("score")
    score = await tx.scores.get(caller.project_id, score_id, now=core.expiry_now()) if change.id else None
    if score is None:
        if change.name is UNSET or not change.name:
            raise Invalid("name", "a score needs a name")
        if change.value is UNSET:
            raise Invalid("value", "a score needs a value")
        shown = now - now % 1000
        score = Score(
            project_id=caller.project_id,
            id=score_id,
            created_at=shown,
            updated_at=shown,
            name=change.name,
            value=change.value,
        )
    fields = ("name", "value", "kind", "step_id", "of_generation", "experiment_item_id")
    more = ("label", "scorer", "comment", "tags")
    score = changed(score, **{name: getattr(change, name) for name in (*fields, *more)})
    score = replace(score, updated_at=max(score.created_at, now))
    await tx.scores.put(score)
    return score


async def create(core: Core, caller: Caller, changes: Sequence[ScoreChange]) -> list[Score]:
    """So many scores, all or none. Raises `Invalid` where one lacks its name or its value."""

    async def unit(tx: Tx) -> list[Score]:
        return [await put(tx, core, caller, change) for change in changes]

    return await core.store.write(unit)


async def update(core: Core, caller: Caller, score_id: str, change: ScoreChange) -> Score:
    """The score with what the change says. Raises `NotFound`."""

    async def unit(tx: Tx) -> Score:
        await require(tx, core, caller, score_id)
        return await put(tx, core, caller, replace(change, id=score_id))

    return await core.store.write(unit)


async def require(tx: Tx, core: Core, caller: Caller, score_id: str) -> Score:
    """Within a unit: the score. Raises `NotFound`."""
    score = await tx.scores.get(caller.project_id, score_id, now=core.expiry_now())
    if score is None:
        raise NotFound("score", score_id)
    return score


async def get(core: Core, caller: Caller, score_id: str) -> Score:
    """The score. Raises `NotFound`."""
    return await core.store.read(lambda tx: require(tx, core, caller, score_id))


async def delete(core: Core, caller: Caller, score_id: str) -> None:
    """Remove the score. Raises `NotFound`."""

    async def unit(tx: Tx) -> None:
        await require(tx, core, caller, score_id)
        await tx.scores.delete(caller.project_id, score_id)

    await core.store.write(unit)


async def page(core: Core, caller: Caller, query: Query) -> Found[Score]:
    """The project's scores that fit. Raises `Invalid` for what cannot be asked, or a cursor that is none.

    Fields: id created_at name value kind comment tags step_id participant. Sorted by: created_at.
    """
    await fresh(core, caller)
    return await core.store.read(lambda tx: tx.scores.page(caller.project_id, query, now=core.expiry_now()))
