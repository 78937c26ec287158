"""Making a thing once, however often it is asked for: the same request key, the same thing.

A client that heard no answer asks again with the same key. The ids that a request makes follow from its key, so what
an earlier one has made is recognised by its id, also where this server was killed between the commit and the answer:
nothing else is written down, nothing has to be kept for some time, and a thing that nobody asks for again costs
nothing.

    thread = await once(
        core, caller, "createThread", key,
        make=lambda core: threads.create(core, caller, new),
        again=lambda core: threads.get(core, caller, core.ids.new("thread")),
    )

The ids stand for the first of their kind in the unit of work: the thread's in the example, also where `new` has
messages. A run is found again by `runs.find(core, caller, core.ids.within("run", thread_id))`. Whoever asks again with
other contents gets the first thing; a thing that was deleted meanwhile is made anew, with its old id.

A message says its place in its id, so its key alone does not give its id. Pass `letters` to `messages.create`.
"""

from __future__ import annotations

import hmac
from dataclasses import replace
from typing import TYPE_CHECKING, Final, TypeVar

from clew.domain import ids
from clew.domain.problem import NotFound, Problem

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from clew.domain.project import Caller
    from clew.service.core import Core
    from clew.storage.port import Store, Tx

T = TypeVar("T")


async def once(
    core: Core,
    caller: Caller,
    method: str,
    key: str,
    *,
    make: Callable[[Core], Awaitable[T]],
    again: Callable[[Core], Awaitable[T]],
) -> T:
    """What `make` makes, or where an earlier request of this project, method and key has made it, what `again` finds.

    Both get a core whose ids follow from the request; `make` is to make the thing in one unit. What `make` refuses is
    raised where there is nothing to find, and only then: a quota may be spent by the very thing, and whatever the
    thing was made of may be gone.
    """
    try:
        return await make(keyed(core, caller, method, key))
    except Problem as refused:
        try:
            return await again(keyed(core, caller, method, key))
        except NotFound:
            raise refused from None


def letters(core: Core, caller: Caller, method: str, key: str) -> str:
    """The letters at the end of the id of the message that this request makes."""
    return ids.ending(_letters(_seed(core, caller, method, key), "message", 0))


def keyed(core: Core, caller: Caller, method: str, key: str) -> Core:
    """A core whose ids follow from the request: the same for each unit of work, and for each attempt at it."""
    made = KeyedIds(_seed(core, caller, method, key))
    return replace(core, ids=made, store=_Attempts(core.store, made))


class KeyedIds:
    """Ids that follow from a seed and from how many of their kind it has made since `begin`."""

    def __init__(self, seed: bytes) -> None:
        self._seed = seed
        self._made: dict[str, int] = {}

    def begin(self) -> None:
        """Make the same ids again."""
        self._made.clear()

    def _next(self, kind: str) -> str:
        number = self._made.get(kind, 0)
        self._made[kind] = number + 1
        return _letters(self._seed, kind, number)

    def new(self, kind: str) -> str:
        return ids.compose(kind, self._next(kind))

    def within(self, kind: str, thread_id: str, *, place: int | None = None) -> str:
        return ids.compose(kind, self._next(kind), thread_id=thread_id, place=place)


class _Attempts:
    """A store each of whose units makes the same ids, however often it is run before it is committed."""

    def __init__(self, store: Store, made: KeyedIds) -> None:
        self._store = store
        self._made = made
        self.read = store.read
        self.close = store.close
        self.secret = store.secret

    @property
    def trouble(self) -> str | None:
        return self._store.trouble

    async def write(self, unit: Callable[[Tx], Awaitable[T]]) -> T:
        async def attempt(tx: Tx) -> T:
            self._made.begin()
            return await unit(tx)

        return await self._store.write(attempt)


def _seed(core: Core, caller: Caller, method: str, key: str) -> bytes:
    """Secret, so that nobody who learns a request's key knows the ids that it makes."""
    parts = b"".join(
        len(part).to_bytes(4, "big") + part
        for part in (text.encode("utf-8", "surrogatepass") for text in ("request", caller.project_id, method, key))
    )
    return hmac.digest(core.store.secret(), parts, "sha256")


def _letters(seed: bytes, kind: str, number: int) -> str:
    digest = hmac.digest(seed, f"{kind} {number}".encode(), "sha256")
    return ids.letters(int.from_bytes(digest[:_ENOUGH], "big"), ids.TAG_LENGTH + ids.RANDOM_LENGTH)


_ENOUGH: Final = 19
"""So many bytes fill the letters of an id, with a byte to spare so that none is likelier than another."""
