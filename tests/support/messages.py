"""Messages of the wire, made up: any fields, sane and not, with ids of things that are there among them."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

from google.protobuf.descriptor import FieldDescriptor

if TYPE_CHECKING:
    from collections.abc import Sequence

    from google.protobuf.message import Message

IDS = {
    "assistant_id": "asst_",
    "file_id": "file-",
    "file_ids": "file-",
    "message_id": "msg_",
    "operation_id": "op",
    "run_id": "run_",
    "search_index_id": "vs_",
    "search_index_ids": "vs_",
    "thread_id": "thread_",
    "user_id": "part_user_",
}
"""How ids begin that fit a field."""
TEXTS = ("", "x", "default", "user", "\x00", "\u202e", "🙂" * 3, "a" * 300, "../..", "%s", "null", "-1", "name,labels")
SANE = (0, 1, 2, 7, 100, 400)
NUMBERS = (0, 1, -1, 7, 100, 1001, 2**31 - 1, 2**62, -(2**63), 2**63 - 1)
DOUBLES = (0.0, 0.3, 1.0, -1.0, 1e308, float("inf"), float("nan"))
DEEPEST = 6


class Maker:
    """Makes messages from a seed. `known` are ids that lead somewhere, by the name of the field they fit."""

    def __init__(self, seed: int, known: Sequence[str] = ()) -> None:
        self._dice = random.Random(seed)  # noqa: S311 (made up on purpose, from a seed)
        self._known = list(known)
        self._sparse = 0.1

    def learn(self, message: Message) -> None:
        """Take up the id of something that was made."""
        made = getattr(message, "id", "")
        if made:
            self._known.append(made)

    def fill(self, message: Any, depth: int = 0) -> Any:
        """The message with some of its fields set: of some messages most, of others few."""
        if depth == 0:
            self._sparse = self._dice.choice((0.05, 0.1, 0.6))
        for field in message.DESCRIPTOR.fields:
            if depth >= DEEPEST or self._dice.random() < (0.3 if depth else self._sparse):
                continue
            if field.message_type is not None and field.message_type.GetOptions().map_entry:
                for _ in range(self._dice.randrange(3)):
                    self._entry(getattr(message, field.name), field)
            elif field.is_repeated:
                for _ in range(self._dice.randrange(3)):
                    self._add(getattr(message, field.name), field, depth)
            elif field.message_type is not None:
                inner = getattr(message, field.name)
                inner.SetInParent()
                self.fill(inner, depth + 1)
            else:
                setattr(message, field.name, self._scalar(field))
        return message

    def _entry(self, entries: Any, field: FieldDescriptor) -> None:
        value = field.message_type.fields_by_name["value"]
        key = self._scalar(field.message_type.fields_by_name["key"])
        if value.message_type is None:
            entries[key] = self._scalar(value)
        else:
            self.fill(entries[key], DEEPEST - 1)

    def _add(self, values: Any, field: FieldDescriptor, depth: int) -> None:
        if field.message_type is not None:
            self.fill(values.add(), depth + 1)
        elif field.name == "paths":
            values.append(self._dice.choice(("name", "labels", "expiration_config.ttl_days", "tools", "id", "", "a.b")))
        else:
            values.append(self._scalar(field))

    def _scalar(self, field: FieldDescriptor) -> Any:  # noqa: PLR0911 (one for each type)
        match field.type:
            case FieldDescriptor.TYPE_STRING:
                return self._text(field.name)
            case FieldDescriptor.TYPE_BYTES:
                return self._dice.randbytes(self._dice.choice((0, 1, 2000)))
            case FieldDescriptor.TYPE_BOOL:
                return self._dice.random() < 0.5
            case FieldDescriptor.TYPE_DOUBLE:
                return self._dice.choice(DOUBLES)
            case FieldDescriptor.TYPE_ENUM:
                return self._dice.choice((0, 1, 1, 2, 2, 99))
            case FieldDescriptor.TYPE_INT32:
                return self._dice.choice([one for one in NUMBERS if abs(one) < 2**31])
            case _:
                return self._dice.choice(SANE if self._dice.random() < 0.8 else NUMBERS)

    def _text(self, name: str) -> str:
        if name == "folder_id":
            return self._dice.choice(("default",) * 6 + ("b1g", ""))
        if name == "page_token" and self._dice.random() < 0.8:
            return ""
        if name in IDS and self._dice.random() < 0.9:
            fitting = [one for one in self._known if one.startswith(IDS[name])]
            if fitting:
                return self._dice.choice(fitting)
        if name == "rephraser_uri" or (name in ("name", "model_uri") and self._dice.random() < 0.8):
            return "gpt://default/name/latest"
        return self._dice.choice(TEXTS)
