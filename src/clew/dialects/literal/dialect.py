"""The Literal AI dialect over HTTP: who may call, what is refused before a handler runs, and how problems are said."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import msgspec

from clew.dialects.literal import errors
from clew.dialects.literal.addresses import Addresses
from clew.dialects.literal.call import Visit
from clew.dialects.literal.operations import GRAPHQL, PAGES, PATHS, SIGNED
from clew.dialects.literal.refusal import Refusal
from clew.dialects.literal.shapes import is_object
from clew.domain.noun import replace
from clew.domain.problem import Denied, Problem
from clew.domain.project import Caller, Scope
from clew.web.answer import Answer
from clew.web.routing import Router

if TYPE_CHECKING:
    from clew.auth.gate import Gate
    from clew.service.core import Core
    from clew.web.answer import Streamed
    from clew.web.operation import Operation
    from clew.web.request import Request

PREFIXES: Final = ("/api/", "/projects/", "//")
"""Where this dialect is. The TypeScript client adds its paths to whatever address it was given, slash or not."""
ENVIRONMENT_MAX: Final = 128
ALL_SCOPES: Final = frozenset(Scope)
NOBODY: Final = Caller(project_id="", scopes=frozenset())
PYTHON: Final = "py-literal-client"
_WITH_TEXTS: Final = re.compile(r"0\.0\.1?\d{1,2}")
"""Versions of the Python client whose steps have texts as inputs and outputs. From 0.0.200 on they have objects."""
_SLASHES: Final = re.compile("//+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What an operator may choose of this dialect. `public_url` is where clients reach us, if not where they say."""

    body_bytes_max: int = 16 * 1024 * 1024
    public_url: str | None = None


class Literal:
    """The dialect."""

    def __init__(self, core: Core, gate: Gate, options: Options) -> None:
        self._core = core
        self._gate = gate
        self._options = options
        self._router = Router(PATHS)
        self._asking: asyncio.Task[Asking] | None = None

    async def answer(self, request: Request) -> Answer | Streamed:
        """The answer, also to what is wrong with the request. What it raises is a bug of ours."""
        try:
            return await self._handle(request)
        except (Problem, Refusal) as problem:
            return _refused(errors.refusal_of(problem))

    def internal_error(self, request: Request) -> Answer:  # noqa: ARG002 (another dialect shows the request's id)
        """The answer to a bug of ours: nothing of it shows."""
        return _refused(errors.internal_error())

    def begin(self) -> asyncio.Task[Asking]:
        """Load what queries are read with, and do not wait for it: it takes longer than the rest of a start."""
        if self._asking is None:
            self._asking = asyncio.ensure_future(asyncio.to_thread(_load))
        return self._asking

    async def _handle(self, request: Request) -> Answer | Streamed:
        path = _SLASHES.sub("/", request.path)
        operation, params, known = self._router.find(request.method, path)
        if operation is None:
            raise errors.wrong_method(request.method, path) if known else errors.unknown_path(request.method, path)
        keyless = operation.group in {SIGNED, PAGES}
        request.caller = NOBODY if keyless else await self._admitted(request)
        request.operation, request.params = operation, params
        request.context = visit = self._visit(request)
        if keyless:
            return await _answered(self._core, request, operation)
        if operation.need not in request.caller.scopes and operation.name != GRAPHQL:
            raise Denied(operation.need)
        if operation.name == GRAPHQL:
            return await self._ask(request, visit)
        if operation.handler is None:
            raise errors.not_offered(operation.name, operation.why_not or "")
        request.body = await self._body(request)
        return await _answered(self._core, request, operation)

    async def _admitted(self, request: Request) -> Caller:
        secret = request.headers.get(b"x-api-key").strip()
        if not secret:
            raise errors.no_key()
        caller = await self._gate.admit(secret)
        if caller is None:
            raise errors.wrong_key()
        if Scope.ADMIN not in caller.scopes or caller.scopes == ALL_SCOPES:
            return caller
        return replace(caller, scopes=ALL_SCOPES)

    def _visit(self, request: Request) -> Visit:
        root = self._options.public_url
        if root is None:
            scheme = "https" if request.headers.get(b"x-forwarded-proto") == "https" else "http"
            root = f"{scheme}://{request.headers.get(b'host')}"
        environment = request.headers.get(b"x-env").strip()[:ENVIRONMENT_MAX]
        return Visit(
            core=self._core,
            caller=request.caller,
            addresses=Addresses(root=root.rstrip("/"), secret=self._core.store.secret()),
            environment=environment or None,
            wants_text=_wants_text(request),
        )

    async def _body(self, request: Request) -> dict[str, Any]:
        content = await request.read(limit=self._options.body_bytes_max)
        try:
            value = msgspec.json.decode(content or b"{}")
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise errors.bad_json() from None
        if not is_object(value):
            raise errors.bad_json()
        return value

    async def _ask(self, request: Request, visit: Visit) -> Answer:
        body = await self._body(request)
        query, variables, name = body.get("query"), body.get("variables"), body.get("operationName")
        if not isinstance(query, str):
            raise errors.bad_request("The body needs a text of GraphQL under the key query.")
        if not (variables is None or is_object(variables)) or not isinstance(name, str | None):
            raise errors.bad_request("Under the key variables there has to be an object, under operationName a text.")
        asking = await asyncio.shield(self.begin())
        status, value = await asking(visit, query, variables or {}, name or None)
        return Answer(status=status, value=value)


class Asking:
    """Queries and mutations, with all that it takes to read them."""

    def __init__(self) -> None:
        from clew.dialects.literal.documents import NOTHING, Documents  # noqa: PLC0415 (this is the loading)
        from clew.dialects.literal.execution import execute  # noqa: PLC0415 (as above)

        self._documents = Documents()
        self._nothing = NOTHING
        self._execute = execute

    async def __call__(
        self, visit: Visit, query: str, variables: dict[str, Any], name: str | None
    ) -> tuple[int, dict[str, Any]]:
        """The status and the body of the answer. Raises `Refusal`, `Denied`."""
        if self._nothing.fullmatch(query):
            return 200, {"data": {}}
        document = await self._documents.get(query)
        if document.introspects:
            return 200, await asyncio.to_thread(document.introspect, name, variables)
        return await self._execute(visit, document.plan(name, variables), variables)


def _load() -> Asking:
    return Asking()


async def _answered(core: Core, request: Request, operation: Operation) -> Answer | Streamed:
    assert operation.handler is not None  # noqa: S101 (those without one were declined)
    return await operation.handler(core, request)


def _wants_text(request: Request) -> bool:
    version = request.headers.get(b"x-client-version")
    return request.headers.get(b"x-client-name") == PYTHON and _WITH_TEXTS.fullmatch(version) is not None


def _refused(refusal: Refusal) -> Answer:
    return Answer(status=refusal.status, value={"errors": [refusal.entry()]})
