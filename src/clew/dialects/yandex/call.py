"""One call, as handlers see it: who asks, and what the server was told about how to answer."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from clew.dialects.yandex.errors import not_found

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from clew.domain.project import Caller


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What an operator may choose of this dialect."""

    grpc_address: str = "localhost:8401"
    """Where discovery sends clients: `host:port`."""
    public_url: str = "http://localhost:8400"
    """Where file addresses point to."""
    snake_case: bool = False
    """Whether REST answers look as the hosted front's did, not as its reference says."""
    body_bytes_max: int = 192 * 1024 * 1024


@dataclass(slots=True, kw_only=True)
class Call:
    """`id` is the request's, for logs and errors; `request_key` the client's, the same through its retries."""

    caller: Caller
    id: str
    options: Options = field(default_factory=Options)
    request_key: str | None = None
    message_letters: str | None = None
    """What the id of the message that this call writes is to end with, so that it is written once."""
    is_first: bool = False
    """Whether it is certain that no call with these letters came before."""
    client_request_id: str | None = None
    admit: Callable[[str], Awaitable[Caller | None]]
    """The door, for the one method that is asked about other credentials than the call's own."""

    def folder(self, folder_id: str) -> str | None:
        """Check the folder that a request names; what things made in it are to be marked with.

        A folder is a project: a key opens its own, and another one is *not found*. An open server has one project for
        everybody; there a folder is a mark on what was made in it.
        """
        if folder_id == self.caller.project_id:
            return None
        if self.caller.key_id is not None:  # without a key, the server is open
            raise not_found("folder", folder_id)
        return folder_id

    def shows(self, folder: str | None, asked: str | None) -> bool:
        """Whether a list of the folder `asked` has a thing that is marked with `folder`.

        What was made without naming a folder, by other dialects, is in all of them.
        """
        return folder is None or folder == asked
