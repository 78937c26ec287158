"""A model's work in a run of ours: what it was asked and what it answered, put together from the log.

What a model was sent is not kept: it is the log, as far as it fitted. So what is shown here is the run's instructions,
a few messages before the run, and what the run itself did before this turn.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from clew.domain.item import CALLS_OUTCOME, Item, Kind, text_of
from clew.domain.noun import replace

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clew.domain.project import Caller
    from clew.domain.run import Run
    from clew.domain.step import Step
    from clew.storage.port import Tx

BEFORE_MAX: Final = 10
"""Messages before a run that are shown with what its model was asked."""

Said = dict[str, Any]


async def shown(tx: Tx, caller: Caller, steps: Sequence[Step]) -> list[Step]:
    """Within a unit: the steps, each generation of a run of ours with what it was asked and what it answered."""
    runs = {
        (step.item.thread_id, step.item.run_id)
        for step in steps
        if step.item.kind is Kind.GENERATION and step.item.run_id is not None
    }
    works = {run_id: await _work(tx, caller, thread_id, run_id) for thread_id, run_id in runs}
    return [_with_work(step, works.get(step.item.run_id or "", {})) for step in steps]


def _with_work(step: Step, work: dict[str, tuple[tuple[Said, ...], Said]]) -> Step:
    if step.item.id not in work:
        return step
    asked, answered = work[step.item.id]
    return replace(step, asked=asked, answered=answered)


async def _work(tx: Tx, caller: Caller, thread_id: str, run_id: str) -> dict[str, tuple[tuple[Said, ...], Said]]:
    """Of each generation of the run, what it was asked and what it answered."""
    items = await tx.items.of_run(caller.project_id, thread_id, run_id)
    run = await tx.runs.get(caller.project_id, thread_id, run_id)
    if not items or run is None:
        return {}
    before = await tx.items.before(
        caller.project_id, thread_id, seq=items[0].seq, kinds=[Kind.MESSAGE], limit=BEFORE_MAX
    )
    said = [*_instructions(run), *(_as_said(item) for item in reversed(before))]
    work: dict[str, tuple[tuple[Said, ...], Said]] = {}
    for generation in (item for item in items if item.kind is Kind.GENERATION):
        made = [item for item in items if item.parent_id == generation.id]
        answered = _answer(generation, made)
        work[generation.id] = (tuple(said), answered)
        said += [answered, *(_result(item) for item in made if item.kind is Kind.TOOL_CALL)]
    return work


def _instructions(run: Run) -> list[Said]:
    return [{"role": "system", "content": run.instructions}] if run.instructions else []


def _as_said(item: Item) -> Said:
    return {"role": item.role or "user", "content": text_of(item)}


def _answer(generation: Item, made: Sequence[Item]) -> Said:
    text = "\n\n".join(text_of(item) for item in made if item.kind is Kind.MESSAGE)
    if generation.trace is None or generation.trace.outcome != CALLS_OUTCOME:
        return {"role": "assistant", "content": text}
    calls = [
        {
            "id": item.id,
            "type": "function",
            "function": {
                "name": item.trace.name if item.trace else "",
                "arguments": item.trace.input if item.trace else "{}",
            },
        }
        for item in made
        if item.kind is Kind.TOOL_CALL
    ]
    return {"role": "assistant", "content": text or None, "tool_calls": calls}


def _result(item: Item) -> Said:
    return {"role": "tool", "tool_call_id": item.id, "content": item.trace.output if item.trace else None}
