"""What a query asks of an object, compiled once: which of its fields, under which names, and what of theirs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from msgspec import Raw
from msgspec.json import encode

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


@dataclass(frozen=True, slots=True)
class Selection:
    """Fields as (name in the answer, name in the schema, what is asked of its value). `constants` are type names."""

    fields: tuple[tuple[str, str, Selection | None], ...]
    constants: Mapping[str, str] = field(default_factory=dict[str, str])
    _keys: tuple[str, ...] = field(init=False)
    _names: tuple[str, ...] = field(init=False)
    _nested: tuple[tuple[str, Selection], ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_keys", tuple(key for key, _, _ in self.fields))
        object.__setattr__(self, "_names", tuple(name for _, name, _ in self.fields))
        nested = tuple((key, nested) for key, _, nested in self.fields if nested is not None)
        object.__setattr__(self, "_nested", nested)

    def project(self, value: Any) -> Any:  # noqa: ANN401 (any JSON)
        """So much of the value as was asked for. What a plain object does not have is null."""
        if value is None:
            return None
        if isinstance(value, list):
            return [self.project(one) for one in value]  # pyright: ignore[reportUnknownVariableType]
        # All fields at once, and then what has fields of its own: most have not, and there are very many of them.
        found: Iterator[Any] = map(value.get, self._names)
        shown: dict[str, Any] = dict(zip(self._keys, found, strict=True))
        for key, nested in self._nested:
            if shown[key] is not None:
                shown[key] = nested.project(shown[key])
        return {**shown, **self.constants} if self.constants else shown

    def encoded(self, value: Any) -> Any:  # noqa: ANN401 (any JSON)
        """The same, in which each thing of a list is JSON already.

        For whoever does this in a thread: encoding a long list in one piece would keep everybody else from Python.
        """
        if value is None:
            return None
        if isinstance(value, list):
            return [Raw(encode(self.encoded(one))) for one in value]  # pyright: ignore[reportUnknownVariableType]
        shown: dict[str, Any] = {key: value.get(name) for key, name, nested in self.fields if nested is None}
        shown |= {key: nested.encoded(value.get(name)) for key, name, nested in self.fields if nested is not None}
        return shown | dict(self.constants)

    def paths(self, before: str = "") -> Iterator[str]:
        """Everything that is asked for, by path: `edges`, `edges.node`, `edges.node.steps` and so on."""
        for _, name, nested in self.fields:
            yield before + name
            if nested is not None:
                yield from nested.paths(f"{before}{name}.")
