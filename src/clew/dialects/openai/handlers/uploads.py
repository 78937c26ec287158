"""Uploads in parts, as this dialect's clients see them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clew.dialects.openai import fields, mapping
from clew.dialects.openai.handlers.files import expiration_of
from clew.service import uploads
from clew.service.uploads import NewUpload
from clew.web.answer import Answer
from clew.web.multipart import Form

if TYPE_CHECKING:
    from clew.service.core import Core
    from clew.web.request import Request


async def create(core: Core, request: Request) -> Answer:
    """`createUpload`."""
    body = request.body
    upload = await uploads.create(
        core,
        request.caller,
        NewUpload(
            name=body["filename"],
            purpose=body["purpose"],
            size=body["bytes"],
            mime=body["mime_type"],
            expiration=expiration_of(body.get("expires_after")),
        ),
    )
    return Answer(value=mapping.upload_to_wire(upload))


async def add_part(core: Core, request: Request) -> Answer:
    """`addUploadPart`."""
    form = Form(request, file_field="data", limit=core.limits.part_bytes)

    def sent() -> None:
        if form.file_name is None:
            raise fields.missing("data").refusal("")

    part = await uploads.add_part(core, request.caller, request.params["upload_id"], form.file(), sent=sent)
    return Answer(value=mapping.part_to_wire(part))


async def complete(core: Core, request: Request) -> Answer:
    """`completeUpload`."""
    upload, file = await uploads.complete(
        core,
        request.caller,
        request.params["upload_id"],
        request.body["part_ids"],
        md5=request.body.get("md5"),
    )
    return Answer(value=mapping.upload_to_wire(upload, file))


async def cancel(core: Core, request: Request) -> Answer:
    """`cancelUpload`."""
    upload = await uploads.cancel(core, request.caller, request.params["upload_id"])
    return Answer(value=mapping.upload_to_wire(upload))
