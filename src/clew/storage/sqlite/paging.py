"""Turning a window over ids into bounds over keys."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from clew.domain.page import Order, Page

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from clew.domain.page import Window

K = TypeVar("K")
R = TypeVar("R")
T = TypeVar("T")

LOWEST = -(1 << 63)
HIGHEST = (1 << 63) - 1


@dataclass(frozen=True, slots=True)
class Span(Generic[K]):
    """The open interval of keys to read, and in which direction."""

    low: K
    high: K
    ascending: bool
    limit: int

    @property
    def suffix(self) -> str:
        """How the statement for this direction is named."""
        return "_asc" if self.ascending else "_desc"

    @property
    def fetch(self) -> int:
        """One more than asked: whether it comes says if there is more."""
        return self.limit + 1


def span(window: Window, *, after: K | None, before: K | None, lowest: K, highest: K) -> Span[K]:
    """The bounds of a window whose cursors stand at these keys."""
    rising = window.order is Order.ASC
    low, high = (after, before) if rising else (before, after)
    return Span(
        low=lowest if low is None else low,
        high=highest if high is None else high,
        ascending=rising != window.backwards,
        limit=window.limit,
    )


def page(window: Window, span: Span[K], rows: Sequence[R], build: Callable[[R], T]) -> Page[T]:
    """The page that these rows, read along `span`, make."""
    has_more = len(rows) > span.limit
    things = [build(row) for row in rows[: span.limit]]
    if span.ascending != (window.order is Order.ASC):
        things.reverse()
    return Page(things=tuple(things), has_more=has_more)
