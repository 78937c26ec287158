"""From a method and a path to an operation."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from clew.web.operation import Operation


class _Node:
    """One step of a path: fixed words first, then a parameter."""

    __slots__ = ("by_method", "child", "fixed")

    def __init__(self) -> None:
        self.fixed: dict[str, _Node] = {}
        self.child: _Node | None = None
        self.by_method: dict[str, Operation] = {}


class Router:
    """The operations of one table. A parameter is one segment; `{name...}` at the end takes the rest, with slashes."""

    def __init__(self, operations: Iterable[Operation]) -> None:
        self._root = _Node()
        self._rest: list[tuple[str, Operation]] = []
        self._names: dict[str, tuple[str, ...]] = {}
        for operation in operations:
            if operation.path.endswith("...}"):
                self._rest.append((operation.path.split("{", 1)[0], operation))
            else:
                self._add(operation)

    def _add(self, operation: Operation) -> None:
        node = self._root
        for word in operation.path.strip("/").split("/"):
            if word.startswith("{"):
                node.child = node.child or _Node()
                node = node.child
            else:
                node = node.fixed.setdefault(word, _Node())
        node.by_method[operation.method] = operation
        words = operation.path.strip("/").split("/")
        self._names[operation.name] = tuple(word[1:-1] for word in words if word.startswith("{"))

    def find(self, method: str, path: str) -> tuple[Operation | None, dict[str, str], bool]:
        """The operation, its parameters, and whether the path is known with any method."""
        node = self._root
        values: list[str] = []
        for word in path.strip("/").split("/"):
            step = node.fixed.get(word)
            if step is None and word and (step := node.child) is not None:
                values.append(word)
            if step is None:
                break
            node = step
        else:
            if node.by_method:
                operation = node.by_method.get(method)
                if operation is None:
                    return None, {}, True
                return operation, dict(zip(self._names[operation.name], values, strict=True)), True
        for prefix, operation in self._rest:
            if path.startswith(prefix) and len(path) > len(prefix):
                name = operation.path[len(prefix) + 1 : -4]
                found = operation if operation.method == method else None
                return found, {name: path[len(prefix) :]}, True
        return None, {}, False
