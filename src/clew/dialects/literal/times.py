"""Times as this dialect writes them: ISO 8601, in UTC, with milliseconds. Read generously."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
MILLISECOND: Final = 1000
"""In microseconds, which is what we count in."""


def read(text: str) -> int:
    """Microseconds since 1970. A time without a zone is UTC, and a date is its midnight.

    Raises ValueError, and OverflowError where no year has that time in UTC.
    """
    moment = datetime.fromisoformat(text.strip())
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return (moment.astimezone(UTC) - _EPOCH) // _MICROSECOND  # what is beyond all years in UTC cannot be shown again


def shown(at: int | None) -> str | None:
    """The time, cut off after its milliseconds; None for None."""
    if at is None:
        return None
    second, part = divmod(at, 1000 * MILLISECOND)
    return f"{_second_shown(second)}.{part // MILLISECOND:03}Z"


@lru_cache(maxsize=4096)
def _second_shown(second: int) -> str:
    """A long thread has many times, and few seconds."""
    return (_EPOCH + timedelta(seconds=second)).isoformat()[:19]
