"""Ids: opaque strings whose prefix says the kind and, in a thread, whose first characters say the shard.

An id is the same in every dialect. What we make is `prefix + letters and digits`; what a client
chose is kept as it came, so nothing may be concluded from the shape of an id but through `tag_of`
and, as a guess that has to be checked, `place_of`.
"""

from __future__ import annotations

from functools import lru_cache
from hashlib import blake2b
from typing import Final

ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
TAG_LENGTH: Final = 3
RANDOM_LENGTH: Final = 21
"""62**21 is a little more than 2**125: no two are ever equal."""
PLACE_LENGTH: Final = 6
"""Of the random part, what says the place where the id was made for one: 62**6 is more than 2**35."""

_PAIRS: Final = [low + high for high in ALPHABET for low in ALPHABET]
_VALUES: Final = {pair: value for value, pair in enumerate(_PAIRS)}
_BASE: Final = len(_PAIRS)

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
    "score": "score_",
    "enclosure": "att_",
    "prompt": "prompt_",
    "prompt_version": "promptv_",
    "prompt_variant": "variant_",
    "dataset": "dataset_",
    "dataset_item": "example_",
    "experiment": "exp_",
    "experiment_item": "result_",
    "operation": "op_",
    "request": "req_",
    "key": "key_",
}
"""Kind to prefix. OpenAI's clients check some of them, the other dialects none."""


def letters(number: int, length: int) -> str:
    """`number` in base 62, exactly `length` characters; what does not fit is cut off."""
    out: list[str] = []
    for _ in range(-(-length // 2)):
        number, digits = divmod(number, _BASE)
        out.append(_PAIRS[digits])
    return "".join(out)[:length]


@lru_cache(maxsize=4096)
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


def place_of(id: str) -> int | None:  # noqa: A002 (the field's standard name)
    """The place in the log that an id of ours may say. Only a guess: most ids say none, and look the same."""
    start = len(id) - RANDOM_LENGTH
    if start < TAG_LENGTH + 1 or id[start - TAG_LENGTH - 1] != "_":
        return None
    try:
        low, middle, high = (
            _VALUES[id[start : start + 2]],
            _VALUES[id[start + 2 : start + 4]],
            _VALUES[id[start + 4 : start + 6]],
        )
    except KeyError:
        return None
    return low + _BASE * (middle + _BASE * high)


def at_place(kind: str, end: str, *, thread_id: str, place: int) -> str:
    """An id of `kind` made for a place in a thread's log, which ends with these letters: an `ending`."""
    return PREFIXES[kind] + tag(thread_id) + letters(place, PLACE_LENGTH) + end


def ending(random: str) -> str:
    """Of the random letters that an id is composed of, those that it ends with even where it says its place."""
    return random[TAG_LENGTH + PLACE_LENGTH :]


def compose(kind: str, random: str, *, thread_id: str | None = None, place: int | None = None) -> str:
    """An id of `kind` from `random`, as many letters and digits as `TAG_LENGTH` and `RANDOM_LENGTH` together.

    Inside a thread where `thread_id` says so; made for a place in its log where `place` does.
    """
    if thread_id is None:
        return PREFIXES[kind] + random
    if place is None:
        return PREFIXES[kind] + tag(thread_id) + random[TAG_LENGTH:]
    return PREFIXES[kind] + tag(thread_id) + letters(place, PLACE_LENGTH) + random[TAG_LENGTH + PLACE_LENGTH :]
