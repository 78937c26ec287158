"""Rows of the table for what is asked by GraphQL. Those of paths are `web.operation.Operation`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from clew.domain.project import Scope

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from clew.dialects.literal.call import Call
    from clew.dialects.literal.refusal import Refusal

    Value = dict[str, Any] | None
    Handler = Callable[[Call], Awaitable[Value]]
    Together = Callable[[Sequence[Call]], Awaitable[Sequence[Value | Exception]]]
    Refused = Callable[[Refusal], Value]


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field at the root of the schema.

    `handler` answers it, or `together` many that stand side by side, or `why_not` says why nothing does. Where there is
    a `refused`, what is wrong is said by the value itself, and neither the field nor its neighbours have an error.
    """

    name: str
    need: Scope
    handler: Handler | None = None
    together: Together | None = None
    why_not: str | None = None
    refused: Refused | None = None
    group: str = ""


def query(name: str, handler: Handler | None = None, **more: Any) -> Field:  # noqa: ANN401
    """A field of a query."""
    return Field(name=name, need=Scope.READ, handler=handler, **more)


def mutation(name: str, handler: Handler | None = None, **more: Any) -> Field:  # noqa: ANN401
    """A field of a mutation."""
    return Field(name=name, need=Scope.WRITE, handler=handler, **more)
