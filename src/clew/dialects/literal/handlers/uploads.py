"""Uploads: an address to send bytes to, the bytes, and the address under which they are read, both without a key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from clew.dialects.literal import errors
from clew.domain.problem import Invalid, NotFound
from clew.domain.project import Caller
from clew.service import files
from clew.service.files import NewFile
from clew.web.answer import Answer, Streamed
from clew.web.multipart import Form

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from clew.dialects.literal.addresses import Addresses
    from clew.service.core import Core
    from clew.web.request import Request

UPLOADER: Final = "upload"
"""Who made the file: so it is known as bytes of an attachment, which go with it."""
PURPOSE: Final = "user_data"
"""What other dialects see that such a file is for."""
ANYWHERE: Final = (("access-control-allow-origin", "*"),)
"""A chat's page shows texts and documents that it reads from here."""
PDF: Final = "application/pdf"
SHOWN_IN_PLACE: Final = ("image/", "audio/", "video/", "text/plain", PDF, "application/json")
"""Kinds that a browser may show where it is. Others could be pages with programs in them: they are saved."""
NAME_MAX: Final = 256


async def ask(core: Core, request: Request) -> Answer:
    """`POST /api/upload/file`: where the bytes go, under which key they then are, and where they can be read."""
    name, mime = request.body.get("fileName"), request.body.get("contentType")
    if not isinstance(name, str) or not 0 < len(name) <= NAME_MAX:
        raise errors.bad_argument("fileName", "expected a name")
    if mime is not None and not isinstance(mime, str):
        raise errors.bad_argument("contentType", "expected a kind of file, or null")
    where: Addresses = request.context.addresses
    file_id, project_id = core.ids.new("file"), request.caller.project_id
    token = where.to_upload(project_id, file_id, now=core.now())
    fields = {"key": file_id, "token": token, "name": name, "mime": mime or ""}
    post = {"url": f"{where.root}/api/upload/content", "fields": fields, "headers": {}, "uploadType": "multipart"}
    signed_url = where.of_file(project_id, file_id, now=core.now())
    return Answer(value={"post": post, "signedUrl": signed_url})


async def take(core: Core, request: Request) -> Answer:
    """`POST /api/upload/content`: the bytes, behind the fields that were given out for them.

    The fields have to come first, as both clients and every form of S3's have it: bytes are not taken on trust. Bytes
    that come a second time are those that are there.
    """
    form = Form(request, file_field="file", limit=core.limits.file_bytes)
    pieces = form.file()
    first = await anext(pieces, b"")
    fields = dict(form.fields)
    key, token = fields.get("key", ""), fields.get("token", "")
    project_id = request.context.addresses.may_upload(key, token, now=core.now())
    if project_id is None:
        raise errors.bad_signature()
    caller = Caller(project_id=project_id, subject=UPLOADER)

    async def content() -> AsyncIterator[bytes]:
        async for piece in _joined(first, pieces):
            yield piece
        if form.file_name is None:
            raise Invalid("file", "the form has no file")

    name = fields.get("name", "")[:NAME_MAX] or form.file_name or key
    new = NewFile(id=key, name=name, purpose=PURPOSE, mime=fields.get("mime") or None)
    try:
        await files.get(core, caller, key)
    except NotFound:
        await files.create(core, caller, new, content())
    else:
        async for _ in pieces:
            pass
    return Answer(status=204, content=b"", headers=ANYWHERE)


async def read(core: Core, request: Request) -> Answer | Streamed:
    """`GET /api/files/{file_id}`: the bytes. An address that is not ours, and a file that is gone, are the same."""
    file_id, token = request.params["file_id"], dict(request.query_pairs()).get("token", "")
    project_id = request.context.addresses.may_read(file_id, token, now=core.now())
    if project_id is None:
        raise NotFound("file", file_id)
    file, pieces = await files.content(core, Caller(project_id=project_id), file_id)
    kind = file.mime or "application/octet-stream"
    how = "inline" if kind.startswith(SHOWN_IN_PLACE) and "svg" not in kind else "attachment"
    headers = (
        *ANYWHERE,
        ("content-length", str(file.size)),
        ("content-disposition", f"{how}; filename*=UTF-8''{quote(file.name, safe='', errors='replace')}"),
        # A browser's own viewer of PDFs does not work in a sandbox, and runs nothing of ours outside of one.
        *(() if kind == PDF else (("content-security-policy", "sandbox; default-src 'none'"),)),
        ("x-content-type-options", "nosniff"),
        ("cache-control", "private, max-age=3600"),
    )
    first = await anext(pieces, b"")  # a file that is just being deleted is found out before the answer begins
    return Streamed(pieces=_joined(first, pieces), content_type=kind, headers=headers)


async def _joined(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for piece in rest:
        yield piece
