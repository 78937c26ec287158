"""The JSON in which adapters keep the parts of a noun that they never search by.

A body is the whole noun with everything that equals its default left out, so that a field added to
a noun reads from old rows as its default.
"""

from __future__ import annotations

from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from typing import Any, TypeVar, cast

import msgspec

T = TypeVar("T")

_encode = msgspec.json.Encoder().encode


@cache
def _table(kind: Any) -> tuple[tuple[str, Any, bool], ...] | None:  # noqa: ANN401 (any type)
    """Per field of a noun: its name, its default, and whether it may hold more nouns. None for what is no noun."""
    if not is_dataclass(kind):
        return None
    rows: list[tuple[str, Any, bool]] = []
    for field in fields(kind):
        default: Any = field.default
        if default is MISSING and field.default_factory is not MISSING:
            make: Any = field.default_factory
            default = make()
        rows.append((field.name, default, not str(field.type).startswith(("str", "int", "float", "bool"))))
    return tuple(rows)


def _slim(value: Any) -> Any:  # noqa: ANN401 (any noun)
    if isinstance(value, tuple):
        return [_slim(one) for one in value]  # pyright: ignore[reportUnknownVariableType] (a tuple of whatever)
    table = _table(cast("Any", type(value)))
    if table is None:
        return value
    out: dict[str, Any] = {}
    for name, default, deep in table:
        found = getattr(value, name)
        if found is default or found == default:
            continue
        out[name] = _slim(found) if deep else found
    return out


def dump(noun: object) -> bytes:
    """The noun's body."""
    return _encode(_slim(noun))


@cache
def _decoder(kind: Any) -> Any:  # noqa: ANN401 (a decoder of that kind)
    return msgspec.json.Decoder(kind)


def load(kind: type[T], body: bytes) -> T:
    """The noun that a body holds."""
    noun: T = _decoder(cast("Any", kind)).decode(body)
    return noun


def dump_value(value: object) -> bytes:
    """Any JSON value."""
    return _encode(value)
