"""HTTP/1.1 as uvicorn speaks it, with an end to what may come before a body, and our words for what is no HTTP.

uvicorn sets no bound to a request's head. Whoever can connect, with a key or without, could send headers until the
memory is used up.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

import msgspec
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

HEAD_BYTES_MAX: Final = 64 * 1024
"""The first line and all headers of a request together. It also bounds the query and the path."""


class BoundedProtocol(HttpToolsProtocol):
    """One connection."""

    _unread = 0
    """Bytes that came since a head or a piece of a body was last complete."""

    def data_received(self, data: bytes) -> None:
        """Whatever came."""
        self._unread += len(data)
        super().data_received(data)
        if self._unread > HEAD_BYTES_MAX and not self.transport.is_closing():
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, _TOO_LARGE)

    def on_headers_complete(self) -> None:
        """A head is complete. Nothing is begun for one that is too large."""
        unread, self._unread = self._unread, 0
        # Cheap first: what came is at least as much as the head. It may hold a body as well, so then it is measured.
        if unread > HEAD_BYTES_MAX and self._head_bytes() > HEAD_BYTES_MAX:
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, _TOO_LARGE)
        elif not self.transport.is_closing():
            super().on_headers_complete()

    def _head_bytes(self) -> int:
        return len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)

    def on_body(self, body: bytes) -> None:
        """A piece of a body, which has bounds of its own."""
        self._unread = 0
        if not self.transport.is_closing():
            super().on_body(body)

    def on_message_complete(self) -> None:
        """The end of a request."""
        if not self.transport.is_closing():
            super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """What came is no HTTP."""
        self._refuse(HTTPStatus.BAD_REQUEST, msg)

    def _refuse(self, status: HTTPStatus, message: str) -> None:
        error = {"message": message, "type": "invalid_request_error", "param": None, "code": None}
        content = msgspec.json.encode({"error": error})
        self.transport.write(
            STATUS_LINE[status]
            + b"content-type: application/json\r\ncontent-length: "
            + str(len(content)).encode()
            + b"\r\nconnection: close\r\n\r\n"
            + content
        )
        self.transport.close()


_TOO_LARGE: Final = (
    f"The head of your request is too large. Expected at most {HEAD_BYTES_MAX} bytes of URL and headers."
)
