"""A refusal: what this dialect answers in place of what was asked."""

from __future__ import annotations

from typing import Any, Final

SHOWN_MAX: Final = 256


class Refusal(Exception):
    """An error answer. It can always be encoded, whatever text of the caller's it repeats.

    `retry_after_seconds` belongs into a header; it is None where there is nothing to say. `try_again` is False for
    what clients would send again by its status, and should not.
    """

    def __init__(
        self,
        status: int,
        message: str,
        *,
        type: str = "invalid_request_error",  # noqa: A002 (the envelope's key)
        param: str | None = None,
        code: str | None = None,
        retry_after_seconds: float | None = None,
        try_again: bool = True,
    ) -> None:
        self.status: Final = status
        self.message: Final = encodable(message)
        self.type: Final = type
        self.param: Final = None if param is None else encodable(param)
        self.code: Final = code
        self.retry_after_seconds: Final = retry_after_seconds
        self.try_again: Final = try_again
        super().__init__(self.message)

    def body(self) -> dict[str, Any]:
        """The envelope, with all four keys."""
        return {"error": {"message": self.message, "type": self.type, "param": self.param, "code": self.code}}


def encodable(text: str) -> str:
    """The text, with lone surrogates written out: UTF-8 cannot say them."""
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()


def shown(text: str) -> str:
    """As much of a caller's text as fits into a message."""
    return text if len(text) <= SHOWN_MAX else f"{text[:SHOWN_MAX]}..."
