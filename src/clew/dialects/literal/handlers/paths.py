"""What is asked by path: the project of a key, and the pages of threads that early 2024 exported."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from clew.dialects.literal import beside, errors
from clew.dialects.literal.call import Call
from clew.dialects.literal.mapping.filters import filters_from_wire
from clew.dialects.literal.shapes import is_object
from clew.dialects.literal.values import SCALARS, Unreadable
from clew.domain.query import Query
from clew.service import catalog
from clew.web.answer import Answer

if TYPE_CHECKING:
    from clew.service.core import Core
    from clew.web.request import Request

PAGE: Final = 50
EVERYTHING: Final = frozenset({"participant", "steps", "tokenCount", "duration"})


async def project(_core: Core, request: Request) -> Answer:
    """`POST /api/my-project`."""
    return Answer(value={"projectId": request.caller.project_id})


async def export_threads(core: Core, request: Request) -> Answer:
    """`POST /api/export/threads`: pages that are counted from 1, with exactly the keys that its clients read."""
    page = request.body.get("page")
    if page is None:
        page = 1
    if not isinstance(page, int) or isinstance(page, bool) or not 1 <= page <= 2**31:
        raise errors.bad_argument("page", "expected a whole number from 1")
    filters, until = request.body.get("filters"), request.body.get("cursorAnchor")
    if not (filters is None or is_object(filters)):
        raise errors.bad_argument("filters", "expected an object")
    try:
        anchor = None if until is None else SCALARS["DateTime"](until)
    except Unreadable as problem:
        raise errors.bad_argument("cursorAnchor", str(problem)) from None
    query = Query(
        filters=filters_from_wire("threads", [filters] if filters else ()),
        limit=PAGE,
        skip=(page - 1) * PAGE,
        until=anchor,
        counted=True,
        patient=True,
    )
    found = await catalog.threads(core, request.caller, query)
    call = Call(visit=request.context, arguments={}, paths=EVERYTHING)
    total = found.total or 0
    shown: list[dict[str, Any]] = await beside.of_threads(call, found.things, "")
    value = {
        "totalCount": total,
        "totalPage": -(-total // PAGE),
        "hasNextPage": found.has_next,
        "hasPreviousPage": page > 1,
        "data": shown,
    }
    return Answer(value=value)
