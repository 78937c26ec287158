"""Files and uploads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clew.dialects.openai import wire
from clew.dialects.openai.mapping.common import seconds, seconds_or_none

if TYPE_CHECKING:
    from clew.domain.file import File, Upload, UploadPart


def file_to_wire(file: File) -> wire.File:
    """A file. One that another dialect made without a purpose is shown as one for assistants."""
    return wire.File(
        id=file.id,
        bytes=file.size,
        created_at=seconds(file.created_at),
        filename=file.name,
        purpose=file.purpose or "assistants",
        expires_at=seconds_or_none(file.expires_at),
    )


def upload_to_wire(upload: Upload, file: File | None = None) -> wire.Upload:
    """An upload, with the file that it became."""
    return wire.Upload(
        id=upload.id,
        bytes=upload.size,
        created_at=seconds(upload.created_at),
        expires_at=seconds(upload.expires_at),
        filename=upload.name,
        purpose=upload.purpose,
        status=upload.state.value,
        file=None if file is None else file_to_wire(file),
    )


def part_to_wire(part: UploadPart) -> wire.UploadPart:
    """A part of an upload."""
    return wire.UploadPart(id=part.id, created_at=seconds(part.created_at), upload_id=part.upload_id)
