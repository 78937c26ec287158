"""Lists: from a page size and a token to a window, and to the next token. Contract: section 5."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar

from clew.dialects.yandex.errors import Refusal, invalid
from clew.domain.noun import replace
from clew.domain.page import Order, Page, Window
from clew.domain.problem import NotFound

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from google.protobuf.message import Message

    from clew.dialects.yandex.call import Call
    from clew.service.core import Core

SIZE: Final = 100
SIZE_MAX: Final = 1000

PAGE_BYTES: Final = 3 * 1024 * 1024
"""Clients take 4 MiB in one message unless they are told otherwise. A larger one they hold for a passing overload, and
ask again and again."""


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
T = TypeVar("T")


def window_of(request: Any) -> Window:  # noqa: ANN401 (any list request)
    """The window that a request asks for. Raises `Refusal` for a size or a token that cannot be."""
    if not 0 <= request.page_size <= SIZE_MAX:
        raise invalid("page_size", f"must be between 0 and {SIZE_MAX}")
    mark = _mark_of(request.page_token)
    return Window(limit=request.page_size or SIZE, order=Order.DESC, mark=mark, marked=True)


def _mark_of(token: str) -> str | None:
    if not token:
        return None
    try:
        return urlsafe_b64decode(token.encode("ascii")).decode()
    except (Error, ValueError):
        raise _bad_token() from None


def _bad_token() -> Refusal:
    """The refusal of a token that we did not make."""
    return invalid("page_token", "is not a token of this list")


async def page_of(request: Any, page: Callable[[Window], Awaitable[Page[T]]]) -> tuple[list[T], str]:  # noqa: ANN401 (any list request)
    """A page of what `page` reads, and the next token. Raises `Refusal`.

    The last page has a token as well: the clients stop at an empty page, and only there.
    """
    return await _read(window_of(request), page, lambda _: True)


async def page_in_folder(
    call: Call,
    request: Any,  # noqa: ANN401 (any list request)
    page: Callable[[Window], Awaitable[Page[M]]],
) -> tuple[list[M], str]:
    """The same of what the request's folder has.

    On an open server folders share one project, so that what other folders have is passed over.
    """
    folder = call.folder(request.folder_id)
    return await _read(window_of(request), page, lambda thing: call.shows(thing.folder, folder))


async def _read(
    window: Window, page: Callable[[Window], Awaitable[Page[T]]], wanted: Callable[[T], bool]
) -> tuple[list[T], str]:
    found: list[T] = []
    rest = window
    while True:
        try:
            read = await page(rest)
        except NotFound as problem:
            if problem.noun == "mark":
                raise _bad_token() from None
            raise
        found += [thing for thing in read.things if wanted(thing)]
        mark = read.mark or ""
        if len(found) >= window.limit or not read.has_more:
            return found, urlsafe_b64encode(mark.encode()).decode() if found else ""
        rest = replace(window, mark=mark, limit=window.limit - len(found))


async def fitting(
    handler: Callable[[Core, Call, Any], Awaitable[Message]],
    core: Core,
    call: Call,
    request: Any,  # noqa: ANN401 (any list request)
) -> Message:
    """The answer to a list request, with fewer things than it asks for where those make the page too large."""
    while True:
        page = await handler(core, call, request)
        things = next(field.name for field in page.DESCRIPTOR.fields if field.is_repeated)
        size, count = page.ByteSize(), len(getattr(page, things))
        if size <= PAGE_BYTES or count <= 1:
            return page
        smaller = type(request)()
        smaller.CopyFrom(request)
        smaller.page_size = max(1, min(count - 1, count * PAGE_BYTES // size))
        request = smaller
