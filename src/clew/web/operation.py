"""Tables of operations: every operation of an upstream API, answered or declined with a reason.

Routing, permissions, the coverage page, the published description and the strangers test are made from such a table.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from clew.domain.project import Scope

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from clew.service.core import Core
    from clew.web.answer import Answer, Streamed
    from clew.web.request import Request

    Handler = Callable[[Core, Request], Awaitable[Answer | Streamed]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One operation. `handler` answers it, or `why_not` says why nothing does.

    `query`, `body` and `gives` are shapes that the dialect understands; `streams` says that the answer may be
    a stream, `extension` that the upstream never had it.
    """

    name: str
    method: str
    path: str
    need: Scope
    handler: Handler | None = None
    why_not: str | None = None
    query: Any = None
    body: Any = None
    gives: Any = None
    multipart: bool = False
    streams: bool = False
    extension: bool = False
    group: str = ""


def read(name: str, path: str, handler: Handler | None = None, **more: Any) -> Operation:  # noqa: ANN401
    """A GET."""
    return Operation(name=name, method="GET", path=path, need=Scope.READ, handler=handler, **more)


def write(name: str, path: str, handler: Handler | None = None, **more: Any) -> Operation:  # noqa: ANN401
    """A POST."""
    return Operation(name=name, method="POST", path=path, need=Scope.WRITE, handler=handler, **more)


def delete(name: str, path: str, handler: Handler | None = None, **more: Any) -> Operation:  # noqa: ANN401
    """A DELETE."""
    return Operation(name=name, method="DELETE", path=path, need=Scope.WRITE, handler=handler, **more)
