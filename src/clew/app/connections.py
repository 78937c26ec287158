"""Connections: how long a client may take over its request and its answer, and how many clients there may be.

uvicorn speaks HTTP and closes connections between requests. It waits for ever for a request that never becomes whole
and for an answer that is never read, keeps a head of any length, and takes any number of connections. What it lacks
stands here. Nothing has a timer of its own: each connection notes a few times and numbers, and all are looked at
about once a second.
"""

from __future__ import annotations

import heapq
import logging
import resource
import sys
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, cast

import msgspec
import uvicorn
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from clew.app.packets import OnePacket

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Iterable, Sequence

log = logging.getLogger("clew.web")

PACE_BYTES: Final = 1024
"""Each so many bytes of a request give it a second more: large bodies on slow lines may come, a byte a second not."""
LOOSE_BYTES_MAX: Final = 64 * 1024
"""Bytes that may come without any of them being of a body: a head, what stands between chunks, what follows them."""
HEAD_TOO_LARGE: Final = (
    f"The head of your request is too large. Expected at most {LOOSE_BYTES_MAX} bytes of URL and headers."
)
DESCRIPTORS_SPARE: Final = 256
"""Files that are open for other things than clients: the database, blobs, models."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """What a client may cost in time and room."""

    request_seconds: float = 30
    answer_seconds: float = 60
    connections_max: int = 10_000
    bodies_bytes_max: int = 256 * 1024 * 1024
    answers_bytes_max: int = 256 * 1024 * 1024


class Config(uvicorn.Config):
    """uvicorn's, with our patience. `held_bytes` are those of all large bodies that are on their way in."""

    patience: Patience = Patience()
    held_bytes: int = 0


class Connection(HttpToolsProtocol):
    """A client's connection. `look` ends it where it has worn our patience out."""

    connections: set[Connection]  # type: ignore[assignment]
    cycle: RequestResponseCycle | None  # type: ignore[assignment]

    def __init__(self, *given: Any, **named: Any) -> None:  # noqa: ANN401 (uvicorn's own)
        super().__init__(*given, **named)
        self._shared = cast("Config", self.config)
        self.patience = self._shared.patience
        self.used_at = 0.0
        self.held_bytes = 0
        self._since: float | None = None  # when the request began that is not whole yet
        self._arrived = 0
        self._loose = 0
        self.unsent = 0
        self.unsent_since = 0.0

    @property
    def is_idle(self) -> bool:
        """Whether nobody here works for it: it has sent no whole head, or its last answer is written."""
        return self.cycle is None or self.cycle.response_complete

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(OnePacket(transport))  # type: ignore[arg-type]
        self._since = self.used_at = self.loop.time()
        if len(self.connections) > self.patience.connections_max:
            make_room(self.connections, self)

    def data_received(self, data: bytes) -> None:
        if self._since is None and self.is_idle:
            self._since = self.loop.time()  # also for what begins no request, such as empty lines
        self._arrived += len(data)
        self._loose += len(data)
        super().data_received(data)
        if self._loose > LOOSE_BYTES_MAX and not self.transport.is_closing():
            self._end(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, HEAD_TOO_LARGE)

    def on_headers_complete(self) -> None:
        # Cheap first: what came is at least as much as the head. It may hold a body as well, so then it is measured.
        if self._loose > LOOSE_BYTES_MAX and self._head_bytes() > LOOSE_BYTES_MAX:
            self._end(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, HEAD_TOO_LARGE)
        elif not self.transport.is_closing():
            super().on_headers_complete()

    def _head_bytes(self) -> int:
        return len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._since = self.used_at = self.loop.time()

    def on_body(self, body: bytes) -> None:
        self._loose = 0
        if self.transport.is_closing():
            return
        super().on_body(body)
        if self._arrived > LOOSE_BYTES_MAX and not self._is_form():
            self._hold(len(body))

    def on_message_complete(self) -> None:
        self._since = None
        self._arrived = self._loose = 0
        self._hold(-self.held_bytes)
        if not self.transport.is_closing():
            super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        self._end(HTTPStatus.BAD_REQUEST, msg)

    def on_response_complete(self) -> None:
        self.transport.flush()  # type: ignore[attr-defined]  # the head of an answer to HEAD, which has no body
        super().on_response_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        self._hold(-self.held_bytes)
        super().connection_lost(exc)

    def _is_form(self) -> bool:
        """Whether the body is one that goes to the disk as it comes, and so is never whole in memory."""
        return any(name == b"content-type" and value.startswith(b"multipart/") for name, value in self.headers)

    def _hold(self, size: int) -> None:
        """So much more of a body is kept in memory until it is whole; less where `size` is negative."""
        self.held_bytes += size
        self._shared.held_bytes += size
        if size > 0 and self._shared.held_bytes > self.patience.bodies_bytes_max:
            slow = min((one for one in self.connections if one.held_bytes), key=lambda one: one.used_at)
            slow.refuse("There are too many large requests at once.")

    def look(self, now: float) -> None:
        """End the connection where its request is too slow to come, or its answer too slow to go."""
        unsent = self.transport.get_write_buffer_size()
        if unsent == 0 or self.unsent == 0 or unsent < self.unsent:
            self.unsent_since = now
        self.unsent = unsent
        if now - self.unsent_since > self.patience.answer_seconds:
            self.let_go()
        elif self._since is not None and not self.transport.is_closing():
            if self.flow.read_paused:  # it is we who do not take more
                self._since = now
            elif now - self._since > self.patience.request_seconds + self._arrived / PACE_BYTES:
                self._end(HTTPStatus.REQUEST_TIMEOUT, "The request took too long to come in.")

    def let_go(self) -> None:
        """Close it, with what has not been read."""
        log.info("a client that does not read its answer was let go")
        self.unsent = 0
        self.transport.abort()

    def refuse(self, words: str) -> None:
        """Say that there is no room, and close it."""
        self._hold(-self.held_bytes)
        self._end(HTTPStatus.SERVICE_UNAVAILABLE, words)

    def _end(self, status: int, words: str) -> None:
        """Close it, with a word where something was asked and no answer has begun."""
        log.debug("a connection was closed: %s", words)
        if self._arrived == 0 and status == HTTPStatus.REQUEST_TIMEOUT:
            self.transport.close()  # a word that nobody asked for would be taken for the answer to what comes next
            return
        if self.cycle is not None and self.cycle.response_started and not self.cycle.response_complete:
            self.transport.abort()
            return
        error = {"message": words, "type": "invalid_request_error", "param": None, "code": None}
        content = msgspec.json.encode({"error": error})
        head = b"content-type: application/json\r\ncontent-length: %d\r\nconnection: close\r\n\r\n"
        self.transport.write(STATUS_LINE[status] + head % len(content) + content)
        self.transport.close()


def look_at_all(connections: Sequence[Connection], now: float) -> None:
    """End those that have worn our patience out; where unread answers take too much room, the slowest readers too."""
    for one in connections:
        one.look(now)
    if not connections:
        return
    excess = sum(one.unsent for one in connections) - connections[0].patience.answers_bytes_max
    if excess > 0:
        for one in sorted((one for one in connections if one.unsent), key=lambda one: one.unsent_since):
            excess -= one.unsent
            one.let_go()
            if excess <= 0:
                return


def make_room(connections: Iterable[Connection], newest: Connection) -> None:
    """One more has come than there may be: idle ones make room, those first that never sent a request.

    So a crowd of silent connections keeps nobody out. Where all are busy the newest is refused.
    """
    idle = [one for one in connections if one.is_idle and one is not newest and not one.transport.is_closing()]
    # Some at once: a crowd that keeps coming is not gone through anew for each.
    leaving = heapq.nsmallest(max(1, len(idle) // 100), idle, key=lambda one: (one.cycle is not None, one.used_at))
    log.warning("there are too many connections: closed %d idle ones, refused %d", len(leaving), not leaving)
    for one in leaving:
        one.transport.abort()
    if not leaving:
        newest.refuse("There are too many connections.")


def connections_possible() -> int:
    """How many connections this process can have: as many as files may be open, which are made as many as it goes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft not in (resource.RLIM_INFINITY, hard):
        with suppress(ValueError, OSError):  # some systems name a hard limit that they do not allow
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
            soft = hard
    return sys.maxsize if soft == resource.RLIM_INFINITY else max(1, soft - DESCRIPTORS_SPARE)
