"""Expiration: the same on every noun that can expire."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Final, Protocol, TypeVar, cast

from clew.domain.noun import Noun, replace

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


class Ending(Protocol):
    """What every noun that can expire has. Without activity so far, it was last active when it was made."""

    @property
    def created_at(self) -> int: ...
    @property
    def last_active_at(self) -> int | None: ...
    @property
    def expiration(self) -> Expiration | None: ...
    @property
    def expires_at(self) -> int | None: ...


E = TypeVar("E", bound=Ending)


def timed(noun: E) -> E:
    """The noun with `expires_at` worked out anew from its expiration and its times."""
    active_at = noun.created_at if noun.last_active_at is None else noun.last_active_at
    ends = expires_at(noun.expiration, created_at=noun.created_at, last_active_at=active_at)
    return noun if ends == noun.expires_at else cast("E", replace(cast("Any", noun), expires_at=ends))


def used(noun: E, *, now: int) -> E:
    """The noun after activity at `now`, which moves the end of one that expires `since_last_active`."""
    active_at = now if noun.last_active_at is None else max(now, noun.last_active_at)
    return timed(cast("E", replace(cast("Any", noun), last_active_at=active_at)))


def lives_on_use(noun: Ending) -> bool:
    """Whether activity moves the noun's end, so that it has to be kept."""
    return noun.expiration is not None and noun.expiration.policy is Policy.SINCE_LAST_ACTIVE
