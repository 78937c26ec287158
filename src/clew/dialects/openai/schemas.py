"""JSON Schema of the wire shapes. Our own, because the shapes tell variants apart by `type`, as upstream does."""

from __future__ import annotations

from collections.abc import Sequence
from types import NoneType, UnionType
from typing import Any, Final, Literal, Union, get_args, get_origin, get_type_hints

from msgspec import Struct, UnsetType

_PLAIN: Final[dict[Any, dict[str, Any]]] = {
    str: {"type": "string"},
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    float: {"type": "number"},
    NoneType: {"type": "null"},
    Any: {},
}


class Schemas:
    """Collects the shapes it is asked for, and all that they are made of, under their names."""

    def __init__(self) -> None:
        self.components: dict[str, Any] = {}

    def of(self, kind: Any) -> dict[str, Any]:  # noqa: ANN401 (any annotation that the wire shapes have)
        """The schema of a type, by reference where it is a shape."""
        if kind in _PLAIN:
            return _PLAIN[kind]
        if isinstance(kind, type) and issubclass(kind, Struct):
            return self._reference(kind)
        origin, inner = get_origin(kind), get_args(kind)
        if origin is Literal:
            return {"enum": list(inner)}
        if origin in (Union, UnionType):
            return self._any_of([one for one in inner if one is not UnsetType])
        if origin is Sequence:
            return {"type": "array", "items": self.of(inner[0])}
        if origin is dict:
            return {"type": "object", "additionalProperties": self.of(inner[1])}
        raise TypeError(f"no schema for {kind!r}")

    def _any_of(self, kinds: list[Any]) -> dict[str, Any]:
        if len(kinds) == 1:
            return self.of(kinds[0])
        return {"anyOf": [self.of(one) for one in kinds]}

    def _reference(self, shape: type[Struct]) -> dict[str, Any]:
        name = shape.__name__
        if name not in self.components:
            self.components[name] = {}  # so that a shape within itself ends
            hints = get_type_hints(shape)
            self.components[name] = {
                "type": "object",
                "description": (shape.__doc__ or "").strip().splitlines()[0],
                "required": [field for field, kind in hints.items() if UnsetType not in get_args(kind)],
                "properties": {field: self.of(kind) for field, kind in hints.items()},
            }
        return {"$ref": f"#/components/schemas/{name}"}
