"""Messages: the items of a thread that people read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clew.domain import ids
from clew.domain.expiration import Policy
from clew.domain.item import Item, ItemStatus, Kind
from clew.domain.noun import Noun, replace
from clew.domain.patch import Revision, revised
from clew.domain.problem import Invalid, NotFound, ThreadBusy, TooLarge
from clew.domain.thread import active
from clew.domain.tool import ToolResources
from clew.service import indexes, quotas

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from clew.domain.item import Attachment, Part
    from clew.domain.page import Page, Window
    from clew.domain.project import Caller
    from clew.domain.thread import Thread
    from clew.service.core import Core
    from clew.storage.port import Entered, Tx

CODE_FILES_MAX = 20
AT_ONCE = 200
"""Messages read together where all of them are wanted."""
LATELY = 200
"""Among so many of a thread's last messages one is looked for that an earlier request may have written."""


class NewMessage(Noun, frozen=True, kw_only=True):
    """What a new message is to be."""

    role: str
    parts: tuple[Part, ...]
    attachments: tuple[Attachment, ...] = ()
    metadata: dict[str, Any] = {}
    author_id: str | None = None


async def enter(tx: Tx, core: Core, caller: Caller, thread_id: str) -> Entered:
    """Within a unit: the thread, to write into it. Raises `NotFound`."""
    entered = await tx.threads.enter(caller.project_id, thread_id, now=core.expiry_now())
    if entered is None:
        raise NotFound("thread", thread_id)
    return entered


async def append(
    tx: Tx, core: Core, caller: Caller, entered: Entered, new: Sequence[NewMessage], *, letters: str | None = None
) -> tuple[Thread, list[Item]]:
    """Within a unit: messages at the end of the thread, in this order, and the thread as they leave it.

    A single one may be told the `letters` that its id is to end with.

    Raises `NotFound` for a file they name, `TooLarge` beyond the number of messages a thread may have.
    """
    thread = entered.thread
    if not new:
        return thread, []
    now = core.now()
    await _check_files(tx, core, caller, new)
    attached = await _with_attachments(tx, core, caller, thread, new)
    if attached is not thread:
        await tx.threads.update(attached)
    if attached.expiration is not None and attached.expiration.policy is Policy.SINCE_LAST_ACTIVE:
        attached = active(attached, now=now)
        await tx.threads.touch(attached, now=now)
    limit = core.limits.thread_entries
    if limit is not None and entered.last_seq + len(new) > limit:
        raise TooLarge("messages", limit=limit, got=None, unit="messages")
    items = [
        Item(
            thread_id=thread.id,
            id=core.ids.within("message", thread.id, place=place)
            if letters is None
            else ids.at_place("message", letters, thread_id=thread.id, place=place),
            kind=Kind.MESSAGE,
            created_at=now,
            seq=place,
            finished_at=now,
            role=one.role,
            author_id=one.author_id or thread.default_author_id,
            parts=one.parts,
            attachments=one.attachments,
            metadata=one.metadata,
            created_by=caller.subject or None,
        )
        for place, one in enumerate(new, entered.last_seq + 1)
    ]
    await tx.items.put(entered, items)
    return attached, items


async def _check_files(tx: Tx, core: Core, caller: Caller, new: Sequence[NewMessage]) -> None:
    named = [
        file_id
        for one in new
        for file_id in [part.file_id for part in one.parts] + [file.file_id for file in one.attachments]
        if file_id is not None
    ]
    if named and (missing := await tx.files.missing(caller.project_id, named, now=core.expiry_now())):
        raise NotFound("file", missing)


async def _with_attachments(tx: Tx, core: Core, caller: Caller, thread: Thread, new: Sequence[NewMessage]) -> Thread:
    """The thread with the attached files where its tools find them: upstream adds them to the thread as well."""
    attached = [file for one in new for file in one.attachments if file.file_id is not None]
    code = [file.file_id for file in attached if "code" in file.tools and file.file_id]
    search = [file.file_id for file in attached if "search" in file.tools and file.file_id]
    if not code and not search:
        return thread
    resources = thread.tool_resources or ToolResources()
    if code:
        files = tuple(dict.fromkeys([*(resources.code_file_ids or ()), *code]))
        if len(files) > CODE_FILES_MAX:
            raise Invalid("attachments", f"a thread's code tool takes at most {CODE_FILES_MAX} files")
        resources = replace(resources, code_file_ids=files)
    if search:
        index_id = await indexes.put_attached(tx, core, caller, resources.index_ids or (), search)
        resources = replace(resources, index_ids=(index_id,))
    return replace(thread, tool_resources=resources, updated_at=core.now())


async def create(
    core: Core,
    caller: Caller,
    thread_id: str,
    new: NewMessage,
    *,
    unless_busy: bool = False,
    once: str | None = None,
    is_first: bool = False,
) -> Item:
    """A message at the end of the thread. With `unless_busy` an active run keeps it out.

    `once` are the letters that a request's key gives (`once.letters`). The message's id will end with them, and where
    one of the thread's last messages does already, an earlier request has written it: it is returned, and nothing is
    written. Who is certain that the request `is_first` spares looking for it.

    Raises `NotFound` for the thread or a file, `ThreadBusy`, `TooLarge`.
    """

    async def unit(tx: Tx) -> Item:
        entered = await enter(tx, core, caller, thread_id)
        if (
            once is not None
            and not is_first
            and (written := await tx.items.lately(entered, once, within=LATELY)) is not None
        ):
            return written
        if unless_busy and entered.run_id is not None:
            raise ThreadBusy(thread_id, entered.run_id, attempt="append")
        await quotas.take(tx, core, caller.project_id, messages=1)
        _, items = await append(tx, core, caller, entered, [new], letters=once)
        return items[0]

    return await core.store.write(unit)


async def require(tx: Tx, core: Core, caller: Caller, thread_id: str, message_id: str) -> Item:
    """Within a unit: the message. Raises `NotFound` for the thread, else for the message."""
    item = await tx.items.get(caller.project_id, thread_id, message_id, now=core.expiry_now())
    if item is None or item.kind is not Kind.MESSAGE:
        raise NotFound("message", message_id)
    return item


async def get(core: Core, caller: Caller, thread_id: str, message_id: str) -> Item:
    """The message. Raises `NotFound` for the thread, else for the message."""

    async def unit(tx: Tx) -> Item:
        return await require(tx, core, caller, thread_id, message_id)

    return await core.store.read(unit)


async def page(core: Core, caller: Caller, thread_id: str, window: Window, *, run_id: str | None = None) -> Page[Item]:
    """A page of the thread's messages, or of those that one run wrote.

    Raises `NotFound` for the thread or an unknown cursor.
    """

    async def unit(tx: Tx) -> Page[Item]:
        return await tx.items.page(
            caller.project_id, thread_id, window, kind=Kind.MESSAGE, run_id=run_id, now=core.expiry_now()
        )

    return await core.store.read(unit)


async def backwards(core: Core, caller: Caller, thread_id: str) -> AsyncIterator[list[Item]]:
    """Every message of the thread that can be shown, newest first, in small lists that are read as they are taken.

    Raises `NotFound`. What is written meanwhile does not come; what is removed before it is reached does not either.
    """
    seq: int | None = None

    async def unit(tx: Tx) -> list[Item]:
        if seq is None and await tx.threads.get(caller.project_id, thread_id, now=core.expiry_now()) is None:
            raise NotFound("thread", thread_id)
        return await tx.items.before(caller.project_id, thread_id, seq=seq, kinds=(Kind.MESSAGE,), limit=AT_ONCE)

    while items := await core.store.read(unit):
        seq = items[-1].seq
        yield [item for item in items if visible(item)]
        if len(items) < AT_ONCE:
            return


async def modify(core: Core, caller: Caller, thread_id: str, message_id: str, *, metadata: Revision) -> Item:
    """The message with its metadata revised. Raises `NotFound`."""

    async def unit(tx: Tx) -> Item:
        item = await require(tx, core, caller, thread_id, message_id)
        item = replace(item, metadata=revised(item.metadata, metadata))
        await tx.items.update(caller.project_id, item)
        return item

    return await core.store.write(unit)


async def delete(core: Core, caller: Caller, thread_id: str, message_id: str) -> None:
    """Remove the message, also from what later runs see. Raises `NotFound`."""

    async def unit(tx: Tx) -> None:
        await require(tx, core, caller, thread_id, message_id)
        await tx.items.delete(caller.project_id, thread_id, message_id)

    await core.store.write(unit)


def visible(item: Item) -> bool:
    """Whether a reader can make sense of it yet: one that is being written and has no text cannot be shown."""
    return item.status is not ItemStatus.IN_PROGRESS or bool(item.parts)
