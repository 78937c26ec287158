"""Lists: from query to window, from page to envelope."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

import msgspec

from clew.dialects.openai import wire
from clew.domain.page import Order, Page, Window
from clew.web.answer import Answer

if TYPE_CHECKING:
    from collections.abc import Callable

    from clew.domain.noun import Noun
    from clew.web.request import Request

T = TypeVar("T")
N = TypeVar("N", bound="Noun")

KEPT: Final = 4096
KEPT_BYTES: Final = 2048
"""How many things of a kind are kept as they were shown, and how large one may be for that."""

_encode: Final = msgspec.json.Encoder().encode


class Shown(Generic[N]):
    """How nouns look to clients, as JSON. What was shown lately is kept beside the noun that it was made of.

    A noun never changes: what is updated is another one. So nothing here can be out of date.
    """

    def __init__(self, show: Callable[[N], Any]) -> None:
        self._show = show
        self._kept: dict[int, tuple[N, msgspec.Raw]] = {}

    def __call__(self, noun: N) -> msgspec.Raw:
        """The noun as JSON."""
        kept = self._kept.get(id(noun))
        if kept is not None and kept[0] is noun:
            return kept[1]
        content = _encode(self._show(noun))
        shown = msgspec.Raw(content)
        if len(content) <= KEPT_BYTES:
            if len(self._kept) >= KEPT:
                self._kept.clear()
            self._kept[id(noun)] = (noun, shown)
        return shown

    def answer(self, noun: N) -> Answer:
        """The answer that is the noun alone."""
        return Answer(content=bytes(self(noun)))


def window_of(request: Request, *, limit: int = 20) -> Window:
    """The window that the query asks for."""
    query = request.query
    return Window(
        limit=query.get("limit", limit),
        order=Order(query.get("order", Order.DESC)),
        after=query.get("after") or None,
        before=query.get("before") or None,
    )


def listed(page: Page[T], show: Callable[[T], Any]) -> Answer:
    """The list envelope around things as `show` makes them."""
    data = [show(thing) for thing in page.things]
    return _enveloped(data, data[0].id if data else None, data[-1].id if data else None, has_more=page.has_more)


def listed_again(page: Page[N], shown: Shown[N]) -> Answer:
    """The same for things that are read often; their ids are the nouns' own."""
    things: Any = page.things
    ends = (things[0].id, things[-1].id) if things else (None, None)
    return _enveloped([shown(thing) for thing in things], *ends, has_more=page.has_more)


def _enveloped(data: list[Any], first_id: str | None, last_id: str | None, *, has_more: bool) -> Answer:
    return Answer(value=wire.List(data=data, first_id=first_id, last_id=last_id, has_more=has_more))
