"""Messages as JSON: as the reference says, or as the hosted front wrote them. Contract: section 12.

Protobuf's own `json_format` asks each field's descriptor anew for each message. Here that is asked once for each type
of message, which makes answers several times as fast; a test holds the two to the same output.
"""

from __future__ import annotations

import math
from base64 import b64encode
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import msgspec
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message_factory import GetMessageClass

from clew.dialects.yandex import wire

if TYPE_CHECKING:
    from collections.abc import Callable

    from google.protobuf.descriptor import Descriptor, EnumDescriptor
    from google.protobuf.message import Message

    Convert = Callable[[Any], Any]
    """From a field's value to what JSON has for it."""


class Shape(StrEnum):
    """How answers look. Requests may always be written in both ways."""

    CAMEL = "camel"
    """As documented: camelCase, and what has its default is left out."""
    SNAKE = "snake"
    """As the hosted front answered: names with underscores, and what is not set is there as empty or null."""


_encode: Final = msgspec.json.Encoder().encode


def write(message: Message, shape: Shape) -> bytes:
    """The message as JSON text."""
    return _encode(value_of(message, shape))


def value_of(message: Message, shape: Shape) -> Any:  # noqa: ANN401 (whatever JSON has for it)
    """The message as what JSON has for it."""
    return _converter(message.DESCRIPTOR, shape)(message)


_UNSAID: Final = object()
"""What is left out where a field has no value."""


class _Field:
    """How one field is written."""

    __slots__ = ("convert", "has_presence", "key", "name", "unset")

    def __init__(self, field: FieldDescriptor, shape: Shape) -> None:
        self.name = field.name
        self.key = field.json_name if shape is Shape.CAMEL else field.name
        self.has_presence = field.has_presence
        self.convert: Convert | None = _all_of(field, shape)
        in_choice = field.containing_oneof is not None
        empty: Any = _UNSAID if self.has_presence else (self.convert or _same)(field.default_value)
        if self.has_presence and not in_choice:
            empty = None
        self.unset: Any = empty if shape is Shape.SNAKE else _UNSAID


class _Plan:
    """How a type of message is written: its fields, as JSON wants them."""

    def __init__(self, descriptor: Descriptor, shape: Shape) -> None:
        self._fields = [_Field(field, shape) for field in descriptor.fields]

    def __call__(self, message: Any) -> dict[str, Any]:  # noqa: ANN401 (any message)
        written: dict[str, Any] = {}
        for field in self._fields:
            if field.has_presence:
                value = getattr(message, field.name) if message.HasField(field.name) else None
                is_set = value is not None
            else:
                value = getattr(message, field.name)
                is_set = bool(value)
            if is_set:
                written[field.key] = value if field.convert is None else field.convert(value)
            elif field.unset is not _UNSAID:
                written[field.key] = field.unset
        return written


@cache
def _converter(descriptor: Descriptor, shape: Shape) -> Convert:
    name = descriptor.full_name.removeprefix("google.protobuf.")
    if name in _WRAPPERS:
        convert = _all_of(descriptor.fields_by_name["value"], shape) or _same
        return lambda wrapper: convert(wrapper.value)
    if name == "Any":
        return lambda packed: _unpacked(packed, shape)
    if name == "FieldMask" and shape is Shape.SNAKE:
        return _snake_mask
    return _KNOWN.get(name) or _Plan(descriptor, shape)


_WRAPPERS: Final = frozenset({"BoolValue", "DoubleValue", "Int64Value"})


def _same(value: Any) -> Any:  # noqa: ANN401 (any value)
    return value


def _all_of(field: FieldDescriptor, shape: Shape) -> Convert | None:
    """How a field's value is written, all of it where it has many. None: as it is."""
    if field.is_repeated:
        if field.message_type is not None and field.message_type.GetOptions().map_entry:
            return dict  # all maps here are of strings
        one = _one_of(field, shape)
        return list if one is None else lambda values: [one(value) for value in values]
    return _one_of(field, shape)


def _one_of(field: FieldDescriptor, shape: Shape) -> Convert | None:
    kind: int = field.type
    if field.message_type is not None:
        return _converter(field.message_type, shape)
    if field.enum_type is not None:
        return _names_of(field.enum_type)
    if kind == FieldDescriptor.TYPE_INT64:
        return str
    if kind == FieldDescriptor.TYPE_DOUBLE:
        return _number
    if kind == FieldDescriptor.TYPE_BYTES:
        return lambda content: b64encode(content).decode()
    return None


def _names_of(enum: EnumDescriptor) -> Convert:
    names = {value.number: value.name for value in enum.values}
    return lambda number: names.get(number, number)


def _number(number: float) -> float | str:
    if math.isfinite(number):
        return number
    return "NaN" if math.isnan(number) else "Infinity" if number > 0 else "-Infinity"


_EPOCH: Final = datetime(1970, 1, 1)  # noqa: DTZ001 (its text is wanted without an offset)


def _time(at: wire.Timestamp) -> str:
    """A time with as many digits after the second as it needs, in threes."""
    text = (_EPOCH + timedelta(seconds=at.seconds)).isoformat()
    nanos = at.nanos
    if nanos == 0:
        return f"{text}Z"
    if nanos % 1_000_000 == 0:
        return f"{text}.{nanos // 1_000_000:03}Z"
    return f"{text}.{nanos // 1000:06}Z" if nanos % 1000 == 0 else f"{text}.{nanos:09}Z"


def _object(struct: wire.Struct) -> dict[str, Any]:
    return {name: _any_json(value) for name, value in struct.fields.items()}


def _list(values: Any) -> list[Any]:  # noqa: ANN401 (google's ListValue)
    return [_any_json(value) for value in values.values]


def _any_json(value: Any) -> Any:  # noqa: ANN401 (google's Value, and any JSON)
    kind = value.WhichOneof("kind")
    if kind == "struct_value":
        return _object(value.struct_value)
    if kind == "list_value":
        return _list(value.list_value)
    return None if kind in (None, "null_value") else getattr(value, kind)


def _snake_mask(mask: wire.FieldMask) -> str:
    return ",".join(mask.paths)


def _mask(mask: wire.FieldMask) -> str:
    return ",".join(camel(path) for path in mask.paths)


def camel(path: str) -> str:
    """A path of field names as JSON writes it: `expiration_config.ttl_days` is `expirationConfig.ttlDays`."""
    first, *others = path.split("_")
    return first + "".join(word[:1].upper() + word[1:] for word in others)


def _unpacked(packed: Any, shape: Shape) -> dict[str, Any]:  # noqa: ANN401 (google's Any)
    """What is packed, beside the name of its type. Of types that nobody here knows only the name is there."""
    if not packed.type_url:
        return {}
    written: dict[str, Any] = {"@type": packed.type_url}
    try:
        descriptor = wire.POOL.FindMessageTypeByName(packed.type_url.rpartition("/")[2])
    except KeyError:
        return written
    value = value_of(GetMessageClass(descriptor).FromString(packed.value), shape)
    return written | (value if isinstance(_converter(descriptor, shape), _Plan) else {"value": value})


_KNOWN: Final[dict[str, Convert]] = {
    "FieldMask": _mask,
    "ListValue": _list,
    "Struct": _object,
    "Timestamp": _time,
    "Value": _any_json,
}
"""Messages that JSON writes in a way of their own."""
