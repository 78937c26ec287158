"""The values of scalars: what each of them may be, but for what clients are known to send."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from clew.dialects.literal import times
from clew.dialects.literal.refusal import shown
from clew.dialects.literal.shapes import is_number, is_object

if TYPE_CHECKING:
    from collections.abc import Callable

    Read = Callable[[Any], Any]

INT_MAX: Final = 2**31 - 1


class Unreadable(Exception):
    """The value is not of the type. `str` is the end of a sentence."""


def step_type(value: Any) -> str:  # noqa: ANN401 (any JSON)
    """A type that we do not know is kept as text: what cannot be said stays an undefined step, and is not lost."""
    return _text(value)


def _text(value: Any) -> str:  # noqa: ANN401 (any JSON)
    if not isinstance(value, str):
        raise Unreadable(f"expected a string, got {shown(value)}")
    return value.replace("\0", "") if "\0" in value else value


def _id(value: Any) -> str:  # noqa: ANN401 (any JSON)
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else _text(value)


def _int(value: Any) -> int:  # noqa: ANN401 (any JSON)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) > INT_MAX:
        raise Unreadable(f"expected a whole number, got {shown(value)}")
    return value


def _float(value: Any) -> float:  # noqa: ANN401 (any JSON)
    if not is_number(value):
        raise Unreadable(f"expected a number, got {shown(value)}")
    return float(value)


def _boolean(value: Any) -> bool:  # noqa: ANN401 (any JSON)
    if not isinstance(value, bool):
        raise Unreadable(f"expected true or false, got {shown(value)}")
    return value


def _time(value: Any) -> int:  # noqa: ANN401 (any JSON)
    try:
        return times.read(_text(value))
    except (ValueError, OverflowError):
        raise Unreadable(f"expected a time in ISO 8601, got {shown(value)}") from None


def _payload(value: Any) -> dict[str, Any]:  # noqa: ANN401 (any JSON)
    if not is_object(value):
        raise Unreadable(f"expected an object, got {shown(value)}")
    return value


def _json(value: Any) -> Any:  # noqa: ANN401 (any JSON)
    return value


SCALARS: Final[dict[str, Read]] = {
    "String": _text,
    "ID": _id,
    "Int": _int,
    "Float": _float,
    "Boolean": _boolean,
    "DateTime": _time,
    "Json": _json,
    "GenerationPayloadInput": _payload,
    "ScorePayloadInput": _payload,
    "AttachmentPayloadInput": _payload,
    "FeedbackPayloadInput": _payload,
    "ThreadFiltersInput": _payload,
    "ExportThreadFiltersInput": _payload,
}
"""How each scalar of the schema is read, once it is not null."""
