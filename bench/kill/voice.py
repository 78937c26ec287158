"""Two ways to send a write: plainly, and with the official client. Both send the same and hear the same."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

import httpx2
import msgspec
from openai import APIConnectionError, APIStatusError, AsyncOpenAI

from bench.kill.wire import Dead, Wire, form

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

PATHS = {
    "thread_create": ("POST", "/threads"),
    "thread_patch": ("POST", "/threads/{thread}"),
    "thread_delete": ("DELETE", "/threads/{thread}"),
    "append": ("POST", "/threads/{thread}/messages"),
    "message_patch": ("POST", "/threads/{thread}/messages/{own}"),
    "message_delete": ("DELETE", "/threads/{thread}/messages/{own}"),
    "run_create": ("POST", "/threads/{thread}/runs"),
    "thread_and_run": ("POST", "/threads/runs"),
    "submit": ("POST", "/threads/{thread}/runs/{own}/submit_tool_outputs"),
    "cancel": ("POST", "/threads/{thread}/runs/{own}/cancel"),
    "file_create": ("POST", "/files"),
    "file_delete": ("DELETE", "/files/{own}"),
    "upload_create": ("POST", "/uploads"),
    "upload_part": ("POST", "/uploads/{own}/parts"),
    "upload_complete": ("POST", "/uploads/{own}/complete"),
    "upload_cancel": ("POST", "/uploads/{own}/cancel"),
}


@dataclass(slots=True, kw_only=True)
class Call:
    """A write, ready to be sent. `thread` and `own` are ids for its path; `file` is a name with bytes."""

    kind: str
    thread: str = ""
    own: str = ""
    body: dict[str, Any] = field(default_factory=dict[str, Any])
    file: tuple[str, bytes] | None = None

    @property
    def line(self) -> tuple[str, str]:
        """Method and path."""
        method, path = PATHS[self.kind]
        return method, path.format(thread=self.thread, own=self.own)


class Voice(Protocol):
    """Whoever sends."""

    async def send(self, call: Call) -> tuple[int, dict[str, Any]]:
        """The status and the answer. Raises `Dead` where none came."""
        ...

    async def close(self) -> None:
        """Say nothing more."""
        ...


class Plain:
    """A connection of its own, and nothing between."""

    def __init__(self, port: int) -> None:
        self._wire = Wire(port)

    async def send(self, call: Call) -> tuple[int, dict[str, Any]]:
        method, path = call.line
        if call.file is None:
            status, body = await self._wire.ask(method, path, call.body if method == "POST" else None)
        else:
            name, content = call.file
            field = "data" if call.kind == "upload_part" else "file"
            status, body = await self._wire.ask(method, path, raw=form(call.body, file=(field, name, content)))
        return status, msgspec.json.decode(body)

    async def close(self) -> None:
        self._wire.drop()


class Official:
    """The official client, which must not try anything twice."""

    def __init__(self, port: int) -> None:
        self._client = AsyncOpenAI(base_url=f"http://127.0.0.1:{port}/v1", api_key="any", max_retries=0)

    async def send(self, call: Call) -> tuple[int, dict[str, Any]]:
        try:
            answer = await self._called(call)
        except APIStatusError as refusal:
            return refusal.status_code, {"error": refusal.body}
        except (APIConnectionError, httpx2.HTTPError, OSError) as error:
            raise Dead from error
        return 200, answer.model_dump(mode="json")

    def _called(self, call: Call) -> Awaitable[Any]:
        beta, files, uploads = self._client.beta.threads, self._client.files, self._client.uploads
        ways: dict[str, Callable[..., Awaitable[Any]]] = {
            "thread_create": beta.create,
            "thread_patch": partial(beta.update, call.thread),
            "thread_delete": partial(beta.delete, call.thread),
            "append": partial(beta.messages.create, call.thread),
            "message_patch": partial(beta.messages.update, call.own, thread_id=call.thread),
            "message_delete": partial(beta.messages.delete, call.own, thread_id=call.thread),
            "run_create": partial(beta.runs.create, call.thread),
            "thread_and_run": beta.create_and_run,
            "submit": partial(beta.runs.submit_tool_outputs, call.own, thread_id=call.thread),
            "cancel": partial(beta.runs.cancel, call.own, thread_id=call.thread),
            "file_create": partial(files.create, file=call.file),
            "file_delete": partial(files.delete, call.own),
            "upload_create": uploads.create,
            "upload_part": partial(uploads.parts.create, call.own, data=call.file),
            "upload_complete": partial(uploads.complete, call.own),
            "upload_cancel": partial(uploads.cancel, call.own),
        }
        return ways[call.kind](**call.body)

    async def close(self) -> None:
        await self._client.close()
