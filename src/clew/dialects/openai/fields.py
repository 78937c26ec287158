"""Shapes of requests: what a decoded JSON value or a query string must look like, and how a wrong one is refused.

A shape is made once and reads many values. It walks a value without keeping track of where it is; only a
`Fault` on its way up collects the path, so that a good request never pays for the wording of a bad one.

Where several things are wrong the first is reported: a missing key, then an unknown one, then the fields in the
order of their declaration, then what fields may not be together. What a body of requests is made of is in `bodies`.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NoReturn, TypeAlias

from clew.dialects.openai.refusal import Refusal, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

Json: TypeAlias = Any
"""A decoded JSON value. Its type is what this module finds out, by its exact class: a boolean is no integer."""

WHOLE_MAX: Final = 2**53 - 1
"""The greatest integer that every reader of JSON holds exactly."""
PAIRS_MAX: Final = 16
KEY_MAX: Final = 64
VALUE_MAX: Final = 512

_GOT: Final[dict[type[object], str]] = {
    str: "a string",
    int: "an integer",
    float: "a decimal number",
    bool: "a boolean",
    dict: "an object",
    list: "an array",
    type(None): "null",
}
_INTEGER: Final = re.compile(r"[+-]?[0-9]{1,1000}")


class Fault(Exception):
    """What is wrong with a value, on its way up. The message is `head`, the path, `tail`; without a tail, `head`."""

    def __init__(self, code: str, head: str, tail: str | None = None, *, at: str = "") -> None:
        super().__init__(code)
        self.code: Final = code
        self.head: Final = head
        self.tail: Final = tail
        self.path = at

    def inside(self, step: str | int) -> None:
        """Note that the value stood at this key or place of another."""
        if isinstance(step, int):
            step = f"[{step}]"
        between = "." if self.path and not self.path.startswith("[") else ""
        self.path = f"{step}{between}{self.path}"

    def refusal(self, path: str) -> Refusal:
        """The refusal, where the outermost value stood at `path`."""
        if path:
            self.inside(path)
        message = self.head if self.tail is None else f"{self.head}{shown(self.path)}{self.tail}"
        return Refusal(400, message, param=shown(self.path) or None, code=self.code)


def listed(values: Iterable[str], last: str) -> str:
    """The quoted values as a sentence has them; `last` is the word before the last one."""
    quoted = [f"'{value}'" for value in values]
    if len(quoted) <= 2:  # noqa: PLR2004 (two need no commas)
        return f" {last} ".join(quoted)
    return f"{', '.join(quoted[:-1])}, {last} {quoted[-1]}"


def missing(path: str) -> Fault:
    """A key or parameter that must be there."""
    return Fault("missing_required_parameter", "Missing required parameter: '", "'.", at=path)


def _number(value: float) -> str:
    """A number as JSON would have it."""
    return shown(str(value).removesuffix(".0"))


class Shape:
    """What a value must look like.

    `kinds` are the Python types that a value may have at first sight, and `expected` the words for them.
    """

    __slots__ = ("expected", "kinds")

    def __init__(self, expected: str, *kinds: type) -> None:
        self.expected: Final = expected
        self.kinds: Final = kinds

    def read(self, value: Json, path: str = "") -> Json:
        """The value, cleaned. Raises `Refusal` for one of another shape; `path` says where it stands."""
        try:
            return self.clean(value)
        except Fault as fault:
            raise fault.refusal(path) from None

    def clean(self, value: Json) -> Json:
        """The value, with only what was said. Raises `Fault`."""
        raise NotImplementedError

    def schema(self) -> dict[str, Any]:
        """The shape as JSON Schema."""
        raise NotImplementedError

    def wrong_type(self, value: Json) -> NoReturn:
        """Refuse a value of another kind."""
        got = _GOT.get(value.__class__, "something else")
        raise Fault("invalid_type", "Invalid type for '", f"': expected {self.expected}, but got {got} instead.")


@dataclass(frozen=True, slots=True)
class Field:
    """A key of an object, or a parameter of a query.

    An explicit null is kept where it is `nullable`, and is the same as no key where it is not, unless `required`.
    """

    name: str
    shape: Shape
    required: bool = False
    nullable: bool = False

    def schema(self) -> dict[str, Any]:
        """The field's value as JSON Schema."""
        schema = self.shape.schema()
        return {"anyOf": [schema, {"type": "null"}]} if self.nullable else schema


class Text(Shape):
    """A string. Lengths count code points; `values` are all that it may be; `pattern` must match the whole of it."""

    __slots__ = ("_limits", "_matches", "_max", "_min", "_pattern", "_values", "_values_set")

    def __init__(
        self,
        min: int = 0,  # noqa: A002 (what JSON Schema and readers call it)
        max: int | None = None,  # noqa: A002
        pattern: str | None = None,
        values: Sequence[str] | None = None,
    ) -> None:
        super().__init__("a string", str)
        self._min: Final = min
        self._limits: Final = max
        self._max: Final = sys.maxsize if max is None else max
        self._pattern: Final = pattern
        self._matches: Final = None if pattern is None else re.compile(pattern).fullmatch
        self._values: Final = values
        self._values_set: Final = None if values is None else frozenset(values)

    def clean(self, value: Json) -> Json:
        """The string."""
        if value.__class__ is not str:
            self.wrong_type(value)
        if self._values_set is not None and value not in self._values_set:
            self._wrong_value(value)
        if not self._min <= len(value) <= self._max:
            self._wrong_length(len(value))
        if self._matches is not None and not self._matches(value):
            tail = f"': string does not match pattern. Expected a string that matches the pattern '{self._pattern}'."
            raise Fault("invalid_value", "Invalid '", tail)
        return value

    def _wrong_value(self, value: str) -> NoReturn:
        values = listed(self._values or (), "and")
        raise Fault("invalid_value", f"Invalid value: '{shown(value)}'. Supported values are: {values}.")

    def _wrong_length(self, length: int) -> NoReturn:
        raise _length_fault("string", length, self._min, self._max)

    def schema(self) -> dict[str, Any]:
        """The shape as JSON Schema."""
        values = None if self._values is None else list(self._values)
        limits = {"minLength": self._min or None, "maxLength": self._limits, "pattern": self._pattern, "enum": values}
        return {"type": "string"} | _said(limits)


class Whole(Shape):
    """An integer. A boolean is none, and neither is 20.0."""

    __slots__ = ("_max", "_min")

    def __init__(self, min: int = 0, max: int = WHOLE_MAX) -> None:  # noqa: A002 (as in Text)
        super().__init__("an integer", int)
        self._min: Final = min
        self._max: Final = max

    def clean(self, value: Json) -> Json:
        """The integer."""
        if value.__class__ is not int:
            self.wrong_type(value)
        if not self._min <= value <= self._max:
            raise _size_fault("integer", value, self._min, self._max)
        return value

    def schema(self) -> dict[str, Any]:
        """The shape as JSON Schema."""
        limits = {"minimum": self._min, "maximum": None if self._max == WHOLE_MAX else self._max}
        return {"type": "integer"} | _said(limits)


class Decimal(Shape):
    """A number, whole or not."""

    __slots__ = ("_max", "_min")

    def __init__(self, min: float = -sys.float_info.max, max: float = sys.float_info.max) -> None:  # noqa: A002 (as in Text)
        super().__init__("a decimal", float, int)
        self._min: Final = min
        self._max: Final = max

    def clean(self, value: Json) -> Json:
        """The number, as it came."""
        if value.__class__ is not float and value.__class__ is not int:
            self.wrong_type(value)
        if not self._min <= value <= self._max:
            raise _size_fault("decimal", value, self._min, self._max)
        return value

    def schema(self) -> dict[str, Any]:
        """The shape as JSON Schema."""
        unlimited = self._max == sys.float_info.max
        return {"type": "number"} | ({} if unlimited else {"minimum": self._min, "maximum": self._max})


class Flag(Shape):
    """True or false."""

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__("a boolean", bool)

    def clean(self, value: Json) -> Json:
        """The boolean."""
        if value.__class__ is not bool:
            self.wrong_type(value)
        return value

    def schema(self) -> dict[str, Any]:
        """The shape as JSON Schema."""
        return {"type": "boolean"}


class Array(Shape):
    """An array of values of one shape."""

    __slots__ = ("_limits", "_max", "_min", "of")

    def __init__(self, of: Shape, min: int = 0, max: int | None = None) -> None:  # noqa: A002 (as in Text)
        several = {"a string": "strings", "an object": "objects"}.get(of.expected)
        super().__init__(f"an array of {several}" if several else "an array", list)
        self.of: Final = of
        self._min: Final = min
        self._limits: Final = max
        self._max: Final = sys.maxsize if max is None else max

    def clean(self, value: Json) -> Json:
        """A new list of the cleaned values."""
        if value.__class__ is not list:
            self.wrong_type(value)
        values: list[Json] = value
        if not self._min <= len(values) <= self._max:
            raise _length_fault("array", len(values), self._min, self._max)
        clean = self.of.clean
        out: list[Json] = []
        try:
            for item in values:
                out.append(clean(item))  # noqa: PERF401 (its length says where a fault was)
        except Fault as fault:
            fault.inside(len(out))
            raise
        return out

    def schema(self) -> dict[str, Any]:
        """The shape as JSON Schema."""
        limits = {"minItems": self._min or None, "maxItems": self._limits}
        return {"type": "array", "items": self.of.schema()} | _said(limits)


class Object(Shape):
    """An object of these fields and no others.

    `only_one_of` names fields of which one at most may be there. `rule` is asked last, with the cleaned object, and
    raises `Fault` for values that do not go together.
    """

    __slots__ = ("_known", "_plan", "_required", "fields", "only_one_of", "rule")

    def __init__(
        self,
        *fields: Field,
        only_one_of: tuple[str, ...] = (),
        rule: Callable[[dict[str, Json]], None] | None = None,
    ) -> None:
        super().__init__("an object", dict)
        self.fields: Final = fields
        self.only_one_of: Final = only_one_of
        self.rule: Final = rule
        self._known: Final = frozenset(field.name for field in fields)
        self._required: Final = frozenset(field.name for field in fields if field.required)
        self._plan: Final = tuple((field.name, field.shape.clean, field.required, field.nullable) for field in fields)

    def clean(self, value: Json) -> Json:
        """A new dict of the keys that were said."""
        if value.__class__ is not dict:
            self.wrong_type(value)
        said: dict[str, Json] = value
        keys = said.keys()
        if not self._required <= keys or not keys <= self._known:
            self._wrong_keys(said)
        out: dict[str, Json] = {}
        name = ""
        try:
            for name, clean, required, nullable in self._plan:
                if name not in said:
                    continue
                item = said[name]
                if item is not None or (required and not nullable):
                    out[name] = clean(item)
                elif nullable:
                    out[name] = None
        except Fault as fault:
            fault.inside(name)
            raise
        if self.only_one_of:
            self._exclude(out)
        if self.rule is not None:
            self.rule(out)
        return out

    def _wrong_keys(self, said: dict[str, Json]) -> NoReturn:
        for field in self.fields:
            if field.required and field.name not in said:
                raise missing(field.name)
        unknown = next(name for name in said if name not in self._known)
        raise Fault("unknown_parameter", "Unknown parameter: '", "'.", at=unknown)

    def _exclude(self, out: dict[str, Json]) -> None:
        if sum(out.get(name) is not None for name in self.only_one_of) > 1:
            tail = f"'. Ensure you are only providing one of: {listed(self.only_one_of, 'or')}."
            raise Fault("mutually_exclusive_parameters", "Mutually exclusive parameters: '", tail)

    def schema(self) -> dict[str, Any]:
        """The shape as JSON Schema. What fields may not be together is not said in it."""
        schema: dict[str, Any] = {
            "type": "object",
            "properties": {field.name: field.schema() for field in self.fields},
            "additionalProperties": False,
        }
        required = [field.name for field in self.fields if field.required]
        return schema | ({"required": required} if required else {})


class Tagged(Shape):
    """An object whose other fields depend on the string under `by`. Several tags may share one shape."""

    __slots__ = ("_shapes", "_tag", "_variants", "by")

    def __init__(self, by: str, variants: dict[str, Object]) -> None:
        super().__init__("an object", dict)
        self.by: Final = by
        self._tag: Final = Text(values=tuple(variants))
        self._shapes: Final = {
            shape: self._with_tag(shape, [tag for tag, other in variants.items() if other is shape])
            for shape in variants.values()
        }
        self._variants: Final = {tag: self._shapes[shape] for tag, shape in variants.items()}

    def _with_tag(self, shape: Object, tags: list[str]) -> Object:
        fields = (Field(self.by, Text(values=tags), required=True), *shape.fields)
        return Object(*fields, only_one_of=shape.only_one_of, rule=shape.rule)

    def clean(self, value: Json) -> Json:
        """A new dict of the keys that were said."""
        if value.__class__ is not dict:
            self.wrong_type(value)
        said: dict[str, Json] = value
        if self.by not in said:
            raise missing(self.by)
        try:
            tag: str = self._tag.clean(said[self.by])
        except Fault as fault:
            fault.inside(self.by)
            raise
        return self._variants[tag].clean(said)

    def schema(self) -> dict[str, Any]:
        """The shape as JSON Schema."""
        return {"oneOf": [shape.schema() for shape in self._shapes.values()]}


class Metadata(Shape):
    """Up to 16 pairs of strings."""

    __slots__ = ()

    def __init__(self, expected: str = "a metadata object") -> None:
        super().__init__(expected, dict)

    def clean(self, value: Json) -> Json:
        """The same object."""
        if value.__class__ is not dict:
            self.wrong_type(value)
        pairs: dict[str, Json] = value
        if len(pairs) > PAIRS_MAX:
            expected = f"Expected an object with at most {PAIRS_MAX} properties"
            tail = f"': too many properties. {expected}, but got an object with {len(pairs)} properties instead."
            raise Fault("object_above_max_properties", "Invalid '", tail)
        for key, item in pairs.items():
            if len(key) > KEY_MAX:
                self._long_key(key)
            try:
                self.clean_value(item)
            except Fault as fault:
                fault.inside(key)
                raise
        return pairs

    def clean_value(self, value: Json) -> None:
        """See that the value of a pair may be one. Raises `Fault`."""
        if value.__class__ is not str or len(value) > VALUE_MAX:
            _METADATA_TEXT.clean(value)

    def _long_key(self, key: str) -> NoReturn:
        expected = f"Expected a string with maximum length {KEY_MAX}, but got a string with length {len(key)} instead."
        tail = f"': '{key[:3]}...{key[-3:]}' is too long. {expected}"
        raise Fault("property_name_above_max_length", "Invalid property name in '", tail)

    def value_schema(self) -> dict[str, Any]:
        """The value of a pair as JSON Schema."""
        return _METADATA_TEXT.schema()

    def schema(self) -> dict[str, Any]:
        """The shape as JSON Schema."""
        names = {"maxLength": KEY_MAX}
        value = self.value_schema()
        return {"type": "object", "maxProperties": PAIRS_MAX, "propertyNames": names, "additionalProperties": value}


class Attributes(Metadata):
    """Up to 16 pairs, as metadata, whose values may be numbers and booleans too."""

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__("an object")

    def clean_value(self, value: Json) -> None:
        """See that the value of a pair may be one. Raises `Fault`."""
        _ATTRIBUTE.clean(value)

    def value_schema(self) -> dict[str, Any]:
        """The value of a pair as JSON Schema."""
        return _ATTRIBUTE.schema()


def _beyond(value: Json, *, depth: int, size: int) -> str | None:
    """What is wrong with arrays and objects that lie deeper in each other than `depth`, or hold more than `size`."""
    level: list[Json] = [value]
    left = size
    for _ in range(depth):
        left -= sum(map(len, level))
        if left < 0:
            return f"': too large. Expected at most {size} values."
        level = [
            inner
            for one in level
            for inner in (one.values() if one.__class__ is dict else one)
            if inner.__class__ in (dict, list)
        ]
        if not level:
            return None
    return f"': nested too deeply. Expected at most {depth} levels."


class Free(Shape):
    """Any object at all, such as a JSON Schema, that is not deeper or larger than readers of JSON can bear.

    Sixteen megabytes of empty arrays would be half a gigabyte and seconds of everybody's time for each that reads it.
    """

    DEPTH_MAX: Final = 100
    VALUES_MAX: Final = 100_000

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__("an object", dict)

    def clean(self, value: Json) -> Json:
        """The same object."""
        if value.__class__ is not dict:
            self.wrong_type(value)
        if (wrong := _beyond(value, depth=self.DEPTH_MAX, size=self.VALUES_MAX)) is not None:
            raise Fault("invalid_value", "Invalid '", wrong)
        return value

    def schema(self) -> dict[str, Any]:
        """The shape as JSON Schema."""
        return {"type": "object"}


class Either(Shape):
    """One of several shapes, chosen by the kind of the value; no two of them take the same kind."""

    __slots__ = ("_by_kind", "_shapes")

    def __init__(self, *shapes: Shape) -> None:
        words = [shape.expected for shape in shapes]
        expected = f"one of {', '.join(words[:-1])}{',' if len(words) > 2 else ''} or {words[-1]}"  # noqa: PLR2004 (as in `listed`)
        self._by_kind: Final = {kind: shape.clean for shape in shapes for kind in shape.kinds}
        self._shapes: Final = shapes
        super().__init__(expected, *self._by_kind)

    def clean(self, value: Json) -> Json:
        """The value, as its shape cleans it."""
        clean = self._by_kind.get(value.__class__)
        return clean(value) if clean is not None else self.wrong_type(value)

    def schema(self) -> dict[str, Any]:
        """The shape as JSON Schema."""
        return {"anyOf": [shape.schema() for shape in self._shapes]}


_METADATA_TEXT: Final = Text(max=VALUE_MAX)
_ATTRIBUTE: Final = Either(_METADATA_TEXT, Decimal(), Flag())


def _said(limits: dict[str, Any]) -> dict[str, Any]:
    return {name: limit for name, limit in limits.items() if limit is not None}


def _size_fault(kind: str, value: float, least: float, most: float) -> Fault:
    if value > most:
        code, side, bound = f"{kind}_above_max_value", "above maximum", f"<= {_number(most)}"
    else:
        code, side, bound = f"{kind}_below_min_value", "below minimum", f">= {_number(least)}"
    tail = f"': {kind} {side} value. Expected a value {bound}, but got {_number(value)} instead."
    return Fault(code, "Invalid '", tail)


def _length_fault(kind: str, length: int, least: int, most: int) -> Fault:
    one = "an array" if kind == "array" else "a string"
    if length > most:
        code, wrong, side, limit = f"{kind}_above_max_length", f"{kind} too long", "maximum", most
    elif length == 0:
        code, wrong, side, limit = f"empty_{kind}", f"empty {kind}", "minimum", least
    else:
        code, wrong, side, limit = f"{kind}_below_min_length", f"{kind} too short", "minimum", least
    got = f"{one} with length {length}" if length else f"an empty {kind}"
    return Fault(code, "Invalid '", f"': {wrong}. Expected {one} with {side} length {limit}, but got {got} instead.")


def read_query(fields: Iterable[Field], pairs: list[tuple[str, str]]) -> dict[str, Any]:
    """The parameters that were given, as values of their shapes. Names of no field are ignored, and so is empty text.

    An array comes as `name[]=a&name[]=b`, `name=a&name=b` or `name=a,b`, mixed as one likes. Raises `Refusal` for a
    required parameter that is missing, for a single one that is repeated, and for values of another shape.
    """
    given: dict[str, list[str]] = {}
    for name, text in pairs:
        given.setdefault(name, []).append(text)
    out: dict[str, Any] = {}
    for field in fields:
        value = _from_query(field, given)
        if value is not None:
            out[field.name] = field.shape.read(value, field.name)
        elif field.required:
            raise missing(field.name).refusal("")
    return out


def _from_query(field: Field, given: dict[str, list[str]]) -> Json:
    """The parameter as JSON would have it, or None where it was not given."""
    texts = given.get(field.name)
    if isinstance(field.shape, Array):
        texts = [*given.get(f"{field.name}[]", ()), *(texts or ())]
        return [part for text in texts for part in text.split(",") if part] or None
    if texts is None:
        return None
    if len(texts) > 1:
        tail = "'. You provided multiple values for this parameter, whereas only one is allowed. Send it once."
        raise Fault("duplicate_parameter", "Duplicate parameter: '", tail, at=field.name).refusal("")
    text = texts[0]
    if isinstance(field.shape, Whole):
        return int(text) if _INTEGER.fullmatch(text) else text
    if isinstance(field.shape, Flag):
        return {"true": True, "false": False}.get(text.lower(), text)
    return text or None


def check_id(value: str, field: str, prefix: str) -> None:
    """See that an ID is of the right kind. Raises `Refusal` where it does not begin with `prefix`."""
    if not value.startswith(prefix):
        message = f"Invalid '{field}': '{shown(value)}'. Expected an ID that begins with '{prefix}'."
        raise Refusal(400, message, param=field, code="invalid_value")
