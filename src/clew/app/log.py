"""The log: one line per record on stderr, for people (key=value) or for machines (JSON).

Records carry ids and numbers, never what people wrote and never keys. An exception's text may quote what it choked on,
so of most only the kind and the place are told. At lower levels the `openai` package logs whole requests: hence the
level that is set is ours alone, other packages are heard from warnings up, and of them only the words that stand in
their code. Every request is a record at `debug`, none at `info`: an access log costs more than many an answer, and
what went wrong is logged anyway.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import traceback
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, TextIO

from clew.domain.problem import Unavailable
from clew.storage.port import StoreProblem

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop
    from collections.abc import Iterator

MESSAGE_LENGTH_MAX: Final = 4000
REASON_LENGTH_MAX: Final = 300
TELLING: Final = (OSError, StoreProblem, Unavailable)
"""Exceptions whose text is the system's or our own, and quotes nobody. SQLite's are others: see `_reason`."""

_STANDARD: Final = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}
_SECRETS: Final = re.compile(r"((?<![^\W_])sk-(?:clew-)?|\bBearer )[\w.~+/=-]{6,}", re.IGNORECASE)
_BARE: Final = re.compile(r"[^\s\"'=\\]+")


def set_up(*, level: str, form: str, stream: TextIO | None = None) -> None:
    """Send every record to `stream` (stderr where None), as `form` says: `text` or `json`. May be called again."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonLines() if form == "json" else TextLines())
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("clew").setLevel(level.upper())


class _Lines(logging.Formatter):
    """What both forms share: which fields a record has, in order, all of them without keys."""

    def fields(self, record: logging.LogRecord) -> dict[str, object]:
        """Time, level, logger and message; what was passed as `extra`; and what was raised, if anything."""
        moment = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        out: dict[str, object] = {
            "at": moment.replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "from": record.name,
            "message": _cut(_without_keys(_said(record)), MESSAGE_LENGTH_MAX),
        }
        for name, value in record.__dict__.items():
            if name not in _STANDARD and name not in out:
                out[name] = value if isinstance(value, int | float | None) else _without_keys(str(value))
        if record.exc_info and record.exc_info[1]:
            chain = list(_chain(record.exc_info[1]))
            out["error"] = " < ".join(_cut(_without_keys(_reason(one)), REASON_LENGTH_MAX) for one in chain)
            out["where"] = " < ".join(_frames(one) for one in chain)
        return out


class TextLines(_Lines):
    """`2026-01-31T12:00:00.000Z info clew.engine a run was taken up run=run_…`."""

    def format(self, record: logging.LogRecord) -> str:
        """The record in one line."""
        fields = self.fields(record)
        head = " ".join(_on_one_line(str(fields.pop(name))) for name in ("at", "level", "from", "message"))
        return " ".join((head, *(f"{name}={_quoted(value)}" for name, value in fields.items())))


class JsonLines(_Lines):
    """One JSON object per line."""

    def format(self, record: logging.LogRecord) -> str:
        """The record in one line."""
        return json.dumps(self.fields(record), ensure_ascii=False)


def tell_of_loop(_: AbstractEventLoop, context: dict[str, Any]) -> None:
    """What an event loop's exception handler does: its own words would quote the arguments of whatever was called."""
    error = context.get("exception")
    logging.getLogger("clew").error("the event loop met what nobody took care of", exc_info=error)


def _said(record: logging.LogRecord) -> str:
    """The message; of other packages only what stands in their code, because what they fill in is anybody's."""
    is_ours = record.name == "clew" or record.name.startswith("clew.")
    return record.getMessage() if is_ours else str(record.msg)


def _reason(error: BaseException) -> str:
    """What kind of exception it is; and its text, where that quotes nothing that was sent to us."""
    kind = type(error).__name__
    # SQLite's driver is the store's alone to import. Its messages name tables and columns, never values.
    return f"{kind}: {error}" if isinstance(error, TELLING) or type(error).__module__ == "apsw" else kind


def _without_keys(text: str) -> str:
    return _SECRETS.sub(r"\1***", text)


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[:length] + "…"


def _on_one_line(text: str) -> str:
    return text if text.isprintable() else "".join(one if one.isprintable() else json.dumps(one)[1:-1] for one in text)


def _quoted(value: object) -> str:
    text = _on_one_line(str(value))
    return text if _BARE.fullmatch(text) else json.dumps(text, ensure_ascii=False)


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The exception and what led to it, the last one first."""
    seen: set[int] = set()
    following: BaseException | None = error
    while following is not None and id(following) not in seen:
        seen.add(id(following))
        yield following
        following = following.__cause__ or (None if following.__suppress_context__ else following.__context__)


def _frames(error: BaseException) -> str:
    """Where it was raised, innermost call first. Places only: lines of code are in the code."""
    frames = traceback.extract_tb(error.__traceback__)
    return " ".join(f"{_module_path(frame.filename)}:{frame.lineno}:{frame.name}" for frame in reversed(frames))


def _module_path(filename: str) -> str:
    return "/".join(filename.rsplit("/", 2)[-2:])
