"""The OpenAI dialect over HTTP: who may call, what is refused before a handler runs, and how problems are said."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

import msgspec

from clew.dialects.openai import errors
from clew.dialects.openai.fields import check_id, read_query
from clew.dialects.openai.operations import OPERATIONS
from clew.dialects.openai.refusal import Refusal
from clew.domain.noun import replace
from clew.domain.problem import Denied, NotFound, Problem
from clew.domain.project import Scope
from clew.web.answer import Answer, Streamed
from clew.web.routing import Router

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clew.auth.gate import Gate
    from clew.domain.project import Caller
    from clew.service.core import Core
    from clew.web.operation import Operation
    from clew.web.request import Request

ID_PREFIXES: Final = {
    "assistant_id": "asst",
    "thread_id": "thread",
    "message_id": "msg",
    "run_id": "run",
    "step_id": "step",
    "vector_store_id": "vs",
}
"""Path parameters whose beginning the hosted service checked."""

CURSOR_PREFIXES: Final = {
    "assistant": "asst",
    "thread": "thread",
    "message": "msg",
    "run": "run",
    "step": "step",
    "index": "vs",
}
"""The same for cursors, by what is listed."""

JSON: Final = "application/json"
QUERIES_KEPT: Final = 1024
QUERY_BYTES_KEPT: Final = 128
ALL_SCOPES: Final = frozenset(Scope)
VERSION: Final = ("openai-version", "2020-10-01")


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What an operator may choose of this dialect."""

    body_bytes_max: int = 16 * 1024 * 1024
    poll_after_ms: int = 200
    strict_beta: bool = False


class Models(Protocol):
    """Which models there are. The dialect only names them; the engine asks them."""

    def names(self) -> Sequence[str]:
        """The names that are configured."""
        ...

    def knows(self, name: str) -> bool:
        """Whether a server answers for this name."""
        ...

    def refuses(self, name: str) -> bool:
        """Whether an assistant or a run may not name this. Without any model they may name what they like."""
        ...


@dataclass(frozen=True, slots=True)
class Context:
    """What handlers of this dialect find in `request.context`."""

    options: Options
    models: Models


class OpenAI:
    """The dialect."""

    def __init__(self, core: Core, gate: Gate, models: Models, options: Options) -> None:
        self._core = core
        self._gate = gate
        self._options = options
        self._context = Context(options, models)
        self._router = Router(OPERATIONS)
        self._queries: dict[tuple[str, bytes], dict[str, object]] = {}

    async def answer(self, request: Request) -> Answer | Streamed:
        """The answer, also to what is wrong with the request. What it raises is a bug of ours."""
        started = time.perf_counter()
        try:
            answer = await self._handle(request)
        except Refusal as refusal:
            answer = _refused(refusal)
        except NotFound as problem:
            answer = _refused(_not_found(problem, request))
        except Problem as problem:
            answer = _refused(errors.refusal_of(problem))
        took_ms = int((time.perf_counter() - started) * 1000)
        answer.headers += (VERSION, ("openai-processing-ms", str(took_ms)))
        for hint in ("openai-organization", "openai-project"):
            if (said := request.headers.find(hint.encode())) is not None:
                answer.headers += ((hint, said),)
        return answer

    def internal_error(self, request: Request) -> Answer:  # noqa: ARG002 (another dialect shows the request's id)
        """The answer to a bug of ours: nothing of it shows."""
        return _refused(errors.refusal_of(RuntimeError()))

    async def _handle(self, request: Request) -> Answer | Streamed:
        operation, params, known = self._router.find(request.method, request.path)
        if operation is None:
            raise (
                errors.wrong_method(request.method, request.path)
                if known
                else errors.unknown_path(request.method, request.path)
            )
        request.caller = await self._admitted(request)
        if operation.need not in request.caller.scopes:
            raise Denied(operation.need)
        self._check_beta(request, operation)
        if operation.handler is None:
            raise errors.not_offered(operation.name, operation.why_not or "")
        request.operation, request.params, request.context = operation, params, self._context
        if operation.query is not None:
            request.query = self._query(request, operation)
        if operation.body is not None:
            request.body = await self._body(request, operation)
        return await operation.handler(self._core, request)

    async def _admitted(self, request: Request) -> Caller:
        scheme, _, secret = request.headers.get(b"authorization").partition(" ")
        secret = secret.strip()
        if scheme.lower() != "bearer" or not secret:
            raise errors.no_key()
        caller = await self._gate.admit(secret)
        if caller is None:
            raise errors.wrong_key(secret)
        if Scope.ADMIN not in caller.scopes or caller.scopes == ALL_SCOPES:
            return caller
        return replace(caller, scopes=ALL_SCOPES)

    def _query(self, request: Request, operation: Operation) -> dict[str, object]:
        """The query as its shape has it. Clients send few different ones, `limit=20` and the like: those are kept."""
        key = (operation.name, request.raw_query)
        query = self._queries.get(key)
        if query is None:
            query = read_query(operation.query, request.query_pairs())
            if len(request.raw_query) <= QUERY_BYTES_KEPT:
                if len(self._queries) >= QUERIES_KEPT:
                    self._queries.clear()
                self._queries[key] = query
        return query

    def _check_beta(self, request: Request, operation: Operation) -> None:
        """The first Assistants API is always refused; a missing header only where the operator says so."""
        betas = request.headers.get(b"openai-beta")
        if "assistants=v1" in betas:
            raise errors.assistants_v1()
        if self._options.strict_beta and operation.group in BETA_GROUPS and "assistants=v2" not in betas:
            raise errors.no_beta_header()

    async def _body(self, request: Request, operation: Operation) -> dict[str, object]:
        content = await request.read(limit=self._options.body_bytes_max)
        if not content.strip():
            content = b"{}"
        elif (kind := request.headers.find(b"content-type")) not in (JSON, None) and not _is_json(kind):
            raise errors.wrong_content_type(kind)
        try:
            value = msgspec.json.decode(content)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise errors.bad_json() from None
        body: dict[str, object] = operation.body.read(value, "")
        return body


BETA_GROUPS: Final = frozenset({"assistants", "threads", "messages", "runs", "steps", "vector_stores"})


def _is_json(kind: str) -> bool:
    return kind.partition(";")[0].strip().lower() == JSON


def _not_found(problem: NotFound, request: Request) -> Refusal:
    """The refusal for something that is not there; the hosted service had other words for an id that could not be.

    Only now is an id's beginning looked at: things that another dialect made keep their ids, and are found.
    """
    named = {**request.params, **{name: request.body[name] for name in ("assistant_id",) if name in request.body}}
    try:
        for name, value in named.items():
            if name in ID_PREFIXES:
                check_id(value, name, ID_PREFIXES[name])
        for name in ("after", "before"):
            if request.query.get(name) == problem.id:
                if problem.noun in CURSOR_PREFIXES:
                    check_id(problem.id, name, CURSOR_PREFIXES[problem.noun])
                return errors.bad_cursor(problem, name)
    except Refusal as refusal:
        return refusal
    return errors.refusal_of(problem)


def _refused(refusal: Refusal) -> Answer:
    headers: tuple[tuple[str, str], ...] = ()
    if refusal.retry_after_seconds is not None:
        headers = (("retry-after", str(max(1, round(refusal.retry_after_seconds)))),)
    if not refusal.try_again:
        headers += (("x-should-retry", "false"),)
    return Answer(status=refusal.status, value=refusal.body(), headers=headers)
