"""Pages: by key, never by offset."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

T = TypeVar("T")


class Order(StrEnum):
    """In which direction a list is read. Equal times fall in the order of insertion."""

    ASC = "asc"
    DESC = "desc"


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Which part of a list: at most `limit` things strictly after `after` and strictly before `before`, in `order`.

    Both bounds are ids of things in that list. With `before` alone the page is the nearest `limit`
    things to it, still in `order`.
    """

    limit: int = 20
    order: Order = Order.DESC
    after: str | None = None
    before: str | None = None

    @property
    def backwards(self) -> bool:
        """Whether the nearest things to `before` are wanted, so that travel is against `order`."""
        return self.before is not None and self.after is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[T]):
    """One page, in the asked order. `has_more` looks in the direction of travel."""

    things: tuple[T, ...]
    has_more: bool
