"""Messages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

from msgspec import UNSET

from clew.dialects.openai import wire
from clew.dialects.openai.mapping.common import metadata_to_wire, seconds, seconds_or_none
from clew.domain.item import Annotation, Attachment, Item, ItemStatus, Part, PartKind
from clew.service.messages import NewMessage

if TYPE_CHECKING:
    from clew.domain.event import Delta

Wire = dict[str, Any]

_TOOL_NAMES: Final[dict[str, Literal["code_interpreter", "file_search"]]] = {
    "code": "code_interpreter",
    "search": "file_search",
}
_TOOLS: Final = {name: tool for tool, name in _TOOL_NAMES.items()}


def message_from_wire(sent: Wire) -> NewMessage:
    """A new message."""
    content = sent["content"]
    if isinstance(content, str):
        parts: tuple[Part, ...] = (Part(kind=PartKind.TEXT, text=content),)
    else:
        parts = tuple(_part_from_wire(part) for part in content)
    return NewMessage(
        role=sent["role"],
        parts=parts,
        attachments=tuple(
            Attachment(file_id=one.get("file_id"), tools=tuple(_TOOLS[tool["type"]] for tool in one.get("tools") or ()))
            for one in sent.get("attachments") or ()
        ),
        metadata=sent.get("metadata") or {},
    )


def _part_from_wire(sent: Wire) -> Part:
    match sent["type"]:
        case "text":
            return Part(kind=PartKind.TEXT, text=sent["text"])
        case "image_file":
            image = sent["image_file"]
            return Part(kind=PartKind.IMAGE_FILE, file_id=image["file_id"], detail=image.get("detail"))
        case _:
            image = sent["image_url"]
            return Part(kind=PartKind.IMAGE_URL, url=image["url"], detail=image.get("detail"))


def message_to_wire(item: Item, *, as_begun: bool = False) -> wire.Message:
    """A message. `as_begun` shows it as it stood when it was begun: with no content yet.

    Everywhere else a message has at least one text, if an empty one: callers read `content[0].text.value`
    (reference/openai.md, 10.1).
    """
    content: list[wire.Part] = [] if as_begun else [_part_to_wire(part) for part in item.parts] or [_text("")]
    done = item.status is ItemStatus.COMPLETED
    cut = not done and item.status is not ItemStatus.IN_PROGRESS
    reason: Any = item.incomplete_reason or "run_failed"
    finished_at = seconds_or_none(item.finished_at)
    return wire.Message(
        id=item.id,
        created_at=seconds(item.created_at),
        thread_id=item.thread_id,
        role="assistant" if item.role == "assistant" else "user",
        content=content,
        status="completed" if done else "incomplete" if cut else "in_progress",
        incomplete_details=wire.MessageIncomplete(reason=reason) if cut else None,
        completed_at=finished_at if done else None,
        incomplete_at=finished_at if cut else None,
        assistant_id=item.author_id if item.run_id is not None else None,
        run_id=item.run_id,
        attachments=[_attachment_to_wire(one) for one in item.attachments if one.file_id is not None],
        metadata=metadata_to_wire(item.metadata),
    )


def _attachment_to_wire(attachment: Attachment) -> wire.Attachment:
    return wire.Attachment(
        file_id=attachment.file_id or "",
        tools=[wire.AttachmentTool(type=_TOOL_NAMES[tool]) for tool in attachment.tools if tool in _TOOL_NAMES],
    )


def _text(value: str, annotations: tuple[Annotation, ...] = ()) -> wire.TextPart:
    return wire.TextPart(text=wire.Text(value=value, annotations=[_annotation_to_wire(one) for one in annotations]))


def _annotation_to_wire(one: Annotation) -> wire.Annotation:
    file = wire.FileRef(file_id=one.file_id or "")
    if one.kind == "file_path":
        return wire.FilePath(text=one.text, start_index=one.start, end_index=one.end, file_path=file)
    return wire.FileCitation(text=one.text, start_index=one.start, end_index=one.end, file_citation=file)


def _part_to_wire(part: Part) -> wire.Part:
    detail: Any = part.detail or "auto"
    match part.kind:
        case PartKind.TEXT | PartKind.OTHER:
            return _text(part.text or "", part.annotations)
        case PartKind.IMAGE_FILE:
            return wire.ImageFilePart(image_file=wire.ImageFile(file_id=part.file_id or "", detail=detail))
        case PartKind.IMAGE_URL:
            return wire.ImageUrlPart(image_url=wire.ImageUrl(url=part.url or "", detail=detail))
        case PartKind.REFUSAL:
            return wire.RefusalPart(refusal=part.text or "")


def message_delta(delta: Delta, *, first: bool) -> wire.MessageDeltaEvent:
    """A fragment of a message; the first of a text brings its empty list of annotations."""
    part: wire.TextPartDelta | wire.RefusalPartDelta
    if delta.refusal is not None:
        part = wire.RefusalPartDelta(index=delta.index, refusal=delta.refusal)
    else:
        text = wire.TextDelta(value=delta.text or "", annotations=() if first else UNSET)
        part = wire.TextPartDelta(index=delta.index, text=text)
    return wire.MessageDeltaEvent(id=delta.item_id, delta=wire.MessageDelta(content=[part]))
