"""A model whose adapter is loaded while the server serves already.

What the adapter stands on, the `openai` package, takes longer to load than all the rest of a server; a server that has
just started answers everything else meanwhile.
"""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable

    from clew.engine.model import Ask, Model, ModelConfig, Piece


class Later:
    """The `model.Model` that `load` gives. It is called once and in a thread, at `begin` or at the first question."""

    def __init__(self, load: Callable[[], Model]) -> None:
        self._load = load
        self._loading: asyncio.Task[Model] | None = None

    def begin(self) -> asyncio.Task[Model]:
        """Load, and do not wait for it. Whatever `load` raises, every question raises."""
        if self._loading is None:
            self._loading = asyncio.ensure_future(asyncio.to_thread(self._load))
        return self._loading

    async def stream(self, config: ModelConfig, ask: Ask) -> AsyncGenerator[Piece, None]:
        """The answer of the model, once it is there."""
        model = await asyncio.shield(self.begin())  # others wait for it too
        async with aclosing(model.stream(config, ask)) as pieces:
            async for piece in pieces:
                yield piece

    async def close(self) -> None:
        """Close the model, where it was ever loaded."""
        if self._loading is None:
            return
        await asyncio.wait({self._loading})
        if self._loading.exception() is None:
            await self._loading.result().close()
