"""The one place that chooses: which store, blobs, models and dialects make a server."""

from __future__ import annotations

import gc
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from clew.app.health import Health
from clew.dialects.literal.dialect import PREFIXES as LITERAL_PATHS
from clew.dialects.literal.dialect import Literal
from clew.dialects.literal.dialect import Options as LiteralOptions
from clew.dialects.openai.dialect import OpenAI, Options
from clew.dialects.yandex import call as yandex
from clew.dialects.yandex.dialect import Yandex
from clew.dialects.yandex.rest import PREFIXES as YANDEX_PATHS
from clew.dialects.yandex.rest import Rest
from clew.domain.quota import Quotas
from clew.engine.engine import Engine
from clew.engine.later import Later
from clew.service.core import Core, Limits, RandomIds, SystemClock
from clew.upkeep.sweep import sweep_forever
from clew.web import links
from clew.web.app import App

if TYPE_CHECKING:
    from collections.abc import Callable

    from clew.auth.gate import Gate
    from clew.engine.model import Model, ModelRoutes
    from clew.service.core import Clock, Ids
    from clew.storage.blobs import Blobs
    from clew.storage.port import Store
    from clew.web.answer import Answer
    from clew.web.app import Dialect
    from clew.web.request import Request


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What a server is made of. Tests bring their own clock, ids and model; everything else is what users get."""

    store: Store
    blobs: Blobs
    gate: Gate
    routes: ModelRoutes
    clock: Clock
    ids: Ids
    model: Model
    limits: Limits
    options: Options
    literal: LiteralOptions = field(default_factory=LiteralOptions)
    yandex_options: yandex.Options = field(default_factory=yandex.Options)
    guard: Callable[[Request], Answer | None] | None = None
    runs_at_once: int = 64
    sweep_seconds: float = 60
    quotas: Quotas = field(default_factory=Quotas)
    expired_keep_days: int | None = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Assembled:
    """A server that is ready to be started."""

    core: Core
    engine: Engine
    literal: Literal
    app: App
    yandex: Yandex
    sweep_seconds: float

    async def sweep(self) -> None:
        """Keep the store clean, for ever."""
        await sweep_forever(self.core, every_seconds=self.sweep_seconds)


def assemble(parts: Parts) -> Assembled:
    """Join the parts."""
    core = Core(
        store=parts.store,
        blobs=parts.blobs,
        clock=parts.clock,
        ids=parts.ids,
        limits=parts.limits,
        quotas=parts.quotas,
        expired_keep_days=parts.expired_keep_days,
    )
    engine = Engine(core, parts.model, parts.routes, owner=secrets.token_hex(8), runs_at_once=parts.runs_at_once)
    openai = OpenAI(core, parts.gate, parts.routes, parts.options)
    literal = Literal(core, parts.gate, parts.literal)
    yandex_dialect = Yandex(core, parts.gate, parts.yandex_options)
    dialects: dict[str, Dialect] = {
        "": openai,
        "/health": Health(core),
        links.PREFIX: links.Links(core),
        **dict.fromkeys(YANDEX_PATHS, Rest(yandex_dialect)),
        **dict.fromkeys(LITERAL_PATHS, literal),
    }
    app = App(core, dialects, parts.guard)
    return Assembled(
        core=core, engine=engine, literal=literal, app=app, yandex=yandex_dialect, sweep_seconds=parts.sweep_seconds
    )


def default_model() -> Later:
    """Models over the network, to be loaded."""

    def load() -> Model:
        from clew.engine.completions import Completions  # noqa: PLC0415 (this is the loading)

        gc.freeze()  # as `serve` does with what was loaded before
        return Completions()

    return Later(load)


def default_parts(**more: Any) -> Parts:  # noqa: ANN401 (the fields of Parts)
    """The parts of a real server: the machine's clock, random ids; the rest is given."""
    return Parts(clock=SystemClock(), ids=RandomIds(), **more)
