"""What a query asks of an object, compiled once: which of its fields, under which names, and what of theirs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


@dataclass(frozen=True, slots=True)
class Selection:
    """Fields as (name in the answer, name in the schema, what is asked of its value). `constants` are type names."""

    fields: tuple[tuple[str, str, Selection | None], ...]
    constants: Mapping[str, str] = field(default_factory=dict[str, str])

    def project(self, value: Any) -> Any:  # noqa: ANN401 (any JSON)
        """So much of the value as was asked for. What a plain object does not have is null."""
        if value is None:
            return None
        if isinstance(value, list):
            return [self.project(one) for one in value]  # pyright: ignore[reportUnknownVariableType]
        shown = {
            key: value.get(name) if nested is None else nested.project(value.get(name))
            for key, name, nested in self.fields
        }
        return {**shown, **self.constants} if self.constants else shown

    def paths(self, before: str = "") -> Iterator[str]:
        """Everything that is asked for, by path: `edges`, `edges.node`, `edges.node.steps` and so on."""
        for _, name, nested in self.fields:
            yield before + name
            if nested is not None:
                yield from nested.paths(f"{before}{name}.")
