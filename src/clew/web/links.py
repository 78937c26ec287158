"""Addresses of files that open without a key: signed, for one file, for a while.

Clients of several dialects are told such an address and fetch it with a plain GET, ranges and HEAD included. Whatever
is wrong with one is answered without a word more.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from clew.auth.signing import Ticket, check, sign
from clew.domain.expiration import SECOND
from clew.domain.problem import NotFound
from clew.domain.project import Caller
from clew.service import files
from clew.web.answer import Answer, Streamed, begun

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from clew.domain.file import File
    from clew.service.core import Core
    from clew.web.request import Request

PREFIX: Final = "/links"
PURPOSE: Final = "file"
VALID_SECONDS: Final = 3600

_RANGE: Final = re.compile(r"bytes=\s*(\d*)\s*-\s*(\d*)\s*", re.ASCII)
_DIGITS_MAX: Final = 20
"""More would be a place beyond every file."""


def link(core: Core, public_url: str, file: File) -> str:
    """An address of the file's bytes for the next hour, at the server that clients reach under `public_url`."""
    ticket = Ticket(file.project_id, file.id, core.now() + VALID_SECONDS * SECOND)
    # In the query, because paths are written into logs.
    return (
        f"{public_url.rstrip('/')}{PREFIX}/{quote(file.id, safe='')}?token={sign(core.store.secret(), PURPOSE, ticket)}"
    )


class Links:
    """Answers such addresses."""

    def __init__(self, core: Core) -> None:
        self._core = core

    async def answer(self, request: Request) -> Answer | Streamed:
        """The file's bytes, or those of them that are asked for."""
        if request.method not in ("GET", "HEAD"):
            return _nothing(405, ("allow", "GET, HEAD"))
        token = dict(request.query_pairs()).get("token", "")
        ticket = check(self._core.store.secret(), PURPOSE, token, now=self._core.now())
        if ticket is None or ticket.id != request.path.removeprefix(f"{PREFIX}/"):
            return _nothing(403)
        try:
            file = await files.get(self._core, Caller(project_id=ticket.project_id), ticket.id)
            return await self._shown(request, file)
        except NotFound:
            return _nothing(404)

    def internal_error(self, request: Request) -> Answer:  # noqa: ARG002 (dialects are all asked alike)
        """The answer to a bug of ours."""
        return _nothing(500)

    async def _shown(self, request: Request, file: File) -> Answer | Streamed:
        tag = _tag(file)
        headers: tuple[tuple[str, str], ...] = (("etag", tag), ("accept-ranges", "bytes"), ("cache-control", "private"))
        if tag in (one.strip().removeprefix("W/") for one in request.headers.get(b"if-none-match").split(",")):
            return Streamed(pieces=_none(), content_type=_type(file), status=304, headers=headers)
        wanted = _range(request, tag, file.size)
        if wanted is None:
            return _nothing(416, *headers, ("content-range", f"bytes */{file.size}"))
        start, end = wanted
        is_part = (start, end) != (0, file.size)
        if is_part:
            headers += (("content-range", f"bytes {start}-{end - 1}/{file.size}"),)
        pieces = files.pieces(self._core, file, start=start, length=end - start)
        return Streamed(
            pieces=_none() if request.method == "HEAD" else await begun(pieces),
            content_type=_type(file),
            status=206 if is_part else 200,
            headers=(
                *headers,
                ("content-length", str(end - start)),
                # A browser is to save it and not to guess: an uploaded page must not run here.
                ("content-disposition", f"attachment; filename*=UTF-8''{quote(file.name or file.id, safe='')}"),
                ("x-content-type-options", "nosniff"),
            ),
        )


def _tag(file: File) -> str:
    """Bytes never change; but a file may be made anew under its old id."""
    return f'"{file.id}-{file.created_at:x}"'


def _type(file: File) -> str:
    return file.mime or "application/octet-stream"


def _range(request: Request, tag: str, size: int) -> tuple[int, int] | None:
    """From where to where: everything unless one range is asked for of this very file; None where it has no such bytes.

    Several ranges at once, or what is no range, may be answered with everything.
    """
    whole = (0, size)
    found = _RANGE.fullmatch(request.headers.get(b"range"))
    if found is None or request.method != "GET" or request.headers.find(b"if-range") not in (None, tag):
        return whole
    first, last = found.groups()
    if len(first) > _DIGITS_MAX or len(last) > _DIGITS_MAX or not (first or last):
        return whole
    if not first:
        return (max(0, size - int(last)), size) if int(last) and size else None
    if last and int(last) < int(first):
        return whole
    if int(first) >= size:
        return None
    return int(first), min(int(last) + 1, size) if last else size


def _nothing(status: int, *headers: tuple[str, str]) -> Answer:
    return Answer(status=status, content=b"", content_type="text/plain", headers=headers)


async def _none() -> AsyncIterator[bytes]:
    for piece in b"":
        yield bytes(piece)
