"""Lets programs that were written for Literal AI's documentation of early 2024 run on the last Python client.

Nothing on the server needs this. The clients of that time, 0.0.101 to 0.0.301, work against Clew as they are; so does
0.1.300, with calls of its own. This module is for a program that has the old calls and is to have the new client. It
patches the installed client, from 0.0.500 on:

    from clew.compat.literalai import install

    install()

A program that is not to be touched is run with it: `python -m clew.compat.literalai program.py`. The module imports
nothing but the client, so the file may also be copied to where the program is, under another name than `literalai.py`.

What it adds:

- `literalai.thread` with `ThreadFilter` and the filters that go into it, which were gone from 0.0.400 on.
  `list_threads` and `get_threads` take one as their `filters`, and lists of filters as before.
- `api.export_threads(page=, filters=, cursor_anchor=)`, which gave way to `get_threads`.
- `environment=` of `create_thread`, `update_thread` and `upsert_thread`, gone from 0.0.610 on.
- `update_thread` and `upsert_thread` of the client itself, where the documentation has them. No release ever did: they
  are those of `client.api`.
- `upsert_thread(thead_id=)`, as the documentation spells it and no release did, and `thread_id=` of releases to
  0.0.401.
- Pages that can be asked by key, `threads["pageInfo"]` and `threads["data"]`. No release had that either; `pageInfo`
  and its `hasNextPage` as attributes were those of releases to 0.0.608.

What it cannot add is a client whose one class is asynchronous: where a program awaits its calls, its client has to be
an `AsyncLiteralClient`.
"""

from __future__ import annotations

import importlib
import runpy
import sys
from dataclasses import asdict, dataclass, fields
from functools import wraps
from operator import attrgetter
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

PAGES: Final = {"pageInfo": "page_info", "totalCount": "total_count", "data": "data"}
PLACES: Final = {"hasNextPage": "has_next_page", "startCursor": "start_cursor", "endCursor": "end_cursor"}
ARGUMENTS: Final = {
    "id": "String!",
    "name": "String",
    "metadata": "Json",
    "participantId": "String",
    "environment": "String",
    "tags": "[String!]",
}
"""What the mutations of a thread take. Making one takes no id."""


# --- filters ------------------------------------------------------------------------------------------------------


@dataclass
class _Filter:
    operator: str
    value: Any

    def to_dict(self) -> dict[str, Any]:
        """The filter as it is sent."""
        return {"operator": self.operator, "value": self.value}


class StringFilter(_Filter):
    """Compares a text: `eq`, `neq`, `ilike`, `nilike`, `like`, `nlike`."""


class StringListFilter(_Filter):
    """Looks for one of several texts: `in`, `nin`."""


class NumberFilter(_Filter):
    """Compares a number: `eq`, `neq`, `gt`, `gte`, `lt`, `lte`."""


class NumberListFilter(_Filter):
    """Looks for one of several numbers: `in`, `nin`."""


class DateTimeFilter(_Filter):
    """Compares a time: `gt`, `gte`, `lt`, `lte`."""


@dataclass
class ThreadFilter:
    """Threads for which all that is given holds."""

    createdAt: DateTimeFilter | None = None  # noqa: N815 (the old client's names, here and below)
    afterCreatedAt: DateTimeFilter | None = None  # noqa: N815
    beforeCreatedAt: DateTimeFilter | None = None  # noqa: N815
    duration: NumberFilter | None = None
    environment: StringFilter | None = None
    feedbacksValue: NumberListFilter | None = None  # noqa: N815
    participantsIdentifier: StringListFilter | None = None  # noqa: N815
    search: StringFilter | None = None
    tokenCount: NumberFilter | None = None  # noqa: N815

    def to_dict(self) -> dict[str, Any]:
        """The filters as they are sent, null where none is given."""
        given = {one.name: getattr(self, one.name) for one in fields(self)}
        return {name: None if one is None else one.to_dict() for name, one in given.items()}


FILTERS: Final = (StringFilter, StringListFilter, NumberFilter, NumberListFilter, DateTimeFilter, ThreadFilter)


# --- pages --------------------------------------------------------------------------------------------------------


@dataclass
class Exported:
    """A page of exported threads, each an object as it came, with its steps."""

    totalCount: int  # noqa: N815 (the old client's names, here and below)
    totalPage: int  # noqa: N815
    hasNextPage: bool  # noqa: N815
    hasPreviousPage: bool  # noqa: N815
    data: list[dict[str, Any]]

    def __getitem__(self, key: str) -> Any:  # noqa: ANN401 (whatever stands there)
        return _by_key(self, {name: name for name in asdict(self)}, key)


def _by_key(thing: object, names: dict[str, str], key: str) -> Any:  # noqa: ANN401 (whatever stands there)
    if key not in names:
        raise KeyError(key)
    return getattr(thing, names[key])


def _answer_to_keys(kind: Any, names: dict[str, str]) -> None:  # noqa: ANN401 (a class of the client)
    """Let things of this class be asked by key, and by the attributes of old."""

    def asked(self: object, key: str) -> Any:  # noqa: ANN401 (whatever stands there)
        return _by_key(self, names, key)

    kind.__getitem__ = asked
    for old, new in names.items():
        if old != new:
            setattr(kind, old, property(attrgetter(new)))


# --- calls --------------------------------------------------------------------------------------------------------


def _mutation(field: str) -> str:
    arguments = {name: kind for name, kind in ARGUMENTS.items() if name != "id" or field != "createThread"}
    declared = ", ".join(f"${name}: {kind}" for name, kind in arguments.items())
    passed = ", ".join(f"{name}: ${name}" for name in arguments)
    shown = "id name metadata tags createdAt participant { id identifier metadata }"
    return f"mutation ({declared}) {{ {field}({passed}) {{ {shown} }} }}"


def _with_environment(call: Callable[..., Any], field: str, thread: Any) -> Callable[..., Any]:  # noqa: ANN401 (a class)
    """The call, which also takes the environment of the thread: with one, it asks by a text that has a place for it.

    Asynchronous calls are coroutines that are handed on, so one function does for both.
    """
    text = _mutation(field)

    def read(answer: dict[str, Any]) -> Any:  # noqa: ANN401 (a thread)
        return thread.from_dict(answer["data"][field])

    @wraps(call)
    def asked(self: Any, *arguments: Any, environment: str | None = None, **named: Any) -> Any:  # noqa: ANN401 (a call)
        if environment is None:
            return call(self, *arguments, **named)
        order = ("id", "name", "metadata", "participant_id", "tags")[0 if field != "createThread" else 1 :]
        told = {**dict(zip(order, arguments, strict=False)), **named, "environment": environment}
        told["participantId"] = told.pop("participant_id", None)
        told = {name: value for name, value in told.items() if value is not None}
        return self.gql_helper(text, field, told, read)

    return asked


def _with_any_id(call: Callable[..., Any]) -> Callable[..., Any]:
    """The call, which takes the id of the thread by each of the names that it had, or was said to have."""

    @wraps(call)
    def asked(self: object, *arguments: Any, **named: Any) -> Any:  # noqa: ANN401 (a call)
        for name in ("thead_id", "thread_id"):
            if name in named:
                named["id"] = named.pop(name)
        return call(self, *arguments, **named)

    return asked


def _with_filters(call: Callable[..., Any]) -> Callable[..., Any]:
    """The call, whose filters may be one object."""

    @wraps(call)
    def asked(self: object, *arguments: Any, **named: Any) -> Any:  # noqa: ANN401 (a call)
        return call(self, *map(_sent, arguments), **{name: _sent(value) for name, value in named.items()})

    return asked


def _sent(argument: Any) -> Any:  # noqa: ANN401 (any argument)
    return argument.to_dict() if isinstance(argument, ThreadFilter) else argument


def _export_body(page: int | None, filters: ThreadFilter | None, cursor_anchor: str | None) -> dict[str, Any]:
    body = {"page": page, "filters": filters and filters.to_dict(), "cursorAnchor": cursor_anchor}
    return {name: value for name, value in body.items() if value is not None}


def _export(
    self: Any,  # noqa: ANN401 (the client's class)
    page: int | None = None,
    filters: ThreadFilter | None = None,
    cursor_anchor: str | None = None,
) -> Exported:
    """Pages of threads with their steps, counted from 1."""
    return Exported(**self.make_rest_call("/export/threads", _export_body(page, filters, cursor_anchor)))


async def _export_later(
    self: Any,  # noqa: ANN401 (the client's class)
    page: int | None = None,
    filters: ThreadFilter | None = None,
    cursor_anchor: str | None = None,
) -> Exported:
    """Pages of threads with their steps, counted from 1."""
    return Exported(**await self.make_rest_call("/export/threads", _export_body(page, filters, cursor_anchor)))


def _of_api(name: str) -> Callable[..., Any]:
    def asked(self: Any, *arguments: Any, **named: Any) -> Any:  # noqa: ANN401 (a call)
        return getattr(self.api, name)(*arguments, **named)

    asked.__name__ = name
    asked.__doc__ = f"The same as `client.api.{name}`."
    return asked


# --- putting it in ------------------------------------------------------------------------------------------------


def install() -> None:
    """Patch the installed client. A second time does nothing. Raises ImportError where there is none that fits."""
    api: Any = importlib.import_module("literalai.api")
    client: Any = importlib.import_module("literalai.client")
    types: Any = importlib.import_module("literalai.my_types")
    thread: Any = importlib.import_module("literalai.observability.thread").Thread
    if hasattr(api.LiteralAPI, "export_threads"):
        return
    _answer_to_keys(types.PaginatedResponse, PAGES)
    _answer_to_keys(types.PageInfo, PLACES)
    for kind, export in ((api.LiteralAPI, _export), (api.AsyncLiteralAPI, _export_later)):
        kind.export_threads = export
        for name in ("list_threads", "get_threads"):
            setattr(kind, name, _with_filters(getattr(kind, name)))
        for name, field in (
            ("create_thread", "createThread"),
            ("update_thread", "updateThread"),
            ("upsert_thread", "upsertThread"),
        ):
            setattr(kind, name, _with_environment(getattr(kind, name), field, thread))
        kind.upsert_thread = _with_any_id(kind.upsert_thread)
    for name in ("update_thread", "upsert_thread"):
        setattr(client.BaseLiteralClient, name, _of_api(name))
    module: Any = ModuleType("literalai.thread", "The filters of early 2024.")
    for filter_ in FILTERS:
        setattr(module, filter_.__name__, filter_)
    module.Thread = thread
    sys.modules[module.__name__] = module


def main() -> None:
    """Run a program with the client patched: its file, then its own arguments."""
    if len(sys.argv) < 2:  # noqa: PLR2004 (the program, after this one)
        sys.exit("usage: python -m clew.compat.literalai program.py [arguments]")
    install()
    del sys.argv[0]
    runpy.run_path(sys.argv[0], run_name="__main__")


if __name__ == "__main__":
    main()
