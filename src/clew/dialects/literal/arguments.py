"""The values of arguments, as their types in the schema want them, but for what clients are known to send.

A value is read by the type of the argument it is for, whatever the query declared its variable to be: so the old
clients' single object of filters, and their steps whose input is text, come in by the same query as a list of filters
and objects do. Each field of a request reads its own arguments, so that a value that cannot be read loses one step of a
batch and not the batch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
)

from clew.dialects.literal.refusal import shown
from clew.dialects.literal.shapes import is_list, is_object
from clew.dialects.literal.values import SCALARS, Unreadable, step_type

if TYPE_CHECKING:
    from clew.dialects.literal.values import Read


def reader(kind: Any) -> Read:  # noqa: ANN401 (an input type of graphql-core, whose generics say nothing here)
    """The function that reads values of this type. It raises `Unreadable`."""
    if isinstance(kind, GraphQLNonNull):
        return _not_null(reader(cast("Any", kind).of_type))
    return _nullable(_given(kind))


def _given(kind: Any) -> Read:  # noqa: ANN401 (as above)
    if isinstance(kind, GraphQLList):
        return _list(reader(cast("Any", kind).of_type))
    if isinstance(kind, GraphQLInputObjectType):
        return _object(kind)
    if isinstance(kind, GraphQLEnumType):
        return step_type if kind.name == "StepType" else _enum(kind)
    return SCALARS[kind.name]


def _nullable(read: Read) -> Read:
    return lambda value: None if value is None else read(value)


def _not_null(read: Read) -> Read:
    def one(value: Any) -> Any:  # noqa: ANN401 (any JSON)
        if value is None:
            raise Unreadable("a value is needed")
        return read(value)

    return one


def _list(read: Read) -> Read:
    def many(value: Any) -> list[Any]:  # noqa: ANN401 (any JSON)
        # One value stands for a list of it, as GraphQL has it.
        return [read(one) for one in value] if is_list(value) else [read(value)]

    return many


def _object(kind: GraphQLInputObjectType) -> Read:
    fields = {name: reader(field.type) for name, field in kind.fields.items()}
    needed = [name for name, field in kind.fields.items() if isinstance(field.type, GraphQLNonNull)]

    def one(value: Any) -> dict[str, Any]:  # noqa: ANN401 (any JSON)
        if not is_object(value):
            raise Unreadable(f"expected an object, got {shown(value)}")
        if kind.name == "ThreadsInputType" and "field" not in value:
            return value  # the filters of early 2024, which `filters` reads
        for name in value:
            if name not in fields:
                raise Unreadable(f"there is no field {shown(name)} in {kind.name}")
        for name in needed:
            if value.get(name) is None:
                raise Unreadable(f"the field {name!r} is needed")
        return {name: fields[name](given) for name, given in value.items()}

    return one


def _enum(kind: GraphQLEnumType) -> Read:
    names = frozenset(kind.values)

    def one(value: Any) -> str:  # noqa: ANN401 (any JSON)
        if not isinstance(value, str) or value not in names:
            raise Unreadable(f"{shown(value)} is none of {', '.join(kind.values)}")
        return value

    return one
