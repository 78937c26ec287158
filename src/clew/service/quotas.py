"""Quotas of projects: each unit that adds to what a project has asks here first, within its own transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clew.domain.problem import QuotaSpent
from clew.domain.quota import Amount

if TYPE_CHECKING:
    from clew.service.core import Core
    from clew.storage.port import Tx


async def take(
    tx: Tx,
    core: Core,
    project_id: str,
    *,
    threads: int = 0,
    messages: int = 0,
    bytes: int = 0,  # noqa: A002 (the quota's name)
    runs: int = 0,
) -> None:
    """Within a unit, before it writes: count this much more. Raises `QuotaSpent` where there is no room for it.

    A unit that fails afterwards takes its count with it. Without a quota nothing is asked of the store.
    """
    quota = core.quotas.of(project_id)
    if quota is None:
        return
    more = Amount(threads=threads, messages=messages, bytes=bytes, runs=runs)
    lacking = await tx.used.take(project_id, more, within=quota)
    if lacking is not None:
        raise QuotaSpent(lacking, limit=getattr(quota, lacking))


async def add_message(tx: Tx, core: Core, project_id: str) -> None:
    """Within a unit: a run has written a message. It is counted and never refused: a run is not ended half said."""
    quota = core.quotas.of(project_id)
    if quota is not None and quota.is_counted:
        await tx.used.add(project_id, Amount(messages=1))


async def count_anew(core: Core) -> None:
    """At the start of a server: count what every project with a quota has, and nothing for the others.

    The counts of an earlier server are no use: there may have been another since, without quotas, which did not count.
    It is done here and not when a project first writes, because the refusal of that write would undo it each time.
    """

    async def unit(tx: Tx) -> None:
        await tx.used.forget()
        if not core.quotas.are_counted:
            return
        for project_id in await tx.used.projects():
            quota = core.quotas.of(project_id)
            if quota is not None and quota.is_counted:
                await tx.used.count(project_id)

    await core.store.write(unit)
