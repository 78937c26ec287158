"""What files are, told by their bytes."""

import struct
import zipfile
from io import BytesIO

import pytest

from clew.service.mime import mime_of_content

OFFICE = "application/vnd.openxmlformats-officedocument."


def zipped(*names: str) -> bytes:
    kept = BytesIO()
    with zipfile.ZipFile(kept, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return kept.getvalue()


def compound(stream: str) -> bytes:
    """A compound file whose directory is in its second sector."""
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".ljust(30, b"\0") + struct.pack("<H16xI", 9, 1)
    return header.ljust(1024, b"\0") + "Root Entry".encode("utf-16-le").ljust(128, b"\0") + stream.encode("utf-16-le")


@pytest.mark.parametrize(
    ("content", "mime"),
    [
        (b"", "text/plain"),
        (b"to be", "text/plain"),
        ("быть".encode(), "text/plain"),
        ("быть".encode("cp1251"), "text/plain"),
        (b"\xef\xbb\xbfbe", "text/plain"),
        ("быть".encode("utf-16"), "text/plain"),
        (b'{"a": 1}', "text/plain"),
        (b"a,b\n1,2\n", "text/plain"),
        (b"<!DOCTYPE html>\n<p>", "text/html"),
        (b"\n<!-- no --><html lang='en'>", "text/html"),
        (b"<?xml version='1.0'?><a/>", "application/xml"),
        (b"<?xml version='1.0'?><html xmlns='http://www.w3.org/1999/xhtml'>", "application/xhtml+xml"),
        (b"% a paper\n\\documentclass{article}", "application/x-latex"),
        (b"{\\rtf1 be}", "text/rtf"),
        (b"%PDF-1.7\n", "application/pdf"),
        (b"\x89PNG\r\n\x1a\n\0", "image/png"),
        (b"RIFF\0\0\0\0WEBP", "image/webp"),
        (b"\x1f\x8b\x08", "application/gzip"),
        (b"\0\1\2", "application/octet-stream"),
        (b"PK\x03\x04 broken", "application/zip"),
        (zipped("a.txt"), "application/zip"),
        (
            zipped("[Content_Types].xml", "word/document.xml"),
            OFFICE + "wordprocessingml.document",
        ),
        (
            zipped("[Content_Types].xml", "xl/workbook.xml"),
            OFFICE + "spreadsheetml.sheet",
        ),
        (
            zipped("[Content_Types].xml", "ppt/presentation.xml"),
            OFFICE + "presentationml.presentation",
        ),
        (compound("WordDocument"), "application/msword"),
        (compound("Workbook"), "application/vnd.ms-excel"),
        (compound("PowerPoint Document"), "application/vnd.ms-powerpoint"),
        (compound("__properties_version1.0"), "application/vnd.ms-outlook"),
        (compound("Nothing"), "application/x-ole-storage"),
        (compound("WordDocument")[:20], "application/x-ole-storage"),
    ],
)
def test_the_bytes_say_the_kind(content: bytes, mime: str) -> None:
    assert mime_of_content(content) == mime
