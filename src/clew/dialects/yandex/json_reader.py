"""Requests from JSON, leniently: what clients of the REST front wrote in all these years. Contract: section 12.

Names in camelCase or with underscores, null for what is not sent, numbers as strings, enums by name or number, unknown
fields passed over. What cannot be a field's value is refused with the field's path, as it stands in the definitions.
"""

from __future__ import annotations

import binascii
import math
import re
from functools import cache
from typing import TYPE_CHECKING, Any, Final, cast

from google.protobuf.descriptor import FieldDescriptor

from clew.dialects.yandex.errors import Code, Refusal, invalid

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from google.protobuf.descriptor import Descriptor, EnumDescriptor
    from google.protobuf.message import Message

    from clew.dialects.yandex import wire

    Read = Callable[[Any, str], Any]
    """From what JSON has to a scalar field's value; the second is the path, for what is refused."""

DEPTH_MAX: Final = 30
"""How deep a JSON object may be inside a message: gRPC's clients read no message whose parts stand 100 deep."""

PIECE: Final = 1024 * 1024
"""Base64 is read in so large pieces, a multiple of 4, so that a thread that reads much of it lets others run."""

_INT32: Final = 2**31
_INT64: Final = 2**63
_EXACT: Final = re.compile(r"-?\d{1,19}", re.ASCII)
_NUMBER: Final = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)


def read(value: object, message: Message) -> None:
    """Fill the message with what a body says. Raises `Refusal`."""
    if not isinstance(value, dict):
        raise Refusal(Code.INVALID_ARGUMENT, "The body must be a JSON object.")
    _fill(message, cast("dict[str, Any]", value), "")


def read_params(pairs: Iterable[tuple[str, str]], message: Message) -> None:
    """Fill the message with what a path or a query says; it overrides what was there. Raises `Refusal`.

    Names have dots where they speak of a field of a field, and are repeated for many values.
    """
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        values.setdefault(name, []).append(value)
    for name, many in values.items():
        _place(message, name.split("."), many, "")


def _place(message: Any, words: list[str], values: list[str], path: str) -> None:  # noqa: ANN401 (any message)
    plan = _plan(message.DESCRIPTOR)
    slot = plan.slots.get(words[0])
    if slot is None:
        return
    if len(words) > 1:
        if slot.is_message and not slot.is_repeated:
            _place(getattr(message, slot.name), words[1:], values, f"{path}{slot.name}.")
        return
    if slot.is_map or (slot.is_message and slot.special is None):
        return
    message.ClearField(slot.name)
    if slot.is_repeated:
        slot.set(message, values, path)
    elif values[-1] or slot.is_text:  # `pageSize=` says nothing
        slot.set(message, values[-1], path)


def _fill(message: Any, value: Mapping[str, Any], path: str) -> None:  # noqa: ANN401 (any message)
    slots = _plan(message.DESCRIPTOR).slots
    chosen: dict[str, str] = {}
    for name, one in value.items():
        slot = slots.get(name)
        if slot is None or one is None:
            continue
        if slot.choice is not None and chosen.setdefault(slot.choice, slot.name) != slot.name:
            raise invalid(path + slot.name, f"only one of {chosen[slot.choice]} and {slot.name} may be sent")
        slot.set(message, one, path)


class _Slot:
    """A field, and how it is read."""

    __slots__ = ("choice", "is_map", "is_message", "is_repeated", "is_text", "name", "scalar", "special")

    def __init__(self, field: FieldDescriptor) -> None:
        inner = field.message_type
        self.name = field.name
        self.is_repeated = field.is_repeated
        self.is_message = inner is not None
        self.is_map = inner is not None and inner.GetOptions().map_entry
        self.is_text = field.type in (FieldDescriptor.TYPE_STRING, FieldDescriptor.TYPE_BYTES)
        self.scalar: Read = _reads(field) if inner is None else _text
        self.special: Callable[[Any, Any, str], None] | None = _SPECIAL.get(inner.full_name) if inner else None
        choice = field.containing_oneof
        self.choice = None if choice is None or (field.has_presence and len(choice.fields) == 1) else choice.name

    def set(self, message: Any, value: Any, path: str) -> None:  # noqa: ANN401 (any message, any JSON)
        """Put what JSON has into the message."""
        path += self.name
        if self.is_map:
            if not isinstance(value, dict):
                raise invalid(path, "must be an object")
            message.ClearField(self.name)
            getattr(message, self.name).update(
                {name: _text(one, f"{path}[{name}]") for name, one in cast("dict[str, Any]", value).items()}
            )
        elif self.is_repeated:
            if not isinstance(value, list):
                raise invalid(path, "must be a list")
            message.ClearField(self.name)
            many = getattr(message, self.name)
            for at, one in enumerate(cast("Sequence[Any]", value)):
                if self.is_message:
                    self._read_message(many.add(), one, f"{path}[{at}]")
                else:
                    many.append(self.scalar(one, f"{path}[{at}]"))
        elif self.is_message:
            inner = getattr(message, self.name)
            inner.SetInParent()
            self._read_message(inner, value, path)
        else:
            setattr(message, self.name, self.scalar(value, path))

    def _read_message(self, message: Any, value: Any, path: str) -> None:  # noqa: ANN401 (any message, any JSON)
        if self.special is not None:
            self.special(message, value, path)
        elif isinstance(value, dict):
            _fill(message, cast("dict[str, Any]", value), f"{path}.")
        else:
            raise invalid(path, "must be an object")


class _Plan:
    """The fields of a type of message, under both of their names."""

    def __init__(self, descriptor: Descriptor) -> None:
        self.slots: dict[str, _Slot] = {}
        for field in descriptor.fields:
            self.slots[field.name] = self.slots[field.json_name] = _Slot(field)


@cache
def _plan(descriptor: Descriptor) -> _Plan:
    return _Plan(descriptor)


# --- scalars ------------------------------------------------------------------------------------------------------


def _reads(field: FieldDescriptor) -> Read:
    kind: int = field.type
    if field.enum_type is not None:
        return _reads_enum(field.enum_type)
    return _READS[kind]


def _text(value: Any, path: str) -> str:  # noqa: ANN401 (any JSON)
    if not isinstance(value, str):
        raise invalid(path, "must be a string")
    return value


def _whole(bound: int) -> Read:
    def read_whole(value: Any, path: str) -> int:  # noqa: ANN401 (any JSON)
        number: Any = int(value) if isinstance(value, str) and _EXACT.fullmatch(value) else value
        if isinstance(number, float) and number.is_integer():
            number = int(number)
        if isinstance(number, bool) or not isinstance(number, int) or not -bound <= number < bound:
            raise invalid(path, "must be a whole number")
        return number

    return read_whole


def _number(value: Any, path: str) -> float:  # noqa: ANN401 (any JSON)
    is_number = _NUMBER.fullmatch(value) if isinstance(value, str) else type(value) in (int, float)
    try:
        number = float(value) if is_number else math.nan
    except OverflowError:
        number = math.nan
    if not math.isfinite(number):
        raise invalid(path, "must be a number")
    return number


def _switch(value: Any, path: str) -> bool:  # noqa: ANN401 (any JSON)
    if value in ("true", "false"):
        return bool(value == "true")
    if not isinstance(value, bool):
        raise invalid(path, "must be true or false")
    return value


def _content(value: Any, path: str) -> bytes:  # noqa: ANN401 (any JSON)
    """Base64 of either alphabet, with its padding or without."""
    text = _text(value, path)
    if "-" in text or "_" in text:
        text = text.replace("-", "+").replace("_", "/")
    text += "=" * (-len(text) % 4)
    starts = range(0, len(text), PIECE)
    try:
        pieces = [binascii.a2b_base64(text[start : start + PIECE], strict_mode=True) for start in starts]
    except ValueError:
        pieces = None
    if pieces is None or "=" in text[:-2]:
        raise invalid(path, "must be base64")
    return b"".join(pieces)


def _reads_enum(enum: EnumDescriptor) -> Read:
    numbers = {value.name: value.number for value in enum.values}
    known = set(numbers.values())

    def read_enum(value: Any, path: str) -> int:  # noqa: ANN401 (any JSON)
        found = numbers.get(value) if isinstance(value, str) else None
        if found is None:
            try:
                found = _INT(value, path)
            except Refusal:
                found = None
        if found not in known:
            raise invalid(path, f"must be one of {', '.join(numbers)}")
        return found

    return read_enum


_INT: Final = _whole(_INT32)
_READS: Final[dict[int, Read]] = {
    FieldDescriptor.TYPE_STRING: _text,
    FieldDescriptor.TYPE_BYTES: _content,
    FieldDescriptor.TYPE_BOOL: _switch,
    FieldDescriptor.TYPE_DOUBLE: _number,
    FieldDescriptor.TYPE_INT32: _INT,
    FieldDescriptor.TYPE_INT64: _whole(_INT64),
}

# --- messages that JSON writes in a way of their own --------------------------------------------------------------


def _wrapped(scalar: Read) -> Callable[[Any, Any, str], None]:
    def read_wrapped(message: Any, value: Any, path: str) -> None:  # noqa: ANN401 (a wrapper, any JSON)
        message.value = scalar(value, path)

    return read_wrapped


def _mask(message: wire.FieldMask, value: Any, path: str) -> None:  # noqa: ANN401 (any JSON)
    """`name,expirationConfig.ttlDays`, also with underscores. An empty one is none."""
    for one in _text(value, path).split(","):
        if one.strip():
            message.paths.append(_snake(one.strip()))


_LARGE: Final = re.compile("[A-Z]")


def _snake(path: str) -> str:
    return _LARGE.sub(lambda letter: f"_{letter[0].lower()}", path)


def _object(message: wire.Struct, value: Any, path: str) -> None:  # noqa: ANN401 (any JSON)
    if not isinstance(value, dict):
        raise invalid(path, "must be an object")
    _fill_object(message, cast("dict[str, Any]", value), path, DEPTH_MAX)


def _fill_object(struct: Any, value: Mapping[str, Any], path: str, depth: int) -> None:  # noqa: ANN401 (a Struct)
    struct.SetInParent()
    for name, one in value.items():
        _fill_json(struct.fields[name], one, path, depth - 1)


def _fill_json(into: Any, value: Any, path: str, depth: int) -> None:  # noqa: ANN401 (google's Value, any JSON)
    if depth <= 0:
        raise invalid(path, f"must not be more than {DEPTH_MAX} levels deep")
    match value:
        case None:
            into.null_value = 0
        case bool():
            into.bool_value = value
        case int() | float():
            into.number_value = _number(value, path)
        case str():
            into.string_value = value
        case list():
            into.list_value.SetInParent()
            for one in cast("Sequence[Any]", value):
                _fill_json(into.list_value.values.add(), one, path, depth - 1)
        case _:
            _fill_object(into.struct_value, value, path, depth)


_SPECIAL: Final[dict[str, Callable[[Any, Any, str], None]]] = {
    "google.protobuf.BoolValue": _wrapped(_switch),
    "google.protobuf.DoubleValue": _wrapped(_number),
    "google.protobuf.Int64Value": _wrapped(_whole(_INT64)),
    "google.protobuf.FieldMask": _mask,
    "google.protobuf.Struct": _object,
}
