"""Addresses that we give out: where the server is for a client, and where a file is for somebody without a key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, urlencode

from clew.auth.signing import Ticket, check, sign

DAY: Final = 24 * 60 * 60 * 1_000_000
UPLOAD: Final = 60 * 60 * 1_000_000
"""How long an upload may wait for its bytes, in microseconds."""
READING: Final = "literal.read"
WRITING: Final = "literal.upload"


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """Those of one server, as one client reaches it. `root` has no slash at its end, `secret` is the store's."""

    root: str
    secret: bytes

    def of_file(self, project_id: str, file_id: str, *, now: int) -> str:
        """Where the bytes of the file are for the rest of the day and the next one: it stays the same for so long."""
        token = sign(self.secret, READING, Ticket(project_id, file_id, (now // DAY + 2) * DAY))
        return f"{self.root}/api/files/{quote(file_id, safe='')}?token={token}"

    def may_read(self, file_id: str, token: str, *, now: int) -> str | None:
        """The project whose file that is, where the token is one that we gave out for it and that has not ended."""
        ticket = check(self.secret, READING, token, now=now)
        return ticket.project_id if ticket is not None and ticket.id == file_id else None

    def of_prompt(self, project_id: str, name: str, version: int) -> str:
        """Where people look at a version of a prompt."""
        asked = urlencode({"name": name, "version": version}, quote_via=quote)
        return f"{self.root}/projects/{quote(project_id, safe='')}/playground?{asked}"

    def to_upload(self, project_id: str, file_id: str, *, now: int) -> str:
        """A token to send the bytes of this file with."""
        return sign(self.secret, WRITING, Ticket(project_id, file_id, now + UPLOAD))

    def may_upload(self, file_id: str, token: str, *, now: int) -> str | None:
        """The project into which the bytes of this file may be put with the token."""
        ticket = check(self.secret, WRITING, token, now=now)
        return ticket.project_id if ticket is not None and ticket.id == file_id else None
