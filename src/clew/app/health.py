"""`GET /health`: whether this process answers and its store reads, and what the last write met if it was refused.

Open to everyone, and says nothing else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from clew.storage.port import StoreProblem
from clew.web.answer import Answer

if TYPE_CHECKING:
    from clew.service.core import Core
    from clew.storage.port import Tx
    from clew.web.request import Request


class Health:
    """Answers whatever is under its path, so that a probe may add a slash or a query."""

    def __init__(self, core: Core) -> None:
        self._core = core

    async def answer(self, request: Request) -> Answer:
        """200 where the store reads, 503 where it does not.

        Trouble with writing is told with a 200: readers are served, and to restart or avoid this server mends no disk.
        """

        async def unit(tx: Tx) -> None:
            await tx.threads.get("", "", now=0)

        if request.method not in ("GET", "HEAD"):
            return Answer(status=405, value={"status": "ask with GET"})
        try:
            await self._core.store.read(unit)
        except StoreProblem:
            return Answer(status=503, value={"status": "the store cannot be read"})
        if trouble := self._core.store.trouble:
            return Answer(value={"status": "ok", "writes": trouble})
        return Answer(value={"status": "ok"})

    def internal_error(self, request: Request) -> Answer:  # noqa: ARG002 (dialects are all asked alike)
        """The answer to a bug of ours."""
        return Answer(status=500, value={"status": "error"})
