"""What a run keeps alive: its thread, its assistant and the indexes it searches, while it begins and when it ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clew.domain.expiration import lives_on_use, used
from clew.domain.tool import ToolKind
from clew.service import indexes

if TYPE_CHECKING:
    from clew.domain.assistant import Assistant
    from clew.domain.run import Run
    from clew.domain.thread import Thread
    from clew.service.core import Core
    from clew.storage.port import Tx


async def index_ids(tx: Tx, core: Core, run: Run) -> list[str]:
    """Within a unit: the indexes that the run's search tool works on: its own, the thread's and the assistant's."""
    if not _searches(run):
        return []
    return _index_ids(run, *await _over(tx, core, run))


async def touch(tx: Tx, core: Core, run: Run) -> None:
    """Within a unit: the run was at work now, which moves the ends of what it works on and expires when unused.

    What has expired already is let be. Without such an end nothing is written.
    """
    now = core.now()
    thread, assistant = await _over(tx, core, run)
    if thread is not None and lives_on_use(thread):
        await tx.threads.touch(used(thread, now=now), now=now)
    if assistant is not None and lives_on_use(assistant):
        await tx.assistants.touch(used(assistant, now=now))
    if _searches(run):
        for index_id in dict.fromkeys(_index_ids(run, thread, assistant)):
            index = await tx.indexes.get(run.project_id, index_id)
            if index is not None:
                await indexes.touch(tx, core, index)


def _searches(run: Run) -> bool:
    return any(tool.kind is ToolKind.SEARCH for tool in run.tools)


async def _over(tx: Tx, core: Core, run: Run) -> tuple[Thread | None, Assistant | None]:
    now = core.expiry_now()
    return (
        await tx.threads.get(run.project_id, run.thread_id, now=now),
        await tx.assistants.get(run.project_id, run.assistant_id, now=now),
    )


def _index_ids(run: Run, thread: Thread | None, assistant: Assistant | None) -> list[str]:
    by_tool = [index_id for tool in run.tools if tool.kind is ToolKind.SEARCH for index_id in tool.index_ids]
    found = [run.tool_resources, thread and thread.tool_resources, assistant and assistant.tool_resources]
    return by_tool + [index_id for resources in found if resources for index_id in resources.index_ids or ()]
