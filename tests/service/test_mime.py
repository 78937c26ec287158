"""What files are, told by their bytes."""

import zipfile
from io import BytesIO

import pytest

from clew.service.mime import mime_of_content


def zipped(*names: str) -> bytes:
    kept = BytesIO()
    with zipfile.ZipFile(kept, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return kept.getvalue()


def compound(stream: str) -> bytes:
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504) + stream.encode("utf-16-le") + bytes(64)


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
            f"{'application/vnd.openxmlformats-officedocument'}.wordprocessingml.document",
        ),
        (
            zipped("[Content_Types].xml", "xl/workbook.xml"),
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        ),
        (
            zipped("[Content_Types].xml", "ppt/presentation.xml"),
            "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        ),
        (compound("WordDocument"), "application/msword"),
        (compound("Workbook"), "application/vnd.ms-excel"),
        (compound("PowerPoint Document"), "application/vnd.ms-powerpoint"),
        (compound("__properties_version1.0"), "application/vnd.ms-outlook"),
        (compound("Nothing"), "application/x-ole-storage"),
    ],
)
def test_the_bytes_say_the_kind(content: bytes, mime: str) -> None:
    assert mime_of_content(content) == mime
