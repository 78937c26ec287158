"""The JSON in which adapters keep the parts of a noun that they never search by.

A body is the whole noun with everything that equals its default left out, so that a field added to
a noun reads from old rows as its default.
"""

from __future__ import annotations

from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

import msgspec

if TYPE_CHECKING:
    from clew.domain.noun import Noun

T = TypeVar("T")
N = TypeVar("N", bound="Noun")

KEPT: Final = 4096
KEPT_BYTES: Final = 2048
"""How many nouns of a kind are kept as they were loaded, and how large a body may be for that."""

_encode: Final = msgspec.json.Encoder().encode


def dump(noun: Noun) -> bytes:
    """The noun's body."""
    return _encode(noun)


@cache
def _decode(kind: Any) -> Any:  # noqa: ANN401 (the decoding method for that kind)
    return msgspec.json.Decoder(kind).decode


def load(kind: type[T], body: bytes) -> T:
    """The noun, or part of one, that a body holds."""
    noun: T = _decode(cast("Any", kind))(body)
    return noun


@cache
def _kept(kind: Any) -> Any:  # noqa: ANN401 (as above)
    return lru_cache(maxsize=KEPT)(_decode(kind))


def load_again(kind: type[N], body: bytes) -> N:
    """The noun that a body holds, for what is read often: the same body gives the same object, if loaded lately.

    Nouns are values and nobody changes them, so whoever works something out from one may keep that beside it.
    """
    noun: N = (_kept if len(body) <= KEPT_BYTES else _decode)(cast("Any", kind))(body)
    return noun


def dump_value(value: object) -> bytes:
    """Any JSON value."""
    return _encode(value)
