"""`clew serve`: everything in one process, from start-up text to the last answer."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import signal
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Final
from urllib.parse import urlparse

import uvloop

from clew.app.connections import Patience, connections_possible
from clew.app.grpc import grpc_server, listen
from clew.app.http import bound_socket, http_server, inherited_socket
from clew.app.log import tell_of_loop
from clew.app.pairing import pair, refuse_lost_database
from clew.app.tls import Tls
from clew.app.wiring import assemble, default_model, default_parts
from clew.auth.gate import Gate
from clew.auth.keys import KeyRing
from clew.auth.openness import host_allowed, may_open, origin_allowed
from clew.dialects.literal.dialect import PREFIXES as LITERAL_PATHS
from clew.dialects.literal.dialect import Options as LiteralOptions
from clew.dialects.openai.dialect import Options
from clew.dialects.yandex.call import Options as YandexOptions
from clew.engine.model import ModelRoutes
from clew.local_model import start as start_local_model
from clew.service import quotas
from clew.service.core import Limits, SystemClock
from clew.storage.directory import DirectoryBlobs
from clew.storage.sqlite import open_store
from clew.web.answer import Answer

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    import grpc

    from clew.app.settings import Settings
    from clew.app.wiring import Assembled
    from clew.local_model import LocalModel
    from clew.web.request import Request

log = logging.getLogger("clew")

COLLECT_EVERY: Final = (20_000, 10, 10)
"""Requests make objects and no circles of them: the garbage collector need look only seldom."""

LAST_WORDS_SECONDS: Final = 1
"""What answers have to leave in after the last run, also where the drain has taken all its time."""


async def serve_until(
    stopped: asyncio.Event,
    assembled: Assembled,
    listening: socket.socket,
    *,
    drain_seconds: float,
    patience: Patience | None = None,
    tls: Tls | None = None,
    rpc: grpc.aio.Server | None = None,
    ready: Callable[[], None] | None = None,
) -> None:
    """Run the parts of a server until told to stop; then let what is in flight come to its end.

    New connections are refused at once. Runs and requests have `drain_seconds`; a run that is longer is taken
    up at the next start. Streams of runs that go on are ended, and can be read on from their last number.
    """
    server = http_server(assembled.app, patience, tls)
    await quotas.count_anew(assembled.core)
    await assembled.engine.start(alone=True)
    if rpc is not None:
        await rpc.start()
    if ready is not None:
        ready()
    sweeping = asyncio.ensure_future(assembled.sweep())
    serving = asyncio.ensure_future(server.serve(sockets=[listening]))
    stopping = asyncio.ensure_future(stopped.wait())
    try:
        await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        stopping.cancel()
        sweeping.cancel()
        server.should_exit = True
        loop = asyncio.get_running_loop()
        drained_by = loop.time() + drain_seconds
        rpc_stopping = asyncio.ensure_future(_stopped(rpc, drain_seconds + LAST_WORDS_SECONDS))
        await assembled.engine.stop(drain_seconds=drain_seconds)
        assembled.core.feeds.close_all()
        await asyncio.wait({serving}, timeout=max(drained_by - loop.time(), LAST_WORDS_SECONDS))
        server.drop_connections()
        await asyncio.gather(serving, stopping, sweeping, rpc_stopping, return_exceptions=True)
    if serving.done() and not serving.cancelled() and (error := serving.exception()):
        raise error


async def _stopped(rpc: grpc.aio.Server | None, seconds: float) -> None:
    """Take no more calls, and give those that are under way so long."""
    if rpc is not None:
        await rpc.stop(seconds)


def routes_of(settings: Settings, local: LocalModel | None) -> ModelRoutes:
    """Which model answers for which name: what is configured by pattern, else the local one, else the default."""
    return ModelRoutes(configs=settings.models, default=settings.default_model if local is None else local.config)


def guard_of(settings: Settings) -> Callable[[Request], Answer | None]:
    """In open mode, a refusal for requests that a foreign page or a rebound name has sent."""

    @lru_cache(maxsize=256)
    def allowed(host: str, origin: str | None) -> bool:
        return host_allowed(host, settings.host, settings.port) and origin_allowed(origin)

    def guard(request: Request) -> Answer | None:
        if request.path == "/health":  # it says nothing, and a probe calls us by whatever name it knows
            return None
        if allowed(request.headers.get(b"host"), request.headers.find(b"origin")):
            return None
        message = "This server is open and answers only to local names. Create a key to serve others: clew keys create"
        if request.path.startswith(LITERAL_PATHS):
            return Answer(status=403, value={"errors": [{"message": message, "extensions": {"code": "FORBIDDEN"}}]})
        error = {"message": message, "type": "invalid_request_error", "param": None, "code": "foreign_origin"}
        return Answer(status=403, value={"error": error})

    return guard


async def serve(settings: Settings) -> None:
    """Serve until SIGINT or SIGTERM.

    Raises `StoreProblem`, `NotOpen`, `CannotListen` and the local model's problems: sentences for the operator.
    """
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(tell_of_loop)
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    refuse_lost_database(settings)
    store = open_store(settings.database_file)
    local: LocalModel | None = None
    try:
        await pair(store, settings)
        blobs = DirectoryBlobs(settings.blobs_folder)
        await blobs.clear_unfinished()
        ring = KeyRing(store, SystemClock())
        is_open = may_open(settings.host, keys_exist=await ring.any_key(), openly_allowed=settings.open)
        if settings.local_model is not None:
            local = await start_local_model(settings.local_model.path)
        model = default_model()
        assembled = assemble(
            default_parts(
                model=model,
                store=store,
                blobs=blobs,
                gate=Gate(ring, open_project=settings.project if is_open else None),
                routes=routes_of(settings, local),
                limits=Limits(
                    run_seconds=settings.run_seconds,
                    file_bytes=settings.file_bytes_max,
                    part_bytes=settings.part_bytes_max,
                    upload_bytes=settings.upload_bytes_max,
                    thread_entries=settings.thread_entries_max or None,
                ),
                options=Options(
                    body_bytes_max=settings.body_bytes_max,
                    poll_after_ms=settings.poll_after_ms,
                    strict_beta=settings.strict_beta,
                ),
                literal=LiteralOptions(body_bytes_max=settings.body_bytes_max, public_url=settings.public_url),
                yandex_options=YandexOptions(
                    snake_case=settings.yandex_json == "snake", body_bytes_max=settings.yandex_bytes_max
                ),
                guard=guard_of(settings) if is_open else None,
                runs_at_once=settings.runs_at_once,
                sweep_seconds=settings.sweep_seconds,
                quotas=settings.quotas,
                expired_keep_days=settings.expired_keep_days,
            )
        )
        tls = Tls.of(settings.http_cert, settings.http_key)
        Tls.of(settings.grpc_cert, settings.grpc_key)  # to hear of what is wrong with it before anything listens
        listening = inherited_socket() or bound_socket(settings.host, settings.port)
        connections_max = min(settings.connections_max, connections_possible())
        rpc = grpc_server(assembled.yandex, connections_max=connections_max)
        grpc_port = listen(rpc, settings.host, settings.grpc_port, cert=settings.grpc_cert, key=settings.grpc_key)
        settings = replace(settings, port=listening.getsockname()[1], grpc_port=grpc_port)
        assembled.yandex.reached_at(
            grpc_address=settings.grpc_address or f"{_shown(settings.host)}:{settings.grpc_port}",
            public_url=_url(settings),
        )
        # What was made so far stays for good. Frozen, it is not looked through again at every full collection, which
        # took 50 ms each time and was the 99th percentile of every answer.
        gc.collect()
        gc.freeze()
        gc.set_threshold(*COLLECT_EVERY)
        print(start_text(settings, local, is_open=is_open), flush=True)  # noqa: T201 (for the person who started it)
        patience = Patience(
            request_seconds=settings.request_seconds,
            answer_seconds=settings.answer_seconds,
            connections_max=connections_max,
            bodies_bytes_max=max(settings.bodies_bytes_max, settings.body_bytes_max, settings.yandex_bytes_max),
            answers_bytes_max=settings.answers_bytes_max,
        )
        model.begin()
        assembled.literal.begin()
        await serve_until(
            stopped, assembled, listening, drain_seconds=settings.drain_seconds, patience=patience, tls=tls, rpc=rpc
        )
    finally:
        if local is not None:
            await local.stop()
        await store.close()


def start_text(settings: Settings, local: LocalModel | None, *, is_open: bool) -> str:
    """What the person who started the server reads: where it is, who may come in, and lines to paste."""
    url = _url(settings)
    grpc_address = settings.grpc_address or f"{_shown(settings.host)}:{settings.grpc_port}"
    models = _models(settings, local)
    who = (
        f"open: any key is accepted, into the project {settings.project!r}"
        if is_open
        else "only with a key made by `clew keys create`"
    )
    key = "any" if is_open else "YOUR-KEY"
    return "\n".join(
        (
            "",
            f"  Clew is serving {url}",
            f"  gRPC    {grpc_address}{' over TLS' if settings.grpc_cert else ''}",
            f"  data    {settings.data}",
            f"  models  {models}",
            f"  callers {who}",
            "",
            "  Point an OpenAI client at it, without touching its code:",
            "",
            f"    export OPENAI_BASE_URL={url}/v1 OPENAI_API_KEY={key}",
            "",
            "  or in Python:",
            "",
            "    from openai import OpenAI",
            f'    client = OpenAI(base_url="{url}/v1", api_key="{key}")',
            "",
            "  or a Literal AI client, or Chainlit:",
            "",
            f"    export LITERAL_API_URL={url} LITERAL_API_KEY={key}",
            "",
            "  or a Yandex client:",
            "",
            f'    sdk = YCloudML(folder_id="{settings.project}", auth="{key}",',
            f'                   endpoint="{grpc_address}"{"" if settings.grpc_cert else ", verify=False"})',
            "",
            "  Ctrl-C stops it and loses nothing.",
            "",
        )
    )


def _models(settings: Settings, local: LocalModel | None) -> str:
    found = [f"{len(settings.models)} by pattern, from clew.toml"] if settings.models else []
    if local is not None:
        found.append(f"the local model {local.name}")
    elif settings.model_url:
        found.append(f"{urlparse(settings.model_url).netloc}, as {settings.model_name or 'whatever name is asked for'}")
    return "; else ".join(found) or "none: runs will fail. Start with --model-url URL or --local-model"


def _url(settings: Settings) -> str:
    return (
        settings.public_url or f"{'https' if settings.http_cert else 'http'}://{_shown(settings.host)}:{settings.port}"
    )


def _shown(host: str) -> str:
    if host in ("0.0.0.0", "::"):  # noqa: S104 (compared, not bound)
        return "localhost"
    return f"[{host}]" if ":" in host else host


def run(settings: Settings) -> None:
    """`clew serve`, from the command line."""
    with contextlib.suppress(KeyboardInterrupt):
        uvloop.run(serve(settings))
