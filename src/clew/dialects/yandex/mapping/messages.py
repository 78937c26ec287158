"""Messages, both ways."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from clew.dialects.yandex import wire
from clew.dialects.yandex.errors import invalid
from clew.dialects.yandex.mapping.common import labels_from_wire, labels_to_wire, time_to_wire
from clew.domain.item import ItemStatus, Part, PartKind
from clew.service.messages import NewMessage

if TYPE_CHECKING:
    from clew.domain.item import Item

USER: Final = "user"
"""Who speaks where nothing is said of it."""

_TRUNCATED: Final = frozenset({"max_tokens", "max_completion_tokens", "max_prompt_tokens"})
_FILTERED: Final = "content_filter"


def message_to_wire(item: Item) -> wire.Message:
    """The message. Parts that are no text, and files beside it, cannot be said here."""
    return wire.Message(
        id=item.id,
        thread_id=item.thread_id,
        created_by=item.created_by,
        created_at=time_to_wire(item.created_at),
        author=wire.Author(id=item.author_id, role=(item.role or USER).upper()),
        labels=labels_to_wire(item.metadata),
        content=content_to_wire(item),
        status=_status(item),
    )


def content_to_wire(item: Item) -> wire.MessageContent:
    """The texts of a message; a refusal to answer is a text as well."""
    texts = [part.text or "" for part in item.parts if part.kind in (PartKind.TEXT, PartKind.REFUSAL)]
    return wire.MessageContent(content=[wire.ContentPart(text=wire.Text(content=text)) for text in texts])


def _status(item: Item) -> int:
    if item.status is ItemStatus.IN_PROGRESS:
        return wire.Message.MESSAGE_STATUS_UNSPECIFIED
    if item.incomplete_reason == _FILTERED:
        return wire.Message.FILTERED_CONTENT
    if item.status is ItemStatus.INCOMPLETE:
        return wire.Message.TRUNCATED
    return wire.Message.COMPLETED


def message_from_wire(sent: wire.MessageData | wire.CreateMessageRequest, path: str = "") -> NewMessage:
    """What a new message is to be. Roles are written large here and small inside."""
    if not sent.HasField("content"):
        raise invalid(path + "content", "field is required")
    return NewMessage(
        role=sent.author.role.lower() or USER,
        parts=tuple(
            Part(kind=PartKind.TEXT, text=_text(part, f"{path}content.content[{at}]"))
            for at, part in enumerate(sent.content.content)
        ),
        metadata=labels_from_wire(sent.labels),
        author_id=sent.author.id or None,
    )


def _text(part: wire.ContentPart, path: str) -> str:
    if part.WhichOneof("PartType") != "text":
        raise invalid(path, "text is needed")
    return part.text.content
