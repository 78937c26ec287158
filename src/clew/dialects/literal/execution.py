"""Answering a plan: each field of it by its row, and what went wrong beside what did not."""

from __future__ import annotations

import asyncio
import logging
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

from clew.dialects.literal import errors
from clew.dialects.literal.beside import LARGE
from clew.dialects.literal.call import Call
from clew.dialects.literal.operations import FIELDS
from clew.dialects.literal.refusal import Refusal
from clew.domain.problem import Denied, Problem

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from clew.dialects.literal.call import Visit
    from clew.dialects.literal.compiling import Plan, RootField
    from clew.dialects.literal.fields import Field

log = logging.getLogger("clew.web")

WHOLE: Final = frozenset({400, 413, 429, 500, 503})
"""Refusals that are the whole answer's status where nothing else is in it. The rest are findings, and those are 200."""


async def execute(visit: Visit, plan: Plan, variables: Mapping[str, Any]) -> tuple[int, dict[str, Any]]:
    """The status and the body. Raises `Denied` where one field is not for this caller: then none is touched."""
    rows = [(root, FIELDS.get(root.name)) for root in plan.fields]
    for _, row in rows:
        if row is not None and row.need not in visit.caller.scopes:
            raise Denied(row.need)
    data: dict[str, Any] | None = {}
    wrong: list[tuple[RootField, Refusal]] = []
    for row, side_by_side in groupby(rows, key=lambda pair: pair[1]):
        roots = [root for root, _ in side_by_side]
        for root, value in zip(roots, await _values(visit, row, roots, variables), strict=True):
            if isinstance(value, Refusal):
                wrong.append((root, value))
                value = None  # noqa: PLW2901 (that is what its field then is)
                if not root.nullable:
                    data = None
            if data is not None:
                data[root.key] = await _projected(root, value)
    if not wrong:
        return 200, {"data": data}
    refusal = wrong[0][1]
    status = refusal.status if len(wrong) == len(rows) and refusal.status in WHOLE else 200
    return status, {"errors": [one.entry((root.key,)) for root, one in wrong], "data": data}


async def _projected(root: RootField, value: dict[str, Any] | None) -> Any:  # noqa: ANN401 (any JSON)
    """What was asked of the value, or the name of the root's type."""
    if root.name == "__typename":
        return root.selection.constants[root.key]
    if _steps_in(value or {}) < LARGE:
        return root.selection.project(value)
    return await asyncio.to_thread(root.selection.encoded, value)


def _steps_in(value: dict[str, Any]) -> int:
    """How many steps a list or a thread comes with."""
    edges: list[dict[str, Any]] = value.get("edges") or []
    return len(value.get("steps") or ()) + sum(1 + len(edge["node"].get("steps") or ()) for edge in edges)


async def _values(
    visit: Visit, row: Field | None, roots: Sequence[RootField], variables: Mapping[str, Any]
) -> list[dict[str, Any] | Refusal | None]:
    """What each of these fields, which are the same one, comes to."""
    if row is None:  # the name of the root's type
        return [{} for _ in roots]
    if row.handler is None and row.together is None:
        return [errors.not_offered(row.name, row.why_not or "") for _ in roots]
    calls: list[Call | Refusal] = []
    for root in roots:
        try:
            calls.append(Call(visit=visit, arguments=root.read(variables), paths=root.paths))
        except Refusal as refusal:
            calls.append(refusal)
    good = [call for call in calls if isinstance(call, Call)]
    answers = iter(await _answers(row, good))
    values = [next(answers) if isinstance(call, Call) else call for call in calls]
    return [_refused(row, value) if isinstance(value, Exception) else value for value in values]


async def _answers(row: Field, calls: Sequence[Call]) -> Sequence[dict[str, Any] | Exception | None]:
    """What the handler gives or raises for each call, in their order."""
    if row.together is not None:
        try:
            return await row.together(calls)
        except Exception as problem:  # noqa: BLE001 (told below, as any other)
            return [problem for _ in calls]
    assert row.handler is not None  # noqa: S101 (a row without one was declined)
    answers: list[dict[str, Any] | Exception | None] = []
    for call in calls:
        try:
            answers.append(await row.handler(call))
        except Exception as problem:  # noqa: BLE001 (told below, as any other)
            answers.append(problem)
    return answers


def _refused(row: Field, problem: Exception) -> dict[str, Any] | Refusal | None:
    if not isinstance(problem, Problem | Refusal):
        log.error("%s failed", row.name, exc_info=problem)
    refusal = errors.refusal_of(problem)
    return row.refused(refusal) if row.refused is not None else refusal
