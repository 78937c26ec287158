"""Queries made up from the schema: whatever comes, the server answers in its own words and stays well."""

from __future__ import annotations

import random
from collections import Counter
from typing import TYPE_CHECKING, Any, cast

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    get_named_type,
    is_leaf_type,
)

from clew.dialects.literal.mapping.filters import FIELDS
from clew.dialects.literal.operations import FIELDS as FIELDS_AT_ROOT
from clew.dialects.literal.schema import SCHEMA

if TYPE_CHECKING:
    from collections.abc import Sequence

    from support.graphql import GraphQL

NEVER = frozenset({"INTERNAL", "INTERNAL_SERVER_ERROR", "UNEXPECTED", "GRAPHQL_PARSE_FAILED"})
"""Codes that are bugs: ours, or of what is made up here."""
DEEP = {"a": {"b": [{"c": [1, None, "x"]}, [], {}]}}
WORDS = ("", "a", "eq", "id", "name", "user-feedback", "user_message", "llm", "%a%", '"', "\0", "é😀", "x" * 5000)
TIMES = ("2026-01-02T03:04:05.678Z", "2026-01-02", "0001-01-01", "9999-12-31T23:59:59-12:00", "soon", "")
NUMBERS = (0, 1, -1, 3, 2**31 - 1, -(2**31), 2**63, 10**30, 0.5, -1e308, 1e-300)
ANYTHING = (None, True, False, *NUMBERS, *WORDS, [], {}, [1, "a", None], DEEP, {"content": "said"}, {"": ""}, [[[[]]]])
OPERATORS = ("eq", "neq", "ilike", "nilike", "like", "gt", "gte", "lt", "lte", "in", "nin", "is", "nis", "", "near")
SCALARS: dict[str, Sequence[Any]] = {
    "Int": (0, 1, 2, 5, 50, -3, 2000, 2**31 - 1),
    "Float": NUMBERS,
    "Boolean": (True, False),
    "DateTime": TIMES,
    "Json": ANYTHING,
}
KNOWN_MAX = 50


class Outcome:
    """What was answered: how often each code, and every answer that no query may have."""

    def __init__(self) -> None:
        self.codes: Counter[str] = Counter()
        self.bugs: list[str] = []


class Maker:
    """Queries, and values of every input type. Ids and cursors that answers had are used again."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)  # noqa: S311 (from a seed on purpose)
        self._known: list[str] = []

    def learn(self, value: Any) -> None:
        """Remember the ids, cursors and names in an answer."""
        if isinstance(value, dict):
            for name, one in value.items():
                if isinstance(one, str) and name.lower().endswith(("id", "cursor", "name", "identifier")):
                    self._known = [*self._known, one][-KNOWN_MAX:]
                self.learn(one)
        elif isinstance(value, list):
            for one in value[:3]:
                self.learn(one)

    def text(self) -> str:
        """Some text: what is known more often than not."""
        return self.dice.choice(self._known if self._known and self.dice.random() < 0.6 else WORDS)

    def value(self, kind: Any, field: str) -> Any:  # noqa: PLR0911 (one for each kind of type)
        """A value of this type for this field, and now and then of another one."""
        dice = self.dice
        if dice.random() < 0.01:
            return dice.choice(ANYTHING)
        if isinstance(kind, GraphQLNonNull):
            return self.value(kind.of_type, field)
        if dice.random() < 0.1:
            return None
        if isinstance(kind, GraphQLList):
            return [self.value(kind.of_type, field) for _ in range(dice.choice((0, 1, 1, 2, 5)))]
        if isinstance(kind, GraphQLInputObjectType):
            return self._object(kind, field)
        if isinstance(kind, GraphQLEnumType):
            return dice.choice([*kind.values])
        return self._scalar(str(kind))

    def _object(self, kind: GraphQLInputObjectType, field: str) -> dict[str, Any]:
        if "operator" in kind.fields:
            fields = [*FIELDS[field if field in FIELDS else "threads"], "colour"]
            value = self.dice.choice([*ANYTHING, *TIMES, [self.text()], self.text()])
            path = self.dice.choice([None, "user-feedback", "content", "a.b", '"', "$", "a" * 300])
            asked = {"field": self.dice.choice(fields), "operator": self.dice.choice(OPERATORS), "value": value}
            return asked | ({"path": path} if path else {})
        if "column" in kind.fields:
            column = self.dice.choice(["createdAt", "tokenCount", "participant", "model", "duration", "colour"])
            return {"column": column, "direction": self.dice.choice(["ASC", "DESC"])}
        return {name: self.value(one.type, field) for name, one in kind.fields.items()}

    def _scalar(self, name: str) -> Any:
        dice = self.dice
        if name in SCALARS:
            return dice.choice(SCALARS[name])
        if name.endswith("PayloadInput"):
            words = (
                "id",
                "name",
                "type",
                "value",
                "model",
                "messages",
                "tokenCount",
                "tags",
                "stepId",
                "metadata",
                "url",
            )
            return {word: dice.choice([self.text(), *ANYTHING]) for word in words if dice.random() < 0.4}
        if name.startswith(("Thread", "Export")):  # the filters of early 2024
            words = ("createdAt", "search", "environment", "participantsIdentifier", "feedbacksValue", "tokenCount")
            return {word: {"operator": dice.choice(OPERATORS), "value": dice.choice(ANYTHING)} for word in words[:2]}
        return self.text() if name != "ID" or dice.random() < 0.7 else None

    def request(self) -> tuple[str, dict[str, Any]]:
        """A query or mutation of a few fields, with variables for all of their arguments that are given."""
        is_query = self.dice.random() < 0.5
        root = cast("Any", SCHEMA.query_type if is_query else SCHEMA.mutation_type)
        declared, fields, variables = [], [], {}
        for at in range(self.dice.choice((1, 1, 1, 2, 4))):
            name = self.dice.choice([name for name in root.fields if is_offered(name) or self.dice.random() < 0.05])
            field = root.fields[name]
            given = []
            for argument, said in field.args.items():
                needed = isinstance(said.type, GraphQLNonNull)
                if not needed and self.dice.random() < 0.5:
                    continue
                variable = f"{argument}_{at}"
                declared.append(f"${variable}: {said.type}")
                given.append(f"{argument}: ${variable}")
                if needed or self.dice.random() < 0.95:
                    variables[variable] = self.value(said.type, name)
            arguments = f"({', '.join(given)})" if given else ""
            fields.append(f"f{at}: {name}{arguments} {self._selection(field.type, 0)}")
        head = f"({', '.join(declared)})" if declared else ""
        return f"{'query' if is_query else 'mutation'} Made{head} {{ {' '.join(fields)} }}", variables

    def _selection(self, kind: Any, depth: int) -> str:
        named: Any = get_named_type(kind)
        if is_leaf_type(named):
            return ""
        leaves = [name for name, one in named.fields.items() if is_leaf_type(get_named_type(one.type))]
        chosen = ["__typename", *(name for name in leaves if self.dice.random() < 0.8)]
        for name, one in named.fields.items():
            if name not in leaves and self.dice.random() < 0.8 / (depth + 1):
                chosen.append(f"{name} {self._selection(one.type, depth + 1)}")
        inner = " ".join(chosen)
        if self.dice.random() < 0.05:
            inner = f"... on {named.name} {{ {inner} }}"
        if self.dice.random() < 0.05:
            inner += " __typename @include(if: true)"
        return f"{{ {inner} }}"


def is_offered(name: str) -> bool:
    """Whether a field of the root is answered, and not declined."""
    row = FIELDS_AT_ROOT[name]
    return row.handler is not None or row.together is not None


def attack(graphql: GraphQL, *, seed: int, count: int) -> Outcome:
    """Ask so many."""
    maker, outcome = Maker(seed), Outcome()
    for _ in range(count):
        query, variables = maker.request()
        answer = graphql.http.post("/api/graphql", json={"query": query, "variables": variables})
        body = answer.json()
        codes = [error["extensions"]["code"] for error in body.get("errors", ())] or ["OK"]
        outcome.codes.update(codes)
        if answer.status_code >= 500 or NEVER.intersection(codes):
            outcome.bugs.append(f"{answer.status_code} {answer.text[:500]}\n{query}\n{variables}")
        maker.learn(body.get("data"))
    return outcome
