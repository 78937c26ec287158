"""Ids: opaque strings whose prefix says the kind and, in a thread, whose first characters say the shard.

An id is the same in every dialect. What we make is `prefix + letters and digits`; what a client
chose is kept as it came, so nothing may be concluded from the shape of an id but through `tag_of`.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import Final

ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
TAG_LENGTH: Final = 3
RANDOM_LENGTH: Final = 21
"""62**21 is a little more than 2**125: no two are ever equal."""

_PAIRS: Final = [low + high for high in ALPHABET for low in ALPHABET]
"""Two digits at a time: every request has an id, and most make more."""

PREFIXES: Final = {
    "thread": "thread_",
    "message": "msg_",
    "run": "run_",
    "step": "step_",
    "call": "call_",
    "assistant": "asst_",
    "version": "av_",
    "file": "file-",
    "upload": "upload_",
    "part": "part_",
    "index": "vs_",
    "batch": "vsfb_",
    "participant": "part_user_",
    "request": "req_",
    "key": "key_",
}
"""Kind to prefix. OpenAI's clients check some of them, the other dialects none."""


def letters(number: int, length: int) -> str:
    """`number` in base 62, exactly `length` characters; what does not fit is cut off."""
    out: list[str] = []
    for _ in range(-(-length // 2)):
        number, digits = divmod(number, 62**2)
        out.append(_PAIRS[digits])
    return "".join(out)[:length]


def tag(thread_id: str) -> str:
    """The three characters that every id made in this thread begins with, after its prefix."""
    digest = blake2b(thread_id.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return letters(int.from_bytes(digest, "big"), TAG_LENGTH)


def tag_of(id: str, kind: str) -> str | None:  # noqa: A002 (the field's standard name)
    """The shard tag that an id of ours carries, or None where a client chose the id."""
    prefix = PREFIXES[kind]
    body = id.removeprefix(prefix)
    if body == id or len(body) != TAG_LENGTH + RANDOM_LENGTH or not body.isalnum() or not body.isascii():
        return None
    return body[:TAG_LENGTH]


def compose(kind: str, entropy: int, *, thread_id: str | None = None) -> str:
    """An id of `kind` from `entropy` (128 random bits); inside a thread when `thread_id` says so."""
    if thread_id is None:
        return PREFIXES[kind] + letters(entropy, TAG_LENGTH + RANDOM_LENGTH)
    return PREFIXES[kind] + tag(thread_id) + letters(entropy, RANDOM_LENGTH)
