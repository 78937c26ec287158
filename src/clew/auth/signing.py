"""Signed tokens: addresses that open one thing for a while to whoever has them, without a key."""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import NamedTuple

import msgspec


class Ticket(NamedTuple):
    """What a token opens: the thing `id` of a project, until `expires_at`. What may be done to it is the purpose."""

    project_id: str
    id: str
    expires_at: int


def sign(secret: bytes, purpose: str, ticket: Ticket) -> str:
    """A token for the ticket, fit for a URL. `secret` is the store's, and one purpose's token is no good for another.

    Anyone can read the ticket from the token; nobody without the secret can make one.
    """
    said = msgspec.json.encode(ticket)
    mark = hmac.digest(secret, msgspec.json.encode(["token", purpose, *ticket]), "sha256")
    return f"{_text(said)}.{_text(mark)}"


def check(secret: bytes, purpose: str, token: str, *, now: int) -> Ticket | None:
    """The ticket of a token of ours that is still good; None for any other, whatever is wrong with it."""
    try:
        said = msgspec.json.decode(urlsafe_b64decode(token.partition(".")[0] + "=="), type=tuple[str, str, int])
    except (ValueError, msgspec.DecodeError):
        return None
    ticket = Ticket(*said)
    # Signed anew and compared as a whole: there is one way to write a token, so none can be varied.
    if not hmac.compare_digest(sign(secret, purpose, ticket).encode(), token.encode("utf-8", "surrogatepass")):
        return None
    return ticket if now < ticket.expires_at else None


def _text(value: bytes) -> str:
    return urlsafe_b64encode(value).decode("ascii").rstrip("=")
