"""Lists: from a page size and a token to a window, and to the next token. Contract: section 5."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar

from clew.dialects.yandex.errors import invalid
from clew.domain.page import Order, Page, Window
from clew.domain.problem import NotFound

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from clew.dialects.yandex.call import Call

SIZE: Final = 100
SIZE_MAX: Final = 1000


class Marked(Protocol):
    """A thing that was made in a folder."""

    @property
    def id(self) -> str:
        """Its id."""
        ...

    @property
    def folder(self) -> str | None:
        """The folder."""
        ...


M = TypeVar("M", bound=Marked)


def window_of(request: Any) -> Window:  # noqa: ANN401 (any list request)
    """The window that a request asks for. Raises `Refusal` for a size or a token that cannot be."""
    if not 0 <= request.page_size <= SIZE_MAX:
        raise invalid("page_size", f"must be between 0 and {SIZE_MAX}")
    return Window(limit=request.page_size or SIZE, order=Order.DESC, after=_cursor(request.page_token))


def _cursor(token: str) -> str | None:
    if not token:
        return None
    try:
        return urlsafe_b64decode(token.encode("ascii")).decode()
    except (Error, ValueError):
        raise bad_token() from None


def bad_token() -> Exception:
    """The refusal of a token that we did not make."""
    return invalid("page_token", "is not a token of this list")


def next_token(things: Sequence[Any], id_of: Callable[[Any], str] = lambda thing: thing.id) -> str:
    """Where the next page goes on. Also the last page has one: the clients stop at an empty page, and only there."""
    return urlsafe_b64encode(id_of(things[-1]).encode()).decode() if things else ""


async def page_in_folder(
    call: Call,
    request: Any,  # noqa: ANN401 (any list request)
    page: Callable[[Window], Awaitable[Page[M]]],
) -> tuple[list[M], str]:
    """A page of what the request's folder has, and the next token. Raises `Refusal`.

    On an open server folders share one project, so that what other folders have is passed over.
    """
    folder = call.folder(request.folder_id)
    window = window_of(request)
    found: list[M] = []
    while True:
        try:
            read = await page(window)
        except NotFound as problem:
            if problem.id == window.after:
                raise bad_token() from None
            raise
        found += [thing for thing in read.things if call.shows(thing.folder, folder)]
        if len(found) >= window.limit or not read.has_more:
            found = found[: window.limit]
            return found, next_token(found)
        window = Window(limit=window.limit, order=window.order, after=read.things[-1].id)
