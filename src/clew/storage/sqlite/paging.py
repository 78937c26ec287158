"""Turning a window over ids into bounds over keys."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeAlias, TypeVar

from clew.domain.noun import replace
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


def start(window: Window, place: Callable[[str | None], Place | None]) -> Place | None:
    """Where the window begins: at its mark, else where `place` finds its `after`.

    Raises `NotFound` for what is no mark of ours.
    """
    if window.mark is None:
        return place(window.after)
    at, dot, no = window.mark.partition(".")
    if not dot or len(window.mark) > MARK_LENGTH or not at.isdecimal() or not no.isdecimal():
        raise NotFound("mark", window.mark)
    return int(at), int(no)


def marked(window: Window, found: Page[T], place: Callable[[Any], Place | None]) -> Page[T]:
    """The page, with a mark where its last thing stands if the window wants one."""
    if not window.marked or not found.things:
        return found
    stands = place(found.things[-1])
    return found if stands is None else replace(found, mark=f"{stands[0]}.{stands[1]}")


def page(window: Window, span: Span[K], rows: Sequence[R], build: Callable[[R], T]) -> Page[T]:
    """The page that these rows, read along `span`, make."""
    has_more = len(rows) > span.limit
    things = [build(row) for row in rows[: span.limit]]
    if span.ascending != (window.order is Order.ASC):
        things.reverse()
    return Page(things=tuple(things), has_more=has_more)
