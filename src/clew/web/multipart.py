"""Forms with a file in them, read as they come in: the file goes straight on, and is never whole in memory."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from clew.domain.problem import Invalid, TooLarge

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from clew.web.request import Request

FIELD_BYTES_MAX: Final = 64 * 1024
FIELDS_MAX: Final = 100
OVERHEAD_BYTES: Final = 1024 * 1024
"""What a form may be larger than its file."""


class Form:
    """A multipart body. `fields` and `file_name` are complete once the bytes of `file` have been read to their end."""

    def __init__(self, request: Request, *, file_field: str, limit: int) -> None:
        """Raises `Invalid` where the body is no form."""
        kind, options = parse_options_header(request.headers.get(b"content-type"))
        boundary = options.get(b"boundary")
        if kind != b"multipart/form-data" or not boundary:
            raise Invalid("body", "expected a multipart/form-data form")
        self.fields: list[tuple[str, str]] = []
        self.file_name: str | None = None
        self.file_type: str | None = None
        self._request = request
        self._file_field = file_field
        self._limit = limit
        self._data: deque[bytes] = deque()
        self._header_name = b""
        self._header_value = b""
        self._headers: dict[str, bytes] = {}
        self._name = ""
        self._in_file = False
        self._value = bytearray()
        self._is_whole = False
        try:
            self._parser = MultipartParser(
                boundary,
                {
                    "on_part_begin": self._begin,
                    "on_header_field": self._take_header_name,
                    "on_header_value": self._take_header_value,
                    "on_header_end": self._end_header,
                    "on_headers_finished": self._end_headers,
                    "on_part_data": self._take,
                    "on_part_end": self._end,
                    "on_end": self._finish,
                },
            )
        except FormParserError as error:  # a boundary that is longer than it may be
            raise Invalid("body", "expected a multipart/form-data form") from error

    async def file(self) -> AsyncIterator[bytes]:
        """The bytes of the file as they come. Raises `Invalid` for a broken form, `TooLarge`, and what reading does."""
        try:
            async for chunk in self._request.chunks(limit=self._limit + OVERHEAD_BYTES):
                self._parser.write(chunk)
                while self._data:
                    yield self._data.popleft()
            self._parser.finalize()
        except FormParserError as error:
            raise Invalid("body", "the form is broken") from error
        if not self._is_whole:  # cut off on its way: the file in it is not what its sender has
            raise Invalid("body", "the form is broken")

    def _begin(self) -> None:
        self._headers = {}
        self._value.clear()

    def _take_header_name(self, data: bytes, start: int, end: int) -> None:
        self._header_name += data[start:end]

    def _take_header_value(self, data: bytes, start: int, end: int) -> None:
        self._header_value += data[start:end]

    def _end_header(self) -> None:
        self._headers[self._header_name.decode("latin-1").lower()] = self._header_value
        self._header_name = self._header_value = b""

    def _end_headers(self) -> None:
        _, options = parse_options_header(self._headers.get("content-disposition", b""))
        self._name = options.get(b"name", b"").decode("utf-8", "replace")
        self._in_file = self._name == self._file_field and self.file_name is None
        if self._in_file:
            self.file_name = options.get(b"filename", b"").decode("utf-8", "replace") or self._file_field
            self.file_type = self._headers.get("content-type", b"").decode("latin-1") or None

    def _take(self, data: bytes, start: int, end: int) -> None:
        if self._in_file:
            self._data.append(data[start:end])
            return
        self._value += data[start:end]
        if len(self._value) > FIELD_BYTES_MAX:
            raise TooLarge(self._name, limit=FIELD_BYTES_MAX, got=None, unit="bytes")

    def _finish(self) -> None:
        self._is_whole = True

    def _end(self) -> None:
        if self._in_file:
            self._in_file = False
            return
        self.fields.append((self._name, self._value.decode("utf-8", "replace")))
        if len(self.fields) > FIELDS_MAX:
            raise TooLarge("body", limit=FIELDS_MAX, got=None, unit="fields")
