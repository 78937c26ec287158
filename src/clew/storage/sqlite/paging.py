"""Turning a window over ids into bounds over keys."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeAlias, TypeVar

from clew.domain.page import Order, Page
from clew.domain.problem import NotFound

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from clew.domain.page import Window

K = TypeVar("K")
R = TypeVar("R")
T = TypeVar("T")

Place: TypeAlias = tuple[int, int]
"""Where a thing stands in a list by time: (created_at, no)."""

LOWEST = -(1 << 63)
HIGHEST = (1 << 63) - 1
MARK_LENGTH = 36
"""Two numbers of at most 17 digits: larger ones are no places."""


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


def mark_of(place: Place | None) -> str | None:
    """A place as text, for whoever reads on from it."""
    return None if place is None else f"{place[0]}.{place[1]}"


def place_of(mark: str) -> Place:
    """The place that a mark stands for. Raises `NotFound` for a text that is none."""
    at, dot, no = mark.partition(".")
    if not dot or len(mark) > MARK_LENGTH or not at.isdecimal() or not no.isdecimal():
        raise NotFound("mark", mark)
    return int(at), int(no)


def page(window: Window, span: Span[K], rows: Sequence[R], build: Callable[[R], T]) -> Page[T]:
    """The page that these rows, read along `span`, make."""
    has_more = len(rows) > span.limit
    things = [build(row) for row in rows[: span.limit]]
    if span.ascending != (window.order is Order.ASC):
        things.reverse()
    return Page(things=tuple(things), has_more=has_more)
