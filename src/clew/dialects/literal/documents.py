"""The texts of queries, each parsed, checked and compiled once.

The clients send the same few dozen texts for ever, and a text takes milliseconds to check: so the newest are kept. That
work is done in a thread, one text at a time, so that a long one delays nobody else for longer than the interpreter
takes to change threads.
"""

from __future__ import annotations

import asyncio
import gc
import re
from collections import OrderedDict
from typing import TYPE_CHECKING, Any, Final

from graphql import GraphQLError, OperationDefinitionNode, execute_sync, parse, specified_rules, validate  # pyright: ignore[reportUnknownVariableType]
from graphql.validation import OverlappingFieldsCanBeMergedRule, VariablesInAllowedPositionRule

from clew.dialects.literal import errors
from clew.dialects.literal.compiling import Plan, compiled, has_aliases, is_conditional
from clew.dialects.literal.refusal import Refusal
from clew.dialects.literal.schema import SCHEMA

if TYPE_CHECKING:
    from collections.abc import Mapping

    from graphql import DocumentNode


TEXT_MAX: Final = 512 * 1024
TOKENS_MAX: Final = 120_000
DEFINITIONS_MAX: Final = 50
KEPT_MAX: Final = 2000
KEPT_CHARACTERS_MAX: Final = 4 * 1024 * 1024

RULES: Final = [
    rule
    for rule in specified_rules
    # Variables of old clients stand where another type is wanted, see `arguments`. Whether two fields may share a name
    # is said by `compiling`, which takes as long as the text and not as long as its square.
    if rule not in (VariablesInAllowedPositionRule, OverlappingFieldsCanBeMergedRule)
]
NOTHING: Final = re.compile(r"\s*mutation\s+\w+\s*\(\s*\)\s*\{\s*\}\s*")
"""What both clients send for an empty list of scores. It is no GraphQL, and asks for nothing."""


class Document:
    """One text, checked. Raises `Refusal` where it is not valid."""

    def __init__(self, text: str) -> None:
        document = _parsed(text)
        operations = [one for one in document.definitions if isinstance(one, OperationDefinitionNode)]
        self._operations = {one.name.value if one.name else None: one for one in operations}
        self._names = set(self._operations)
        self.introspects = all(_introspects(one) for one in operations)
        if self.introspects and has_aliases(document):  # each would repeat all that the schema says
            raise errors.bad_query("What the schema says of itself can be asked for without aliases only.")
        self._document: DocumentNode | None = document
        self._plans: dict[str | None, Plan] = {}
        if not self.introspects and not is_conditional(document):
            self._plans = {name: compiled(document, one, {}) for name, one in self._operations.items()}
            self._document, self._operations = None, {}  # many times as large as the plans

    def plan(self, name: str | None, variables: Mapping[str, Any]) -> Plan:
        """What to do. Raises `Refusal` where there is no such operation, or no telling which of many."""
        chosen = self._chosen(name)
        if self._document is not None:
            return compiled(self._document, self._operations[chosen], variables)
        return self._plans[chosen]

    def introspect(self, name: str | None, variables: Mapping[str, Any]) -> dict[str, Any]:
        """What the schema says about itself. Only for a document that `introspects`; it takes a while."""
        assert self._document is not None  # noqa: S101 (kept where it is needed)
        self._chosen(name)
        result = execute_sync(SCHEMA, self._document, variable_values=dict(variables), operation_name=name)
        if result.errors:
            raise errors.bad_query(result.errors[0].message)
        return {"data": result.data}

    def _chosen(self, name: str | None) -> str | None:
        if name is None and len(self._names) == 1:
            return next(iter(self._names))
        if name not in self._names:
            raise errors.bad_query("Say by operationName which of the operations is meant.")
        return name


class Documents:
    """The newest texts."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, Document] = OrderedDict()
        self._characters = 0
        self._turn = asyncio.Semaphore(1)

    async def get(self, text: str) -> Document:
        """The text, checked. Raises `Refusal`, where it is not valid or asks for too much."""
        if (known := self._known.get(text)) is not None:
            self._known.move_to_end(text)
            return known
        if len(text) > TEXT_MAX:
            raise errors.bad_query(f"The query is too long: at most {TEXT_MAX} characters.")
        async with self._turn:
            if (known := self._known.get(text)) is None:
                made = await asyncio.to_thread(_made, text)
                if not isinstance(made, Document):
                    raise made
                known = made
                self._keep(text, made)
        return known

    def _keep(self, text: str, document: Document) -> None:
        self._known[text] = document
        self._characters += len(text)
        while len(self._known) > KEPT_MAX or self._characters > KEPT_CHARACTERS_MAX:
            oldest, _ = self._known.popitem(last=False)
            self._characters -= len(oldest)


def _made(text: str) -> Document | Refusal:
    """Given back and not raised: an exception would hold the frames of this thread, and the whole tree with them.

    The garbage collector rests meanwhile: a long text is a tree of very many objects, without circles, and looking
    through it again and again kept everybody else from Python for a quarter of a second.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        return Document(text)
    except Refusal as refusal:
        return refusal.with_traceback(None)
    except RecursionError:
        return errors.bad_query("This query is too deep.")
    finally:
        if was_on:
            gc.enable()


def _parsed(text: str) -> DocumentNode:
    try:
        document = parse(text, no_location=True, max_tokens=TOKENS_MAX, allow_empty_selection_sets=False)
    except GraphQLError as problem:
        raise errors.bad_query(problem.message, "GRAPHQL_PARSE_FAILED") from None
    if len(document.definitions) > DEFINITIONS_MAX:
        raise errors.bad_query(f"A text may have {DEFINITIONS_MAX} operations and fragments, this one has more.")
    if problems := validate(SCHEMA, document, RULES, max_errors=5, hide_suggestions=True):
        raise errors.bad_query("\n".join(problem.message for problem in problems))
    return document


def _introspects(operation: OperationDefinitionNode) -> bool:
    asked = [getattr(one, "name", None) for one in operation.selection_set.selections]
    return all(name is not None and name.value in {"__schema", "__type"} for name in asked)
