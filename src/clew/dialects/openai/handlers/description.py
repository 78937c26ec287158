"""The published description: OpenAPI 3.1, made from the table of operations and the shapes in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clew.web.answer import Answer

if TYPE_CHECKING:
    from clew.service.core import Core
    from clew.web.request import Request


async def get(core: Core, request: Request) -> Answer:  # noqa: ARG001 (handlers are all called alike)
    """`getDescription`."""
    from clew.dialects.openai.openapi import description  # noqa: PLC0415 (it reads the table that names this handler)

    return Answer(content=description())
