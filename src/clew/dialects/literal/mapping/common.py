"""What the mappings of several nouns share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clew.dialects.literal.shapes import is_list, is_number, is_object
from clew.dialects.literal.values import INT_MAX
from clew.domain.problem import Invalid

if TYPE_CHECKING:
    from collections.abc import Mapping


def object_of(name: str, value: Any) -> dict[str, Any]:  # noqa: ANN401 (any JSON)
    """An object, which is what clients read metadata as. Raises `Invalid` for anything else."""
    if not is_object(value):
        raise Invalid(name, "has to be an object")
    return value


def text_of(sent: Mapping[str, Any], name: str) -> str | None:
    """The text under this name of a payload; None without one. Raises `Invalid` for what is no text."""
    value = sent.get(name)
    if value is None:
        return None
    if not isinstance(value, str):
        raise Invalid(name, "has to be a string")
    return value.replace("\0", "")


def texts_of(sent: Mapping[str, Any], name: str) -> tuple[str, ...] | None:
    """The list of texts under this name of a payload; None without one. Raises `Invalid` for what is none."""
    value = sent.get(name)
    if value is None:
        return None
    if not is_list(value) or not all(isinstance(one, str) for one in value):
        raise Invalid(name, "has to be a list of strings")
    return tuple(one.replace("\0", "") for one in value)


def number_of(sent: Mapping[str, Any], name: str) -> float | None:
    """The number under this name of a payload; None without one, or for what is none."""
    value = sent.get(name)
    return value if is_number(value) else None


def whole_of(sent: Mapping[str, Any], name: str) -> int | None:
    """The same as a whole number: clients cannot read a fraction there, nor what is no `Int` of GraphQL."""
    value = number_of(sent, name)
    return None if value is None or abs(value) > INT_MAX else int(value)
