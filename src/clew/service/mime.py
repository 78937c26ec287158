"""What kind of file some bytes are, told by the bytes alone.

A small table on purpose: documents, pages, pictures and archives that say themselves what they are. What is text and
says nothing is plain text; a guess at source code or tables by their words would be wrong too often.
"""

from __future__ import annotations

import re
import struct
from typing import Final

BINARY: Final = "application/octet-stream"
TEXT: Final = "text/plain"

_HEAD_BYTES: Final = 4096
"""How much of a text is looked at for what it is."""
_LIST_BYTES: Final = 64 * 1024
"""How much of what a container says of its parts. Whatever the size of the file, to look at it takes no time."""

_MAGIC: Final = (
    (b"%PDF-", "application/pdf"),
    (rb"{\rtf", "text/rtf"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
    (b"\x1f\x8b", "application/gzip"),
)
_OFFICE: Final = "application/vnd.openxmlformats-officedocument."
_IN_ZIP: Final = (
    (b"word/document.xml", _OFFICE + "wordprocessingml.document"),
    (b"xl/workbook.xml", _OFFICE + "spreadsheetml.sheet"),
    (b"ppt/presentation.xml", _OFFICE + "presentationml.presentation"),
)
_OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_IN_OLE: Final = (
    ("WordDocument", "application/msword"),
    ("Workbook", "application/vnd.ms-excel"),
    ("Book", "application/vnd.ms-excel"),
    ("PowerPoint Document", "application/vnd.ms-powerpoint"),
    ("__properties_version1.0", "application/vnd.ms-outlook"),
    ("Props9", "application/vnd.ms-project"),
    ("Props14", "application/vnd.ms-project"),
)
"""The streams that tell such files apart: their names stand in a directory inside the file, in UTF-16."""
_OLE_HEADER: Final = struct.Struct("<30xH16xI")
"""Of the header: the sectors' size as a power of two, and in which of them the directory begins."""

_MARKS: Final = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_XHTML: Final = re.compile(r"\s*<\?xml.*<html\b[^>]*xmlns\s*=", re.DOTALL | re.IGNORECASE)
_HTML: Final = re.compile(r"\s*(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body)\b", re.DOTALL | re.IGNORECASE)
_XML: Final = re.compile(r"\s*<\?xml\s")
_LATEX: Final = re.compile(r"^\s*\\documentclass\b", re.MULTILINE)
_CONTROL: Final = frozenset(range(32)) - frozenset(b"\t\n\r\f\b\x1b")


def mime_of_content(content: bytes) -> str:
    """The kind; `application/octet-stream` where these bytes are no text and nothing that is known."""
    for magic, mime in _MAGIC:
        if content.startswith(magic):
            return mime
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    if content.startswith(b"PK\x03\x04"):
        return _of_zip(content)
    if content.startswith(_OLE):
        return _of_ole(content)
    head = _head_of_text(content[:_HEAD_BYTES])
    return BINARY if head is None else _of_text(head)


def _of_zip(content: bytes) -> str:
    """By the names of its parts, of which the list stands at the end."""
    names = content[:_LIST_BYTES] + content[-_LIST_BYTES:]
    return next((mime for name, mime in _IN_ZIP if name in names), "application/zip")


def _of_ole(content: bytes) -> str:
    if len(content) >= _OLE_HEADER.size:
        power, sector = _OLE_HEADER.unpack_from(content)
        at = (sector + 1) << min(power, 16)  # the header stands where a sector would, before the first one
        directory = content[at : at + _LIST_BYTES]
        for name, mime in _IN_OLE:
            if name.encode("utf-16-le") in directory:
                return mime
    return "application/x-ole-storage"


def _head_of_text(head: bytes) -> str | None:
    """The beginning of a text; None where it is none."""
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return head[len(mark) :].decode(encoding, "replace")
    if not _CONTROL.isdisjoint(head):
        return None
    return head.decode("utf-8", "replace")


def _of_text(head: str) -> str:
    if _XHTML.match(head):
        return "application/xhtml+xml"
    if _HTML.match(head):
        return "text/html"
    if _XML.match(head):
        return "application/xml"
    return "application/x-latex" if _LATEX.search(head) else TEXT
