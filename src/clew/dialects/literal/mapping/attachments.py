"""Attachments, the things beside steps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from clew.dialects.literal.mapping.common import object_of, text_of
from clew.domain.step import EnclosureChange

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from clew.domain.enclosure import Enclosure

_TEXTS: Final = {"name": "name", "mime": "mime", "objectKey": "object_key", "url": "url"}


def attachment_from_wire(sent: Mapping[str, Any]) -> EnclosureChange:
    """What is told of an attachment, by a mutation or within a step. Raises `Invalid`.

    Of bytes that are with us the address is ours, and changes: one that was read here and is sent back is not kept.
    """
    fields: dict[str, Any] = {ours: text for name, ours in _TEXTS.items() if (text := text_of(sent, name)) is not None}
    if fields.get("object_key"):
        fields.pop("url", None)
    if sent.get("metadata") is not None:
        fields["metadata"] = object_of("metadata", sent["metadata"])
    if step_id := text_of(sent, "stepId"):
        fields["step_id"] = step_id
    return EnclosureChange(id=text_of(sent, "id") or None, **fields)


def attachment_to_wire(
    enclosure: Enclosure, url_of: Callable[[Enclosure], str | None], thread_id: str | None
) -> dict[str, Any]:
    """The attachment, with the address at which its bytes are now."""
    return {
        "id": enclosure.id,
        "stepId": enclosure.step_id,
        "threadId": thread_id,
        "metadata": enclosure.metadata,
        "mime": enclosure.mime,
        "name": enclosure.name,
        "objectKey": enclosure.object_key,
        "url": url_of(enclosure),
    }
