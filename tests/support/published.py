"""The published description as a test reads it: what may be sent, as strategies, and what may come back, as a check.

Only the part of JSON Schema that the description uses is understood; a keyword that is not known here fails loudly.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Schema = dict[str, Any]

TEXT_MAX: Final = 40
"""Texts and lists are drawn this long at most, whatever the schema allows: limits have tests of their own."""
LIST_MAX: Final = 3

_SAYS_NOTHING: Final = {"description"}
_TYPES: Final[dict[str, type | tuple[type, ...]]] = {
    "object": dict,
    "array": list,
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "null": type(None),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """Stands in a drawn value for an id that is known by then: the newest of these but `back`."""

    kind: str
    back: int


JSON: Final = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(), max_size=TEXT_MAX),
    lambda inner: (
        st.lists(inner, max_size=LIST_MAX) | st.dictionaries(st.text(st.characters(), max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)
"""Any JSON value, lone surrogates and NUL included."""


def values(  # noqa: C901, PLR0911 (a table, one line for each kind)
    schema: Schema, named: Callable[[str], str | None], field: str = ""
) -> st.SearchStrategy[Any]:
    """Values that fit the schema. `named` says for a field's name which ids belong there, None for none."""
    kind = named(field)
    if kind is not None and schema.get("type") == "string":
        return st.builds(Named, kind=st.just(kind), back=st.integers(0, 5))
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    for choice in ("anyOf", "oneOf"):
        if choice in schema:
            return st.one_of([values(one, named, field) for one in schema[choice]])
    match schema.get("type"):
        case "object":
            return _objects(schema, named)
        case "array":
            least = schema.get("minItems", 0)
            most = max(least, min(schema.get("maxItems", LIST_MAX), LIST_MAX))
            return st.lists(values(schema["items"], named, field), min_size=least, max_size=most)
        case "string":
            return _texts(schema)
        case "integer":
            return st.integers(schema.get("minimum"), schema.get("maximum"))
        case "number":
            least, most = schema.get("minimum"), schema.get("maximum")
            return st.floats(least, most, allow_nan=False, allow_infinity=False)
        case "boolean":
            return st.booleans()
        case "null":
            return st.none()
        case _:
            return JSON


def _texts(schema: Schema) -> st.SearchStrategy[str]:
    least = schema.get("minLength", 0)
    most = max(least, min(schema.get("maxLength", TEXT_MAX), TEXT_MAX))
    if "pattern" in schema:
        return st.from_regex(schema["pattern"].replace("$", r"\Z"), alphabet="abcXYZ019_-").filter(
            lambda text: least <= len(text) <= most
        )
    return st.text(st.characters(), min_size=least, max_size=most)


def _objects(schema: Schema, named: Callable[[str], str | None]) -> st.SearchStrategy[dict[str, Any]]:
    properties = schema.get("properties")
    if properties is None:
        inner = schema.get("additionalProperties")
        keys = st.text(st.characters(), max_size=8)
        return st.dictionaries(keys, JSON if inner is None else values(inner, named), max_size=3)
    fields = {name: values(one, named, name) for name, one in properties.items()}
    required = {name: fields.pop(name) for name in schema.get("required", ())}
    return st.fixed_dictionaries(required, optional=fields)


class Published:
    """A description. `operations` are by name; an answer is held against the one that gave it."""

    def __init__(self, document: dict[str, Any], more: dict[str, Any] | None = None) -> None:
        """`more` are shapes that only streams hold, which a description has no place for."""
        self._components: dict[str, Schema] = {**document["components"]["schemas"], **(more or {})}
        self.operations: dict[str, dict[str, Any]] = {
            operation["operationId"]: {**operation, "path": path, "method": method.upper()}
            for path, methods in document["paths"].items()
            for method, operation in methods.items()
        }

    @cache  # noqa: B019 (there is one description in a process)
    def _of_object(self, said: str) -> Schema | None:
        """The shape whose `object` says this."""
        for schema in self._components.values():
            if schema.get("properties", {}).get("object", {}).get("enum") == [said]:
                return schema
        return None

    def wrong_answer(self, name: str, status: int, content_type: str, value: Any) -> list[str]:
        """What is wrong with an answer; nothing where it is as the description says."""
        responses = self.operations[name]["responses"]
        if str(status) not in responses:
            return [f"{name} says nothing of a {status}"]
        content = responses[str(status)]["content"]
        if content_type not in content:
            return [] if "*/*" in content else [f"{name} says nothing of {content_type!r} at {status}"]
        return list(self.faults(content[content_type]["schema"], value))

    def wrong_object(self, value: dict[str, Any]) -> list[str]:
        """What is wrong with a thing that says itself what it is."""
        schema = self._of_object(value.get("object", ""))
        return [f"no shape says object {value.get('object')!r}"] if schema is None else list(self.faults(schema, value))

    def faults(self, schema: Schema, value: Any, at: str = "$") -> Iterator[str]:
        """Everything in which the value does not fit. A field that the shape does not declare is one as well."""
        for keyword, said in schema.items():
            yield from self._keyword(schema, keyword, said, value, at)

    def _keyword(  # noqa: C901, PLR0912 (a table, one entry for each keyword)
        self, schema: Schema, keyword: str, said: Any, value: Any, at: str
    ) -> Iterator[str]:
        match keyword:
            case "$ref":
                yield from self.faults(self._components[said.rpartition("/")[2]], value, at)
            case "anyOf" | "oneOf":
                tried = [list(self.faults(one, value, at)) for one in said]
                if all(tried):
                    yield f"{at} fits none: {min(tried, key=len)}"
            case "enum":
                if value not in said:
                    yield f"{at} is {value!r}, none of {said}"
            case "type":
                kinds = said if isinstance(said, list) else [said]
                if not any(_is(kind, value) for kind in kinds):
                    yield f"{at} is {value!r}, not {said}"
            case "required":
                yield from (f"{at} lacks {name}" for name in said if isinstance(value, dict) and name not in value)
            case "properties":
                yield from self._properties(schema, said, value, at)
            case "additionalProperties":
                known = schema.get("properties", {})
                for name in value if isinstance(said, dict) else ():
                    if name not in known:
                        yield from self.faults(said, value[name], f"{at}.{name}")
            case "items":
                for number, one in enumerate(value if isinstance(value, list) else ()):
                    yield from self.faults(said, one, f"{at}[{number}]")
            case _ if keyword not in _SAYS_NOTHING:
                raise NotImplementedError(f"{keyword} in the schema of an answer")

    def _properties(self, schema: Schema, said: dict[str, Schema], value: Any, at: str) -> Iterator[str]:
        if not isinstance(value, dict):
            return
        for name, one in value.items():
            if name in said:
                yield from self.faults(said[name], one, f"{at}.{name}")
            elif "additionalProperties" not in schema:
                yield f"{at}.{name} is not declared"
        listed = value.get("data") if said.get("object", {}).get("enum") == ["list"] else None
        for one in listed or ():
            yield from (f"{at}.data: {fault}" for fault in self.wrong_object(one))


def _is(kind: str, value: Any) -> bool:
    if isinstance(value, bool):
        return kind == "boolean"
    return isinstance(value, _TYPES[kind])


def path_params(path: str) -> list[str]:
    """The names in a path, from left to right."""
    return re.findall(r"\{(\w+)\}", path)
