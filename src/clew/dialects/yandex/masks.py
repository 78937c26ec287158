"""Update masks: which fields of a thing an update speaks of. Contract: section 4."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clew.dialects.yandex.errors import Refusal, invalid

if TYPE_CHECKING:
    from google.protobuf.descriptor import FieldDescriptor
    from google.protobuf.message import Message

MASK = "update_mask"


def apply(update: Any, shown: Message) -> set[str]:  # noqa: ANN401 (any update request)
    """Change `shown`, the thing as it is, into what `update` makes of it. Returns the fields that it speaks of.

    A path takes its value from the update, or is reset where there is none. Without a mask every field of the update
    is spoken of. Raises `Refusal` for a path that is unknown or cannot be changed.
    """
    mutable = {field.name for field in update.DESCRIPTOR.fields} & {field.name for field in shown.DESCRIPTOR.fields}
    paths = list(update.update_mask.paths) or sorted(mutable)
    for path in paths:
        words = path.split(".")
        if words[0] not in mutable:
            raise _unknown(path)
        _copy(words, update, shown, path, nested=False)
    return {path.partition(".")[0] for path in paths}


def _unknown(path: str) -> Refusal:
    return invalid(MASK, f"there is no field {path!r} that can be updated")


def _copy(words: list[str], source: Any, target: Any, path: str, *, nested: bool) -> None:  # noqa: ANN401 (messages)
    name = words[0]
    field: FieldDescriptor | None = target.DESCRIPTOR.fields_by_name.get(name)
    if field is None:
        raise _unknown(path)
    if len(words) > 1:
        if field.message_type is None or field.is_repeated or field.message_type.file.package == "google.protobuf":
            raise _unknown(path)
        _copy(words[1:], getattr(source, name), getattr(target, name), path, nested=True)
        getattr(target, name).SetInParent()
        return
    target.ClearField(name)
    if field.is_repeated:
        getattr(target, name).MergeFrom(getattr(source, name))
    elif field.message_type is None:
        if not field.has_presence or source.HasField(name):
            setattr(target, name, getattr(source, name))
    elif source.HasField(name):
        getattr(target, name).CopyFrom(getattr(source, name))
    elif nested and field.message_type.full_name.removeprefix("google.protobuf.") in ("Int64Value", "DoubleValue"):
        # The hosted service showed a masked number without a value as 0, and not as unsaid.
        getattr(target, name).SetInParent()
