"""Who comes in: a key's project, or in open mode everybody into one project."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from clew.auth.keys import fingerprint
from clew.domain.project import Caller

if TYPE_CHECKING:
    from clew.auth.keys import KeyRing

STRANGERS_MAX: Final = 1000
ANYONE: Final = "anyone"
"""Who made what was made on an open server."""


class Gate:
    """The door. `open_project` is where callers without a known key go; None keeps them out."""

    def __init__(self, ring: KeyRing, *, open_project: str | None) -> None:
        self._ring = ring
        self._anybody = None if open_project is None else Caller(project_id=open_project, subject=ANYONE)
        self._strangers: set[bytes] = set()

    @property
    def is_open(self) -> bool:
        """Whether any key will do."""
        return self._anybody is not None

    async def admit(self, secret: str) -> Caller | None:
        """The caller with this key, or None for one that stays outside."""
        if self._anybody is None:
            return await self._ring.caller_of(secret)
        # What was no key will never be one: keys are made from randomness. So an open door looks each up once.
        mark = fingerprint(secret)
        if mark in self._strangers:
            return self._anybody
        caller = await self._ring.caller_of(secret)
        if caller is None:
            if len(self._strangers) >= STRANGERS_MAX:
                self._strangers.clear()
            self._strangers.add(mark)
        return caller or self._anybody
