"""Patches: what an update says of a field. Absent, null and empty are three things.

Dialects differ in how an update speaks: OpenAI replaces each field that is sent, Literal AI
leaves a field alone when it is null, Yandex names fields in a mask. All three end as keyword
arguments to `changed`, where `UNSET` means "leave it".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from typing import Any, Final, TypeAlias, TypeVar, cast

from clew.domain.noun import Noun, replace
from clew.domain.problem import Invalid

T = TypeVar("T")
N = TypeVar("N", bound=Noun)


class Unset(Enum):
    """The type of `UNSET`."""

    UNSET = "unset"

    def __bool__(self) -> bool:
        return False


UNSET: Final = Unset.UNSET
Given: TypeAlias = T | Unset

Revision: TypeAlias = dict[str, Any] | Callable[[dict[str, Any]], dict[str, Any]] | Unset
"""What an update makes of metadata: another value, what a function makes of the old one, or nothing."""


DEPTH_MAX: Final = 200
"""How deep a JSON value may nest that is kept and searched: stores and clients give up somewhere beyond."""


def check_depth(field: str, value: object) -> None:
    """Raise `Invalid` for a JSON value that nests deeper than `DEPTH_MAX`."""
    level: list[Any] = [value]
    for _ in range(DEPTH_MAX + 1):
        level = [inner for one in level for inner in _inner(one)]
        if not level:
            return
    raise Invalid(field, f"nests deeper than {DEPTH_MAX}")


def _inner(value: Any) -> Iterable[Any]:  # noqa: ANN401 (any JSON value)
    if isinstance(value, dict):
        return cast("dict[str, Any]", value).values()
    return cast("list[Any]", cast("object", value)) if isinstance(value, list) else ()


def changed(noun: N, **fields: object) -> N:
    """The noun with every field that is not `UNSET` replaced by its value."""
    given = {name: value for name, value in fields.items() if value is not UNSET}
    return replace(noun, **given) if given else noun


Change: TypeAlias = Callable[[N], N]
"""What an update makes of a noun, given the noun as it stands. It may be asked more than once, so it only makes it."""


def change(*, metadata: Revision = UNSET, **fields: object) -> Callable[[Any], Any]:
    """A change that sets every field that is not `UNSET`: names of the noun's fields, and what metadata becomes."""

    def made(noun: Any) -> Any:  # noqa: ANN401 (whichever noun has these fields)
        said = fields if metadata is UNSET else {**fields, "metadata": revised(noun.metadata, metadata)}
        return changed(noun, **said)

    return made


def merged(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """`old` with the keys of `new` over it; a key whose new value is None is taken away."""
    both = {**old, **new}
    return {key: value for key, value in both.items() if not (key in new and value is None)}


def unless_null(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that are not None: the rule of dialects in which null means unchanged."""
    return {name: value for name, value in fields.items() if value is not None}


def masked(sent: Mapping[str, Any], paths: Iterable[str], defaults: Mapping[str, Any]) -> dict[str, Any]:
    """The fields a mask speaks of: those sent with their values, the other masked ones with their defaults.

    `paths` are names in `defaults`; nested ones are flattened by the caller with dots.
    Raises KeyError with the first path that `defaults` does not know.
    """
    return {path: sent[path] if path in sent else defaults[path] for path in paths}


def revised(old: dict[str, Any], given: Revision) -> dict[str, Any]:
    """`old` where nothing was given, else what was: a value, or what a function makes of the old one."""
    if isinstance(given, Unset):
        return old
    if callable(given):
        return given(old)
    return given


def shown_as_text(value: object, dump: Any) -> str:  # noqa: ANN401 (any JSON dumper)
    """A metadata value for a dialect that allows only strings: a string as it is, all else as JSON text."""
    return value if isinstance(value, str) else str(dump(value))


def restored(old: Mapping[str, Any], new: Mapping[str, str], dump: Any) -> dict[str, Any]:  # noqa: ANN401 (any JSON dumper)
    """`new`, string values from a dialect that allows only strings, with unharmed originals.

    Where a value came back as the text under which the old value was shown, the old value stands.
    """
    return {
        key: old[key] if key in old and shown_as_text(old[key], dump) == value else value for key, value in new.items()
    }
