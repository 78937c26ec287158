"""Queries: lists that are filtered, ordered and counted, and what is found."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Generic, TypeVar

from clew.domain.noun import Noun
from clew.domain.page import Order

T = TypeVar("T")


class Op(StrEnum):
    """How a filter compares. `HAS` looks for a piece of text whatever its case; `IS` compares with nothing, yes or no.

    Of a field that holds many values (tags, a thread's steps) one has to fit. `N…` is the opposite of the op behind
    the N: no value fits, so a field without a value does.
    """

    EQ = "eq"
    NEQ = "neq"
    HAS = "has"
    NHAS = "nhas"
    GT = "gt"
    GTE = "gte"
    LT = "lt"
    LTE = "lte"
    IN = "in"
    NIN = "nin"
    IS = "is"
    NIS = "nis"


class Filter(Noun, frozen=True, kw_only=True):
    """One condition. `path` goes on inside of a field: dotted keys of a JSON value, or the name of a score.

    Values of times are microseconds and are compared by the millisecond that a time is in: that is what clients see.
    """

    field: str
    op: Op
    value: Any = None
    path: str | None = None


class Query(Noun, frozen=True, kw_only=True):
    """Which things of a list: all filters hold, at most `limit` beyond `after`, and short of `before`, in `order`.

    `after` and `before` are cursors out of `Found`: they stand for a place and hold when the thing there is gone. With
    `before` alone the page is the nearest to it. `until` leaves out what was made later. `counted` asks for the total.

    `patient` follows its filters through the whole store, for whoever cannot go on from where a search ended; so does
    one with `skip`.
    """

    filters: tuple[Filter, ...] = ()
    sort: str = "created_at"
    order: Order = Order.DESC
    limit: int = 50
    after: str | None = None
    before: str | None = None
    skip: int = 0
    until: int | None = None
    counted: bool = False
    patient: bool = False

    @property
    def backwards(self) -> bool:
        """Whether the nearest things to `before` are wanted, so that travel is against `order`."""
        return self.before is not None and self.after is None


class Found(Noun, Generic[T], frozen=True, kw_only=True):
    """One page, in the asked order, a cursor for each thing, and whether there is more at either end.

    `total` counts what the filters let through, as far as `COUNT_MAX`; None where nobody asked. `reached` is a cursor
    for where the search ended before the page was full: a filter that lets hardly anything through is not followed
    through a whole store at once. The next page goes on from there; it is the one before where `backwards`.
    """

    things: tuple[T, ...]
    cursors: tuple[str, ...]
    has_next: bool
    has_previous: bool
    total: int | None = None
    reached: str | None = None
    backwards: bool = False


COUNT_MAX = 10_000
"""A total is counted no further: what a page costs must not grow with the store."""
