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

    def find(self, method: str, path: str) -> tuple[Operation | None, dict[str, str], bool]:
        """The operation, its parameters, and whether the path is known with any method."""
        node: _Node | None = self._root
        for word in path.strip("/").split("/"):
            if node is not None:
                node = node.fixed.get(word) or (node.child if word else None)
        if node is not None and node.by_method:
            operation = node.by_method.get(method)
            return operation, _params(operation.path, path) if operation else {}, True
        for prefix, operation in self._rest:
            if path.startswith(prefix) and len(path) > len(prefix):
                name = operation.path[len(prefix) + 1 : -4]
                found = operation if operation.method == method else None
                return found, {name: path[len(prefix) :]}, True
        return None, {}, False


def _params(pattern: str, path: str) -> dict[str, str]:
    words = zip(pattern.strip("/").split("/"), path.strip("/").split("/"), strict=True)
    return {name[1:-1]: word for name, word in words if name.startswith("{")}
