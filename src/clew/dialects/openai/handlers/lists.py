"""Lists: from query to window, from page to envelope."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from clew.dialects.openai import wire
from clew.domain.page import Order, Page, Window
from clew.web.answer import Answer

if TYPE_CHECKING:
    from collections.abc import Callable

    from clew.web.request import Request

T = TypeVar("T")


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
    """The list envelope."""
    data = [show(thing) for thing in page.things]
    return Answer(
        value=wire.List(
            data=data,
            first_id=data[0].id if data else None,
            last_id=data[-1].id if data else None,
            has_more=page.has_more,
        )
    )
