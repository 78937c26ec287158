"""Addresses that we give out: where the server is for a client, and where a file is for somebody without a key.

Whoever has such an address may do that one thing with that one file until it ends, and nothing else.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, urlencode

if TYPE_CHECKING:
    from collections.abc import Mapping

DAY: Final = 24 * 60 * 60 * 1_000_000
UPLOAD: Final = 60 * 60 * 1_000_000
"""How long an upload may wait for its bytes, in microseconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """Those of one server, as one client reaches it. `root` has no slash at its end."""

    root: str
    secret: bytes

    def of_file(self, project_id: str, file_id: str, *, now: int) -> str:
        """Where the bytes of the file are for the rest of the day and the next one: it stays the same for so long."""
        ends = str((now // DAY + 2) * DAY)
        sign = self.sign("read", project_id, file_id, ends)
        query = urlencode({"project": project_id, "ends": ends, "signature": sign})
        return f"{self.root}/api/files/{quote(file_id, safe='')}?{query}"

    def sign(self, *words: str) -> str:
        """What nobody else can say of these words."""
        # Each word's length goes with it: no other words read the same in a row.
        row = "".join(f"{len(word)}:{word}" for word in words)
        return hmac.new(self.secret, row.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()

    def signed(self, sign: str, *words: str) -> bool:
        """Whether that is our sign under these words."""
        return hmac.compare_digest(self.sign(*words).encode(), sign.encode("utf-8", "surrogatepass"))


def may_read(addresses: Addresses, file_id: str, query: Mapping[str, str], *, now: int) -> bool:
    """Whether the query of a file's address is one that we gave out and that has not ended."""
    project_id, ends = query.get("project", ""), query.get("ends", "")
    if not ends.isascii() or not ends.isdigit() or int(ends[:20]) <= now:
        return False
    return addresses.signed(query.get("signature", ""), "read", project_id, file_id, ends)
