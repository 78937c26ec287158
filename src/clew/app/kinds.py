"""What the values of settings may look like, each kind with its own words for what it refuses.

A value comes from a flag or the environment as text, and from the file as TOML made it: both are taken.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast
from urllib.parse import urlsplit

from clew.domain.quota import Quota, Quotas
from clew.engine.model import ModelConfig

if TYPE_CHECKING:
    from collections.abc import Callable

_UNITS: Final = {"": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30}
_BYTES: Final = re.compile(r"(\d+) ?(KiB|MiB|GiB|)", re.ASCII)
_YES: Final = frozenset({"1", "true", "yes", "on"})
_NO: Final = frozenset({"0", "false", "no", "off"})
_PORT_MAX: Final = 65535


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of value. `parse` takes what was written and raises `ValueError` with a reason.

    `metavar` stands for the value in help, empty where a flag takes none. A secret is never repeated in messages.
    """

    metavar: str
    parse: Callable[[object], object]
    is_secret: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalModelChoice:
    """The model to run on this machine: a GGUF file, None for the packaged one."""

    path: Path | None


def shown(value: object) -> str:
    """The value as an operator would write it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _text(value: object) -> str:
    if not isinstance(value, str) or not value.strip() or not value.isprintable():
        raise ValueError("not a line of text")
    return value


def _whole(least: int) -> Callable[[object], int]:
    def parse(value: object) -> int:
        number = value
        if isinstance(value, str) and value.isascii() and value.isdecimal():
            number = int(value)
        if isinstance(number, bool) or not isinstance(number, int) or number < least:
            raise ValueError(f"not a whole number from {least} up")
        return number

    return parse


def _port(value: object) -> int:
    try:
        port = _whole(0)(value)
    except ValueError:
        port = -1
    if not 0 <= port <= _PORT_MAX:
        raise ValueError(f"not a port, which is a whole number up to {_PORT_MAX}")
    return port


def _days_or_never(value: object) -> int | None:
    if shown(value).lower() in {"never", "-1"}:
        return None
    try:
        return _whole(0)(value)
    except ValueError as error:
        raise ValueError("neither a whole number of days from 0 up nor `never`") from error


def _bytes(value: object) -> int:
    match = _BYTES.fullmatch(shown(value))
    size = int(match[1]) * _UNITS[match[2]] if match else 0
    if size < 1:
        raise ValueError("not a number of bytes such as 65536, 64KiB, 16MiB or 8GiB")
    return size


def _switch(value: object) -> bool:
    word = shown(value).lower()
    if word not in _YES | _NO:
        raise ValueError("neither true nor false")
    return word in _YES


def _path(value: object) -> Path:
    return Path(_text(value))


def _url(value: object) -> str:
    text = _text(value).rstrip("/")
    wanted = "not a URL such as http://127.0.0.1:11434/v1"
    try:
        parts = urlsplit(text)
        is_good = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError as error:
        raise ValueError(wanted) from error
    if not is_good or parts.query or parts.fragment or " " in text:
        raise ValueError(wanted)
    if parts.username is not None or parts.password is not None:
        raise ValueError("a URL here holds no user name or password")
    return text


def _database(value: object) -> Path:
    text = _text(value)
    scheme, _, rest = text.partition("://")
    if scheme in {"postgres", "postgresql"}:
        raise ValueError("PostgreSQL comes later; for now the database is sqlite:///FILE")
    if scheme != "sqlite" or not rest.startswith("/") or rest.endswith("/") or rest == "/:memory:" or "?" in rest:
        raise ValueError("not a database URL such as sqlite:///clew-data/clew.db")
    return Path(rest[1:])


def _one_of(*words: str) -> Callable[[object], str]:
    def parse(value: object) -> str:
        word = shown(value).lower()
        if word not in words:
            raise ValueError(f"not one of {', '.join(words)}")
        return word

    return parse


def _local_model(value: object) -> LocalModelChoice | None:
    word = shown(value).lower()
    if word in _NO:
        return None
    return LocalModelChoice(path=None if word in _YES else Path(_text(value)))


_MODEL_KEYS: Final[dict[str, tuple[str, Callable[[object], object]]]] = {
    "pattern": ("pattern", _text),
    "url": ("base_url", _url),
    "key": ("api_key", _text),
    "name": ("name", _text),
    "context_window_tokens": ("context_window_tokens", _whole(1)),
    "tool_choice": ("tool_choice_honoured", _switch),
    "json_schema": ("json_schema_honoured", _switch),
    "parallel_tool_calls": ("parallel_tool_calls_honoured", _switch),
    "images": ("images_honoured", _switch),
    "budget_field": ("budget_field", _one_of("max_completion_tokens", "max_tokens")),
    "first_token_seconds": ("first_token_seconds", _whole(1)),
    "token_gap_seconds": ("token_gap_seconds", _whole(1)),
    "retries": ("retries", _whole(0)),
}
"""Key of a `[[models]]` table to the field of `ModelConfig` that it sets, and what it may be."""


def _model(place: str, table: object) -> ModelConfig:
    if not isinstance(table, dict):
        raise ValueError(f"{place} is not a table")  # noqa: TRY004 (what a kind refuses is a ValueError)
    values: dict[str, object] = {}
    for key, value in cast("dict[str, object]", table).items():
        if key not in _MODEL_KEYS:
            raise ValueError(f"{place} has no {key!r}; there are {', '.join(_MODEL_KEYS)}")
        name, parse = _MODEL_KEYS[key]
        try:
            values[name] = parse(value)
        except ValueError as error:
            raise ValueError(f"{key} of {place} is {error}") from error
    for needed in ("pattern", "url"):
        if needed not in table:
            raise ValueError(f"{place} has no {needed!r}, and needs one")
    return ModelConfig(**values)  # type: ignore[arg-type] # each value was made by the parser of its field


def _models(value: object) -> tuple[ModelConfig, ...]:
    if not isinstance(value, list):
        raise ValueError("not [[models]] tables")  # noqa: TRY004 (what a kind refuses is a ValueError)
    tables = cast("list[object]", value)
    return tuple(_model(f"the {number}. [[models]]", table) for number, table in enumerate(tables, start=1))


_QUOTA_KEYS: Final[dict[str, Callable[[object], int]]] = {
    "threads": _whole(0),
    "messages": _whole(0),
    "bytes": lambda value: 0 if shown(value) == "0" else _bytes(value),
    "runs": _whole(0),
}


def _quota(place: str, table: object, usual: Quota) -> Quota:
    """The quota of a table; what it says nothing of is as usual."""
    if not isinstance(table, dict):
        raise ValueError(f"{place} is not a table")  # noqa: TRY004 (what a kind refuses is a ValueError)
    said: dict[str, int | None] = {}
    for key, value in cast("dict[str, object]", table).items():
        if key not in _QUOTA_KEYS:
            raise ValueError(f"{place} has no {key!r}; there are {', '.join(_QUOTA_KEYS)}")
        try:
            said[key] = _QUOTA_KEYS[key](value) or None
        except ValueError as error:
            raise ValueError(f"{key} of {place} is {error}") from error
    return replace(usual, **said)


def _quotas(value: object) -> Quotas:
    if not isinstance(value, dict):
        raise ValueError("not a [quotas] table")  # noqa: TRY004 (what a kind refuses is a ValueError)
    table = dict(cast("dict[str, object]", value))
    projects = table.pop("projects", {})
    usual = _quota("[quotas]", table, Quota())
    if not isinstance(projects, dict):
        raise ValueError("projects of [quotas] is not made of tables")  # noqa: TRY004 (as above)
    named = cast("dict[str, object]", projects)
    return Quotas(
        usual=usual, by_project={name: _quota(f"[quotas.projects.{name}]", one, usual) for name, one in named.items()}
    )


TEXT: Final = Kind(metavar="TEXT", parse=_text)
SECRET: Final = Kind(metavar="KEY", parse=_text, is_secret=True)
PORT: Final = Kind(metavar="PORT", parse=_port)
COUNT: Final = Kind(metavar="NUMBER", parse=_whole(1))
COUNT_OR_NONE: Final = Kind(metavar="NUMBER", parse=_whole(0))
DAYS_OR_NEVER: Final = Kind(metavar="DAYS", parse=_days_or_never)
BYTES: Final = Kind(metavar="BYTES", parse=_bytes)
SWITCH: Final = Kind(metavar="", parse=_switch)
FILE: Final = Kind(metavar="FILE", parse=_path)
FOLDER: Final = Kind(metavar="DIR", parse=_path)
# URLs are secret here: people put passwords into them.
URL: Final = Kind(metavar="URL", parse=_url, is_secret=True)
DATABASE: Final = Kind(metavar="URL", parse=_database, is_secret=True)
LOG_LEVEL: Final = Kind(metavar="LEVEL", parse=_one_of("debug", "info", "warning", "error"))
YANDEX_JSON: Final = Kind(metavar="SHAPE", parse=_one_of("camel", "snake"))
LOG_FORMAT: Final = Kind(metavar="FORMAT", parse=_one_of("text", "json"))
LOCAL_MODEL: Final = Kind(metavar="[FILE]", parse=_local_model)
QUOTAS: Final = Kind(metavar="[quotas]", parse=_quotas)
MODELS: Final = Kind(metavar="[[models]]", parse=_models, is_secret=True)
