"""Expiration: the same on every noun that can expire."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from clew.domain.noun import Noun

SECOND: Final = 1_000_000
"""Microseconds: times are whole microseconds since 1970, UTC."""
DAY_SECONDS: Final = 86_400


class Policy(StrEnum):
    """From when the time to live counts."""

    STATIC = "static"
    SINCE_LAST_ACTIVE = "since_last_active"


class Expiration(Noun, frozen=True, kw_only=True):
    """A policy and a time to live."""

    policy: Policy
    ttl_seconds: int

    def expires_at(self, *, created_at: int, last_active_at: int) -> int:
        """When the thing ends, in microseconds: always counted from the past, never from now."""
        start = created_at if self.policy is Policy.STATIC else last_active_at
        return start + self.ttl_seconds * SECOND


def expires_at(expiration: Expiration | None, *, created_at: int, last_active_at: int) -> int | None:
    """When the thing ends, or None for one that never does."""
    if expiration is None:
        return None
    return expiration.expires_at(created_at=created_at, last_active_at=last_active_at)
