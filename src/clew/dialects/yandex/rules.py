"""Rules that the messages state about their own fields: what must be said, and how long it may be.

Contract: section 2. The rules stand as options in the .proto files; here they are read once for each message.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from clew.dialects.yandex import wire
from clew.dialects.yandex.errors import invalid

if TYPE_CHECKING:
    from google.protobuf.descriptor import Descriptor
    from google.protobuf.message import Message

UNMASKED: Final = frozenset({"update_mask"})
"""Marked as required, and yet the documented rule says what happens without it: everything is replaced."""


@dataclass(frozen=True, slots=True)
class _Limit:
    """How many values a field may have, and how long each may be."""

    name: str
    is_repeated: bool
    size: tuple[int, int | None] | None
    shortest: int
    longest: int | None

    def check(self, message: Any, path: str) -> None:  # noqa: ANN401 (any message)
        value = getattr(message, self.name)
        if self.is_repeated and self.size is not None:
            least, most = self.size
            if len(value) < least:
                raise invalid(path + self.name, "field is required")
            if most is not None and len(value) > most:
                raise invalid(path + self.name, f"at most {most} values")
        if self.longest is None or not (self.is_repeated or message.HasField(self.name)):
            return
        for one in value if self.is_repeated else (value,):
            if not self.shortest <= len(one) <= self.longest:
                much = "exactly" if self.shortest == self.longest else "at most"
                raise invalid(path + self.name, f"{much} {self.longest} characters")


class _Plan:
    """What is to be looked at in a message: its own fields with rules, and messages in it that have some."""

    def __init__(self, descriptor: Descriptor) -> None:
        self.required: list[tuple[str, bool]] = []
        self.limited: list[_Limit] = []
        self.inner: list[tuple[str, bool, _Plan]] = []
        for field in descriptor.fields:
            said = wire.options_of(field).Extensions
            if said[wire.REQUIRED] and field.name not in UNMASKED:
                self.required.append((field.name, field.has_presence))
            size, length = _bounds(said[wire.SIZE]), _bounds(said[wire.LENGTH])
            if size or length:
                shortest, longest = length or (0, None)
                self.limited.append(_Limit(field.name, field.is_repeated, size, shortest, longest))
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
        for limit in self.limited:
            limit.check(message, path)
        for name, is_repeated, plan in self.inner:
            if is_repeated:
                for at, one in enumerate(getattr(message, name)):
                    plan.check(one, f"{path}{name}[{at}].")
            elif message.HasField(name):
                plan.check(getattr(message, name), f"{path}{name}.")


def _bounds(rule: str) -> tuple[int, int | None] | None:
    """`<=100`, `2` and `>0` as (least, most)."""
    if not rule:
        return None
    if rule.startswith(">"):
        return int(rule[1:]) + 1, None
    most = int(rule.removeprefix("<="))
    return (0 if rule.startswith("<=") else most), most


@cache
def _plan(descriptor: Descriptor) -> _Plan:
    return _Plan(descriptor)


def check(message: Message) -> None:
    """Raise `Refusal` with the path of the first field that breaks a rule of its message."""
    _plan(message.DESCRIPTOR).check(message, "")
