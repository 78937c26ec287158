"""Files, both ways. What a file is for is another dialect's word: here all are for assistants."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from clew.dialects.yandex import wire
from clew.dialects.yandex.errors import invalid
from clew.dialects.yandex.mapping.common import described, new_described, revised
from clew.domain.noun import replace
from clew.service.files import NewFile, is_mime
from clew.service.mime import mime_of_content

if TYPE_CHECKING:
    from collections.abc import Collection

    from clew.domain.file import File

PURPOSE: Final = "assistants"


def file_to_wire(file: File) -> wire.File:
    """The file. Its size and what it is for cannot be said here."""
    return wire.File(**described(file), mime_type=file.mime)


def file_from_wire(sent: wire.CreateFileRequest, content: bytes, *, folder: str | None) -> NewFile:
    """What a new file is to be. Its kind is told by its bytes where nobody says it."""
    if sent.mime_type and not is_mime(sent.mime_type):
        raise invalid("mime_type", f"{sent.mime_type!r} is no type of a file")
    return NewFile(
        **new_described(sent),
        name=sent.name,
        purpose=PURPOSE,
        mime=sent.mime_type or mime_of_content(content),
        folder=folder,
    )


def file_revised(old: File, new: wire.File, fields: Collection[str]) -> File:
    """The file as an update leaves it."""
    file = revised(old, new, fields)
    return replace(file, name=new.name) if "name" in fields else file
