"""From a query's syntax tree to fields that can be answered: arguments that read themselves, selections that project.

Executing by the book resolves each field of each object by itself, which took fifteen times as long as answering did.
Here a field at the root knows everything that is asked below it, so its handler reads that in a few batches.

Whatever a query could ask too much of is counted here, where nothing has been read yet.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLNonNull,
    GraphQLObjectType,
    NonNullTypeNode,
    OperationDefinitionNode,
    OperationType,
    VariableNode,
    get_named_type,
    print_ast,
    value_from_ast_untyped,
)
from graphql.language import Visitor, visit
from graphql.type import GraphQLList, is_leaf_type

from clew.dialects.literal import errors
from clew.dialects.literal.arguments import reader
from clew.dialects.literal.schema import SCHEMA
from clew.dialects.literal.selection import Selection
from clew.dialects.literal.values import Unreadable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from graphql import DirectiveNode, DocumentNode, SelectionSetNode, ValueNode

DEPTH_MAX: Final = 12
"""The clients' deepest question has seven levels."""
FIELDS_MAX: Final = 6000
ROOTS_MAX: Final = 1000
"""How many steps a batch may have. The clients send five by default."""
QUERIES_MAX: Final = 20
LISTS_MAX: Final = 24
"""How many lists a query may ask for, counting each place and name."""


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of a field: its name, where its value comes from, and how that is read."""

    name: str
    value: Callable[[Mapping[str, Any]], Any]
    read: Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class RootField:
    """A field at the root. `paths` is everything that is asked of its value; `required` are arguments it must have."""

    key: str
    name: str
    arguments: tuple[Argument, ...]
    required: tuple[str, ...]
    nullable: bool
    selection: Selection
    paths: frozenset[str]

    def read(self, variables: Mapping[str, Any]) -> dict[str, Any]:
        """The arguments that were given. Raises `Refusal`."""
        given: dict[str, Any] = {}
        for argument in self.arguments:
            value = argument.value(variables)
            if value is ABSENT:
                continue
            try:
                given[argument.name] = argument.read(value)
            except Unreadable as problem:
                raise errors.bad_argument(argument.name, str(problem)) from None
        for name in self.required:
            if name not in given:
                raise errors.bad_argument(name, "a value is needed")
        return given


@dataclass(frozen=True, slots=True)
class Plan:
    """One operation, ready to be answered."""

    writes: bool
    fields: tuple[RootField, ...]


class _Absent:
    """The type of `ABSENT`."""


ABSENT: Final = _Absent()
"""A variable that was not sent, and has no default."""


def compiled(document: DocumentNode, operation: OperationDefinitionNode, variables: Mapping[str, Any]) -> Plan:
    """The operation's plan. `variables` matter to directives alone. Raises `Refusal` where it asks for too much."""
    return _Compiler(document, operation, variables).plan()


def is_conditional(document: DocumentNode) -> bool:
    """Whether `@include` or `@skip` may make other plans of the same text."""
    looking = _Looking()
    visit(document, looking)
    return looking.directives


def has_aliases(document: DocumentNode) -> bool:
    """Whether any field is asked for under another name."""
    looking = _Looking()
    visit(document, looking)
    return looking.aliases


class _Looking(Visitor):
    """What there is in a document."""

    directives = aliases = False

    def enter_directive(self, _node: DirectiveNode, *_: object) -> None:
        self.directives = True

    def enter_field(self, node: FieldNode, *_: object) -> None:
        self.aliases = self.aliases or node.alias is not None


class _Compiler:
    """Compiles one operation. What it has counted so far is all of its state."""

    def __init__(
        self, document: DocumentNode, operation: OperationDefinitionNode, variables: Mapping[str, Any]
    ) -> None:
        self._operation = operation
        self._variables = variables
        self._fragments = {
            node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)
        }
        self._defaults: dict[str, Any] = {}
        self._needed: set[str] = set()
        for declared in operation.variable_definitions or ():
            name = declared.variable.name.value
            if declared.default_value is not None:
                self._defaults[name] = value_from_ast_untyped(declared.default_value)
            elif isinstance(declared.type, NonNullTypeNode):
                self._needed.add(name)
        self._writes = operation.operation is OperationType.MUTATION
        self._field_count = 0
        self._list_count = 0

    def plan(self) -> Plan:
        root = SCHEMA.mutation_type if self._writes else SCHEMA.query_type
        assert root is not None  # noqa: S101 (the schema has both)
        collected = self._collect(self._operation.selection_set, {})
        limit = ROOTS_MAX if self._writes else QUERIES_MAX
        if len(collected) > limit:
            raise errors.bad_query(f"A request may have {limit} fields at its root, this one has {len(collected)}.")
        return Plan(self._writes, tuple(self._root(root, key, nodes) for key, nodes in collected.items()))

    def _root(self, root: GraphQLObjectType, key: str, nodes: list[FieldNode]) -> RootField:
        name = nodes[0].name.value
        if name == "__typename":
            constant = Selection((), {key: root.name})
            return RootField(key, name, (), (), nullable=False, selection=constant, paths=frozenset())
        if name.startswith("__"):
            raise errors.bad_query("The schema is asked for by a query of its own.")
        field = root.fields[name]
        selection = self._selection(field.type, nodes, 1, name)
        return RootField(
            key,
            name,
            tuple(self._argument(node, field.args[node.name.value].type) for node in nodes[0].arguments or ()),
            tuple(name for name, one in field.args.items() if isinstance(one.type, GraphQLNonNull)),
            nullable=not isinstance(field.type, GraphQLNonNull),
            selection=selection,
            paths=frozenset(selection.paths()),
        )

    def _argument(self, node: Any, kind: Any) -> Argument:  # noqa: ANN401 (graphql-core's nodes and types)
        value: ValueNode = node.value
        read = reader(kind)
        if isinstance(value, VariableNode):
            return Argument(node.name.value, self._variable(value.name.value), read)
        return Argument(node.name.value, lambda variables: value_from_ast_untyped(value, dict(variables)), read)

    def _variable(self, name: str) -> Callable[[Mapping[str, Any]], Any]:
        default, needed = self._defaults.get(name, ABSENT), name in self._needed

        def value(variables: Mapping[str, Any]) -> Any:  # noqa: ANN401 (any JSON)
            given = variables.get(name, default)
            if needed and (given is None or given is ABSENT):
                raise errors.bad_argument(f"${name}", "a value is needed")
            return given

        return value

    def _selection(self, kind: Any, nodes: list[FieldNode], depth: int, path: str) -> Selection:  # noqa: ANN401
        """What the nodes, which share a name in the answer, ask of a value of this type."""
        named: Any = get_named_type(kind)  # pyright: ignore[reportUnknownVariableType]
        assert isinstance(named, GraphQLObjectType)  # noqa: S101 (every field at the root has an object or null)
        if depth > DEPTH_MAX:
            raise errors.bad_query(f"This query is too deep: at most {DEPTH_MAX} levels.")
        collected: dict[str, list[FieldNode]] = {}
        for node in nodes:
            if node.selection_set is not None:
                collected = self._collect(node.selection_set, collected)
        fields: list[tuple[str, str, Selection | None]] = []
        constants: dict[str, str] = {}
        for key, same in collected.items():
            name = same[0].name.value
            if name == "__typename":
                constants[key] = named.name
                continue
            value = named.fields[name].type
            leaf = is_leaf_type(get_named_type(value))
            self._count(path, name, is_list=not leaf and _is_list(value))
            fields.append((key, name, None if leaf else self._selection(value, same, depth + 1, f"{path}.{name}")))
        return Selection(tuple(fields), constants)

    def _count(self, path: str, name: str, *, is_list: bool) -> None:
        if not is_list:
            return
        self._list_count += 1
        if not self._writes and self._list_count > LISTS_MAX:
            raise errors.bad_query(f"A query may ask for {LISTS_MAX} lists, this one asks for more.")
        # A list of steps that asks for the threads' steps again would read a thread once for each of its own steps.
        within = path.split(".")
        if name == "steps" and (
            "steps" in within or ("edges" in within and within[0] not in {"threads", "exportThreads"})
        ):
            raise errors.bad_query("The steps of a thread can be asked for where the thread is, not inside a list.")

    def _collect(self, selections: SelectionSetNode, into: dict[str, list[FieldNode]]) -> dict[str, list[FieldNode]]:
        """The fields by their name in the answer, fragments spread. Two of one name must ask the same."""
        seen: set[str] = set()
        waiting = [selections]
        while waiting:
            for node in waiting.pop(0).selections:
                if not self._included(node.directives):
                    continue
                if isinstance(node, FieldNode):
                    self._add(node, into)
                elif isinstance(node, FragmentSpreadNode):
                    if node.name.value not in seen:
                        seen.add(node.name.value)
                        waiting.append(self._fragments[node.name.value].selection_set)
                else:
                    waiting.append(node.selection_set)  # type: ignore[attr-defined]  # an inline fragment
        return into

    def _add(self, node: FieldNode, into: dict[str, list[FieldNode]]) -> None:
        self._field_count += 1
        if self._field_count > FIELDS_MAX:
            raise errors.bad_query(f"A request may ask for {FIELDS_MAX} fields, this one asks for more.")
        key = node.alias.value if node.alias else node.name.value
        same = into.setdefault(key, [])
        if same and (same[0].name.value != node.name.value or _arguments(same[0]) != _arguments(node)):
            raise errors.bad_query(f"Two different fields would both be {key!r} in the answer: give one an alias.")
        same.append(node)

    def _included(self, directives: Any) -> bool:  # noqa: ANN401 (a tuple of nodes, or None)
        for directive in directives or ():
            name = directive.name.value
            if name in {"include", "skip"}:
                value = value_from_ast_untyped(directive.arguments[0].value, {**self._defaults, **self._variables})
                if not isinstance(value, bool):
                    raise errors.bad_argument(f"@{name}", "expected true or false")
                if value is (name == "skip"):
                    return False
        return True


def _is_list(kind: Any) -> bool:  # noqa: ANN401 (an output type of graphql-core)
    if isinstance(kind, GraphQLNonNull):
        kind = cast("Any", kind).of_type
    return isinstance(kind, GraphQLList)


def _arguments(node: FieldNode) -> str:
    return ",".join(sorted(print_ast(argument) for argument in node.arguments or ()))
