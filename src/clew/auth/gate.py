"""Who comes in: a key's project, or in open mode everybody into one project."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clew.domain.project import Caller

if TYPE_CHECKING:
    from clew.auth.keys import KeyRing


class Gate:
    """The door. `open_project` is where callers without a known key go; None keeps them out."""

    def __init__(self, ring: KeyRing, *, open_project: str | None) -> None:
        self._ring = ring
        self._anybody = None if open_project is None else Caller(project_id=open_project, subject="open")

    @property
    def is_open(self) -> bool:
        """Whether any key will do."""
        return self._anybody is not None

    async def admit(self, secret: str) -> Caller | None:
        """The caller with this key, or None for one that stays outside."""
        return await self._ring.caller_of(secret) or self._anybody
