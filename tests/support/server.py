"""A whole server on a real socket, in a thread of its own: all that users get, but for the clock and the model."""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Self, TypeVar

import uvloop

from clew.app.grpc import grpc_server, listen
from clew.app.http import bound_socket
from clew.app.serve import serve_until
from clew.app.tls import Tls
from clew.app.wiring import Parts, assemble
from clew.auth.gate import Gate
from clew.auth.keys import KeyRing, create
from clew.dialects.openai.dialect import Options
from clew.engine.completions import Completions
from clew.engine.model import ModelConfig, ModelRoutes
from clew.service.core import Limits, RandomIds
from clew.storage.directory import DirectoryBlobs
from clew.storage.sqlite import open_store
from support.clock import FakeClock

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from pathlib import Path

    from clew.app.connections import Patience
    from clew.app.wiring import Assembled
    from clew.storage.port import Store
    from support.certificates import Certificate
    from support.scripted_model import ScriptedModel

T = TypeVar("T")


class RunningServer:
    """`with RunningServer(folder, model) as server:` serves until the block ends. The same folder serves again later.

    The clock stands until `advance` moves it, and begins at the real time of day. `open_project=None` wants keys:
    `key()` makes one. With a certificate both ports speak TLS. More of `parts` replaces what `Parts` would have.
    """

    def __init__(
        self,
        folder: Path,
        model: ScriptedModel | None = None,
        *,
        open_project: str | None = "default",
        limits: Limits | None = None,
        options: Options | None = None,
        clock: FakeClock | None = None,
        config: dict[str, Any] | None = None,
        drain_seconds: float = 5,
        patience: Patience | None = None,
        certificate: Certificate | None = None,
        **parts: Any,
    ) -> None:
        default = None
        if model is not None:
            default = ModelConfig(pattern="*", base_url=model.base_url, api_key="model-key", **(config or {}))
        self.clock = clock or FakeClock()
        self._folder = folder
        self._open_project = open_project
        self._parts: dict[str, Any] = {
            "routes": ModelRoutes(default=default),
            "limits": limits or Limits(),
            "options": options or Options(),
            **parts,
        }
        self._drain_seconds = drain_seconds
        self._patience = patience
        self._certificate = certificate
        self._thread = threading.Thread(target=self._run, name="running-server")
        self._ready = threading.Event()
        self._problem: BaseException | None = None
        self.port = 0
        self.grpc_port = 0

    @property
    def url(self) -> str:
        """Where it answers, without a path."""
        return f"{'https' if self._certificate else 'http'}://127.0.0.1:{self.port}"

    @property
    def grpc_address(self) -> str:
        """What a gRPC client takes as its target."""
        return f"127.0.0.1:{self.grpc_port}"

    @property
    def base_url(self) -> str:
        """What an `openai` client takes as its base URL."""
        return f"{self.url}/v1"

    def __enter__(self) -> Self:
        self._thread.start()
        self._ready.wait()
        if self._problem is not None:
            raise self._problem
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(RuntimeError):
            self.loop.call_soon_threadsafe(self._stopped.set)
        self._thread.join()
        if self._problem is not None:
            raise self._problem

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine on the server's loop and return what it gives."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(30)

    def advance(self, seconds: float) -> None:
        """Move the clock, and let the engine look at what is overdue by then."""

        async def moved() -> None:
            self.clock.advance(seconds)
            await self.assembled.engine.end_overdue()

        self.do(moved())

    def key(self, project_id: str = "default", **more: Any) -> str:
        """A new API key of the project."""

        async def made() -> str:
            _, secret = await create(self.store, RandomIds(), self.clock.now(), project_id=project_id, **more)
            return secret

        return self.do(made())

    def _run(self) -> None:
        try:
            uvloop.run(self._serve())
        except BaseException as problem:  # noqa: BLE001 (raised again in the test's own thread)
            self._problem = problem
        finally:
            self._ready.set()

    async def _serve(self) -> None:
        self.loop = asyncio.get_running_loop()
        self._stopped = asyncio.Event()
        self.store: Store = open_store(self._folder / "clew.db")
        try:
            self.assembled: Assembled = assemble(
                Parts(
                    store=self.store,
                    blobs=DirectoryBlobs(self._folder / "blobs"),
                    gate=Gate(KeyRing(self.store, self.clock), open_project=self._open_project),
                    **{"clock": self.clock, "ids": RandomIds(), "model": Completions(), **self._parts},
                )
            )
            listening = bound_socket("127.0.0.1", self.port)
            self.port = listening.getsockname()[1]
            rpc = grpc_server(self.assembled.yandex)
            tls = self._certificate and Tls(self._certificate.cert, self._certificate.key)
            secured = {} if tls is None else {"cert": tls.cert, "key": tls.key}
            self.grpc_port = listen(rpc, "127.0.0.1", self.grpc_port, **secured)
            self.assembled.yandex.reached_at(grpc_address=self.grpc_address, public_url=self.url)
            await serve_until(
                self._stopped,
                self.assembled,
                listening,
                drain_seconds=self._drain_seconds,
                patience=self._patience,
                tls=tls,
                rpc=rpc,
                ready=self._ready.set,
            )
        finally:
            await self.store.close()
