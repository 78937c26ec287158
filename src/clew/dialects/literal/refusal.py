"""A refusal: what this dialect answers in place of what was asked, for the whole request or for one field of it."""

from __future__ import annotations

from typing import Any, Final

SHOWN_MAX: Final = 256


class Refusal(Exception):
    """An error. It can always be encoded, whatever text of the caller's it repeats.

    `status` counts where the whole request is refused; a field that fails beside others leaves the answer at 200.
    """

    def __init__(self, message: str, code: str, *, status: int = 400, path: tuple[str, ...] = ()) -> None:
        self.message: Final = encodable(message)
        self.code: Final = code
        self.status: Final = status
        self.path: Final = path
        super().__init__(self.message)

    def entry(self, path: tuple[str, ...] = ()) -> dict[str, Any]:
        """Its place in a list of errors. `path` says which field it was."""
        said: dict[str, Any] = {"message": self.message, "extensions": {"code": self.code}}
        if where := path or self.path:
            said["path"] = list(where)
        return said


def encodable(text: str) -> str:
    """The text, with lone surrogates written out: UTF-8 cannot say them."""
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()


def shown(value: object) -> str:
    """As much of what a caller sent as fits into a message."""
    text = repr(value) if not isinstance(value, str) else f'"{value}"'
    return text if len(text) <= SHOWN_MAX else f"{text[:SHOWN_MAX]}..."
