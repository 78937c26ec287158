"""The ASGI application: finds the dialect a path belongs to, and answers whatever happens."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Protocol

from clew.web.request import ClientGone, Request

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from clew.service.core import Core
    from clew.web.answer import Answer, Streamed
    from clew.web.request import Receive, Scope, Send

log = logging.getLogger("clew.web")


class Dialect(Protocol):
    """One vendor's way to speak over HTTP."""

    async def answer(self, request: Request) -> Answer | Streamed:
        """The answer, also to what is wrong with the request. What it raises is a bug of ours."""
        ...

    def internal_error(self, request: Request) -> Answer:
        """The answer to a bug of ours: nothing of it shows."""
        ...


class App:
    """The application. `dialects` are chosen by the longest prefix of a path, in whole words.

    `guard` may refuse before any of them.
    """

    def __init__(
        self,
        core: Core,
        dialects: Mapping[str, Dialect],
        guard: Callable[[Request], Answer | None] | None = None,
    ) -> None:
        self._core = core
        self._dialects = sorted(dialects.items(), key=lambda pair: -len(pair[0]))
        self._guard = guard

    def _dialect(self, path: str) -> Dialect:
        for prefix, dialect in self._dialects:
            # The empty prefix is that of every path, also of one without a slash.
            if not prefix or path == prefix or path.startswith(prefix if prefix.endswith("/") else f"{prefix}/"):
                return dialect
        raise LookupError(path)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One connection's worth of ASGI."""
        if scope["type"] == "lifespan":
            await _live(receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1000})
            return
        started = time.perf_counter()
        request = Request(scope, receive, self._core.ids.new("request"))
        dialect = self._dialect(request.path)
        try:
            refused = self._guard(request) if self._guard else None
            answer = refused or await dialect.answer(request)
        except ClientGone:
            return
        except Exception:
            log.exception("request %s failed: %s %s", request.id, request.method, request.path)
            answer = dialect.internal_error(request)
        common = [(b"x-request-id", request.id.encode())]
        try:
            await answer.send(request, send, common)
        except OSError:
            log.debug("request %s: the client left before its answer", request.id)
        except Exception:  # too late for words: the server cuts an answer that is not whole
            log.exception("the answer to request %s broke off: %s %s", request.id, request.method, request.path)
        if log.isEnabledFor(logging.DEBUG):
            took_ms = (time.perf_counter() - started) * 1000
            log.debug("%s %s %s %d %.1fms", request.id, request.method, request.path, answer.status, took_ms)


async def _live(receive: Receive, send: Send) -> None:
    """The lifespan protocol. What lives with the server is started and stopped around it, in `app.serve`."""
    while True:
        message: Mapping[str, object] = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
