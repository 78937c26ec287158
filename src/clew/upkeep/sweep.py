"""The sweep: frees what was deleted or has expired, and bytes that nothing names."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from clew.domain.expiration import SECOND
from clew.service.catalog import catch_up
from clew.service.operations import KEPT_SECONDS

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from clew.service.core import Core
    from clew.storage.port import Tx

log = logging.getLogger("clew.upkeep")

LIMIT: Final = 500
"""Rows in one unit: callers who write wait no longer than for these."""

CAUGHT_MAX: Final = 100_000
"""Things that one sweep brings into the catalogs: a project that begins with more is done by several."""

ORPHAN_SECONDS: Final = 3600
"""Bytes are kept a moment before a row names them, so young ones are let be."""


async def sweep_once(core: Core) -> int:
    """Free everything there is to free, in small batches. Returns how many rows and blobs that was."""

    async def thread_rows(tx: Tx) -> int:
        return await tx.threads.sweep(now=core.expiry_now(), limit=LIMIT)

    async def file_rows(tx: Tx) -> int:
        return await tx.files.sweep(now=core.expiry_now(), limit=LIMIT)

    async def upload_rows(tx: Tx) -> int:
        return await tx.files.sweep_uploads(now=core.now(), limit=LIMIT)

    async def assistant_rows(tx: Tx) -> int:
        return await tx.assistants.sweep(now=core.expiry_now(), limit=LIMIT)

    async def participant_rows(tx: Tx) -> int:
        return await tx.participants.sweep(now=core.expiry_now(), limit=LIMIT)

    async def operation_rows(tx: Tx) -> int:
        return await tx.operations.sweep(done_by=core.now() - KEPT_SECONDS * SECOND, limit=LIMIT)

    async def dataset_rows(tx: Tx) -> int:
        return await tx.datasets.sweep(limit=LIMIT)

    await catch_up(core, limit=CAUGHT_MAX)
    freed = 0
    expired = (thread_rows, file_rows, upload_rows, assistant_rows, participant_rows)
    for rows in (*expired, operation_rows, dataset_rows):
        freed += await _until_done(core, rows)
    return freed + await _orphans(core)


async def _until_done(core: Core, unit: Callable[[Tx], Awaitable[int]]) -> int:
    freed = 0
    while batch := await core.store.write(unit):
        freed += batch
        if batch < LIMIT:
            break
    return freed


async def _orphans(core: Core) -> int:
    """Delete the blobs that no row names: of files just swept, and of writes that came to nothing."""
    freed = 0
    async for blobs in core.blobs.older_than(ORPHAN_SECONDS):
        known = await core.store.read(_known(blobs))
        for blob in blobs:
            if blob not in known:
                freed += await core.blobs.delete(blob)
    return freed


def _known(blobs: list[str]) -> Callable[[Tx], Awaitable[set[str]]]:
    async def unit(tx: Tx) -> set[str]:
        return await tx.files.blobs_known(blobs)

    return unit


async def sweep_forever(core: Core, *, every_seconds: float) -> None:
    """Sweep now and then until cancelled. What goes wrong is logged, and the next sweep tries again."""
    while True:
        started = core.now()
        try:
            freed = await sweep_once(core)
        except Exception:  # the loop must outlive whatever happened; the store may be well again the next time
            log.exception("a sweep failed; the next one is in %g seconds", every_seconds)
        else:
            if freed:
                log.info("a sweep freed %d rows and blobs in %.1f s", freed, (core.now() - started) / SECOND)
        await core.clock.sleep(every_seconds)
