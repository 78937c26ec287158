"""Lists: from the arguments that they share to a query, and from what was found to a connection."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from clew.dialects.literal.mapping.filters import filters_from_wire, sort_from_wire
from clew.dialects.literal.shapes import is_object
from clew.domain.page import Order
from clew.domain.query import Query

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clew.dialects.literal.call import Call
    from clew.domain.query import Found

LIMIT_DEFAULT: Final = 50
LIMIT_MAX: Final = 1000
STEPS_LIMIT_MAX: Final = 100
"""As many threads come in one page where each comes with all of its steps."""


def query_of(call: Call, name: str, *, limit_max: int = LIMIT_MAX) -> Query:
    """What the arguments of a list ask. Raises `Invalid` for a filter, a column or a cursor that cannot be."""
    order_by = call.get("orderBy") or {"column": "createdAt", "direction": "DESC"}
    first, last, filters = call.get("first"), call.get("last"), call.get("filters") or ()
    limit = LIMIT_DEFAULT if first is None and last is None else first if first is not None else last
    return Query(
        filters=filters_from_wire(name, [filters] if is_object(filters) else filters),
        sort=sort_from_wire(name, order_by["column"]),
        order=Order.ASC if order_by["direction"] == "ASC" else Order.DESC,
        limit=min(max(limit or 0, 1), limit_max),
        after=call.get("after"),
        before=call.get("before"),
        skip=max(call.get("skip") or 0, 0),
        until=call.get("cursorAnchor"),
        counted=call.wants("totalCount"),
    )


def connection(found: Found[Any], nodes: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The things that were found, as this dialect shows a list.

    A page that ended early for the length of the search ends where the search did, so that clients go on from there.
    """
    start, end = (found.cursors[0], found.cursors[-1]) if found.cursors else (None, None)
    if found.reached is not None:
        start, end = (found.reached, end) if found.backwards else (start, found.reached)
    return {
        "pageInfo": {
            "startCursor": start,
            "endCursor": end,
            "hasNextPage": found.has_next,
            "hasPreviousPage": found.has_previous,
        },
        "totalCount": found.total or 0,
        "edges": [{"cursor": cursor, "node": node} for cursor, node in zip(found.cursors, nodes, strict=True)],
    }
