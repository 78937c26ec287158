"""Files, as this dialect's clients see them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from clew.dialects.openai import bodies, fields, mapping, wire
from clew.dialects.openai.handlers.lists import listed, window_of
from clew.domain.expiration import Expiration, Policy
from clew.service import files
from clew.service.files import NewFile
from clew.web.answer import Answer, Streamed, begun
from clew.web.multipart import Form

if TYPE_CHECKING:
    from clew.service.core import Core
    from clew.web.request import Request

LIST_MAX = 10_000


def expiration_of(sent: dict[str, Any] | None) -> Expiration | None:
    """`expires_after`: seconds from creation; None where it was not sent."""
    if sent is None:
        return None
    return Expiration(policy=Policy.STATIC, ttl_seconds=sent["seconds"])


async def create(core: Core, request: Request) -> Answer:
    """`createFile`. The form's parts may come in any order."""
    form = Form(request, file_field="file", limit=core.limits.file_bytes)

    def described() -> NewFile:
        if form.file_name is None:
            raise fields.missing("file").refusal("")
        sent = bodies.read_file_form(form.fields)
        return NewFile(
            name=form.file_name,
            purpose=sent["purpose"],
            mime=form.file_type,
            expiration=expiration_of(sent.get("expires_after")),
        )

    file = await files.create(core, request.caller, described, form.file())
    return Answer(value=mapping.file_to_wire(file))


async def page(core: Core, request: Request) -> Answer:
    """`listFiles`."""
    found = await files.page(
        core, request.caller, window_of(request, limit=LIST_MAX), purpose=request.query.get("purpose")
    )
    return listed(found, mapping.file_to_wire)


async def get(core: Core, request: Request) -> Answer:
    """`retrieveFile`."""
    return Answer(value=mapping.file_to_wire(await files.get(core, request.caller, request.params["file_id"])))


async def delete(core: Core, request: Request) -> Answer:
    """`deleteFile`."""
    file_id = request.params["file_id"]
    await files.delete(core, request.caller, file_id)
    return Answer(value=wire.Deleted(id=file_id, object="file"))


async def content(core: Core, request: Request) -> Streamed:
    """`downloadFile`. Files of every purpose may be downloaded: they are the caller's own.

    Whatever its kind, a browser is told to save it and not to guess: an uploaded page must not run here.
    """
    file, pieces = await files.content(core, request.caller, request.params["file_id"])
    return Streamed(
        pieces=await begun(pieces),
        content_type=file.mime or "application/octet-stream",
        headers=(
            ("content-length", str(file.size)),
            ("content-disposition", f"attachment; filename*=UTF-8''{quote(file.name, safe='')}"),
            ("x-content-type-options", "nosniff"),
        ),
    )
