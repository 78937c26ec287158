"""Things with what a query asks of them beside themselves: each kind in one read, however many the things are.

Every function here takes the path under which the things are in the answer; it is empty, or ends in a dot.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final, TypeVar

from clew.dialects.literal.mapping import threads as thread_mapping
from clew.dialects.literal.mapping.participants import participant_to_wire, sum_to_wire
from clew.dialects.literal.mapping.scores import FEEDBACK, feedback_to_wire, score_to_wire
from clew.dialects.literal.mapping.steps import step_to_wire, type_to_kind
from clew.domain.step import as_text
from clew.service import catalog, conversations, people
from clew.service import steps as step_service

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from clew.dialects.literal.call import Call
    from clew.domain.participant import Participant
    from clew.domain.score import Score
    from clew.domain.step import Step
    from clew.domain.thread import Thread

T = TypeVar("T")

LARGE: Final = 200
"""From so many steps on their objects are made in a thread: a long thread would hold everybody else up."""
SUMS: Final = ("lastEngaged", "threadCount", "tokenCount")


async def aside(size: int, make: Callable[[], T]) -> T:
    """What `make` makes of so many steps, in a thread where they are many."""
    return make() if size < LARGE else await asyncio.to_thread(make)


async def of_threads(call: Call, threads: Sequence[Thread], path: str) -> list[dict[str, Any]]:
    """The threads with what is asked of them below `path`, which ends in a dot: each kind of thing in one read."""
    shown = [thread_mapping.thread_to_wire(thread) for thread in threads]
    if call.wants(f"{path}participant"):
        ids = [thread.participant_id for thread in threads if thread.participant_id is not None]
        people = await _people(call, ids, f"{path}participant.")
        for thread, one in zip(threads, shown, strict=True):
            one["participant"] = people.get(thread.participant_id or "")
    if call.wants(f"{path}tokenCount") or call.wants(f"{path}duration"):
        sums = await catalog.thread_sums(call.core, call.caller, [thread.id for thread in threads])
        for one in shown:
            one.update(thread_mapping.sum_to_wire(sums.get(one["id"])))
    if call.wants(f"{path}steps"):
        kept = call.get("stepTypesToKeep")
        told = await _steps(call, [thread.id for thread in threads], f"{path}steps.", types=kept)
        for one in shown:
            one["steps"] = told[one["id"]]
        if call.wants(f"{path}steps.thread"):
            for one in shown:
                for step in one["steps"]:
                    step["thread"] = one
    return shown


async def _steps(
    call: Call, thread_ids: Sequence[str], path: str, *, types: Collection[str] | None
) -> dict[str, list[dict[str, Any]]]:
    """All steps of each thread, or those of these types, with what is asked of them below `path`."""
    kinds = None if types is None else {type_to_kind(one) for one in types}
    found = await step_service.of_threads(call.core, call.caller, thread_ids, kinds=kinds)
    among = sum(len(steps) for steps in found.values())
    shown: dict[str, list[dict[str, Any]]] = {}
    for thread_id in thread_ids:
        one = await of_steps(call, found[thread_id], path, with_threads=False, among=among)
        shown[thread_id] = one if types is None else [step for step in one if step["type"] in types]
    return shown


async def _steps_by_id(call: Call, ids: Sequence[str], path: str) -> dict[str, dict[str, Any]]:
    """Those of these steps that there are, with what is asked of them below `path`."""
    found = await step_service.every(call.core, call.caller, ids) if ids else {}
    return {one["id"]: one for one in await of_steps(call, list(found.values()), path)}


async def of_steps(
    call: Call, steps: Sequence[Step], path: str, *, with_threads: bool = True, among: int = 0
) -> list[dict[str, Any]]:
    """The steps with what is asked of them below `path`, which is empty or ends in a dot.

    `among` says of how many steps in all these are some, where they are told of thread by thread.
    """
    shown = await aside(max(among, len(steps)), lambda: [_step(call, step) for step in steps])
    _join(call, shown, path)
    if call.wants(f"{path}feedback"):
        for one in shown:
            one["feedback"] = _feedback(one)
    if call.wants(f"{path}generation.projectId"):
        for one in shown:
            if one["generation"] is not None:
                one["generation"]["projectId"] = call.caller.project_id
    if with_threads and call.wants(f"{path}thread"):
        ids = [step.thread_id for step in steps if step.thread_id is not None]
        found = list((await conversations.every(call.core, call.caller, ids)).values()) if ids else []
        by_id = {one["id"]: one for one in await of_threads(call, found, f"{path}thread.")}
        for one in shown:
            one["thread"] = by_id.get(one["threadId"] or "")
    return shown


def _step(call: Call, step: Step) -> dict[str, Any]:
    one = step_to_wire(step, call.visit.url_of)
    if call.visit.wants_text:
        one |= {name: None if one[name] is None else as_text(one[name]) for name in ("input", "output")}
    return one


def _join(call: Call, steps: Sequence[dict[str, Any]], path: str) -> None:
    """Let what hangs on a step know its step, where that is asked for: there it is a circle."""
    if call.wants(f"{path}scores.step"):
        for step in steps:
            for score in step["scores"]:
                score["step"] = step
    if call.wants(f"{path}generation.step"):
        for step in steps:
            if step["generation"] is not None:
                step["generation"]["step"] = step


def _feedback(step: dict[str, Any]) -> dict[str, Any] | None:
    """The newest score that is the step's feedback, as the clients of early 2024 read it."""
    for score in reversed(step["scores"]):
        if score["name"] == FEEDBACK:
            return feedback_to_wire(score, step["threadId"])
    return None


async def of_scores(call: Call, scores: Sequence[Score], path: str) -> list[dict[str, Any]]:
    """The scores with what is asked of them."""
    shown = [{**score_to_wire(score), "projectId": call.caller.project_id} for score in scores]
    if call.wants(f"{path}step"):
        ids = [score.step_id for score in scores if score.step_id is not None]
        by_id = await _steps_by_id(call, ids, f"{path}step.")
        for one in shown:
            one["step"] = by_id.get(one["stepId"] or "")
    return shown


async def _people(call: Call, ids: Sequence[str], path: str) -> dict[str, dict[str, Any]]:
    """Those of these participants that there are, with what is asked of them below `path`."""
    found = list((await people.every(call.core, call.caller, ids)).values()) if ids else []
    return {one["id"]: one for one in await of_participants(call, found, path)}


async def of_participants(call: Call, participants: Sequence[Participant], path: str) -> list[dict[str, Any]]:
    """The participants with what is asked of them."""
    shown = [participant_to_wire(one) for one in participants]
    if shown and any(call.wants(path + name) for name in SUMS):
        sums = await catalog.participant_sums(call.core, call.caller, [one.id for one in participants])
        for one in shown:
            one.update(sum_to_wire(sums.get(one["id"])))
    return shown
