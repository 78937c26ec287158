"""Rules that the messages state about their own fields: what must be said, and how long it may be.

Contract: section 2. The rules stand as options in the .proto files; here they are read once for each message.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from clew.dialects.yandex import wire
from clew.dialects.yandex.errors import invalid

if TYPE_CHECKING:
    from google.protobuf.descriptor import Descriptor, FieldDescriptor
    from google.protobuf.message import Message

UNMASKED: Final = frozenset({"update_mask"})
"""Marked as required, and yet the documented rule says what happens without it: everything is replaced."""


class _Plan:
    """What is to be looked at in a message: its own fields with rules, and messages in it that have some."""

    def __init__(self, descriptor: Descriptor) -> None:
        self.required: list[tuple[str, bool]] = []
        self.limited: list[tuple[str, bool, int | None, int | None, int | None]] = []
        self.inner: list[tuple[str, bool, _Plan]] = []
        for field in descriptor.fields:
            options = wire.options_of(field)
            if options.Extensions[wire.REQUIRED] and field.name not in UNMASKED:
                self.required.append((field.name, field.has_presence))
            size, (shortest, longest) = _bounds(options.Extensions[wire.SIZE])[1], _bounds(options.Extensions[wire.LENGTH])
            if size is not None or longest is not None:
                self.limited.append((field.name, field.is_repeated, size, shortest, longest))
            inner = field.message_type
            if inner is not None and inner.file.package.startswith("yandex.") and not inner.GetOptions().map_entry:
                plan = _plan(inner)
                if plan.is_needed:
                    self.inner.append((field.name, field.is_repeated, plan))

    @property
    def is_needed(self) -> bool:
        return bool(self.required or self.limited or self.inner)

    def check(self, message: Any, path: str) -> None:  # noqa: ANN401 (any message)
        for name, has_presence in self.required:
            if not (message.HasField(name) if has_presence else getattr(message, name)):
                raise invalid(path + name, "field is required")
        for name, is_repeated, size, shortest, longest in self.limited:
            values = getattr(message, name)
            if size is not None and len(values) > size:
                raise invalid(path + name, f"at most {size} values")
            if longest is not None:
                for value in values if is_repeated else (values,) if message.HasField(name) else ():
                    if not (shortest or 0) <= len(value) <= longest:
                        raise invalid(path + name, _length(shortest, longest))
        for name, is_repeated, plan in self.inner:
            if is_repeated:
                for at, one in enumerate(getattr(message, name)):
                    plan.check(one, f"{path}{name}[{at}].")
            elif message.HasField(name):
                plan.check(getattr(message, name), f"{path}{name}.")


def _length(shortest: int | None, longest: int) -> str:
    return f"exactly {longest} characters" if shortest == longest else f"at most {longest} characters"


def _bounds(rule: str) -> tuple[int | None, int | None]:
    """`<=100` and `2` as (least, most)."""
    found = re.fullmatch(r"(<=|>=|>|)(\d+)", rule)
    if found is None:
        return None, None
    number = int(found[2])
    return {"<=": (None, number), "": (number, number)}.get(found[1], (None, None))


@cache
def _plan(descriptor: Descriptor) -> _Plan:
    return _Plan(descriptor)


def check(message: Message) -> None:
    """Raise `Refusal` with the path of the first field that breaks a rule of its message."""
    _plan(message.DESCRIPTOR).check(message, "")
