"""Pages: by key, never by offset."""

from __future__ import annotations

from enum import StrEnum
from typing import Generic, TypeVar

from clew.domain.noun import Noun

T = TypeVar("T")


class Order(StrEnum):
    """In which direction a list is read. Equal times fall in the order of insertion."""

    ASC = "asc"
    DESC = "desc"


class Window(Noun, frozen=True, kw_only=True):
    """Which part of a list: at most `limit` things strictly after `after` and strictly before `before`, in `order`.

    Both bounds are ids of things in that list. With `before` alone the page is the nearest `limit`
    things to it, still in `order`.

    `mark` stands for `after` where an earlier page of the list had it as its own: it holds also when the thing that it
    stands behind is gone. Pages have one where `marked` asks for it.
    """

    limit: int = 20
    order: Order = Order.DESC
    after: str | None = None
    before: str | None = None
    mark: str | None = None
    marked: bool = False

    @property
    def backwards(self) -> bool:
        """Whether the nearest things to `before` are wanted, so that travel is against `order`."""
        return self.before is not None and self.after is None


class Page(Noun, Generic[T], frozen=True, kw_only=True):
    """One page, in the asked order. `has_more` looks in the direction of travel; `mark` is where to read on."""

    things: tuple[T, ...]
    has_more: bool
    mark: str | None = None
