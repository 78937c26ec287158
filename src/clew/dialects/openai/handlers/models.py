"""Models, as this dialect's clients see them: the names that are configured. Runs may ask for any other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clew.dialects.openai import errors, wire
from clew.web.answer import Answer

if TYPE_CHECKING:
    from clew.service.core import Core
    from clew.web.request import Request


def _shown(name: str) -> wire.Model:
    return wire.Model(id=name, created=0, owned_by="clew")


async def page(core: Core, request: Request) -> Answer:  # noqa: ARG001 (handlers are all called alike)
    """`listModels`."""
    return Answer(value=wire.ModelList(data=[_shown(name) for name in request.context.models.names()]))


def check(request: Request) -> None:
    """Refuse a body that names a model which nobody serves. Raises `Refusal`."""
    name = request.body.get("model")
    if name is not None and request.context.models.refuses(name):
        raise errors.model_refused(name)


async def get(core: Core, request: Request) -> Answer:  # noqa: ARG001 (handlers are all called alike)
    """`retrieveModel`. Any name that a run could ask for is a model: what nobody configured falls to the default."""
    name = request.params["model"]
    if not request.context.models.knows(name):
        raise errors.model_not_found(name)
    return Answer(value=_shown(name))
